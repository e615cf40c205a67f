// A bump allocator: objects that live and die together, linked by span or index. Destructors do
// not run, so only trivially destructible types go in. Its blocks come from a memory resource.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <memory_resource>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace zwasm {

class Arena {
 public:
  explicit Arena(std::pmr::memory_resource* memory = std::pmr::new_delete_resource())
      : memory_(memory) {}
  Arena(Arena&& other) noexcept
      : memory_(other.memory_),
        last_(std::exchange(other.last_, nullptr)),
        next_(std::exchange(other.next_, nullptr)),
        end_(std::exchange(other.end_, nullptr)) {}
  Arena& operator=(Arena&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(last_, other.last_);
    std::swap(next_, other.next_);
    std::swap(end_, other.end_);
    return *this;
  }
  ~Arena() {
    while (last_ != nullptr) {
      Block* block = std::exchange(last_, last_->before);
      memory_->deallocate(block, block->bytes);
    }
  }

  void* allocate(size_t size, size_t align) {
    uintptr_t at = (reinterpret_cast<uintptr_t>(next_) + align - 1) & ~uintptr_t{align - 1};
    if (next_ == nullptr || at + size > reinterpret_cast<uintptr_t>(end_)) {
      size_t block = size + align > kBlock ? size + align : kBlock;
      block += sizeof(Block);
      last_ = new (memory_->allocate(block)) Block{last_, block};
      next_ = reinterpret_cast<std::byte*>(last_ + 1);
      end_ = reinterpret_cast<std::byte*>(last_) + block;
      at = (reinterpret_cast<uintptr_t>(next_) + align - 1) & ~uintptr_t{align - 1};
    }
    next_ = reinterpret_cast<std::byte*>(at + size);
    return reinterpret_cast<void*>(at);
  }

  template <class T>
  std::span<T> allocate_array(size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    if (count == 0) return {};
    T* data = static_cast<T*>(allocate(count * sizeof(T), alignof(T)));
    std::uninitialized_value_construct_n(data, count);
    return {data, count};
  }

  template <class T>
  std::span<const T> copy(std::span<const T> from) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (from.empty()) return {};
    T* data = static_cast<T*>(allocate(from.size_bytes(), alignof(T)));
    std::memcpy(static_cast<void*>(data), from.data(), from.size_bytes());
    return {data, from.size()};
  }
  template <class T>
  std::span<const T> copy(const std::vector<T>& from) {
    return copy(std::span<const T>(from));
  }
  std::string_view copy(std::string_view from) {
    auto s = copy(std::span<const char>(from.data(), from.size()));
    return {s.data(), s.size()};
  }

 private:
  static constexpr size_t kBlock = 16 * 1024;
  struct Block {
    Block* before;
    size_t bytes;  // of all of it
  };

  std::pmr::memory_resource* memory_;
  Block* last_ = nullptr;
  std::byte* next_ = nullptr;
  std::byte* end_ = nullptr;
};

}  // namespace zwasm
