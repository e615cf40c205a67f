// `zwasm settings`: what would be in effect for a run with these options.
#include <zwasm/zwasm.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "commands.h"
#include "config_file.h"
#include "switches.h"

namespace zwasm::cli {
namespace {

const char* architecture() {
#if defined(__x86_64__)
  return "x86_64";
#elif defined(__aarch64__)
  return "aarch64";
#else
  return "unknown";
#endif
}

nlohmann::ordered_json limit(uint64_t value) {
  return value == UINT64_MAX ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(value);
}

}  // namespace

int settings(const CommandRow& command, Args args) {
  ParsedArgs parsed = parse_args(command, args, Order::anywhere);
  if (!parsed.operands.empty()) return usage_error("settings takes no operands", command.name);
  Settings now;
  now.config.cache = true;  // as for run
  now = settings_of(parsed, command, std::move(now));

  nlohmann::ordered_json json;
  json["version"] = version();
  json["architecture"] = architecture();
  json["max_wasm_stack"] = now.config.max_wasm_stack;
  json["guard_pages"] = now.config.guard_pages;
  json["nan_canonicalization"] = now.config.nan_canonicalization;
  json["relaxed_simd_deterministic"] = now.config.relaxed_simd_deterministic;
  json["cache"] = now.config.cache;
  json["cache_bytes"] = now.config.cache_bytes;
  json["cache_directory"] = code_cache_directory();
  json["fuel"] = now.fuel ? limit(*now.fuel) : nullptr;
  json["timeout_ns"] = now.timeout.count() > 0 ? limit(static_cast<uint64_t>(now.timeout.count()))
                                               : nlohmann::ordered_json(nullptr);
  json["max_memory_bytes"] = limit(now.limits.max_memory_bytes);
  json["max_table_elements"] = limit(now.limits.max_table_elements);
  json["max_instances"] = limit(now.limits.max_instances);
  json["max_gc_heap"] = limit(now.limits.max_gc_heap);
  json["max_threads"] = now.limits.max_threads;
  json["max_backtrace"] = now.limits.max_backtrace;
  json["trap_on_grow_failure"] = now.limits.trap_on_grow_failure;
  auto& on = json["proposals"] = nlohmann::ordered_json::array();
  for (const FeatureInfo& feature : features())
    if (now.config.features.has(feature.feature)) on.push_back(feature.name);

  if (parsed.has(OptionId::json)) {
    std::printf("%s\n", json.dump(2).c_str());
    return kOk;
  }
  for (const auto& [key, value] : json.items()) {
    std::string text = value.is_null() ? "none" : value.is_string() ? value.get<std::string>() : "";
    if (value.is_array())
      for (const auto& item : value) text += (text.empty() ? "" : " ") + item.get<std::string>();
    else if (text.empty()) text = value.dump();
    std::printf("%-28s %s\n", key.c_str(), text.c_str());
  }
  return kOk;
}

}  // namespace zwasm::cli
