/// A Linker gathers what modules may import, by name, and instantiates modules with it.
///
///     zwasm::Linker linker(engine);
///     linker.func("env", "add", [](int32_t a, int32_t b) { return a + b; });
///     linker.wasi();
///     auto instance = linker.instantiate(store, module).value();
///
/// A definition replaces an earlier one of the same names, unless allow_shadowing says otherwise.
#pragma once
#include <memory>
#include <optional>
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
struct FoundImports;
}  // namespace detail

/// What instantiate does about an import that nothing defines.
enum class UnknownImports : uint8_t {
  error,          ///< fail with an error that names it
  trap,           ///< functions trap when called; other kinds still fail
  default_value,  ///< functions return zeros and nulls; other kinds are made empty
};

/// A module whose imports are found: what is left is to make instances, in any number of stores.
/// Copies mean the same. Thread-safe.
class InstancePre {
 public:
  const Module& module() const noexcept { return module_; }
  /// Instantiates and runs the start function, as Linker::instantiate does. Errors also: usage (an
  /// import that exists belongs to another store).
  Result<Instance> instantiate(Store& store) const;

 private:
  friend class Linker;
  InstancePre(Module module, std::shared_ptr<const detail::FoundImports> imports)
      : module_(std::move(module)), imports_(std::move(imports)) {}
  Module module_;
  std::shared_ptr<const detail::FoundImports> imports_;
};

/// Not bound to a store, except that externs and instances in it belong to theirs. Definitions
/// are made by one thread; `instantiate` may then be called from several. A copy has the same
/// definitions, and goes its own way from then on: what all tenants get, and what one gets besides.
class Linker {
 public:
  explicit Linker(const Engine& engine);
  Linker(const Linker&);
  Linker& operator=(const Linker&);
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
  /// Whether a definition may replace an earlier one of the same names, as it may at first. Once it
  /// may not, the earlier one stays, and instantiating anything is an error that names the second.
  Linker& allow_shadowing(bool on = true);

  /// What the linker would use for an import of a module; nothing if it has no definition.
  std::optional<Extern> get(Store& store, std::string_view module, std::string_view name) const;
  /// What running the module defined under a name means: its function "", or else "_start"; of a
  /// library, which has neither, a function that does nothing. Error (usage): nothing has that
  /// name, or what has it belongs to another store.
  Result<Func> get_default(Store& store, std::string_view module) const;

  /// Instantiates and runs the start function. Errors: link, limit, and those of a call.
  Result<Instance> instantiate(Store& store, const Module& module) const;
  /// Looks the imports up once, for a module that is instantiated often. What is defined later does
  /// not count. Error (link): an import is not defined.
  Result<InstancePre> instantiate_pre(const Module& module) const;

 private:
  friend struct detail::Internals;
  Linker& define(std::string_view module, std::string_view name, detail::HostFunction function);
  std::shared_ptr<detail::LinkerState> state_;
};

}  // namespace zwasm ZWASM_PUBLIC
