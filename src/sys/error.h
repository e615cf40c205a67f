// Errors of the host's system calls, as values. The number is the host's errno; layers above
// translate it into their own vocabulary (a guest's errno, an Error with a message).
#pragma once
#include <cerrno>

#include "base/result.h"

namespace zwasm::sys {

struct SysError {
  int number = 0;  // a host errno, never 0
};

template <class T>
using SysResult = BasicResult<T, SysError>;

inline Err<SysError> fail(int number) { return Err{SysError{number}}; }
inline Err<SysError> last_error() { return fail(errno); }

}  // namespace zwasm::sys
