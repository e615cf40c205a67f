// Moves that happen at once, as a list of moves that happen one after the other.
//
//   rax -> rcx, rcx -> rax, [1] -> [2]      rcx -> scratch, rax -> rcx, scratch -> rax,
//                                           [1] -> scratch, scratch -> [2]
//
// A move may go when nobody needs what its destination holds; when none may go, all that are left
// form cycles, and one source of a cycle goes to a scratch register. Moves between two slots go
// through a scratch register too: that of the other class if the first is busy with a cycle.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "codegen/machine.h"
#include "codegen/regalloc.h"

namespace zwasm::codegen {

struct ParallelMove {
  Allocation from, to;  // `from` is none for a rematerialization
  VReg vreg = VReg::none;
  uint32_t remat = ~0u;
};

// Bytes that a move of this virtual register has: integers are always moved whole.
constexpr uint8_t move_size(const VRegInfo& info) {
  return info.reg_class == RegClass::integer ? 8 : info.size;
}

// Appends the moves of `moves` as edits at (inst, after) to `out`. Destinations are distinct, and
// slots of different moves are equal or do not overlap. O(n log n).
void sequentialize(const MachineFunction& function, std::span<const ParallelMove> moves,
                   uint32_t inst, bool after, std::vector<Edit>& out);

}  // namespace zwasm::codegen
