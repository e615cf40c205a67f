/// Linear memories.
#pragma once
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>

#include "zwasm/detail/export.h"
#include "zwasm/error.h"
#include "zwasm/store.h"
#include "zwasm/types.h"

namespace zwasm ZWASM_PUBLIC {

namespace runtime {
class Memory;
}

/// A shared memory outside of any store: hand it to another thread and its store. Thread-safe.
class SharedMemory {
 public:
  /// Error (usage): the type is not shared or has no maximum.
  static Result<SharedMemory> create(const Engine& engine, const MemoryType& type);
  /// With the current size as its minimum.
  MemoryType type() const;
  uint64_t pages() const noexcept;
  /// The contents, which never move. Other threads may write them at any time.
  std::span<uint8_t> data() const noexcept;
  /// Grows by so many pages; the result is the old size in pages. Error: limit.
  Result<uint64_t> grow(uint64_t pages) const;

 private:
  friend struct detail::Internals;
  explicit SharedMemory(std::shared_ptr<runtime::Memory> memory) : memory_(std::move(memory)) {}
  std::shared_ptr<runtime::Memory> memory_;
};

/// A handle; copies mean the same memory.
class Memory {
 public:
  /// A new memory, zeroed. Errors: usage, limit.
  static Result<Memory> create(Store& store, const MemoryType& type);
  /// A shared memory in this store.
  static Result<Memory> from_shared(Store& store, const SharedMemory& memory);
  /// The memory for use in other stores. Error (usage): it is not shared.
  Result<SharedMemory> share() const;

  /// With the current size as its minimum.
  MemoryType type() const;
  uint64_t pages() const noexcept;      ///< pages of its own page size
  uint64_t byte_size() const noexcept;  ///< 0 once the store is gone

  /// The contents; valid until the next call into wasm and the next grow. Empty once the store is
  /// gone. Other threads may write a shared memory at any time.
  std::span<uint8_t> data() const noexcept;

  /// Grows by so many pages; the result is the old size in pages. Error: limit.
  Result<uint64_t> grow(uint64_t pages) const;

  /// A number at a byte offset, little endian; nothing if it is out of bounds.
  template <class T>
    requires std::is_arithmetic_v<T>
  std::optional<T> read(uint64_t offset) const noexcept {
    T value;
    if (!read_bytes(offset, &value, sizeof value)) return std::nullopt;
    return value;
  }
  /// False, and nothing written, if it is out of bounds.
  template <class T>
    requires std::is_arithmetic_v<T>
  bool write(uint64_t offset, T value) const noexcept {
    return write_bytes(offset, &value, sizeof value);
  }
  bool read_bytes(uint64_t offset, void* to, size_t size) const noexcept;
  bool write_bytes(uint64_t offset, const void* from, size_t size) const noexcept;
  /// A copy of bytes as text; nothing if out of bounds.
  std::optional<std::string> read_string(uint64_t offset, uint64_t size) const;

  friend bool operator==(const Memory&, const Memory&) = default;

 private:
  friend struct detail::Internals;
  Memory(detail::StoreState* store, void* memory) noexcept : store_(store), memory_(memory) {}
  detail::StorePtr store_;
  void* memory_;
};

}  // namespace zwasm ZWASM_PUBLIC
