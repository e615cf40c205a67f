// The table from a guest's descriptor numbers to its open files.
//
// A lookup copies the reference out under a short lock, so a file stays open while a call works on
// it, even if another thread of the guest closes the number meanwhile, and nothing ever waits with
// the table locked.
#pragma once
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "wasi/core/file.h"
#include "wasi/core/rights.h"

namespace zwasm::wasi {

using Fd = uint32_t;

struct Descriptor {
  FilePtr file;
  Rights base = Rights::none;        // what may be done with it
  Rights inheriting = Rights::none;  // what may be handed on to what is opened through it
};

class DescriptorTable {
 public:
  static constexpr Fd kDefaultLimit = 1 << 16;

  // `limit`: how many descriptors may be open at once.
  explicit DescriptorTable(Fd limit = kDefaultLimit) : limit_(limit) {}

  // Takes the lowest free number. `mfile` when the table is full.
  Result<Fd> insert(Descriptor descriptor);
  // The same, for a directory that the guest finds opened when it starts, by this name.
  Result<Fd> insert_preopen(Descriptor descriptor, std::string name);

  // `badf` if there is no such descriptor, `notcapable` if it lacks one of `needed`. Rights that
  // mean nothing for its type are not asked for: the operation gives the error that says what is
  // wrong, `spipe` or `isdir`.
  Result<Descriptor> get(Fd fd, Rights needed = Rights::none) const;
  // The same, when its other rights do not matter.
  Result<FilePtr> file(Fd fd, Rights needed) const;
  // The name of a preopened directory; `badf` if it is none.
  Result<std::string> preopen_name(Fd fd) const;

  Errno close(Fd fd);
  // Moves `from` over `to`, which must be open too.
  Errno renumber(Fd from, Fd to);
  // Rights can only be given up: `notcapable` for others than the descriptor has.
  Errno set_rights(Fd fd, Rights base, Rights inheriting);

 private:
  struct Entry {
    Descriptor descriptor;
    std::optional<std::string> preopen_name;
    bool open() const { return descriptor.file != nullptr; }
  };
  Result<Fd> insert_entry(Entry entry);
  bool is_open(Fd fd) const { return fd < entries_.size() && entries_[fd].open(); }

  const Fd limit_;
  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
  size_t lowest_free_ = 0;  // no number below it is free
};

}  // namespace zwasm::wasi
