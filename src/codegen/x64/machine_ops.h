// The vocabulary between lowering and emission on x86-64.
#pragma once
#include <cstdint>

#include "codegen/machine.h"
#include "codegen/x64/assembler.h"
#include "ir/ir.h"

namespace zwasm::codegen::x64 {

enum class MOp : uint16_t {
#define MACHINE_OP(name, flag, about) name,
#include "codegen/x64/ops.def"
};
inline constexpr MachineOpInfo kMachineOps[] = {
#define MACHINE_OP(name, flag, about) {#name, flag[0]},
#include "codegen/x64/ops.def"
};

// MachineInst::form: what the last operands are. Forms of memory have a base (and an index) among
// the operands, or a fixed register as their base.
enum class Form : uint8_t {
  none,
  reg,        // one operand: a register, or the spill slot it was given
  imm,        // MachineInst::imm
  mem,        // base operand
  mem_index,  // base operand, index operand
  instance,   // relative to the instance register
  instance_index,
  context,  // relative to the context register
  context_index,
  incoming,  // disp from the low end of the function's own stack area
  outgoing,  // disp from the stack pointer
  constant,  // of the pool: MachineInst::aux
};
constexpr bool has_index(Form f) {
  return f == Form::mem_index || f == Form::instance_index || f == Form::context_index;
}
constexpr bool is_memory(Form f) { return f >= Form::mem; }

// A condition on the flags of ucomis that takes in the parity flag, which is set when unordered.
enum class Parity : uint8_t {
  ignore,
  and_ordered,   // cond and not parity (eq)
  or_unordered,  // cond or parity (ne)
};

// Of an access of integers or lanes.
constexpr Width width_of(ir::MemKind kind) {
  switch (ir::access_size(kind)) {
    case 1: return Width::w8;
    case 2: return Width::w16;
    case 4: return Width::w32;
    default: return Width::w64;
  }
}

inline constexpr PReg kInstanceReg = int_reg(15);
inline constexpr PReg kContextReg = int_reg(14);
inline constexpr PReg kCalleeReg = int_reg(10);
inline constexpr PReg kScratchInt = int_reg(11);
inline constexpr PReg kScratchVec = vec_reg(15);
inline constexpr PReg kRax = int_reg(0), kRcx = int_reg(1), kRdx = int_reg(2);
// Arguments and results of the internal convention, arguments of the platform's (docs/abi.md).
inline constexpr PReg kIntArgs[8] = {int_reg(0), int_reg(1), int_reg(2), int_reg(3),
                                     int_reg(6), int_reg(7), int_reg(8), int_reg(9)};
inline constexpr PReg kHelperArgs[6] = {int_reg(7), int_reg(6), int_reg(2),
                                        int_reg(1), int_reg(8), int_reg(9)};

// All but stack and frame pointer, context, instance and the scratch registers.
inline constexpr PRegSet kAllocatable{0x7FFF'0000'37CFull};

}  // namespace zwasm::codegen::x64
