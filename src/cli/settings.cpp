// `zwasm settings`: what would be in effect for a run with these options.
#include <zwasm/zwasm.h>

#include <cstdio>
#include <string>
#include <utility>

#include "commands.h"
#include "config_file.h"
#include "json.h"
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

Json limit(uint64_t value) { return value == UINT64_MAX ? Json(nullptr) : Json(value); }

}  // namespace

int settings(const CommandRow& command, Args args) {
  ParsedArgs parsed = parse_args(command, args, Order::anywhere);
  if (!parsed.operands.empty()) return usage_error("settings takes no operands", command.name);
  Settings now;
  now.config.cache = true;  // as for run
  now = settings_of(parsed, command, std::move(now));

  Json json = Json::object();
  json.set("version", version());
  json.set("architecture", architecture());
  json.set("max_wasm_stack", now.config.max_wasm_stack);
  json.set("guard_pages", now.config.guard_pages);
  json.set("nan_canonicalization", now.config.nan_canonicalization);
  json.set("relaxed_simd_deterministic", now.config.relaxed_simd_deterministic);
  json.set("cache", now.config.cache);
  json.set("cache_bytes", now.config.cache_bytes);
  json.set("cache_directory", code_cache_directory());
  json.set("fuel", now.fuel ? limit(*now.fuel) : nullptr);
  json.set("timeout_ns",
           now.timeout.count() > 0 ? limit(static_cast<uint64_t>(now.timeout.count())) : nullptr);
  json.set("max_memory_bytes", limit(now.limits.max_memory_bytes));
  json.set("max_table_elements", limit(now.limits.max_table_elements));
  json.set("max_instances", limit(now.limits.max_instances));
  json.set("max_gc_heap", limit(now.limits.max_gc_heap));
  json.set("max_threads", now.limits.max_threads);
  json.set("max_backtrace", now.limits.max_backtrace);
  json.set("trap_on_grow_failure", now.limits.trap_on_grow_failure);
  Json on = Json::array();
  for (const FeatureInfo& feature : features())
    if (now.config.features.has(feature.feature)) on.push(feature.name);
  json.set("proposals", std::move(on));

  if (parsed.has(OptionId::json)) {
    std::printf("%s\n", json.dump(2).c_str());
    return kOk;
  }
  for (const auto& [key, value] : json.items())
    std::printf("%-28s %s\n", key.c_str(), value.plain().c_str());
  return kOk;
}

}  // namespace zwasm::cli
