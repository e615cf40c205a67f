/// How handles refer to their store. A handle may outlive its store: the small StoreState stays,
/// and every use of the handle then gives an error instead of touching freed memory.
#pragma once
#include <cstdint>
#include <utility>

#include "zwasm/detail/export.h"

namespace zwasm ZWASM_PUBLIC {
namespace detail {

class StoreState;
struct Internals;
void retain(StoreState* store) noexcept;
void release(StoreState* store) noexcept;

class StorePtr {
 public:
  StorePtr() = default;
  explicit StorePtr(StoreState* store) noexcept : store_(store) {
    if (store_ != nullptr) retain(store_);
  }
  StorePtr(const StorePtr& other) noexcept : StorePtr(other.store_) {}
  StorePtr(StorePtr&& other) noexcept : store_(std::exchange(other.store_, nullptr)) {}
  StorePtr& operator=(StorePtr other) noexcept {
    std::swap(store_, other.store_);
    return *this;
  }
  ~StorePtr() {
    if (store_ != nullptr) release(store_);
  }
  StoreState* get() const noexcept { return store_; }
  friend bool operator==(const StorePtr& a, const StorePtr& b) noexcept {
    return a.store_ == b.store_;
  }

 private:
  StoreState* store_ = nullptr;
};

}  // namespace detail
}  // namespace zwasm ZWASM_PUBLIC
