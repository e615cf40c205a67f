// The names of types in the text format, looked up in isa/types.def.
#pragma once
#include <optional>
#include <string_view>

#include "isa/types.h"

namespace zwasm::text {

// A number, vector or packed type, or the shorthand of a nullable abstract reference (`anyref`).
std::optional<isa::ValType> type_by_name(std::string_view name);
std::optional<isa::AbsHeap> heap_by_name(std::string_view name);
// What the shorthand of `(ref null heap)` is called.
std::string_view shorthand_of(isa::AbsHeap heap);

}  // namespace zwasm::text
