// The canonical frame: where a function's state stands on the value stack while it runs in the
// interpreter. Compiled code maps back to it.
//
//   fp ->  | parameters | … up to max(parameters, results) slots
//          | locals: declared locals in order, zeroed at entry
//          | header: return ip | caller's fp | instance
//          | operand stack …
//          | arguments of a call in progress  = the callee's parameters: its fp
//
// Slots are eight bytes; a v128 takes two. The windows of caller and callee overlap: arguments
// are pushed as operands, and results replace them, from the callee's fp on. Results never reach
// the header, since the first area has room for them.
//
// Everything but the parameters is addressed by constant byte offsets from fp, which the
// translator assigns; the header's offset is a constant of the function's code.
#pragma once
#include <cstdint>

#include "interp/insn.h"

namespace zwasm::interp {

// Slots of the header, relative to Code::header_offset.
enum HeaderSlot : uint32_t { kReturnIp, kCallerFp, kFrameInstance, kHeaderSlots };

inline Slot* header_of(Slot* fp, uint32_t header_offset) { return &slot_at(fp, header_offset); }

inline Ip return_ip(const Slot* header) { return reinterpret_cast<Ip>(header[kReturnIp].u64); }
inline Slot* caller_fp(const Slot* header) {
  return reinterpret_cast<Slot*>(header[kCallerFp].u64);
}
inline Instance* frame_instance(const Slot* header) {
  return reinterpret_cast<Instance*>(header[kFrameInstance].u64);
}

}  // namespace zwasm::interp
