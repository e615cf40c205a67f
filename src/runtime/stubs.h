// Moving between stacks: the only places where the stack pointer changes other than by a call.
// The assembly stands in stubs_x64.S and stubs_arm64.S; docs/abi.md says what it may rely on.
#pragma once
#include <cstdint>

#include "runtime/layout.h"

extern "C" {

// Calls fn(argument) with the stack pointer `stack` (16-byte aligned), after storing the present
// one in *saved; comes back to it when fn returns. By the platform's ABI on both sides. Nothing
// may be thrown through it.
void zwasm_call_on_stack(void* argument, void (*fn)(void*), void* stack, void** saved);

}  // extern "C"
