// Memory for machine code.
//
// All code of the process stands in one region. Its pages are mapped executable and read-only
// where they run; a second, writable mapping of fresh pages exists only while they are filled:
//
//   file in memory   | … | pages |  …
//                          |   \__ writable alias, unmapped before anyone learns the address
//                          \______ executable, at code_region() + the same offset
//
// No page that may run is ever writable. Where the system refuses two mappings of one file, fresh
// pages are written first and then made executable, once. Any thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace zwasm::sys {

struct CodeRegion {
  const uint8_t* base = nullptr;  // null: the system lets us run no code
  size_t bytes = 0;
};
// Reserved at the first call.
CodeRegion code_region();

// Puts `code` at an address of its own, page-aligned, ready to run on every thread that learns the
// address by an acquiring load. Null: no memory.
const uint8_t* add_code(std::span<const uint8_t> code);
// No thread may run it any more.
void remove_code(const uint8_t* at, size_t bytes);

}  // namespace zwasm::sys
