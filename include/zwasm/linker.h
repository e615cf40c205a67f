/// A Linker gathers what modules may import, by name, and instantiates modules with it.
///
///     zwasm::Linker linker(engine);
///     linker.func("env", "add", [](int32_t a, int32_t b) { return a + b; });
///     linker.wasi();
///     auto instance = linker.instantiate(store, module).value();
///
/// A definition replaces an earlier one of the same names.
#pragma once
#include <memory>
#include <string_view>
#include <utility>

#include "zwasm/detail/export.h"
#include "zwasm/engine.h"
#include "zwasm/error.h"
#include "zwasm/func.h"
#include "zwasm/instance.h"
#include "zwasm/module.h"
#include "zwasm/store.h"

namespace zwasm ZWASM_PUBLIC {

namespace detail {
class LinkerState;
}

/// What instantiate does about an import that nothing defines.
enum class UnknownImports : uint8_t {
  error,          ///< fail with an error that names it
  trap,           ///< functions trap when called; other kinds still fail
  default_value,  ///< functions return zeros and nulls; other kinds are made empty
};

/// Not bound to a store, except that externs and instances in it belong to theirs. Definitions
/// are made by one thread; `instantiate` may then be called from several.
class Linker {
 public:
  explicit Linker(const Engine& engine);
  Linker(Linker&&) noexcept;
  Linker& operator=(Linker&&) noexcept;
  ~Linker();

  /// A host function; for the types it may use see Func::wrap.
  template <class F>
  Linker& func(std::string_view module, std::string_view name, F&& function) {
    return define(module, name, detail::make_host_function(std::forward<F>(function)));
  }
  /// A host function of a type known at run time only.
  Linker& func_raw(std::string_view module, std::string_view name, const FuncType& type,
                   RawHostFunction function);
  /// Something that exists: an export of an instance, a memory, a global …
  Linker& define(std::string_view module, std::string_view name, const Extern& value);
  /// Every export of an instance, under a module name.
  Linker& instance(std::string_view module, const Instance& instance);
  /// Instantiates a module, calls `_initialize` if it exports that, and defines its exports under a
  /// name. Errors: those of instantiate and of a call.
  Result<Instance> module(Store& store, std::string_view name, const Module& module);
  /// The functions of wasi_snapshot_preview1 and wasi_unstable; what they may do is told to the
  /// store (Store::set_wasi).
  Linker& wasi();
  /// `wasi.thread-spawn`: each spawn instantiates the calling module anew, in a store and on a
  /// thread of its own, with this linker's definitions and the caller's shared memories. A shared
  /// memory that a module imports and nothing defines is made. Threads end with the store.
  Linker& wasi_threads();
  Linker& unknown_imports(UnknownImports what);

  /// What the linker would use for an import of a module; nothing if it has no definition.
  std::optional<Extern> get(Store& store, std::string_view module, std::string_view name) const;

  /// Instantiates and runs the start function. Errors: link, limit, and those of a call.
  Result<Instance> instantiate(Store& store, const Module& module) const;

 private:
  friend struct detail::Internals;
  Linker& define(std::string_view module, std::string_view name, detail::HostFunction function);
  std::shared_ptr<detail::LinkerState> state_;
};

}  // namespace zwasm ZWASM_PUBLIC
