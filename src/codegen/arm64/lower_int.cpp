// Integers: what fits into the last operand, multiply and add, fields of bits.
#include <bit>

#include "codegen/arm64/lower.h"

namespace zwasm::codegen::arm64 {

using ir::Op;

namespace {

constexpr uint8_t bits_of(Width w) { return w == Width::w64 ? 64 : 32; }
constexpr uint64_t truncated(int64_t v, Width w) {
  return w == Width::w64 ? static_cast<uint64_t>(v) : static_cast<uint32_t>(v);
}

}  // namespace

// --- last operands ---

// A shift by a constant that nobody else wants; `last`: the last kind of shift that will do.
std::optional<Lowering::Flex> Lowering::fold_shift(ir::Value v, Width w, Shift last) {
  const ir::Inst* inst = def(v);
  if (inst == nullptr || !ir::is_wasm_op(inst->op) || uses(v) != 1) return std::nullopt;
  bool wide = w == Width::w64;
  W op = ir::wasm_op(inst->op);
  Shift shift;
  if (op == (wide ? W::i64_shl : W::i32_shl)) shift = Shift::lsl;
  else if (op == (wide ? W::i64_shr_u : W::i32_shr_u)) shift = Shift::lsr;
  else if (op == (wide ? W::i64_shr_s : W::i32_shr_s)) shift = Shift::asr;
  else if (op == (wide ? W::i64_rotr : W::i32_rotr)) shift = Shift::ror;
  else return std::nullopt;
  int64_t count;
  if (shift > last || !int_const(arg(*inst, 1), count)) return std::nullopt;
  // i64.shl (i64.extend_i32_u x), 2 is better an extended operand.
  if (last == Shift::asr && fold_extend(v, w)) return std::nullopt;
  return Flex{Form::shifted, reg_of(arg(*inst, 0)), static_cast<uint8_t>(shift),
              count & (bits_of(w) - 1)};
}

// An extension of an i32, perhaps shifted by up to 4.
std::optional<Lowering::Flex> Lowering::fold_extend(ir::Value v, Width w) {
  if (w != Width::w64) return std::nullopt;
  int64_t by = 0;
  if (const ir::Inst* shl = only(v, W::i64_shl)) {
    if (!int_const(arg(*shl, 1), by) || by < 0 || by > 4) return std::nullopt;
    v = arg(*shl, 0);
  }
  const ir::Inst* inst = def(v);
  if (inst == nullptr || uses(v) != 1) return std::nullopt;
  Extend extend;
  if (inst->op == ir::op_of(W::i64_extend_i32_u)) extend = Extend::uxtw;
  else if (inst->op == ir::op_of(W::i64_extend_i32_s)) extend = Extend::sxtw;
  else return std::nullopt;
  return Flex{Form::extended, reg_of(arg(*inst, 0)), static_cast<uint8_t>(extend), by};
}

Lowering::Flex Lowering::flex_arith(ir::Value v, Width w) {
  if (auto extended = fold_extend(v, w)) return *extended;
  if (auto shifted = fold_shift(v, w, Shift::asr)) return *shifted;
  return {Form::reg, reg_of(v), 0, 0};
}

MachineInst& Lowering::put_flex(MOp op, Width w, uint8_t sub, Operands operands, const Flex& flex) {
  MachineInst& i = put(op, w, sub, operands);
  add_operand(use(flex.reg));
  i.form = static_cast<uint8_t>(flex.form);
  i.scale = flex.scale;
  i.imm = flex.imm;
  return i;
}

// --- sums and products ---

bool Lowering::multiply_add(const ir::Inst& inst, Width w, ir::Value product, ir::Value other,
                            Data3 op) {
  const ir::Inst* mul = only(product, w == Width::w64 ? W::i64_mul : W::i32_mul);
  if (mul == nullptr) return false;
  VReg to = result(inst), a = reg_arg(*mul, 0), b = reg_arg(*mul, 1), c = reg_of(other);
  put(MOp::data3, w, op, {def(to), use(a), use(b), use(c)});
  return true;
}

void Lowering::lower_add(const ir::Inst& inst, Width w) {
  ir::Value a = arg(inst, 0), b = arg(inst, 1);
  VReg to = result(inst);
  int64_t imm;
  if (int_const(a, imm)) std::swap(a, b);
  if (int_const(b, imm)) {
    uint64_t plus = truncated(imm, w), minus = truncated(-static_cast<uint64_t>(imm), w);
    if (encode_arith(plus) || encode_arith(minus)) {
      bool add = encode_arith(plus).has_value();
      MachineInst& i =
          put(MOp::add_sub, w, add ? AddSub::add : AddSub::sub, {def(to), use(reg_of(a))});
      i.form = static_cast<uint8_t>(Form::imm);
      i.imm = static_cast<int64_t>(add ? plus : minus);
      return;
    }
  }
  if (multiply_add(inst, w, b, a, Data3::madd) || multiply_add(inst, w, a, b, Data3::madd)) return;
  Flex flex = flex_arith(b, w);
  if (flex.form == Form::reg) {
    auto other = fold_extend(a, w);
    if (!other) other = fold_shift(a, w, Shift::asr);
    if (other) {
      flex = *other;
      a = b;
    }
  }
  VReg left = reg_of(a);
  put_flex(MOp::add_sub, w, static_cast<uint8_t>(AddSub::add), {def(to), use(left)}, flex);
}

void Lowering::lower_sub(const ir::Inst& inst, Width w) {
  ir::Value a = arg(inst, 0), b = arg(inst, 1);
  VReg to = result(inst);
  int64_t imm;
  if (int_const(a, imm) && imm == 0) {
    auto shifted = fold_shift(b, w, Shift::asr);
    put_flex(MOp::neg, w, static_cast<uint8_t>(AddSub::sub), {def(to)},
             shifted ? *shifted : Flex{Form::reg, reg_of(b), 0, 0});
    return;
  }
  if (int_const(b, imm)) {
    uint64_t plus = truncated(imm, w), minus = truncated(-static_cast<uint64_t>(imm), w);
    if (encode_arith(plus) || encode_arith(minus)) {
      bool sub = encode_arith(plus).has_value();
      MachineInst& i =
          put(MOp::add_sub, w, sub ? AddSub::sub : AddSub::add, {def(to), use(reg_of(a))});
      i.form = static_cast<uint8_t>(Form::imm);
      i.imm = static_cast<int64_t>(sub ? plus : minus);
      return;
    }
  }
  if (multiply_add(inst, w, b, a, Data3::msub)) return;
  Flex flex = flex_arith(b, w);
  VReg left = reg_of(a);
  put_flex(MOp::add_sub, w, static_cast<uint8_t>(AddSub::sub), {def(to), use(left)}, flex);
}

// A product of two extended i32 is one instruction.
void Lowering::lower_mul(const ir::Inst& inst, Width w) {
  VReg to = result(inst);
  for (W extend : {W::i64_extend_i32_s, W::i64_extend_i32_u}) {
    const ir::Inst* a = only(arg(inst, 0), extend);
    const ir::Inst* b = only(arg(inst, 1), extend);
    if (w != Width::w64 || a == nullptr || b == nullptr) continue;
    VReg x = reg_arg(*a, 0), y = reg_arg(*b, 0);
    put(MOp::data3_zero, w, extend == W::i64_extend_i32_s ? Data3::smaddl : Data3::umaddl,
        {def(to), use(x), use(y)});
    return;
  }
  VReg a = reg_arg(inst, 0), b = reg_arg(inst, 1);
  put(MOp::data3_zero, w, Data3::madd, {def(to), use(a), use(b)});
}

// The smallest number divided by -1 gives itself, so the remainder is 0.
void Lowering::lower_rem(const ir::Inst& inst, Width w, Data2 div) {
  VReg to = result(inst), a = reg_arg(inst, 0), b = reg_arg(inst, 1), quotient = new_int();
  put(MOp::data2, w, div, {def(quotient), use(a), use(b)});
  put(MOp::data3, w, Data3::msub, {def(to), use(quotient), use(b), use(a)});
}

// --- bits ---

void Lowering::put_bitfield(Bitfield op, Width w, VReg to, VReg from, uint32_t immr,
                            uint32_t imms) {
  MachineInst& i = put(MOp::bitfield, w, op, {def(to), use(from)});
  i.imm = immr;
  i.disp = static_cast<int32_t>(imms);
}

// (x >> c) & ones: a field of bits.
bool Lowering::lower_extract(const ir::Inst& inst, Width w) {
  int64_t mask, count;
  if (!int_const(arg(inst, 1), mask)) return false;
  const ir::Inst* shift = only(arg(inst, 0), w == Width::w64 ? W::i64_shr_u : W::i32_shr_u);
  uint64_t ones = truncated(mask, w);
  if (shift == nullptr || !int_const(arg(*shift, 1), count) || ones == 0 ||
      !std::has_single_bit(ones + 1))
    return false;
  uint32_t low = static_cast<uint32_t>(count) & (bits_of(w) - 1u);
  uint32_t high = low + static_cast<uint32_t>(std::popcount(ones)) - 1;
  put_bitfield(Bitfield::ubfm, w, result(inst), reg_arg(*shift, 0), low,
               std::min(high, bits_of(w) - 1u));
  return true;
}

void Lowering::lower_logic(const ir::Inst& inst, Width w, Logic op, Logic inverted) {
  ir::Value a = arg(inst, 0), b = arg(inst, 1);
  VReg to = result(inst);
  int64_t imm;
  if (int_const(a, imm)) std::swap(a, b);
  if (int_const(b, imm)) {
    if (op == Logic::eor && truncated(imm, w) == truncated(-1, w)) {
      auto shifted = fold_shift(a, w, Shift::ror);
      put_flex(MOp::mvn, w, 0, {def(to)}, shifted ? *shifted : Flex{Form::reg, reg_of(a), 0, 0});
      return;
    }
    if (op == Logic::and_ && lower_extract(inst, w)) return;
    if (encode_bitmask(static_cast<uint64_t>(imm), w)) {
      MachineInst& i = put(MOp::logic, w, op, {def(to), use(reg_of(a))});
      i.form = static_cast<uint8_t>(Form::imm);
      i.imm = static_cast<int64_t>(truncated(imm, w));
      return;
    }
  }
  // One operand inverted, by xor with -1.
  W xor_op = w == Width::w64 ? W::i64_xor : W::i32_xor;
  for (bool first : {false, true}) {
    const ir::Inst* inner = only(first ? a : b, xor_op);
    if (inner == nullptr || !int_const(arg(*inner, 1), imm) || imm != -1) continue;
    if (first) std::swap(a, b);
    b = arg(*inner, 0);
    op = inverted;
    break;
  }
  auto shifted = fold_shift(b, w, Shift::ror);
  if (!shifted && op != inverted) {
    shifted = fold_shift(a, w, Shift::ror);
    if (shifted) a = b;
  }
  Flex flex = shifted ? *shifted : Flex{Form::reg, reg_of(b), 0, 0};
  VReg left = reg_of(a);
  put_flex(MOp::logic, w, static_cast<uint8_t>(op), {def(to), use(left)}, flex);
}

void Lowering::lower_shift(const ir::Inst& inst, Width w, Data2 op) {
  VReg to = result(inst);
  ir::Value a = arg(inst, 0);
  int64_t imm;
  if (!int_const(arg(inst, 1), imm)) {
    VReg from = reg_of(a), count = reg_arg(inst, 1);
    put(MOp::data2, w, op, {def(to), use(from), use(count)});
    return;
  }
  uint32_t bits = bits_of(w), count = static_cast<uint32_t>(imm) & (bits - 1);
  if (op == Data2::lslv) {
    // Extended on the way.
    Bitfield field = Bitfield::ubfm;
    uint32_t width = bits;
    const ir::Inst* inner = only(a, W::i64_extend_i32_u);
    if (inner == nullptr && (inner = only(a, W::i64_extend_i32_s)) != nullptr)
      field = Bitfield::sbfm;
    if (inner != nullptr) {
      a = arg(*inner, 0);
      width = 32;
    }
    uint32_t top = std::min(width, bits - count) - 1;
    put_bitfield(field, w, to, reg_of(a), (bits - count) & (bits - 1), top);
    return;
  }
  bool is_signed = op == Data2::asrv;
  uint32_t low = count;
  // (x << c) >> count of the same c: the low bits, extended.
  const ir::Inst* shl = only(a, w == Width::w64 ? W::i64_shl : W::i32_shl);
  uint32_t high = bits - 1;
  if (shl != nullptr && int_const(arg(*shl, 1), imm)) {
    uint32_t left = static_cast<uint32_t>(imm) & (bits - 1);
    if (left <= count) {
      low = count - left;
      high = bits - 1 - left;
      a = arg(*shl, 0);
    }
  }
  put_bitfield(is_signed ? Bitfield::sbfm : Bitfield::ubfm, w, to, reg_of(a), low, high);
}

void Lowering::lower_rotate(const ir::Inst& inst, Width w, bool left) {
  VReg to = result(inst), from = reg_arg(inst, 0);
  int64_t imm;
  if (int_const(arg(inst, 1), imm)) {
    auto right = static_cast<uint64_t>(imm);
    uint64_t count = (left ? 0 - right : right) & (bits_of(w) - 1u);
    put(MOp::extr, w, 0, {def(to), use(from), use(from)}).imm = static_cast<int64_t>(count);
    return;
  }
  VReg count = reg_arg(inst, 1);
  if (left) {
    VReg right = new_int();
    put(MOp::neg, w, AddSub::sub, {def(right), use(count)});
    count = right;
  }
  put(MOp::data2, w, Data2::rorv, {def(to), use(from), use(count)});
}

void Lowering::lower_popcnt(const ir::Inst& inst, Width w) {
  VReg to = result(inst), from = reg_arg(inst, 0);
  VReg bits = new_vreg(RegClass::vector, 8), sum = new_vreg(RegClass::vector, 8);
  put(MOp::vec_from_int, w, 0, {def(bits), use(from)});
  VReg counts = put_v2(V2::cnt, Shape::b8, bits);
  put(MOp::vacross, Shape::b8, VAcross::addv, {def(sum), use(counts)});
  put(MOp::int_from_vec, Width::w32, 0, {def(to), use(sum)});
}

void Lowering::lower_extend(const ir::Inst& inst, Width w, uint8_t from_bits) {
  VReg to = result(inst);
  if (fold_extended_load(arg(inst, 0), w, from_bits, to)) return;
  put_bitfield(Bitfield::sbfm, w, to, reg_arg(inst, 0), 0, from_bits - 1u);
}

// 128 bits in two registers: the carry goes by the flags.
void Lowering::lower_wide(const ir::Inst& inst) {
  switch (ir::wasm_op(inst.op)) {
    case W::i64_add128:
    case W::i64_sub128: {
      bool add = inst.op == ir::op_of(W::i64_add128);
      VReg low = result(inst, 0), high = result(inst, 1);
      VReg a = reg_arg(inst, 0), a_high = reg_arg(inst, 1);
      VReg b = reg_arg(inst, 2), b_high = reg_arg(inst, 3);
      put(MOp::add_sub, Width::w64, add ? AddSub::adds : AddSub::subs, {def(low), use(a), use(b)});
      put(MOp::carry, Width::w64, add ? Data2::adc : Data2::sbc,
          {def(high), use(a_high), use(b_high)});
      return;
    }
    default: break;
  }
  bool is_signed = inst.op == ir::op_of(W::i64_mul_wide_s);
  VReg a = reg_arg(inst, 0), b = reg_arg(inst, 1);
  if (requested(ir::Function::result(inst, 0)))
    put(MOp::data3_zero, Width::w64, Data3::madd, {def(result(inst, 0)), use(a), use(b)});
  if (requested(ir::Function::result(inst, 1)))
    put(MOp::data3_zero, Width::w64, is_signed ? Data3::smulh : Data3::umulh,
        {def(result(inst, 1)), use(a), use(b)});
}

bool Lowering::lower_integer(const ir::Inst& inst) {
  auto unary = [&](Width w, Data1 op) {
    VReg to = result(inst), from = reg_arg(inst, 0);
    put(MOp::data1, w, op, {def(to), use(from)});
  };
  auto binary = [&](Width w, Data2 op) {
    VReg to = result(inst), a = reg_arg(inst, 0), b = reg_arg(inst, 1);
    put(MOp::data2, w, op, {def(to), use(a), use(b)});
  };
  auto ctz = [&](Width w) {
    VReg to = result(inst), from = reg_arg(inst, 0), reversed = new_int();
    put(MOp::data1, w, Data1::rbit, {def(reversed), use(from)});
    put(MOp::data1, w, Data1::clz, {def(to), use(reversed)});
  };
  if (compare_row(inst)) {
    lower_compare(inst);
    return true;
  }
  switch (ir::wasm_op(inst.op)) {
#define BOTH(op, call)              \
  case W::i32_##op: {               \
    constexpr Width w = Width::w32; \
    call;                           \
    return true;                    \
  }                                 \
  case W::i64_##op: {               \
    constexpr Width w = Width::w64; \
    call;                           \
    return true;                    \
  }
    BOTH(add, lower_add(inst, w))
    BOTH(sub, lower_sub(inst, w))
    BOTH(mul, lower_mul(inst, w))
    BOTH(div_s, binary(w, Data2::sdiv))
    BOTH(div_u, binary(w, Data2::udiv))
    BOTH(rem_s, lower_rem(inst, w, Data2::sdiv))
    BOTH(rem_u, lower_rem(inst, w, Data2::udiv))
    BOTH(and, lower_logic(inst, w, Logic::and_, Logic::bic))
    BOTH(or, lower_logic(inst, w, Logic::orr, Logic::orn))
    BOTH(xor, lower_logic(inst, w, Logic::eor, Logic::eon))
    BOTH(shl, lower_shift(inst, w, Data2::lslv))
    BOTH(shr_u, lower_shift(inst, w, Data2::lsrv))
    BOTH(shr_s, lower_shift(inst, w, Data2::asrv))
    BOTH(rotl, lower_rotate(inst, w, true))
    BOTH(rotr, lower_rotate(inst, w, false))
    BOTH(clz, unary(w, Data1::clz))
    BOTH(ctz, ctz(w))
    BOTH(popcnt, lower_popcnt(inst, w))
    BOTH(extend8_s, lower_extend(inst, w, 8))
    BOTH(extend16_s, lower_extend(inst, w, 16))
#undef BOTH
    case W::i64_extend32_s:
    case W::i64_extend_i32_s: lower_extend(inst, Width::w64, 32); return true;
    case W::i64_extend_i32_u: {
      VReg from = clean_of(arg(inst, 0));
      move(result(inst), from);
      return true;
    }
    case W::i32_wrap_i64: {
      VReg to = result(inst), from = reg_arg(inst, 0);
      if (clean_requested(ir::Function::result(inst))) put(MOp::mov32, {def(to), use(from)});
      else move(to, from);
      return true;
    }
    case W::i64_add128:
    case W::i64_sub128:
    case W::i64_mul_wide_s:
    case W::i64_mul_wide_u: lower_wide(inst); return true;
    case W::v128_any_true:
    case W::i8x16_all_true:
    case W::i16x8_all_true:
    case W::i32x4_all_true:
    case W::i64x2_all_true: {
      VReg to = result(inst);
      put_set(to, flags_of(Test{Test::Kind::zero, Condition::ne, Width::w64, lanes_test(inst), 0}));
      return true;
    }
    default: return false;  // Op is open: other families
  }
}

}  // namespace zwasm::codegen::arm64
