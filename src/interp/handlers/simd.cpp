// Ops whose operands and results are all in slots: vectors (two slots) and wide arithmetic.
// Made from semantics.h and semantics_simd.h.
#include "interp/handlers/misc_handlers.h"
#include "interp/handlers/numeric.h"
#include "isa/semantics_simd.h"

#if defined(__x86_64__)
#include <tmmintrin.h>
#endif

namespace zwasm::interp {

using isa::V128;

namespace {

template <class T>
ZW_INLINE T get(Slot* fp, uint32_t offset) {
  if constexpr (std::is_same_v<T, V128>) {
    const Slot* s = &slot_at(fp, offset);
    return {s[0].u64, s[1].u64};
  } else {
    return read_slot<T>(fp, offset);
  }
}
template <class T>
ZW_INLINE void set(Slot* fp, uint32_t offset, T v) {
  Slot* s = &slot_at(fp, offset);
  if constexpr (std::is_same_v<T, V128> || std::is_same_v<T, isa::sem::Wide>) {
    s[0].u64 = v.lo;
    s[1].u64 = v.hi;
  } else {
    s->u64 = bits_of(v);
  }
}

template <auto F, size_t... I>
ZW_INLINE auto apply(Slot* fp, Ip words, std::index_sequence<I...>) {
  return F(get<SemArg<F, I>>(fp, words[I])...);
}

template <auto F>
void in_slots(ZW_PARAMS) {
  constexpr uint32_t kArity = Sem<F>::kArity;
  set(fp, ip[2], apply<F>(fp, ip + 3, std::make_index_sequence<kArity>{}));
  ZW_NEXT(3 + kArity);
}

template <auto F>
constexpr std::optional<Handler> handler() {
  if constexpr (kScalarSem<F>) return std::nullopt;
  else return in_slots<F>;
}

constexpr isa::OpRows<Handler> kHandlers = {
#define NUM(name, ...) handler<&isa::sem::name>(),
#define OP(...) std::nullopt,
#include "isa/opcodes.def"
};
constexpr auto kMap = isa::op_map<kHandlers>();

template <class L, class S>
void extract(ZW_PARAMS) {
  L v = isa::sem::extract_lane<L>(get<V128>(fp, ip[3]), ip[4]);
  if constexpr (std::is_floating_point_v<L>) slot_at(fp, ip[2]).u64 = bits_of(v);
  else slot_at(fp, ip[2]).u64 = static_cast<S>(v);
  ZW_NEXT(5);
}
template <class L, class S>
void replace(ZW_PARAMS) {
  auto v = static_cast<L>(read_slot<S>(fp, ip[4]));
  set(fp, ip[2], isa::sem::replace_lane<L>(get<V128>(fp, ip[3]), ip[5], v));
  ZW_NEXT(6);
}

}  // namespace

Handler lane_handler(isa::Op op) {
  using isa::Op;
  switch (op) {
    case Op::i8x16_extract_lane_s: return extract<int8_t, uint32_t>;
    case Op::i8x16_extract_lane_u: return extract<uint8_t, uint32_t>;
    case Op::i16x8_extract_lane_s: return extract<int16_t, uint32_t>;
    case Op::i16x8_extract_lane_u: return extract<uint16_t, uint32_t>;
    case Op::i32x4_extract_lane: return extract<uint32_t, uint32_t>;
    case Op::i64x2_extract_lane: return extract<uint64_t, uint64_t>;
    case Op::f32x4_extract_lane: return extract<float, float>;
    case Op::f64x2_extract_lane: return extract<double, double>;
    case Op::i8x16_replace_lane: return replace<uint8_t, uint32_t>;
    case Op::i16x8_replace_lane: return replace<uint16_t, uint32_t>;
    case Op::i32x4_replace_lane: return replace<uint32_t, uint32_t>;
    case Op::i64x2_replace_lane: return replace<uint64_t, uint64_t>;
    case Op::f32x4_replace_lane: return replace<float, float>;
    case Op::f64x2_replace_lane: return replace<double, double>;
    default: return nullptr;  // not a lane op
  }
}

namespace {

ZW_INLINE V128 shuffled(Slot* fp, Ip ip) {
  return isa::sem::i8x16_shuffle(get<V128>(fp, ip[3]), get<V128>(fp, ip[4]),
                                 reinterpret_cast<const uint8_t*>(ip + 5));
}
[[gnu::noinline]] void shuffle_into(Slot* fp, Ip ip) { set(fp, ip[2], shuffled(fp, ip)); }

void shuffle(ZW_PARAMS) {
  shuffle_into(fp, ip);
  ZW_NEXT(9);
}

#if defined(__x86_64__)
// The baseline of x86-64 selects no bytes by a vector; nearly every machine can.
#define ZW_SSSE3 [[gnu::target("ssse3")]]
// The instruction gives zero where an index has its highest bit set, else takes its lowest four.
ZW_SSSE3 void shuffle_ssse3(ZW_PARAMS) {
  __m128i lanes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(ip + 5));
  __m128i a = reinterpret_cast<__m128i>(read_vector(&slot_at(fp, ip[3])));
  __m128i b = reinterpret_cast<__m128i>(read_vector(&slot_at(fp, ip[4])));
  a = _mm_shuffle_epi8(a, _mm_add_epi8(lanes, _mm_set1_epi8(0x70)));
  b = _mm_shuffle_epi8(b, _mm_sub_epi8(lanes, _mm_set1_epi8(16)));
  write_vector(&slot_at(fp, ip[2]), reinterpret_cast<Facc>(_mm_or_si128(a, b)));
  ZW_NEXT(9);
}
ZW_SSSE3 void swizzle_ssse3(ZW_PARAMS) {
  __m128i a = reinterpret_cast<__m128i>(read_vector(&slot_at(fp, ip[3])));
  __m128i s = reinterpret_cast<__m128i>(read_vector(&slot_at(fp, ip[4])));
  a = _mm_shuffle_epi8(a, _mm_adds_epu8(s, _mm_set1_epi8(0x70)));
  write_vector(&slot_at(fp, ip[2]), reinterpret_cast<Facc>(a));
  ZW_NEXT(5);
}
bool has_ssse3() { return __builtin_cpu_supports("ssse3"); }
#endif

}  // namespace

Handler shuffle_handler() {
#if defined(__x86_64__)
  if (has_ssse3()) return shuffle_ssse3;
#endif
  return shuffle;
}

Handler slots_handler(isa::Op op) {
#if defined(__x86_64__)
  if ((op == isa::Op::i8x16_swizzle || op == isa::Op::i8x16_relaxed_swizzle) && has_ssse3())
    return swizzle_ssse3;
#endif
  return kMap.find(op);
}

}  // namespace zwasm::interp
