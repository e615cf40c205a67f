// The meaning of the IR, executed step by step: what compiled functions are compared with. Simple
// operations are those of isa/semantics.h.
#pragma once
#include "codegen_fixture.h"

namespace zwasm::test {

// Results of an operation that does not trap on these operands.
Words run_simple_op(isa::Op op, const Words& args, uint32_t lane);

// Runs without calls; at most `steps` instructions. Empty: more were needed.
Words interpret(const ir::Function& function, const Words& args, uint64_t steps);

}  // namespace zwasm::test
