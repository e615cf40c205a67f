#include "golden.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace zwasm::test {

void check_golden(const std::string& name, const std::vector<GoldenCase>& cases) {
  if (const char* dir = std::getenv("ZWASM_GOLDEN_TEXTS")) {
    std::ofstream out(std::string(dir) + "/" + name + ".s");
    for (const auto& c : cases) out << c.text << "\n";
    return;
  }
  std::ifstream golden(std::string(ZWASM_SOURCE_DIR) + "/tests/unit/golden/" + name + ".txt");
  REQUIRE_MESSAGE(golden, "the golden file is missing");
  std::string line;
  size_t wrong = 0;
  for (const auto& c : cases) {
    REQUIRE_MESSAGE(std::getline(golden, line), "the golden file is too short: renew it");
    std::string hex;
    for (uint8_t b : c.bytes) {
      char digits[3];
      std::snprintf(digits, sizeof digits, "%02x", b);
      hex += digits;
    }
    if (line != hex + "\t" + c.text && ++wrong <= 20) {
      CHECK_MESSAGE(false, "ours: " << hex << "\t" << c.text << "\n    golden: " << line);
    }
  }
  CHECK(wrong == 0);
  CHECK_MESSAGE(!std::getline(golden, line), "the golden file is too long: renew it");
}

}  // namespace zwasm::test
