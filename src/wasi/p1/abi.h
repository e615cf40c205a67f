// How Preview 1 lays its values out in the guest's memory, and checked access to that memory.
//
// `wasi_unstable` is the same interface one draft earlier; where the two differ, a traits struct
// tells how: Preview1 or Snapshot0.
#pragma once
#include <array>
#include <bit>
#include <cstring>
#include <string>

#include "sys/files_io.h"
#include "wasi/core/context.h"
#include "wasi/core/types.h"
#include "wasi/p1/p1.h"

namespace zwasm::wasi::p1 {

static_assert(std::endian::native == std::endian::little, "guest memory is little-endian");

// The arguments of a call, each in its slot.
class Args {
 public:
  explicit Args(const uint64_t* slots) : slots_(slots) {}
  uint32_t u32(size_t i) const { return static_cast<uint32_t>(slots_[i]); }
  uint64_t u64(size_t i) const { return slots_[i]; }
  int64_t i64(size_t i) const { return static_cast<int64_t>(slots_[i]); }

 private:
  const uint64_t* slots_;
};

// The guest's memory, every access checked. Nothing needs to be aligned.
class Memory {
 public:
  explicit Memory(const GuestMemory& memory) : memory_(memory) {}

  bool contains(uint64_t address, uint64_t length) const {
    return address <= memory_.size && length <= memory_.size - address;
  }
  // Only where `contains` holds.
  uint8_t* at(uint64_t address) const { return memory_.base + address; }

  template <class T>
  T load(uint64_t address) const {
    T value;
    std::memcpy(&value, at(address), sizeof value);
    return value;
  }
  template <class T>
  void store(uint64_t address, T value) const {
    std::memcpy(at(address), &value, sizeof value);
  }
  void copy_in(uint64_t address, const void* data, size_t length) const {
    if (length > 0) std::memcpy(at(address), data, length);
  }

 private:
  const GuestMemory& memory_;
};

// A place for a result. It is checked before anything is done, so that an operation cannot succeed
// and then have nowhere to report it.
template <class T>
class Out {
 public:
  Out(const P1Call& call, uint32_t address) : memory_(call.mem), address_(address) {}
  bool valid() const { return memory_.contains(address_, sizeof(T)); }
  void set(T value) const { memory_.store<T>(address_, value); }

 private:
  Memory memory_;
  uint32_t address_;
};

// Copies a string out of the guest's memory: `fault` if it lies outside, `nametoolong` beyond the
// length of any path.
Result<std::string> read_string(P1Call& call, uint32_t address, uint32_t length);

// The guest's vectors as the host's, pointing straight into the guest's memory. Of very many
// non-empty ones the first kMaxBuffers are taken, so that less is read or written than asked for.
class GuestBuffers {
 public:
  // `fault` if the list or a buffer lies outside, `inval` if the list is absurdly long.
  Errno load(const P1Call& call, uint32_t address, uint32_t count);
  IoVecs get() const { return {buffers_.data(), count_}; }

 private:
  static constexpr uint32_t kMaxListed = 1 << 16;
  std::array<IoVec, sys::kMaxBuffers> buffers_;  // as many as `count_` are initialized
  size_t count_ = 0;
};

// Set flags outside `known` make a value invalid.
constexpr bool known_flags(uint32_t flags, uint32_t known) { return (flags & ~known) == 0; }

// ---- layouts ----

namespace layout {
inline constexpr uint32_t kIovec = 8;    // buf u32, buf_len u32
inline constexpr uint32_t kFdstat = 24;  // filetype u8 @0, flags u16 @2, base @8, inheriting @16
inline constexpr uint32_t kDirent = 24;  // next u64 @0, ino @8, namlen u32 @16, type u8 @20
inline constexpr uint32_t kPrestat = 8;  // tag u8 @0, name length u32 @4
inline constexpr uint32_t kEvent = 32;   // userdata u64 @0, error u16 @8, type u8 @10,
                                         // nbytes u64 @16, flags u16 @24
}  // namespace layout

struct Preview1 {
  static constexpr uint32_t kFilestat = 64;
  static constexpr uint32_t kSubscription = 48;
  static constexpr uint32_t kClockOffset = 16;  // of the clock's id in a subscription
  static constexpr Whence kWhence[] = {Whence::set, Whence::cur, Whence::end};

  static void store_filestat(const Memory& m, uint32_t at, const FileStat& s) {
    m.store<uint64_t>(at, s.dev);
    m.store<uint64_t>(at + 8, s.ino);
    m.store<uint64_t>(at + 16, static_cast<uint8_t>(s.type));
    m.store<uint64_t>(at + 24, s.nlink);
    m.store<uint64_t>(at + 32, s.size);
    m.store<uint64_t>(at + 40, s.atim);
    m.store<uint64_t>(at + 48, s.mtim);
    m.store<uint64_t>(at + 56, s.ctim);
  }
};

struct Snapshot0 {
  static constexpr uint32_t kFilestat = 56;
  static constexpr uint32_t kSubscription = 56;
  static constexpr uint32_t kClockOffset = 24;  // an identifier of the guest's own stands before it
  static constexpr Whence kWhence[] = {Whence::cur, Whence::end, Whence::set};

  static void store_filestat(const Memory& m, uint32_t at, const FileStat& s) {
    m.store<uint64_t>(at, s.dev);
    m.store<uint64_t>(at + 8, s.ino);
    m.store<uint32_t>(at + 16, static_cast<uint8_t>(s.type));
    m.store<uint32_t>(at + 20, s.nlink > UINT32_MAX ? UINT32_MAX : static_cast<uint32_t>(s.nlink));
    m.store<uint64_t>(at + 24, s.size);
    m.store<uint64_t>(at + 32, s.atim);
    m.store<uint64_t>(at + 40, s.mtim);
    m.store<uint64_t>(at + 48, s.ctim);
  }
};

}  // namespace zwasm::wasi::p1
