#include "wasi/core/errno.h"

#include <cerrno>

namespace zwasm::wasi {
namespace {

struct Row {
  int host;
  std::string_view name;
  std::string_view text;
};

constexpr Row kRows[] = {
#define WASI_ERRNO(name, host, text) {host, #name, text},
#include "wasi/core/errno.def"
#undef WASI_ERRNO
};
static_assert(sizeof kRows / sizeof kRows[0] == kErrnoCount);

}  // namespace

Errno errno_from_host(int host_errno) {
  for (uint16_t i = 0; i < kErrnoCount; ++i) {
    if (kRows[i].host == host_errno) return static_cast<Errno>(i);
  }
  return Errno::io;
}

std::string_view errno_name(Errno e) {
  auto i = static_cast<uint16_t>(e);
  if (e == Errno::too_big) return "2big";  // not a C++ identifier
  return i < kErrnoCount ? kRows[i].name : "interrupted";
}

std::string_view errno_text(Errno e) {
  auto i = static_cast<uint16_t>(e);
  return i < kErrnoCount ? kRows[i].text : "interrupted from outside";
}

}  // namespace zwasm::wasi
