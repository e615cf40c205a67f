// Arguments of --invoke as values of a function's parameters.
#pragma once
#include <zwasm/zwasm.h>

#include <optional>
#include <string_view>

namespace zwasm::cli {

// The value that `text` writes for a parameter of this type: decimal or hexadecimal integers,
// floating-point numbers with inf, nan and nan:0x…, vectors as 0x and up to 32 digits or as
// "i32x4 1 2 3 4", `null` for references, numbers for i31, any text for externref.
std::optional<Value> parse_value(Store& store, const ValType& type, std::string_view text);

}  // namespace zwasm::cli
