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

// `kAll` are constexpr OpRows.
template <const auto& kAll>
class OpMap {
 public:
  using Value = typename std::remove_cvref_t<decltype(kAll)>::value_type::value_type;

  // A value-initialized one for an op that has none.
  static constexpr const Value& find(Op op) {
    return kTable.values[kTable.places[static_cast<size_t>(op)]];
  }

 private:
  static constexpr size_t kCount = [] {
    size_t count = 0;
    for (const auto& value : kAll) count += value.has_value();
    return count;
  }();
  struct Table {
    std::array<Value, kCount + 1> values{};  // the first is none
    std::array<std::conditional_t<(kCount < 256), uint8_t, uint16_t>, kOpCount> places{};
  };
  static constexpr Table kTable = [] {
    Table table;
    size_t count = 0;
    for (size_t i = 0; i < kOpCount; ++i) {
      if (!kAll[i].has_value()) continue;
      table.values[++count] = *kAll[i];
      table.places[i] = static_cast<typename decltype(table.places)::value_type>(count);
    }
    return table;
  }();
};

}  // namespace zwasm::isa
