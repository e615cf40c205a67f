// Translator: references and casts.
#include "interp/translator.h"

namespace zwasm::interp {

using isa::Op;

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

// What allocates may collect: references stand in their slots.
void Translator::start_allocation(Misc m) {
  forget_accs();
  safepoint(decoder_.operand_count());
  start_at_position(m);
}

}  // namespace zwasm::interp
