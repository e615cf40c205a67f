// What running code asks of the runtime: every operation of an instance that is not a pure
// computation on slots. The interpreter calls these functions directly, generated code through a
// table; both on the guest stack, in the reserve below its limit, so that none may use much of it.
//
// Conventions. Indices have been validated; addresses, lengths and counts have not. A function
// that can fail returns a Trap, `none` being success; its caller records where it stands
// (StoreContext::value_top and its own pc) and passes the trap to `raise`, which makes the
// backtrace. A function that may collect says so: then references held by the caller must stand
// where interp::visit_roots finds them, and are reloaded after the call.
#pragma once
#include <cstdint>
#include <span>

#include "runtime/interpreter.h"
#include "runtime/layout.h"

namespace zwasm::runtime::builtins {

using isa::Trap;

// --- control ---

// Records a trap of the code that stands at the innermost frame. Returns `trapped`.
[[nodiscard]] CallStatus raise(StoreContext& context, Trap trap);
// The poll word is not zero: interruption, timeout, collection. May collect.
[[nodiscard]] Trap on_poll(StoreContext& context);
// Calls a host function on the host thread's stack. Arguments at `slots`, results replace them.
// value_top must be past them. May collect, may re-enter.
[[nodiscard]] CallStatus call_host(StoreContext& context, FuncRef* callee, Instance* caller,
                                   Slot* slots);
// Whether the function's FuncRef leads to machine code, not back to the interpreter.
[[nodiscard]] bool runs_native(const FuncRef& callee);
// The next callee that has machine code is called in tail position.
void note_tail_call(StoreContext& context);
// Whether such a callee is to be left for. Always when it is called. In tail position the
// interpreter's frames stay on the stack while machine code runs, and where that calls back in tail
// position, more come on top; so of a chain of tail calls that goes to and fro the interpreter does
// four times as many itself each time, before it leaves again: the stack grows with the logarithm
// of the chain's length, until all of it is machine code.
[[nodiscard]] bool leaves_for_native(StoreContext& context);
// Calls native code of the internal convention (docs/abi.md). As call_host.
[[nodiscard]] CallStatus call_native(StoreContext& context, FuncRef* callee, Instance* caller,
                                     Slot* slots);
// The interpreter reports a function that was called often enough, and asks for machine code that
// continues a frame of it at the loop at `position`: null, or what call_loop takes.
void note_hot(StoreContext& context, Function& function);
[[nodiscard]] const void* loop_entry(Instance& instance, Function& function, uint32_t position);
// Continues the frame at `fp` of `callee` there. Results replace the frame.
[[nodiscard]] CallStatus call_loop(StoreContext& context, const void* entry, FuncRef* callee,
                                   Slot* fp);
// The exception in flight after CallStatus::threw; setting it and returning `threw` throws.
[[nodiscard]] GcRef take_exception(StoreContext& context);
[[nodiscard]] CallStatus throw_exception(StoreContext& context, GcRef exception);
// The pending exception finds no handler in the innermost activation, which still stands where
// the search began: keeps the backtrace. Returns `threw`.
[[nodiscard]] CallStatus leave_uncaught(StoreContext& context);

// --- types ---

// Is a function of canonical type `actual` one of type `expected` (call_indirect, when they are
// not equal)?
[[nodiscard]] bool func_type_matches(Instance& instance, module::CanonId actual,
                                     module::CanonId expected);
// ref.test on the funcref hierarchy: `type` is canonical.
[[nodiscard]] bool func_ref_is(Instance& instance, FuncRef* ref, isa::ValType type);

// --- memories ---

struct GrowResult {
  uint64_t previous;  // in pages or elements; all ones: refused
  Trap trap;          // none, unless the store traps on failure
};
// Grows by whole pages. `base` may move, unless the memory is reserved.
[[nodiscard]] GrowResult memory_grow(Instance& instance, uint32_t memory, uint64_t pages);
[[nodiscard]] Trap memory_fill(Instance& instance, uint32_t memory, uint64_t to, uint8_t value,
                               uint64_t count);
[[nodiscard]] Trap memory_copy(Instance& instance, uint32_t to_memory, uint32_t from_memory,
                               uint64_t to, uint64_t from, uint64_t count);
[[nodiscard]] Trap memory_init(Instance& instance, uint32_t memory, uint32_t segment, uint64_t to,
                               uint32_t from, uint32_t count);
void data_drop(Instance& instance, uint32_t segment);

// --- threads ---

struct WaitResult {
  uint32_t value;  // 0 woken, 1 not equal, 2 timed out; for notify: the number woken
  Trap trap;
};
// `address` is the effective address (offset added, overflow already a trap); bounds and
// alignment are checked here. A negative timeout never ends. May block; ends on interruption.
[[nodiscard]] WaitResult memory_wait32(Instance& instance, uint32_t memory, uint64_t address,
                                       uint32_t expected, int64_t timeout_ns);
[[nodiscard]] WaitResult memory_wait64(Instance& instance, uint32_t memory, uint64_t address,
                                       uint64_t expected, int64_t timeout_ns);
[[nodiscard]] WaitResult memory_notify(Instance& instance, uint32_t memory, uint64_t address,
                                       uint32_t count);

// --- tables ---  (table.get and table.set are done in place on TableView)

[[nodiscard]] GrowResult table_grow(Instance& instance, uint32_t table, Slot value, uint64_t count);
[[nodiscard]] Trap table_fill(Instance& instance, uint32_t table, uint64_t to, Slot value,
                              uint64_t count);
[[nodiscard]] Trap table_copy(Instance& instance, uint32_t to_table, uint32_t from_table,
                              uint64_t to, uint64_t from, uint64_t count);
[[nodiscard]] Trap table_init(Instance& instance, uint32_t table, uint32_t segment, uint64_t to,
                              uint32_t from, uint32_t count);
void elem_drop(Instance& instance, uint32_t segment);

// --- segments, for array.new_data and the like (gc/arrays.h); empty once dropped ---

[[nodiscard]] std::span<const uint8_t> data_segment(Instance& instance, uint32_t segment);
// References of the segment, which are roots.
[[nodiscard]] std::span<const Slot> elem_segment(Instance& instance, uint32_t segment);

}  // namespace zwasm::runtime::builtins
