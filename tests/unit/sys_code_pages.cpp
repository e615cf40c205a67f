// Memory for machine code: what is put there runs, also where other code ran before.
#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <set>
#include <vector>

#include "sys/code_pages.h"

#if defined(__x86_64__) || defined(__aarch64__)

namespace {

// A function without parameters that returns `number`.
std::vector<uint8_t> code_returning(uint16_t number) {
#if defined(__x86_64__)
  // mov eax, number; ret
  return {0xB8, static_cast<uint8_t>(number), static_cast<uint8_t>(number >> 8), 0, 0, 0xC3};
#else
  // mov w0, number; ret
  const uint32_t words[] = {0x52800000u | uint32_t{number} << 5, 0xD65F03C0u};
  std::vector<uint8_t> bytes(sizeof words);
  std::memcpy(bytes.data(), words, sizeof words);
  return bytes;
#endif
}

}  // namespace

TEST_CASE("code pages: code runs where other code ran before") {
  std::set<const uint8_t*> places;
  for (uint16_t number = 1; number <= 20; ++number) {
    std::vector<uint8_t> code = code_returning(number);
    const uint8_t* at = zwasm::sys::add_code(code);
    REQUIRE(at != nullptr);
    places.insert(at);
    CHECK(reinterpret_cast<int (*)()>(reinterpret_cast<uintptr_t>(at))() == number);
    zwasm::sys::remove_code(at, code.size());
  }
  CHECK(places.size() < 20);  // or the test has tested nothing
}

#endif
