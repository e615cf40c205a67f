// Tables that have something for some of the ops only: a byte or two for each op, and a place for
// each thing that is there. As arrays of pointers over all ops they were 30 KB, nearly all nulls,
// and what was not null had to be relocated at every start.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "isa/opcodes.h"

namespace zwasm::isa {

// What each op has. Whether it has something is not left to a comparison of the values: that of an
// address with null is no constant to a compiler that instruments the code.
template <class Value>
using OpRows = std::array<std::optional<Value>, kOpCount>;

template <class Value, size_t kCount>
struct OpMap {
  std::array<Value, kCount + 1> values{};  // the first is none
  std::array<std::conditional_t<(kCount < 256), uint8_t, uint16_t>, kOpCount> places{};

  // A value-initialized one for an op that has none.
  constexpr const Value& find(Op op) const { return values[places[static_cast<size_t>(op)]]; }
};

// The map of constexpr OpRows. It belongs in a constexpr variable of the file that uses it. A
// static member of a template over `kAll` would do in theory; but from version 14 on, g++ takes
// those over arrays of the same name in different files for one, although the arrays are not
// visible outside.
template <const auto& kAll>
consteval auto op_map() {
  using Value = typename std::remove_cvref_t<decltype(kAll)>::value_type::value_type;
  constexpr size_t kCount = [] {
    size_t count = 0;
    for (const auto& value : kAll) count += value.has_value();
    return count;
  }();
  OpMap<Value, kCount> map;
  size_t count = 0;
  for (size_t i = 0; i < kOpCount; ++i) {
    if (!kAll[i].has_value()) continue;
    map.values[++count] = *kAll[i];
    map.places[i] = static_cast<typename decltype(map.places)::value_type>(count);
  }
  return map;
}

}  // namespace zwasm::isa
