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
  // Values of element segments that are written as expressions, by segment; null where the
  // segment is a list of functions, empty or dropped. Roots.
  Slot** elem_values = nullptr;
};

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

// The types of externs, with canonical indices and current sizes, in the words of the text
// format: "func (param i32) (result i64)", "memory 1 2 shared".
std::string describe(const Store& store, const Extern& item);

}  // namespace zwasm::runtime
