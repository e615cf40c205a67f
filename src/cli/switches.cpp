#include "switches.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>

#include "report.h"

namespace zwasm::cli {
namespace {

enum class SwitchId : uint8_t {
  all_proposals,
  level1,
  level2,
  level3,
  fuel,
  timeout,
  max_memory_size,
  max_table_elements,
  max_wasm_stack,
  max_instances,
  max_memories,
  max_tables,
  max_threads,
  max_gc_heap,
  trap_on_grow_failure,
  unknown_imports_trap,
  unknown_imports_default,
  nan_canonicalization,
  relaxed_deterministic,
  component_model,
  stack_switching,
  threads,
  inherit_env,
  tcp_listen,
  inherit_stdin,
  inherit_stdout,
  inherit_stderr,
  accepted,
  instead,
  collector,
  memory_reservation,
  signals,
  debug_info,
  coredump,
  max_backtrace,
  opt_level,
  verify,
  cache,
  cache_size,
  parallel_compilation,
  tier_calls,
  tier_loops,
  later,
};

struct SwitchRow {
  char group;
  SwitchId id;
  std::string_view key, value;
  Step step;
  std::string_view about;
};

constexpr SwitchRow kSwitches[] = {
#define SWITCH(group, id, key, value, step, about) \
  {group, SwitchId::id, key, value, Step::step, about},
#include "switches.def"
};

// Each key of a set is parsed at the last comma before the next key.
struct Key {
  std::string_view name;
  std::optional<std::string_view> value;
};

std::optional<bool> parse_bool(const std::optional<std::string_view>& text) {
  if (!text || *text == "y" || *text == "yes" || *text == "true" || *text == "on") return true;
  if (*text == "n" || *text == "no" || *text == "false" || *text == "off") return false;
  return std::nullopt;
}

SwitchError bad(char group, const Key& key, std::string_view wanted) {
  return {concat(
      {"-",
       {&group, 1},
       " ",
       key.name,
       " takes ",
       wanted,
       (key.value ? ", not \"" + std::string(*key.value) + "\"" : std::string(", after a `=`"))})};
}

[[noreturn]] void list_switches(char group) {
  std::printf("Keys of -%c, as KEY or KEY=VALUE, several with commas, read from left to right:\n",
              group);
  auto row = [](std::string head, std::string_view about) {
    head.resize(std::max<size_t>(head.size() + 2, 32), ' ');
    std::printf("  %s%.*s\n", head.c_str(), static_cast<int>(about.size()), about.data());
  };
  if (group == 'W')
    for (const FeatureInfo& feature : features())
      if (feature.feature != Feature::mvp)
        row(std::string(feature.name) + "[=y|n]",
            std::string(feature.about) + (feature.in_default ? " (on)" : " (off)"));
  for (const SwitchRow& entry : kSwitches) {
    if (entry.group != group) continue;
    std::string head(entry.key);
    head += entry.value.empty() ? "[=y|n]" : "=" + std::string(entry.value);
    row(std::move(head),
        concat({(entry.id == SwitchId::instead ? "Not here; instead: " : ""), entry.about,
                (entry.step == Step::now ? "" : " (not in this version)")}));
  }
  std::exit(kOk);
}

bool matches(const SwitchRow& row, std::string_view key) {
  if (!row.key.ends_with('*')) return row.key == key;
  return key.starts_with(row.key.substr(0, row.key.size() - 1));
}

std::optional<SwitchError> apply_row(const SwitchRow& row, const Key& key, Settings& to) {
  auto number = [&](uint64_t& target) -> std::optional<SwitchError> {
    auto value = key.value ? parse_size(*key.value) : std::nullopt;
    if (!value) return bad(row.group, key, "a number");
    target = *value;
    return std::nullopt;
  };
  if (row.step != Step::now) {
    if (parse_bool(key.value) == false) return std::nullopt;  // it is off
    return SwitchError{concat({"-", {&row.group, 1}, " ", key.name}), row.step};
  }
  bool on = true;
  if (row.id == SwitchId::instead) {
    if (parse_bool(key.value) == false) return std::nullopt;
    return SwitchError{
        concat({"-", {&row.group, 1}, " ", key.name, " is done in another way here: ", row.about})};
  }
  if (row.value.empty()) {
    auto parsed = parse_bool(key.value);
    if (!parsed) return bad(row.group, key, "y or n");
    on = *parsed;
  }
  auto level = [&](uint32_t n) {
    to.config.features = on       ? Features::level(n)
                         : n == 1 ? Features::none()
                                  : Features::level(n - 1);
  };
  switch (row.id) {
    case SwitchId::all_proposals:
      to.config.features = on ? Features::all() : Features::level(1);
      break;
    case SwitchId::level1: level(1); break;
    case SwitchId::level2: level(2); break;
    case SwitchId::level3: level(3); break;
    case SwitchId::fuel: {
      uint64_t value = 0;
      if (auto error = number(value)) return error;
      to.fuel = value;
      break;
    }
    case SwitchId::timeout: {
      auto value = key.value ? parse_duration(*key.value) : std::nullopt;
      if (!value) return bad(row.group, key, "a time such as 500ms or 10s");
      to.timeout = *value;
      break;
    }
    case SwitchId::max_memory_size: return number(to.limits.max_memory_bytes);
    case SwitchId::max_table_elements: return number(to.limits.max_table_elements);
    case SwitchId::max_wasm_stack: return number(to.config.max_wasm_stack);
    case SwitchId::max_instances: return number(to.limits.max_instances);
    case SwitchId::max_memories: return number(to.limits.max_memories);
    case SwitchId::max_tables: return number(to.limits.max_tables);
    case SwitchId::max_threads: {
      uint64_t value = 0;
      if (auto error = number(value)) return error;
      to.limits.max_threads = static_cast<uint32_t>(std::min<uint64_t>(value, UINT32_MAX));
      break;
    }
    case SwitchId::max_gc_heap: return number(to.limits.max_gc_heap);
    case SwitchId::trap_on_grow_failure: to.limits.trap_on_grow_failure = on; break;
    case SwitchId::unknown_imports_trap:
      to.unknown_imports = on ? UnknownImports::trap : UnknownImports::error;
      break;
    case SwitchId::unknown_imports_default:
      to.unknown_imports = on ? UnknownImports::default_value : UnknownImports::error;
      break;
    case SwitchId::nan_canonicalization: to.config.nan_canonicalization = on; break;
    case SwitchId::relaxed_deterministic: to.config.relaxed_simd_deterministic = on; break;
    case SwitchId::threads: to.threads = on; break;
    case SwitchId::inherit_env: to.inherit_env = on; break;
    case SwitchId::tcp_listen:
      if (!key.value) return bad(row.group, key, "HOST:PORT");
      to.listen.emplace_back(*key.value);
      break;
    case SwitchId::inherit_stdin: to.in = on; break;
    case SwitchId::inherit_stdout: to.out = on; break;
    case SwitchId::inherit_stderr: to.err = on; break;
    case SwitchId::memory_reservation: {
      uint64_t value = 0;
      if (auto error = number(value)) return error;
      to.config.guard_pages = value != 0;
      break;
    }
    case SwitchId::signals: to.config.guard_pages = on; break;
    case SwitchId::debug_info: to.config.debug_info = on; break;
    case SwitchId::coredump:
      if (!key.value || key.value->empty()) return bad(row.group, key, "a FILE");
      to.coredump = std::string(*key.value);
      break;
    case SwitchId::max_backtrace: {
      uint64_t value = 0;
      if (auto error = number(value)) return error;
      to.limits.max_backtrace = static_cast<uint32_t>(std::min<uint64_t>(value, 100'000));
      break;
    }
    case SwitchId::opt_level: {
      uint64_t value = 0;
      if (auto error = number(value)) return error;
      if (value > 2) return bad(row.group, key, "0, 1 or 2");
      to.config.opt_level = static_cast<uint32_t>(value);
      break;
    }
    case SwitchId::cache: to.config.cache = on; break;
    case SwitchId::cache_size: return number(to.config.cache_bytes);
    case SwitchId::verify: to.config.verify_code = on; break;
    case SwitchId::parallel_compilation: to.config.background_compilation = on; break;
    case SwitchId::tier_calls:
    case SwitchId::tier_loops: {
      uint64_t value = 0;
      if (auto error = number(value)) return error;
      auto clamped = static_cast<uint32_t>(std::min<uint64_t>(value, 1u << 30));
      (row.id == SwitchId::tier_calls ? to.config.tier_calls : to.config.tier_loops_ms) = clamped;
      break;
    }
    case SwitchId::collector:
      if (key.value != "auto" && key.value != "copying")
        return bad(row.group, key, "auto or copying");
      break;
    case SwitchId::accepted:
    case SwitchId::instead:
    case SwitchId::component_model:
    case SwitchId::stack_switching:
    case SwitchId::later: break;
  }
  return std::nullopt;
}

}  // namespace

void for_each_switch(char group,
                     const std::function<void(std::string_view key, std::string_view value,
                                              std::string_view about)>& visit) {
  if (group == 'W')
    for (const FeatureInfo& feature : features())
      if (feature.feature != Feature::mvp) visit(feature.name, "", feature.about);
  for (const SwitchRow& row : kSwitches)
    if (row.group == group && row.step == Step::now && row.id != SwitchId::accepted &&
        row.id != SwitchId::instead)
      visit(row.key, row.value, row.about);
}

std::optional<uint64_t> parse_number(std::string_view text) {
  uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<uint64_t> parse_size(std::string_view text) {
  unsigned shift = 0;
  for (std::string_view suffix : {"iB", "B"})
    if (text.size() > suffix.size() && text.ends_with(suffix)) {
      text.remove_suffix(suffix.size());
      break;
    }
  if (!text.empty()) {
    switch (text.back()) {
      case 'k':
      case 'K': shift = 10; break;
      case 'm':
      case 'M': shift = 20; break;
      case 'g':
      case 'G': shift = 30; break;
      case 't':
      case 'T': shift = 40; break;
      default: break;
    }
    if (shift != 0) text.remove_suffix(1);
  }
  auto value = parse_number(text);
  if (!value || (*value << shift) >> shift != *value) return std::nullopt;
  return *value << shift;
}

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  size_t end = text.find_first_not_of("0123456789.");
  std::string_view unit = end == std::string_view::npos ? "" : text.substr(end);
  std::string_view digits = text.substr(0, end);
  double scale = 0;
  if (unit == "ns") scale = 1;
  if (unit == "us" || unit == "µs") scale = 1e3;
  if (unit == "ms") scale = 1e6;
  if (unit.empty() || unit == "s") scale = 1e9;
  if (unit == "m" || unit == "min") scale = 60e9;
  if (unit == "h") scale = 3600e9;
  double value = 0;
  auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || scale == 0 || error != std::errc() ||
      stop != digits.data() + digits.size() || value * scale > 9e18)
    return std::nullopt;
  auto nanoseconds = static_cast<int64_t>(value * scale);
  return std::chrono::nanoseconds(std::max<int64_t>(nanoseconds, 1));
}

std::optional<SwitchError> apply_switches(char group, std::string_view list, Settings& settings) {
  while (!list.empty()) {
    size_t comma = list.find(',');
    std::string_view item = list.substr(0, comma);
    list = comma == std::string_view::npos ? "" : list.substr(comma + 1);
    if (item.empty()) continue;
    Key key{item.substr(0, item.find('=')), std::nullopt};
    if (key.name.size() != item.size()) key.value = item.substr(key.name.size() + 1);
    if (key.name == "help") list_switches(group);
    const SwitchRow* found = nullptr;
    for (const SwitchRow& row : kSwitches)
      if (row.group == group && matches(row, key.name) && (found == nullptr || row.key == key.name))
        found = &row;
    if (found != nullptr) {
      if (auto error = apply_row(*found, key, settings)) return error;
      continue;
    }
    auto feature = group == 'W' ? Features::by_name(key.name) : std::nullopt;
    if (!feature) {
      std::vector<std::string_view> names;
      for (const SwitchRow& row : kSwitches)
        if (row.group == group) names.push_back(row.key);
      if (group == 'W')
        for (const FeatureInfo& info : features()) names.push_back(info.name);
      return SwitchError{concat({"-",
                                 {&group, 1},
                                 " has no key \"",
                                 key.name,
                                 "\"",
                                 suggestion(key.name, names),
                                 " (-",
                                 {&group, 1},
                                 " help lists them)"})};
    }
    auto on = parse_bool(key.value);
    if (!on) return bad(group, key, "y or n");
    settings.config.features.set(*feature, *on);
  }
  return std::nullopt;
}

bool apply_switch_option(const Option& option, std::string_view command, Settings& settings) {
  auto group = [&](char letter) {
    auto error = apply_switches(letter, *option.value, settings);
    if (error && error->step != Step::now) std::exit(not_yet(error->message, error->step));
    if (error) usage_exit(error->message, command);
    return true;
  };
  switch (option.id) {
    case OptionId::wasm_switch: return group('W');
    case OptionId::wasi_switch: return group('S');
    case OptionId::opt_switch: return group('O');
    case OptionId::codegen_switch: return group('C');
    case OptionId::debug_switch: return group('D');
    case OptionId::engine:
      if (*option.value == "auto") settings.config.tier = Tier::automatic;
      else if (*option.value == "interp") settings.config.tier = Tier::interpreter;
      else if (*option.value == "jit") settings.config.tier = Tier::compiled;
      else
        usage_exit(concat({"--engine is auto, interp or jit, not \"", *option.value, "\""}),
                   command);
      return true;
    case OptionId::gc_stress: settings.config.gc_stress = true; return true;
    default: return false;
  }
}

Settings settings_of(const ParsedArgs& args, const CommandRow& command, Settings settings) {
  for (const Option& option : args.options) apply_switch_option(option, command.name, settings);
  return settings;
}

}  // namespace zwasm::cli
