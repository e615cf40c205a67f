// The meaning of every vector operation, once: a function for each vector NUM row of opcodes.def,
// plus lane access, shuffle and the widening loads. Written with the compilers' vector extensions
// (GCC and Clang), lane loops where these have no operator; both compile to the baseline
// instruction set, and to better code where more is enabled.
//
// Relaxed operations give the results of the deterministic profile of the specification.
#pragma once
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "isa/semantics.h"

namespace zwasm::isa {

// Sixteen bytes, lane 0 first (little-endian, as in memory).
struct alignas(16) V128 {
  uint64_t lo = 0;
  uint64_t hi = 0;
  friend constexpr bool operator==(V128, V128) = default;
};

namespace sem {
namespace simd {

template <class L>
struct VecOf {
  typedef L type __attribute__((vector_size(16)));
};
template <class L>
using Vec = typename VecOf<L>::type;
template <class L>
inline constexpr int kLanes = 16 / sizeof(L);

template <class L>
constexpr Vec<L> as(V128 v) {
  return __builtin_bit_cast(Vec<L>, v);
}
template <class V>
constexpr V128 pack(V v) {
  static_assert(sizeof(V) == 16);
  return __builtin_bit_cast(V128, v);
}

// f applied to each lane of type L, giving lanes of type R of the same width.
template <class L, class R = L, class F>
inline V128 map(V128 a, F f) {
  Vec<L> x = as<L>(a);
  Vec<R> r = {};
  for (int i = 0; i < kLanes<L>; ++i) r[i] = static_cast<R>(f(x[i]));
  return pack(r);
}
template <class L, class F>
inline V128 zip(V128 a, V128 b, F f) {
  Vec<L> x = as<L>(a), y = as<L>(b), r = {};
  for (int i = 0; i < kLanes<L>; ++i) r[i] = static_cast<L>(f(x[i], y[i]));
  return pack(r);
}

// Clamps a wide integer into L.
template <class L, class W>
constexpr L saturate(W v) {
  constexpr W lo = static_cast<W>(std::numeric_limits<L>::min());
  constexpr W hi = static_cast<W>(std::numeric_limits<L>::max());
  return static_cast<L>(v < lo ? lo : v > hi ? hi : v);
}

template <class L>
inline uint32_t all_true(V128 a) {
  Vec<L> x = as<L>(a);
  uint32_t r = 1;
  for (int i = 0; i < kLanes<L>; ++i) r &= static_cast<uint32_t>(x[i] != 0);
  return r;
}
template <class S>
inline uint32_t bitmask(V128 a) {
  Vec<S> x = as<S>(a);
  uint32_t r = 0;
  for (int i = 0; i < kLanes<S>; ++i) r |= static_cast<uint32_t>(x[i] < 0) << i;
  return r;
}

template <class L>
inline V128 shl(V128 a, uint32_t by) {
  return pack(as<L>(a) << static_cast<L>(by % (sizeof(L) * 8)));
}
template <class L>
inline V128 shr(V128 a, uint32_t by) {
  return pack(as<L>(a) >> static_cast<L>(by % (sizeof(L) * 8)));
}

// The lanes of N narrowed with saturation from those of a, then b.
template <class W, class N>
inline V128 narrow(V128 a, V128 b) {
  Vec<W> x = as<W>(a), y = as<W>(b);
  Vec<N> r = {};
  for (int i = 0; i < kLanes<W>; ++i) {
    r[i] = saturate<N>(x[i]);
    r[i + kLanes<W>] = saturate<N>(y[i]);
  }
  return pack(r);
}
template <class N, class W>
inline Vec<W> widen(V128 a, bool high) {
  Vec<N> x = as<N>(a);
  Vec<W> r = {};
  for (int i = 0; i < kLanes<W>; ++i) r[i] = static_cast<W>(x[i + (high ? kLanes<W> : 0)]);
  return r;
}
template <class N, class W>
inline V128 extadd(V128 a) {
  Vec<N> x = as<N>(a);
  Vec<W> r = {};
  for (int i = 0; i < kLanes<W>; ++i)
    r[i] = static_cast<W>(static_cast<W>(x[2 * i]) + static_cast<W>(x[2 * i + 1]));
  return pack(r);
}
template <class N, class W>
inline V128 extmul(V128 a, V128 b, bool high) {
  return pack(widen<N, W>(a, high) * widen<N, W>(b, high));
}

// A comparison of vectors gives all ones or all zeros per lane.
template <class F>
using Mask = Vec<std::conditional_t<sizeof(F) == 4, int32_t, int64_t>>;
template <class F>
inline V128 fmin(V128 a, V128 b) {
  Vec<F> x = as<F>(a), y = as<F>(b);
  using M = Mask<F>;
  M mx = __builtin_bit_cast(M, x), my = __builtin_bit_cast(M, y);
  M lt = x < y, eq = x == y, nan = (x != x) | (y != y);
  M pick = (eq & (mx | my)) | (~eq & ((lt & mx) | (~lt & my)));
  return pack((nan & __builtin_bit_cast(M, x + y)) | (~nan & pick));
}
template <class F>
inline V128 fmax(V128 a, V128 b) {
  Vec<F> x = as<F>(a), y = as<F>(b);
  using M = Mask<F>;
  M mx = __builtin_bit_cast(M, x), my = __builtin_bit_cast(M, y);
  M gt = x > y, eq = x == y, nan = (x != x) | (y != y);
  M pick = (eq & (mx & my)) | (~eq & ((gt & mx) | (~gt & my)));
  return pack((nan & __builtin_bit_cast(M, x + y)) | (~nan & pick));
}
template <class L>
inline V128 select_lanes(V128 mask, V128 yes, V128 no) {
  Vec<L> m = as<L>(mask);
  return pack((m & as<L>(yes)) | (~m & as<L>(no)));
}

}  // namespace simd

// Lane access; `lane` is in range.
template <class L>
constexpr L extract_lane(V128 v, uint32_t lane) {
  return simd::as<L>(v)[lane];
}
template <class L>
constexpr V128 replace_lane(V128 v, uint32_t lane, L value) {
  auto x = simd::as<L>(v);
  x[lane] = value;
  return simd::pack(x);
}
template <class L>
constexpr V128 splat(L value) {
  simd::Vec<L> x = {};
  for (int i = 0; i < simd::kLanes<L>; ++i) x[i] = value;
  return simd::pack(x);
}
// Widening load: the eight bytes at `bytes` as lanes of N, each extended to W.
template <class N, class W>
inline V128 load_extend(uint64_t bytes) {
  return simd::pack(simd::widen<N, W>(V128{bytes, 0}, false));
}
inline V128 i8x16_shuffle(V128 a, V128 b, const uint8_t lanes[16]) {
  uint8_t from[32], to[16];
  std::memcpy(from, &a, 16);
  std::memcpy(from + 16, &b, 16);
  for (int i = 0; i < 16; ++i) to[i] = from[lanes[i] & 31];
  V128 r;
  std::memcpy(&r, to, 16);
  return r;
}
inline V128 i8x16_swizzle(V128 a, V128 s) {
  uint8_t from[16], index[16], to[16];
  std::memcpy(from, &a, 16);
  std::memcpy(index, &s, 16);
  for (int i = 0; i < 16; ++i) to[i] = index[i] < 16 ? from[index[i] & 15] : uint8_t{0};
  V128 r;
  std::memcpy(&r, to, 16);
  return r;
}

// clang-format off
constexpr V128 i8x16_splat(uint32_t a) { return splat(static_cast<uint8_t>(a)); }
constexpr V128 i16x8_splat(uint32_t a) { return splat(static_cast<uint16_t>(a)); }
constexpr V128 i32x4_splat(uint32_t a) { return splat(a); }
constexpr V128 i64x2_splat(uint64_t a) { return splat(a); }
constexpr V128 f32x4_splat(float a) { return splat(a); }
constexpr V128 f64x2_splat(double a) { return splat(a); }

#define ZWASM_VCMP(T, name, L, op) \
  inline V128 T##_##name(V128 a, V128 b) { return simd::pack(simd::as<L>(a) op simd::as<L>(b)); }
#define ZWASM_VCMP_INT(T, S, U) \
  ZWASM_VCMP(T, eq, U, ==) ZWASM_VCMP(T, ne, U, !=) \
  ZWASM_VCMP(T, lt_s, S, <) ZWASM_VCMP(T, gt_s, S, >) ZWASM_VCMP(T, le_s, S, <=) ZWASM_VCMP(T, ge_s, S, >=)
#define ZWASM_VCMP_UNS(T, U) \
  ZWASM_VCMP(T, lt_u, U, <) ZWASM_VCMP(T, gt_u, U, >) ZWASM_VCMP(T, le_u, U, <=) ZWASM_VCMP(T, ge_u, U, >=)
#define ZWASM_VCMP_FLOAT(T, F) \
  ZWASM_VCMP(T, eq, F, ==) ZWASM_VCMP(T, ne, F, !=) ZWASM_VCMP(T, lt, F, <) \
  ZWASM_VCMP(T, gt, F, >) ZWASM_VCMP(T, le, F, <=) ZWASM_VCMP(T, ge, F, >=)
ZWASM_VCMP_INT(i8x16, int8_t, uint8_t)   ZWASM_VCMP_UNS(i8x16, uint8_t)
ZWASM_VCMP_INT(i16x8, int16_t, uint16_t) ZWASM_VCMP_UNS(i16x8, uint16_t)
ZWASM_VCMP_INT(i32x4, int32_t, uint32_t) ZWASM_VCMP_UNS(i32x4, uint32_t)
ZWASM_VCMP_INT(i64x2, int64_t, uint64_t)
ZWASM_VCMP_FLOAT(f32x4, float) ZWASM_VCMP_FLOAT(f64x2, double)
#undef ZWASM_VCMP_FLOAT
#undef ZWASM_VCMP_UNS
#undef ZWASM_VCMP_INT

constexpr V128 v128_not(V128 a) { return {~a.lo, ~a.hi}; }
constexpr V128 v128_and(V128 a, V128 b) { return {a.lo & b.lo, a.hi & b.hi}; }
constexpr V128 v128_andnot(V128 a, V128 b) { return {a.lo & ~b.lo, a.hi & ~b.hi}; }
constexpr V128 v128_or(V128 a, V128 b) { return {a.lo | b.lo, a.hi | b.hi}; }
constexpr V128 v128_xor(V128 a, V128 b) { return {a.lo ^ b.lo, a.hi ^ b.hi}; }
constexpr V128 v128_bitselect(V128 a, V128 b, V128 m) {
  return {(a.lo & m.lo) | (b.lo & ~m.lo), (a.hi & m.hi) | (b.hi & ~m.hi)};
}
constexpr uint32_t v128_any_true(V128 a) { return (a.lo | a.hi) != 0; }

// abs and neg wrap: computed on unsigned lanes.
#define ZWASM_VINT(T, S, U) \
  inline V128 T##_abs(V128 a) { auto m = simd::as<S>(a) < 0; auto u = simd::as<U>(a); \
    auto s = __builtin_bit_cast(simd::Vec<U>, m); return simd::pack((u ^ s) - s); } \
  inline V128 T##_neg(V128 a) { return simd::pack(simd::Vec<U>{} - simd::as<U>(a)); } \
  inline uint32_t T##_all_true(V128 a) { return simd::all_true<U>(a); } \
  inline uint32_t T##_bitmask(V128 a) { return simd::bitmask<S>(a); } \
  inline V128 T##_shl(V128 a, uint32_t n) { return simd::shl<U>(a, n); } \
  inline V128 T##_shr_s(V128 a, uint32_t n) { return simd::shr<S>(a, n); } \
  inline V128 T##_shr_u(V128 a, uint32_t n) { return simd::shr<U>(a, n); } \
  ZWASM_VCMP(T, add, U, +) ZWASM_VCMP(T, sub, U, -)
#define ZWASM_VMINMAX(T, S, U) \
  inline V128 T##_min_s(V128 a, V128 b) { return simd::zip<S>(a, b, [](S x, S y) { return x < y ? x : y; }); } \
  inline V128 T##_min_u(V128 a, V128 b) { return simd::zip<U>(a, b, [](U x, U y) { return x < y ? x : y; }); } \
  inline V128 T##_max_s(V128 a, V128 b) { return simd::zip<S>(a, b, [](S x, S y) { return x > y ? x : y; }); } \
  inline V128 T##_max_u(V128 a, V128 b) { return simd::zip<U>(a, b, [](U x, U y) { return x > y ? x : y; }); }
#define ZWASM_VSAT(T, S, U) \
  inline V128 T##_add_sat_s(V128 a, V128 b) { return simd::zip<S>(a, b, [](S x, S y) { return simd::saturate<S>(x + y); }); } \
  inline V128 T##_add_sat_u(V128 a, V128 b) { return simd::zip<U>(a, b, [](U x, U y) { return simd::saturate<U>(x + y); }); } \
  inline V128 T##_sub_sat_s(V128 a, V128 b) { return simd::zip<S>(a, b, [](S x, S y) { return simd::saturate<S>(x - y); }); } \
  inline V128 T##_sub_sat_u(V128 a, V128 b) { return simd::zip<U>(a, b, [](U x, U y) { return simd::saturate<U>(x - y); }); } \
  inline V128 T##_avgr_u(V128 a, V128 b) { return simd::zip<U>(a, b, [](U x, U y) { return (x + y + 1) >> 1; }); }
ZWASM_VINT(i8x16, int8_t, uint8_t)   ZWASM_VMINMAX(i8x16, int8_t, uint8_t)   ZWASM_VSAT(i8x16, int8_t, uint8_t)
ZWASM_VINT(i16x8, int16_t, uint16_t) ZWASM_VMINMAX(i16x8, int16_t, uint16_t) ZWASM_VSAT(i16x8, int16_t, uint16_t)
ZWASM_VINT(i32x4, int32_t, uint32_t) ZWASM_VMINMAX(i32x4, int32_t, uint32_t)
ZWASM_VINT(i64x2, int64_t, uint64_t)
#undef ZWASM_VSAT
#undef ZWASM_VMINMAX
#undef ZWASM_VINT
ZWASM_VCMP(i16x8, mul, uint16_t, *) ZWASM_VCMP(i32x4, mul, uint32_t, *) ZWASM_VCMP(i64x2, mul, uint64_t, *)

inline V128 i8x16_popcnt(V128 a) { return simd::map<uint8_t>(a, [](uint8_t x) { return std::popcount(x); }); }
inline V128 i8x16_narrow_i16x8_s(V128 a, V128 b) { return simd::narrow<int16_t, int8_t>(a, b); }
inline V128 i8x16_narrow_i16x8_u(V128 a, V128 b) { return simd::narrow<int16_t, uint8_t>(a, b); }
inline V128 i16x8_narrow_i32x4_s(V128 a, V128 b) { return simd::narrow<int32_t, int16_t>(a, b); }
inline V128 i16x8_narrow_i32x4_u(V128 a, V128 b) { return simd::narrow<int32_t, uint16_t>(a, b); }
#define ZWASM_VWIDEN(W, N, SN, UN, SW, UW) \
  inline V128 W##_extend_low_##N##_s(V128 a) { return simd::pack(simd::widen<SN, SW>(a, false)); } \
  inline V128 W##_extend_high_##N##_s(V128 a) { return simd::pack(simd::widen<SN, SW>(a, true)); } \
  inline V128 W##_extend_low_##N##_u(V128 a) { return simd::pack(simd::widen<UN, UW>(a, false)); } \
  inline V128 W##_extend_high_##N##_u(V128 a) { return simd::pack(simd::widen<UN, UW>(a, true)); } \
  inline V128 W##_extmul_low_##N##_s(V128 a, V128 b) { return simd::extmul<SN, SW>(a, b, false); } \
  inline V128 W##_extmul_high_##N##_s(V128 a, V128 b) { return simd::extmul<SN, SW>(a, b, true); } \
  inline V128 W##_extmul_low_##N##_u(V128 a, V128 b) { return simd::extmul<UN, UW>(a, b, false); } \
  inline V128 W##_extmul_high_##N##_u(V128 a, V128 b) { return simd::extmul<UN, UW>(a, b, true); }
ZWASM_VWIDEN(i16x8, i8x16, int8_t, uint8_t, int16_t, uint16_t)
ZWASM_VWIDEN(i32x4, i16x8, int16_t, uint16_t, int32_t, uint32_t)
ZWASM_VWIDEN(i64x2, i32x4, int32_t, uint32_t, int64_t, uint64_t)
#undef ZWASM_VWIDEN
inline V128 i16x8_extadd_pairwise_i8x16_s(V128 a) { return simd::extadd<int8_t, int16_t>(a); }
inline V128 i16x8_extadd_pairwise_i8x16_u(V128 a) { return simd::extadd<uint8_t, uint16_t>(a); }
inline V128 i32x4_extadd_pairwise_i16x8_s(V128 a) { return simd::extadd<int16_t, int32_t>(a); }
inline V128 i32x4_extadd_pairwise_i16x8_u(V128 a) { return simd::extadd<uint16_t, uint32_t>(a); }
inline V128 i16x8_q15mulr_sat_s(V128 a, V128 b) {
  return simd::zip<int16_t>(a, b, [](int16_t x, int16_t y) { return simd::saturate<int16_t>((x * y + 0x4000) >> 15); });
}
inline V128 i32x4_dot_i16x8_s(V128 a, V128 b) {
  auto x = simd::as<int16_t>(a), y = simd::as<int16_t>(b);
  simd::Vec<uint32_t> r = {};
  for (int i = 0; i < 4; ++i)  // the sum wraps: only when all four factors are -32768
    r[i] = static_cast<uint32_t>(x[2 * i] * y[2 * i]) + static_cast<uint32_t>(x[2 * i + 1] * y[2 * i + 1]);
  return simd::pack(r);
}

#define ZWASM_VFLOAT(T, F, U) \
  inline V128 T##_abs(V128 a) { return simd::map<F>(a, [](F x) { return sem::U##_abs(x); }); } \
  inline V128 T##_neg(V128 a) { return simd::map<F>(a, [](F x) { return sem::U##_neg(x); }); } \
  inline V128 T##_ceil(V128 a) { return simd::map<F>(a, [](F x) { return sem::U##_ceil(x); }); } \
  inline V128 T##_floor(V128 a) { return simd::map<F>(a, [](F x) { return sem::U##_floor(x); }); } \
  inline V128 T##_trunc(V128 a) { return simd::map<F>(a, [](F x) { return sem::U##_trunc(x); }); } \
  inline V128 T##_nearest(V128 a) { return simd::map<F>(a, [](F x) { return sem::U##_nearest(x); }); } \
  inline V128 T##_sqrt(V128 a) { return simd::map<F>(a, [](F x) { return sem::U##_sqrt(x); }); } \
  ZWASM_VCMP(T, add, F, +) ZWASM_VCMP(T, sub, F, -) ZWASM_VCMP(T, mul, F, *) ZWASM_VCMP(T, div, F, /) \
  inline V128 T##_min(V128 a, V128 b) { return simd::fmin<F>(a, b); } \
  inline V128 T##_max(V128 a, V128 b) { return simd::fmax<F>(a, b); } \
  inline V128 T##_pmin(V128 a, V128 b) { auto m = simd::as<F>(b) < simd::as<F>(a); return v128_bitselect(b, a, simd::pack(m)); } \
  inline V128 T##_pmax(V128 a, V128 b) { auto m = simd::as<F>(a) < simd::as<F>(b); return v128_bitselect(b, a, simd::pack(m)); } \
  inline V128 T##_relaxed_min(V128 a, V128 b) { return T##_min(a, b); } \
  inline V128 T##_relaxed_max(V128 a, V128 b) { return T##_max(a, b); } \
  inline V128 T##_relaxed_madd(V128 a, V128 b, V128 c) { return simd::madd<F>(a, b, c); } \
  inline V128 T##_relaxed_nmadd(V128 a, V128 b, V128 c) { return simd::madd<F>(T##_neg(a), b, c); }
namespace simd {
// Fused: one rounding. std::fma is exact on every machine, with or without the instruction.
template <class F>
inline V128 madd(V128 a, V128 b, V128 c) {
  Vec<F> x = as<F>(a), y = as<F>(b), z = as<F>(c), r = {};
  for (int i = 0; i < kLanes<F>; ++i) r[i] = std::fma(x[i], y[i], z[i]);
  return pack(r);
}
}  // namespace simd
ZWASM_VFLOAT(f32x4, float, f32) ZWASM_VFLOAT(f64x2, double, f64)
#undef ZWASM_VFLOAT
#undef ZWASM_VCMP

inline V128 i32x4_trunc_sat_f32x4_s(V128 a) {
  auto x = simd::as<float>(a);
  simd::Vec<uint32_t> r = {};
  for (int i = 0; i < 4; ++i) r[i] = i32_trunc_sat_f32_s(x[i]);
  return simd::pack(r);
}
inline V128 i32x4_trunc_sat_f32x4_u(V128 a) {
  auto x = simd::as<float>(a);
  simd::Vec<uint32_t> r = {};
  for (int i = 0; i < 4; ++i) r[i] = i32_trunc_sat_f32_u(x[i]);
  return simd::pack(r);
}
inline V128 f32x4_convert_i32x4_s(V128 a) {
  auto x = simd::as<int32_t>(a);
  simd::Vec<float> r = {};
  for (int i = 0; i < 4; ++i) r[i] = static_cast<float>(x[i]);
  return simd::pack(r);
}
inline V128 f32x4_convert_i32x4_u(V128 a) {
  auto x = simd::as<uint32_t>(a);
  simd::Vec<float> r = {};
  for (int i = 0; i < 4; ++i) r[i] = static_cast<float>(x[i]);
  return simd::pack(r);
}
inline V128 i32x4_trunc_sat_f64x2_s_zero(V128 a) {
  auto x = simd::as<double>(a);
  return simd::pack(simd::Vec<uint32_t>{i32_trunc_sat_f64_s(x[0]), i32_trunc_sat_f64_s(x[1]), 0, 0});
}
inline V128 i32x4_trunc_sat_f64x2_u_zero(V128 a) {
  auto x = simd::as<double>(a);
  return simd::pack(simd::Vec<uint32_t>{i32_trunc_sat_f64_u(x[0]), i32_trunc_sat_f64_u(x[1]), 0, 0});
}
inline V128 f64x2_convert_low_i32x4_s(V128 a) {
  auto x = simd::as<int32_t>(a);
  return simd::pack(simd::Vec<double>{static_cast<double>(x[0]), static_cast<double>(x[1])});
}
inline V128 f64x2_convert_low_i32x4_u(V128 a) {
  auto x = simd::as<uint32_t>(a);
  return simd::pack(simd::Vec<double>{static_cast<double>(x[0]), static_cast<double>(x[1])});
}
inline V128 f32x4_demote_f64x2_zero(V128 a) {
  auto x = simd::as<double>(a);
  return simd::pack(simd::Vec<float>{static_cast<float>(x[0]), static_cast<float>(x[1]), 0, 0});
}
inline V128 f64x2_promote_low_f32x4(V128 a) {
  auto x = simd::as<float>(a);
  return simd::pack(simd::Vec<double>{static_cast<double>(x[0]), static_cast<double>(x[1])});
}

inline V128 i8x16_relaxed_swizzle(V128 a, V128 s) { return i8x16_swizzle(a, s); }
inline V128 i32x4_relaxed_trunc_f32x4_s(V128 a) { return i32x4_trunc_sat_f32x4_s(a); }
inline V128 i32x4_relaxed_trunc_f32x4_u(V128 a) { return i32x4_trunc_sat_f32x4_u(a); }
inline V128 i32x4_relaxed_trunc_f64x2_s_zero(V128 a) { return i32x4_trunc_sat_f64x2_s_zero(a); }
inline V128 i32x4_relaxed_trunc_f64x2_u_zero(V128 a) { return i32x4_trunc_sat_f64x2_u_zero(a); }
constexpr V128 i8x16_relaxed_laneselect(V128 a, V128 b, V128 m) { return v128_bitselect(a, b, m); }
constexpr V128 i16x8_relaxed_laneselect(V128 a, V128 b, V128 m) { return v128_bitselect(a, b, m); }
constexpr V128 i32x4_relaxed_laneselect(V128 a, V128 b, V128 m) { return v128_bitselect(a, b, m); }
constexpr V128 i64x2_relaxed_laneselect(V128 a, V128 b, V128 m) { return v128_bitselect(a, b, m); }
inline V128 i16x8_relaxed_q15mulr_s(V128 a, V128 b) { return i16x8_q15mulr_sat_s(a, b); }
// The second operand's lanes are signed in the deterministic profile.
inline V128 i16x8_relaxed_dot_i8x16_i7x16_s(V128 a, V128 b) {
  auto x = simd::as<int8_t>(a), y = simd::as<int8_t>(b);
  simd::Vec<int16_t> r = {};
  for (int i = 0; i < 8; ++i)
    r[i] = static_cast<int16_t>(x[2 * i] * y[2 * i] + x[2 * i + 1] * y[2 * i + 1]);
  return simd::pack(r);
}
inline V128 i32x4_relaxed_dot_i8x16_i7x16_add_s(V128 a, V128 b, V128 c) {
  return i32x4_add(i32x4_extadd_pairwise_i16x8_s(i16x8_relaxed_dot_i8x16_i7x16_s(a, b)), c);
}
// clang-format on

}  // namespace sem
}  // namespace zwasm::isa
