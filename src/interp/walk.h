// Walks over frames; see runtime/interpreter.h.
#pragma once
#include "runtime/interpreter.h"

namespace zwasm::interp {

void* outer_activation(void* activation);
bool walk_frames(void* activation, runtime::FrameVisitor visit);
void visit_roots(void* activation, runtime::RootVisitor& visitor);

}  // namespace zwasm::interp
