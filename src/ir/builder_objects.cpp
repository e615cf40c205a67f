// Builder: the instructions on structs and arrays.
#include "ir/builder.h"

namespace zwasm::ir {

using isa::Trap;
using runtime::gc::Shape;
using runtime::gc::Storage;

namespace {

struct Stored {
  Type type;
  MemKind kind;
  uint8_t log2;
};
Stored stored(Storage storage, bool sign) {
  switch (storage) {
    case Storage::i8: return {Type::i32, sign ? MemKind::i8_s : MemKind::i8_u, 0};
    case Storage::i16: return {Type::i32, sign ? MemKind::i16_s : MemKind::i16_u, 1};
    case Storage::i32: return {Type::i32, MemKind::i32_u, 2};
    case Storage::i64:
    case Storage::func: return {Type::i64, MemKind::i64, 3};
    case Storage::f32: return {Type::f32, MemKind::f32, 2};
    case Storage::f64: return {Type::f64, MemKind::f64, 3};
    case Storage::v128: return {Type::v128, MemKind::v128, 4};
    case Storage::ref: return {Type::ref, MemKind::ref, 2};
  }
  return {};
}

}  // namespace

// ------------------------------------------------------------------------------------------------
// Structs

void Builder::struct_op(W op, Imm imm, Es args, Es results) {
  op_begin();
  const Shape& shape = shape_of(imm.index);
  if (op == W::struct_new) {
    std::vector<V> values = use_all(args);
    V made = allocate(imm.index, shape.size);
    for (size_t i = 0; i < values.size(); ++i) {
      const Shape::Field& field = shape.fields[i];
      store_object(made, static_cast<int32_t>(field.offset), values[i],
                   stored(field.storage, false).kind, Region::heap);
    }
    results[0].value.v = made;
    return;
  }
  if (op == W::struct_new_default) {
    V made = shape.size > kMaxInlineObject
                 ? helper(Helper::struct_new, {e_.i32(imm.index)}, Type::ref)
                 : allocate(imm.index, shape.size);
    if (shape.size <= kMaxInlineObject) write_zeros(made, shape.size);
    results[0].value.v = made;
    return;
  }
  const Shape::Field& field = shape.fields[imm.index2];
  const Stored as = stored(field.storage, op == W::struct_get_s);
  const auto offset = static_cast<int32_t>(field.offset);
  V ref = not_null(args[0], Trap::null_structure_reference);
  if (op != W::struct_set) {
    results[0].value.v = load_object(ref, offset, as.type, as.kind, Region::heap);
    return;
  }
  V value = use(args[1]);
  store_object(ref, offset, value, as.kind, Region::heap);
  if (field.storage == Storage::ref) barrier(ref, e_.i32(field.offset), value);
}

// ------------------------------------------------------------------------------------------------
// Arrays

Builder::V Builder::array_length(V ref) {
  return load_object(ref, ZWASM_ARRAY_LENGTH, Type::i32, MemKind::i32_u, Region::heap_length);
}

// The address of element `index`, less the offset of the first: base and scaled index.
Access Builder::element(const Shape& shape, V ref, V index, bool sign, V place[2]) {
  const Stored as = stored(shape.elem, sign);
  Access a;
  a.kind = as.kind;
  a.region = Region::heap;
  a.disp = shape.elem_offset;
  V base = heap_base();
  place[0] = e_.op(W::i64_add, {base, e_.extend_u(e_.ref_bits(ref))});
  place[1] = index;
  if (as.log2 <= 3) a.scale = as.log2;
  else place[1] = e_.op(W::i64_shl, {e_.extend_u(index), e_.i64(as.log2)});
  return a;
}

void Builder::array_new(W op, Imm imm, Es args, E& result) {
  const Shape& shape = shape_of(imm.index);
  V type = e_.i32(imm.index);
  V& made = result.value.v;
  switch (op) {
    case W::array_new: {
      V value = use(args[0]), length = use(args[1]);
      charge_bulk(length, 3);
      V low = bits_of(value, 0), high = bits_of(value, 1);
      made = helper(Helper::array_new, {type, length, low, high}, Type::ref);
      return;
    }
    case W::array_new_default: {
      V length = use(args[0]);
      charge_bulk(length, 3);
      made = helper(Helper::array_new_default, {type, length}, Type::ref);
      return;
    }
    case W::array_new_fixed: {
      std::vector<V> values = use_all(args);
      auto length = static_cast<uint32_t>(values.size());
      uint32_t size = runtime::gc::array_size(shape, length);
      if (size == 0) size = ~0u;
      made = allocate(imm.index, size, e_.i32(length));
      const Stored as = stored(shape.elem, false);
      for (uint32_t i = 0; i < length; ++i)
        store_object(made, static_cast<int32_t>(shape.elem_offset + (i << as.log2)), values[i],
                     as.kind, Region::heap);
      return;
    }
    default: {  // from a segment
      V from = use(args[0]), length = use(args[1]);
      charge_bulk(length, 3);
      made = helper(op == W::array_new_data ? Helper::array_new_data : Helper::array_new_elem,
                    {type, e_.i32(imm.index2), from, length}, Type::ref);
      return;
    }
  }
}

void Builder::array_op(W op, Imm imm, Es args, Es results) {
  op_begin();
  switch (op) {
    case W::array_len:
      results[0].value.v = array_length(not_null(args[0], Trap::null_array_reference));
      return;
    case W::array_get:
    case W::array_get_s:
    case W::array_get_u:
    case W::array_set: {
      const Shape& shape = shape_of(imm.index);
      V ref = not_null(args[0], Trap::null_array_reference), at = use(args[1]);
      e_.trap_if(e_.op(W::i32_ge_u, {at, array_length(ref)}), Trap::array_out_of_bounds);
      V place[2];
      Access a = element(shape, ref, at, op == W::array_get_s, place);
      if (op != W::array_set) {
        results[0].value.v = e_.load(a, stored(shape.elem, false).type, place[0], place[1]);
        return;
      }
      V value = use(args[2]);
      e_.store(a, place[0], place[1], value);
      if (shape.elem == Storage::ref) {
        V offset =
            e_.op(W::i32_add, {e_.op(W::i32_shl, {at, e_.i32(2)}), e_.i32(shape.elem_offset)});
        barrier(ref, offset, value);
      }
      return;
    }
    case W::array_fill: {
      V ref = use(args[0]), at = use(args[1]), value = use(args[2]), count = use(args[3]);
      charge_bulk(count, 3);
      V low = bits_of(value, 0), high = bits_of(value, 1);
      helper(Helper::array_fill, {ref, at, low, high, count});
      return;
    }
    case W::array_copy: {
      V to = use(args[0]), to_at = use(args[1]), from = use(args[2]), from_at = use(args[3]),
        count = use(args[4]);
      charge_bulk(count, 3);
      helper(Helper::array_copy, {to, to_at, from, from_at, count});
      return;
    }
    case W::array_init_data:
    case W::array_init_elem: {
      V ref = use(args[0]), to = use(args[1]), from = use(args[2]), count = use(args[3]);
      charge_bulk(count, 3);
      helper(op == W::array_init_data ? Helper::array_init_data : Helper::array_init_elem,
             {ref, to, e_.i32(imm.index2), from, count});
      return;
    }
    default: array_new(op, imm, args, results[0]); return;
  }
}

}  // namespace zwasm::ir
