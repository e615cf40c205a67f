// Misuse of the API: whatever can be detected is a clear error and leaves everything usable.
#include <doctest/doctest.h>
#include <zwasm/zwasm.h>

#include <atomic>
#include <string>
#include <thread>
#include <utility>

#include "check_usage.h"
#include "test_engine.h"

using namespace zwasm;

namespace {

constexpr const char* kModule = R"((module
  (import "env" "call_back" (func $call_back))
  (memory (export "memory") 1 2)
  (table (export "table") 2 funcref)
  (global (export "mutable") (mut i32) (i32.const 1))
  (global (export "constant") i32 (i32.const 2))
  (tag (export "tag") (param i32))
  (func $id (export "id") (param i32) (result i32) (local.get 0))
  (func (export "pass") (param externref) (result externref) (local.get 0))
  (func (export "through") (call $call_back))))";

struct World {
  explicit World(const Engine& e = TestEngine()) : engine(e), store(engine), linker(engine) {
    linker.func("env", "call_back", [this] {
      if (call_back) call_back();
    });
    instance = linker.instantiate(store, Module::from_wat(engine, kModule).value()).value();
  }
  Engine engine;
  Store store;
  Linker linker;
  std::function<void()> call_back;
  std::optional<Instance> instance;
};

}  // namespace

TEST_CASE("wrong arguments") {
  World world;
  const Instance& instance = *world.instance;
  check_usage(instance.call("id", {}), "takes 1 value, not 0");
  check_usage(instance.call("id", {1, 2}), "takes 1 value, not 2");
  check_usage(instance.call("id", {int64_t{1}}), "must be of type i32, but is i64");
  check_usage(instance.call("id", {1.0f}), "i32");
  check_usage(instance.call("id", {Ref(HeapKind::func)}), "i32");
  check_usage(instance.call("pass", {Ref(HeapKind::func)}), "externref");
  check_usage(instance.get<void(int32_t)>("id"), "has type (func (param i32) (result i32))");
  check_usage(instance.get<int32_t(uint64_t)>("id"), "i64");
  check_usage(instance.get<int32_t(int32_t)>("ID"), "\"ID\" is not exported");
  check_usage(instance.func("memory"), "is a memory, not a function");
  check_usage(instance.memory("id"), "is a function, not a memory");
  check_usage(instance.table("nothing"), "not exported");
  CHECK(!instance.find("nothing"));
  CHECK(instance.call("id", {7}).value()[0].i32() == 7);
}

TEST_CASE("wrong values") {
  World world;
  const Instance& instance = *world.instance;
  Global mutable_ = instance.global("mutable").value();
  check_usage(mutable_.set(1.0), "i32");
  check_usage(instance.global("constant").value().set(1), "immutable");
  CHECK(mutable_.get().i32() == 1);
  Table table = instance.table("table").value();
  check_usage(table.get(2), "no such element");
  check_usage(table.set(2, Ref(HeapKind::func)), "no such element");
  check_usage(table.set(0, Ref(HeapKind::extern_)), "funcref");
  check_usage(table.grow(1, Ref::i31(5)), "funcref");
  check_usage(Global::create(world.store, {ValType::funcref(), true}, 5), "funcref");
  check_usage(Table::create(world.store, {ValType(ValKind::i32), {}}, Ref(HeapKind::func)),
              "references");
  check_usage(Tag::create(world.store, {FuncType{{}, {ValKind::i32}}}), "no results");
  Ref exception =
      Ref::new_exception(world.store, instance.tag("tag").value(), std::initializer_list<Value>{1})
          .value();
  check_usage(exception.field(0), "");
  check_usage(exception.length(), "");
  check_usage(Ref::i31(3).field(0), "");
  check_usage(Ref::new_exception(world.store, instance.tag("tag").value(), {}), "");
  check_usage(Ref::new_struct(world.store, HeapKind::any, {}), "");
}

TEST_CASE("out of range") {
  World world;
  Memory memory = world.instance->memory().value();
  CHECK(!memory.read<uint32_t>(65533));
  CHECK(!memory.read<uint8_t>(UINT64_MAX));
  CHECK(!memory.write<uint64_t>(65529, 0));
  CHECK(!memory.read_string(65535, 2));
  CHECK(!memory.read_string(1, UINT64_MAX));
  CHECK(memory.grow(2).error().kind == ErrorKind::limit);
  CHECK(memory.grow(UINT64_MAX).error().kind == ErrorKind::limit);
  CHECK(memory.grow(1).value() == 1);
  CHECK(memory.data().size() == 2 << 16);
  CHECK(!Memory::create(world.store, {.limits = {.min = 2, .max = 1}}).ok());
  CHECK(!Memory::create(world.store, {.limits = {.min = 1 << 20}}).ok());
}

TEST_CASE("handles of another store") {
  TestEngine engine;
  World one(engine), two(engine);
  Func foreign = two.instance->func("id").value();
  check_usage(one.instance->table("table").value().set(0, foreign), "funcref");
  Ref host = Ref::host(two.store, 5).value();
  check_usage(one.instance->call("pass", {host}), "externref");
  auto pass = one.instance->get<ExternRef(ExternRef)>("pass").value();
  check_usage(pass(ExternRef(host)), "another store");
  auto module =
      Module::from_wat(engine, R"((module (import "a" "f" (func (param i32) (result i32)))))")
          .value();
  const Extern imports[] = {foreign};
  check_usage(Instance::create(one.store, module, imports), "belongs to another store");
  Linker linker(engine);
  linker.define("a", "f", foreign);
  check_usage(linker.instantiate(one.store, module), "belongs to another store");
  CHECK(linker.instantiate(two.store, module).ok());
}

TEST_CASE("modules and linkers of another engine") {
  World world;
  TestEngine other;
  auto module = Module::from_wat(other, "(module)").value();
  check_usage(Instance::create(world.store, module, {}), "another engine");
  check_usage(world.linker.instantiate(world.store, module),
              "the module belongs to another engine");
  Linker linker(other);
  check_usage(linker.instantiate(world.store, Module::from_wat(world.engine, "(module)").value()),
              "the linker belongs to another engine");
}

TEST_CASE("after the store is gone") {
  auto world = std::make_unique<World>();
  Instance instance = *world->instance;
  Func func = instance.func("id").value();
  auto typed = instance.get<int32_t(int32_t)>("id").value();
  Memory memory = instance.memory().value();
  Table table = instance.table("table").value();
  Global global = instance.global("mutable").value();
  Tag tag = instance.tag("tag").value();
  Ref ref = Ref::host(world->store, std::string("gone")).value();
  InterruptHandle handle = world->store.interrupt_handle();
  world.reset();
  check_usage(func.call({1}), "the store is gone");
  check_usage(typed(1), "the store is gone");
  check_usage(instance.call("id", {1}), "the store is gone");
  check_usage(instance.func("id"), "the store is gone");
  CHECK(!instance.find("id"));
  CHECK(instance.exports().empty());
  check_usage(table.get(0), "the store is gone");
  check_usage(table.set(0, Ref(HeapKind::func)), "the store is gone");
  check_usage(table.grow(1, Ref(HeapKind::func)), "the store is gone");
  check_usage(global.set(1), "the store is gone");
  check_usage(memory.share(), "");
  CHECK(memory.data().empty());
  CHECK(memory.byte_size() == 0);
  CHECK(!memory.read<uint8_t>(0));
  CHECK(!memory.grow(1).ok());
  CHECK(table.size() == 0);
  CHECK(global.get().i32() == 0);
  CHECK(func.type().params.empty());
  CHECK(tag.type().type.params.empty());
  CHECK(ref.as_host<std::string>() == nullptr);
  Ref copy = ref;
  CHECK(copy.is_null());
  CHECK(instance.module().exports().size() == 8);  // modules do not need the store
  handle.interrupt();
}

TEST_CASE("re-entrance") {
  // The thread sanitizer ends a program with more than 65,536 frames.
  World world(TestEngine({.max_wasm_stack = 2 << 20}));
  // A host function may call into the same store, as deep as the stack lasts.
  int depth = 0;
  world.call_back = [&] {
    if (++depth < 50) CHECK(world.instance->call("through").ok());
  };
  CHECK(world.instance->call("through").ok());
  CHECK(depth == 50);
  // Without an end it is a trap, not a crash.
  world.call_back = [&] { static_cast<void>(world.instance->call("through")); };
  static_cast<void>(world.instance->call("through"));
  world.call_back = nullptr;
  CHECK(world.instance->call("through").ok());
}

TEST_CASE("a store in two threads") {
  World world;
  Memory memory = world.instance->memory().value();
  Table table = world.instance->table("table").value();
  Global global = world.instance->global("mutable").value();
  std::atomic<bool> inside = false, done = false;
  world.call_back = [&] {
    inside = true;
    while (!done) std::this_thread::yield();
  };
  std::thread first([&] { CHECK(world.instance->call("through").ok()); });
  while (!inside) std::this_thread::yield();
  check_usage(world.instance->call("id", {1}), "in use by another thread");
  auto module = Module::from_wat(world.engine, "(module)").value();
  check_usage(Instance::create(world.store, module, {}), "in use by another thread");
  check_usage(world.instance->get<int32_t(int32_t)>("id"), "in use by another thread");
  check_usage(memory.grow(1), "in use by another thread");
  check_usage(table.set(0, Ref(HeapKind::func)), "in use by another thread");
  check_usage(table.grow(1, Ref(HeapKind::func)), "in use by another thread");
  check_usage(global.set(2), "in use by another thread");
  check_usage(Memory::create(world.store, {}), "in use by another thread");
  check_usage(Ref::host(world.store, 1), "in use by another thread");
  done = true;
  first.join();
  CHECK(world.instance->call("id", {1}).value()[0].i32() == 1);
  // One after the other is fine.
  std::thread second([&] { CHECK(world.instance->call("id", {2}).ok()); });
  second.join();
}

TEST_CASE("host functions that give what they must not") {
  TestEngine engine;
  Store store(engine), other(engine);
  Linker linker(engine);
  linker.func_raw("h", "wrong", FuncType{{}, {ValKind::i32}},
                  [](Caller&, std::span<const Value>, std::span<Value> results) -> Result<void> {
                    results[0] = 1.5;
                    return {};
                  });
  Ref foreign = Ref::host(other, 1).value();
  linker.func("h", "foreign", [&] { return ExternRef(foreign); });
  auto instance = linker
                      .instantiate(store, Module::from_wat(engine, R"((module
    (import "h" "wrong" (func $w (result i32))) (import "h" "foreign" (func $f (result externref)))
    (func (export "wrong") (result i32) (call $w))
    (func (export "foreign") (result externref) (call $f))))")
                                              .value())
                      .value();
  CHECK(instance.call("wrong").error().kind == ErrorKind::host);
  auto result = instance.call("foreign");
  CHECK(result.error().message.find("another store") != std::string::npos);
}

TEST_CASE("types of another engine") {
  TestEngine one, two;
  Store store(two);
  const HeapType type = Module::from_wat(one, "(module (type (struct (field i32))))")->type(0);
  const HeapType other = Module::from_wat(two, "(module (type (func)))")->type(0);
  const ValType value = ValType::ref(type);
  const FuncType func{{value}, {}};
  check_usage(Global::create(store, {value, true}, Ref()), "a type of another engine");
  check_usage(Table::create(store, {value, {.min = 1}}, Ref()), "a type of another engine");
  check_usage(Tag::create(store, {func}), "a type of another engine");
  auto raw = [](Caller&, std::span<const Value>, std::span<Value>) { return Result<void>(); };
  auto called = Func::raw(store, func, raw).call({Ref()});
  REQUIRE(!called);
  CHECK(called.error().message.find("a type of another engine") != std::string::npos);
  // Their numbers may be the same.
  CHECK(type != other);
  CHECK(!type.matches(other));
  CHECK(!other.matches(type));
  CHECK(type.matches(HeapKind::any));
  CHECK(!Value(Ref(Func::wrap(store, [] {}))).matches(value));
}

// Catches what the host function throws, and gives it back.
TEST_CASE("exceptions of another store") {
  TestEngine engine;
  Store store(engine), other(engine);
  auto throws = Linker(engine)
                    .instantiate(other, Module::from_wat(engine, R"((module
    (tag $t (param i32)) (func (export "f") (throw $t (i32.const 1)))))")
                                            .value())
                    .value();
  const Error thrown = throws.call("f").error();
  REQUIRE(thrown.kind == ErrorKind::exception);
  Linker linker(engine);
  linker.func("h", "f", [&]() -> Result<void> { return thrown; });
  auto instance = linker
                      .instantiate(store, Module::from_wat(engine, R"((module
    (import "h" "f" (func $f))
    (func (export "catch") (result exnref)
      (block $caught (result exnref) (try_table (catch_all_ref $caught) (call $f)) (ref.null exn)))))")
                                              .value())
                      .value();
  auto caught = instance.call("catch");
  REQUIRE(!caught);
  CHECK(caught.error().kind == ErrorKind::host);
}

namespace {

struct AtEnd {
  explicit AtEnd(std::function<void()> f) : run(std::move(f)) {}
  AtEnd(AtEnd&& other) noexcept : run(std::exchange(other.run, nullptr)) {}
  ~AtEnd() {
    if (run) run();
  }
  std::function<void()> run;
};

}  // namespace

// The end of a host value is host code like any other: it may use the store.
TEST_CASE("host values whose end uses the store") {
  World world;
  int ends = 0, failed = 0;
  for (int i = 0; i < 1000; ++i)
    static_cast<void>(Ref::host(world.store, AtEnd([&] {
                                  ++ends;
                                  world.store.collect();
                                  failed += !Ref::host(world.store, 5).ok();
                                  failed += !world.instance->call("id", {1}).ok();
                                })));
  world.store.collect();
  CHECK(ends == 1000);
  CHECK(failed == 0);
  // Not while the guest's own allocations collect, when its frames are below: when the host is next
  // asked for something.
  auto garbage = Linker(world.engine)
                     .instantiate(world.store, Module::from_wat(world.engine, R"((module
    (type $s (struct (field i32)))
    (func (export "garbage") (param i32)
      (loop (drop (struct.new $s (local.get 0)))
        (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))))")
                                                   .value())
                     .value();
  static_cast<void>(Ref::host(world.store, AtEnd([&] {
                                ++ends;
                                failed += !garbage.call("garbage", {1000}).ok();
                              })));
  CHECK(garbage.call("garbage", {1'000'000}).ok());
  CHECK(Ref::host(world.store, 5).ok());
  CHECK(ends == 1001);
  CHECK(failed == 0);
}

TEST_CASE("host values whose end comes with the store's") {
  TestEngine engine;
  int ends = 0;
  {
    Store store(engine);
    auto memory = Memory::create(store, {.limits = {.min = 1}}).value();
    Ref kept = Ref::host(store, AtEnd([&ends, &store, memory] {
                           ++ends;
                           check_usage(memory.grow(1), "the store is gone");
                           check_usage(Ref::host(store, 1), "the store is gone");
                           check_usage(Memory::create(store, {}), "the store is gone");
                           check_usage(Func::wrap(store, [] {}).call(), "the store is gone");
                           store.collect();
                           CHECK(store.heap_bytes() == 0);
                         }))
                   .value();
  }
  CHECK(ends == 1);
}
