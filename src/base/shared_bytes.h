// Bytes that do not change, with whoever owns them: a vector, a part of a file in memory …
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <span>
#include <utility>
#include <vector>

namespace zwasm {

class SharedBytes {
 public:
  using Vector = std::pmr::vector<uint8_t>;

  SharedBytes() = default;
  SharedBytes(std::shared_ptr<const Vector> vector) {
    if (!vector) return;
    view_ = *vector;
    memory_ = vector->get_allocator().resource();
    owner_ = std::move(vector);
  }
  SharedBytes(std::shared_ptr<const void> owner, std::span<const uint8_t> view,
              std::pmr::memory_resource* memory = std::pmr::new_delete_resource())
      : view_(view), owner_(std::move(owner)), memory_(memory) {}
  static SharedBytes copy(std::span<const uint8_t> bytes,
                          std::pmr::memory_resource* memory = std::pmr::new_delete_resource()) {
    std::pmr::polymorphic_allocator<> allocator(memory);
    return std::allocate_shared<const Vector>(allocator, bytes.begin(), bytes.end());
  }

  // A part of them.
  SharedBytes part(size_t offset, size_t size) const {
    return {owner_, view_.subspan(offset, size), memory_};
  }
  explicit operator bool() const { return owner_ != nullptr; }
  std::span<const uint8_t> operator*() const { return view_; }
  const std::span<const uint8_t>* operator->() const { return &view_; }
  const std::shared_ptr<const void>& owner() const { return owner_; }
  // Where they are from, and what belongs to them should be.
  std::pmr::memory_resource* memory() const { return memory_; }

 private:
  std::span<const uint8_t> view_;
  std::shared_ptr<const void> owner_;
  std::pmr::memory_resource* memory_ = std::pmr::new_delete_resource();
};

}  // namespace zwasm
