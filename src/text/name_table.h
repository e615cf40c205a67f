// The names that a text gives to things, on their way into the name section.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "module/names.h"

namespace zwasm::text {

// What can have a name.
enum class NameKind : uint8_t {
  func,
  type,
  table,
  memory,
  global,
  elem,
  data,
  tag,
  local,  // of a function
  label,  // of a function, counted in the order of the code
  field,  // of a type
};
inline constexpr size_t kNameKinds = 11;

class NameTable {
 public:
  // `outer` is the function or type for the kinds that have one. A later name replaces an earlier.
  void set(NameKind kind, uint32_t outer, uint32_t index, std::string_view name) {
    entries_[static_cast<size_t>(kind)].push_back({outer, index, name});
  }
  // All names in the order that the section wants.
  module::Names take();

 private:
  void put_in_order(std::vector<module::InnerName>& entries);

  std::array<std::vector<module::InnerName>, kNameKinds> entries_;
};

}  // namespace zwasm::text
