// Reads the text form back (print.h), for tests of passes and of code generation.
#pragma once
#include <string>
#include <string_view>

#include "ir/ir.h"

namespace zwasm::ir {

// One function. Values are renumbered in the order in which they are defined; blocks keep the
// order of the text. False: `error` tells the line and what is wrong there.
bool parse(std::string_view text, Function& out, std::string& error);

}  // namespace zwasm::ir
