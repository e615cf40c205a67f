/// What a host function is told about the call that it serves.
#pragma once
#include <optional>
#include <string_view>

#include "zwasm/detail/export.h"
#include "zwasm/store.h"

namespace zwasm ZWASM_PUBLIC {

class Extern;
class Func;
class Instance;
class Memory;

namespace detail {
template <bool WithCaller, class R, class... A>
struct RegisterShape;
template <bool WithCaller, class R, class... A>
struct SlotShape;
}  // namespace detail

/// What a host function may know about the call it serves. Valid during the call only.
class Caller {
 public:
  Store& store() noexcept { return store_; }
  /// The instance whose code made the call; nothing when the host called it directly.
  std::optional<Instance> instance() const;
  /// The caller's exported memory of that name; usually the one that pointers refer to.
  std::optional<Memory> memory(std::string_view name = "memory") const;
  std::optional<Func> func(std::string_view name) const;
  /// The caller's export of that name, whatever it is.
  std::optional<Extern> find(std::string_view name) const;

 private:
  friend struct detail::Internals;
  template <bool, class, class...>
  friend struct detail::RegisterShape;
  template <bool, class, class...>
  friend struct detail::SlotShape;
  Caller(detail::StoreState* store, void* instance) noexcept
      : store_(detail::StorePtr(store)), instance_(instance) {}
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;
  Store store_;
  void* instance_;
};

}  // namespace zwasm ZWASM_PUBLIC
