#include "observe.h"

#include <cinttypes>
#include <cstdio>
#include <iterator>

namespace differential {

using zwasm::ValKind;
using zwasm::ValType;
using zwasm::Value;

namespace {

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

// Of NaNs, some languages' numbers keep only that they are.
Value canonical(const Value& value) {
  if (value.kind() == ValKind::f32 && value.f32() != value.f32())
    return Value::f32_bits(0x7FC00000);
  if (value.kind() == ValKind::f64 && value.f64() != value.f64())
    return Value::f64_bits(0x7FF8000000000000);
  return value;
}

std::optional<Value> argument(const ValType& type, size_t seed, const ObserveOptions& options) {
  uint64_t bits = kSeries[seed % std::size(kSeries)];
  auto f32 = Value::f32_bits(static_cast<uint32_t>(bits)), f64 = Value::f64_bits(bits);
  if (options.for_peer) f32 = canonical(f32), f64 = canonical(f64);
  switch (type.kind()) {
    case ValKind::i32: return Value(static_cast<uint32_t>(bits));
    case ValKind::i64: return Value(bits);
    case ValKind::f32: return f32;
    case ValKind::f64: return f64;
    case ValKind::v128:
      if (options.for_peer) return std::nullopt;
      return Value::default_of(type);
    case ValKind::ref:
      if (options.for_peer) return std::nullopt;
      return Value::default_of(type);
  }
  return std::nullopt;
}

std::string show(const Value& given, const ObserveOptions& options) {
  Value value = options.for_peer ? canonical(given) : given;
  char text[64];
  switch (value.kind()) {
    case ValKind::i32:
      std::snprintf(text, sizeof text, "i32:%" PRIx32, static_cast<uint32_t>(value.i32()));
      break;
    case ValKind::i64:
      std::snprintf(text, sizeof text, "i64:%" PRIx64, static_cast<uint64_t>(value.i64()));
      break;
    case ValKind::f32: std::snprintf(text, sizeof text, "f32:%" PRIx32, value.f32_bits()); break;
    case ValKind::f64: std::snprintf(text, sizeof text, "f64:%" PRIx64, value.f64_bits()); break;
    case ValKind::v128:
      if (options.for_peer) return "v128";
      return "v128:" + value.to_string();
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

// A name as a word: whatever is no letter or digit in hexadecimal.
std::string plain(const std::string& name) {
  std::string word;
  for (char c : name) {
    bool letter =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    char hex[4];
    std::snprintf(hex, sizeof hex, "\\%02x", static_cast<unsigned>(static_cast<uint8_t>(c)));
    word += letter ? std::string(1, c) : hex;
  }
  return word;
}

void call(const std::string& name, const zwasm::Func& func, size_t& seed,
          const ObserveOptions& options, std::vector<std::string>& lines) {
  std::vector<Value> args;
  bool passable = true;
  for (const ValType& type : func.type().params) {
    auto arg = argument(type, seed++, options);
    if (arg) args.push_back(*arg);
    else passable = false;
  }
  if (!passable) return;
  auto results = func.call(args);
  std::string line = name + " ->";
  if (!results) {
    line += " " + show(results.error());
  } else {
    for (const Value& value : *results) line += " " + show(value, options);
  }
  lines.push_back(std::move(line));
}

}  // namespace

std::vector<std::string> observe(const zwasm::Engine& engine, std::span<const uint8_t> bytes,
                                 const ObserveOptions& options) {
  std::vector<std::string> lines;
  auto module = zwasm::Module::from_any(engine, bytes, "module");
  if (!module) return {"refused: " + module.error().summary()};
  zwasm::Store store(engine);
  store.set_limits({.max_memory_bytes = 256u << 20, .max_table_elements = 100'000});
  store.set_timeout(std::chrono::seconds(20));
  if (engine.config().fuel && !store.set_fuel(UINT64_MAX / 4)) return {"no fuel"};
  zwasm::Linker linker(engine);
  linker.unknown_imports(zwasm::UnknownImports::default_value);
  auto instance = linker.instantiate(store, *module);
  if (!instance) return {"instantiation: " + show(instance.error())};
  size_t seed = 0;
  auto exports = instance->exports();
  for (auto& [name, value] : exports) name = plain(name);
  // What generated modules have to let every function run for a while.
  auto refill = instance->func("refill");
  for (int round = 0; round < 3; ++round) {
    for (const auto& [name, value] : exports) {
      auto* func = std::get_if<zwasm::Func>(&value);
      if (!func) continue;
      if (refill) {
        if (auto done = refill->call({}); !done) lines.push_back("refill -> " + show(done.error()));
      }
      call(name, *func, seed, options, lines);
    }
  }
  char text[100];
  for (const auto& [name, value] : exports) {
    if (auto* memory = std::get_if<zwasm::Memory>(&value)) {
      auto data = memory->data();
      std::snprintf(text, sizeof text, ": %zu %" PRIx64, data.size(),
                    hash(data.first(std::min<size_t>(data.size(), 1 << 20))));
      lines.push_back("memory " + name + text);
    } else if (auto* global = std::get_if<zwasm::Global>(&value)) {
      if (options.for_peer && global->get().kind() > ValKind::f64) continue;
      lines.push_back("global " + name + ": " + show(global->get(), options));
    }
  }
  return lines;
}

}  // namespace differential
