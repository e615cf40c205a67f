// Translator: references, structs, arrays.
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

// The instruction leaves its result both at home and in the integer accumulator.
void Translator::result_in_both(E& result, uint32_t home) {
  acc(Class::integer) = {};
  result_of_last(result, home);
  if (!result.type.is_vec() && class_of(result.type) == Class::integer)
    acc(Class::integer).slot = home;
}

// Words of a test: heap type (canonical), its depth, is null of the type?
void Translator::put_type(ValType type) {
  ValType canon = module_.types().canon(type);
  uint32_t depth = 0;
  if (canon.heap().is_concrete())
    depth = static_cast<uint32_t>(
        module_.engine().types().type(canon.heap().index()).display.size() - 1);
  words({canon.heap().bits(), depth, canon.nullable() ? 1u : 0u});
}

void Translator::test(Misc plain, Misc func, uint32_t dest, uint32_t slot, ValType type) {
  bool is_func = !is_root_type(type);
  start_at_position(is_func ? func : plain);
  words({dest, slot});
  if (is_func) as_.word(module_.types().canon(type).bits());
  else put_type(type);
}

void Translator::ref_op(Op op, Imm imm, Es args, Es results) {
  op_begin();
  uint32_t home = home_after(args);
  E& result = results[0];
  switch (op) {
    case Op::ref_null:
      result.value = {0, home, kConst};
      touch_height(home + sizeof(Slot));
      return;
    case Op::ref_func:
      start(Misc::ref_func);
      words({home, imm.index});
      result_of_last(result, home);
      return;
    case Op::ref_as_non_null: {
      uint32_t slot = in_slot(args[0]);
      start_at_position(Misc::as_non_null);
      as_.word(slot);
      result.value = args[0].value;
      return;
    }
    case Op::any_convert_extern:
    case Op::extern_convert_any: result.value = args[0].value; return;
    case Op::ref_eq: {
      uint32_t a = in_slot(args[0]), b = in_slot(args[1]);
      store_pending(Class::integer);
      start(Misc::ref_eq);
      words({home, a, b});
      result_in_both(result, home);
      return;
    }
    case Op::ref_test:
    case Op::ref_test_null: {
      uint32_t slot = in_slot(args[0]);
      store_pending(Class::integer);
      test(Misc::ref_test, Misc::ref_test_func, home, slot,
           ValType::ref(imm.heap, op == Op::ref_test_null));
      result_in_both(result, home);
      return;
    }
    case Op::ref_cast:
    case Op::ref_cast_null: {
      uint32_t slot = in_slot(args[0]);
      test(Misc::ref_cast, Misc::ref_cast_func, home, slot,
           ValType::ref(imm.heap, op == Op::ref_cast_null));
      result_of_last(result, home);
      return;
    }
    default: break;  // one operand, plain handlers, below
  }
  uint32_t slot = in_slot(args[0]);
  store_pending(Class::integer);
  Misc m = op == Op::ref_is_null ? Misc::ref_is_null
           : op == Op::ref_i31   ? Misc::ref_i31
           : op == Op::i31_get_s ? Misc::i31_get_s
                                 : Misc::i31_get_u;
  start_at_position(m);
  words({home, slot});
  if (op == Op::ref_i31) result_at_home(result, home);
  else result_in_both(result, home);
}

// ------------------------------------------------------------------------------------------------
// Branches on references

void Translator::br_on_null(F& target, uint32_t, E& ref, Es values) {
  op_begin();
  uint32_t slot = in_slot(ref);
  branch_with(target, values, [&](bool sense, uint32_t label, bool back) {
    start_at_position(back ? (sense ? Misc::branch_z_back_s : Misc::branch_nz_back_s)
                           : (sense ? Misc::branch_z_s : Misc::branch_nz_s));
    as_.word(slot);
    as_.displacement(label);
  });
  new_block();
}

void Translator::br_on_non_null(F& target, uint32_t, Es values) {
  op_begin();
  uint32_t slot = in_slot(values.back());
  branch_with(target, values, [&](bool sense, uint32_t label, bool back) {
    start_at_position(back ? (sense ? Misc::branch_nz_back_s : Misc::branch_z_back_s)
                           : (sense ? Misc::branch_nz_s : Misc::branch_z_s));
    as_.word(slot);
    as_.displacement(label);
  });
  new_block();
}

void Translator::branch_on_cast(F& target, Es values, ValType to, bool on_fail) {
  op_begin();
  uint32_t slot = in_slot(values.back());
  uint32_t scratch = top_home();
  touch_height(scratch + sizeof(Slot));
  branch_with(target, values, [&](bool sense, uint32_t label, bool back) {
    store_pending(Class::integer);
    test(Misc::ref_test, Misc::ref_test_func, scratch, slot, to);
    acc(Class::integer) = {};
    wrote(scratch);
    bool on_true = sense != on_fail;
    start_at_position(back ? (on_true ? Misc::branch_nz_back_a : Misc::branch_z_back_a)
                           : (on_true ? Misc::branch_nz_a : Misc::branch_z_a));
    as_.displacement(label);
  });
  new_block();
}
void Translator::br_on_cast(F& target, uint32_t, Es values, ValType, ValType to) {
  branch_on_cast(target, values, to, false);
}
void Translator::br_on_cast_fail(F& target, uint32_t, Es values, ValType, ValType to) {
  branch_on_cast(target, values, to, true);
}

// ------------------------------------------------------------------------------------------------
// Structs and arrays

// What allocates may collect: references stand in their slots.
void Translator::start_allocation(Misc m) {
  forget_accs();
  safepoint(decoder_.operand_count());
  start_at_position(m);
}

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
