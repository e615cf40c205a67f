// The internal calling convention (docs/abi.md) against code written by hand: it calls, and is
// called by, functions of the interpreter; it traps, throws through, catches and polls.
#include "runtime_fixture.h"

#if defined(__x86_64__) || defined(__aarch64__)

#include "runtime/gc/heap.h"
#include "runtime/native_call.h"
#include "runtime/native_code.h"
#include "runtime/offsets.h"
#include "sys/faults.h"

using namespace runtime_test;

extern "C" {
extern char abi_code_begin[], abi_code_end[], abi_catch_return[], abi_catch_pad[];
extern char abi_trap_return[], abi_fault_place[];
void abi_forward();
void abi_trap();
void abi_fault();
void abi_catch();
void abi_throw();
void abi_recurse();
}
static_assert(static_cast<int>(Trap::unreachable) == 1);
static_assert(static_cast<int>(Trap::stack_exhausted) == 20);

namespace {

// An instance with two functions of one type: function 0 is native code, function 1 belongs to
// the "interpreter". `guest` is called for function 0 first and enters it like the handler of a
// native call does.
struct AbiFixture : Fixture {
  Instance* instance = nullptr;

  AbiFixture(void (*native)(), std::initializer_list<isa::ValType> params = {},
             std::initializer_list<isa::ValType> results = {}) {
    auto m = functions(2);
    m->bodies[0].offset = 1000;
    m->types[0].func.params = m->arena.copy(std::span(params.begin(), params.size()));
    m->types[0].func.results = m->arena.copy(std::span(results.begin(), results.size()));
    auto loaded = load(std::move(m));
    auto result = instantiate(*store, loaded, {});
    REQUIRE(result);
    instance = *result;
    // The code is copied to where code belongs, with its tables.
    auto offset = [](const void* at) {
      return static_cast<uint32_t>(static_cast<const char*>(at) - abi_code_begin);
    };
    NativeFunction all;
    all.function = instance->funcs[0]->function;
    all.body_offset = 1000;
    all.end = offset(abi_code_end);
    zwasm::runtime::NativeTables tables;
    tables.calls.push_back({offset(abi_trap_return), 5});
    tables.calls.push_back({offset(abi_catch_return), 6, offset(abi_catch_pad)});
    tables.traps.push_back({offset(abi_fault_place), 7, Trap::memory_out_of_bounds});
    all.calls = tables.calls;
    all.traps = tables.traps;
    const auto* bytes = reinterpret_cast<const uint8_t*>(abi_code_begin);
    auto code = NativeCode::publish({bytes, all.end}, {all}, std::move(tables));
    REQUIRE(code != nullptr);
    const uint8_t* entry = code->begin() + offset(reinterpret_cast<void*>(native));
    loaded->publish(std::move(code));
    instance->funcs[0]->code.store(const_cast<uint8_t*>(entry));
    REQUIRE(sys::prepare_thread_for_faults());
    guest = [](StoreContext& context, FuncRef* callee, Slot* slots) {
      if (callee->function->index == 1) return interpreted(context, slots);
      return builtins::call_native(context, callee, callee->instance, slots);
    };
  }

  static inline CallStatus (*interpreted)(StoreContext&, Slot*);
};

constexpr isa::ValType kI = isa::kI64;

}  // namespace

TEST_CASE("native code calls and is called with arguments in registers and on the stack") {
  AbiFixture f(abi_forward, {kI, kI, kI, kI, kI, kI, kI, kI, kI, kI, kI, kI, isa::kF64},
               {kI, kI, kI, kI, kI, kI, kI, kI, kI, isa::kF64});
  f.interpreted = [](StoreContext&, Slot* slots) {
    for (uint64_t i = 0; i < 12; ++i) CHECK(slots[i].u64 == 100 + i);
    CHECK(slots[12].f64 == 2.5);
    for (uint64_t i = 0; i < 9; ++i) slots[i].u64 = 200 + i;
    slots[9].f64 = 7.5;
    return CallStatus::returned;
  };
  for (bool poll : {false, true}) {
    if (poll) f.store->context().poll.store(kPollCollect);
    Slot slots[13];
    for (uint64_t i = 0; i < 12; ++i) slots[i].u64 = 100 + i;
    slots[12].f64 = 2.5;
    REQUIRE(f.store->call(f.instance->funcs[0], slots) == CallStatus::returned);
    CHECK(slots[0].u64 == 201);
    for (uint64_t i = 1; i < 8; ++i) CHECK(slots[i].u64 == 200 + i);
    CHECK(slots[8].u64 == 209);
    CHECK(slots[9].f64 == 7.5);
  }
  f.store->interrupt_handle()->interrupt();
  Slot slots[13];
  CallStatus status = f.store->call(f.instance->funcs[0], slots);
  CHECK(status == CallStatus::trapped);
  CHECK(f.store->take_failure(status).trap == Trap::interrupted);
}

TEST_CASE("native code traps") {
  AbiFixture f(abi_trap);
  CallStatus status = f.store->call(f.instance->funcs[0], nullptr);
  CHECK(status == CallStatus::trapped);
  Failure failure = f.store->take_failure(status);
  CHECK(failure.trap == Trap::unreachable);
  REQUIRE(failure.backtrace.frames.size() == 1);
  CHECK(failure.backtrace.frames[0].function == 0);
  CHECK(failure.backtrace.frames[0].offset == 1005);
  CHECK(f.store->context().boundary == nullptr);
}

TEST_CASE("a hardware fault of native code is a trap, again and again") {
  AbiFixture f(abi_fault);
  for (int i = 0; i < 3; ++i) {
    CallStatus status = f.store->call(f.instance->funcs[0], nullptr);
    CHECK(status == CallStatus::trapped);
    Failure failure = f.store->take_failure(status);
    CHECK(failure.trap == Trap::memory_out_of_bounds);
    REQUIRE(failure.backtrace.frames.size() == 1);
    CHECK(failure.backtrace.frames[0].offset == 1007);
  }
}

TEST_CASE("traps and exceptions of the interpreter pass native frames; handlers catch") {
  AbiFixture f(abi_catch, {}, {kI});
  Slot result[1];
  f.interpreted = [](StoreContext& context, Slot*) {
    return builtins::raise(context, Trap::cast_failure);
  };
  CallStatus status = f.store->call(f.instance->funcs[0], result);
  CHECK(status == CallStatus::trapped);
  CHECK(f.store->take_failure(status).trap == Trap::cast_failure);

  f.interpreted = [](StoreContext& context, Slot*) {
    return builtins::throw_exception(context, 0x20);
  };
  REQUIRE(f.store->call(f.instance->funcs[0], result) == CallStatus::returned);
  CHECK(result[0].u64 == 0x20);
  CHECK(f.store->pending_exception() == kNullRef);

  f.interpreted = [](StoreContext&, Slot*) { return CallStatus::returned; };
  REQUIRE(f.store->call(f.instance->funcs[0], result) == CallStatus::returned);
  CHECK(result[0].u64 == 0);
}

TEST_CASE("exceptions pass native frames without handlers, ten tiers deep") {
  // interpreter -> native -> interpreter -> native … and the innermost native function throws.
  AbiFixture f(abi_forward, {kI, kI, kI, kI, kI, kI, kI, kI, kI, kI, kI, kI, isa::kF64},
               {kI, kI, kI, kI, kI, kI, kI, kI, kI, isa::kF64});
  static int depth;
  static FuncRef* forward;
  depth = 0;
  forward = f.instance->funcs[0];
  f.interpreted = [](StoreContext& context, Slot* slots) {
    if (++depth == 10) return builtins::throw_exception(context, 0x30);
    context.value_top = slots + 13;
    return builtins::call_native(context, forward, forward->instance, slots);
  };
  Slot slots[13];
  CHECK(f.store->call(forward, slots) == CallStatus::threw);
  CHECK(depth == 10);
  CHECK(f.store->pending_exception() == 0x30);
  f.store->set_pending_exception(kNullRef);
  CHECK(f.store->context().boundary == nullptr);
  AbiFixture g(abi_throw);
  CHECK(g.store->call(g.instance->funcs[0], nullptr) == CallStatus::threw);
  CHECK(g.store->pending_exception() == 0x10);
  g.store->set_pending_exception(kNullRef);
}

TEST_CASE("endless recursion of native code is a trap") {
  AbiFixture f(abi_recurse);
  CallStatus status = f.store->call(f.instance->funcs[0], nullptr);
  CHECK(status == CallStatus::trapped);
  CHECK(f.store->take_failure(status).trap == Trap::stack_exhausted);
}

#endif
