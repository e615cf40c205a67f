// Atomic accesses: sequentially consistent, naturally aligned or a trap.
// Words: dest, address slot, memory, offset (2), values …
#include "interp/handlers/misc_handlers.h"

namespace zwasm::interp {

namespace {

// Where the access goes; null with a trap in `trap`. The specification checks alignment first.
#define ZW_REACH(T)                                                                           \
  uint64_t address = slot_at(fp, ip[3]).u64, offset = load64(ip + 5);                         \
  runtime::MemoryView* view = inst->memories[ip[4]];                                          \
  uint64_t length = view->byte_length.load(std::memory_order_acquire);                        \
  if (((address + offset) & (sizeof(T) - 1)) != 0) [[unlikely]]                               \
    ZW_TRAP(Trap::unaligned_atomic);                                                          \
  if (address > length || offset > length - address || sizeof(T) > length - address - offset) \
      [[unlikely]]                                                                            \
    ZW_TRAP(Trap::memory_out_of_bounds);                                                      \
  T* at = reinterpret_cast<T*>(view->base + address + offset)

template <class T>
void load(ZW_PARAMS) {
  ZW_REACH(T);
  slot_at(fp, ip[2]).u64 = __atomic_load_n(at, __ATOMIC_SEQ_CST);
  ZW_NEXT(7);
}
template <class T>
void store(ZW_PARAMS) {
  ZW_REACH(T);
  __atomic_store_n(at, static_cast<T>(slot_at(fp, ip[7]).u64), __ATOMIC_SEQ_CST);
  ZW_NEXT(8);
}

template <class T>
ZW_INLINE T rmw_add(T* at, T v) {
  return __atomic_fetch_add(at, v, __ATOMIC_SEQ_CST);
}
template <class T>
ZW_INLINE T rmw_sub(T* at, T v) {
  return __atomic_fetch_sub(at, v, __ATOMIC_SEQ_CST);
}
template <class T>
ZW_INLINE T rmw_and(T* at, T v) {
  return __atomic_fetch_and(at, v, __ATOMIC_SEQ_CST);
}
template <class T>
ZW_INLINE T rmw_or(T* at, T v) {
  return __atomic_fetch_or(at, v, __ATOMIC_SEQ_CST);
}
template <class T>
ZW_INLINE T rmw_xor(T* at, T v) {
  return __atomic_fetch_xor(at, v, __ATOMIC_SEQ_CST);
}
template <class T>
ZW_INLINE T rmw_xchg(T* at, T v) {
  return __atomic_exchange_n(at, v, __ATOMIC_SEQ_CST);
}

template <class T, auto F>
void rmw(ZW_PARAMS) {
  ZW_REACH(T);
  slot_at(fp, ip[2]).u64 = F(at, static_cast<T>(slot_at(fp, ip[7]).u64));
  ZW_NEXT(8);
}

template <class T>
[[gnu::noinline]] T compare_exchange(T* at, T expected, T desired) {
  __atomic_compare_exchange_n(at, &expected, desired, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  return expected;
}
// The expected value is wrapped to the width of the access, as the replacement is.
template <class T>
void cmpxchg(ZW_PARAMS) {
  ZW_REACH(T);
  slot_at(fp, ip[2]).u64 = compare_exchange<T>(at, static_cast<T>(slot_at(fp, ip[7]).u64),
                                               static_cast<T>(slot_at(fp, ip[8]).u64));
  ZW_NEXT(9);
}

[[gnu::noinline]] Trap wait32(Slot* result, Instance* inst, uint32_t memory, uint64_t address,
                              uint32_t expected, int64_t timeout) {
  builtins::WaitResult r = builtins::memory_wait32(*inst, memory, address, expected, timeout);
  result->u64 = r.value;
  return r.trap;
}
[[gnu::noinline]] Trap wait64(Slot* result, Instance* inst, uint32_t memory, uint64_t address,
                              uint64_t expected, int64_t timeout) {
  builtins::WaitResult r = builtins::memory_wait64(*inst, memory, address, expected, timeout);
  result->u64 = r.value;
  return r.trap;
}
[[gnu::noinline]] Trap notify(Slot* result, Instance* inst, uint32_t memory, uint64_t address,
                              uint32_t count) {
  builtins::WaitResult r = builtins::memory_notify(*inst, memory, address, count);
  result->u64 = r.value;
  return r.trap;
}

#define ZW_EFFECTIVE()                                        \
  uint64_t address = slot_at(fp, ip[3]).u64 + load64(ip + 5); \
  if (address < load64(ip + 5)) [[unlikely]]                  \
    ZW_TRAP(Trap::memory_out_of_bounds);                      \
  leave(ip, fp, inst, false)

void op_wait32(ZW_PARAMS) {
  ZW_EFFECTIVE();
  Trap trap = wait32(&slot_at(fp, ip[2]), inst, ip[4], address, slot_at(fp, ip[7]).u32,
                     slot_at(fp, ip[8]).i64);
  if (trap != Trap::none) [[unlikely]]
    ZW_TRAP(trap);
  ZW_NEXT(9);
}
void op_wait64(ZW_PARAMS) {
  ZW_EFFECTIVE();
  Trap trap = wait64(&slot_at(fp, ip[2]), inst, ip[4], address, slot_at(fp, ip[7]).u64,
                     slot_at(fp, ip[8]).i64);
  if (trap != Trap::none) [[unlikely]]
    ZW_TRAP(trap);
  ZW_NEXT(9);
}
void op_notify(ZW_PARAMS) {
  ZW_EFFECTIVE();
  Trap trap = notify(&slot_at(fp, ip[2]), inst, ip[4], address, slot_at(fp, ip[7]).u32);
  if (trap != Trap::none) [[unlikely]]
    ZW_TRAP(trap);
  ZW_NEXT(8);
}

}  // namespace

void op_atomic_fence(ZW_PARAMS) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  ZW_NEXT(2);
}

Handler atomic_handler(isa::Op op) {
  using isa::Op;
  switch (op) {
    case Op::memory_atomic_notify: return op_notify;
    case Op::memory_atomic_wait32: return op_wait32;
    case Op::memory_atomic_wait64: return op_wait64;
#define ATOMIC_LOAD(name, prefix, code, text, imm, sig, feature, type) \
  case Op::name: return load<type>;
#define ATOMIC_STORE(name, prefix, code, text, imm, sig, feature, type) \
  case Op::name: return store<type>;
#define ATOMIC_RMW(name, prefix, code, text, imm, sig, feature, type, operation) \
  case Op::name: return rmw<type, &operation<type>>;
#define ATOMIC_CMPXCHG(name, prefix, code, text, imm, sig, feature, type) \
  case Op::name: return cmpxchg<type>;
#include "isa/opcodes.def"
    default: return nullptr;  // not an atomic access
  }
}

}  // namespace zwasm::interp
