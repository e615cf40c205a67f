// What an embedder does first: load, link, call, look at errors; public headers only.
#include <doctest/doctest.h>
#include <zwasm/zwasm.h>

#include <stdexcept>
#include <string>

#include "test_engine.h"

using namespace zwasm;

namespace {

constexpr const char* kModule = R"((module
  (import "env" "twice" (func $twice (param i32) (result i32)))
  (memory (export "memory") 1)
  (global (export "g") (mut i64) (i64.const 5))
  (table (export "t") 2 externref)
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "quad") (param i32) (result i32) (call $twice (call $twice (local.get 0))))
  (func (export "swap") (param i32 v128) (result v128 i32) (local.get 1) (local.get 0))
  (func (export "same") (param externref) (result externref) (local.get 0))
  (func (export "trap") unreachable)
  (func (export "forever") (loop $l (br $l)))))";

struct World {
  explicit World(const Config& config = {}) : engine(config), store(engine), linker(engine) {
    linker.func("env", "twice", [](int32_t x) { return 2 * x; });
  }
  Instance load(const char* text = kModule) {
    return linker.instantiate(store, Module::from_wat(engine, text, "test.wat").value()).value();
  }
  TestEngine engine;
  Store store;
  Linker linker;
};

}  // namespace

TEST_CASE("typed and untyped calls") {
  World world;
  Instance instance = world.load();
  auto add = instance.get<int32_t(int32_t, int32_t)>("add").value();
  CHECK(add(2, 40).value() == 42);
  CHECK(instance.call("add", {2, 40}).value()[0].i32() == 42);
  CHECK(instance.get<int32_t(int32_t)>("quad").value()(3).value() == 12);
  auto swap = instance.get<std::tuple<V128, int32_t>(int32_t, V128)>("swap").value();
  auto [vector, number] = swap(7, V128::of<uint64_t>({1, 2})).value();
  CHECK(number == 7);
  CHECK(vector.lanes<uint64_t>()[1] == 2);
}

TEST_CASE("misuse gives errors") {
  World world;
  Instance instance = world.load();
  CHECK(instance.get<int64_t(int32_t)>("add").error().kind == ErrorKind::usage);
  CHECK(instance.func("ad").error().message.find("add") != std::string::npos);
  CHECK(instance.call("add", {1}).error().kind == ErrorKind::usage);
  CHECK(instance.call("add", {1, 2.0}).error().kind == ErrorKind::usage);
  CHECK_THROWS_AS(instance.call("trap").value(), Exception);
  CHECK(instance.call("trap").error().trap == Trap::unreachable);
}

TEST_CASE("a handle outlives its store") {
  std::optional<Func> func;
  std::optional<Ref> ref;
  {
    World world;
    func = world.load().func("add").value();
    ref = Ref::host(world.store, std::string("x")).value();
  }
  CHECK(func->call({1, 2}).error().kind == ErrorKind::usage);
  CHECK(ref->as_host<std::string>() == nullptr);
}

TEST_CASE("memories, globals, tables, references") {
  World world;
  Instance instance = world.load();
  Memory memory = instance.memory().value();
  CHECK(memory.write<uint32_t>(8, 77));
  CHECK(memory.read<uint32_t>(8) == 77u);
  CHECK_FALSE(memory.read<uint32_t>(65534));
  CHECK(instance.global("g").value().set(int64_t{9}).ok());
  CHECK(instance.global("g").value().get().i64() == 9);
  Ref host = Ref::host(world.store, std::string("kept")).value();
  CHECK(instance.table("t").value().set(1, host).ok());
  world.store.collect();
  auto same = instance.get<ExternRef(ExternRef)>("same").value();
  CHECK(*same(ExternRef(host)).value().as_host<std::string>() == "kept");
  CHECK(*instance.table("t").value().get(1).value().as_host<std::string>() == "kept");
}

TEST_CASE("host functions fail as they like") {
  World world;
  world.linker.func("env", "twice", [](Caller& caller, int32_t x) -> Result<int32_t> {
    CHECK(caller.memory());
    if (x == 1) return Error::host("one is too few");
    if (x == 2) return Error::from_trap(Trap::integer_overflow);
    if (x == 3) return Error::exit(7);
    if (x == 4) throw std::runtime_error("thrown");
    return x;
  });
  auto quad = world.load().get<int32_t(int32_t)>("quad").value();
  CHECK(quad(1).error().message == "one is too few");
  CHECK(quad(2).error().trap == Trap::integer_overflow);
  CHECK(quad(3).error().exit_status == 7u);
  CHECK_THROWS_AS(quad(4).value(), std::runtime_error);
  CHECK(quad(5).value() == 5);
}

TEST_CASE("limits") {
  World world({.fuel = true});
  REQUIRE(world.store.set_fuel(10000).ok());
  CHECK(world.load().call("forever").error().trap == Trap::out_of_fuel);
  World timed;
  timed.store.set_timeout(std::chrono::milliseconds(20));
  CHECK(timed.load().call("forever").error().trap == Trap::timeout);
}

TEST_CASE("what cannot be loaded or linked") {
  World world;
  auto wrong = Module::from_wat(world.engine, "(module\n  (func i32.bogus))", "x.wat");
  CHECK(wrong.error().kind == ErrorKind::malformed);
  CHECK(wrong.error().line == 2);
  auto module = Module::from_wat(world.engine, R"((module (import "a" "b" (func))))").value();
  CHECK(world.linker.instantiate(world.store, module).error().kind == ErrorKind::link);
}

TEST_CASE("hooks see every passage between host and guest") {
  World world;
  Instance instance = world.load();
  std::string seen;
  world.store.set_call_hook([&](CallEvent event) { seen += "wWhH"[static_cast<int>(event)]; });
  CHECK(instance.call("quad", {1}).ok());
  CHECK(seen == "whHhHW");
  seen.clear();
  CHECK(instance.get<int32_t(int32_t, int32_t)>("add").value()(1, 2).ok());
  CHECK_FALSE(instance.call("trap").ok());
  CHECK(seen == "wWwW");
  world.store.set_call_hook({});
  CHECK(instance.call("quad", {1}).ok());
  CHECK(seen == "wWwW");
}

TEST_CASE("serialized modules are checked") {
  TestEngine engine;
  auto module = Module::from_wat(engine, "(module (func (export \"f\")))").value();
  auto bytes = module.serialize();
  CHECK(Module::deserialize(engine, bytes).value().exports().size() == 1);
  for (size_t i = 0; i < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] ^= 0x10;
    CHECK(Module::deserialize(engine, damaged).error().kind == ErrorKind::malformed);
    CHECK_FALSE(Module::deserialize(engine, std::span(bytes).first(i)).ok());
  }
}

TEST_CASE("a core dump holds what the store held") {
  World world;
  Instance instance = world.load();
  CHECK(instance.memory().value().write<uint32_t>(4096, 0x12345678));
  CHECK(instance.global("g").value().set(int64_t{-3}).ok());
  auto failed = instance.call("trap");
  auto dump = world.store.core_dump(failed.error(), "program");
  auto module = Module::compile(world.engine, dump).value();
  CHECK(module.custom_section("core"));
  CHECK(module.custom_section("corestack"));
  auto exported = wasm2wat(dump).value();
  CHECK(exported.find("(memory") != std::string::npos);
  CHECK(exported.find("i64.const -3") != std::string::npos);
}
