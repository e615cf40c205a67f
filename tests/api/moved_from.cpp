// What was moved from: every use is an error or answers like something empty; nothing crashes.
#include <doctest/doctest.h>
#include <zwasm/zwasm.h>

#include <string>
#include <vector>

#include "check_usage.h"
#include "test_engine.h"

using namespace zwasm;

namespace {

constexpr const char* kModule = R"((module
  (memory (export "memory") 1 2)
  (table (export "table") 2 funcref)
  (global (export "global") (mut i32) (i32.const 1))
  (tag (export "tag") (param i32))
  (func (export "id") (param i32) (result i32) (local.get 0))
  (func (export "pass") (param externref) (result externref) (local.get 0))))";

struct World {
  TestEngine engine;
  Store store{engine};
  Linker linker{engine};
  Module module = Module::from_wat(engine, kModule).value();
  Instance instance = linker.instantiate(store, module).value();
};

template <class T>
T moved_from(T& from) {
  return std::move(from);
}

}  // namespace

TEST_CASE("a store that was moved from") {
  World world;
  const Error error = world.instance.call("id", {}).error();
  Store& gone = world.store;
  const Store now = moved_from(gone);
  const Ref null(HeapKind::func);
  check_usage(world.linker.instantiate(gone, world.module), "the store is gone");
  check_usage(Instance::create(gone, world.module, {}), "the store is gone");
  check_usage(Memory::create(gone, {}), "the store is gone");
  check_usage(Table::create(gone, {}, null), "the store is gone");
  check_usage(Global::create(gone, {}, 1), "the store is gone");
  check_usage(Tag::create(gone, {}), "the store is gone");
  check_usage(Ref::host(gone, 1), "the store is gone");
  check_usage(gone.set_fuel(1), "the store is gone");
  check_usage(gone.set_wasi(WasiConfig()), "the store is gone");
  check_usage(Func::wrap(gone, [] {}).call(), "the store is gone");
  auto raw = [](Caller&, std::span<const Value>, std::span<Value>) { return Result<void>(); };
  check_usage(Func::raw(gone, {}, raw).call(), "the store is gone");
  auto shared =
      SharedMemory::create(world.engine, {.limits = {.min = 1, .max = 1}, .shared = true}).value();
  check_usage(Memory::from_shared(gone, shared), "the store is gone");
  CHECK(!world.linker.get(gone, "a", "b"));
  CHECK(gone.core_dump(error).empty());
  CHECK(gone.profile().ops.empty());
  gone.set_limits({});
  gone.set_timeout(std::chrono::seconds(1));
  gone.set_call_hook([](const CallInfo&) {});
  gone.clear_interrupt();
  gone.collect();
  gone.set_data(&world);
  CHECK(gone.data() == nullptr);
  CHECK(gone.fuel() == 0);
  CHECK(gone.heap_bytes() == 0);
  CHECK(gone.limits().max_instances == StoreLimits{}.max_instances);
  gone.interrupt_handle().interrupt();
  CHECK(gone.engine() == gone.engine());
  CHECK(world.instance.call("id", {7}).value()[0].i32() == 7);
}

TEST_CASE("engines, modules and linkers that were moved from") {
  World world;
  const Module module = moved_from(world.module);
  check_usage(world.linker.instantiate(world.store, world.module), "the module was moved from");
  check_usage(Instance::create(world.store, world.module, {}), "the module was moved from");
  check_usage(world.module.precompile({}), "the module was moved from");
  CHECK(world.module.imports().empty());
  CHECK(world.module.exports().empty());
  CHECK(!world.module.export_type("id"));
  CHECK(world.module.name().empty());
  CHECK(world.module.func_name(0).empty());
  CHECK(world.module.func_count() == 0);
  CHECK(world.module.func_type(0).params.empty());
  CHECK(!world.module.type(0).is_defined());
  CHECK(world.module.explain(0).empty());
  CHECK(world.module.sections().empty());
  CHECK(world.module.bytes().empty());
  CHECK(world.module.serialize().empty());
  world.module.settle({});

  Linker linker = moved_from(world.linker);
  world.linker.func("a", "b", [] {}).wasi().unknown_imports(UnknownImports::trap);
  check_usage(world.linker.instantiate(world.store, module), "the linker was moved from");
  CHECK(!world.linker.get(world.store, "a", "b"));
  CHECK(linker.instantiate(world.store, module).ok());

  Engine engine;
  const Engine now = moved_from(engine);
  check_usage(Module::from_wat(engine, "(module)"), "the engine was moved from");
  check_usage(Module::compile(engine, module.bytes()), "the engine was moved from");
  check_usage(Module::from_any(engine, module.bytes()), "the engine was moved from");
  check_usage(Module::load(engine, "a.wasm"), "the engine was moved from");
  check_usage(Module::validate(engine, module.bytes()), "the engine was moved from");
  check_usage(Module::deserialize(engine, {}), "the engine was moved from");
  check_usage(SharedMemory::create(engine, {}), "the engine was moved from");
  CHECK(engine.samples().empty());
  CHECK(engine.config().opt_level == Config{}.opt_level);
  Store store(engine);
  check_usage(store.set_fuel(1), "the store is gone");
  check_usage(Linker(engine).instantiate(store, module), "the store is gone");
}

TEST_CASE("handles that were moved from") {
  World world;
  Func func = world.instance.func("id").value();
  const Func func_now = moved_from(func);
  check_usage(func.call({1}), "the store is gone");
  check_usage(func.typed<int32_t(int32_t)>(), "the store is gone");
  CHECK(func.type().params.empty());
  CHECK(func.name().empty());
  check_usage(world.instance.table("table")->set(0, func), "the table holds funcref");
  world.linker.define("a", "f", func);
  auto importing = Module::from_wat(world.engine, R"((module (import "a" "f" (func))))").value();
  check_usage(world.linker.instantiate(world.store, importing), "a store that is gone");
  const Extern imports[] = {func};
  CHECK(std::get<FuncType>(imports[0].type()).params.empty());
  check_usage(Instance::create(world.store, importing, imports), "the store is gone");

  auto typed = func_now.typed<int32_t(int32_t)>().value();
  auto typed_now = moved_from(typed);  // moving copies
  CHECK(typed(1).value() + typed_now(2).value() == 3);

  Memory memory = world.instance.memory().value();
  const Memory memory_now = moved_from(memory);
  CHECK(memory.data().empty());
  CHECK(memory.type().limits.min == 0);
  CHECK(!memory.read<uint8_t>(0));
  check_usage(memory.grow(1), "the store is gone");
  check_usage(memory.share(), "the store is gone");

  Table table = world.instance.table("table").value();
  const Table table_now = moved_from(table);
  CHECK(table.size() == 0);
  CHECK(table.type().limits.min == 0);
  check_usage(table.get(0), "the store is gone");
  check_usage(table.set(0, Ref(HeapKind::func)), "the store is gone");
  check_usage(table.grow(1, Ref(HeapKind::func)), "the store is gone");

  Global global = world.instance.global("global").value();
  const Global global_now = moved_from(global);
  CHECK(global.get().i32() == 0);
  CHECK(!global.type().mut);
  check_usage(global.set(1), "the store is gone");

  Tag tag = world.instance.tag("tag").value();
  const Tag tag_now = moved_from(tag);
  CHECK(tag.type().type.params.empty());
  const std::vector<Value> one{1};
  check_usage(Ref::new_exception(world.store, tag, one), "the store is gone");

  Instance instance = world.instance;
  const Instance instance_now = moved_from(instance);
  check_usage(instance.call("id", {1}), "the store is gone");
  check_usage(instance.memory(), "the store is gone");
  CHECK(instance.exports().empty());
  CHECK(instance.module().exports().empty());

  Ref ref = Ref::host(world.store, 5).value();
  const Ref ref_now = moved_from(ref);
  CHECK(ref.is_null());
  CHECK(ref.as_host<int>() == nullptr);
  const Ref copy = ref;
  check_usage(copy.field(0), "not a struct");
  CHECK(world.instance.call("pass", {ref}).ok());  // null is a reference

  InterruptHandle handle = world.store.interrupt_handle();
  const InterruptHandle handle_now = moved_from(handle);
  handle.interrupt();
  CHECK(world.instance.call("id", {1}).ok());

  auto shared =
      SharedMemory::create(world.engine, {.limits = {.min = 1, .max = 1}, .shared = true}).value();
  const SharedMemory shared_now = moved_from(shared);
  CHECK(shared.data().empty());
  CHECK(!shared.type().shared);
  check_usage(Memory::from_shared(world.store, shared), "the memory was moved from");
}

TEST_CASE("values and builders that were moved from are whole") {
  World world;
  HeapType type = Module::from_wat(world.engine, "(module (type (struct (field i32))))")->type(0);
  const HeapType type_now = moved_from(type);
  CHECK(type == type_now);
  CHECK(type.definition()->fields.size() == 1);
  WasiConfig wasi;
  const WasiConfig wasi_now = moved_from(wasi);
  CHECK(world.store.set_wasi(wasi.args({"a"}).env("A", "b")).ok());
  OutputCapture capture;
  const OutputCapture capture_now = moved_from(capture);
  CHECK(capture.text().empty());
  MemoryDirectory directory;
  const MemoryDirectory directory_now = moved_from(directory);
  CHECK(directory.add_file("a", "b").ok());
  CHECK(directory_now.read_file("a") == "b");
  auto loaded = WasmModule::from_wat("(module (func (export \"f\") (result i32) i32.const 3))");
  REQUIRE(loaded.ok());
  const WasmModule loaded_now = moved_from(*loaded);
  CHECK(loaded->call<int>("f").value() == 3);
  loaded->store().collect();
}
