#include "api/convert.h"

namespace zwasm::detail {

static_assert(static_cast<int>(HeapKind::func) == static_cast<int>(isa::AbsHeap::func) &&
              static_cast<int>(HeapKind::eq) == static_cast<int>(isa::AbsHeap::eq) &&
              static_cast<int>(HeapKind::noexn) == static_cast<int>(isa::AbsHeap::noexn));
static_assert(static_cast<int>(ValKind::v128) == static_cast<int>(isa::ValKind::v128) &&
              static_cast<int>(ValKind::ref) == static_cast<int>(isa::ValKind::ref));
static_assert(static_cast<int>(ExternKind::tag) == static_cast<int>(isa::ExternKind::tag));

TypeScope::~TypeScope() = default;

namespace {

bool names_definition(isa::ValType type) { return type.is_ref() && type.heap().is_concrete(); }

// A scope that keeps the defined types among `types` alive; null if there are none. A function
// type that mentions them does that.
std::shared_ptr<const TypeScope> scope_for(const EnginePtr& engine,
                                           std::span<const isa::ValType> params,
                                           std::span<const isa::ValType> results) {
  bool any = false;
  for (isa::ValType type : params) any |= names_definition(type);
  for (isa::ValType type : results) any |= names_definition(type);
  if (!any) return nullptr;
  auto scope = std::make_shared<TypeScope>(engine);
  engine->types().add_func_type({params, results}, scope->keeper());
  return scope;
}

HeapType make_heap(isa::HeapType type, const std::shared_ptr<const TypeScope>& scope) {
  return TypeAccess::make(type.bits(), type.is_concrete() ? scope : nullptr);
}

ValType make_type(isa::ValType type, const std::shared_ptr<const TypeScope>& scope) {
  isa::ValType full = type.unpacked();
  if (full.is_ref()) return ValType::ref(make_heap(full.heap(), scope), full.nullable());
  return ValType(static_cast<ValKind>(full.kind()));
}

std::vector<ValType> make_types(std::span<const isa::ValType> types,
                                const std::shared_ptr<const TypeScope>& scope) {
  std::vector<ValType> list;
  list.reserve(types.size());
  for (isa::ValType type : types) list.push_back(make_type(type, scope));
  return list;
}

}  // namespace

ValType to_public(const EnginePtr& engine, isa::ValType type) {
  return make_type(type, scope_for(engine, {&type, 1}, {}));
}

HeapType to_public(const EnginePtr& engine, isa::HeapType type) {
  return to_public(engine, isa::ValType::ref(type, true)).heap();
}

FuncType to_public(const EnginePtr& engine, const module::FuncType& type) {
  auto scope = scope_for(engine, type.params, type.results);
  return {make_types(type.params, scope), make_types(type.results, scope)};
}

FuncType func_type(const EnginePtr& engine, module::CanonId id) {
  return to_public(engine, engine->types().type(id).func);
}

TableType to_public(const EnginePtr& engine, const module::TableType& type) {
  return {to_public(engine, type.elem), {type.limits.min, type.limits.max, type.limits.is64}};
}

MemoryType to_public(const module::MemoryType& type) {
  return {{type.limits.min, type.limits.max, type.limits.is64},
          type.limits.shared,
          type.page_size_log2};
}

isa::HeapType to_internal(const HeapType& type) {
  return isa::HeapType::from_bits(TypeAccess::bits(type));
}

isa::ValType to_internal(const ValType& type) {
  if (type.is_ref()) return isa::ValType::ref(to_internal(type.heap()), type.nullable());
  return isa::ValType(static_cast<isa::ValKind>(type.kind()));
}

module::TableType to_internal(const TableType& type) {
  return {to_internal(type.element), {type.limits.min, type.limits.max, false, type.limits.is64}};
}

module::MemoryType to_internal(const MemoryType& type) {
  return {{type.limits.min, type.limits.max, type.shared, type.limits.is64}, type.page_size_log2};
}

std::unique_ptr<Error> check_type(const StoreState& store, const ValType& type) {
  if (!type.is_ref() || !type.heap().is_defined()) return nullptr;
  if (TypeAccess::scope(type.heap())->engine() == store.engine) return nullptr;
  return std::make_unique<Error>(Error::usage("a type of another engine"));
}

std::unique_ptr<Error> check_type(const StoreState& store, const FuncType& type) {
  for (const auto* types : {&type.params, &type.results})
    for (const ValType& each : *types)
      if (auto error = check_type(store, each)) return error;
  return nullptr;
}

isa::ValType type_of(TypeCode code) {
  switch (code) {
    case TypeCode::i32: return isa::kI32;
    case TypeCode::i64: return isa::kI64;
    case TypeCode::f32: return isa::kF32;
    case TypeCode::f64: return isa::kF64;
    case TypeCode::v128: return isa::kV128;
    case TypeCode::funcref: return isa::kFuncRef;
    case TypeCode::externref: return isa::kExternRef;
    case TypeCode::anyref: return isa::kAnyRef;
    case TypeCode::exnref: return isa::kExnRef;
  }
  return isa::kI32;
}

OwnedFuncType::OwnedFuncType(const FuncType& type) {
  for (const ValType& param : type.params) params.push_back(to_internal(param));
  for (const ValType& result : type.results) results.push_back(to_internal(result));
}

OwnedFuncType::OwnedFuncType(const Signature& signature) {
  for (TypeCode code : signature.params) params.push_back(type_of(code));
  for (TypeCode code : signature.results) results.push_back(type_of(code));
}

}  // namespace zwasm::detail

namespace zwasm {

using detail::TypeAccess;

HeapType::HeapType(HeapKind kind) : bits_(static_cast<uint32_t>(kind)) {}

HeapKind HeapType::kind() const noexcept {
  isa::HeapType heap = isa::HeapType::from_bits(bits_);
  return heap.is_concrete() ? HeapKind::defined : static_cast<HeapKind>(bits_);
}

std::optional<TypeDefinition> HeapType::definition() const {
  if (!is_defined()) return std::nullopt;
  const module::CanonType& type = scope_->types().type(isa::HeapType::from_bits(bits_).index());
  TypeDefinition definition;
  definition.final = type.final;
  switch (type.kind) {
    case module::CompositeKind::func:
      definition.kind = TypeDefinition::Kind::func;
      definition.func.params = detail::make_types(type.func.params, scope_);
      definition.func.results = detail::make_types(type.func.results, scope_);
      break;
    case module::CompositeKind::struct_:
    case module::CompositeKind::array:
      definition.kind = type.kind == module::CompositeKind::struct_ ? TypeDefinition::Kind::struct_
                                                                    : TypeDefinition::Kind::array;
      for (const module::FieldType& field : type.fields) {
        FieldType& made = definition.fields.emplace_back();
        made.type = detail::make_type(field.type, scope_);
        made.mut = field.mut;
        if (field.type.kind() == isa::ValKind::i8) made.packing = FieldType::Packing::i8;
        if (field.type.kind() == isa::ValKind::i16) made.packing = FieldType::Packing::i16;
      }
      break;
  }
  return definition;
}

HeapKind HeapType::top() const noexcept {
  switch (kind()) {
    case HeapKind::func:
    case HeapKind::nofunc: return HeapKind::func;
    case HeapKind::extern_:
    case HeapKind::noextern: return HeapKind::extern_;
    case HeapKind::any:
    case HeapKind::eq:
    case HeapKind::i31:
    case HeapKind::struct_:
    case HeapKind::array:
    case HeapKind::none: return HeapKind::any;
    case HeapKind::exn:
    case HeapKind::noexn: return HeapKind::exn;
    case HeapKind::defined: break;
  }
  const module::CanonType& type = scope_->types().type(isa::HeapType::from_bits(bits_).index());
  return type.kind == module::CompositeKind::func ? HeapKind::func : HeapKind::any;
}

bool HeapType::matches(const HeapType& super) const {
  return ValType::ref(*this).matches(ValType::ref(super));
}

ValType ValType::ref(HeapType heap, bool nullable) {
  ValType type(ValKind::ref);
  type.nullable_ = nullable;
  type.heap_ = std::move(heap);
  return type;
}

bool HeapType::same(const HeapType& other) const noexcept {
  if (bits_ != other.bits_) return false;
  return scope_ == other.scope_ || !is_defined() || scope_->engine() == other.scope_->engine();
}

bool ValType::matches(const ValType& super) const {
  const auto& sub_scope = TypeAccess::scope(heap_);
  const auto& super_scope = TypeAccess::scope(super.heap_);
  // Numbers of two engines cannot be compared.
  if (sub_scope && super_scope && sub_scope->engine() != super_scope->engine()) return false;
  isa::ValType from = detail::to_internal(*this), to = detail::to_internal(super);
  const auto& scope = sub_scope ? sub_scope : super_scope;
  return scope ? scope->types().matches(from, to) : module::ModuleTypes().matches(from, to);
}

}  // namespace zwasm
