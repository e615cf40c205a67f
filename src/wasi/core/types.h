// The vocabulary of the host core: file types, flags, attributes, options.
#pragma once
#include <sys/uio.h>

#include <cstdint>
#include <optional>
#include <span>

namespace zwasm::wasi {

// The numbers are those of Preview 1.
enum class FileType : uint8_t {
  unknown,
  block_device,
  character_device,
  directory,
  regular_file,
  socket_dgram,
  socket_stream,
  symbolic_link,
};

// How an open file reads and writes; bits as in Preview 1.
enum class FdFlags : uint16_t {
  none = 0,
  append = 1 << 0,    // every write goes to the end
  dsync = 1 << 1,     // a write returns when the data is on the device
  nonblock = 1 << 2,  // `again` instead of waiting
  rsync = 1 << 3,     // as `sync`
  sync = 1 << 4,      // a write returns when data and attributes are on the device
  all = (1 << 5) - 1,
};
constexpr FdFlags operator|(FdFlags a, FdFlags b) {
  return static_cast<FdFlags>(static_cast<uint16_t>(a) | static_cast<uint16_t>(b));
}
constexpr FdFlags operator&(FdFlags a, FdFlags b) {
  return static_cast<FdFlags>(static_cast<uint16_t>(a) & static_cast<uint16_t>(b));
}
constexpr FdFlags operator~(FdFlags a) {
  return static_cast<FdFlags>(static_cast<uint16_t>(~static_cast<uint16_t>(a)));
}
constexpr bool any(FdFlags f) { return f != FdFlags::none; }

enum class Whence : uint8_t { set, cur, end };

enum class Advice : uint8_t { normal, sequential, random, willneed, dontneed, noreuse };

// Attributes of a file. Times in nanoseconds since 1970, 0 where unknown.
struct FileStat {
  uint64_t dev = 0;
  uint64_t ino = 0;
  FileType type = FileType::unknown;
  uint64_t nlink = 0;
  uint64_t size = 0;
  uint64_t atim = 0;
  uint64_t mtim = 0;
  uint64_t ctim = 0;
};

// What to do with one timestamp: leave it, set it to the present, set it to a value.
struct TimeChange {
  enum class Kind : uint8_t { keep, now, value };
  Kind kind = Kind::keep;
  uint64_t nanoseconds = 0;
};
struct TimeChanges {
  TimeChange atim;
  TimeChange mtim;
};

enum class Follow : bool { no, yes };  // a symbolic link in the last place of a path

struct OpenOptions {
  Follow follow = Follow::no;
  bool create = false;
  bool exclusive = false;
  bool directory = false;
  bool truncate = false;
  bool read = false;
  bool write = false;
  FdFlags flags = FdFlags::none;
};

using IoVec = ::iovec;
using IoVecs = std::span<const IoVec>;

}  // namespace zwasm::wasi
