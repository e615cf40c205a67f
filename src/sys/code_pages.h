// Memory for machine code.
//
// All code of the process stands in one region, near the program if possible. A page of it is
// written while nobody knows its address, then made executable, once, and stays so until it is
// given back: no page is ever both. The pages are private to the process: a second, writable
// mapping of the same memory would spare the change, but it needs a shared file, and what a forked
// child compiles would overwrite the code of its parent and siblings. Any thread.
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
