// Which way calls across the border take: by registers where the signature allows it and the code
// is compiled, else by slots. (tests/api/typed_calls.cpp looks at what arrives.)
#include <doctest/doctest.h>

#include "api/state.h"
#include "runtime/native_call.h"
#include "runtime/stubs.h"
#include "zwasm/zwasm.h"

#if defined(__x86_64__) || defined(__aarch64__)

using namespace zwasm;
using detail::Internals;

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kTyped = false;  // the sanitizer must be told of each change of stacks
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
  const void* typed = address(kTyped ? &zwasm_typed_host_2 : &zwasm_slots_entry);
  const void* five = address(kTyped ? &zwasm_typed_host_5 : &zwasm_slots_entry);
  const void* wide = address(kTyped ? &zwasm_typed_host_8 : &zwasm_slots_entry);
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
    Instance instance =
        way.linker
            .instantiate(way.store, Module::from_wat(way.engine, R"((module
                (import "host" "f" (func $f)) (func (export "run") (call $f))))")
                                        .value())
            .value();
    auto run = instance.get<void()>("run").value();
    const bool typed = kTyped && tier == Tier::compiled;
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

#endif
