// Instantiation: links a loaded module to its imports and runs what it does at its start.
//
// An instance is one allocation: the record below, then the arrays that running code indexes, then
// the functions, globals and tags that the instance defines. It lives as long as its store, even
// when its start failed, because what it has put into imported tables remains there.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "runtime/extern.h"
#include "runtime/failure.h"
#include "runtime/layout.h"
#include "runtime/loaded_module.h"
#include "runtime/store.h"

namespace zwasm::runtime {

// An instance with what only the library needs of it.
struct InstanceRecord : Instance {
  std::shared_ptr<LoadedModule> owner;
  // Values of element segments that are written as expressions, by segment; empty where the
  // segment is a list of functions, or dropped. Roots.
  std::span<Slot>* elem_values = nullptr;

  // Allocates and lays out; every pointer is set, imported entries are null. Null: no memory.
  static InstanceRecord* create(StoreContext& context, std::shared_ptr<LoadedModule> module);
  static void destroy(InstanceRecord* record);

  // Whether it is among the instances of its module that run machine code, and where: the place
  // changes when others go, on their threads (LoadedModule).
  bool attached = false;
  size_t attached_at = 0;

  // What the instance defines, by index counted from the first definition.
  FuncRef* own_funcs = nullptr;
  Global* own_globals = nullptr;
  Tag* own_tags = nullptr;
  // What `types` and `shapes` point to: copies of the module's, at known distances from the
  // instance.
  module::CanonId* own_types = nullptr;
  const gc::Shape** own_shapes = nullptr;
};

// Room for the values of an element segment (InstanceRecord::elem_values), zeroed.
std::span<Slot> new_elem_values(const LoadedModule& module, size_t count);

inline InstanceRecord& record_of(Instance& instance) {
  return static_cast<InstanceRecord&>(instance);
}

// One extern per import of the module, in order. Type mismatches are failures of kind `link`.
// Everything must belong to `store` (memories: be adopted by it). After a trap, what was written
// before it stays written.
RunResult<Instance*> instantiate(Store& store, std::shared_ptr<LoadedModule> module,
                                 std::span<const Extern> imports);

// What the instance exports under `name`.
std::optional<Extern> find_export(Instance& instance, std::string_view name);
// The export with an index in Module::exports.
Extern get_export(Instance& instance, uint32_t export_index);

}  // namespace zwasm::runtime
