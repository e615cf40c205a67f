#include "runtime/gc/shape.h"

#include <algorithm>

namespace zwasm::runtime::gc {

using isa::AbsHeap;
using isa::ValKind;
using module::CompositeKind;

bool is_func_ref(const module::TypeRegistry& registry, isa::ValType type) {
  if (!type.is_ref()) return false;
  if (type.heap().is_concrete())
    return registry.type(type.heap().index()).kind == CompositeKind::func;
  return type.heap().abs() == AbsHeap::func || type.heap().abs() == AbsHeap::nofunc;
}

Storage storage_of(const module::TypeRegistry& registry, isa::ValType type) {
  switch (type.kind()) {
    case ValKind::i8: return Storage::i8;
    case ValKind::i16: return Storage::i16;
    case ValKind::i32: return Storage::i32;
    case ValKind::i64: return Storage::i64;
    case ValKind::f32: return Storage::f32;
    case ValKind::f64: return Storage::f64;
    case ValKind::v128: return Storage::v128;
    case ValKind::ref: return is_func_ref(registry, type) ? Storage::func : Storage::ref;
    case ValKind::bottom: break;
  }
  return Storage::i64;
}

const Shape* ShapeArena::make(const module::TypeRegistry& registry, module::CanonId id) {
  const module::CanonType& type = registry.type(id);
  Shape shape;
  shape.type = id;
  shape.display = arena_.copy(type.display);
  std::vector<Shape::Field> fields;
  std::vector<uint32_t> refs;
  auto add = [&](uint32_t offset, Storage storage, bool mut) {
    fields.push_back({offset, storage, mut});
    if (storage == Storage::ref) refs.push_back(offset);
  };
  switch (type.kind) {
    case CompositeKind::struct_: {
      shape.kind = Shape::Kind::struct_;
      uint32_t at = kHeaderSize;
      for (const auto& field : type.fields) {
        Storage storage = storage_of(registry, field.type);
        uint32_t align = std::min(storage_size(storage), 8u);
        at = (at + align - 1) & ~(align - 1);
        add(at, storage, field.mut);
        at += storage_size(storage);
      }
      shape.size = (at + 7) & ~7u;
      break;
    }
    case CompositeKind::array: {
      shape.kind = Shape::Kind::array;
      shape.elem = storage_of(registry, type.fields[0].type);
      shape.elem_mut = type.fields[0].mut;
      shape.elem_offset = storage_size(shape.elem) >= 8 ? 16 : 12;
      break;
    }
    case CompositeKind::func: {
      shape.kind = Shape::Kind::exception;
      uint32_t at = kExceptionArgsOffset;
      for (isa::ValType param : type.func.params) {
        add(at, storage_of(registry, param), false);
        at += 8 * isa::slots_of(param);
      }
      shape.size = at;
      break;
    }
  }
  shape.fields = arena_.copy(fields);
  shape.refs = arena_.copy(refs);
  return &arena_.copy(std::span<const Shape>(&shape, 1))[0];
}

}  // namespace zwasm::runtime::gc
