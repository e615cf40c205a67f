// Which way calls across the border take: by registers where the signature allows it and the code
// is compiled, else by slots. (tests/api/typed_calls.cpp looks at what arrives.)
#include <doctest/doctest.h>

#include <functional>
#include <utility>

#include "api/state.h"
#include "runtime/native_call.h"
#include "runtime/native_code.h"
#include "runtime/stubs.h"
#include "sys/stacks.h"
#include "zwasm/zwasm.h"

#if defined(__x86_64__) || defined(__aarch64__)

using namespace zwasm;
using detail::Internals;
using runtime::near_stub;

namespace {

// The address sanitizer must be told of each change of stacks, and stubs cannot: calls from the
// host are begun in C++ then, host functions take slots.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kTyped = false;
#else
constexpr bool kTyped = true;
#endif

struct Way {
  explicit Way(Tier tier) : engine(config(tier)), store(engine), linker(engine) {}
  static Config config(Tier tier) {
    Config config;
    config.tier = tier;
    return config;
  }
  // How compiled code calls the function.
  const void* code(const Func& func) { return Internals::func(func)->code.load(); }

  Engine engine;
  Store store;
  Linker linker;
};

const void* address(void (*stub)()) { return reinterpret_cast<const void*>(stub); }

}  // namespace

TEST_CASE("host functions are called with registers when their signature fits") {
  Way way(Tier::compiled);
  const void* typed = kTyped ? near_stub(&zwasm_typed_host_2) : address(&zwasm_slots_entry);
  const void* five = kTyped ? near_stub(&zwasm_typed_host_5) : address(&zwasm_slots_entry);
  const void* wide = kTyped ? near_stub(&zwasm_typed_host_8) : address(&zwasm_slots_entry);
  using I = int32_t;
  CHECK(way.code(Func::wrap(way.store, [] {})) == typed);
  CHECK(way.code(Func::wrap(way.store, [](I, I) -> I { return 0; })) == typed);
  CHECK(way.code(Func::wrap(way.store, [](Caller&, double) -> Result<V128> { return V128(); })) ==
        typed);
  CHECK(way.code(Func::wrap(way.store, [](I, float, I, I, I, I) {})) == five);
  CHECK(way.code(Func::wrap(way.store, [](I, I, I, I, I, I, I, I) {})) == wide);
  CHECK(way.code(Func::wrap(way.store, [](I, I, I, I, I, I, I, I, I) {})) ==
        address(&zwasm_slots_entry));
  CHECK(way.code(Func::wrap(way.store, [] { return std::tuple<I, I>(1, 2); })) ==
        address(&zwasm_slots_entry));
  Func func = Func::wrap(way.store, [](I x) { return x; });
  way.store.set_call_hook([](CallEvent) {});
  CHECK(way.code(func) == address(&zwasm_slots_entry));
  way.store.set_call_hook(nullptr);
  CHECK(way.code(func) == typed);
}

TEST_CASE("compiled functions are entered with registers; others, and under a hook, with slots") {
  for (Tier tier : {Tier::compiled, Tier::interpreter}) {
    Way way(tier);
    const runtime::StoreContext& context = Internals::store(way.store)->runtime->context();
    bool by_registers = false;
    way.linker.func("host", "f", [&] {
      // A call with slots has a boundary on the guest's stack, a typed one on the host's.
      auto at = reinterpret_cast<uintptr_t>(context.boundary);
      auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
      by_registers = at > here && at - here < (1 << 16);
    });
    Instance instance = way.linker
                            .instantiate(way.store, Module::from_wat(way.engine, R"((module
                (import "host" "f" (func $f)) (func (export "run") (call $f))))")
                                                        .value())
                            .value();
    auto run = instance.get<void()>("run").value();
    const bool typed = tier == Tier::compiled;
    CHECK(run().ok());
    CHECK(by_registers == typed);
    way.store.set_call_hook([](CallEvent) {});
    CHECK(run().ok());
    CHECK(!by_registers);
    way.store.set_call_hook(nullptr);
    CHECK(run().ok());
    CHECK(by_registers == typed);
    CHECK(instance.call("run").ok());  // untyped
    CHECK(!by_registers);
  }
}

TEST_CASE("the stub begins outermost calls of a stack that the thread keeps, and only those") {
  Way way(Tier::compiled);
  runtime::StoreContext& context = Internals::store(way.store)->runtime->context();
  bool by_stub = false, go_on = false;
  std::function<void()> inside;
  way.linker.func("host", "f", [&] {
    // What the stub begins leaves the thread its stack, marked as in use.
    by_stub = sys::host_thread.cached != nullptr && sys::host_thread.idle == 0;
    if (std::exchange(go_on, false)) inside();
  });
  constexpr const char* kText = R"((module
      (import "host" "f" (func $f)) (func (export "run") (call $f))))";
  Instance instance =
      way.linker.instantiate(way.store, Module::from_wat(way.engine, kText).value()).value();
  auto run = instance.get<void()>("run").value();
  auto check = [&](bool expected) {
    CHECK(run().ok());
    CHECK(by_stub == (kTyped && expected));
    CHECK(context.boundary == nullptr);
    CHECK(context.native_fp == 0);
    CHECK(sys::host_thread.idle != 0);
    CHECK(Internals::store(way.store)->entry->user.load() == nullptr);
  };
  run().value();
  check(true);
  check(true);
  // Another kind of call leaves all as it was.
  CHECK(instance.call("run").ok());
  CHECK(!by_stub);
  check(true);
  // A store with stacks of another size gets the thread another stack.
  Config config = Way::config(Tier::compiled);
  config.max_wasm_stack = 256 << 10;
  Engine small(config);
  Store small_store(small);
  Instance leaf =
      Instance::create(small_store,
                       Module::from_wat(small, R"((module (func (export "run"))))").value(), {})
          .value();
  CHECK(leaf.call("run").ok());
  check(false);
  check(true);
  // Inside a call, this store's own calls and those of others take the other way.
  inside = [&] {
    const bool outer = by_stub;
    CHECK(run().ok());
    CHECK(by_stub == outer);  // the thread's stack is still that of the outer call
    CHECK(context.boundary != nullptr);
    CHECK(leaf.call("run").ok());
    CHECK(context.boundary != nullptr);
  };
  go_on = true;
  check(true);
  check(true);
  // An interrupt does not let it begin.
  way.store.interrupt_handle().interrupt();
  by_stub = false;
  CHECK(run().error().trap == Trap::interrupted);
  CHECK(!by_stub);
  way.store.clear_interrupt();
  check(true);
}

#endif
