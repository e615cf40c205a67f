// Which parts of the library this build has. What was left out is replaced by files in cmake/absent
// that say so when they are asked for something; the words are made here.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace zwasm {

enum class Part : uint8_t {
#define PART(id, name, option, about) id,
#include "base/parts.def"
};

struct PartInfo {
  std::string_view name;
  std::string_view option;  // of CMake
  std::string_view about;
  bool included;
};

inline constexpr uint32_t kPartCount =
#define PART(...) +1
#include "base/parts.def"
    ;

const PartInfo& part_info(Part part);
inline bool has_part(Part part) { return part_info(part).included; }

// "this build of zwasm was made without the text format (ZWASM_WAT=OFF)"
std::string absent_part(Part part);

}  // namespace zwasm
