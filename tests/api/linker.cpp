// What a linker does beyond defining and instantiating: names that are defined twice, what running
// a module means, copies, imports that are looked up once.
#include <doctest/doctest.h>
#include <zwasm/zwasm.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "test_engine.h"

using namespace zwasm;

namespace {

struct World {
  World() : store(engine), linker(engine) {}
  Module compile(const char* wat) { return Module::from_wat(engine, wat).value(); }
  int32_t answer(const Linker& with) {
    auto instance = with.instantiate(store, compile(R"((module
        (import "env" "f" (func $f (result i32))) (export "f" (func $f))))"));
    return instance.value().get<int32_t()>("f").value()().value();
  }
  TestEngine engine;
  Store store;
  Linker linker;
};

}  // namespace

TEST_CASE("linker: a later definition counts, unless shadowing is not allowed") {
  World world;
  world.linker.func("env", "f", [] { return 1; }).func("env", "f", [] { return 2; });
  CHECK(world.answer(world.linker) == 2);
  world.linker.allow_shadowing(false);
  CHECK(world.answer(world.linker) == 2);  // what was replaced before is no mistake
  world.linker.func("env", "g", [] { return 1; });
  CHECK(world.answer(world.linker) == 2);
  world.linker.func("env", "f", [] { return 3; });
  auto failed = world.linker.instantiate(world.store, world.compile("(module)"));
  REQUIRE(!failed);
  CHECK(failed.error().kind == ErrorKind::link);
  CHECK(failed.error().message == "\"env\" \"f\" is defined twice, and shadowing is not allowed");
  CHECK(!world.linker.instantiate_pre(world.compile("(module)")));
  // The first one stays.
  auto first = world.linker.get(world.store, "env", "f");
  REQUIRE(first);
  CHECK(std::get<Func>(*first).call().value()[0].i32() == 2);

  Linker instances(world.engine);
  instances.allow_shadowing(false);
  Module library = world.compile("(module (func (export \"f\")))");
  CHECK(instances.module(world.store, "lib", library));
  auto again = instances.module(world.store, "lib", library);
  REQUIRE(!again);
  CHECK(again.error().kind == ErrorKind::link);
}

TEST_CASE("linker: WASI's functions are definitions, too") {
  if (!has_part("wasi")) return;
  for (bool wasi_first : {true, false}) {
    World world;
    world.linker.allow_shadowing(false);
    if (wasi_first) world.linker.wasi();
    world.linker.func("wasi_snapshot_preview1", "sched_yield", [] { return 0; });
    if (!wasi_first) world.linker.wasi();
    world.linker.wasi();  // the same again
    auto failed = world.linker.instantiate(world.store, world.compile("(module)"));
    REQUIRE(!failed);
    CHECK(failed.error().message.find("sched_yield") != std::string::npos);
  }
}

TEST_CASE("linker: what running a module means") {
  World world;
  int ran = 0;
  world.linker.func("program", "_start", [&] { ran = 1; });
  world.linker.func("program", "other", [&] { ran = 9; });
  CHECK(world.linker.get_default(world.store, "program").value().call());
  CHECK(ran == 1);
  world.linker.func("program", "", [&] { ran = 2; });
  CHECK(world.linker.get_default(world.store, "program").value().call());
  CHECK(ran == 2);
  world.linker.func("library", "f", [&] { ran = 9; });
  Func nothing = world.linker.get_default(world.store, "library").value();
  CHECK(nothing.call().value().empty());
  CHECK(ran == 2);
  world.linker.define("odd", "_start",
                      Global::create(world.store, {ValKind::i32, false}, 1).value());
  auto odd = world.linker.get_default(world.store, "odd");
  REQUIRE(!odd);
  CHECK(odd.error().message == "\"odd\" \"_start\" is not a function");
  auto missing = world.linker.get_default(world.store, "librar");
  REQUIRE(!missing);
  CHECK(missing.error().kind == ErrorKind::usage);
  CHECK(missing.error().message == "no module \"librar\" is defined");
}

TEST_CASE("linker: a copy goes its own way") {
  World world;
  world.linker.func("env", "f", [] { return 1; });
  Linker tenant = world.linker;
  tenant.func("env", "f", [] { return 2; });
  Linker third(world.engine);
  third = std::as_const(tenant);
  world.linker.func("env", "f", [] { return 3; });
  CHECK(world.answer(world.linker) == 3);
  CHECK(world.answer(tenant) == 2);
  CHECK(world.answer(third) == 2);
}

TEST_CASE("linker: imports that are looked up once") {
  World world;
  int32_t calls = 0;
  world.linker.func("env", "f", [&calls] { return ++calls; });
  Module module = world.compile(R"((module (import "env" "f" (func $f (result i32)))
      (import "env" "absent" (func $absent))
      (func (export "f") (result i32) (call $f)) (func (export "absent") (call $absent))))");
  auto early = world.linker.instantiate_pre(module);
  REQUIRE(!early);  // before there is a store
  CHECK(early.error().kind == ErrorKind::link);
  CHECK(early.error().message.find("absent") != std::string::npos);
  world.linker.unknown_imports(UnknownImports::trap);
  InstancePre pre = world.linker.instantiate_pre(module).value();
  CHECK(pre.module() == module);
  world.linker.func("env", "f", [] { return 100; });  // too late
  for (int32_t i = 1; i <= 3; ++i) {
    Store store(world.engine);
    Instance instance = pre.instantiate(store).value();
    CHECK(instance.get<int32_t()>("f").value()().value() == i);
    auto absent = instance.call("absent");
    REQUIRE(!absent);
    CHECK(absent.error().trap == Trap::unknown_import);
  }
  TestEngine other;
  Store foreign(other);
  auto refused = pre.instantiate(foreign);
  REQUIRE(!refused);
  CHECK(refused.error().kind == ErrorKind::usage);
  CHECK(!world.linker.instantiate_pre(Module::from_wat(other, "(module)").value()));

  // What exists belongs to a store.
  Linker bound(world.engine);
  bound.define("env", "g", Global::create(world.store, {ValKind::i32, false}, 7).value());
  Module uses = world.compile(R"((module (import "env" "g" (global i32))))");
  InstancePre of_one = bound.instantiate_pre(uses).value();
  CHECK(of_one.instantiate(world.store));
  Store another(world.engine);
  auto elsewhere = of_one.instantiate(another);
  REQUIRE(!elsewhere);
  CHECK(elsewhere.error().message.find("belongs to another store") != std::string::npos);
}

TEST_CASE("linker: one lookup serves the stores of several threads") {
  World world;
  world.linker.func("env", "twice", [](int32_t x) { return 2 * x; });
  InstancePre pre = world.linker
                        .instantiate_pre(world.compile(R"((module
      (import "env" "twice" (func $twice (param i32) (result i32)))
      (func (export "f") (param i32) (result i32) (call $twice (local.get 0)))))"))
                        .value();
  std::vector<int32_t> sums(4);
  std::vector<std::thread> threads;
  for (int32_t& sum : sums)
    threads.emplace_back([&sum, pre, &world] {
      for (int32_t i = 0; i < 20; ++i) {
        Store store(world.engine);
        sum += pre.instantiate(store).value().get<int32_t(int32_t)>("f").value()(i).value();
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(sums == std::vector<int32_t>(4, 380));
}

TEST_CASE("a host function sees every export of its caller") {
  World world;
  std::string seen;
  world.linker.func("env", "look", [&seen](Caller& caller) {
    for (const char* name : {"g", "t", "m", "run", "none"}) {
      auto found = caller.find(name);
      seen += found ? std::string(to_string(found->kind())) + " " : "- ";
    }
  });
  Instance instance = world.linker
                          .instantiate(world.store, world.compile(R"((module
      (import "env" "look" (func $look)) (global (export "g") i32 (i32.const 1))
      (table (export "t") 1 funcref) (memory (export "m") 1)
      (func (export "run") (call $look))))"))
                          .value();
  CHECK(instance.call("run"));
  CHECK(seen == "global table memory func - ");
  seen.clear();
  CHECK(std::get<Func>(*world.linker.get(world.store, "env", "look")).call());
  CHECK(seen == "- - - - - ");  // the host calls
}

TEST_CASE("a shared memory grows outside of any store") {
  World world;
  auto memory = SharedMemory::create(world.engine, {.limits = {1, 3}, .shared = true}).value();
  CHECK(memory.pages() == 1);
  CHECK(memory.grow(1).value() == 1);
  CHECK(memory.pages() == 2);
  CHECK(memory.data().size() == 2 * 65536);
  CHECK(Memory::from_shared(world.store, memory).value().pages() == 2);
  auto failed = memory.grow(2);
  REQUIRE(!failed);
  CHECK(failed.error().kind == ErrorKind::limit);
}

TEST_CASE("objects of the guest's from values in braces") {
  if (!has_part("gc")) return;
  World world;
  Module module = world.compile(R"((module
      (type $p (struct (field (mut i32)) (field f64))) (type $a (array i64))
      (tag (export "t") (param i32))))");
  Instance instance = world.linker.instantiate(world.store, module).value();
  Ref point = Ref::new_struct(world.store, module.type(0), {3, 0.5}).value();
  CHECK(point.field(1).value().f64() == 0.5);
  Ref array = Ref::new_array(world.store, module.type(1), {int64_t{1}, int64_t{2}}).value();
  CHECK(array.element(1).value().i64() == 2);
  Ref exception = Ref::new_exception(world.store, instance.tag("t").value(), {7}).value();
  CHECK(exception.payload().value()[0].i32() == 7);
  CHECK(!Ref::new_struct(world.store, module.type(0), {3}));
}
