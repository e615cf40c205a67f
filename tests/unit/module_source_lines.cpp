// Source lines from DWARF: tables that a compiler made, whole and damaged.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "module/decoder.h"
#include "module/source_lines.h"
#include "module_fixture.h"

using namespace zwasm;
using namespace zwasm::module;

namespace {

std::vector<uint8_t> read(const std::string& name) {
  std::ifstream file(std::string(ZWASM_SOURCE_DIR) + "/tests/unit/golden/" + name,
                     std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The place of the first `opcode` in a function.
Offset find_opcode(const Module& module, size_t body, uint8_t opcode) {
  auto code = module.bodies[body].code;
  auto at = std::find(code.begin(), code.end(), opcode);
  REQUIRE(at != code.end());
  return module.bodies[body].offset + static_cast<Offset>(at - code.begin());
}

constexpr uint8_t kDivide = 0x6d;

}  // namespace

TEST_CASE("lines of a compiler's tables, DWARF 4 and 5") {
  for (const char* name : {"lines_dwarf4.wasm", "lines_dwarf5.wasm"}) {
    CAPTURE(name);
    auto bytes = read(name);
    auto module = decode(bytes, isa::FeatureSet::all());
    REQUIRE(module.ok());
    SourceLines lines(*module);
    REQUIRE(!lines.empty());
    // Functions in the order of the file: middle, divide, run (the linker's own may stand before).
    size_t divide = 0;
    for (size_t i = 0; i < module->bodies.size(); ++i) {
      auto code = module->bodies[i].code;
      if (std::find(code.begin(), code.end(), kDivide) != code.end()) divide = i;
    }
    SourcePlace place = lines.find(find_opcode(*module, divide, kDivide));
    CHECK(place.line == 4);
    CHECK(place.column == 12);
    CHECK((place.file == "lines.c" || place.file == "/build/lines.c"));
    CHECK(lines.find(0).line == 0);
    CHECK(lines.find(bytes.size()).line == 0);
  }
}

TEST_CASE("damaged line tables give no line and no harm") {
  for (const char* name : {"lines_dwarf4.wasm", "lines_dwarf5.wasm"}) {
    const auto bytes = read(name);
    auto whole = decode(bytes, isa::FeatureSet::all());
    REQUIRE(whole.ok());
    const CustomSection* section = nullptr;
    for (const CustomSection& custom : whole->customs)
      if (custom.name == ".debug_line") section = &custom;
    REQUIRE(section != nullptr);
    const Offset begin = section->offset;
    const size_t size = section->bytes.size();
    size_t found = 0;
    for (size_t i = 0; i < size; ++i)
      for (uint8_t flip : std::initializer_list<uint8_t>{0x01, 0x80, 0xff}) {
        auto damaged = bytes;
        damaged[begin + i] ^= flip;
        auto module = decode(damaged, isa::FeatureSet::all());
        REQUIRE(module.ok());
        SourceLines lines(*module);
        for (Offset at = 0; at < damaged.size(); at += 16) found += lines.find(at).line != 0;
      }
    CHECK(found != 0);
  }
}
