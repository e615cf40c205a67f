#include "exercise.h"

#include <zwasm/zwasm.h>

#include <chrono>
#include <optional>

namespace fuzz {

namespace {

constexpr size_t kRunLimit = 256 << 10;  // larger inputs are only loaded, validated and printed
constexpr uint64_t kFuel = 1'000'000;
constexpr uint64_t kMemory = 64 << 20;
constexpr size_t kCalls = 8;  // exported functions that are called

const zwasm::Engine& engine() {
  static const zwasm::Engine kEngine(
      zwasm::Config{.features = zwasm::Features::all(), .fuel = true});
  return kEngine;
}

// An error must say something, and its text must not itself make trouble.
std::string check(const zwasm::Error& error) {
  return error.message.empty() || error.to_string().empty() ? "an error without a message" : "";
}

void run(const zwasm::Module& module, Verdict& verdict) {
  zwasm::StoreLimits limits;
  limits.max_memory_bytes = kMemory;
  limits.max_table_elements = 1 << 20;
  limits.max_instances = 16;
  limits.max_gc_heap = kMemory;
  zwasm::Store store(engine(), limits);
  if (auto set = store.set_fuel(kFuel); !set) {
    verdict.problem = check(set.error());
    return;
  }
  if (auto set = store.set_wasi(zwasm::WasiConfig()); !set) {
    verdict.problem = "WASI without grants: " + set.error().to_string();
    return;
  }
  // Ends a wait for what never comes; fuel bounds everything else.
  store.set_timeout(std::chrono::seconds(2));
  zwasm::Linker linker(engine());
  linker.wasi().unknown_imports(zwasm::UnknownImports::default_value);
  auto instance = linker.instantiate(store, module);
  if (!instance) {
    verdict.problem = check(instance.error());
    return;
  }
  size_t calls = 0;
  for (const auto& [name, value] : instance->exports()) {
    auto* func = std::get_if<zwasm::Func>(&value);
    if (!func || calls++ == kCalls) continue;
    std::vector<zwasm::Value> args;
    bool callable = true;
    for (const zwasm::ValType& type : func->type().params) {
      auto arg = zwasm::Value::default_of(type);
      callable = callable && arg;
      if (arg) args.push_back(*arg);
    }
    if (!callable) continue;
    auto results = func->call(args);
    verdict.ran = true;
    if (!results) verdict.problem = check(results.error());
    if (!verdict.problem.empty()) return;
  }
}

}  // namespace

Verdict exercise(const std::vector<uint8_t>& bytes) {
  Verdict verdict;
  auto module = zwasm::Module::from_any(engine(), bytes, "mutated");
  if (!module) {
    verdict.problem = check(module.error());
    return verdict;
  }
  verdict.loaded = true;
  std::span<const uint8_t> binary = module->bytes();
  zwasm::Wasm2WatOptions print;
  print.features = zwasm::Features::all();
  auto text = zwasm::wasm2wat(binary, print);
  if (!text) {
    verdict.problem = "a valid module cannot be printed: " + text.error().to_string();
    return verdict;
  }
  if (binary.size() > kRunLimit) return verdict;
  zwasm::Wat2WasmOptions parse{.features = zwasm::Features::all(), .file = "printed"};
  if (auto again = zwasm::wat2wasm(*text, parse); !again) {
    verdict.problem = "what was printed does not parse: " + again.error().to_string();
    return verdict;
  }
  run(*module, verdict);
  return verdict;
}

}  // namespace fuzz
