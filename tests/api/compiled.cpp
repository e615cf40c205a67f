// Compiled modules by the library: what is refused, and why.
#include <doctest/doctest.h>
#include <zwasm/zwasm.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace zwasm;

namespace {

constexpr const char* kText = R"((module $example
  (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
      (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                     (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (memory (export "memory") 1)
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))))";

int32_t fib(const Engine& engine, const Module& module, int32_t n) {
  Store store(engine);
  auto instance = Instance::create(store, module, {}).value();
  return instance.get<int32_t(int32_t)>("fib").value()(n).value();
}

}  // namespace

TEST_CASE("a compiled module runs without being compiled again") {
  for (Tier tier : {Tier::automatic, Tier::compiled, Tier::interpreter}) {
    Engine engine({.tier = tier, .explain = true});
    auto module = Module::from_wat(engine, kText).value();
    auto bytes = module.serialize();
    CHECK(is_compiled(bytes));
    CHECK_FALSE(is_binary(bytes));
    for (Tier later : {Tier::automatic, Tier::compiled, Tier::interpreter}) {
      Engine other({.tier = later, .explain = true});
      auto again = Module::deserialize(other, bytes).value();
      CHECK(fib(other, again, 15) == 610);
      CHECK(again.name() == "example");
      CHECK(std::ranges::equal(again.bytes(), module.bytes()));
      if (tier == Tier::interpreter || later == Tier::interpreter) continue;
      std::string history;
      for (const std::string& line : again.explain(0)) history += line + "\n";
      CHECK(history.find("compiled file") != std::string::npos);
      CHECK(history.find("compiled at") == std::string::npos);
    }
    CHECK(Module::from_any(engine, bytes).ok());
  }
}

TEST_CASE("no byte of a compiled module can be changed, added or taken away") {
  Engine engine;
  auto bytes = Module::from_wat(engine, kText).value().serialize();
  for (size_t i = 0; i < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] = static_cast<uint8_t>(damaged[i] ^ (1u << i % 8));
    auto refused = Module::deserialize(engine, damaged);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind == ErrorKind::malformed);
    CHECK_FALSE(Module::deserialize(engine, std::span(bytes).first(i)).ok());
    // Who vouches for the bytes gets the very module all the same: only the seal is not looked at.
    auto trusted = Module::deserialize_trusted(engine, damaged);
    CHECK((!trusted.ok() || i >= bytes.size() - 32));
  }
  bytes.push_back(0);
  CHECK_FALSE(Module::deserialize(engine, bytes).ok());
  CHECK_FALSE(Module::deserialize(engine, {}).ok());
}

TEST_CASE("settings that change code are checked") {
  Engine plain;
  auto module = Module::from_wat(plain, kText).value();
  auto bytes = module.serialize();
  for (const Config& config :
       {Config{.fuel = true}, Config{.guard_pages = false}, Config{.nan_canonicalization = true},
        Config{.relaxed_simd_deterministic = true}}) {
    Engine engine(config);
    auto refused = Module::deserialize(engine, bytes);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind == ErrorKind::invalid);
    auto own = Module::from_wat(engine, kText).value().serialize();
    auto again = Module::deserialize(engine, own);
    REQUIRE(again.ok());
    CHECK_FALSE(Module::deserialize(plain, own).ok());
  }
  // What the compiler tries harder at changes no meaning.
  CHECK(Module::deserialize(Engine({.opt_level = 1}), bytes).ok());
}

TEST_CASE("compiled for another machine") {
  Engine engine;
  auto module = Module::from_wat(engine, kText).value();
  size_t run = 0;
  for (const char* arch : {"x86-64", "arm64"}) {
    auto made = module.precompile({.target = {arch, ""}, .progress = {}}).value();
    CHECK(made.compiled == 2);
    CHECK(made.refused.empty());
    auto info = compiled_info(made.bytes).value();
    CHECK(info.arch == arch);
    CHECK(info.extensions.empty());
    CHECK(info.functions == 2);
    CHECK(info.sealed);
    CHECK(std::ranges::equal(info.module, module.bytes()));
    auto loaded = Module::deserialize(engine, made.bytes);
    if (loaded) {
      ++run;
      CHECK(fib(engine, *loaded, 10) == 55);
    } else {
      CHECK(loaded.error().kind == ErrorKind::invalid);
      CHECK(loaded.error().message.find("was compiled for") != std::string::npos);
    }
  }
  CHECK(run == 1);
  CHECK(module.precompile({.target = {"m68k", ""}, .progress = {}}).error().kind ==
        ErrorKind::usage);
  CHECK(module.precompile({.target = {"arm64", "sse9"}, .progress = {}}).error().kind ==
        ErrorKind::usage);
  size_t told = 0;
  CHECK(module
            .precompile({.target = {},
                         .progress =
                             [&](size_t done, size_t all) {
                               CHECK(done <= all);
                               ++told;
                             }})
            .ok());
  CHECK(told == 2);
}

TEST_CASE("the proposals with which it was validated hold") {
  constexpr const char* simd =
      "(module (func (export \"fib\") (param i32) (result i32) "
      "(i8x16.extract_lane_u 0 (i8x16.splat (local.get 0)))))";
  Engine all;
  auto bytes = Module::from_wat(all, simd).value().serialize();
  Config config;
  config.features.set(Feature::simd, false).set(Feature::relaxed_simd, false);
  auto refused = Module::deserialize(Engine(config), bytes);
  REQUIRE_FALSE(refused.ok());
  // One more that the module does not use: it is validated again, and runs.
  Config more;
  more.features.set(Feature::legacy_exceptions);
  Engine other(more);
  CHECK(fib(other, Module::deserialize(other, bytes).value(), 7) == 7);
}

TEST_CASE("a chain of tail calls to and fro between tiers needs no more stack the longer it is") {
  // `g` is compiled soon, the others, of which each is called once in a while, much later.
  constexpr int kOthers = 200;
  std::string text = R"((module
    (type $t (func (param i32) (result i32)))
    (func $g (export "g") (type $t)
      (if (i32.eqz (local.get 0)) (then (return (i32.const 42))))
      (return_call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1))
        (i32.rem_u (local.get 0) (i32.const 200)))))";
  for (int i = 0; i < kOthers; ++i) text += "(func (type $t) (return_call $g (local.get 0)))";
  text += "(table funcref (elem";
  for (int i = 1; i <= kOthers; ++i) text += " " + std::to_string(i);
  text += ")))";
  for (Tier tier : {Tier::automatic, Tier::compiled, Tier::interpreter}) {
    Engine engine({.tier = tier, .background_compilation = false, .tier_calls = 400});
    auto module = Module::from_wat(engine, text).value();
    Store store(engine);
    auto instance = Instance::create(store, module, {}).value();
    auto g = instance.get<int32_t(int32_t)>("g").value();
    CHECK(g(70'000).value() == 42);
    CHECK(g(200'000).value() == 42);
  }
}
