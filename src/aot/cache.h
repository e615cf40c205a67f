// The user's cache of compiled code: files in one private directory, each sealed (code_object.h).
//
//   $XDG_CACHE_HOME/zwasm (or ~/.cache/zwasm)   mode 0700, ours
//     <64 hex digits>                           an entry, mode 0600, by what it depends on
//
// Writers make a file of their own and rename it: readers see whole entries only, and of several
// writers the last wins. A directory that others could write is not used at all. No guest ever sees
// it, whatever was granted (src/sys/withheld.h).
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
  // Of all entries together; then those that were not used for longest go.
  static constexpr uint64_t kDefaultBytes = uint64_t{1} << 30;

  // Null: there is no place for it, or it is not safe.
  static std::unique_ptr<CodeCache> open(uint64_t max_bytes = kDefaultBytes);
  // Where it is or would be; empty: nowhere.
  static std::string directory();

  std::optional<std::vector<uint8_t>> load(const Digest& name) const;
  // Failures are no one's concern: the code is compiled again next time.
  void store(const Digest& name, std::span<const uint8_t> bytes) const;
  void remove(const Digest& name) const;

  struct Usage {
    size_t entries = 0;
    uint64_t bytes = 0;
  };
  Usage usage() const;
  // How much went.
  Usage clear() const;

 private:
  struct Entry;
  CodeCache() = default;
  std::vector<Entry> list() const;
  void trim() const;

  sys::UniqueFd directory_;
  uint64_t max_bytes_ = kDefaultBytes;
};

}  // namespace zwasm::aot
