// The error that loading stages return: what is wrong and where. Places are byte offsets for
// binary input, line and column for text; the stage that knows the file name adds it.
#pragma once
#include <cstdint>
#include <string>

#include "base/result.h"

namespace zwasm {

struct LoadError {
  enum class Kind : uint8_t {
    malformed,  // the bytes or the text do not follow the grammar
    invalid,    // well-formed, but does not validate (a disabled proposal too)
    limit,      // exceeds a limit of this implementation
  };
  static constexpr uint64_t kNoOffset = ~uint64_t{0};

  Kind kind = Kind::malformed;
  std::string message;
  uint64_t offset = kNoOffset;  // byte offset in the binary, or in the text
  uint32_t line = 0;            // 1-based, text input only; 0: none
  uint32_t column = 0;          // 1-based, in bytes
};

template <class T>
using LoadResult = BasicResult<T, LoadError>;

}  // namespace zwasm
