// Errors are values at the edges. Result<T, E> holds a value or an error; it is what every stage
// that can refuse its input returns. C++ exceptions are never thrown inside the library.
#pragma once
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/assert.h"

namespace zwasm {

// Wraps an error so that `return Err{...};` converts to any Result with that error type.
template <class E>
struct Err {
  E error;
};
template <class E>
Err(E) -> Err<E>;

template <class T, class E>
class [[nodiscard]] BasicResult {
 public:
  BasicResult(T value) : v_(std::in_place_index<0>, std::move(value)) {}
  template <class F>
    requires std::is_convertible_v<F, E>
  BasicResult(Err<F> e) : v_(std::in_place_index<1>, std::move(e.error)) {}

  bool ok() const { return v_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& operator*() { return ZWASM_ASSERT(ok()), *std::get_if<0>(&v_); }
  const T& operator*() const { return ZWASM_ASSERT(ok()), *std::get_if<0>(&v_); }
  T* operator->() { return &**this; }
  const T* operator->() const { return &**this; }
  E& error() { return ZWASM_ASSERT(!ok()), *std::get_if<1>(&v_); }
  const E& error() const { return ZWASM_ASSERT(!ok()), *std::get_if<1>(&v_); }

 private:
  std::variant<T, E> v_;
};

template <class E>
class [[nodiscard]] BasicResult<void, E> {
 public:
  BasicResult() = default;
  template <class F>
    requires std::is_convertible_v<F, E>
  BasicResult(Err<F> e) : e_(std::move(e.error)) {}

  bool ok() const { return !e_.has_value(); }
  explicit operator bool() const { return ok(); }
  E& error() { return ZWASM_ASSERT(!ok()), *e_; }
  const E& error() const { return ZWASM_ASSERT(!ok()), *e_; }

 private:
  std::optional<E> e_;
};

}  // namespace zwasm
