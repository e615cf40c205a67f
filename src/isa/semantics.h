// The meaning of every simple operation on numbers, once. A NUM row of opcodes.def has a function
// of the same name here (scalars) or in semantics_simd.h (vectors). The interpreter, constant
// expressions, the compiler's folder and, as the oracle, the compiler's tests all call these.
//
// Values: i32 is uint32_t, i64 is uint64_t, f32 float, f64 double, v128 isa::V128. Comparisons
// return 0 or 1 as uint32_t. An op that can trap takes its result by reference and returns the
// trap. An op with two results returns a Wide.
//
// NaNs: arithmetic relies on the processor's rule, which yields a quiet NaN whenever an operand is
// one; sign and payload are then as the specification allows. abs, neg, copysign and
// reinterpretations touch bits only. Compile without -ffast-math.
#pragma once
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "isa/traps.h"

namespace zwasm::isa::sem {

// The 128-bit results of wide arithmetic.
struct Wide {
  uint64_t lo;
  uint64_t hi;
};

namespace detail {

template <class U>
constexpr std::make_signed_t<U> sign(U v) {
  return static_cast<std::make_signed_t<U>>(v);
}
template <class U>
constexpr U uns(std::make_signed_t<U> v) {
  return static_cast<U>(v);
}

template <class F>
using Bits = std::conditional_t<sizeof(F) == 4, uint32_t, uint64_t>;
template <class F>
inline constexpr Bits<F> kSign = Bits<F>{1} << (sizeof(F) * 8 - 1);

template <class F>
constexpr Bits<F> bits(F f) {
  return std::bit_cast<Bits<F>>(f);
}
template <class F>
constexpr F float_of(Bits<F> b) {
  return std::bit_cast<F>(b);
}

template <class U>
constexpr Trap div_s(U a, U b, U& r) {
  if (b == 0) return Trap::integer_divide_by_zero;
  if (sign(a) == std::numeric_limits<std::make_signed_t<U>>::min() && sign(b) == -1)
    return Trap::integer_overflow;
  r = uns<U>(sign(a) / sign(b));
  return Trap::none;
}
template <class U>
constexpr Trap div_u(U a, U b, U& r) {
  if (b == 0) return Trap::integer_divide_by_zero;
  r = a / b;
  return Trap::none;
}
template <class U>
constexpr Trap rem_s(U a, U b, U& r) {
  if (b == 0) return Trap::integer_divide_by_zero;
  r = sign(b) == -1 ? U{0} : uns<U>(sign(a) % sign(b));
  return Trap::none;
}
template <class U>
constexpr Trap rem_u(U a, U b, U& r) {
  if (b == 0) return Trap::integer_divide_by_zero;
  r = a % b;
  return Trap::none;
}

template <class F>
inline F fmin(F a, F b) {
  if (a != a || b != b) return a + b;                                       // quiets
  if (a == b) return float_of<F>(static_cast<Bits<F>>(bits(a) | bits(b)));  // -0 below +0
  return a < b ? a : b;
}
template <class F>
inline F fmax(F a, F b) {
  if (a != a || b != b) return a + b;
  if (a == b) return float_of<F>(static_cast<Bits<F>>(bits(a) & bits(b)));
  return a > b ? a : b;
}

// Rounding keeps NaNs quiet: the library functions return a signalling operand quieted.
inline float ceil(float a) { return a != a ? a + a : __builtin_ceilf(a); }
inline double ceil(double a) { return a != a ? a + a : __builtin_ceil(a); }
inline float floor(float a) { return a != a ? a + a : __builtin_floorf(a); }
inline double floor(double a) { return a != a ? a + a : __builtin_floor(a); }
inline float trunc(float a) { return a != a ? a + a : __builtin_truncf(a); }
inline double trunc(double a) { return a != a ? a + a : __builtin_trunc(a); }
// Ties to even: the default rounding mode, which nothing in zwasm changes.
inline float nearest(float a) { return a != a ? a + a : __builtin_rintf(a); }
inline double nearest(double a) { return a != a ? a + a : __builtin_rint(a); }

// The open interval of floats whose truncation fits I; the bounds themselves are exact in F.
template <class I, class F>
constexpr bool below(F a) {
  if constexpr (std::is_unsigned_v<I>) return a <= F{-1};
  // The lowest I minus one is a float of its own only when F has more bits than I.
  else if constexpr (std::numeric_limits<F>::digits > std::numeric_limits<I>::digits)
    return a <= static_cast<F>(std::numeric_limits<I>::min()) - F{1};
  else return a < static_cast<F>(std::numeric_limits<I>::min());
}
template <class I, class F>
constexpr bool above(F a) {
  // 2^digits, exactly
  constexpr F kLimit = static_cast<F>(uint64_t{1} << (std::numeric_limits<I>::digits - 1)) * F{2};
  return a >= kLimit;
}

template <class I, class F>
constexpr Trap trunc_to(F a, std::make_unsigned_t<I>& r) {
  if (a != a) return Trap::invalid_conversion;
  if (below<I>(a) || above<I>(a)) return Trap::integer_overflow;
  r = static_cast<std::make_unsigned_t<I>>(static_cast<I>(a));
  return Trap::none;
}
template <class I, class F>
constexpr std::make_unsigned_t<I> trunc_sat(F a) {
  using U = std::make_unsigned_t<I>;
  if (a != a) return 0;
  if (below<I>(a)) return static_cast<U>(std::numeric_limits<I>::min());
  if (above<I>(a)) return static_cast<U>(std::numeric_limits<I>::max());
  return static_cast<U>(static_cast<I>(a));
}

}  // namespace detail

// clang-format off
#define ZWASM_INT_OPS(T, U)                                                                       \
  constexpr uint32_t T##_eqz(U a) { return a == 0; }                                              \
  constexpr uint32_t T##_eq(U a, U b) { return a == b; }                                          \
  constexpr uint32_t T##_ne(U a, U b) { return a != b; }                                          \
  constexpr uint32_t T##_lt_s(U a, U b) { return detail::sign(a) < detail::sign(b); }             \
  constexpr uint32_t T##_lt_u(U a, U b) { return a < b; }                                         \
  constexpr uint32_t T##_gt_s(U a, U b) { return detail::sign(a) > detail::sign(b); }             \
  constexpr uint32_t T##_gt_u(U a, U b) { return a > b; }                                         \
  constexpr uint32_t T##_le_s(U a, U b) { return detail::sign(a) <= detail::sign(b); }            \
  constexpr uint32_t T##_le_u(U a, U b) { return a <= b; }                                        \
  constexpr uint32_t T##_ge_s(U a, U b) { return detail::sign(a) >= detail::sign(b); }            \
  constexpr uint32_t T##_ge_u(U a, U b) { return a >= b; }                                        \
  constexpr U T##_clz(U a) { return static_cast<U>(std::countl_zero(a)); }                        \
  constexpr U T##_ctz(U a) { return static_cast<U>(std::countr_zero(a)); }                        \
  constexpr U T##_popcnt(U a) { return static_cast<U>(std::popcount(a)); }                        \
  constexpr U T##_add(U a, U b) { return a + b; }                                                 \
  constexpr U T##_sub(U a, U b) { return a - b; }                                                 \
  constexpr U T##_mul(U a, U b) { return a * b; }                                                 \
  constexpr Trap T##_div_s(U a, U b, U& r) { return detail::div_s(a, b, r); }                     \
  constexpr Trap T##_div_u(U a, U b, U& r) { return detail::div_u(a, b, r); }                     \
  constexpr Trap T##_rem_s(U a, U b, U& r) { return detail::rem_s(a, b, r); }                     \
  constexpr Trap T##_rem_u(U a, U b, U& r) { return detail::rem_u(a, b, r); }                     \
  constexpr U T##_and(U a, U b) { return a & b; }                                                 \
  constexpr U T##_or(U a, U b) { return a | b; }                                                  \
  constexpr U T##_xor(U a, U b) { return a ^ b; }                                                 \
  constexpr U T##_shl(U a, U b) { return a << (b % (sizeof(U) * 8)); }                            \
  constexpr U T##_shr_s(U a, U b) { return detail::uns<U>(detail::sign(a) >> (b % (sizeof(U) * 8))); } \
  constexpr U T##_shr_u(U a, U b) { return a >> (b % (sizeof(U) * 8)); }                          \
  constexpr U T##_rotl(U a, U b) { return std::rotl(a, static_cast<int>(b % (sizeof(U) * 8))); }  \
  constexpr U T##_rotr(U a, U b) { return std::rotr(a, static_cast<int>(b % (sizeof(U) * 8))); }  \
  constexpr U T##_extend8_s(U a) { return static_cast<U>(static_cast<int8_t>(a)); }               \
  constexpr U T##_extend16_s(U a) { return static_cast<U>(static_cast<int16_t>(a)); }

ZWASM_INT_OPS(i32, uint32_t)
ZWASM_INT_OPS(i64, uint64_t)
#undef ZWASM_INT_OPS

constexpr uint64_t i64_extend32_s(uint64_t a) { return static_cast<uint64_t>(static_cast<int32_t>(a)); }

#define ZWASM_FLOAT_OPS(T, F)                                                                     \
  constexpr uint32_t T##_eq(F a, F b) { return a == b; }                                          \
  constexpr uint32_t T##_ne(F a, F b) { return a != b; }                                          \
  constexpr uint32_t T##_lt(F a, F b) { return a < b; }                                           \
  constexpr uint32_t T##_gt(F a, F b) { return a > b; }                                           \
  constexpr uint32_t T##_le(F a, F b) { return a <= b; }                                          \
  constexpr uint32_t T##_ge(F a, F b) { return a >= b; }                                          \
  constexpr F T##_abs(F a) { return detail::float_of<F>(detail::bits(a) & ~detail::kSign<F>); }   \
  constexpr F T##_neg(F a) { return detail::float_of<F>(detail::bits(a) ^ detail::kSign<F>); }    \
  inline F T##_ceil(F a) { return detail::ceil(a); }                                              \
  inline F T##_floor(F a) { return detail::floor(a); }                                            \
  inline F T##_trunc(F a) { return detail::trunc(a); }                                            \
  inline F T##_nearest(F a) { return detail::nearest(a); }                                        \
  inline F T##_sqrt(F a) { return static_cast<F>(std::sqrt(a)); }                                 \
  constexpr F T##_add(F a, F b) { return a + b; }                                                 \
  constexpr F T##_sub(F a, F b) { return a - b; }                                                 \
  constexpr F T##_mul(F a, F b) { return a * b; }                                                 \
  constexpr F T##_div(F a, F b) { return a / b; }                                                 \
  inline F T##_min(F a, F b) { return detail::fmin(a, b); }                                       \
  inline F T##_max(F a, F b) { return detail::fmax(a, b); }                                       \
  constexpr F T##_copysign(F a, F b) {                                                            \
    return detail::float_of<F>((detail::bits(a) & ~detail::kSign<F>) | (detail::bits(b) & detail::kSign<F>)); \
  }

ZWASM_FLOAT_OPS(f32, float)
ZWASM_FLOAT_OPS(f64, double)
#undef ZWASM_FLOAT_OPS

constexpr uint32_t i32_wrap_i64(uint64_t a) { return static_cast<uint32_t>(a); }
constexpr uint64_t i64_extend_i32_s(uint32_t a) { return static_cast<uint64_t>(static_cast<int32_t>(a)); }
constexpr uint64_t i64_extend_i32_u(uint32_t a) { return a; }

#define ZWASM_TRUNC_OPS(T, U, S)                                                                   \
  constexpr Trap T##_trunc_f32_s(float a, U& r) { return detail::trunc_to<S>(a, r); }              \
  constexpr Trap T##_trunc_f32_u(float a, U& r) { return detail::trunc_to<U>(a, r); }              \
  constexpr Trap T##_trunc_f64_s(double a, U& r) { return detail::trunc_to<S>(a, r); }             \
  constexpr Trap T##_trunc_f64_u(double a, U& r) { return detail::trunc_to<U>(a, r); }             \
  constexpr U T##_trunc_sat_f32_s(float a) { return detail::trunc_sat<S>(a); }                     \
  constexpr U T##_trunc_sat_f32_u(float a) { return detail::trunc_sat<U>(a); }                     \
  constexpr U T##_trunc_sat_f64_s(double a) { return detail::trunc_sat<S>(a); }                    \
  constexpr U T##_trunc_sat_f64_u(double a) { return detail::trunc_sat<U>(a); }
ZWASM_TRUNC_OPS(i32, uint32_t, int32_t)
ZWASM_TRUNC_OPS(i64, uint64_t, int64_t)
#undef ZWASM_TRUNC_OPS

#define ZWASM_CONVERT_OPS(T, F)                                                                    \
  constexpr F T##_convert_i32_s(uint32_t a) { return static_cast<F>(static_cast<int32_t>(a)); }    \
  constexpr F T##_convert_i32_u(uint32_t a) { return static_cast<F>(a); }                          \
  constexpr F T##_convert_i64_s(uint64_t a) { return static_cast<F>(static_cast<int64_t>(a)); }    \
  constexpr F T##_convert_i64_u(uint64_t a) { return static_cast<F>(a); }
ZWASM_CONVERT_OPS(f32, float)
ZWASM_CONVERT_OPS(f64, double)
#undef ZWASM_CONVERT_OPS

constexpr float f32_demote_f64(double a) { return static_cast<float>(a); }
constexpr double f64_promote_f32(float a) { return static_cast<double>(a); }
constexpr uint32_t i32_reinterpret_f32(float a) { return std::bit_cast<uint32_t>(a); }
constexpr uint64_t i64_reinterpret_f64(double a) { return std::bit_cast<uint64_t>(a); }
constexpr float f32_reinterpret_i32(uint32_t a) { return std::bit_cast<float>(a); }
constexpr double f64_reinterpret_i64(uint64_t a) { return std::bit_cast<double>(a); }
// clang-format on

constexpr Wide i64_add128(uint64_t a_lo, uint64_t a_hi, uint64_t b_lo, uint64_t b_hi) {
  uint64_t lo = a_lo + b_lo;
  return {lo, a_hi + b_hi + (lo < a_lo)};
}
constexpr Wide i64_sub128(uint64_t a_lo, uint64_t a_hi, uint64_t b_lo, uint64_t b_hi) {
  return {a_lo - b_lo, a_hi - b_hi - (a_lo < b_lo)};
}
constexpr Wide i64_mul_wide_s(uint64_t a, uint64_t b) {
  __extension__ using Int128 = __int128;
  auto r = static_cast<Int128>(detail::sign(a)) * detail::sign(b);
  return {static_cast<uint64_t>(r), static_cast<uint64_t>(r >> 64)};
}
constexpr Wide i64_mul_wide_u(uint64_t a, uint64_t b) {
  __extension__ using Uint128 = unsigned __int128;
  auto r = static_cast<Uint128>(a) * b;
  return {static_cast<uint64_t>(r), static_cast<uint64_t>(r >> 64)};
}

}  // namespace zwasm::isa::sem
