// Ops whose operands and results are all in slots: vectors (two slots) and wide arithmetic.
// Made from semantics.h and semantics_simd.h.
#include "interp/handlers/misc_handlers.h"
#include "interp/handlers/numeric.h"
#include "isa/semantics_simd.h"

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
constexpr Handler handler() {
  if constexpr (kScalarSem<F>) return nullptr;
  else return in_slots<F>;
}

constexpr std::array<Handler, isa::kOpCount> kHandlers = {
#define NUM(name, ...) handler<&isa::sem::name>(),
#define OP(...) nullptr,
#include "isa/opcodes.def"
};

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

Handler slots_handler(isa::Op op) { return kHandlers[static_cast<uint32_t>(op)]; }

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
}  // namespace

void op_shuffle(ZW_PARAMS) {
  shuffle_into(fp, ip);
  ZW_NEXT(9);
}

}  // namespace zwasm::interp
