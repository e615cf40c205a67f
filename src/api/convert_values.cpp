// Values and references between their public form and slots.
//
// A slot holds a function reference as a pointer and every other reference as an offset into the
// store's heap, where objects move: outside of a call such an offset is only safe as a root.
#include <cstring>

#include "api/convert.h"
#include "base/concat.h"
#include "runtime/gc/casts.h"
#include "runtime/gc/heap.h"
#include "runtime/table.h"

namespace zwasm::detail {

using runtime::GcRef;
using runtime::kNullRef;

namespace {

HeapKind hierarchy_of(StoreState& store, isa::HeapType heap) {
  if (heap.is_concrete())
    return store.types().type(heap.index()).kind == module::CompositeKind::func ? HeapKind::func
                                                                                : HeapKind::any;
  return HeapType(static_cast<HeapKind>(heap.abs())).top();
}

}  // namespace

GcRef gc_ref(const Ref& ref) {
  switch (Internals::form(ref)) {
    case RefForm::null:
    case RefForm::func: return kNullRef;
    case RefForm::i31: return static_cast<GcRef>(Internals::bits(ref));
    case RefForm::root: {
      StoreState* store = Internals::store_of(ref);
      if (!store->alive()) return kNullRef;
      return store->runtime->heap().root(static_cast<uint32_t>(Internals::bits(ref)));
    }
  }
  return kNullRef;
}

Ref root(StoreState& store, HeapKind hierarchy, GcRef object) {
  if (object == kNullRef) return Ref(hierarchy);
  if (runtime::is_i31(object)) return Internals::make_ref(nullptr, hierarchy, RefForm::i31, object);
  return Internals::make_ref(&store, hierarchy, RefForm::root,
                             store.runtime->heap().add_root(object));
}

bool ref_matches(StoreState& store, const Ref& ref, isa::ValType type) {
  if (!type.is_ref()) return false;
  const HeapKind hierarchy = hierarchy_of(store, type.heap());
  if (ref.hierarchy() != hierarchy) return false;
  switch (Internals::form(ref)) {
    case RefForm::null: return type.nullable();
    case RefForm::i31:
      return runtime::object_is(store.runtime->context(), static_cast<GcRef>(Internals::bits(ref)),
                                type.heap(), 0);
    case RefForm::func: {
      if (Internals::store_of(ref) != &store) return false;
      auto* func = reinterpret_cast<runtime::FuncRef*>(Internals::bits(ref));
      return store.types().matches(isa::HeapType::concrete(func->type), type.heap());
    }
    case RefForm::root: {
      if (Internals::store_of(ref) != &store) return false;
      uint32_t depth = 0;
      if (type.heap().is_concrete())
        depth = static_cast<uint32_t>(store.types().type(type.heap().index()).display.size() - 1);
      return runtime::object_is(store.runtime->context(), gc_ref(ref), type.heap(), depth);
    }
  }
  return false;
}

bool value_matches(StoreState& store, const Value& value, isa::ValType type) {
  if (value.is_ref()) return ref_matches(store, value.ref(), type);
  return static_cast<isa::ValKind>(value.kind()) == type.kind();
}

Slot to_slot(StoreState&, const Ref& ref, isa::ValType) {
  Slot slot{};
  if (Internals::form(ref) == RefForm::func) slot.u64 = Internals::bits(ref);
  else slot.u64 = gc_ref(ref);
  return slot;
}

void to_slots(StoreState& store, const Value& value, isa::ValType type, Slot* slots) {
  switch (value.kind()) {
    case ValKind::i32: slots->u64 = static_cast<uint32_t>(value.i32()); return;
    case ValKind::i64: slots->u64 = static_cast<uint64_t>(value.i64()); return;
    case ValKind::f32: slots->u64 = value.f32_bits(); return;
    case ValKind::f64: slots->u64 = value.f64_bits(); return;
    case ValKind::v128: {
      V128 vector = value.v128();
      std::memcpy(slots, vector.bytes.data(), 16);
      return;
    }
    case ValKind::ref: *slots = to_slot(store, value.ref(), type); return;
  }
}

Ref ref_from(StoreState& store, isa::ValType type, Slot slot) {
  const HeapKind hierarchy = hierarchy_of(store, type.heap());
  if (hierarchy != HeapKind::func) return root(store, hierarchy, slot.ref);
  if (slot.func == nullptr) return Ref(hierarchy);
  return Internals::make_ref(&store, hierarchy, RefForm::func,
                             reinterpret_cast<uintptr_t>(slot.func));
}

Value from_slots(StoreState& store, isa::ValType type, const Slot* slots) {
  switch (type.unpacked().kind()) {
    case isa::ValKind::i32: return slots->u32;
    case isa::ValKind::i64: return slots->u64;
    case isa::ValKind::f32: return Value::f32_bits(slots->u32);
    case isa::ValKind::f64: return Value::f64_bits(slots->u64);
    case isa::ValKind::v128: {
      V128 vector;
      std::memcpy(vector.bytes.data(), slots, 16);
      return vector;
    }
    case isa::ValKind::ref: return ref_from(store, type, *slots);
    case isa::ValKind::i8:
    case isa::ValKind::i16:
    case isa::ValKind::bottom: break;
  }
  return {};
}

std::unique_ptr<Error> check_args(StoreState& store, std::span<const isa::ValType> types,
                                  std::span<const Value> args, std::string_view what) {
  if (args.size() != types.size())
    return std::make_unique<Error>(usage_error(concat(
        {what, " takes ", std::to_string(types.size()),
         (types.size() == 1 ? " value, not " : " values, not "), std::to_string(args.size())})));
  for (size_t i = 0; i < args.size(); ++i)
    if (!value_matches(store, args[i], types[i])) {
      std::string actual = args[i].is_ref()
                               ? concat({"a reference that is not one (", args[i].to_string(), ")"})
                               : ValType(args[i].kind()).to_string();
      return std::make_unique<Error>(usage_error(
          concat({"value ", std::to_string(i + 1), " of ", what, " must be of type ",
                  to_public(store.engine, types[i]).to_string(), ", but is ", actual})));
    }
  return nullptr;
}

// --- for the templates of the public headers ---

Ref ref_from_slot(StoreState* store, RawSlot slot, TypeCode type) {
  Slot internal{};
  internal.u64 = slot.u64;
  return ref_from(*store, type_of(type), internal);
}

bool ref_to_slot(StoreState* store, const Ref& ref, TypeCode type, RawSlot& slot) {
  if (!store->alive() || !ref_matches(*store, ref, type_of(type))) return false;
  slot.u64 = to_slot(*store, ref, type_of(type)).u64;
  return true;
}

std::unique_ptr<Error> foreign_ref_error() {
  return std::make_unique<Error>(
      usage_error("a reference of another store or of another hierarchy was passed"));
}

}  // namespace zwasm::detail
