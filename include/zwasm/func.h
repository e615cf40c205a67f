/// Functions: of an instance, or of the host.
///
///     zwasm::Func f = instance.func("add").value();
///     std::vector<zwasm::Value> r = f.call({2, 40}).value();          // checked at run time
///     auto add = f.typed<int32_t(int32_t, int32_t)>().value();         // checked once
///     int32_t sum = add(2, 40).value();
#pragma once
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "zwasm/caller.h"
#include "zwasm/detail/export.h"
#include "zwasm/detail/host_call.h"
#include "zwasm/error.h"
#include "zwasm/store.h"
#include "zwasm/types.h"
#include "zwasm/value.h"

namespace zwasm ZWASM_PUBLIC {

template <class Signature>
class TypedFunc;

/// The form of a host function that takes any signature: reads `args`, writes all of `results`
/// (which start as zero or null).
using RawHostFunction = std::function<Result<void>(Caller& caller, std::span<const Value> args,
                                                   std::span<Value> results)>;

/// A handle; copies mean the same function.
class Func {
 public:
  /// A host function from a lambda or function pointer; the signature is inferred. Parameters and
  /// results are int32_t, uint32_t, int64_t, uint64_t, bool, float, double, V128, FuncRef,
  /// ExternRef, AnyRef, ExnRef; the first parameter may be Caller&; several results are a
  /// std::tuple; the result may be wrapped in Result<> to fail.
  template <class F>
  static Func wrap(Store& store, F&& function) {
    return make(store, detail::make_host_function(std::forward<F>(function)));
  }
  /// A host function of a type known at run time only.
  static Func raw(Store& store, const FuncType& type, RawHostFunction function);

  FuncType type() const;
  /// The name from its module's name section or export; empty for host functions.
  std::string name() const;

  /// Calls it. Errors: usage (arguments do not fit), trap, exit, exception, host.
  Result<std::vector<Value>> call(std::span<const Value> args) const;
  Result<std::vector<Value>> call(std::initializer_list<Value> args = {}) const {
    return call(std::span<const Value>(args.begin(), args.size()));
  }

  /// The same function with a fixed C++ signature, called without any checks of types.
  template <class Signature>
  Result<TypedFunc<Signature>> typed() const {
    if (auto error = check(TypedFunc<Signature>::signature())) return error;
    return TypedFunc<Signature>(*this);
  }

  friend bool operator==(const Func&, const Func&) = default;

 private:
  friend struct detail::Internals;
  template <class>
  friend class TypedFunc;
  static Func make(Store& store, detail::HostFunction function);
  Func(detail::StoreState* store, void* func) noexcept : store_(store), func_(func) {}
  /// Whether values of the signature may be passed; null if so.
  std::unique_ptr<Error> check(const detail::Signature& signature) const;
  /// Arguments in `slots`, results out; there is room for both.
  std::unique_ptr<Error> call_slots(detail::RawSlot* slots) const;
  /// A call of compiled code with arguments in registers was not done at once. `failed`: `error` is
  /// set.
  detail::AfterTyped after_typed(detail::TypedCall& call, std::unique_ptr<Error>& error) const;

  detail::StorePtr store_;
  void* func_;
};

/// A function with a C++ signature; see Func::typed and Instance::get.
template <class R, class... A>
class TypedFunc<R(A...)> {
 public:
  static detail::Signature signature() {
    return {detail::Params<A...>::list, detail::Results<R>::list};
  }
  Result<R> operator()(A... args) const {
    constexpr uint32_t kParams = detail::Params<A...>::slots, kResults = detail::Results<R>::slots;
    detail::RawSlot slots[(kParams > kResults ? kParams : kResults) + 1];
    detail::StoreState* store = func_.store_.get();
    [[maybe_unused]] detail::RawSlot* next = slots;
    if (!(put(store, next, args) && ...)) return detail::foreign_ref_error();
    if constexpr (detail::kInRegisters<R, A...>) {
      detail::TypedCall call(store, func_.func_);
      for (;;) {
        detail::RawSlot result[kResults + 1];
        enter(call, slots, result, std::index_sequence_for<A...>{});
        if (call.status != detail::TypedCall::kReturned) [[unlikely]] {
          std::unique_ptr<Error> error;
          detail::AfterTyped todo = func_.after_typed(call, error);
          if (todo == detail::AfterTyped::enter) continue;
          if (todo == detail::AfterTyped::use_slots) break;
          if (todo == detail::AfterTyped::failed) return error;
        }
        if constexpr (std::is_void_v<R>) return {};
        else return detail::Results<R>::load(store, result);
      }
    }
    if (auto error = func_.call_slots(slots)) return error;
    if constexpr (std::is_void_v<R>) return {};
    else return detail::Results<R>::load(store, slots);
  }
  const Func& func() const noexcept { return func_; }
  TypedFunc(const TypedFunc&) = default;  // moving copies: calls need not ask whether it was moved
  TypedFunc& operator=(const TypedFunc&) = default;

 private:
  friend class Func;
  explicit TypedFunc(Func func) : func_(std::move(func)), enter_(detail::typed_entry()) {}
  template <class T>
  static bool put(detail::StoreState* store, detail::RawSlot*& slot, const T& value) {
    detail::RawSlot* at = slot;
    slot += detail::Marshal<T>::slots;
    return detail::Marshal<T>::store(store, at, value);
  }
  template <size_t... I>
  void enter(detail::TypedCall& call, const detail::RawSlot* slots,
             [[maybe_unused]] detail::RawSlot* result, std::index_sequence<I...>) const {
    [[maybe_unused]] uint32_t at[sizeof...(A) + 1] = {0};
    [[maybe_unused]] uint32_t next = 0;
    ((at[I] = next, next += detail::Marshal<A>::slots), ...);
    auto stub = reinterpret_cast<detail::Reg<R> (*)(detail::TypedCall*, detail::Reg<A>...)>(enter_);
    if constexpr (std::is_void_v<R>) stub(&call, detail::to_register<A>(slots + at[I])...);
    else detail::to_slots<R>(result, stub(&call, detail::to_register<A>(slots + at[I])...));
  }
  Func func_;
  detail::TypedEntry enter_;
};

}  // namespace zwasm ZWASM_PUBLIC
