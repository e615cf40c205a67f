// The error numbers of WASI. The numbers are those of Preview 1; other faces translate them.
#pragma once
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "sys/error.h"

namespace zwasm::wasi {

enum class Errno : uint16_t {
#define WASI_ERRNO(name, host, text) name,
#include "wasi/core/errno.def"
#undef WASI_ERRNO
  // Not a number of WASI: the store's wake handle fired while the call waited. The call has no
  // result; the runtime turns it into the trap of an interrupt or a timeout.
  interrupted = 0xffff,
};

inline constexpr uint16_t kErrnoCount = static_cast<uint16_t>(Errno::notcapable) + 1;

template <class T>
using Result = BasicResult<T, Errno>;

inline Err<Errno> fail(Errno e) { return Err{e}; }

// The guest's number for a host errno; what WASI has no number for becomes `io`.
Errno errno_from_host(int host_errno);
inline Errno to_errno(sys::SysError e) { return errno_from_host(e.number); }

// "acces", as in the specification.
std::string_view errno_name(Errno e);
// "permission denied".
std::string_view errno_text(Errno e);

}  // namespace zwasm::wasi
