// The name section: what a module's producer called things. Names are for people; nothing that
// runs depends on them, so a section that does not decode is used as far as it does.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "module/module.h"

namespace zwasm::module {

inline constexpr std::string_view kNameSection = "name";

struct Name {
  uint32_t index = 0;
  std::string_view name;
};
// The name of something inside something: a local or a label of a function, a field of a type.
struct InnerName {
  uint32_t outer = 0;
  uint32_t index = 0;
  std::string_view name;
};

// Lists are ordered by index (by outer, then inner index).
struct Names {
  std::optional<std::string_view> module;
  std::vector<Name> funcs, types, tables, memories, globals, elems, datas, tags;
  std::vector<InnerName> locals, labels, fields;

  bool empty() const;
};

// The name, or an empty string.
std::string_view find_name(std::span<const Name> names, uint32_t index);
std::string_view find_name(std::span<const InnerName> names, uint32_t outer, uint32_t index);

// Fills `names` from the bytes of a name section, whose spans then point into them. After an error
// `names` has what stood before it. `offset` is where the bytes stand in the whole input.
LoadResult<void> decode_names(std::span<const uint8_t> bytes, Offset offset, Names& names);
// From the module's first name section, if it has one, as far as it decodes.
Names read_names(const Module& module);

// The bytes of a name section; subsections without names are left out.
std::vector<uint8_t> encode_names(const Names& names);

}  // namespace zwasm::module
