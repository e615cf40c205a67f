// `zwasm run`: a program, a reactor, or one function of a module.
#include <zwasm/zwasm.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "commands.h"
#include "config_file.h"
#include "files.h"
#include "grants.h"
#include "invoke.h"
#include "report.h"
#include "signals.h"
#include "switches.h"

namespace zwasm::cli {
namespace {

struct Preload {
  std::string name, file;
};

struct RunOptions {
  Settings settings;
  Grants grants;
  std::vector<Preload> preloads;
  std::optional<std::string> invoke, argv0;
  bool trace = false, profile = false, allow_precompiled = false;
  std::vector<std::string> explain;
  std::string samples_file;  // empty: no samples
  TraceFormat trace_format = TraceFormat::text;
  std::string trace_file;
  std::string file;
  std::vector<std::string_view> args;
};

uint64_t number_of(const Option& option) {
  auto value =
      option.id == OptionId::max_memory ? parse_size(*option.value) : parse_number(*option.value);
  if (!value)
    usage_exit(concat({option.name, " takes a number, not \"", *option.value, "\""}), "run");
  return *value;
}

// What --dump names, separated by commas.
void read_dump(std::string_view list, Config& config) {
  while (!list.empty()) {
    std::string_view what = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), what.size() + 1));
    if (what == "ir") config.dump_ir = true;
    else if (what == "code") config.dump_code = true;
    else if (what == "passes") config.dump_passes = true;
    else usage_exit(concat({"--dump takes ir, passes and code, not \"", what, "\""}), "run");
  }
}

void read_option(const Option& option, RunOptions& to) {
  std::string value(option.value.value_or(""));
  if (apply_switch_option(option, "run", to.settings)) return;
  if (apply_grant(option, to.grants)) return;
  switch (option.id) {
    case OptionId::invoke: to.invoke = value; break;
    case OptionId::argv0: to.argv0 = value; break;
    case OptionId::preload:
    case OptionId::link: {
      size_t equals = value.find('=');
      if (equals == std::string::npos || equals == 0 || equals + 1 == value.size())
        usage_exit(concat({option.name, " takes NAME=FILE, not \"", value, "\""}), "run");
      to.preloads.push_back({value.substr(0, equals), value.substr(equals + 1)});
      break;
    }
    case OptionId::fuel: to.settings.fuel = number_of(option); break;
    case OptionId::max_memory: to.settings.limits.max_memory_bytes = number_of(option); break;
    case OptionId::max_table_elements:
      to.settings.limits.max_table_elements = number_of(option);
      break;
    case OptionId::timeout: {
      auto time = parse_duration(value);
      if (!time)
        usage_exit(concat({"--timeout takes a time such as 500ms or 10s, not \"", value, "\""}),
                   "run");
      to.settings.timeout = *time;
      break;
    }
    case OptionId::sandbox:
      to.settings.limits.max_memory_bytes = uint64_t{256} << 20;
      to.settings.timeout = std::chrono::seconds(10);
      break;
    case OptionId::trace_wasi:
      to.trace = true;
      to.trace_file = value;
      break;
    case OptionId::trace_format:
      if (value != "text" && value != "json")
        usage_exit(concat({"--trace-format is text or json, not \"", value, "\""}), "run");
      to.trace_format = value == "json" ? TraceFormat::json : TraceFormat::text;
      break;
    case OptionId::profile:
      if (value == "ops") to.profile = true;
      else if (value == "guest" || value.starts_with("guest,")) {
        constexpr uint32_t kSampleUs = 1000;
        to.settings.config.sample_us = kSampleUs;
        to.samples_file = value.size() > 6 ? value.substr(6) : "zwasm-guest-profile.folded";
      } else if (value == "perfmap") to.settings.config.code_profile = CodeProfile::perfmap;
      else if (value == "jitdump") to.settings.config.code_profile = CodeProfile::jitdump;
      else
        usage_exit(concat({"--profile is guest, ops, perfmap or jitdump, not \"", value, "\""}),
                   "run");
      break;
    case OptionId::explain:
      to.explain.push_back(value);
      to.settings.config.explain = true;
      break;
    case OptionId::allow_precompiled: to.allow_precompiled = true; break;
    case OptionId::dump: read_dump(value, to.settings.config); break;
    default: break;
  }
}

// Compiling for the next run may take one part of so many of the time that the run took.
constexpr int kSettleShare = 4;

std::string base_name(const std::string& path) {
  size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

WasiConfig make_wasi(const RunOptions& options) {
  WasiConfig wasi;
  std::vector<std::string> args{options.argv0.value_or(base_name(options.file))};
  for (std::string_view arg : options.args) args.emplace_back(arg);
  wasi.args(args);
  apply(options.grants, options.settings, wasi);
  if (options.trace && options.trace_file.empty())
    wasi.trace(
        [](std::string_view line) {
          std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
        },
        options.trace_format);
  else if (options.trace) wasi.trace_file(options.trace_file, options.trace_format);
  return wasi;
}

// Names what is missing before anything runs: the import, its type, and the flag that provides it.
bool report_missing(const Linker& linker, Store& store, const Module& module,
                    const std::string& file, const Settings& settings) {
  if (settings.unknown_imports != UnknownImports::error) return false;
  size_t missing = 0;
  for (const ImportType& import : module.imports()) {
    if (linker.get(store, import.module, import.name)) continue;
    const auto* memory = std::get_if<MemoryType>(&import.type);
    if (memory != nullptr && memory->shared) continue;  // made for wasi-threads
    if (missing++ == 0)
      std::fprintf(stderr, "zwasm: error: cannot link %s:\n", printable(file).c_str());
    std::string name = printable(import.module);
    std::fprintf(stderr, "  unknown import: \"%s\" \"%s\" must be %s\n", name.c_str(),
                 printable(import.name).c_str(), import.type.to_string().c_str());
    if (import.module.starts_with("wasi") && !has_part("wasi"))
      std::fprintf(stderr, "    this build of zwasm was made without WASI (ZWASM_WASI=OFF)\n");
    else if (import.module.starts_with("wasi_"))
      std::fprintf(stderr, "    WASI has no such function\n");
    else if (import.module == "wasi" && import.name == "thread-spawn")
      std::fprintf(stderr, "    --allow-threads provides it\n");
    else if (import.module.starts_with("wasi:"))
      std::fprintf(
          stderr,
          "    this is an interface of the Component Model, which is not in this version\n");
    else std::fprintf(stderr, "    provide it with --preload %s=FILE\n", name.c_str());
  }
  if (missing != 0)
    std::fprintf(stderr,
                 "  (-W unknown-imports-trap lets the program run as long as it calls none)\n");
  return missing != 0;
}

// What became of the functions that --explain names, by index or by name.
void explain(const Module& module, const std::vector<std::string>& wanted) {
  for (const std::string& name : wanted) {
    auto index = parse_number(name);
    bool found = false;
    for (uint32_t f = module.imported_func_count(); f < module.func_count(); ++f) {
      if (index ? *index != f : module.func_name(f) != name) continue;
      found = true;
      std::fprintf(stderr, "function %u \"%s\":\n", f, printable(module.func_name(f)).c_str());
      for (const std::string& line : module.explain(f))
        std::fprintf(stderr, "  %s\n", printable(line).c_str());
    }
    if (!found)
      std::fprintf(stderr, "zwasm: note: --explain: no function \"%s\" of the module's own\n",
                   printable(name).c_str());
  }
}

void print_profile(const Store& store) {
  Profile profile = store.profile();
  uint64_t total = 0;
  for (const Profile::Op& op : profile.ops) total += op.count;
  std::fprintf(stderr, "\n%16s  %6s  opcode\n", "count", "share");
  for (const Profile::Op& op : profile.ops)
    std::fprintf(stderr, "%16llu  %5.1f%%  %s\n", static_cast<unsigned long long>(op.count),
                 100.0 * static_cast<double>(op.count) / static_cast<double>(total),
                 op.name.c_str());
  std::fprintf(stderr, "%16llu          all\n\n%16s  %16s  function\n",
               static_cast<unsigned long long>(total), "calls", "loops");
  for (const Profile::Function& f : profile.functions) {
    std::string name = f.name.empty() ? "func " + std::to_string(f.index) : printable(f.name);
    std::fprintf(stderr, "%16llu  %16llu  %s\n", static_cast<unsigned long long>(f.calls),
                 static_cast<unsigned long long>(f.loops), name.c_str());
  }
}

// A line per stack: its functions from the outermost inwards, separated by semicolons, and how
// often it was seen. False: the file cannot be written.
bool write_samples(const Engine& engine, const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  bool written = file != nullptr;
  uint64_t total = 0;
  for (const GuestSample& sample : engine.samples()) {
    std::string line;
    for (const std::string& frame : sample.frames) line += (line.empty() ? "" : ";") + frame;
    line += concat({" ", std::to_string(sample.count), "\n"});
    written = written && std::fputs(line.c_str(), file) >= 0;
    total += sample.count;
  }
  if (file != nullptr && std::fclose(file) != 0) written = false;
  if (written)
    std::fprintf(stderr, "zwasm: note: %llu samples of the program's stacks are in %s\n",
                 static_cast<unsigned long long>(total), printable(path).c_str());
  else
    std::fprintf(stderr, "zwasm: error: --profile guest: %s cannot be written\n",
                 printable(path).c_str());
  return written;
}

void dump_core(const Store& store, const Error& error, const RunOptions& options) {
  const std::vector<uint8_t> dump = store.core_dump(error, base_name(options.file));
  const std::string& path = options.settings.coredump;
  std::FILE* file = std::fopen(path.c_str(), "wb");
  const bool written =
      file != nullptr && std::fwrite(dump.data(), 1, dump.size(), file) == dump.size();
  if (file == nullptr || std::fclose(file) != 0 || !written)
    std::fprintf(stderr, "zwasm: error: cannot write the core dump %s\n", printable(path).c_str());
}

// The status of a call that failed; Ctrl-C has one of its own.
int failed(const Store& store, const Error& error, const RunOptions& options,
           const std::string& doing) {
  if (!options.settings.coredump.empty() && error.kind >= ErrorKind::trap &&
      error.kind != ErrorKind::exit)
    dump_core(store, error, options);
  if (was_interrupted() && error.trap == Trap::interrupted) {
    std::fprintf(stderr, "zwasm: interrupted\n");
    return kInterrupted;
  }
  return report(error, doing);
}

int invoke(Store& store, const Instance& instance, const RunOptions& options) {
  const std::string& name = *options.invoke;
  auto func = instance.func(name);
  if (!func) {
    std::fprintf(stderr, "zwasm: error: --invoke %s: %s\n", printable(name).c_str(),
                 func.error().message.c_str());
    std::string list;
    for (const auto& [exported, value] : instance.exports())
      if (value.kind() == ExternKind::func) list += " " + printable(exported);
    if (!list.empty()) std::fprintf(stderr, "  exported functions:%s\n", list.c_str());
    return kUsage;
  }
  FuncType type = func->type();
  if (options.args.size() != type.params.size())
    return usage_error(
        concat({"\"", name, "\" takes ", std::to_string(type.params.size()), " arguments, not ",
                std::to_string(options.args.size()), "; its type is ", type.to_string()}),
        "run");
  std::vector<Value> args;
  for (size_t i = 0; i < type.params.size(); ++i) {
    auto value = parse_value(store, type.params[i], options.args[i]);
    if (!value)
      return usage_error(
          concat({"argument ", std::to_string(i + 1), " of \"", name, "\" must be of type ",
                  type.params[i].to_string(), ", which \"", options.args[i], "\" is not"}),
          "run");
    args.push_back(*std::move(value));
  }
  auto results = func->call(args);
  if (!results)
    return failed(store, results.error(), options,
                  concat({"while calling \"", name, "\" of ", options.file}));
  for (const Value& value : *results) {
    const std::string* text = value.is_ref() ? value.ref().as_host<std::string>() : nullptr;
    std::printf("%s\n", text != nullptr ? text->c_str() : value.to_string().c_str());
  }
  return std::fflush(stdout) == 0 ? kOk : kFailed;
}

Result<void> call_if_there(const Instance& instance, std::string_view name) {
  auto found = instance.find(name);
  if (!found || found->kind() != ExternKind::func) return {};
  auto done = std::get<Func>(*found).call();
  if (!done) return std::move(done).error();
  return {};
}

Result<Module> load(const Engine& engine, const std::string& file, const RunOptions& options) {
  if (!options.allow_precompiled) return Module::load(engine, file);
  auto bytes = read_file(file);
  if (!bytes) return std::move(bytes).error();
  if (is_compiled(*bytes)) return Module::deserialize_trusted(engine, *bytes, file);
  return Module::from_any(engine, *bytes, file);
}

int run_program(Store& store, Linker& linker, const Module& module, const RunOptions& options) {
  const std::string running = "while running " + options.file;
  for (const Preload& preload : options.preloads) {
    auto loaded = load(module.engine(), preload.file, options);
    if (!loaded) return report(loaded.error(), "cannot load --preload " + preload.name);
    if (report_missing(linker, store, *loaded, preload.file, options.settings)) return kFailed;
    auto instance = linker.instantiate(store, *loaded);
    if (!instance)
      return failed(store, instance.error(), options, "while instantiating " + preload.file);
    auto done = call_if_there(*instance, "_initialize");
    if (!done) return failed(store, done.error(), options, "while initializing " + preload.file);
    linker.instance(preload.name, *instance);
  }
  if (report_missing(linker, store, module, options.file, options.settings)) return kFailed;
  auto instance = linker.instantiate(store, module);
  if (!instance) {
    if (instance.error().kind == ErrorKind::link || instance.error().kind == ErrorKind::limit)
      return report(instance.error(), "cannot instantiate " + options.file);
    return failed(store, instance.error(), options, running);
  }
  auto initialized = call_if_there(*instance, "_initialize");
  if (!initialized) return failed(store, initialized.error(), options, running);
  if (options.invoke) return invoke(store, *instance, options);
  auto start = instance->find("_start");
  if (start && start->kind() == ExternKind::func) {
    auto done = std::get<Func>(*start).call();
    return done ? kOk : failed(store, done.error(), options, running);
  }
  if (!instance->find("_initialize") && instance->exports().size() != 0)
    std::fprintf(
        stderr, "zwasm: note: %s exports no \"_start\"; --invoke NAME calls one of its functions\n",
        options.file.c_str());
  return kOk;
}

}  // namespace

int run(const CommandRow& command, Args args) {
  ParsedArgs parsed = parse_args(command, args, Order::first);
  RunOptions options;
  options.settings.config.cache = true;
  std::vector<std::string> words;  // of the configuration file; they come before our own
  if (auto path = parsed.value(OptionId::config)) words = read_config(std::string(*path));
  const std::vector<std::string_view> views(words.begin(), words.end());
  std::vector<Option> from_file = parse_args(command, views, Order::first).options;
  parsed.options.insert(parsed.options.begin(), from_file.begin(), from_file.end());
  // Order among limits matters only for --sandbox, which yields to what is said explicitly.
  for (const Option& option : parsed.options)
    if (option.id == OptionId::sandbox) read_option(option, options);
  for (const Option& option : parsed.options)
    if (option.id != OptionId::sandbox) read_option(option, options);
  if (parsed.operands.empty()) return usage_error("run needs a FILE", "run");
  options.file = input_name(parsed.operands[0]);
  options.args.assign(parsed.operands.begin() + 1, parsed.operands.end());

  const auto start = std::chrono::steady_clock::now();
  Config& config = options.settings.config;
  config.fuel = options.settings.fuel.has_value();
  config.profile_ops = options.profile;
  // To see or check what the compiler makes, it must make it.
  if (config.dump_ir || config.dump_code || config.dump_passes || config.verify_code)
    config.cache = false;
  auto made = Engine::create(config);
  if (!made) return report(made.error());
  Engine engine = *std::move(made);
  auto module = load(engine, options.file, options);
  if (!module) {
    // A word that is neither a command nor a file: perhaps a command was meant.
    if (module.error().kind == ErrorKind::io) {
      std::vector<std::string_view> names;
      for (const CommandRow& row : command_rows()) names.push_back(row.name);
      std::string hint = suggestion(options.file, names);
      module.error().message += hint;
    }
    return report(module.error(), "cannot load " + options.file);
  }
  Store store(engine, options.settings.limits);
  if (options.settings.fuel) {
    auto set = store.set_fuel(*options.settings.fuel);
    if (!set) return report(set.error());
  }
  // In a build without WASI only a program that imports it is at a loss.
  if (has_part("wasi")) {
    auto wasi = store.set_wasi(make_wasi(options));
    if (!wasi) return report(wasi.error());
  }
  Linker linker(engine);
  linker.wasi().wasi_threads().unknown_imports(options.settings.unknown_imports);
  interrupt_on_ctrl_c(store.interrupt_handle());
  store.set_timeout(options.settings.timeout);
  int status = run_program(store, linker, *module, options);
  if (options.profile) print_profile(store);
  if (!options.samples_file.empty() && !write_samples(engine, options.samples_file) && status == 0)
    status = 1;
  // What became hot last should be there the next time; this run is not to wait for it long.
  if (config.cache) module->settle((std::chrono::steady_clock::now() - start) / kSettleShare);
  explain(*module, options.explain);
  return status;
}

}  // namespace zwasm::cli
