// Runs every exported function of a module with a fixed series of arguments and prints all that
// can be observed: results, traps, and afterwards memories and globals. compare.py makes another
// runtime observe the same modules in the same words and compares line by line.
//
//   observe [--gc-stress] [--no-guard-pages] FILE…
//
// Imports that nothing defines are given defaults, so modules are best made without imports.
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "zwasm/zwasm.h"

namespace {

using zwasm::ValKind;
using zwasm::ValType;
using zwasm::Value;

// The same series stands in compare.py.
constexpr uint64_t kSeries[] = {0,
                                1,
                                0xFFFFFFFFFFFFFFFF,
                                0x80000000,
                                0x7FFFFFFF,
                                0x80000000'00000000,
                                42,
                                0x3FF00000'3F800000,
                                0x7FF80000'7FC00000,
                                0xFFFF,
                                65536,
                                0xC0590000'C2C80000};

std::optional<Value> argument(const ValType& type, size_t seed) {
  uint64_t bits = kSeries[seed % std::size(kSeries)];
  switch (type.kind()) {
    case ValKind::i32: return Value(static_cast<uint32_t>(bits));
    case ValKind::i64: return Value(bits);
    case ValKind::f32: return Value::f32_bits(static_cast<uint32_t>(bits));
    case ValKind::f64: return Value::f64_bits(bits);
    case ValKind::v128: return std::nullopt;  // not to be passed through every peer's API
    case ValKind::ref: return Value::default_of(type);
  }
  return std::nullopt;
}

std::string show(const Value& value) {
  char text[40];
  switch (value.kind()) {
    case ValKind::i32:
      std::snprintf(text, sizeof text, "i32:%" PRIx32, static_cast<uint32_t>(value.i32()));
      break;
    case ValKind::i64:
      std::snprintf(text, sizeof text, "i64:%" PRIx64, static_cast<uint64_t>(value.i64()));
      break;
    case ValKind::f32: std::snprintf(text, sizeof text, "f32:%" PRIx32, value.f32_bits()); break;
    case ValKind::f64: std::snprintf(text, sizeof text, "f64:%" PRIx64, value.f64_bits()); break;
    case ValKind::v128: return "v128";
    case ValKind::ref: return value.ref().is_null() ? "null" : "ref";
  }
  return text;
}

std::string show(const zwasm::Error& error) {
  if (error.kind == zwasm::ErrorKind::exception) return "exception";
  if (error.trap) return "trap: " + std::string(zwasm::trap_message(*error.trap));
  return "error: " + error.message;
}

uint64_t hash(std::span<const uint8_t> bytes) {
  uint64_t h = 0xCBF29CE484222325;  // FNV-1a
  for (uint8_t b : bytes) h = (h ^ b) * 0x100000001B3;
  return h;
}

void observe(const zwasm::Engine& engine, const char* file) {
  std::printf("module %s\n", file);
  auto module = zwasm::Module::load(engine, file);
  if (!module) {
    std::printf("refused: %s\n", module.error().summary().c_str());
    return;
  }
  zwasm::Store store(engine);
  store.set_limits({.max_memory_bytes = 256u << 20, .max_table_elements = 100'000});
  store.set_timeout(std::chrono::seconds(20));
  zwasm::Linker linker(engine);
  linker.unknown_imports(zwasm::UnknownImports::default_value);
  auto instance = linker.instantiate(store, *module);
  if (!instance) {
    std::printf("instantiation: %s\n", show(instance.error()).c_str());
    return;
  }
  size_t seed = 0;
  auto exports = instance->exports();
  for (int round = 0; round < 3; ++round) {
    for (const auto& [name, value] : exports) {
      if (value.kind() != zwasm::ExternKind::func) continue;
      const auto& func = std::get<zwasm::Func>(value);
      std::vector<Value> args;
      bool passable = true;
      for (const ValType& type : func.type().params) {
        auto arg = argument(type, seed++);
        if (arg) args.push_back(*arg);
        else passable = false;
      }
      if (!passable) continue;
      auto results = func.call(args);
      std::printf("%s ->", name.c_str());
      if (!results) {
        std::printf(" %s\n", show(results.error()).c_str());
        continue;
      }
      for (const Value& v : *results) std::printf(" %s", show(v).c_str());
      std::printf("\n");
    }
  }
  for (const auto& [name, value] : exports) {
    if (value.kind() == zwasm::ExternKind::memory) {
      auto data = std::get<zwasm::Memory>(value).data();
      std::printf("memory %s: %zu %" PRIx64 "\n", name.c_str(), data.size(),
                  hash(data.first(std::min<size_t>(data.size(), 1 << 20))));
    } else if (value.kind() == zwasm::ExternKind::global) {
      std::printf("global %s: %s\n", name.c_str(),
                  show(std::get<zwasm::Global>(value).get()).c_str());
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  zwasm::Config config{.nan_canonicalization = true, .relaxed_simd_deterministic = true};
  std::vector<const char*> files;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--gc-stress") == 0) config.gc_stress = true;
    else if (std::strcmp(argv[i], "--no-guard-pages") == 0) config.guard_pages = false;
    else files.push_back(argv[i]);
  }
  zwasm::Engine engine(config);
  for (const char* file : files) {
    observe(engine, file);
    std::fflush(stdout);
  }
  return 0;
}
