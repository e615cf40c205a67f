// A module that has been decoded, validated and made ready to be instantiated any number of
// times, in any number of stores and threads: its canonical types, its functions with their
// translated code and counters, its names.
//
// Kept alive by shared_ptr: by the embedder, by every instance (in its store) and by whatever
// works on its code.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "module/module.h"
#include "module/source_lines.h"
#include "module/type_registry.h"
#include "runtime/engine.h"
#include "runtime/function.h"
#include "runtime/gc/shape.h"
#include "runtime/native_code.h"

namespace zwasm::runtime {

struct InstanceRecord;  // instance.h

class LoadedModule : public std::enable_shared_from_this<LoadedModule> {
 public:
  // Of a module that has been validated against `types`, its types in the engine's registry.
  static std::shared_ptr<LoadedModule> make(std::shared_ptr<Engine> engine,
                                            std::unique_ptr<module::Module> module,
                                            module::ModuleTypes types);
  // Validates first. The error's offset is in the module's bytes. `kept` if it is known already;
  // else the engine's tiers are asked.
  static LoadResult<std::shared_ptr<LoadedModule>> load(std::shared_ptr<Engine> engine,
                                                        std::unique_ptr<module::Module> module,
                                                        std::unique_ptr<Kept> kept = nullptr);
  ~LoadedModule();
  LoadedModule(const LoadedModule&) = delete;
  LoadedModule& operator=(const LoadedModule&) = delete;

  Engine& engine() const { return *engine_; }
  const std::shared_ptr<Engine>& shared_engine() const { return engine_; }
  const module::Module& module() const { return *module_; }
  const module::ModuleTypes& types() const { return types_; }

  // Functions that the module defines, in order; function index = imported_funcs + position.
  std::span<Function> functions() { return {functions_, function_count_}; }
  // By function index, which must not be an import's.
  Function& function(uint32_t index) { return functions_[index - module_->imported_funcs]; }

  // The body of a defined function.
  const module::FuncBody& body(const Function& function) const {
    return module_->bodies[function.index - module_->imported_funcs];
  }

  // Canonical type of a function by its index, imports included.
  module::CanonId func_type(uint32_t index) const { return types_.id(module_->funcs[index].type); }

  // Name of a function: from the name section, else of an export; empty if there is none. The
  // first call decodes the section. Any thread.
  std::string_view function_name(uint32_t index) const;
  std::string_view module_name() const;
  // Where the instruction at a byte offset in the module comes from, by its DWARF. Any thread.
  module::SourcePlace source_place(module::Offset offset) const;

  // Layouts of heap objects, by module type index: structs, arrays, and for the types of tags the
  // layout of their exceptions; null for other function types.
  std::span<const gc::Shape* const> shapes() const { return shapes_; }

  // Is it the type of a FuncRef* (module-local type)?
  bool is_func_ref(module::ValType type) const;

  // --- Machine code ---

  // An instance begins or ends to use the module's machine code, unless `runs_native` is not set.
  void attach(InstanceRecord& instance);
  void detach(InstanceRecord& instance);
  // The versions of functions that are called now, with the code they belong to.
  struct CurrentCode {
    const NativeCode* code;
    const NativeFunction* function;
  };
  std::vector<CurrentCode> current_native();
  // For Tiers::prepare.
  std::once_flag& prepared() { return prepared_; }
  const Kept* kept() const { return kept_.get(); }
  // Makes code of functions of this module what is called, in all instances. Any thread.
  void publish(std::unique_ptr<NativeCode> code);

  // The index in Module::exports, or -1. Constant time.
  int64_t find_export(std::string_view name) const;

 private:
  explicit LoadedModule(std::shared_ptr<Engine> engine);
  struct Names;
  const Names& names() const;
  void make_functions();
  void index_exports();
  void make_shapes();

  std::shared_ptr<Engine> engine_;
  std::unique_ptr<module::Module> module_;
  module::ModuleTypes types_;
  Function* functions_ = nullptr;
  size_t function_count_ = 0;
  gc::ShapeArena shape_arena_;
  module::List<const gc::Shape*> shapes_;
  module::List<uint32_t> export_slots_;  // open addressing: export index + 1, 0 is empty
  std::once_flag prepared_;
  std::unique_ptr<Kept> kept_;
  std::mutex native_mutex_;
  std::vector<InstanceRecord*> instances_;  // that run machine code
  std::vector<std::unique_ptr<NativeCode>> native_;
  mutable std::once_flag names_once_;
  mutable std::unique_ptr<Names> names_;
};

}  // namespace zwasm::runtime
