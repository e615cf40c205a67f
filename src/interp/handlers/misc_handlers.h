// Declarations of the handlers that misc.def names.
#pragma once
#include "interp/handlers/machine.h"

namespace zwasm::interp {

#define MISC(name) void op_##name(ZW_PARAMS);
#include "interp/misc.def"

}  // namespace zwasm::interp
