// Moving between stacks and between calling conventions: the only places where the stack pointer
// changes other than by a call and its return. The assembly stands in stubs_x64.S and
// stubs_arm64.S; docs/abi.md says what it relies on.
#pragma once
#include <cstdint>

#include "runtime/layout.h"
#include "runtime/native_call.h"

namespace zwasm::runtime {
struct NativeReturn {
  uint64_t pop_bytes;
  uint64_t status;  // a CallStatus
};
}  // namespace zwasm::runtime

extern "C" {

// Calls fn(argument) with the stack pointer `stack` (16-byte aligned), after storing the present
// one in *saved; comes back to it when fn returns. By the platform's ABI on both sides. Nothing
// may be thrown through it.
void zwasm_call_on_stack(void* argument, void (*fn)(void*), void* stack, void** saved);

// Platform convention -> internal convention: loads the registers and the stack area of `call`,
// calls call->callee, stores the results. Returns a CallStatus.
uint64_t zwasm_enter_native(zwasm::runtime::NativeCall* call);
// Inside it: where an unwinding that reaches the boundary goes on.
void zwasm_leave_native();

// Internal convention -> platform convention: FuncRef::code of host functions with a target
// (HostFuncRef) that takes at most 2, 5 (arm64: 7) or 8 integers. They stand in this order up to
// zwasm_typed_host_end, and run wherever they are copied to (near_stub in native_code.h).
void zwasm_typed_host_2();
void zwasm_typed_host_5();
void zwasm_typed_host_8();
void zwasm_typed_host_end();
// Such a target ends here, with a CallStatus, when it fails.
[[noreturn]] void zwasm_leave_typed_host(zwasm::runtime::StoreContext* context, uint32_t status);
// Platform convention -> internal convention: `call` comes first, then the arguments of its callee
// as C++ passes them, at most kIntRegs and kFloatRegs; to be called through a pointer to a function
// with the callee's result. The call has failed when its boundary says so.
void zwasm_enter_typed();

// Internal convention -> slots: FuncRef::code of functions that the interpreter or the host runs.
void zwasm_slots_entry();

// Where the handler of hardware faults continues code that trapped: as if the faulting instruction
// had called it, with the isa::Trap in the platform's first argument register.
void zwasm_native_fault();

// Platform convention, called by the stubs (native_call.cpp, native_helpers.cpp).
zwasm::runtime::NativeReturn zwasm_call_slots(zwasm::runtime::StoreContext* context,
                                              zwasm::runtime::FuncRef* callee,
                                              zwasm::runtime::NativeRegs* regs, uint64_t* stack,
                                              zwasm::runtime::Instance* caller);
// A helper's failure (HelperResult) becomes the pending one. Returns a CallStatus.
uint64_t zwasm_native_fail(zwasm::runtime::StoreContext* context, uint64_t failure);
void zwasm_find_handler(zwasm::runtime::StoreContext* context, uint64_t status, void** fp,
                        zwasm::runtime::NativeTarget* target);

}  // extern "C"
