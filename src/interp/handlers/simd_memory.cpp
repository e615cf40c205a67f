// Vector loads and stores. Words: dest, address slot, memory, offset (2), [value slot], lane.
#include "interp/handlers/machine.h"
#include "isa/semantics_simd.h"

namespace zwasm::interp {

using isa::V128;

namespace {

// The address that the instruction names, in `at`, or a way out. A fast access keeps to what is in
// registers; what fails there may succeed when the memory has grown meanwhile.
#define ZW_REACH(width)                                                     \
  uint8_t* at;                                                              \
  if constexpr (fast) {                                                     \
    uint64_t ea = uint64_t{slot_at(fp, ip[3]).u32} + ip[5];                 \
    if (ea + (width) > len) [[unlikely]]                                    \
      ZW_GO(memory_slow);                                                   \
    at = mem + ea;                                                          \
  } else {                                                                  \
    at = reach(inst, ip[4], slot_at(fp, ip[3]).u64, load64(ip + 5), width); \
    if (at == nullptr) [[unlikely]]                                         \
      ZW_TRAP(Trap::memory_out_of_bounds);                                  \
  }

template <class T>
ZW_INLINE T fetch(const uint8_t* at) {
  T v;
  std::memcpy(&v, at, sizeof v);
  return v;
}
ZW_INLINE V128 get(Slot* fp, uint32_t offset) {
  const Slot* s = &slot_at(fp, offset);
  return {s[0].u64, s[1].u64};
}
ZW_INLINE void set(Slot* fp, uint32_t offset, V128 v) {
  Slot* s = &slot_at(fp, offset);
  s[0].u64 = v.lo;
  s[1].u64 = v.hi;
}

template <bool fast>
void load128(ZW_PARAMS) {
  ZW_REACH(16);
  set(fp, ip[2], {fetch<uint64_t>(at), fetch<uint64_t>(at + 8)});
  ZW_NEXT(8);
}
template <bool fast>
void store128(ZW_PARAMS) {
  ZW_REACH(16);
  V128 v = get(fp, ip[7]);
  std::memcpy(at, &v.lo, 8);
  std::memcpy(at + 8, &v.hi, 8);
  ZW_NEXT(9);
}
template <bool fast, class N, class W>
void load_extend(ZW_PARAMS) {
  ZW_REACH(8);
  set(fp, ip[2], isa::sem::load_extend<N, W>(fetch<uint64_t>(at)));
  ZW_NEXT(8);
}
template <bool fast, class L>
void load_splat(ZW_PARAMS) {
  ZW_REACH(sizeof(L));
  set(fp, ip[2], isa::sem::splat<L>(fetch<L>(at)));
  ZW_NEXT(8);
}
template <bool fast, class L>
void load_zero(ZW_PARAMS) {
  ZW_REACH(sizeof(L));
  set(fp, ip[2], {fetch<L>(at), 0});
  ZW_NEXT(8);
}
template <bool fast, class L>
void load_lane(ZW_PARAMS) {
  ZW_REACH(sizeof(L));
  set(fp, ip[2], isa::sem::replace_lane<L>(get(fp, ip[7]), ip[8], fetch<L>(at)));
  ZW_NEXT(9);
}
template <bool fast, class L>
void store_lane(ZW_PARAMS) {
  ZW_REACH(sizeof(L));
  L v = isa::sem::extract_lane<L>(get(fp, ip[7]), ip[8]);
  std::memcpy(at, &v, sizeof v);
  ZW_NEXT(9);
}

template <bool fast>
Handler handler(isa::Op op) {
  using isa::Op;
  switch (op) {
    case Op::v128_load: return load128<fast>;
    case Op::v128_store: return store128<fast>;
    case Op::v128_load8x8_s: return load_extend<fast, int8_t, int16_t>;
    case Op::v128_load8x8_u: return load_extend<fast, uint8_t, uint16_t>;
    case Op::v128_load16x4_s: return load_extend<fast, int16_t, int32_t>;
    case Op::v128_load16x4_u: return load_extend<fast, uint16_t, uint32_t>;
    case Op::v128_load32x2_s: return load_extend<fast, int32_t, int64_t>;
    case Op::v128_load32x2_u: return load_extend<fast, uint32_t, uint64_t>;
    case Op::v128_load8_splat: return load_splat<fast, uint8_t>;
    case Op::v128_load16_splat: return load_splat<fast, uint16_t>;
    case Op::v128_load32_splat: return load_splat<fast, uint32_t>;
    case Op::v128_load64_splat: return load_splat<fast, uint64_t>;
    case Op::v128_load32_zero: return load_zero<fast, uint32_t>;
    case Op::v128_load64_zero: return load_zero<fast, uint64_t>;
    case Op::v128_load8_lane: return load_lane<fast, uint8_t>;
    case Op::v128_load16_lane: return load_lane<fast, uint16_t>;
    case Op::v128_load32_lane: return load_lane<fast, uint32_t>;
    case Op::v128_load64_lane: return load_lane<fast, uint64_t>;
    case Op::v128_store8_lane: return store_lane<fast, uint8_t>;
    case Op::v128_store16_lane: return store_lane<fast, uint16_t>;
    case Op::v128_store32_lane: return store_lane<fast, uint32_t>;
    case Op::v128_store64_lane: return store_lane<fast, uint64_t>;
    default: return nullptr;  // not a vector access
  }
}

}  // namespace

Handler vector_memory_handler(isa::Op op, bool fast) {
  return fast ? handler<true>(op) : handler<false>(op);
}

}  // namespace zwasm::interp
