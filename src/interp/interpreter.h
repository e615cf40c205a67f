// The interpreter as the runtime sees it.
#pragma once
#include "runtime/interpreter.h"

namespace zwasm::interp {

extern const runtime::InterpreterOps kInterpreter;

}  // namespace zwasm::interp
