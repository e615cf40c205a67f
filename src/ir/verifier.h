// Checks that a function is what ir.h says. For debug builds, tests and fuzzing.
#pragma once
#include <string>

#include "ir/ir.h"

namespace zwasm::ir {

// Empty if all is well; else what is wrong, and where.
std::string verify(const Function& function);

}  // namespace zwasm::ir
