// Passes over a finished graph. Each is a function in a file of its own, named by what it does.
#pragma once
#include <cstdint>

#include "base/function_ref.h"
#include "ir/ir.h"

namespace zwasm::opt {

// All of them, in order; `level` as CodegenSettings::opt_level. The graph stays one that
// ir::verify accepts.
void optimize(ir::Function& function, uint8_t level);
// The same, telling the name of each pass behind it.
void optimize(ir::Function& function, uint8_t level, FunctionRef<void(const char* pass)> done);

// Loads of what memory is known to hold: because it was loaded or stored before, on the way here.
void forward_loads(ir::Function& function);
// What a loop computes anew each time around with the same result, before the loop.
void hoist_invariants(ir::Function& function);
// Function-wide facts after other passes: the depth of blocks in loops.
void update_loop_depths(ir::Function& function);

}  // namespace zwasm::opt
