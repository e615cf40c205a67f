#include "aot/seal_key.h"

#include <algorithm>
#include <mutex>

#include "aot/private_files.h"
#include "sys/random_bytes.h"

namespace zwasm::aot {
namespace {

constexpr size_t kBytes = 32;
constexpr char kName[] = "key";

bool read_key(std::span<uint8_t, kBytes> key) {
  sys::UniqueFd directory = open_private_directory(seal_key_directory());
  if (!directory) return false;
  auto found = read_private(directory, kName, kBytes);
  if (!found) {
    uint8_t fresh[kBytes];
    // Of several processes that make one, the first wins.
    if (!sys::fill_random(fresh) || !write_private(directory, kName, fresh, Existing::keep))
      return false;
    found = read_private(directory, kName, kBytes);
  }
  if (!found || found->size() != kBytes) return false;
  std::copy(found->begin(), found->end(), key.begin());
  return true;
}

}  // namespace

std::string seal_key_directory() { return user_directory("XDG_STATE_HOME", ".local/state"); }

SealKey seal_key() {
  static std::once_flag once;
  static uint8_t key[kBytes];
  static bool kept = false, any = false;
  std::call_once(once, [] {
    kept = read_key(key);
    any = kept || sys::fill_random(key);
  });
  return {std::span<const uint8_t>(key, any ? kBytes : 0), kept};
}

}  // namespace zwasm::aot
