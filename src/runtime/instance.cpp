#include "runtime/instance.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/memory.h"
#include "runtime/offsets.h"
#include "runtime/stubs.h"

namespace zwasm::runtime {
namespace {

// Lays arrays one after the other: first to learn the size, then to place them.
class Layout {
 public:
  explicit Layout(uint8_t* base) : base_(base), at_(sizeof(InstanceRecord)) {}

  template <class T>
  void place(T*& array, size_t count) {
    at_ = (at_ + alignof(T) - 1) & ~(alignof(T) - 1);
    if (base_ != nullptr) array = count == 0 ? nullptr : reinterpret_cast<T*>(base_ + at_);
    at_ += count * sizeof(T);
  }
  size_t size() const { return (at_ + kAlign - 1) & ~(kAlign - 1); }

  static constexpr size_t kAlign = 64;

 private:
  uint8_t* base_;
  size_t at_;
};

void lay_out(Layout& layout, InstanceRecord& record, const module::Module& module) {
  layout.place(record.memories, module.memories.size());
  layout.place(record.tables, module.tables.size());
  layout.place(record.globals, module.globals.size());
  layout.place(record.tags, module.tags.size());
  layout.place(record.funcs, module.funcs.size());
  layout.place(record.own_globals, module.globals.size() - module.imported_globals);
  layout.place(record.own_funcs, module.funcs.size() - module.imported_funcs);
  layout.place(record.own_tags, module.tags.size() - module.imported_tags);
  layout.place(record.own_shapes, module.types.size());
  layout.place(record.own_types, module.types.size());
  layout.place(record.elem_values, module.elems.size());
  layout.place(record.dropped_elems, module.elems.size());
  layout.place(record.dropped_datas, module.datas.size());
}

}  // namespace

static_assert(sizeof(Global) == InstanceOffsets::kGlobalStride);
static_assert(sizeof(FuncRef) == InstanceOffsets::kFuncStride);

InstanceOffsets instance_offsets(const module::Module& module) {
  // As if the record stood at an address that is aligned like a real one.
  constexpr uintptr_t kBase = Layout::kAlign;
  InstanceRecord unplaced;
  Layout layout(reinterpret_cast<uint8_t*>(kBase));
  lay_out(layout, unplaced, module);
  auto offset = [](const void* at) {
    return at == nullptr ? 0 : static_cast<uint32_t>(reinterpret_cast<uintptr_t>(at) - kBase);
  };
  return {.memories = offset(unplaced.memories),
          .tables = offset(unplaced.tables),
          .globals = offset(unplaced.globals),
          .funcs = offset(unplaced.funcs),
          .tags = offset(unplaced.tags),
          .shapes = offset(unplaced.own_shapes),
          .types = offset(unplaced.own_types),
          .own_globals = offset(unplaced.own_globals),
          .own_funcs = offset(unplaced.own_funcs)};
}

InstanceRecord* InstanceRecord::create(StoreContext& context, std::shared_ptr<LoadedModule> owner) {
  const module::Module& module = owner->module();
  InstanceRecord unplaced;
  Layout measure(nullptr);
  lay_out(measure, unplaced, module);
  // Zeroed: null imports, zero globals, nothing dropped.
  size_t size = measure.size();
  auto* bytes = static_cast<uint8_t*>(try_allocate(owner->engine().memory(), size, Layout::kAlign));
  if (bytes == nullptr) return nullptr;
  std::memset(bytes, 0, size);
  auto* record = new (bytes) InstanceRecord;
  Layout layout(bytes);
  lay_out(layout, *record, module);

  record->context = &context;
  record->module = owner.get();
  record->types = record->own_types;
  record->shapes = record->own_shapes;
  std::ranges::copy(owner->types().ids(), record->own_types);
  std::ranges::copy(owner->shapes(), record->own_shapes);
  for (size_t i = 0; i < module.tags.size() - module.imported_tags; ++i) {
    record->own_tags[i].type = owner->types().id(module.tags[module.imported_tags + i].type);
    record->tags[module.imported_tags + i] = &record->own_tags[i];
  }
  for (size_t i = 0; i < module.globals.size() - module.imported_globals; ++i) {
    const module::GlobalType& type = module.globals[module.imported_globals + i].type;
    record->own_globals[i].type = owner->types().canon(type.type);
    record->own_globals[i].mut = type.mut;
    record->globals[module.imported_globals + i] = &record->own_globals[i];
  }
  std::span<Function> functions = owner->functions();
  for (size_t i = 0; i < functions.size(); ++i) {
    FuncRef* ref = new (&record->own_funcs[i]) FuncRef{};
    ref->code.store(reinterpret_cast<void*>(&zwasm_slots_entry), std::memory_order_relaxed);
    ref->type = owner->types().id(functions[i].type_index);
    ref->instance = record;
    ref->function = &functions[i];
    record->funcs[module.imported_funcs + i] = ref;
  }
  record->owner = std::move(owner);
  return record;
}

void InstanceRecord::destroy(InstanceRecord* record) {
  std::shared_ptr<LoadedModule> owner = record->owner;
  std::pmr::memory_resource& memory = owner->engine().memory();
  for (size_t i = 0; i < owner->module().elems.size(); ++i) {
    std::span<Slot> values = record->elem_values[i];
    if (!values.empty()) memory.deallocate(values.data(), values.size_bytes(), alignof(Slot));
  }
  owner->detach(*record);
  InstanceRecord unplaced;
  Layout measure(nullptr);
  lay_out(measure, unplaced, owner->module());
  record->~InstanceRecord();
  memory.deallocate(record, measure.size(), Layout::kAlign);
}

std::span<Slot> new_elem_values(const LoadedModule& module, size_t count) {
  void* bytes = module.engine().memory().allocate(count * sizeof(Slot), alignof(Slot));
  return {static_cast<Slot*>(std::memset(bytes, 0, count * sizeof(Slot))), count};
}

Extern get_export(Instance& instance, uint32_t export_index) {
  const module::Export& item = instance.module->module().exports[export_index];
  switch (item.kind) {
    case isa::ExternKind::func: return Extern::of(instance.funcs[item.index]);
    case isa::ExternKind::table:
      return Extern::of(static_cast<Table*>(instance.tables[item.index]));
    case isa::ExternKind::memory:
      return Extern::of(static_cast<Memory*>(instance.memories[item.index]));
    case isa::ExternKind::global:
      return Extern::of(static_cast<Global*>(instance.globals[item.index]));
    case isa::ExternKind::tag: return Extern::of(static_cast<Tag*>(instance.tags[item.index]));
  }
  return {};
}

std::optional<Extern> find_export(Instance& instance, std::string_view name) {
  int64_t index = instance.module->find_export(name);
  if (index < 0) return std::nullopt;
  return get_export(instance, static_cast<uint32_t>(index));
}

}  // namespace zwasm::runtime
