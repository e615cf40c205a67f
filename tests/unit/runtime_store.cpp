// Stores, instantiation and calls across the boundary.
#include <stdexcept>
#include <thread>

#include "runtime/thread_group.h"
#include "runtime_fixture.h"

using namespace runtime_test;

TEST_CASE("calls cross between host and guest stack, and nest") {
  Fixture f;
  auto loaded = f.load(functions(1));
  auto instance = instantiate(*f.store, loaded, {});
  REQUIRE(instance);
  FuncRef* guest_func = (*instance)->funcs[0];

  static int depth;
  static uintptr_t host_at, guest_at;
  static FuncRef* callee;
  static FuncRef* host_func;
  depth = 0;
  callee = guest_func;
  host_func = f.host([](void*, Store& store, Instance*, Slot*) -> HostOutcome {
    char here;
    uintptr_t at = reinterpret_cast<uintptr_t>(&here);
    CHECK(at < host_at);
    CHECK(host_at - at < (8u << 20));
    if (depth < 50) CHECK(store.call(callee, nullptr) == CallStatus::returned);
    return {};
  });
  guest = [](StoreContext& context, FuncRef*, Slot* slots) {
    char here;
    uintptr_t at = reinterpret_cast<uintptr_t>(&here);
    if (depth++ > 0) CHECK(at < guest_at);
    guest_at = at;
    CHECK(at > context.native_limit);
    context.value_top = slots + 4;
    return builtins::call_host(context, host_func, nullptr, slots);
  };
  char here;
  host_at = reinterpret_cast<uintptr_t>(&here);
  CHECK(f.store->call(guest_func, nullptr) == CallStatus::returned);
  CHECK(depth == 50);
  CHECK(f.store->context().guest_sp == nullptr);
}

TEST_CASE("endless recursion through the host is a trap") {
  EngineSettings settings;
#if defined(__SANITIZE_THREAD__)
  settings.max_wasm_stack = 256 << 10;  // the sanitizer crashes on more than 65,536 nested calls
#endif
  Fixture f(settings);
  auto instance = instantiate(*f.store, f.load(functions(1)), {});
  REQUIRE(instance);
  static FuncRef* callee;
  static FuncRef* host_func;
  callee = (*instance)->funcs[0];
  host_func = f.host([](void*, Store& store, Instance*, Slot*) -> HostOutcome {
    CallStatus status = store.call(callee, nullptr);
    if (status == CallStatus::returned) return {};
    Failure failure = store.take_failure(status);
    return {HostOutcome::Kind::trapped, failure.trap};
  });
  guest = [](StoreContext& context, FuncRef*, Slot* slots) {
    return builtins::call_host(context, host_func, nullptr, slots);
  };
  CallStatus status = f.store->call(callee, nullptr);
  CHECK(status == CallStatus::trapped);
  CHECK(f.store->take_failure(status).trap == Trap::stack_exhausted);
  guest = [](StoreContext&, FuncRef*, Slot*) { return CallStatus::returned; };
  CHECK(f.store->call(callee, nullptr) == CallStatus::returned);
}

TEST_CASE("a C++ exception of a host function comes out unchanged") {
  Fixture f;
  auto instance = instantiate(*f.store, f.load(functions(1)), {});
  REQUIRE(instance);
  static FuncRef* host_func;
  host_func = f.host(
      [](void*, Store&, Instance*, Slot*) -> HostOutcome { throw std::runtime_error("broken"); });
  guest = [](StoreContext& context, FuncRef*, Slot* slots) {
    return builtins::call_host(context, host_func, nullptr, slots);
  };
  CallStatus status = f.store->call((*instance)->funcs[0], nullptr);
  CHECK(status == CallStatus::trapped);
  Failure failure = f.store->take_failure(status);
  CHECK(failure.kind == Failure::Kind::host);
  CHECK(failure.message == "broken");
  CHECK_THROWS_AS(std::rethrow_exception(failure.host_exception), std::runtime_error);
}

TEST_CASE("arguments and results travel through the value stack") {
  Fixture f;
  auto m = functions(1);
  isa::ValType i64s[] = {isa::kI64, isa::kI64};
  m->types[0].func.params = m->arena.copy(std::span<const isa::ValType>(i64s));
  m->types[0].func.results = m->types[0].func.params.first(1);
  auto instance = instantiate(*f.store, f.load(std::move(m)), {});
  REQUIRE(instance);
  guest = [](StoreContext&, FuncRef*, Slot* slots) {
    slots[0].u64 = slots[0].u64 - slots[1].u64;
    return CallStatus::returned;
  };
  Slot slots[2];
  slots[0].u64 = 50;
  slots[1].u64 = 8;
  CHECK(f.store->call((*instance)->funcs[0], slots) == CallStatus::returned);
  CHECK(slots[0].u64 == 42);
}

TEST_CASE("globals, tables and segments start as their expressions say") {
  Fixture f;
  auto m = functions(2);
  m->globals.push_back({{isa::kI32, false}, expr(*m, {0x41, 7})});                // 7
  m->globals.push_back({{isa::kI32, true}, expr(*m, {0x23, 0, 0x41, 3, 0x6C})});  // g0 * 3
  m->tables.push_back({{isa::kFuncRef, {.min = 4, .max = 10}}, std::nullopt});
  m->memories.push_back({{{.min = 1, .max = 2}, 16}});
  static const uint32_t kFuncs[] = {1, 0};
  module::ElemSegment elem;
  elem.mode = module::ElemSegment::Mode::active;
  elem.start = expr(*m, {0x41, 1});
  elem.type = isa::kFuncRef;
  elem.funcs = kFuncs;
  m->elems.push_back(elem);
  static const uint8_t kBytes[] = {1, 2, 3};
  module::DataSegment data;
  data.active = true;
  data.start = expr(*m, {0x23, 0});
  data.bytes = kBytes;
  m->datas.push_back(data);
  m->exports.push_back({"t", isa::ExternKind::table, 0, 0});
  auto loaded = f.load(std::move(m));
  auto result = instantiate(*f.store, loaded, {});
  REQUIRE(result);
  Instance& instance = **result;
  CHECK(instance.globals[1]->slots[0].u64 == 21);
  CHECK(instance.tables[0]->funcs[0].ref == nullptr);
  CHECK(instance.tables[0]->funcs[1].ref == instance.funcs[1]);
  CHECK(instance.tables[0]->funcs[2].type == instance.funcs[0]->type);
  CHECK(instance.memories[0]->base[8] == 2);
  CHECK(instance.dropped_datas[0] == 1);
  CHECK(builtins::memory_init(instance, 0, 0, 0, 0, 1) == Trap::memory_out_of_bounds);
  CHECK(builtins::memory_init(instance, 0, 0, 65536, 0, 0) == Trap::none);
  CHECK(builtins::memory_copy(instance, 0, 0, 8, 7, 3) == Trap::none);
  CHECK(instance.memories[0]->base[10] == 3);
  CHECK(builtins::memory_fill(instance, 0, 65535, 1, 2) == Trap::memory_out_of_bounds);
  CHECK(builtins::memory_grow(instance, 0, 1).previous == 1);
  CHECK(builtins::memory_grow(instance, 0, 1).previous == Memory::kRefused);
  auto exported = find_export(instance, "t");
  REQUIRE(exported);
  CHECK(exported->table->grow(6, {}) == 4);
  CHECK(exported->table->grow(1, {}) == Table::kRefused);
  CHECK(!find_export(instance, "u"));
}

TEST_CASE("a link error names the import and both types") {
  Fixture f;
  auto m = functions(0);
  m->imports.push_back({"env", "m", module::MemoryType{{.min = 2, .max = 3}, 16}, 0});
  m->memories.push_back({{{.min = 2, .max = 3}, 16}});
  m->imported_memories = 1;
  auto loaded = f.load(std::move(m));
  auto memory = f.store->add_memory({{.min = 1, .max = 3}, 16});
  REQUIRE(memory);
  Extern given[] = {Extern::of(*memory)};
  auto result = instantiate(*f.store, loaded, given);
  REQUIRE(!result);
  CHECK(result.error().kind == Failure::Kind::link);
  CHECK(result.error().message ==
        "incompatible import type for `env::m`: expected memory limits (min: 2, max: 3) doesn't "
        "match provided memory limits (min: 1, max: 3)");
  CHECK((*memory)->grow(1) == 1);  // now it is large enough
  CHECK(instantiate(*f.store, loaded, given));
}

TEST_CASE("limits of a store") {
  Limits limits;
  limits.memory_bytes = 3 << 16;
  limits.table_elements = 10;
  limits.instances = 2;
  Fixture f;
  f.store = Store::create(f.engine, f.quota = std::make_shared<Quota>(limits));
  auto memory = f.store->add_memory({{.min = 2, .max = {}}, 16});
  REQUIRE(memory);
  CHECK((*memory)->grow(1) == 2);
  CHECK((*memory)->grow(1) == Memory::kRefused);
  CHECK(!f.store->add_memory({{.min = 1, .max = {}}, 16}));
  CHECK(f.store->add_table({isa::kFuncRef, {.min = 10, .max = {}}}, {}));
  CHECK(!f.store->add_table({isa::kFuncRef, {.min = 1, .max = {}}}, {}));
  auto loaded = f.load(functions(1));
  CHECK(instantiate(*f.store, loaded, {}));
  CHECK(instantiate(*f.store, loaded, {}));
  auto third = instantiate(*f.store, loaded, {});
  REQUIRE(!third);
  CHECK(third.error().kind == Failure::Kind::limit);
  f.store.reset();
  CHECK(f.quota->memory_bytes.used() == 0);
  CHECK(f.quota->table_elements.used() == 0);
}

TEST_CASE("memories of every kind grow and keep their contents") {
  auto quota = std::make_shared<Quota>(Limits{});
  for (bool guard : {true, false})
    for (bool is64 : {true, false})
      for (bool shared : {true, false})
        for (uint8_t log2 : {uint8_t{0}, uint8_t{16}}) {
          module::MemoryType type{{.min = 1, .max = 100, .shared = shared, .is64 = is64}, log2};
          auto memory = Memory::create(type, {guard, quota});
          REQUIRE(memory);
          CHECK(memory->byte_length == uint64_t{1} << log2);
          memory->base[0] = 42;
          CHECK(memory->grow(98) == 1);
          CHECK(memory->grow(2) == Memory::kRefused);
          CHECK(memory->grow(1) == 99);
          CHECK(memory->grow(~uint64_t{0}) == Memory::kRefused);
          CHECK(memory->base[0] == 42);
          CHECK(memory->base[memory->byte_length - 1] == 0);
        }
  CHECK(quota->memory_bytes.used() == 0);
  // Nothing grants so much.
  CHECK(!Memory::create({{.min = uint64_t{1} << 45, .max = {}, .is64 = true}, 16}, {true, quota}));
}

TEST_CASE("interruption and timeouts reach the poll word and blocking waits") {
  Fixture f;
  auto handle = f.store->interrupt_handle();
  CHECK(f.store->on_poll() == Trap::none);
  handle->interrupt();
  CHECK(f.store->context().poll != 0);
  CHECK(f.store->wake().fired());
  CHECK(f.store->on_poll() == Trap::interrupted);
  f.store->clear_interrupt();
  CHECK(f.store->on_poll() == Trap::none);
  CHECK(!f.store->wake().fired());
  f.store->set_timeout(1'000'000);
  while (f.store->context().poll == 0) std::this_thread::yield();
  CHECK(f.store->on_poll() == Trap::timeout);
  CHECK(f.store->on_poll() == Trap::timeout);
  f.store->set_timeout(std::nullopt);
  CHECK(f.store->on_poll() == Trap::none);
  f.store.reset();
  handle->interrupt();  // outlives the store
}

TEST_CASE("wait and notify across threads and stores") {
  Fixture f;
  auto memory = f.store->add_memory({{.min = 1, .max = 1, .shared = true}, 16});
  REQUIRE(memory);
  auto m = functions(0);
  m->imports.push_back({"", "", module::MemoryType{{.min = 1, .max = 1, .shared = true}, 16}, 0});
  m->memories.push_back({{{.min = 1, .max = 1, .shared = true}, 16}});
  m->imported_memories = 1;
  auto loaded = f.load(std::move(m));
  Extern given[] = {Extern::of(*memory)};
  auto instance = instantiate(*f.store, loaded, given);
  REQUIRE(instance);
  auto& i = **instance;

  CHECK(builtins::memory_wait32(i, 0, 2, 0, 0).trap == Trap::unaligned_atomic);
  CHECK(builtins::memory_wait64(i, 0, 65536, 0, 0).trap == Trap::memory_out_of_bounds);
  CHECK(builtins::memory_wait32(i, 0, 8, 1, 0).value == 1);
  CHECK(builtins::memory_wait32(i, 0, 8, 0, 1000).value == 2);
  CHECK(builtins::memory_notify(i, 0, 8, 5).value == 0);

  auto shared = f.store->share(*memory);
  std::atomic<uint32_t> woken{0}, interrupted{0};
  std::shared_ptr<InterruptHandle> handles[4];
  std::atomic<int> ready{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      auto store = Store::create(f.engine, f.quota);
      Extern imports[] = {Extern::of(store->adopt(shared))};
      auto mine = instantiate(*store, loaded, imports);
      handles[t] = store->interrupt_handle();
      ++ready;
      builtins::WaitResult result = builtins::memory_wait64(**mine, 0, 16, 0, -1);
      if (result.trap == Trap::none && result.value == 0) ++woken;
      if (result.trap == Trap::interrupted) ++interrupted;
    });
  while (ready < 4) std::this_thread::yield();
  uint32_t notified = 0;
  while (notified < 3) notified += builtins::memory_notify(i, 0, 16, 3 - notified).value;
  for (auto& handle : handles) handle->interrupt();
  for (auto& thread : threads) thread.join();
  CHECK(woken == 3);
  CHECK(interrupted == 1);
}

TEST_CASE("thousands of instances") {
  Fixture f;
  auto m = functions(3);
  m->memories.push_back({{{.min = 1, .max = {}}, 16}});
  m->tables.push_back({{isa::kFuncRef, {.min = 4, .max = {}}}, std::nullopt});
  auto loaded = f.load(std::move(m));
  for (int i = 0; i < 10000; ++i) REQUIRE(instantiate(*f.store, loaded, {}));
}

namespace {

// A module that imports a shared memory and exports function 0 as wasi_thread_start.
std::unique_ptr<module::Module> threaded_module() {
  auto m = functions(1);
  static const isa::ValType kParams[] = {isa::kI32, isa::kI32};
  m->types[0].func.params = kParams;
  module::MemoryType memory{{.min = 1, .max = 1, .shared = true}, 16};
  m->imports.push_back({"env", "memory", memory, 0});
  m->memories.push_back({memory});
  m->imported_memories = 1;
  m->exports.push_back({"wasi_thread_start", isa::ExternKind::func, 0, 0});
  return m;
}

std::atomic<uint32_t>& word(Instance& instance, uint32_t index) {
  return reinterpret_cast<std::atomic<uint32_t>*>(instance.memories[0]->base)[index];
}

}  // namespace

TEST_CASE("threads of a guest share memory and end together") {
  // The "guest" of every thread: argument 0 counts, 1 waits for ever, 2 traps.
  static constexpr auto program = [](StoreContext& context, FuncRef* callee, Slot* slots) {
    Instance& instance = *callee->instance;
    word(instance, slots[0].u32 % 64 + 8).fetch_add(1);
    switch (slots[1].u32) {
      case 0: word(instance, 0).fetch_add(1); return CallStatus::returned;
      case 1: {
        word(instance, 1).fetch_add(1);
        auto waited = builtins::memory_wait32(instance, 0, 16, 0, -1);
        return waited.trap == Trap::none ? CallStatus::returned
                                         : builtins::raise(context, waited.trap);
      }
      default: return builtins::raise(context, Trap::unreachable);
    }
  };
  Fixture f;
  auto loaded = f.load(threaded_module());
  auto memory = f.store->add_memory({{.min = 1, .max = 1, .shared = true}, 16});
  REQUIRE(memory);
  Extern imports[] = {Extern::of(*memory)};
  auto main = instantiate(*f.store, loaded, imports);
  REQUIRE(main);
  auto shared = f.store->share(*memory);
  ThreadRecipe recipe{f.engine, f.quota, loaded,
                      [shared](Store& store) -> RunResult<std::vector<Extern>> {
                        guest = program;
                        return std::vector<Extern>{Extern::of(store.adopt(shared))};
                      }};
  ThreadGroup group(20);
  group.join_in(*f.store);
  for (int i = 0; i < 100; ++i)
    while (group.spawn(recipe, 0, 0) < 0) std::this_thread::yield();
  group.join();
  CHECK(word(**main, 0) == 100);
  for (uint32_t i = 0; i < 20; ++i) CHECK(group.spawn(recipe, 1, 0) > 0);
  CHECK(group.spawn(recipe, 1, 0) == -1);
  while (word(**main, 1) < 20) std::this_thread::yield();
  CHECK(!group.ended());
  CHECK(builtins::memory_notify(**main, 0, 16, 3).trap == Trap::none);
  while (group.spawn(recipe, 2, 0) < 0)  // traps: all end, the main thread's wait too
    REQUIRE(builtins::memory_notify(**main, 0, 16, 1).trap == Trap::none);
  CHECK(builtins::memory_wait32(**main, 0, 16, 0, -1).trap == Trap::interrupted);
  group.join();
  REQUIRE(group.ended());
  CHECK(group.ended()->trap == Trap::unreachable);
  CHECK(group.spawn(recipe, 0, 0) == -1);
}

TEST_CASE("a span is a pointer and a size, as generated code reads it") {
  const uint32_t ids[3] = {};
  std::span<const uint32_t> span(ids);
  uintptr_t words[2];
  static_assert(sizeof span == sizeof words);
  std::memcpy(words, &span, sizeof words);
  CHECK(words[0] == reinterpret_cast<uintptr_t>(ids));
  CHECK(words[1] == 3);
}
