// The guest frames of a store, of every tier, from the innermost outwards.
//
// Activations of the interpreter and calls into native code nest on one stack, each with a chain
// of its own. A call into native code knows the activation that was innermost when it was made:
// as long as that is innermost, the native code is what runs inside of it.
#pragma once
#include "runtime/interpreter.h"
#include "runtime/layout.h"

namespace zwasm::runtime {

void walk_frames(StoreContext& context, FrameVisitor visit);
void visit_frame_roots(StoreContext& context, RootVisitor& visitor);

}  // namespace zwasm::runtime
