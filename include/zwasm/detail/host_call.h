/// How C++ signatures meet raw argument slots, for typed calls into wasm and host functions.
///
/// Compiled code passes arguments in registers: it calls the *trampoline* of a lambda by a stub of
/// the library, which only moves registers, as long as all arguments fit there and there is one
/// result at most. For everything else (the interpreter, more arguments, several results) arguments
/// travel in slots of eight bytes (a v128 takes two). What that needs is generated once per *shape*
/// (the list of types), whatever the number of lambdas:
///
///     compiled code ── stub ───────────────────────────── trampoline of one lambda
///     interpreter ──── library ── shape<int, int, int>::invoke ──┘
///
/// so a hundred host functions of one signature cost a hundred trampolines, not a hundred
/// marshallers.
#pragma once
#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

#include "zwasm/caller.h"
#include "zwasm/detail/export.h"
#include "zwasm/error.h"
#include "zwasm/value.h"

namespace zwasm ZWASM_PUBLIC {

namespace detail {

/// The types that a C++ signature can name.
enum class TypeCode : uint8_t { i32, i64, f32, f64, v128, funcref, externref, anyref, exnref };

union RawSlot {
  uint64_t u64;
  uint32_t u32;
  float f32;
  double f64;
};

struct Signature {
  std::span<const TypeCode> params;
  std::span<const TypeCode> results;
};

/// One call of a host function, as the library hands it to a shape.
struct HostCall {
  RawSlot* slots;  ///< arguments in, results out
  StoreState* store;
  void* instance;                ///< whose code calls; null: the host
  std::unique_ptr<Error> error;  ///< set: the function failed
};

/// References and slots; they need the store, so the library does it.
Ref ref_from_slot(StoreState* store, RawSlot slot, TypeCode type);
/// False (and no slot written) if the reference belongs to another store or hierarchy.
bool ref_to_slot(StoreState* store, const Ref& ref, TypeCode type, RawSlot& slot);
std::unique_ptr<Error> foreign_ref_error();

template <class T>
struct Marshal;  // no definition: not a type that WebAssembly has

template <class T>
concept Int32 = std::same_as<T, bool> || (std::integral<T> && sizeof(T) == 4);
template <class T>
concept Int64 = std::integral<T> && sizeof(T) == 8;

template <Int32 T>
struct Marshal<T> {
  static constexpr TypeCode code = TypeCode::i32;
  static constexpr uint32_t slots = 1;
  static T load(StoreState*, const RawSlot* s) { return static_cast<T>(s->u32); }
  static bool store(StoreState*, RawSlot* s, T v) {
    return s->u64 = static_cast<uint32_t>(v), true;
  }
};
template <Int64 T>
struct Marshal<T> {
  static constexpr TypeCode code = TypeCode::i64;
  static constexpr uint32_t slots = 1;
  static T load(StoreState*, const RawSlot* s) { return static_cast<T>(s->u64); }
  static bool store(StoreState*, RawSlot* s, T v) {
    return s->u64 = static_cast<uint64_t>(v), true;
  }
};
template <>
struct Marshal<float> {
  static constexpr TypeCode code = TypeCode::f32;
  static constexpr uint32_t slots = 1;
  static float load(StoreState*, const RawSlot* s) { return std::bit_cast<float>(s->u32); }
  static bool store(StoreState*, RawSlot* s, float v) {
    return s->u64 = std::bit_cast<uint32_t>(v), true;
  }
};
template <>
struct Marshal<double> {
  static constexpr TypeCode code = TypeCode::f64;
  static constexpr uint32_t slots = 1;
  static double load(StoreState*, const RawSlot* s) { return std::bit_cast<double>(s->u64); }
  static bool store(StoreState*, RawSlot* s, double v) {
    return s->u64 = std::bit_cast<uint64_t>(v), true;
  }
};
template <>
struct Marshal<V128> {
  static constexpr TypeCode code = TypeCode::v128;
  static constexpr uint32_t slots = 2;
  static V128 load(StoreState*, const RawSlot* s) {
    return V128::of<uint64_t>({s[0].u64, s[1].u64});
  }
  static bool store(StoreState*, RawSlot* s, const V128& v) {
    auto lanes = v.lanes<uint64_t>();
    s[0].u64 = lanes[0];
    s[1].u64 = lanes[1];
    return true;
  }
};
template <class R, TypeCode Code>
struct MarshalRef {
  static constexpr TypeCode code = Code;
  static constexpr uint32_t slots = 1;
  static R load(StoreState* store, const RawSlot* s) { return R(ref_from_slot(store, *s, Code)); }
  static bool store(StoreState* store, RawSlot* s, const Ref& v) {
    return ref_to_slot(store, v, Code, *s);
  }
};
template <>
struct Marshal<FuncRef> : MarshalRef<FuncRef, TypeCode::funcref> {};
template <>
struct Marshal<ExternRef> : MarshalRef<ExternRef, TypeCode::externref> {};
template <>
struct Marshal<AnyRef> : MarshalRef<AnyRef, TypeCode::anyref> {};
template <>
struct Marshal<ExnRef> : MarshalRef<ExnRef, TypeCode::exnref> {};

/// Results of a C++ function: void, one value, or a tuple of several.
template <class R>
struct Results {
  static constexpr TypeCode codes[] = {Marshal<R>::code};
  static constexpr std::span<const TypeCode> list{codes};
  static constexpr uint32_t slots = Marshal<R>::slots;
  static R load(StoreState* store, const RawSlot* s) { return Marshal<R>::load(store, s); }
  static bool store(StoreState* store, RawSlot* s, const R& v) {
    return Marshal<R>::store(store, s, v);
  }
};
template <>
struct Results<void> {
  static constexpr std::span<const TypeCode> list{};
  static constexpr uint32_t slots = 0;
};
template <>
struct Results<std::tuple<>> : Results<void> {};
template <class... T>
  requires(sizeof...(T) > 0)
struct Results<std::tuple<T...>> {
  static constexpr TypeCode codes[] = {Marshal<T>::code...};
  static constexpr std::span<const TypeCode> list{codes};
  static constexpr uint32_t slots = (Marshal<T>::slots + ...);
  static std::tuple<T...> load(StoreState* store, const RawSlot* s) {
    return std::tuple<T...>{take<T>(store, s)...};  // braces: left to right
  }
  static bool store(StoreState* state, RawSlot* s, const std::tuple<T...>& v) {
    return std::apply([&](const T&... each) { return (put(state, s, each) && ...); }, v);
  }

 private:
  template <class U>
  static U take(StoreState* store, const RawSlot*& s) {
    const RawSlot* at = s;
    s += Marshal<U>::slots;
    return Marshal<U>::load(store, at);
  }
  template <class U>
  static bool put(StoreState* store, RawSlot*& s, const U& v) {
    RawSlot* at = s;
    s += Marshal<U>::slots;
    return Marshal<U>::store(store, at, v);
  }
};

/// How a value travels in a register: references and integers in one for integers, all else in one
/// for vectors.
#if defined(__GNUC__)
typedef long long Vector __attribute__((vector_size(16)));
#endif
template <TypeCode Code>
struct Register {
  using type = uint64_t;
};
template <>
struct Register<TypeCode::i32> {
  using type = uint32_t;
};
template <>
struct Register<TypeCode::f32> {
  using type = float;
};
template <>
struct Register<TypeCode::f64> {
  using type = double;
};
template <>
struct Register<TypeCode::v128> {
  using type = Vector;
};
template <class T>
struct RegisterOf {
  using type = typename Register<Marshal<T>::code>::type;
};
template <>
struct RegisterOf<void> {
  using type = void;
};
template <class T>
using Reg = typename RegisterOf<T>::type;

template <class T>
Reg<T> to_register(const RawSlot* s) {
  Reg<T> reg;
  std::memcpy(&reg, s, sizeof reg);
  return reg;
}
template <class T>
void to_slots(RawSlot* s, Reg<T> reg) {
  // A slot's upper bits are zero; those of a register that holds a narrow value are not defined.
  constexpr TypeCode kCode = Marshal<T>::code;
  if constexpr (kCode == TypeCode::externref || kCode == TypeCode::anyref ||
                kCode == TypeCode::exnref)
    reg = static_cast<uint32_t>(reg);
  s->u64 = 0;
  std::memcpy(s, &reg, sizeof reg);
}
template <class T>
T from_register(StoreState* store, Reg<T> reg) {
  RawSlot slots[Marshal<T>::slots];
  to_slots<T>(slots, reg);
  return Marshal<T>::load(store, slots);
}

/// Whether a call of the signature needs registers only.
constexpr bool in_vector_register(TypeCode code) {
  return code == TypeCode::f32 || code == TypeCode::f64 || code == TypeCode::v128;
}
template <class T>
inline constexpr bool kIsTuple = false;
template <class... T>
inline constexpr bool kIsTuple<std::tuple<T...>> = true;
#if defined(__GNUC__)
template <class R, class... A>
inline constexpr bool kInRegisters =
    !kIsTuple<R> && (0 + ... + (in_vector_register(Marshal<A>::code) ? 1 : 0)) <= 8 &&
    (0 + ... + (in_vector_register(Marshal<A>::code) ? 0 : 1)) <= 8;
#else
template <class R, class... A>
inline constexpr bool kInRegisters = false;
#endif

template <class R>
struct Unwrap {
  using type = R;
};
template <class T>
struct Unwrap<Result<T>> {
  using type = T;
};

template <class... A>
struct Params {
  static constexpr TypeCode codes[sizeof...(A) + 1] = {Marshal<A>::code...};
  static constexpr std::span<const TypeCode> list{codes, sizeof...(A)};
  static constexpr uint32_t slots = (0u + ... + Marshal<A>::slots);
};

/// What a trampoline is told besides the arguments.
struct HostEnv;
struct HostSite {
  HostEnv* env;
  StoreState* store;
  HostCall* call;  ///< of a shape; null: compiled code calls
};
/// The instance whose code made the call that a trampoline serves.
void* calling_instance(const HostSite& site);
/// The call fails: why; then, with nothing left to destroy, the trampoline leaves. (To its shape it
/// returns.)
void fail_host(const HostSite& site, std::unique_ptr<Error> error);
void fail_host(const HostSite& site, std::exception_ptr thrown);
void leave_host(const HostSite& site);

/// One call of compiled code from the host, as the library keeps it: it begins and ends most calls
/// in one piece of assembly, which leaves with `status` kReturned.
struct TypedCall {
  TypedCall(StoreState* in, void* func) noexcept : callee(func), store(in) {}
  static constexpr uint32_t kReturned = 0;
  void* boundary[4];
  uint32_t status;
  void* context;
  void* callee;
  void* guest_sp = nullptr;
  StoreState* store;
  void* outer[3];
  void* in_use[3];
};
/// What to do when it left otherwise.
enum class AfterTyped : uint8_t {
  enter,      ///< enter again: the library has prepared the call
  returned,   ///< it has returned after all
  failed,     ///< it has failed
  use_slots,  ///< it cannot be done so
};
/// What moves the arguments on: called with the TypedCall and the arguments in registers.
using TypedEntry = void (*)();
TypedEntry typed_entry() noexcept;

/// The environment of a host function; the lambda follows in HostEnvOf.
struct HostEnv {
  using Target = void (*)();
  using Drop = void (*)(HostEnv*);
  Drop drop;
  Target target;  // the trampoline, to be cast back by the shape
};
using HostInvoke = void (*)(HostEnv* env, HostCall& call);

template <class F>
struct HostEnvOf : HostEnv {
  HostEnvOf(F f, Target trampoline)
      : HostEnv{[](HostEnv* e) { delete static_cast<HostEnvOf*>(e); }, trampoline},
        function(std::move(f)) {}
  F function;
};

/// One signature; WithCaller: the function wants a Caller& first.
///
/// The form whose trampolines take registers.
template <bool WithCaller, class R, class... A>
struct RegisterShape {
  using Value = typename Unwrap<R>::type;
  using Enter = Reg<Value> (*)(const HostSite*, Reg<A>...);

  /// The trampoline of a lambda.
  template <class F>
  static Reg<Value> enter(const HostSite* site, Reg<A>... args) {
    RawSlot result[kResultSlots] = {};
    if (!run<F>(*site, result, args...)) [[unlikely]]
      leave_host(*site);
    if constexpr (!std::is_void_v<Value>) return to_register<Value>(result);
  }
  static void invoke(HostEnv* env, HostCall& call) {
    HostSite site{env, call.store, &call};
    [&]<size_t... I>(std::index_sequence<I...>) {
      [[maybe_unused]] uint32_t at[sizeof...(A) + 1] = {0};
      [[maybe_unused]] uint32_t next = 0;
      ((at[I] = next, next += Marshal<A>::slots), ...);
      auto enter = reinterpret_cast<Enter>(env->target);
      if constexpr (std::is_void_v<Value>) enter(&site, to_register<A>(call.slots + at[I])...);
      else to_slots<Value>(call.slots, enter(&site, to_register<A>(call.slots + at[I])...));
    }(std::index_sequence_for<A...>{});
  }
  template <class F>
  static HostEnv::Target target() {
    return reinterpret_cast<HostEnv::Target>(&enter<F>);
  }

 private:
  static constexpr uint32_t kResultSlots = Results<Value>::slots + 1;

  /// False: it failed. Nothing is left of the call but the result.
  template <class F>
  static bool run(const HostSite& site, RawSlot* result, Reg<A>... args) {
#if defined(__cpp_exceptions)
    try {
#endif
      F& function = static_cast<HostEnvOf<F>*>(site.env)->function;
      auto call = [&]() -> R {
        if constexpr (WithCaller) {
          Caller caller(site.store, calling_instance(site));
          return function(caller, from_register<A>(site.store, args)...);
        } else {
          return function(from_register<A>(site.store, args)...);
        }
      };
      if constexpr (std::is_void_v<R>) return call(), true;
      else return finish(site, result, call());
#if defined(__cpp_exceptions)
    } catch (...) {
      if (site.call != nullptr) throw;
      fail_host(site, std::current_exception());
      return false;
    }
#endif
  }
  // A value, or a Result<>.
  template <class T>
  static bool finish(const HostSite& site, [[maybe_unused]] RawSlot* result, T value) {
    if constexpr (std::is_same_v<T, Value>) {
      if (Marshal<Value>::store(site.store, result, value)) return true;
      return fail_host(site, foreign_ref_error()), false;
    } else {
      if (!value) [[unlikely]]
        return fail_host(site, std::make_unique<Error>(std::move(value).error())), false;
      if constexpr (std::is_void_v<Value>) return true;
      else return finish<Value>(site, result, *std::move(value));
    }
  }
};

/// The form that has slots only.
template <bool WithCaller, class R, class... A>
struct SlotShape {
  template <class F>
  static R enter(HostEnv* env, [[maybe_unused]] Caller* caller, A... args) {
    F& function = static_cast<HostEnvOf<F>*>(env)->function;
    if constexpr (WithCaller) return function(*caller, std::move(args)...);
    else return function(std::move(args)...);
  }
  static void invoke(HostEnv* env, HostCall& call) {
    if constexpr (WithCaller) {
      Caller caller(call.store, call.instance);
      run(env, call, &caller);
    } else {
      run(env, call, nullptr);
    }
  }
  template <class F>
  static HostEnv::Target target() {
    return reinterpret_cast<HostEnv::Target>(&enter<F>);
  }

 private:
  static void run(HostEnv* env, HostCall& call, Caller* caller) {
    [&]<size_t... I>(std::index_sequence<I...>) {
      [[maybe_unused]] uint32_t at[sizeof...(A) + 1] = {0};
      [[maybe_unused]] uint32_t next = 0;
      ((at[I] = next, next += Marshal<A>::slots), ...);
      auto enter = reinterpret_cast<R (*)(HostEnv*, Caller*, A...)>(env->target);
      if constexpr (std::is_void_v<R>)
        enter(env, caller, Marshal<A>::load(call.store, call.slots + at[I])...);
      else leave(call, enter(env, caller, Marshal<A>::load(call.store, call.slots + at[I])...));
    }(std::index_sequence_for<A...>{});
  }
  template <class V>
  static void leave(HostCall& call, const V& value) {
    if (!Results<V>::store(call.store, call.slots, value)) call.error = foreign_ref_error();
  }
  template <class V>
  static void leave(HostCall& call, Result<V> result) {
    if (!result) call.error = std::make_unique<Error>(std::move(result).error());
    else if constexpr (!std::is_void_v<V>) leave(call, *result);
  }
};

/// A host function ready for the library: its signature, its shape, its environment.
struct HostFunction {
  Signature signature;
  HostInvoke invoke;
  bool in_registers;  ///< the shape is a RegisterShape
  std::shared_ptr<HostEnv> env;
};

template <class F, bool WithCaller, class R, class... A>
HostFunction make_of_shape(F f) {
  using Value = typename Unwrap<R>::type;
  constexpr bool kFits = kInRegisters<Value, A...>;
  using Shape =
      std::conditional_t<kFits, RegisterShape<WithCaller, R, A...>, SlotShape<WithCaller, R, A...>>;
  return {{Params<A...>::list, Results<Value>::list},
          &Shape::invoke,
          kFits,
          {new HostEnvOf<F>(std::move(f), Shape::template target<F>()),
           [](HostEnv* e) { e->drop(e); }}};
}

template <class F, class Member>
struct Callable;
template <class F, class R, class... A>
struct Callable<F, R(A...)> {
  static HostFunction make(F f) {
    return make_of_shape<F, false, R, std::decay_t<A>...>(std::move(f));
  }
};
template <class F, class R, class... A>
struct Callable<F, R(Caller&, A...)> {
  static HostFunction make(F f) {
    return make_of_shape<F, true, R, std::decay_t<A>...>(std::move(f));
  }
};

/// The signature of a function pointer or of a class with one call operator.
template <class M>
struct Member;
template <class C, class R, class... A>
struct Member<R (C::*)(A...)> {
  using type = R(A...);
};
template <class C, class R, class... A>
struct Member<R (C::*)(A...) const> {
  using type = R(A...);
};
template <class C, class R, class... A>
struct Member<R (C::*)(A...) noexcept> {
  using type = R(A...);
};
template <class C, class R, class... A>
struct Member<R (C::*)(A...) const noexcept> {
  using type = R(A...);
};
template <class F>
struct SignatureOf {
  using type = typename Member<decltype(&F::operator())>::type;
};
template <class R, class... A>
struct SignatureOf<R (*)(A...)> {
  using type = R(A...);
};
template <class R, class... A>
struct SignatureOf<R (*)(A...) noexcept> {
  using type = R(A...);
};

template <class F>
HostFunction make_host_function(F&& f) {
  using Decayed = std::decay_t<F>;
  return Callable<Decayed, typename SignatureOf<Decayed>::type>::make(std::forward<F>(f));
}

}  // namespace detail
}  // namespace zwasm ZWASM_PUBLIC
