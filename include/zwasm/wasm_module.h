/// The short way: a module with a store of its own, loaded in one call and used by names.
///
///     zwasm::WasmModule module = zwasm::load("math.wasm").value();
///     int sum = module.call<int>("add", 2, 40).value();
///
/// Imports are a list; arguments and results are plain C++ values that are checked against the
/// function's type:
///
///     auto module = zwasm::load("app.wasm", {.imports = {
///         {"env", "log", [](int32_t x) { std::printf("%d\n", x); }},
///         {"math", math},                                     // another WasmModule's exports
///     }});
///     zwasm::WasmFn step = module->fn("step").value();        // looked up once
///     auto results = step(1.5, 7);
///
/// Everything else of the library is one call away: `store()`, `instance()`, `memory()`.
#pragma once
#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "zwasm/config.h"
#include "zwasm/detail/export.h"
#include "zwasm/error.h"
#include "zwasm/func.h"
#include "zwasm/instance.h"
#include "zwasm/linker.h"
#include "zwasm/memory.h"
#include "zwasm/store.h"
#include "zwasm/value.h"
#include "zwasm/wasi.h"

namespace zwasm ZWASM_PUBLIC {

class WasmModule;

namespace detail {

struct OwnWorld;  // the store and linker of a WasmModule

/// A C++ argument before the function's type is known.
struct Argument {
  enum class Kind : uint8_t { sign, unsign, real, value };
  Kind kind;
  int64_t number = 0;  ///< sign; the bits of unsign
  double real = 0;
  Value value{};

  template <class T>
  static Argument of(T&& from) {
    using U = std::remove_cvref_t<T>;
    if constexpr (std::is_same_v<U, bool> || std::unsigned_integral<U>)
      return {Kind::unsign, static_cast<int64_t>(uint64_t{from})};
    else if constexpr (std::signed_integral<U>) return {Kind::sign, int64_t{from}};
    else if constexpr (std::is_floating_point_v<U>)
      return {Kind::real, 0, static_cast<double>(from)};
    else return {Kind::value, 0, 0, Value(std::forward<T>(from))};
  }
};

Result<std::vector<Value>> call_with(const Func& func, std::span<const Argument> arguments);
std::unique_ptr<Error> wrong_results(const Func& func, std::string_view expected);

/// The value as a C++ number; nothing if it is of another kind or does not fit.
std::optional<int64_t> signed_of(const Value& value);
std::optional<uint64_t> unsigned_of(const Value& value);

template <class T>
std::optional<T> result_as(const Value& value) {
  if constexpr (std::is_same_v<T, Value>) return value;
  else if constexpr (std::is_same_v<T, bool>) {
    if (value.kind() != ValKind::i32) return std::nullopt;
    return value.i32() != 0;
  } else if constexpr (std::unsigned_integral<T>) {
    auto number = unsigned_of(value);
    if (!number || !std::in_range<T>(*number)) return std::nullopt;
    return static_cast<T>(*number);
  } else if constexpr (std::signed_integral<T>) {
    auto number = signed_of(value);
    if (!number || !std::in_range<T>(*number)) return std::nullopt;
    return static_cast<T>(*number);
  } else if constexpr (std::is_same_v<T, float>) {
    if (value.kind() != ValKind::f32) return std::nullopt;
    return value.f32();
  } else if constexpr (std::is_same_v<T, double>) {
    if (value.kind() == ValKind::f32) return value.f32();
    if (value.kind() != ValKind::f64) return std::nullopt;
    return value.f64();
  } else if constexpr (std::is_same_v<T, V128>) {
    if (value.kind() != ValKind::v128) return std::nullopt;
    return value.v128();
  } else {
    static_assert(std::is_same_v<T, Ref>, "results are numbers, bool, V128, Ref, Value or a tuple");
    if (!value.is_ref()) return std::nullopt;
    return value.ref();
  }
}

/// How a list of results becomes an R; nothing if it cannot.
template <class R>
struct Unpack {
  static std::optional<R> from(std::vector<Value>& values) {
    if (values.size() != 1) return std::nullopt;
    return result_as<R>(values[0]);
  }
};
template <>
struct Unpack<std::vector<Value>> {
  static std::optional<std::vector<Value>> from(std::vector<Value>& values) {
    return std::move(values);
  }
};
template <class... R>
struct Unpack<std::tuple<R...>> {
  static std::optional<std::tuple<R...>> from(std::vector<Value>& values) {
    if (values.size() != sizeof...(R)) return std::nullopt;
    return all(values, std::index_sequence_for<R...>());
  }
  template <size_t... I>
  static std::optional<std::tuple<R...>> all(std::vector<Value>& values,
                                             std::index_sequence<I...>) {
    std::tuple<std::optional<R>...> each{result_as<R>(values[I])...};
    if (!(std::get<I>(each).has_value() && ...)) return std::nullopt;
    return std::tuple<R...>{*std::get<I>(std::move(each))...};
  }
};

}  // namespace detail

/// Something that modules import: a function of the host's, something that exists, or all that
/// another WasmModule exports (which it then shares its store with).
class ImportEntry {
 public:
  /// A lambda or function pointer; for the types it may use see Func::wrap.
  template <class F>
    requires(!std::is_convertible_v<F, const Extern&>)
  ImportEntry(std::string_view module, std::string_view name, F&& function)
      : define_([module = std::string(module), name = std::string(name),
                 function = std::forward<F>(function)](Linker& linker) {
          linker.func(module, name, function);
        }) {}
  /// An export of an instance, a memory … of the store of a WasmModule that is also imported.
  ImportEntry(std::string_view module, std::string_view name, const Extern& value);
  ImportEntry(std::string_view module, const WasmModule& exports);

 private:
  friend class WasmModule;
  std::function<void(Linker&)> define_;
  std::shared_ptr<detail::OwnWorld> world_;
};

/// What a WasmModule is loaded with.
struct LoadOptions {
  std::vector<ImportEntry> imports{};
  /// What WASI functions may do; without it they are there, and are granted nothing.
  std::optional<WasiConfig> wasi{};
  StoreLimits limits{};
  std::optional<uint64_t> fuel{};       ///< meters fuel, and gives so much
  std::chrono::nanoseconds timeout{0};  ///< from loading on; zero: none
  UnknownImports unknown_imports = UnknownImports::error;
  Config config{};  ///< not used when it shares the store of another WasmModule
};

/// An exported function, looked up once. A handle, used by one thread at a time.
class WasmFn {
 public:
  FuncType type() const { return func_.type(); }
  const Func& func() const noexcept { return func_; }

  /// Arguments may be numbers of any C++ type, if the value fits the parameter's type exactly;
  /// V128, Func, references, Value. Errors: usage, and those of a call.
  template <class... A>
  Result<std::vector<Value>> operator()(A&&... args) const {
    return call(std::forward<A>(args)...);
  }
  /// R is a number, bool, V128, Ref, Value, void, or a tuple of these: error (usage) if the result
  /// is of another type or does not fit.
  template <class R = std::vector<Value>, class... A>
  Result<R> call(A&&... args) const {
    const detail::Argument list[sizeof...(A) + 1] = {detail::Argument::of(std::forward<A>(args))...,
                                                     {detail::Argument::Kind::sign}};
    auto values = detail::call_with(func_, std::span(list, sizeof...(A)));
    if (!values) return std::move(values).error();
    if constexpr (std::is_void_v<R>) return {};
    else {
      auto result = detail::Unpack<R>::from(*values);
      if (!result) return detail::wrong_results(func_, "the results");
      return *std::move(result);
    }
  }

 private:
  friend class WasmModule;
  explicit WasmFn(Func func) : func_(std::move(func)) {}
  Func func_;
};

/// A module that is instantiated in a store of its own. A shared handle; used by one thread at a
/// time.
class WasmModule {
 public:
  WasmModule(const WasmModule&) = default;  // moving copies: what was moved from is whole
  WasmModule& operator=(const WasmModule&) = default;

  /// Reads a file, binary or text, instantiates it, calls `_initialize` if it exports that. Errors:
  /// those of Module::load, Linker::instantiate, Store::set_wasi and of a call.
  static Result<WasmModule> load(const std::string& path, const LoadOptions& options = {});
  /// The same of bytes in memory, binary or text. `name` is used in messages.
  static Result<WasmModule> from_bytes(std::span<const uint8_t> bytes,
                                       const LoadOptions& options = {}, std::string_view name = {});
  static Result<WasmModule> from_wat(std::string_view text, const LoadOptions& options = {});

  /// Error (usage): there is no such function.
  Result<WasmFn> fn(std::string_view name) const;
  /// Looks a function up and calls it; see WasmFn::call.
  template <class R = std::vector<Value>, class... A>
  Result<R> call(std::string_view name, A&&... args) const {
    auto function = fn(name);
    if (!function) return std::move(function).error();
    return function->template call<R>(std::forward<A>(args)...);
  }
  /// A function with its C++ signature, checked once; the fastest way to call.
  template <class Signature>
  Result<TypedFunc<Signature>> get(std::string_view name) const {
    return instance_.get<Signature>(name);
  }
  /// Runs a program (`_start`); the result is its exit status.
  Result<uint32_t> run() const;

  Result<Memory> memory(std::string_view name = "memory") const { return instance_.memory(name); }
  const Module& module() const { return instance_.module(); }
  const Instance& instance() const noexcept { return instance_; }
  Store& store() const noexcept;

 private:
  friend class ImportEntry;
  WasmModule(std::shared_ptr<detail::OwnWorld> world, Instance instance)
      : world_(std::move(world)), instance_(std::move(instance)) {}
  static Result<WasmModule> make(const LoadOptions& options,
                                 const std::function<Result<Module>(const Engine&)>& load);
  std::shared_ptr<detail::OwnWorld> world_;
  Instance instance_;
};

/// WasmModule::load.
inline Result<WasmModule> load(const std::string& path, const LoadOptions& options = {}) {
  return WasmModule::load(path, options);
}

}  // namespace zwasm ZWASM_PUBLIC
