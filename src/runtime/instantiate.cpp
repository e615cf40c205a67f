// Instantiation in the order of the specification: link, allocate, evaluate initial values, then
// write active segments and run the start function. The last two may trap half-way; what they
// have written by then stays.
#include <algorithm>
#include <cstring>

#include "base/concat.h"
#include "runtime/builtins.h"
#include "runtime/const_expr.h"
#include "runtime/gc/heap.h"
#include "runtime/instance.h"
#include "runtime/linking.h"

namespace zwasm::runtime {

using isa::ExternKind;
using isa::Trap;

class Instantiation {
 public:
  Instantiation(Store& store, std::shared_ptr<LoadedModule> module)
      : store_(store), loaded_(std::move(module)), module_(loaded_->module()) {}

  RunResult<Instance*> run(std::span<const Extern> imports);

 private:
  using Status = RunResult<void>;

  Status check_imports(std::span<const Extern> imports) const;
  void link(std::span<const Extern> imports);
  Status define_globals();
  Status define_memories();
  bool may_run_native() const;
  Status define_tables();
  Status evaluate_segments();
  Status write_segments();
  Status write_elems(uint32_t index);
  Status run_start();

  Status evaluate(const module::ConstExpr& expr, GlobalCell& result) {
    Trap trap = runtime::evaluate(*instance_, expr, result);
    return trap == Trap::none ? Status{} : trapped(trap);
  }
  Status trapped(Trap trap) { return failed(builtins::raise(store_.context(), trap)); }
  Status failed(CallStatus status) { return Err{store_.take_failure(status)}; }
  static Err<Failure> failure(Failure::Kind kind, std::string message) {
    Failure failure;
    failure.kind = kind;
    failure.message = std::move(message);
    return Err{std::move(failure)};
  }

  Store& store_;
  std::shared_ptr<LoadedModule> loaded_;
  const module::Module& module_;
  InstanceRecord* instance_ = nullptr;
};

auto Instantiation::run(std::span<const Extern> imports) -> RunResult<Instance*> {
  if (Status s = check_imports(imports); !s) return Err{std::move(s.error())};
  if (!store_.quota()->instances.take(1))
    return failure(Failure::Kind::limit, "the limit of instances is reached");
  if (Tiers* tiers = store_.engine().tiers()) tiers->prepare(*loaded_);
  instance_ = InstanceRecord::create(store_.context(), loaded_);
  if (instance_ == nullptr) {
    store_.quota()->instances.give_back(1);
    return failure(Failure::Kind::limit, "the system refuses memory for an instance");
  }
  store_.instances_.push_back(instance_);
  link(imports);

  // Code that allocates relies on the heap's place.
  std::span<const gc::Shape* const> shapes = loaded_->shapes();
  if (std::any_of(shapes.begin(), shapes.end(), [](const gc::Shape* s) { return s != nullptr; }) &&
      !store_.heap().prepare())
    return failure(Failure::Kind::limit, "the system refuses address space for the heap");

  using Step = Status (Instantiation::*)();
  for (Step step : {&Instantiation::define_memories, &Instantiation::define_globals,
                    &Instantiation::define_tables, &Instantiation::evaluate_segments,
                    &Instantiation::write_segments, &Instantiation::run_start})
    if (Status s = (this->*step)(); !s) return Err{std::move(s.error())};
  return static_cast<Instance*>(instance_);
}

auto Instantiation::check_imports(std::span<const Extern> imports) const -> Status {
  if (imports.size() != module_.imports.size())
    return failure(Failure::Kind::link,
                   concat({"the module has ", std::to_string(module_.imports.size()),
                           " imports, but ", std::to_string(imports.size()), " were given"}));
  for (size_t i = 0; i < imports.size(); ++i)
    if (auto reason = mismatch(*loaded_, module_.imports[i], imports[i]))
      return failure(Failure::Kind::link, std::move(*reason));
  return {};
}

void Instantiation::link(std::span<const Extern> imports) {
  size_t funcs = 0, tables = 0, memories = 0, globals = 0, tags = 0;
  for (const Extern& given : imports) {
    switch (given.kind) {
      case ExternKind::func: instance_->funcs[funcs++] = given.func; break;
      case ExternKind::table: instance_->tables[tables++] = given.table; break;
      case ExternKind::memory: instance_->memories[memories++] = given.memory; break;
      case ExternKind::global: instance_->globals[globals++] = given.global; break;
      case ExternKind::tag: instance_->tags[tags++] = given.tag; break;
    }
  }
}

auto Instantiation::define_memories() -> Status {
  for (size_t i = module_.imported_memories; i < module_.memories.size(); ++i) {
    RunResult<Memory*> memory = store_.add_memory(module_.memories[i].type);
    if (!memory) return Err{std::move(memory.error())};
    instance_->memories[i] = *memory;
  }
  if (!module_.memories.empty()) {
    const auto& memory = *static_cast<const Memory*>(instance_->memories[0]);
    if (memory.reserved()) instance_->memory_base = memory.base;
  }
  if (may_run_native()) loaded_->attach(*instance_);
  return {};
}

// Code relies on the reservations that the engine's settings ask for; the system may have refused
// one, or the memory may come from an engine with other settings. Then everything is interpreted.
bool Instantiation::may_run_native() const {
  if (store_.engine().tiers() == nullptr) return false;
  if (!store_.engine().settings().guard_pages) return true;
  for (size_t i = 0; i < module_.memories.size(); ++i) {
    const module::MemoryType& type = module_.memories[i].type;
    if (!type.limits.is64 && type.page_size_log2 == 16 &&
        !static_cast<const Memory*>(instance_->memories[i])->covers_32_bits())
      return false;
  }
  return true;
}

auto Instantiation::define_globals() -> Status {
  for (size_t i = module_.imported_globals; i < module_.globals.size(); ++i) {
    const module::GlobalDecl& decl = module_.globals[i];
    Global& global = instance_->own_globals[i - module_.imported_globals];
    GlobalCell value{};
    if (Status s = evaluate(decl.init, value); !s) return s;
    static_cast<GlobalCell&>(global) = value;
    if (decl.type.type.is_ref() && !loaded_->is_func_ref(decl.type.type))
      store_.ref_globals_.push_back(&global);
  }
  return {};
}

auto Instantiation::define_tables() -> Status {
  for (size_t i = module_.imported_tables; i < module_.tables.size(); ++i) {
    const module::TableDecl& decl = module_.tables[i];
    GlobalCell value{};
    if (decl.init)
      if (Status s = evaluate(*decl.init, value); !s) return s;
    module::TableType type = decl.type;
    type.elem = loaded_->types().canon(type.elem);
    RunResult<Table*> table = store_.add_table(type, value.slots[0]);
    if (!table) return Err{std::move(table.error())};
    instance_->tables[i] = *table;
  }
  if (!module_.tables.empty() && module_.tables[0].type.limits.is_fixed())
    instance_->table_elements = instance_->tables[0]->funcs;
  return {};
}

auto Instantiation::evaluate_segments() -> Status {
  for (uint32_t i = 0; i < module_.elems.size(); ++i) {
    const module::ElemSegment& segment = module_.elems[i];
    if (segment.mode == module::ElemSegment::Mode::declarative) {
      instance_->dropped_elems[i] = 1;
      continue;
    }
    if (!segment.uses_exprs || segment.exprs.empty()) continue;
    std::span<Slot> values = new_elem_values(*loaded_, segment.exprs.size());
    instance_->elem_values[i] = values;
    // Before evaluation: what has been evaluated is a root while the rest is.
    if (!loaded_->is_func_ref(segment.type)) store_.ref_segments_.push_back(values);
    for (size_t j = 0; j < values.size(); ++j) {
      GlobalCell value{};
      if (Status s = evaluate(segment.exprs[j], value); !s) return s;
      values[j] = value.slots[0];
    }
  }
  return {};
}

auto Instantiation::write_segments() -> Status {
  for (uint32_t i = 0; i < module_.elems.size(); ++i)
    if (module_.elems[i].mode == module::ElemSegment::Mode::active)
      if (Status s = write_elems(i); !s) return s;
  for (uint32_t i = 0; i < module_.datas.size(); ++i) {
    const module::DataSegment& segment = module_.datas[i];
    if (!segment.active) continue;
    GlobalCell start{};
    if (Status s = evaluate(segment.start, start); !s) return s;
    Trap trap = builtins::memory_init(*instance_, segment.memory, i, start.slots[0].u64, 0,
                                      static_cast<uint32_t>(segment.bytes.size()));
    if (trap != Trap::none) return trapped(trap);
    builtins::data_drop(*instance_, i);
  }
  return {};
}

auto Instantiation::write_elems(uint32_t index) -> Status {
  const module::ElemSegment& segment = module_.elems[index];
  GlobalCell start{};
  if (Status s = evaluate(segment.start, start); !s) return s;
  Trap trap = builtins::table_init(*instance_, segment.table, index, start.slots[0].u64, 0,
                                   static_cast<uint32_t>(segment.size()));
  if (trap != Trap::none) return trapped(trap);
  builtins::elem_drop(*instance_, index);
  return {};
}

auto Instantiation::run_start() -> Status {
  if (!module_.start) return {};
  Slot none[1];
  CallStatus status = store_.call(instance_->funcs[*module_.start], none);
  return status == CallStatus::returned ? Status{} : failed(status);
}

RunResult<Instance*> instantiate(Store& store, std::shared_ptr<LoadedModule> module,
                                 std::span<const Extern> imports) {
  return Instantiation(store, std::move(module)).run(imports);
}

}  // namespace zwasm::runtime
