#include "sys/random_bytes.h"

#include <sys/random.h>

namespace zwasm::sys {

SysResult<void> fill_random(std::span<uint8_t> bytes) {
  while (!bytes.empty()) {
    ssize_t n = ::getrandom(bytes.data(), bytes.size(), 0);
    if (n < 0) {
      if (errno == EINTR) continue;
      return last_error();
    }
    bytes = bytes.subspan(static_cast<size_t>(n));
  }
  return {};
}

}  // namespace zwasm::sys
