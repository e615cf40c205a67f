// Register allocation: gives every operand of a MachineFunction a register or a spill slot, and
// lists the moves to insert. The function itself is not changed.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "codegen/machine.h"

namespace zwasm::codegen {

// Where a value is: a register, or a spill slot (slots of eight bytes, a v128 takes two, aligned to
// sixteen bytes by an even number; slot 0 is the first below the frame's fixed part).
struct Allocation {
  enum class Kind : uint8_t { none, reg, slot };
  Kind kind = Kind::none;
  PReg preg;
  uint32_t slot = 0;
  static Allocation of(PReg r) { return {Kind::reg, r, 0}; }
  static Allocation of_slot(uint32_t s) { return {Kind::slot, {}, s}; }
  bool is_reg() const { return kind == Kind::reg; }
  bool is_slot() const { return kind == Kind::slot; }
  friend bool operator==(const Allocation&, const Allocation&) = default;
};

// A move before or after the instruction `inst`, in list order: parallel moves have been
// sequentialized. Moves between two slots do not occur; scratch registers may. `remat`: not a move,
// but the instruction MachineFunction::remats[remat] into the register `to`. A move of eight bytes
// may go between a slot and a vector register, or any register of either class and a slot.
struct Edit {
  uint32_t inst = 0;
  bool after = false;  // after the instruction instead of before it; never after a terminator
  Allocation from, to;
  uint8_t size = 8;  // 4, 8 or 16 bytes
  uint32_t remat = ~0u;
  VReg vreg = VReg::none;  // for the checker and dumps
};

struct SafepointRoots {
  uint32_t inst = 0;
  // Every ref that is live across the instruction. Registers only where the instruction does not
  // clobber them (polls, which save all registers where the collector finds them).
  std::vector<Allocation> places;
  std::vector<VReg> vregs;  // parallel to places: whose value each holds (for the checker)
};

struct RegallocResult {
  std::vector<Allocation> operands;   // parallel to MachineFunction::operands
  std::vector<Edit> edits;            // sorted by (inst, after)
  std::vector<SafepointRoots> roots;  // sorted by inst
  uint32_t spill_slots = 0;           // of eight bytes
  uint64_t work = 0;                  // steps it took: what must not grow faster than the function
  const char* refusal = nullptr;      // why there is none
};

enum class Allocator : uint8_t {
  greedy,       // live intervals with splitting, rematerialization, coalescing
  linear_scan,  // one walk over the layout: for -O1 and huge functions
  spill_all,    // every value in a slot between instructions: for tests
};

RegallocResult allocate_registers(const MachineFunction& function, Allocator allocator);

// Verifies what machine.h says the allocator relies on. Empty when right, else what is wrong.
std::string check_machine_function(const MachineFunction& function);

// Runs the allocated function symbolically, block by block to a fixed point: every use must find
// its virtual register's value where the allocation says; a reference used after a safepoint must
// be among its roots, wherever it is, and every root must hold what it says. Empty when right, else
// what is wrong. After Rideau and Leroy, "Validating register allocation and spilling", 2010.
std::string check_allocation(const MachineFunction& function, const RegallocResult& result);

// Text of a function before or after allocation, for dumps and tests. Without `ops` they are
// numbers.
std::string to_text(const MachineFunction& function, const RegallocResult* result, MachineOps ops);

}  // namespace zwasm::codegen
