// Comparisons, and what takes them over: branches, traps, selects.
#include <bit>

#include "codegen/arm64/lower.h"

namespace zwasm::codegen::arm64 {

using ir::Op;

namespace {

constexpr Condition swapped(Condition c) {
  switch (c) {
    case Condition::lt: return Condition::gt;
    case Condition::gt: return Condition::lt;
    case Condition::le: return Condition::ge;
    case Condition::ge: return Condition::le;
    case Condition::lo: return Condition::hi;
    case Condition::hi: return Condition::lo;
    case Condition::ls: return Condition::hs;
    case Condition::hs: return Condition::ls;
    case Condition::eq:
    case Condition::ne:
    case Condition::mi:
    case Condition::pl:
    case Condition::vs:
    case Condition::vc: return c;
  }
  return c;
}

bool is_lanes_test(const ir::Inst& inst) {
  if (!ir::is_wasm_op(inst.op)) return false;
  switch (ir::wasm_op(inst.op)) {
    case isa::Op::v128_any_true:
    case isa::Op::i8x16_all_true:
    case isa::Op::i16x8_all_true:
    case isa::Op::i32x4_all_true:
    case isa::Op::i64x2_all_true: return true;
    default: return false;
  }
}

}  // namespace

// Conditions of floats are false when unordered, `ne` aside: mi and ls are less and less or equal.
std::optional<Lowering::CompareRow> Lowering::compare_row(const ir::Inst& inst) const {
  if (inst.op == Op::ref_eq) return CompareRow{Condition::eq, Width::w32, false, Fp::s, false};
  if (!ir::is_wasm_op(inst.op)) return std::nullopt;
  switch (ir::wasm_op(inst.op)) {
#define INT_ROW(op, cond)                                                                \
  case W::i32_##op: return CompareRow{Condition::cond, Width::w32, false, Fp::s, false}; \
  case W::i64_##op: return CompareRow{Condition::cond, Width::w64, false, Fp::s, false};
#define FP_ROW(op, cond)                                                                \
  case W::f32_##op: return CompareRow{Condition::cond, Width::w32, true, Fp::s, false}; \
  case W::f64_##op: return CompareRow{Condition::cond, Width::w64, true, Fp::d, false};
    INT_ROW(eq, eq)
    INT_ROW(ne, ne)
    INT_ROW(lt_s, lt)
    INT_ROW(lt_u, lo)
    INT_ROW(gt_s, gt)
    INT_ROW(gt_u, hi)
    INT_ROW(le_s, le)
    INT_ROW(le_u, ls)
    INT_ROW(ge_s, ge)
    INT_ROW(ge_u, hs)
    FP_ROW(eq, eq)
    FP_ROW(ne, ne)
    FP_ROW(lt, mi)
    FP_ROW(gt, gt)
    FP_ROW(le, ls)
    FP_ROW(ge, ge)
#undef INT_ROW
#undef FP_ROW
    case W::i32_eqz: return CompareRow{Condition::eq, Width::w32, false, Fp::s, true};
    case W::i64_eqz: return CompareRow{Condition::eq, Width::w64, false, Fp::s, true};
    default: return std::nullopt;  // Op is open: most are no comparisons
  }
}

// Emits a comparison; `cond` is that of (a, b) and changes when they are exchanged.
void Lowering::put_compare(Width w, ir::Value a, ir::Value b, Condition& cond) {
  int64_t imm;
  if (int_const(a, imm)) {
    std::swap(a, b);
    cond = swapped(cond);
  }
  if (int_const(b, imm)) {
    bool plain = encode_arith(static_cast<uint64_t>(imm)).has_value();
    if (plain || encode_arith(-static_cast<uint64_t>(imm))) {
      MachineInst& i = put(MOp::cmp, w, plain ? AddSub::subs : AddSub::adds, {use(reg_of(a))});
      i.form = static_cast<uint8_t>(Form::imm);
      i.imm = plain ? imm : -imm;
      return;
    }
  }
  Flex flex = flex_arith(b, w);
  if (flex.form == Form::reg) {
    if (auto other = fold_shift(a, w, Shift::asr)) {
      flex = *other;
      a = b;
      cond = swapped(cond);
    }
  }
  VReg left = reg_of(a);
  put_flex(MOp::cmp, w, static_cast<uint8_t>(AddSub::subs), {use(left)}, flex);
}

Lowering::Test Lowering::compare_test(const ir::Inst& inst, const CompareRow& row) {
  ir::Value a = arg(inst, 0);
  if (row.is_float) {
    ir::Value b = arg(inst, 1);
    const ir::Inst* zero = def(b);
    uint64_t bits = row.fp == Fp::d ? ~uint64_t{0} >> 1 : 0x7FFFFFFF;
    bool with_zero = zero != nullptr && (zero->op == Op::const_f32 || zero->op == Op::const_f64) &&
                     (zero->imm & bits) == 0;
    if (with_zero) {
      put(MOp::fcmp_zero, row.fp, 0, {use(reg_of(a))});
    } else {
      VReg left = reg_of(a), right = reg_of(b);
      put(MOp::fcmp, row.fp, 0, {use(left), use(right)});
    }
    return {Test::Kind::flags, row.cond, row.width, VReg::none, 0};
  }
  // Against zero: the register decides by itself, or one bit of it.
  int64_t imm = 0;
  Condition cond = row.cond;
  if (!row.with_zero) {
    ir::Value b = arg(inst, 1);
    if (int_const(a, imm) && imm == 0) {
      std::swap(a, b);
      cond = swapped(cond);
    }
    if (!int_const(b, imm) || imm != 0) {
      put_compare(row.width, a, b, cond);
      return {Test::Kind::flags, cond, row.width, VReg::none, 0};
    }
  }
  uint8_t top = row.width == Width::w64 ? 63 : 31;
  switch (cond) {
    case Condition::ls: cond = Condition::eq; break;  // unsigned: at most zero
    case Condition::hi: cond = Condition::ne; break;
    case Condition::lt: return {Test::Kind::bit, Condition::ne, row.width, reg_of(a), top};
    case Condition::ge: return {Test::Kind::bit, Condition::eq, row.width, reg_of(a), top};
    default: break;
  }
  if (cond == Condition::eq || cond == Condition::ne) {
    // A truth value of its own: (x < y) == 0.
    const ir::Inst* inner = row.width == Width::w32 ? def(a) : nullptr;
    if (inner != nullptr && uses(a) == 1 && (compare_row(*inner) || is_lanes_test(*inner))) {
      Test test = test_of(a);
      if (cond == Condition::eq) test.cond = negate(test.cond);
      return test;
    }
    const ir::Inst* mask = only(a, row.width == Width::w64 ? W::i64_and : W::i32_and);
    if (mask != nullptr) {
      ir::Value x = arg(*mask, 0), y = arg(*mask, 1);
      if (int_const(x, imm)) std::swap(x, y);
      if (int_const(y, imm)) {
        auto bits = static_cast<uint64_t>(imm);
        if (row.width == Width::w32) bits &= 0xFFFFFFFF;
        if (std::has_single_bit(bits))
          return {Test::Kind::bit, cond, row.width, reg_of(x),
                  static_cast<uint8_t>(std::countr_zero(bits))};
        if (encode_bitmask(bits, row.width)) {
          MachineInst& i = put(MOp::tst, row.width, 0, {use(reg_of(x))});
          i.form = static_cast<uint8_t>(Form::imm);
          i.imm = static_cast<int64_t>(bits);
          return {Test::Kind::flags, cond, row.width, VReg::none, 0};
        }
      }
      VReg left = reg_of(x);
      auto shifted = fold_shift(y, row.width, Shift::ror);
      put_flex(MOp::tst, row.width, 0, {use(left)},
               shifted ? *shifted : Flex{Form::reg, reg_of(y), 0, 0});
      return {Test::Kind::flags, cond, row.width, VReg::none, 0};
    }
    return {Test::Kind::zero, cond, row.width, reg_of(a), 0};
  }
  MachineInst& i = put(MOp::cmp, row.width, AddSub::subs, {use(reg_of(a))});
  i.form = static_cast<uint8_t>(Form::imm);  // zero
  return {Test::Kind::flags, cond, row.width, VReg::none, 0};
}

// What tells whether `v`, an i32, is not zero.
Lowering::Test Lowering::test_of(ir::Value v) {
  const ir::Inst* inst = def(v);
  if (inst != nullptr && uses(v) == 1) {
    if (auto row = compare_row(*inst)) return compare_test(*inst, *row);
    if (is_lanes_test(*inst))
      return {Test::Kind::zero, Condition::ne, Width::w64, lanes_test(*inst), 0};
    if (inst->op == ir::op_of(W::i32_and)) {
      int64_t imm;
      ir::Value x = arg(*inst, 0), y = arg(*inst, 1);
      if (int_const(x, imm)) std::swap(x, y);
      if (int_const(y, imm) && std::has_single_bit(static_cast<uint32_t>(imm)))
        return {Test::Kind::bit, Condition::ne, Width::w32, reg_of(x),
                static_cast<uint8_t>(std::countr_zero(static_cast<uint32_t>(imm)))};
    }
  }
  return {Test::Kind::zero, Condition::ne, Width::w32, reg_of(v), 0};
}

// The same as a condition on the flags.
Condition Lowering::flags_of(const Test& test) {
  switch (test.kind) {
    case Test::Kind::flags: break;
    case Test::Kind::zero: {
      MachineInst& i = put(MOp::cmp, test.width, AddSub::subs, {use(test.reg)});
      i.form = static_cast<uint8_t>(Form::imm);
      break;
    }
    case Test::Kind::bit: {
      MachineInst& i = put(MOp::tst, test.width, 0, {use(test.reg)});
      i.form = static_cast<uint8_t>(Form::imm);
      i.imm = static_cast<int64_t>(uint64_t{1} << test.bit);
      break;
    }
  }
  return test.cond;
}

Condition Lowering::flags_of(ir::Value v) { return flags_of(test_of(v)); }

// --- users ---

void Lowering::lower_compare(const ir::Inst& inst) {
  VReg to = result(inst);
  Test test = compare_test(inst, *compare_row(inst));
  if (test.kind == Test::Kind::bit && test.cond == Condition::ne) {  // x < 0: the sign itself
    put_bitfield(Bitfield::ubfm, test.width, to, test.reg, test.bit, test.bit);
    return;
  }
  put_set(to, flags_of(test));
}

// 1 if `cond` holds, else 0: zero plus one if it does not hold that it does not.
void Lowering::put_set(VReg to, Condition cond) {
  MachineInst& i = put(MOp::select, Width::w32, Select::csinc, {def(to)});
  i.cond = static_cast<uint8_t>(negate(cond));
  i.scale = 3;
}

void Lowering::lower_select(const ir::Inst& inst) {
  VReg to = result(inst);
  ir::Value then = arg(inst, 1), otherwise = arg(inst, 2);
  switch (inst.type) {
    case ir::Type::f32:
    case ir::Type::f64: {
      VReg a = reg_of(then), b = reg_of(otherwise);
      Fp type = inst.type == ir::Type::f64 ? Fp::d : Fp::s;
      Condition cond = flags_of(arg(inst, 0));
      put(MOp::fcsel, type, 0, {def(to), use(a), use(b)}).cond = static_cast<uint8_t>(cond);
      return;
    }
    case ir::Type::v128: {
      VReg a = reg_of(then), b = reg_of(otherwise);
      VReg bits = new_int(), mask = new_vec();
      Condition cond = flags_of(arg(inst, 0));
      MachineInst& i = put(MOp::select, Width::w64, Select::csinv, {def(bits)});
      i.cond = static_cast<uint8_t>(negate(cond));
      i.scale = 3;
      put(MOp::dup_int, Shape::d2, 0, {def(mask), use(bits)});
      simd_select(to, mask, a, b);
      return;
    }
    case ir::Type::none:
    case ir::Type::i32:
    case ir::Type::i64:
    case ir::Type::ref: break;
  }
  Width w = inst.type == ir::Type::i64 ? Width::w64 : Width::w32;
  int64_t a = -1, b = -1;
  bool a_const = int_const(then, a), b_const = int_const(otherwise, b);
  if (a_const && b_const && a == 1 && b == 0) {
    put_set(to, flags_of(arg(inst, 0)));
    return;
  }
  // The second operand may be incremented, inverted or negated on the way.
  Select op = Select::csel;
  W add = w == Width::w64 ? W::i64_add : W::i32_add;
  W xor_op = w == Width::w64 ? W::i64_xor : W::i32_xor;
  int64_t by;
  if (const ir::Inst* next = only(otherwise, add);
      next && int_const(arg(*next, 1), by) && by == 1) {
    op = Select::csinc;
    otherwise = arg(*next, 0);
  } else if (const ir::Inst* inverse = only(otherwise, xor_op);
             inverse && int_const(arg(*inverse, 1), by) && by == -1) {
    op = Select::csinv;
    otherwise = arg(*inverse, 0);
  }
  b_const = int_const(otherwise, b);
  bool a_zero = a_const && a == 0, b_zero = b_const && b == 0;
  VReg first = a_zero ? VReg::none : reg_of(then);
  VReg second = b_zero ? VReg::none : reg_of(otherwise);
  Condition cond = flags_of(arg(inst, 0));
  MachineInst& i = put(MOp::select, w, op, {def(to)});
  i.cond = static_cast<uint8_t>(cond);
  i.scale = static_cast<uint8_t>((a_zero ? 1 : 0) | (b_zero ? 2 : 0));
  if (!a_zero) add_operand(use(first));
  if (!b_zero) add_operand(use(second));
}

MachineInst& Lowering::put_test(MOp flags_op, MOp zero_op, MOp bit_op, const Test& test) {
  MOp op = test.kind == Test::Kind::flags  ? flags_op
           : test.kind == Test::Kind::zero ? zero_op
                                           : bit_op;
  MachineInst& i = test.kind == Test::Kind::flags ? put(op, test.width, 0, {})
                                                  : put(op, test.width, 0, {use(test.reg)});
  i.cond = static_cast<uint8_t>(test.cond);
  i.imm = test.bit;
  return i;
}

void Lowering::lower_branch(const ir::Inst& inst) {
  Test test = test_of(arg(inst, 0));
  put_test(MOp::branch, MOp::branch_zero, MOp::branch_bit, test);
}

void Lowering::lower_trap_if(const ir::Inst& inst) {
  Test test = test_of(arg(inst, 0));
  MachineInst& i = put_test(MOp::trap_if, MOp::trap_if_zero, MOp::trap_if_bit, test);
  i.trap = static_cast<isa::Trap>(inst.imm);
  i.may_trap = true;
}

// A register that is not zero if the vector passes.
VReg Lowering::lanes_test(const ir::Inst& inst) {
  VReg v = reg_arg(inst, 0), bits = new_int();
  auto least = [&](Shape shape) {
    VReg lane = new_vec();
    put(MOp::vacross, shape, VAcross::uminv, {def(lane), use(v)});
    put(MOp::int_from_vec, Width::w32, 0, {def(bits), use(lane)});
    return bits;
  };
  switch (ir::wasm_op(inst.op)) {
    case W::i8x16_all_true: return least(Shape::b16);
    case W::i16x8_all_true: return least(Shape::h8);
    case W::i32x4_all_true: return least(Shape::s4);
    case W::i64x2_all_true: v = put_v3(V3::cmtst, Shape::d2, v, v); return least(Shape::s4);
    default: break;
  }
  VReg most = put_v3(V3::umaxp, Shape::s4, v, v);
  put(MOp::int_from_vec, Width::w64, 0, {def(bits), use(most)});
  return bits;
}

}  // namespace zwasm::codegen::arm64
