// References: roots of the store's heap, functions, and i31 numbers.
#include "api/convert.h"
#include "base/concat.h"
#include "runtime/gc/fields.h"
#include "runtime/gc/heap.h"

namespace zwasm {

using detail::Internals;
using detail::RefForm;
using detail::StoreState;
using runtime::GcHeap;
using runtime::GcRef;
using runtime::gc::Shape;

Ref::Ref(HeapKind hierarchy) noexcept : hierarchy_(HeapType(hierarchy).top()) {}

Ref::Ref(const Func& func) noexcept
    : hierarchy_(HeapKind::func),
      form_(static_cast<uint8_t>(RefForm::func)),
      bits_(reinterpret_cast<uintptr_t>(Internals::func(func))),
      store_(Internals::store_of(func)) {}

Ref::Ref(const Ref& other) noexcept
    : hierarchy_(other.hierarchy_), form_(other.form_), bits_(other.bits_), store_(other.store_) {
  if (Internals::form(*this) != RefForm::root) return;
  if (detail::live(store_.get()) != nullptr) {
    GcHeap& heap = store_.get()->runtime->heap();
    bits_ = heap.add_root(heap.root(static_cast<uint32_t>(other.bits_)));
  } else {
    form_ = static_cast<uint8_t>(RefForm::null);
  }
}

Ref::Ref(Ref&& other) noexcept
    : hierarchy_(other.hierarchy_),
      form_(std::exchange(other.form_, uint8_t{0})),
      bits_(other.bits_),
      store_(std::move(other.store_)) {}

Ref& Ref::operator=(Ref other) noexcept {
  std::swap(hierarchy_, other.hierarchy_);
  std::swap(form_, other.form_);
  std::swap(bits_, other.bits_);
  std::swap(store_, other.store_);
  return *this;
}

Ref::~Ref() {
  if (Internals::form(*this) == RefForm::root && detail::live(store_.get()) != nullptr)
    store_.get()->runtime->heap().remove_root(static_cast<uint32_t>(bits_));
}

Ref Ref::i31(int32_t value) noexcept {
  uint32_t bits = (static_cast<uint32_t>(value) << 1) | 1;
  return Internals::make_ref(nullptr, HeapKind::any, RefForm::i31, bits);
}

namespace {

Error heap_exhausted() { return Error::from_trap(Trap::heap_exhausted); }

// What a host value is kept in.
void drop_box(void* value) {
  auto* box = static_cast<detail::HostBox*>(value);
  box->destroy(box->data);
  delete box;
}

void* host_value(const Ref& ref) {
  if (Internals::form(ref) != RefForm::root) return nullptr;
  StoreState* store = Internals::store_of(ref);
  if (!store->alive()) return nullptr;
  GcRef object = detail::gc_ref(ref);
  if (GcHeap::shape_of(store->runtime->context(), object).kind != Shape::Kind::host) return nullptr;
  return store->runtime->heap().host_value(object);
}

// The live object of a reference, or null.
struct Object {
  StoreState* store = nullptr;
  const Shape* shape = nullptr;
  GcRef ref = runtime::kNullRef;
  explicit operator bool() const { return shape != nullptr; }
  runtime::StoreContext& context() const { return store->runtime->context(); }
};

Object object_of(const Ref& ref) {
  Object object;
  if (Internals::form(ref) != RefForm::root || !Internals::store_of(ref)->alive()) return object;
  object.store = Internals::store_of(ref);
  object.ref = detail::gc_ref(ref);
  object.shape = &GcHeap::shape_of(object.context(), object.ref);
  return object;
}

Error wrong_kind(const char* what) {
  return Error::usage(std::string("the reference is not ") + what);
}

Error bad_index(const char* what, uint64_t index, uint64_t count) {
  return Error::usage(
      concat({what, " ", std::to_string(index), " of ", std::to_string(count), " does not exist"}));
}

// Type of a field of a struct, or of the elements of an array.
const module::FieldType& field_type(const Object& object, uint32_t index) {
  return object.store->types().type(object.shape->type).fields[index];
}

Value read(const Object& object, uint32_t offset, runtime::gc::Storage storage, isa::ValType type) {
  runtime::Slot slots[2]{};
  runtime::read_field(object.context(), object.ref, offset, storage, false, slots);
  return detail::from_slots(*object.store, type, slots);
}

Result<void> write(const Object& object, uint32_t offset, runtime::gc::Storage storage,
                   const module::FieldType& type, const Value& value, const char* what) {
  if (!type.mut) return Error::usage(std::string(what) + " is immutable");
  isa::ValType full = type.type.unpacked();
  if (auto error = detail::check_args(*object.store, {&full, 1}, {&value, 1}, what)) return error;
  runtime::Slot slots[2]{};
  detail::to_slots(*object.store, value, full, slots);
  runtime::write_field(object.context(), object.ref, offset, storage, slots);
  return {};
}

uint32_t element_offset(const Shape& shape, uint32_t index) {
  return shape.elem_offset + index * runtime::gc::storage_size(shape.elem);
}

std::unique_ptr<Error> check_definition(StoreState* store, const HeapType& type) {
  if (auto error = detail::check_usable(store)) return error;
  if (!type.is_defined()) return std::make_unique<Error>(Error::usage("not a defined type"));
  if (detail::TypeAccess::scope(type)->engine() != store->engine)
    return std::make_unique<Error>(Error::usage("a type of another engine"));
  return nullptr;
}

}  // namespace

Result<Ref> Ref::make_host(Store& store, detail::HostBox box) {
  StoreState* state = Internals::store(store);
  if (auto error = detail::check_usable(state)) {
    box.destroy(box.data);
    return error;
  }
  auto* kept = new detail::HostBox(box);
  GcRef object = state->runtime->heap().allocate_host(kept, drop_box);
  if (object == runtime::kNullRef) {
    drop_box(kept);
    return heap_exhausted();
  }
  return detail::root(*state, HeapKind::extern_, object);
}

void* Ref::host_data(const void* tag) const noexcept {
  auto* box = static_cast<detail::HostBox*>(host_value(*this));
  return box != nullptr && box->tag == tag ? box->data : nullptr;
}

Result<Ref> Ref::new_struct(Store& store, const HeapType& type, std::span<const Value> fields) {
  StoreState* state = Internals::store(store);
  if (auto error = check_definition(state, type)) return error;
  const module::CanonType& canon = state->types().type(detail::to_internal(type).index());
  if (canon.kind != module::CompositeKind::struct_) return wrong_kind("a struct type");
  std::vector<isa::ValType> types;
  for (const module::FieldType& field : canon.fields) types.push_back(field.type.unpacked());
  if (auto error = detail::check_args(*state, types, fields, "the struct")) return error;
  const Shape& shape = *state->shape(type);
  runtime::StoreContext& context = state->runtime->context();
  GcRef object = GcHeap::allocate(context, shape);
  if (object == runtime::kNullRef) return heap_exhausted();
  for (size_t i = 0; i < fields.size(); ++i) {
    runtime::Slot slots[2]{};
    detail::to_slots(*state, fields[i], types[i], slots);
    runtime::write_field(context, object, shape.fields[i].offset, shape.fields[i].storage, slots);
  }
  return detail::root(*state, HeapKind::any, object);
}

Result<Ref> Ref::new_array(Store& store, const HeapType& type, std::span<const Value> elements) {
  StoreState* state = Internals::store(store);
  if (auto error = check_definition(state, type)) return error;
  const module::CanonType& canon = state->types().type(detail::to_internal(type).index());
  if (canon.kind != module::CompositeKind::array) return wrong_kind("an array type");
  isa::ValType full = canon.fields[0].type.unpacked();
  for (const Value& element : elements)
    if (auto error = detail::check_args(*state, {&full, 1}, {&element, 1}, "the array"))
      return error;
  const Shape& shape = *state->shape(type);
  runtime::StoreContext& context = state->runtime->context();
  GcRef object = GcHeap::allocate_array(context, shape, elements.size());
  if (object == runtime::kNullRef) return heap_exhausted();
  for (size_t i = 0; i < elements.size(); ++i) {
    runtime::Slot slots[2]{};
    detail::to_slots(*state, elements[i], full, slots);
    runtime::write_field(context, object, element_offset(shape, static_cast<uint32_t>(i)),
                         shape.elem, slots);
  }
  return detail::root(*state, HeapKind::any, object);
}

Result<Ref> Ref::new_exception(Store& store, const Tag& tag, std::span<const Value> payload) {
  StoreState* state = Internals::store(store);
  if (auto error = detail::check_usable(state)) return error;
  if (auto error = detail::check_same(state, Internals::store_of(tag), "tag")) return error;
  const runtime::Tag* cell = Internals::tag(tag);
  const module::FuncType& type = state->types().type(cell->type).func;
  if (auto error = detail::check_args(*state, type.params, payload, "the exception")) return error;
  const Shape& shape =
      *state->shape(detail::to_public(state->engine, isa::HeapType::concrete(cell->type)));
  runtime::StoreContext& context = state->runtime->context();
  GcRef object = GcHeap::allocate(context, shape);
  if (object == runtime::kNullRef) return heap_exhausted();
  runtime::store_field(context, object, runtime::gc::kExceptionTagOffset,
                       static_cast<const runtime::TagCell*>(cell));
  for (size_t i = 0; i < payload.size(); ++i) {
    runtime::Slot slots[2]{};
    detail::to_slots(*state, payload[i], type.params[i], slots);
    runtime::write_field(context, object, shape.fields[i].offset, shape.fields[i].storage, slots);
  }
  return detail::root(*state, HeapKind::exn, object);
}

RefKind Ref::kind() const noexcept {
  switch (Internals::form(*this)) {
    case RefForm::null: return RefKind::null;
    case RefForm::i31: return RefKind::i31;
    case RefForm::func: return RefKind::func;
    case RefForm::root: break;
  }
  Object object = object_of(*this);
  if (!object) return RefKind::null;
  switch (object.shape->kind) {
    case Shape::Kind::struct_: return RefKind::struct_;
    case Shape::Kind::array: return RefKind::array;
    case Shape::Kind::exception: return RefKind::exn;
    case Shape::Kind::host: return RefKind::host;
  }
  return RefKind::null;
}

HeapType Ref::type() const {
  switch (kind()) {
    case RefKind::null:
      return hierarchy_ == HeapKind::func      ? HeapKind::nofunc
             : hierarchy_ == HeapKind::extern_ ? HeapKind::noextern
             : hierarchy_ == HeapKind::exn     ? HeapKind::noexn
                                               : HeapKind::none;
    case RefKind::i31: return HeapKind::i31;
    case RefKind::host: return hierarchy_;
    case RefKind::exn: return HeapKind::exn;
    case RefKind::func: {
      if (detail::live(store_.get()) == nullptr) return HeapKind::func;
      auto* func = reinterpret_cast<runtime::FuncRef*>(bits_);
      return detail::to_public(store_.get()->engine, isa::HeapType::concrete(func->type));
    }
    case RefKind::struct_:
    case RefKind::array: break;
  }
  Object object = object_of(*this);
  return detail::to_public(object.store->engine, isa::HeapType::concrete(object.shape->type));
}

std::optional<Func> Ref::as_func() const {
  if (Internals::form(*this) != RefForm::func) return std::nullopt;
  return Internals::make_func(store_.get(), reinterpret_cast<runtime::FuncRef*>(bits_));
}

std::optional<int32_t> Ref::as_i31() const noexcept {
  if (Internals::form(*this) != RefForm::i31) return std::nullopt;
  return static_cast<int32_t>(static_cast<uint32_t>(bits_)) >> 1;
}

Result<Value> Ref::field(uint32_t index) const {
  Object object = object_of(*this);
  if (!object || object.shape->kind != Shape::Kind::struct_) return wrong_kind("a struct");
  if (index >= object.shape->fields.size())
    return bad_index("field", index, object.shape->fields.size());
  const Shape::Field& field = object.shape->fields[index];
  return read(object, field.offset, field.storage, field_type(object, index).type);
}

Result<void> Ref::set_field(uint32_t index, const Value& value) const {
  Object object = object_of(*this);
  if (!object || object.shape->kind != Shape::Kind::struct_) return wrong_kind("a struct");
  if (index >= object.shape->fields.size())
    return bad_index("field", index, object.shape->fields.size());
  const Shape::Field& field = object.shape->fields[index];
  return write(object, field.offset, field.storage, field_type(object, index), value, "the field");
}

Result<uint32_t> Ref::length() const {
  Object object = object_of(*this);
  if (!object || object.shape->kind != Shape::Kind::array) return wrong_kind("an array");
  return GcHeap::array_length(object.context(), object.ref);
}

Result<Value> Ref::element(uint32_t index) const {
  auto count = length();
  if (!count) return std::move(count).error();
  if (index >= *count) return bad_index("element", index, *count);
  Object object = object_of(*this);
  return read(object, element_offset(*object.shape, index), object.shape->elem,
              field_type(object, 0).type);
}

Result<void> Ref::set_element(uint32_t index, const Value& value) const {
  auto count = length();
  if (!count) return std::move(count).error();
  if (index >= *count) return bad_index("element", index, *count);
  Object object = object_of(*this);
  return write(object, element_offset(*object.shape, index), object.shape->elem,
               field_type(object, 0), value, "the element");
}

Result<Tag> Ref::tag() const {
  Object object = object_of(*this);
  if (!object || object.shape->kind != Shape::Kind::exception) return wrong_kind("an exception");
  auto* cell = runtime::load_field<runtime::TagCell*>(object.context(), object.ref,
                                                      runtime::gc::kExceptionTagOffset);
  return Internals::make_tag(object.store, static_cast<runtime::Tag*>(cell));
}

Result<std::vector<Value>> Ref::payload() const {
  Object object = object_of(*this);
  if (!object || object.shape->kind != Shape::Kind::exception) return wrong_kind("an exception");
  std::vector<Value> values;
  const module::FuncType& type = object.store->types().type(object.shape->type).func;
  for (size_t i = 0; i < type.params.size(); ++i) {
    const Shape::Field& field = object.shape->fields[i];
    values.push_back(read(object, field.offset, field.storage, type.params[i]));
  }
  return values;
}

Ref Ref::as_any() const {
  Ref ref = *this;
  if (hierarchy_ == HeapKind::extern_) ref.hierarchy_ = HeapKind::any;
  return ref;
}

Ref Ref::as_extern() const {
  Ref ref = *this;
  if (hierarchy_ == HeapKind::any) ref.hierarchy_ = HeapKind::extern_;
  return ref;
}

bool Ref::same(const Ref& other) const noexcept {
  if (is_null() || other.is_null()) return is_null() && other.is_null();
  if (form_ != other.form_) return false;
  if (Internals::form(*this) == RefForm::root)
    return store_ == other.store_ && detail::gc_ref(*this) == detail::gc_ref(other);
  return bits_ == other.bits_;
}

}  // namespace zwasm
