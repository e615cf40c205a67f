// The user's cache of compiled code: files in one private directory, each sealed with a key that
// stands there too (code_object.h).
//
//   $XDG_CACHE_HOME/zwasm (or ~/.cache/zwasm)   mode 0700, ours
//     key                                       32 random bytes, mode 0600
//     <64 hex digits>                           an entry, by what it depends on
//
// Writers make a file of their own and rename it: readers see whole entries only. A directory or
// key that others could write is not used at all.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/sha256.h"
#include "sys/unique_fd.h"

namespace zwasm::aot {

class CodeCache {
 public:
  // All entries together; the oldest go first.
  static constexpr uint64_t kMaxBytes = uint64_t{1} << 30;

  // Null: there is no place for it, or it is not safe.
  static std::unique_ptr<CodeCache> open();
  // Where it is or would be; empty: nowhere.
  static std::string directory();

  std::span<const uint8_t> key() const { return key_; }
  std::optional<std::vector<uint8_t>> load(const Digest& name) const;
  // Failures are no one's concern: the code is compiled again next time.
  void store(const Digest& name, std::span<const uint8_t> bytes) const;

 private:
  CodeCache() = default;
  bool read_key();
  bool make_key() const;
  void trim() const;

  sys::UniqueFd directory_;
  std::vector<uint8_t> key_;
};

// Of this build of zwasm: different for every executable that may make different code. Empty:
// unknown, and then nothing may be kept.
std::span<const uint8_t> build_id();

}  // namespace zwasm::aot
