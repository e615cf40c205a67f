// Tables that have something for some of the ops only: a byte or two for each op, and a place for
// each thing that is there. As arrays of pointers over all ops they were 30 KB, nearly all nulls,
// and what was not null had to be relocated at every start.
#pragma once
#include <array>
#include <cstdint>
#include <type_traits>

#include "isa/opcodes.h"

namespace zwasm::isa {

// `kAll` is a constexpr std::array with a value for each op; a value-initialized one means none.
template <const auto& kAll>
class OpMap {
 public:
  using Value = typename std::remove_cvref_t<decltype(kAll)>::value_type;

  // A value-initialized one for an op that has none.
  static constexpr const Value& find(Op op) {
    return kTable.values[kTable.places[static_cast<size_t>(op)]];
  }

 private:
  static constexpr size_t kCount = [] {
    size_t count = 0;
    for (const Value& value : kAll) count += value != Value{};
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
      if (kAll[i] == Value{}) continue;
      table.values[++count] = kAll[i];
      table.places[i] = static_cast<typename decltype(table.places)::value_type>(count);
    }
    return table;
  }();
};

}  // namespace zwasm::isa
