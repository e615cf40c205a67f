// Linear memories.
//
// A memory is *reserved* when address space for all it may ever grow to has been set aside: its
// base never moves, and (memory32: 4 GiB and a guard region) no access that generated code can
// form leaves the reservation. It is *explicit* when that is not possible or not wanted: 64-bit
// memories beyond kMaxReservation, pages of one byte, guard pages turned off, address space
// refused. An explicit memory moves when it grows; every access compares with byte_length.
//
//   reserved:  | committed (byte_length) | PROT_NONE … max | PROT_NONE guard |
//   explicit:  | byte_length | room to grow |
//
// A shared memory is used by several threads at once and therefore never moves: it reserves what
// it can get up to its maximum, and growing beyond that fails.
//
// Memories are reference counted: each store that uses one keeps it (Store::adopt).
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "module/module.h"
#include "runtime/layout.h"
#include "runtime/limits.h"

namespace zwasm::runtime {

class Memory : public MemoryView {
 public:
  // How much address space a memory may reserve, and what follows a reserved memory32 so that
  // base + u32 index + u32 offset + access stays inside.
  static constexpr uint64_t kMaxReservation = uint64_t{64} << 30;
  static constexpr uint64_t kGuard = (uint64_t{4} << 30) + (64 << 10);

  struct Options {
    bool guard_pages = true;
    // Accounts the bytes, and refuses beyond the limit. Must outlive the memory.
    std::shared_ptr<Quota> quota;
  };
  // Null when the initial size cannot be had.
  static std::shared_ptr<Memory> create(const module::MemoryType& type, const Options& options);
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  const module::MemoryType& type() const { return type_; }
  bool shared() const { return type_.limits.shared; }
  bool reserved() const { return reserved_bytes_ != 0; }
  // Any 32-bit index with any 32-bit offset stays inside the reservation.
  bool covers_32_bits() const { return reserved_bytes_ >= (uint64_t{4} << 30) + kGuard; }
  uint64_t pages() const {
    return byte_length.load(std::memory_order_acquire) >> type_.page_size_log2;
  }
  // Grows by `delta` pages and returns the old size, or kRefused. Any thread, if shared.
  static constexpr uint64_t kRefused = ~uint64_t{0};
  uint64_t grow(uint64_t delta);

 private:
  Memory() = default;
  uint64_t mapped_bytes() const;
  bool allocate(uint64_t bytes, const Options& options);
  bool resize_explicit(uint64_t bytes);

  module::MemoryType type_;
  std::shared_ptr<Quota> quota_;
  uint64_t max_pages_ = 0;       // of the type, or what its index type can address
  uint64_t reserved_bytes_ = 0;  // address space mapped, 0 for an explicit memory
  uint64_t grow_limit_ = 0;      // bytes that a reserved memory can have
  uint64_t capacity_ = 0;        // explicit: bytes allocated
  std::mutex grow_mutex_;        // shared memories grow from any thread
};

}  // namespace zwasm::runtime
