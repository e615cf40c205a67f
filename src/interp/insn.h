// The instruction stream and what a handler is.
//
//   | handler address (2 words) | operand words … |
//
// A word is 32 bits. Operands are frame slots as byte offsets from fp, immediates (one word, or
// two for 64 bits), or branch displacements in words, relative to the word that holds them.
//
// A handler is a function that gets the whole machine state in registers, does its work, and
// jumps to the handler of the next instruction by a call in tail position, which compilers turn
// into a jump when they optimize (tools/check_dispatch.py looks at the result). Where they do
// not, or must not (sanitizers, no optimization), ZWASM_INTERP_LOOP makes each handler put the
// state into the activation and return to a loop.
//
// acc and facc are accumulators: the last integer and the last floating-point value that was
// computed. The translator knows which operand they hold.
#pragma once
#include <cstdint>
#include <cstring>

#include "runtime/layout.h"

namespace zwasm::interp {

using runtime::Instance;
using runtime::Slot;
using runtime::StoreContext;

using Word = uint32_t;
using Ip = const Word*;

// Lane 0 is the value; a vector type so that f32 and f64 need no conversion, and the register is
// the one in which it arrives.
typedef float Facc __attribute__((vector_size(16)));
typedef double Facc64 __attribute__((vector_size(16)));

using Handler = void (*)(Ip ip, Slot* fp, Instance* inst, uint8_t* mem, uint64_t len, uint64_t acc,
                         Facc facc);

inline constexpr uint32_t kHandlerWords = 2;

inline uint64_t load64(Ip at) {
  uint64_t v;
  std::memcpy(&v, at, sizeof v);
  return v;
}
template <class T>
inline T* load_pointer(Ip at) {
  return reinterpret_cast<T*>(load64(at));
}
inline Handler handler_at(Ip ip) { return reinterpret_cast<Handler>(load64(ip)); }

inline Slot& slot_at(Slot* fp, uint32_t byte_offset) {
  return *reinterpret_cast<Slot*>(reinterpret_cast<char*>(fp) + byte_offset);
}

}  // namespace zwasm::interp
