// What the runtime needs of the interpreter, which stands above this folder in the include order:
// src/interp fills one constant InterpreterOps, whoever makes an Engine passes it in.
//
// The interpreter in turn calls the runtime through builtins.h.
#pragma once
#include <cstdint>

#include "base/function_ref.h"
#include "runtime/layout.h"

namespace zwasm::interp {
struct Code;
}

namespace zwasm::runtime {

class RootVisitor;  // gc/heap.h

// One guest frame, innermost first. `offset` is the byte offset in the module of the instruction
// that traps or calls.
struct FramePosition {
  const Function* function;
  Instance* instance;
  uint64_t offset;
};
// Returns false to stop the walk.
using FrameVisitor = FunctionRef<bool(const FramePosition&)>;

struct InterpreterOps {
  // Values of Function::code that need no translation. Each is a single instruction:
  const interp::Code* untranslated;  // translates the function and starts over
  const interp::Code* host_call;     // leaves through builtins::call_host
  const interp::Code* native_call;   // leaves through builtins::call_native

  // Runs `callee`, a function of a module, in a new activation. Called on the guest stack;
  // `slots` lies on the value stack at StoreContext::value_top, arguments in order, and has room
  // for the results, which replace them. Checks the stack limits.
  CallStatus (*call)(StoreContext& context, FuncRef* callee, Slot* slots);

  // Activations, of which StoreContext::activation is the innermost: the next one outwards, or
  // null; every live reference of the collected heap in its frames; its frames from the innermost
  // outwards (false: the visitor stopped).
  void* (*outer_activation)(void* activation);
  void (*visit_roots)(void* activation, RootVisitor& visitor);
  bool (*walk_frames)(void* activation, FrameVisitor visit);

  // Ends the life of translated code.
  void (*free_code)(const interp::Code* code);
};

}  // namespace zwasm::runtime
