// Walks over frames; see runtime/interpreter.h.
#pragma once
#include "runtime/interpreter.h"

namespace zwasm::interp {

void walk_frames(runtime::StoreContext& context, runtime::FrameVisitor visit);
void visit_roots(runtime::StoreContext& context, runtime::RootVisitor& visitor);

}  // namespace zwasm::interp
