// Translator: structs and arrays.
#include "interp/translator.h"
#include "runtime/gc/shape.h"

namespace zwasm::interp {

using isa::Op;
using runtime::gc::Shape;
using runtime::gc::Storage;

namespace {

// Handlers by how an element is stored. Floats move as the bits of integers.
struct Access {
  Misc get, get_s, set;
};
Access struct_access(Storage s) {
  switch (s) {
    case Storage::i8: return {Misc::struct_get_i8_u, Misc::struct_get_i8_s, Misc::struct_set_8};
    case Storage::i16: return {Misc::struct_get_i16_u, Misc::struct_get_i16_s, Misc::struct_set_16};
    case Storage::i32:
    case Storage::f32: return {Misc::struct_get_32, Misc::struct_get_32, Misc::struct_set_32};
    case Storage::ref: return {Misc::struct_get_32, Misc::struct_get_32, Misc::struct_set_ref};
    case Storage::i64:
    case Storage::f64:
    case Storage::func: return {Misc::struct_get_64, Misc::struct_get_64, Misc::struct_set_64};
    case Storage::v128:
      return {Misc::struct_get_v128, Misc::struct_get_v128, Misc::struct_set_v128};
  }
  return {};
}
Access array_access(Storage s) {
  switch (s) {
    case Storage::i8: return {Misc::array_get_i8_u, Misc::array_get_i8_s, Misc::array_set_8};
    case Storage::i16: return {Misc::array_get_i16_u, Misc::array_get_i16_s, Misc::array_set_16};
    case Storage::i32:
    case Storage::f32: return {Misc::array_get_32, Misc::array_get_32, Misc::array_set_32};
    case Storage::ref: return {Misc::array_get_32, Misc::array_get_32, Misc::array_set_ref};
    case Storage::i64:
    case Storage::f64:
    case Storage::func: return {Misc::array_get_64, Misc::array_get_64, Misc::array_set_64};
    case Storage::v128: return {Misc::array_get_v128, Misc::array_get_v128, Misc::array_set_v128};
  }
  return {};
}

}  // namespace

void Translator::struct_op(Op op, Imm imm, Es args, Es results) {
  op_begin();
  uint32_t home = home_after(args);
  const Shape* shape = module_.shapes()[imm.index];
  auto shape_bits = reinterpret_cast<uint64_t>(shape);
  if (op == Op::struct_new || op == Op::struct_new_default) {
    at_home(args);
    start_allocation(op == Op::struct_new ? Misc::struct_new : Misc::struct_new_default);
    as_.word(home);
    if (op == Op::struct_new) as_.word(home);
    as_.word64(shape_bits);
    result_of_last(results[0], home);
    return;
  }
  const Shape::Field& field = shape->fields[imm.index2];
  Access access = struct_access(field.storage);
  uint32_t object = in_slot(args[0]);
  if (op == Op::struct_set) {
    uint32_t value = in_slot(args[1]);
    start_at_position(access.set);
    words({object, value, field.offset});
    return;
  }
  store_pending(Class::integer);
  start_at_position(op == Op::struct_get_s ? access.get_s : access.get);
  words({home, object, field.offset});
  result_in_both(results[0], home);
}

void Translator::array_op(Op op, Imm imm, Es args, Es results) {
  op_begin();
  uint32_t home = home_after(args);
  uint32_t s[5] = {};
  if (op == Op::array_new_fixed) {
    at_home(args);
  } else {
    for (size_t i = 0; i < args.size(); ++i) s[i] = in_slot(args[i]);
  }
  const Shape* shape = op == Op::array_len ? nullptr : module_.shapes()[imm.index];
  auto shape_bits = reinterpret_cast<uint64_t>(shape);
  switch (op) {
    case Op::array_new:
      charge_bulk(args[1], 3);
      start_allocation(Misc::array_new);
      words({home, s[0], s[1]});
      as_.word64(shape_bits);
      break;
    case Op::array_new_default:
      charge_bulk(args[0], 3);
      start_allocation(Misc::array_new_default);
      words({home, s[0]});
      as_.word64(shape_bits);
      break;
    case Op::array_new_fixed:
      start_allocation(Misc::array_new_fixed);
      words({home, home, imm.index2});
      as_.word64(shape_bits);
      break;
    case Op::array_new_data:
    case Op::array_new_elem:
      charge_bulk(args[1], 3);
      start_allocation(op == Op::array_new_data ? Misc::array_new_data : Misc::array_new_elem);
      words({home, s[0], s[1], imm.index2});
      as_.word64(shape_bits);
      break;
    case Op::array_get:
    case Op::array_get_s:
    case Op::array_get_u: {
      Access access = array_access(shape->elem);
      store_pending(Class::integer);
      start_at_position(op == Op::array_get_s ? access.get_s : access.get);
      words({home, s[0], s[1]});
      result_in_both(results[0], home);
      return;
    }
    case Op::array_set:
      start_at_position(array_access(shape->elem).set);
      words({s[0], s[1], s[2]});
      return;
    case Op::array_len:
      store_pending(Class::integer);
      start_at_position(Misc::array_len);
      words({home, s[0]});
      result_in_both(results[0], home);
      return;
    case Op::array_fill:
      charge_bulk(args[3], 3);
      start_allocation(Misc::array_fill);
      words({s[0], s[1], s[2], s[3]});
      return;
    case Op::array_copy:
      charge_bulk(args[4], 3);
      start_allocation(Misc::array_copy);
      words({s[0], s[1], s[2], s[3], s[4]});
      return;
    case Op::array_init_data:
    case Op::array_init_elem:
      charge_bulk(args[3], 3);
      start_allocation(op == Op::array_init_data ? Misc::array_init_data : Misc::array_init_elem);
      words({s[0], s[1], s[2], s[3], imm.index2});
      return;
    default: return;  // the decoder reports only the ops above
  }
  result_of_last(results[0], home);
}

}  // namespace zwasm::interp
