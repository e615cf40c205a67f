#include "base/parts.h"

namespace zwasm {
namespace {

// The build defines each option of parts.def as 1 or 0; `#option` keeps its name, unexpanded.
constexpr PartInfo kParts[] = {
#define PART(id, name, option, about) {name, #option, about, option != 0},
#include "base/parts.def"
};

}  // namespace

const PartInfo& part_info(Part part) { return kParts[static_cast<uint32_t>(part)]; }

std::string absent_part(Part part) {
  const PartInfo& info = part_info(part);
  // Up to where the row begins to explain.
  std::string_view what = info.about.substr(0, info.about.find_first_of(":;"));
  return "this build of zwasm was made without " + std::string(what) + " (" +
         std::string(info.option) + "=OFF)";
}

}  // namespace zwasm
