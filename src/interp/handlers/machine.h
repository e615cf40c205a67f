// What handlers are made of: parameters, operands, results, the jump to the next handler, and the
// ways out. Included by handler files only.
//
// A handler must not take the address of a local variable that lives across the final call, or
// the jump becomes a call: helpers that need one are noinline functions of their own.
#pragma once
#include <bit>
#include <type_traits>

#include "interp/activation.h"
#include "interp/code.h"
#include "interp/frame.h"
#include "interp/insn.h"
#include "interp/tables.h"
#include "runtime/builtins.h"
#include "runtime/loaded_module.h"

// NOLINTBEGIN(cppcoreguidelines-macro-usage)
#define ZW_PARAMS                                                                                  \
  [[maybe_unused]] Ip ip, [[maybe_unused]] Slot *fp, [[maybe_unused]] Instance *inst,              \
      [[maybe_unused]] uint8_t *mem, [[maybe_unused]] uint64_t len, [[maybe_unused]] uint64_t acc, \
      [[maybe_unused]] Facc facc

#if defined(__clang__)
#define ZW_TAIL [[clang::musttail]] return
#else
#define ZW_TAIL return
#endif

#if ZWASM_INTERP_TAIL
#define ZW_DISPATCH(next)                                                \
  do {                                                                   \
    Ip zw_next = (next);                                                 \
    ZW_TAIL handler_at(zw_next)(zw_next, fp, inst, mem, len, acc, facc); \
  } while (0)
#else
#define ZW_DISPATCH(next)                                                          \
  do {                                                                             \
    activation_of(*inst->context).state = {(next), fp, inst, mem, len, acc, facc}; \
    return;                                                                        \
  } while (0)
#endif
// Goes on with the instruction that starts `words` after this one.
#define ZW_NEXT(words) ZW_DISPATCH(ip + (words))
// Leaves the fast path by a function with the same parameters.
#define ZW_GO(function) ZW_TAIL function(ip, fp, inst, mem, len, acc, facc)
#define ZW_TRAP(trap) ZW_TAIL trap_exit(ip, fp, inst, mem, len, static_cast<uint64_t>(trap), facc)
// NOLINTEND(cppcoreguidelines-macro-usage)

#define ZW_COLD [[gnu::noinline, gnu::cold]]
#define ZW_INLINE [[gnu::always_inline]] inline

namespace zwasm::interp {

using isa::Trap;
namespace builtins = runtime::builtins;

// Ends the activation with a trap, which acc holds, of the instruction at ip.
void trap_exit(ZW_PARAMS);
// The same for a trap at a call whose callee cannot be entered: acc is the return address.
void trap_in_call(ZW_PARAMS);
// An access failed against `len`: tries again if memory 0 has grown meanwhile, else traps.
void memory_slow(ZW_PARAMS);
// The poll word is set; goes on at ip.
void poll_slow(ZW_PARAMS);
// Ends the activation; its status is set.
void stop(ZW_PARAMS);
// The exception in Activation's store is searched a handler, from activation.ip on.
void unwind(ZW_PARAMS);

ZW_INLINE uint64_t bits_of(uint32_t v) { return v; }
ZW_INLINE uint64_t bits_of(uint64_t v) { return v; }
ZW_INLINE uint64_t bits_of(float v) { return std::bit_cast<uint32_t>(v); }
ZW_INLINE uint64_t bits_of(double v) { return std::bit_cast<uint64_t>(v); }

template <class T>
ZW_INLINE T from_bits(uint64_t v) {
  if constexpr (std::is_same_v<T, uint32_t>) return static_cast<uint32_t>(v);
  if constexpr (std::is_same_v<T, uint64_t>) return v;
  if constexpr (std::is_same_v<T, float>) return std::bit_cast<float>(static_cast<uint32_t>(v));
  if constexpr (std::is_same_v<T, double>) return std::bit_cast<double>(v);
}

template <class T>
ZW_INLINE T read_slot(Slot* fp, uint32_t offset) {
  Slot& s = slot_at(fp, offset);
  if constexpr (std::is_same_v<T, uint32_t>) return s.u32;
  if constexpr (std::is_same_v<T, uint64_t>) return s.u64;
  if constexpr (std::is_same_v<T, float>) return s.f32;
  if constexpr (std::is_same_v<T, double>) return s.f64;
}

// Vectors move as wholes: a load of 16 bytes has to wait for two stores of 8.
ZW_INLINE Facc read_vector(const Slot* at) {
  Facc v;
  std::memcpy(&v, at, sizeof v);
  return v;
}
ZW_INLINE void write_vector(Slot* at, Facc v) { std::memcpy(at, &v, sizeof v); }

// Words that an operand takes in the instruction.
template <class T, Kind k>
inline constexpr uint32_t kWords = k == Kind::slot  ? 1
                                   : k == Kind::acc ? 0
                                                    : sizeof(T) / 4;

template <class T, Kind k>
ZW_INLINE T operand(Ip at, Slot* fp, uint64_t acc, Facc facc) {
  if constexpr (k == Kind::slot) {
    return read_slot<T>(fp, *at);
  } else if constexpr (k == Kind::imm) {
    if constexpr (sizeof(T) == 4) return from_bits<T>(*at);
    else return from_bits<T>(load64(at));
  } else {
    if constexpr (std::is_same_v<T, float>) return facc[0];
    else if constexpr (std::is_same_v<T, double>) return reinterpret_cast<Facc64>(facc)[0];
    else return from_bits<T>(acc);
  }
}

ZW_INLINE Facc with_lane(Facc facc, float v) {
  facc[0] = v;
  return facc;
}
ZW_INLINE Facc with_lane(Facc facc, double v) {
  Facc64 d = reinterpret_cast<Facc64>(facc);
  d[0] = v;
  return reinterpret_cast<Facc>(d);
}
ZW_INLINE Facc facc_of_pointer(const void* p) {
  return reinterpret_cast<Facc>(Facc64{std::bit_cast<double>(p), 0});
}
ZW_INLINE uint64_t facc_bits(Facc facc) {
  return std::bit_cast<uint64_t>(reinterpret_cast<Facc64>(facc)[0]);
}

// Puts a result into its accumulator, and into the slot that ip[2] names if `d` says so.
#define ZW_RESULT(d, value)                                                       \
  do {                                                                            \
    auto zw_result = (value);                                                     \
    if constexpr (std::is_floating_point_v<decltype(zw_result)>)                  \
      facc = with_lane(facc, zw_result);                                          \
    else acc = zw_result;                                                         \
    if constexpr ((d) == Dest::slot) slot_at(fp, ip[2]).u64 = bits_of(zw_result); \
  } while (0)

// An address in memory `index`, or null: any memory, any offset.
ZW_INLINE uint8_t* reach(Instance* inst, uint32_t index, uint64_t address, uint64_t offset,
                         uint32_t width) {
  runtime::MemoryView* view = inst->memories[index];
  uint64_t ea, end;
  if (__builtin_add_overflow(address, offset, &ea) || __builtin_add_overflow(ea, width, &end) ||
      end > view->byte_length.load(std::memory_order_acquire))
    return nullptr;
  return view->base + ea;
}

// The word that holds a branch displacement, followed.
ZW_INLINE Ip branch_target(Ip word) { return word + static_cast<int32_t>(*word); }

ZW_INLINE void leave(Ip ip, Slot* fp, Instance* inst, bool in_call) {
  Activation& a = activation_of(*inst->context);
  a.ip = ip;
  a.fp = fp;
  a.inst = inst;
  a.in_call = in_call;
}

inline bool has_memory(const Instance& inst) { return !inst.module->module().memories.empty(); }

#define ZW_RELOAD_MEMORY()                                     \
  do {                                                         \
    if (has_memory(*inst)) {                                   \
      runtime::MemoryView* view = inst->memories[0];           \
      mem = view->base;                                        \
      len = view->byte_length.load(std::memory_order_acquire); \
    } else {                                                   \
      mem = nullptr;                                           \
      len = 0;                                                 \
    }                                                          \
  } while (0)

}  // namespace zwasm::interp
