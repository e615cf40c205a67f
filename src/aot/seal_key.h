// The key with which we seal machine code that is kept, and recognize our own.
//
//   $XDG_STATE_HOME/zwasm/key (or ~/.local/state/zwasm/key)   32 random bytes, mode 0600,
//                                                             in a directory of mode 0700
//
// It stands apart from the cache, so that clearing the cache leaves compiled files runnable.
// No guest ever sees the directory, whatever was granted to it (src/sys/withheld.h).
#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace zwasm::aot {

struct SealKey {
  std::span<const uint8_t> bytes;  // empty: the system has no random bytes; nothing is sealed
  // Other processes of this user have it too. If there is no place for it, or that is not private,
  // the key is this process's own.
  bool kept;
};
// The same for the life of the process. Any thread.
SealKey seal_key();

// Where it stands or would stand; empty: nowhere.
std::string seal_key_directory();

}  // namespace zwasm::aot
