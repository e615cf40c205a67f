// Golden tests of encoders. A case is an instruction in the assembler's syntax and the bytes that
// our encoder emitted; tests/unit/golden/NAME.txt holds what a real assembler makes of the text, a
// line each, in order.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace zwasm::test {

struct GoldenCase {
  std::string text;
  std::vector<uint8_t> bytes;
};

// Compares with the golden file. With ZWASM_GOLDEN_TEXTS=DIR in the environment, writes the texts
// to DIR/NAME.s instead, for tools/golden_asm.py.
void check_golden(const std::string& name, const std::vector<GoldenCase>& cases);

}  // namespace zwasm::test
