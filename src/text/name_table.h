// The names that a text gives to things, and the name section made of them.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace zwasm::text {

// Numbers of the name section's subsections.
enum class NameKind : uint8_t {
  module,
  func,
  local,  // by function and local
  label,  // by function and label, counted in the order of the code
  type,
  table,
  memory,
  global,
  elem,
  data,
  field,  // by type and field
  tag,
};
inline constexpr size_t kNameKinds = 12;

class NameTable {
 public:
  // `outer` is the function or type for the kinds that have one. A later name replaces an earlier.
  void set(NameKind kind, uint32_t outer, uint32_t index, std::string_view name) {
    entries_[static_cast<size_t>(kind)].push_back({outer, index, name});
  }
  // The contents of the section behind its name; empty if nothing has a name.
  std::vector<uint8_t> encode();

 private:
  struct Entry {
    uint32_t outer = 0;
    uint32_t index = 0;
    std::string_view name;
  };
  std::array<std::vector<Entry>, kNameKinds> entries_;
};

}  // namespace zwasm::text
