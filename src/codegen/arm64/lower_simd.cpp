// Vectors: arithmetic. Most operations are one instruction; the tables below say which.
#include "codegen/arm64/lower.h"

namespace zwasm::codegen::arm64 {

VReg Lowering::put_v3(V3 op, Shape shape, VReg a, VReg b) {
  VReg to = new_vec();
  put(MOp::v3, shape, op, {def(to), use(a), use(b)});
  return to;
}

VReg Lowering::put_v2(V2 op, Shape shape, VReg a) {
  VReg to = new_vec();
  put(MOp::v2, shape, op, {def(to), use(a)});
  return to;
}

void Lowering::simd3(const ir::Inst& inst, V3 op, Shape shape) {
  VReg to = result(inst), a = reg_arg(inst, 0), b = reg_arg(inst, 1);
  put(MOp::v3, shape, op, {def(to), use(a), use(b)});
}

// a < b is b > a.
void Lowering::simd3_swapped(const ir::Inst& inst, V3 op, Shape shape) {
  VReg to = result(inst), a = reg_arg(inst, 0), b = reg_arg(inst, 1);
  put(MOp::v3, shape, op, {def(to), use(b), use(a)});
}

void Lowering::simd3_not(const ir::Inst& inst, V3 op, Shape shape) {
  VReg to = result(inst), a = reg_arg(inst, 0), b = reg_arg(inst, 1);
  VReg inverse = put_v3(op, shape, a, b);
  put(MOp::v2, Shape::b16, V2::not_, {def(to), use(inverse)});
}

void Lowering::simd2(const ir::Inst& inst, V2 op, Shape shape) {
  VReg to = result(inst), from = reg_arg(inst, 0);
  put(MOp::v2, shape, op, {def(to), use(from)});
}

void Lowering::simd_long(const ir::Inst& inst, VLong op, Shape shape) {
  VReg to = result(inst), a = reg_arg(inst, 0), b = reg_arg(inst, 1);
  put(MOp::vlong, shape, op, {def(to), use(a), use(b)});
}

// Bits of `then` where the mask has ones.
void Lowering::simd_select(VReg to, VReg mask, VReg then, VReg otherwise) {
  put(MOp::v3_acc, Shape::b16, V3::bsl, {def_tied(to, 1), use(mask), use(then), use(otherwise)});
}

// Variable counts are the same for all lanes; a negative one shifts to the right.
void Lowering::simd_shift(const ir::Inst& inst, Shape shape, bool left, bool is_signed) {
  uint32_t bits = 8u << static_cast<uint32_t>(size_of(shape));
  VReg to = result(inst), from = reg_arg(inst, 0);
  int64_t imm;
  if (int_const(arg(inst, 1), imm)) {
    imm &= bits - 1;
    if (left) put(MOp::vshl, shape, VShl::shl, {def(to), use(from)}).imm = imm;
    else if (imm == 0) move(to, from);
    else put(MOp::vshr, shape, is_signed ? VShr::sshr : VShr::ushr, {def(to), use(from)}).imm = imm;
    return;
  }
  VReg count = new_int(), lanes = new_vec();
  VReg given = reg_arg(inst, 1);
  MachineInst& masked = put(MOp::logic, Width::w32, Logic::and_, {def(count), use(given)});
  masked.form = static_cast<uint8_t>(Form::imm);
  masked.imm = bits - 1;
  if (!left) {
    VReg negative = new_int();
    put(MOp::neg, Width::w64, AddSub::sub, {def(negative), use(count)});
    count = negative;
  }
  put(MOp::dup_int, shape, 0, {def(lanes), use(count)});
  put(MOp::v3, shape, is_signed ? V3::sshl : V3::ushl, {def(to), use(from), use(lanes)});
}

// Lanes twice as wide of the lower or upper half (`shape` tells which).
void Lowering::simd_extend(const ir::Inst& inst, VShl op, Shape shape) {
  VReg to = result(inst), from = reg_arg(inst, 0);
  put(MOp::vshl, shape, op, {def(to), use(from)});
}

void Lowering::simd_narrow(const ir::Inst& inst, VNarrow op, Shape low) {
  VReg to = result(inst), a = reg_arg(inst, 0), b = reg_arg(inst, 1), half = new_vec();
  Shape high = static_cast<Shape>(static_cast<uint8_t>(low) | 1);
  put(MOp::vnarrow, low, op, {def(half), use(a)});
  put(MOp::vnarrow_high, high, op, {def_tied(to, 1), use(half), use(b)});
}

// (a1 * 2^32 + a0) * (b1 * 2^32 + b0), modulo 2^64: the cross products, shifted, plus a0 * b0.
void Lowering::simd_mul64(const ir::Inst& inst) {
  VReg to = result(inst), a = reg_arg(inst, 0), b = reg_arg(inst, 1);
  VReg a_low = new_vec(), b_low = new_vec(), sums = new_vec(), high = new_vec();
  VReg swapped = put_v2(V2::rev64, Shape::s4, b);
  VReg cross = put_v3(V3::mul, Shape::s4, swapped, a);
  put(MOp::vnarrow, Shape::s2, VNarrow::xtn, {def(a_low), use(a)});
  put(MOp::vnarrow, Shape::s2, VNarrow::xtn, {def(b_low), use(b)});
  put(MOp::vpairlong, Shape::s4, VPairLong::uaddlp, {def(sums), use(cross)});
  put(MOp::vshl, Shape::d2, VShl::shl, {def(high), use(sums)}).imm = 32;
  put(MOp::vlong_acc, Shape::s2, VLong::umlal,
      {def_tied(to, 1), use(high), use(a_low), use(b_low)});
}

// Products of neighbours added up, twice as wide: `low` is the shape of the lower half.
void Lowering::simd_dot(const ir::Inst& inst, Shape low) {
  VReg to = result(inst), a = reg_arg(inst, 0), b = reg_arg(inst, 1);
  VReg first = new_vec(), second = new_vec();
  Shape high = static_cast<Shape>(static_cast<uint8_t>(low) | 1);
  Shape wide = static_cast<Shape>(static_cast<uint8_t>(high) + 2);
  bool add = inst.op == ir::op_of(W::i32x4_relaxed_dot_i8x16_i7x16_add_s);
  put(MOp::vlong, low, VLong::smull, {def(first), use(a), use(b)});
  put(MOp::vlong, high, VLong::smull, {def(second), use(a), use(b)});
  if (!add) {
    put(MOp::v3, wide, V3::addp, {def(to), use(first), use(second)});
    return;
  }
  VReg sums = put_v3(V3::addp, wide, first, second), start = reg_arg(inst, 2);
  put(MOp::vpairlong_acc, wide, VPairLong::sadalp, {def_tied(to, 1), use(start), use(sums)});
}

// The accumulator is the instruction's result, and WebAssembly's last operand.
void Lowering::simd_fma(const ir::Inst& inst, V3 op, Shape shape) {
  VReg to = result(inst), a = reg_arg(inst, 0), b = reg_arg(inst, 1), c = reg_arg(inst, 2);
  put(MOp::v3_acc, shape, op, {def_tied(to, 1), use(c), use(a), use(b)});
}

// To 64 bits, then to 32 with saturation; the upper half becomes zero.
void Lowering::simd_trunc64(const ir::Inst& inst, V2 op, VNarrow narrow) {
  VReg to = result(inst), from = reg_arg(inst, 0);
  VReg wide = put_v2(op, Shape::d2, from);
  put(MOp::vnarrow, Shape::s2, narrow, {def(to), use(wide)});
}

bool Lowering::lower_simd(const ir::Inst& inst) {
  constexpr Shape i8x16 = Shape::b16, i16x8 = Shape::h8, i32x4 = Shape::s4, i64x2 = Shape::d2;
  constexpr Shape f32x4 = Shape::s4, f64x2 = Shape::d2;
  auto pairwise = [&](VPairLong op, Shape shape) {
    VReg to = result(inst), from = reg_arg(inst, 0);
    put(MOp::vpairlong, shape, op, {def(to), use(from)});
  };
  // Bits of args[0] where args[2] has ones.
  auto bit_select = [&] {
    VReg to = result(inst), a = reg_arg(inst, 0), b = reg_arg(inst, 1), mask = reg_arg(inst, 2);
    simd_select(to, mask, a, b);
  };
  // pmin(a, b) is b < a ? b : a; pmax is a < b ? b : a.
  auto pseudo = [&](Shape shape, bool max) {
    VReg to = result(inst), a = reg_arg(inst, 0), b = reg_arg(inst, 1);
    VReg mask = max ? put_v3(V3::fcmgt, shape, b, a) : put_v3(V3::fcmgt, shape, a, b);
    simd_select(to, mask, b, a);
  };
  // The two upper or lower integers, widened and converted.
  auto convert_low = [&](VShl widen, V2 op) {
    VReg to = result(inst), from = reg_arg(inst, 0), wide = new_vec();
    put(MOp::vshl, Shape::s2, widen, {def(wide), use(from)});
    put(MOp::v2, Shape::d2, op, {def(to), use(wide)});
  };
  auto convert = [&](MOp op) {
    VReg to = result(inst), from = reg_arg(inst, 0);
    put(op, Shape::s2, 0, {def(to), use(from)});
  };
  switch (ir::wasm_op(inst.op)) {
#define ROW(name, call) \
  case W::name: call; return true;
#define V3_ROW(shape, name, op) ROW(shape##_##name, simd3(inst, V3::op, shape))
#define V2_ROW(shape, name, op) ROW(shape##_##name, simd2(inst, V2::op, shape))
#define SWAPPED(shape, name, op) ROW(shape##_##name, simd3_swapped(inst, V3::op, shape))
#define INTEGERS(shape)                                     \
  V3_ROW(shape, add, add)                                   \
  V3_ROW(shape, sub, sub)                                   \
  V2_ROW(shape, neg, neg)                                   \
  V2_ROW(shape, abs, abs)                                   \
  V3_ROW(shape, eq, cmeq)                                   \
  ROW(shape##_ne, simd3_not(inst, V3::cmeq, shape))         \
  V3_ROW(shape, gt_s, cmgt)                                 \
  V3_ROW(shape, ge_s, cmge)                                 \
  SWAPPED(shape, lt_s, cmgt)                                \
  SWAPPED(shape, le_s, cmge)                                \
  ROW(shape##_shl, simd_shift(inst, shape, true, false))    \
  ROW(shape##_shr_u, simd_shift(inst, shape, false, false)) \
  ROW(shape##_shr_s, simd_shift(inst, shape, false, true))
#define NARROW_INTEGERS(shape) \
  INTEGERS(shape)              \
  V3_ROW(shape, gt_u, cmhi)    \
  V3_ROW(shape, ge_u, cmhs)    \
  SWAPPED(shape, lt_u, cmhi)   \
  SWAPPED(shape, le_u, cmhs)   \
  V3_ROW(shape, min_s, smin)   \
  V3_ROW(shape, min_u, umin)   \
  V3_ROW(shape, max_s, smax)   \
  V3_ROW(shape, max_u, umax)
#define SATURATING(shape)         \
  V3_ROW(shape, add_sat_s, sqadd) \
  V3_ROW(shape, add_sat_u, uqadd) \
  V3_ROW(shape, sub_sat_s, sqsub) \
  V3_ROW(shape, sub_sat_u, uqsub) \
  V3_ROW(shape, avgr_u, urhadd)
    NARROW_INTEGERS(i8x16)
    NARROW_INTEGERS(i16x8)
    NARROW_INTEGERS(i32x4)
    INTEGERS(i64x2)
    SATURATING(i8x16)
    SATURATING(i16x8)
    V3_ROW(i16x8, mul, mul)
    V3_ROW(i32x4, mul, mul)
    ROW(i64x2_mul, simd_mul64(inst))
    V2_ROW(i8x16, popcnt, cnt)
    V3_ROW(i16x8, q15mulr_sat_s, sqrdmulh)
    V3_ROW(i16x8, relaxed_q15mulr_s, sqrdmulh)
    ROW(i32x4_dot_i16x8_s, simd_dot(inst, Shape::h4))
    ROW(i16x8_relaxed_dot_i8x16_i7x16_s, simd_dot(inst, Shape::b8))
    ROW(i32x4_relaxed_dot_i8x16_i7x16_add_s, simd_dot(inst, Shape::b8))
#define WIDENING(to, from, low, high)                                           \
  ROW(to##_extend_low_##from##_s, simd_extend(inst, VShl::sshll, Shape::low))   \
  ROW(to##_extend_low_##from##_u, simd_extend(inst, VShl::ushll, Shape::low))   \
  ROW(to##_extend_high_##from##_s, simd_extend(inst, VShl::sshll, Shape::high)) \
  ROW(to##_extend_high_##from##_u, simd_extend(inst, VShl::ushll, Shape::high)) \
  ROW(to##_extmul_low_##from##_s, simd_long(inst, VLong::smull, Shape::low))    \
  ROW(to##_extmul_low_##from##_u, simd_long(inst, VLong::umull, Shape::low))    \
  ROW(to##_extmul_high_##from##_s, simd_long(inst, VLong::smull, Shape::high))  \
  ROW(to##_extmul_high_##from##_u, simd_long(inst, VLong::umull, Shape::high))
    WIDENING(i16x8, i8x16, b8, b16)
    WIDENING(i32x4, i16x8, h4, h8)
    WIDENING(i64x2, i32x4, s2, s4)
    ROW(i16x8_extadd_pairwise_i8x16_s, pairwise(VPairLong::saddlp, i8x16))
    ROW(i16x8_extadd_pairwise_i8x16_u, pairwise(VPairLong::uaddlp, i8x16))
    ROW(i32x4_extadd_pairwise_i16x8_s, pairwise(VPairLong::saddlp, i16x8))
    ROW(i32x4_extadd_pairwise_i16x8_u, pairwise(VPairLong::uaddlp, i16x8))
    ROW(i8x16_narrow_i16x8_s, simd_narrow(inst, VNarrow::sqxtn, Shape::b8))
    ROW(i8x16_narrow_i16x8_u, simd_narrow(inst, VNarrow::sqxtun, Shape::b8))
    ROW(i16x8_narrow_i32x4_s, simd_narrow(inst, VNarrow::sqxtn, Shape::h4))
    ROW(i16x8_narrow_i32x4_u, simd_narrow(inst, VNarrow::sqxtun, Shape::h4))
    ROW(v128_and, simd3(inst, V3::and_, i8x16))
    ROW(v128_or, simd3(inst, V3::orr, i8x16))
    ROW(v128_xor, simd3(inst, V3::eor, i8x16))
    ROW(v128_andnot, simd3(inst, V3::bic, i8x16))
    ROW(v128_not, simd2(inst, V2::not_, i8x16))
    ROW(v128_bitselect, bit_select())
    ROW(i8x16_relaxed_laneselect, bit_select())
    ROW(i16x8_relaxed_laneselect, bit_select())
    ROW(i32x4_relaxed_laneselect, bit_select())
    ROW(i64x2_relaxed_laneselect, bit_select())
#define FLOATS(shape)                                        \
  V3_ROW(shape, add, fadd)                                   \
  V3_ROW(shape, sub, fsub)                                   \
  V3_ROW(shape, mul, fmul)                                   \
  V3_ROW(shape, div, fdiv)                                   \
  V3_ROW(shape, min, fmin)                                   \
  V3_ROW(shape, max, fmax)                                   \
  V3_ROW(shape, relaxed_min, fmin)                           \
  V3_ROW(shape, relaxed_max, fmax)                           \
  ROW(shape##_pmin, pseudo(shape, false))                    \
  ROW(shape##_pmax, pseudo(shape, true))                     \
  V3_ROW(shape, eq, fcmeq)                                   \
  ROW(shape##_ne, simd3_not(inst, V3::fcmeq, shape))         \
  V3_ROW(shape, gt, fcmgt)                                   \
  V3_ROW(shape, ge, fcmge)                                   \
  SWAPPED(shape, lt, fcmgt)                                  \
  SWAPPED(shape, le, fcmge)                                  \
  V2_ROW(shape, abs, fabs)                                   \
  V2_ROW(shape, neg, fneg)                                   \
  V2_ROW(shape, sqrt, fsqrt)                                 \
  V2_ROW(shape, ceil, frintp)                                \
  V2_ROW(shape, floor, frintm)                               \
  V2_ROW(shape, trunc, frintz)                               \
  V2_ROW(shape, nearest, frintn)                             \
  ROW(shape##_relaxed_madd, simd_fma(inst, V3::fmla, shape)) \
  ROW(shape##_relaxed_nmadd, simd_fma(inst, V3::fmls, shape))
    FLOATS(f32x4)
    FLOATS(f64x2)
    V2_ROW(i32x4, trunc_sat_f32x4_s, fcvtzs)
    V2_ROW(i32x4, trunc_sat_f32x4_u, fcvtzu)
    V2_ROW(i32x4, relaxed_trunc_f32x4_s, fcvtzs)
    V2_ROW(i32x4, relaxed_trunc_f32x4_u, fcvtzu)
    V2_ROW(f32x4, convert_i32x4_s, scvtf)
    V2_ROW(f32x4, convert_i32x4_u, ucvtf)
    ROW(i32x4_trunc_sat_f64x2_s_zero, simd_trunc64(inst, V2::fcvtzs, VNarrow::sqxtn))
    ROW(i32x4_trunc_sat_f64x2_u_zero, simd_trunc64(inst, V2::fcvtzu, VNarrow::uqxtn))
    ROW(i32x4_relaxed_trunc_f64x2_s_zero, simd_trunc64(inst, V2::fcvtzs, VNarrow::sqxtn))
    ROW(i32x4_relaxed_trunc_f64x2_u_zero, simd_trunc64(inst, V2::fcvtzu, VNarrow::uqxtn))
    ROW(f64x2_convert_low_i32x4_s, convert_low(VShl::sshll, V2::scvtf))
    ROW(f64x2_convert_low_i32x4_u, convert_low(VShl::ushll, V2::ucvtf))
    ROW(f32x4_demote_f64x2_zero, convert(MOp::fcvtn))
    ROW(f64x2_promote_low_f32x4, convert(MOp::fcvtl))
    default: return false;  // Op is open: lanes follow
#undef ROW
#undef V3_ROW
#undef V2_ROW
#undef SWAPPED
#undef INTEGERS
#undef NARROW_INTEGERS
#undef SATURATING
#undef WIDENING
#undef FLOATS
  }
}

}  // namespace zwasm::codegen::arm64
