// What a library from which parts are left out says to a program that asks for them. The arguments
// name the parts that must be missing; every other one must work.
#include <zwasm/zwasm.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

using namespace zwasm;

namespace {

// (module (func (export "f") (result i32) i32.const 42))
constexpr uint8_t kNumber[] = {0, 'a', 's', 'm', 1, 0, 0,   0, 1, 5,  1, 0x60, 0, 1, 0x7f, 3,  2,
                               1, 0,   7,   5,   1, 1, 'f', 0, 0, 10, 6, 1,    4, 0, 0x41, 42, 0xb};
// (module (type (struct)) (func (export "f") (result i32) struct.new 0 drop i32.const 42))
constexpr uint8_t kObject[] = {0,  'a', 's',  'm', 1, 0,    0, 0, 1,    7,    2,  0x5f, 0, 0x60,
                               0,  1,   0x7f, 3,   2, 1,    1, 7, 5,    1,    1,  'f',  0, 0,
                               10, 10,  1,    8,   0, 0xfb, 0, 0, 0x1a, 0x41, 42, 0xb};
// (module (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
//   (func (export "f") (result i32) call 0 drop i32.const 42))
constexpr uint8_t kWasi[] = {0,   'a',  's', 'm', 1,   0,   0,    0,   1,    5,    1,   0x60, 0,
                             1,   0x7f, 2,   38,  1,   22,  'w',  'a', 's',  'i',  '_', 's',  'n',
                             'a', 'p',  's', 'h', 'o', 't', '_',  'p', 'r',  'e',  'v', 'i',  'e',
                             'w', '1',  11,  's', 'c', 'h', 'e',  'd', '_',  'y',  'i', 'e',  'l',
                             'd', 0,    0,   3,   2,   1,   0,    7,   5,    1,    1,   'f',  0,
                             1,   10,   9,   1,   7,   0,   0x10, 0,   0x1a, 0x41, 42,  0xb};

int failures = 0;

void expect(bool ok, const std::string& what) {
  if (ok) return;
  ++failures;
  std::printf("FAIL %s\n", what.c_str());
}

// Runs the module's "f", which gives 42.
Result<void> run(const Config& config, std::span<const uint8_t> bytes) {
  Engine engine(config);
  auto module = Module::compile(engine, bytes);
  if (!module) return std::move(module).error();
  Store store(engine);
  if (bytes.data() == kWasi)
    if (auto set = store.set_wasi(WasiConfig().allow_clocks()); !set) return std::move(set).error();
  Linker linker(engine);
  auto instance = linker.wasi().instantiate(store, *module);
  if (!instance) return std::move(instance).error();
  auto result = instance->call("f");
  if (!result) return std::move(result).error();
  expect((*result)[0].i32() == 42, "the result");
  return {};
}

// The error of something that needs a part which is missing names its option; else there is none.
void check(const BuildPart& part, const Result<void>& result, const std::string& what) {
  if (part.included) {
    expect(result.ok(), what + ": " + (result ? "" : result.error().to_string()));
    return;
  }
  expect(!result.ok(), what + ": there must be an error");
  if (result.ok()) return;
  const std::string expected = "made without";
  const std::string& message = result.error().message;
  expect(message.find(expected) != std::string::npos, what + ": " + message);
  expect(message.find(std::string(part.option) + "=OFF") != std::string::npos,
         what + ": " + message);
}

Result<void> outcome(auto&& result) {
  if (result) return {};
  return std::move(result).error();
}

}  // namespace

int main(int count, char** args) {
  const std::vector<std::string> missing(args + 1, args + count);
  expect(run({}, kNumber).ok(), "a plain module");
  for (const BuildPart& part : build_parts()) {
    const std::string name(part.name);
    const bool left_out = std::find(missing.begin(), missing.end(), name) != missing.end();
    expect(part.included != left_out, name + " is reported wrongly");
    expect(has_part(name) == part.included, name);
    if (name == "text") {
      Engine engine;
      check(part, outcome(Module::from_wat(engine, "(module)")), "parsing");
      check(part, outcome(wat2wasm("(module)")), "wat2wasm");
      check(part, outcome(wasm2wat(kNumber)), "wasm2wat");
    } else if (name == "jit") {
      check(part, outcome(Engine::create({.tier = Tier::compiled})), "an engine that compiles");
      check(part, run({.tier = Tier::compiled}, kNumber), "compiling");
      expect(run({.tier = Tier::automatic, .tier_calls = 1}, kNumber).ok(), "what runs anyhow");
    } else if (name == "wasi") {
      check(part, run({}, kWasi), "a program with WASI");
      // Without a configuration it is the import that is missing.
      Engine engine;
      Store store(engine);
      auto module = Module::compile(engine, kWasi).value();
      check(part, outcome(Linker(engine).wasi().instantiate(store, module)), "an import of WASI");
    } else if (name == "gc") {
      check(part, run({}, kObject), "a module with objects");
      check(part, run({.features = Features().set(Feature::gc)}, kNumber),
            "the proposal, asked for");
      expect(Features().has(Feature::gc) == part.included, "the proposal is on by default");
    } else {
      expect(false, "a part without a check: " + name);
    }
  }
  std::printf("%s\n", failures == 0 ? "as expected" : "not as expected");
  return failures != 0;
}
