// Machine code before registers are chosen: what lowering makes and the register allocator reads.
//
// A MachineFunction is a list of instructions in layout order, cut into blocks. An instruction has
// an op of its instruction set, immediate fields that only its leaf (x64/, arm64/) understands, and
// operands, which are all that the allocator looks at. A block's parameters get their values on the
// edges: a block with parameters has only predecessors with one successor (critical edges have been
// split), so the moves of an edge stand at the predecessor's end.
//
// What the allocator relies on (`check_machine_function` in regalloc.h verifies it):
// - every virtual register is defined once: by one operand, or as a parameter of one block;
// - blocks follow each other in `insts` without gaps, each with a terminator at its end;
// - no edge leads from a block with several successors to one with several predecessors, but for
//   landing pads, which have no parameters and to whose edges no move can be attached;
// - the terminator of a block with one successor has no operands (the edge's moves precede it);
// - a terminator with defs (an invoke) has several successors, or none;
// - a temp has a virtual register of its own (a fixed one may have none); late uses, temps and defs
//   that are not fixed avoid the instruction's clobbers, early uses need not;
// - a move (`is_move`) whose operands got the same place emits nothing.
//
// Points in time: each instruction has an early and a late point. A use occupies its place up to
// the early point, a late use up to the late point too; a def occupies its from the late point on,
// an early def and a temp from the early point. So `use` and `def` may share a register.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "isa/traps.h"

namespace zwasm::codegen {

enum class RegClass : uint8_t { integer, vector };

// A register of the machine: 0 to 31 integer, 32 to 63 vector, by the number the encoding uses.
struct PReg {
  uint8_t number = 0xFF;
  constexpr bool valid() const { return number < 64; }
  constexpr RegClass reg_class() const {
    return number < 32 ? RegClass::integer : RegClass::vector;
  }
  constexpr uint8_t encoding() const { return number & 31; }
  friend constexpr bool operator==(PReg, PReg) = default;
};
constexpr PReg int_reg(unsigned n) { return {static_cast<uint8_t>(n)}; }
constexpr PReg vec_reg(unsigned n) { return {static_cast<uint8_t>(n + 32)}; }

class PRegSet {
 public:
  constexpr PRegSet() = default;
  constexpr explicit PRegSet(uint64_t bits) : bits_(bits) {}
  constexpr bool has(PReg r) const { return ((bits_ >> r.number) & 1) != 0; }
  constexpr void add(PReg r) { bits_ |= uint64_t{1} << r.number; }
  constexpr void remove(PReg r) { bits_ &= ~(uint64_t{1} << r.number); }
  constexpr uint64_t bits() const { return bits_; }
  constexpr bool empty() const { return bits_ == 0; }

 private:
  uint64_t bits_ = 0;
};

enum class VReg : uint32_t { none = ~0u };
constexpr uint32_t index(VReg v) { return static_cast<uint32_t>(v); }

struct VRegInfo {
  RegClass reg_class = RegClass::integer;
  uint8_t size = 8;     // bytes that matter: 4, 8, 16. Narrow integers are zero-extended to 8 in
                        // registers and slots alike, so that moves need not care
  bool is_ref = false;  // of the collected heap: a root at safepoints
  // Can be computed again instead of being spilled: an instruction without register inputs
  // (constants, loads of invariants from the instance). Index in MachineFunction::remats, or none.
  uint32_t remat = ~0u;
};

enum class Role : uint8_t { use, late_use, def, early_def, temp };
enum class Constraint : uint8_t {
  reg,    // a register of the class
  any,    // a register or a spill slot: the leaf can encode both
  fixed,  // `preg`
  tied,   // def: the same register as operand number `tied`, a use. The allocator copies first
          // when the used value is still needed
};

struct Operand {
  VReg vreg = VReg::none;
  Role role = Role::use;
  Constraint constraint = Constraint::reg;
  uint8_t tied = 0;
  PReg preg;
};

// What a leaf's table (ops.def) says of an op. `flag`: r reads the processor's flags, j does
// nothing but jump to the block's successor, s a switch, t a tail call, - nothing of these.
struct MachineOpInfo {
  const char* name;
  char flag;
};
using MachineOps = std::span<const MachineOpInfo>;

struct MachineInst {
  uint16_t op = 0;    // of the leaf's table
  uint8_t width = 0;  // fields of the leaf
  uint8_t cond = 0;
  uint8_t scale = 0;
  uint8_t form = 0;
  uint8_t sub = 0;
  // Allocator: a register-to-register move (operands: use, def), for coalescing.
  bool is_move = false;
  // The frame is known here to unwinder and collector: `roots` of the result.
  bool is_safepoint = false;
  // May trap by a fault at its memory access, or is a trap itself.
  bool may_trap = false;
  isa::Trap trap = isa::Trap::none;
  int32_t disp = 0;
  int64_t imm = 0;
  uint32_t aux = 0;            // callee, helper, constant pool index, label number
  uint32_t position = 0;       // of the wasm instruction
  uint32_t first_operand = 0;  // in MachineFunction::operands
  uint32_t operand_count = 0;
  PRegSet clobbers;  // registers that hold nothing afterwards (besides defs)
};

struct Edge {
  uint32_t block = 0;
  uint32_t first_arg = 0;  // in MachineFunction::edge_args; one for each parameter of the target
  uint32_t arg_count = 0;
};

struct MachineBlock {
  uint32_t first_inst = 0, end_inst = 0;
  std::vector<VReg> params;
  std::vector<Edge> successors;  // in the terminator's order
  std::vector<uint32_t> predecessors;
  uint32_t loop_depth = 0;
  bool cold = false;
  // Entered by the unwinder: nothing is in registers but the fixed def of its first instruction.
  bool is_landing_pad = false;
  uint32_t landing_pad = ~0u;  // of the invoke that ends this block: the successor's number
};

// How often a block runs, by rule of thumb, for each run of the function.
inline float frequency_of(const MachineBlock& block) {
  float frequency = 1;
  for (uint32_t d = 0; d < block.loop_depth && d < 6; ++d) frequency *= 8;
  return block.cold ? frequency / 256 : frequency;
}

struct MachineFunction {
  std::vector<VRegInfo> vregs;
  std::vector<MachineInst> insts;
  std::vector<Operand> operands;
  std::vector<MachineBlock> blocks;  // layout order; 0 is the entry
  std::vector<VReg> edge_args;
  std::vector<MachineInst> remats;  // one def operand each
  PRegSet allocatable;              // without the reserved ones and the scratch registers
  // For breaking cycles of moves and moves between slots: one of each class, never allocated.
  PReg scratch_int, scratch_vec;
  bool makes_calls = false;      // of functions, of helpers, or polls
  bool calls_functions = false;  // tail calls too: what may recurse

  std::span<Operand> operands_of(const MachineInst& i) {
    return {operands.data() + i.first_operand, i.operand_count};
  }
  std::span<const Operand> operands_of(const MachineInst& i) const {
    return {operands.data() + i.first_operand, i.operand_count};
  }
};

}  // namespace zwasm::codegen
