// Vector loads and stores. Words: dest, address slot, memory, offset (2), [value slot], lane.
#include "interp/handlers/machine.h"
#include "isa/semantics_simd.h"

namespace zwasm::interp {

using isa::V128;

namespace {

ZW_INLINE uint8_t* reach(Instance* inst, uint32_t index, uint64_t address, uint64_t offset,
                         uint32_t width) {
  runtime::MemoryView* view = inst->memories[index];
  uint64_t length = view->byte_length.load(std::memory_order_acquire);
  if (address > length || offset > length - address || width > length - address - offset)
    return nullptr;
  return view->base + address + offset;
}
#define ZW_REACH(width)                                                                        \
  uint8_t* at = reach(inst, ip[4], slot_at(fp, ip[3]).u64, load64(ip + 5), width);             \
  if (at == nullptr) [[unlikely]] ZW_TRAP(Trap::memory_out_of_bounds)

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

void load128(ZW_PARAMS) {
  ZW_REACH(16);
  set(fp, ip[2], {fetch<uint64_t>(at), fetch<uint64_t>(at + 8)});
  ZW_NEXT(8);
}
void store128(ZW_PARAMS) {
  ZW_REACH(16);
  V128 v = get(fp, ip[7]);
  std::memcpy(at, &v.lo, 8);
  std::memcpy(at + 8, &v.hi, 8);
  ZW_NEXT(9);
}
template <class N, class W>
void load_extend(ZW_PARAMS) {
  ZW_REACH(8);
  set(fp, ip[2], isa::sem::load_extend<N, W>(fetch<uint64_t>(at)));
  ZW_NEXT(8);
}
template <class L>
void load_splat(ZW_PARAMS) {
  ZW_REACH(sizeof(L));
  set(fp, ip[2], isa::sem::splat<L>(fetch<L>(at)));
  ZW_NEXT(8);
}
template <class L>
void load_zero(ZW_PARAMS) {
  ZW_REACH(sizeof(L));
  set(fp, ip[2], {fetch<L>(at), 0});
  ZW_NEXT(8);
}
template <class L>
void load_lane(ZW_PARAMS) {
  ZW_REACH(sizeof(L));
  set(fp, ip[2], isa::sem::replace_lane<L>(get(fp, ip[7]), ip[8], fetch<L>(at)));
  ZW_NEXT(9);
}
template <class L>
void store_lane(ZW_PARAMS) {
  ZW_REACH(sizeof(L));
  L v = isa::sem::extract_lane<L>(get(fp, ip[7]), ip[8]);
  std::memcpy(at, &v, sizeof v);
  ZW_NEXT(9);
}

}  // namespace

Handler vector_memory_handler(isa::Op op) {
  using isa::Op;
  switch (op) {
    case Op::v128_load: return load128;
    case Op::v128_store: return store128;
    case Op::v128_load8x8_s: return load_extend<int8_t, int16_t>;
    case Op::v128_load8x8_u: return load_extend<uint8_t, uint16_t>;
    case Op::v128_load16x4_s: return load_extend<int16_t, int32_t>;
    case Op::v128_load16x4_u: return load_extend<uint16_t, uint32_t>;
    case Op::v128_load32x2_s: return load_extend<int32_t, int64_t>;
    case Op::v128_load32x2_u: return load_extend<uint32_t, uint64_t>;
    case Op::v128_load8_splat: return load_splat<uint8_t>;
    case Op::v128_load16_splat: return load_splat<uint16_t>;
    case Op::v128_load32_splat: return load_splat<uint32_t>;
    case Op::v128_load64_splat: return load_splat<uint64_t>;
    case Op::v128_load32_zero: return load_zero<uint32_t>;
    case Op::v128_load64_zero: return load_zero<uint64_t>;
    case Op::v128_load8_lane: return load_lane<uint8_t>;
    case Op::v128_load16_lane: return load_lane<uint16_t>;
    case Op::v128_load32_lane: return load_lane<uint32_t>;
    case Op::v128_load64_lane: return load_lane<uint64_t>;
    case Op::v128_store8_lane: return store_lane<uint8_t>;
    case Op::v128_store16_lane: return store_lane<uint16_t>;
    case Op::v128_store32_lane: return store_lane<uint32_t>;
    case Op::v128_store64_lane: return store_lane<uint64_t>;
    default: return nullptr;  // not a vector access
  }
}

}  // namespace zwasm::interp
