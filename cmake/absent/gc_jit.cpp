// The compiler's part of cmake/absent/gc.cpp.
#include <cstdlib>

#include "ir/builder.h"

namespace zwasm::ir {

void Builder::struct_op(W, Imm, Es, Es) { std::abort(); }
void Builder::array_op(W, Imm, Es, Es) { std::abort(); }

}  // namespace zwasm::ir
