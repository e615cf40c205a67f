// Builder: instructions on numbers.
#include <cstring>

#include "ir/builder.h"

namespace zwasm::ir {

using isa::Trap;

void Builder::simple(W op, Imm imm, Es args, Es results) {
  if (op == W::nop) return;
  op_begin();
  numeric(op, imm, args, results);
  if (settings_.nan_canonicalization && !results.empty())
    results[0].value.v = canonical_nan(op, results[0].value.v);
}

void Builder::numeric(W op, Imm imm, Es args, Es results) {
  const isa::OpShape& shape = isa::op_shape(op);
  switch (op) {
    case W::i32_const: results[0].value.v = e_.i32(static_cast<uint32_t>(imm.value)); return;
    case W::i64_const: results[0].value.v = e_.i64(imm.value); return;
    case W::f32_const: results[0].value.v = e_.constant(Type::f32, {imm.value, 0}); return;
    case W::f64_const: results[0].value.v = e_.constant(Type::f64, {imm.value, 0}); return;
    case W::v128_const: {
      Const c;
      std::memcpy(&c.lo, imm.bytes, 8);
      std::memcpy(&c.hi, imm.bytes + 8, 8);
      results[0].value.v = e_.constant(Type::v128, c);
      return;
    }
    case W::i8x16_shuffle:
      results[0].value.v = e_.shuffle(use(args[0]), use(args[1]), imm.bytes);
      return;
    case W::memory_size: results[0].value.v = size_of_memory(imm.index); return;
    case W::memory_grow: {
      V old =
          helper(Helper::memory_grow, {e_.i32(imm.index), e_.extend_u(use(args[0]))}, Type::i64);
      results[0].value.v =
          m_.memories[imm.index].type.limits.is64 ? old : e_.op(W::i32_wrap_i64, {old});
      shapes_may_change();
      return;
    }
    case W::i32_div_s:
    case W::i32_div_u:
    case W::i32_rem_s:
    case W::i32_rem_u:
    case W::i64_div_s:
    case W::i64_div_u:
    case W::i64_rem_s:
    case W::i64_rem_u: results[0].value.v = divide(op, use(args[0]), use(args[1])); return;
    case W::i32_trunc_f32_s:
    case W::i32_trunc_f32_u:
    case W::i32_trunc_f64_s:
    case W::i32_trunc_f64_u:
    case W::i64_trunc_f32_s:
    case W::i64_trunc_f32_u:
    case W::i64_trunc_f64_s:
    case W::i64_trunc_f64_u: results[0].value.v = truncate(op, use(args[0])); return;
    case W::i64_add128:
    case W::i64_sub128:
    case W::i64_mul_wide_s:
    case W::i64_mul_wide_u: {
      V pair[2];
      e_.op2(op, use_all(args), pair);
      give(results, pair);
      return;
    }
    // Relaxed operations have the results of these (isa/semantics_simd.h).
    case W::i8x16_relaxed_swizzle: op = W::i8x16_swizzle; break;
    case W::i32x4_relaxed_trunc_f32x4_s: op = W::i32x4_trunc_sat_f32x4_s; break;
    case W::i32x4_relaxed_trunc_f32x4_u: op = W::i32x4_trunc_sat_f32x4_u; break;
    case W::i32x4_relaxed_trunc_f64x2_s_zero: op = W::i32x4_trunc_sat_f64x2_s_zero; break;
    case W::i32x4_relaxed_trunc_f64x2_u_zero: op = W::i32x4_trunc_sat_f64x2_u_zero; break;
    case W::i8x16_relaxed_laneselect:
    case W::i16x8_relaxed_laneselect:
    case W::i32x4_relaxed_laneselect:
    case W::i64x2_relaxed_laneselect: op = W::v128_bitselect; break;
    case W::f32x4_relaxed_min: op = W::f32x4_min; break;
    case W::f32x4_relaxed_max: op = W::f32x4_max; break;
    case W::f64x2_relaxed_min: op = W::f64x2_min; break;
    case W::f64x2_relaxed_max: op = W::f64x2_max; break;
    case W::i16x8_relaxed_q15mulr_s: op = W::i16x8_q15mulr_sat_s; break;
    default: break;  // by family, below
  }
  if (shape.imm == isa::Imm::memarg || shape.imm == isa::Imm::memarg_lane ||
      shape.imm == isa::Imm::fence) {
    if (!memory_access(op, imm, args, results)) atomic_access(op, imm, args, results);
    return;
  }
  const uint8_t lane = shape.imm == isa::Imm::lane ? imm.lane : uint8_t{0};
  V& result = results[0].value.v;
  switch (args.size()) {
    case 1: result = e_.op(op, {use(args[0])}, lane); return;
    case 2: result = e_.op(op, {use(args[0]), use(args[1])}, lane); return;
    default: result = e_.op(op, {use(args[0]), use(args[1]), use(args[2])}, lane); return;
  }
}

// ------------------------------------------------------------------------------------------------
// What may trap: the checks stand before, the operation itself does not.

void Builder::check_division(W op, V a, V b) {
  const bool wide = f_.type_of(a) == Type::i64;
  const bool overflows = op == W::i32_div_s || op == W::i64_div_s;
  auto ca = e_.constant_of(a), cb = e_.constant_of(b);
  const uint64_t all = wide ? ~uint64_t{0} : 0xFFFFFFFF, min = all ^ (all >> 1);
  V zero = e_.op(wide ? W::i64_eqz : W::i32_eqz, {b});
  e_.trap_if(zero, Trap::integer_divide_by_zero);
  if (!overflows || (cb && cb->lo != all) || (ca && ca->lo != min)) return;
  auto is = [&](V v, uint64_t c) {
    return wide ? e_.op(W::i64_eq, {v, e_.i64(c)})
                : e_.op(W::i32_eq, {v, e_.i32(static_cast<uint32_t>(c))});
  };
  e_.trap_if(e_.op(W::i32_and, {is(a, min), is(b, all)}), Trap::integer_overflow);
}

Builder::V Builder::divide(W op, V a, V b) {
  check_division(op, a, b);
  return e_.op(op, {a, b});
}

Builder::V Builder::truncate(W op, V a) {
  if (auto c = e_.constant_of(a)) {
    Const result[2];
    if (fold(op, {&*c, 1}, result))
      return e_.constant(type_of_kind(isa::op_shape(op).results[0]), result[0]);
  }
  const bool f64 = f_.type_of(a) == Type::f64;
  auto number = [&](double d) {
    if (f64) return e_.constant(Type::f64, {std::bit_cast<uint64_t>(d), 0});
    return e_.constant(Type::f32, {std::bit_cast<uint32_t>(static_cast<float>(d)), 0});
  };
  const W ne = f64 ? W::f64_ne : W::f32_ne, le = f64 ? W::f64_le : W::f32_le,
          lt = f64 ? W::f64_lt : W::f32_lt, ge = f64 ? W::f64_ge : W::f32_ge;
  constexpr double k31 = 2147483648.0, k32 = 4294967296.0, k63 = 9223372036854775808.0,
                   k64 = 18446744073709551616.0;
  // The bounds are exact in the type of the operand.
  W saturating = op;
  double low = -1, high = 0;
  W below = le;
  switch (op) {
    case W::i32_trunc_f32_s:
      saturating = W::i32_trunc_sat_f32_s, low = -k31, high = k31, below = lt;
      break;
    case W::i32_trunc_f32_u: saturating = W::i32_trunc_sat_f32_u, high = k32; break;
    case W::i32_trunc_f64_s: saturating = W::i32_trunc_sat_f64_s, low = -k31 - 1, high = k31; break;
    case W::i32_trunc_f64_u: saturating = W::i32_trunc_sat_f64_u, high = k32; break;
    case W::i64_trunc_f32_s:
      saturating = W::i64_trunc_sat_f32_s, low = -k63, high = k63, below = lt;
      break;
    case W::i64_trunc_f32_u: saturating = W::i64_trunc_sat_f32_u, high = k64; break;
    case W::i64_trunc_f64_s:
      saturating = W::i64_trunc_sat_f64_s, low = -k63, high = k63, below = lt;
      break;
    default: saturating = W::i64_trunc_sat_f64_u, high = k64; break;
  }
  e_.trap_if(e_.op(ne, {a, a}), Trap::invalid_conversion);
  e_.trap_if(e_.op(W::i32_or, {e_.op(below, {a, number(low)}), e_.op(ge, {a, number(high)})}),
             Trap::integer_overflow);
  return e_.op(saturating, {a});
}

// ------------------------------------------------------------------------------------------------
// Canonical NaNs

namespace {

// The type whose NaNs an op's result may have made: f32, f64, or lanes of them; none otherwise.
enum class Nan : uint8_t { none, f32, f64, f32x4, f64x2 };
Nan nan_of(isa::Op op) {
  using W = isa::Op;
#define ZW_FLOAT(T)  \
  case W::T##_add:   \
  case W::T##_sub:   \
  case W::T##_mul:   \
  case W::T##_div:   \
  case W::T##_min:   \
  case W::T##_max:   \
  case W::T##_sqrt:  \
  case W::T##_ceil:  \
  case W::T##_floor: \
  case W::T##_trunc: \
  case W::T##_nearest: return Nan::T;
#define ZW_RELAXED(T)        \
  case W::T##_relaxed_madd:  \
  case W::T##_relaxed_nmadd: \
  case W::T##_relaxed_min:   \
  case W::T##_relaxed_max: return Nan::T;
  switch (op) {
    ZW_FLOAT(f32)
    ZW_FLOAT(f64)
    ZW_FLOAT(f32x4)
    ZW_FLOAT(f64x2)
    ZW_RELAXED(f32x4)
    ZW_RELAXED(f64x2)
    case W::f32_demote_f64: return Nan::f32;
    case W::f64_promote_f32: return Nan::f64;
    case W::f32x4_demote_f64x2_zero: return Nan::f32x4;
    case W::f64x2_promote_low_f32x4: return Nan::f64x2;
    default: return Nan::none;
  }
#undef ZW_FLOAT
#undef ZW_RELAXED
}

}  // namespace

Builder::V Builder::canonical_nan(W op, V v) {
  constexpr uint64_t k32 = 0x7FC00000, k64 = 0x7FF8000000000000;
  switch (nan_of(op)) {
    case Nan::none: return v;
    case Nan::f32: return e_.select(e_.op(W::f32_eq, {v, v}), v, e_.constant(Type::f32, {k32, 0}));
    case Nan::f64: return e_.select(e_.op(W::f64_eq, {v, v}), v, e_.constant(Type::f64, {k64, 0}));
    case Nan::f32x4:
      return e_.op(W::v128_bitselect,
                   {v, e_.constant(Type::v128, {k32 << 32 | k32, k32 << 32 | k32}),
                    e_.op(W::f32x4_eq, {v, v})});
    case Nan::f64x2:
      return e_.op(W::v128_bitselect,
                   {v, e_.constant(Type::v128, {k64, k64}), e_.op(W::f64x2_eq, {v, v})});
  }
  return v;
}

}  // namespace zwasm::ir
