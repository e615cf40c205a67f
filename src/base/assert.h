// What must hold, checked in releases too: a broken assumption ends the process before it becomes a
// hole. The standard's assert would name the function each time, and functions made of templates
// have names of two hundred bytes.
#pragma once

namespace zwasm {

[[noreturn, gnu::cold]] void assertion_failed(const char* what);

}  // namespace zwasm

#define ZWASM_TEXT_OF(line) #line
#define ZWASM_PLACE(file, line) file ":" ZWASM_TEXT_OF(line)
#ifdef NDEBUG
#define ZWASM_ASSERT(condition) static_cast<void>(0)
#else
#define ZWASM_ASSERT(condition) \
  ((condition) ? void()         \
               : ::zwasm::assertion_failed(ZWASM_PLACE(__FILE__, __LINE__) ": " #condition))
#endif
