// The vocabulary between lowering and emission on arm64.
#pragma once
#include <cstddef>
#include <cstdint>

#include "codegen/arm64/assembler.h"
#include "codegen/machine.h"

namespace zwasm::codegen::arm64 {

enum class MOp : uint16_t {
#define MACHINE_OP(name, flag, about) name,
#include "codegen/arm64/ops.def"
};
inline constexpr MachineOpInfo kMachineOps[] = {
#define MACHINE_OP(name, flag, about) {#name, flag[0]},
#include "codegen/arm64/ops.def"
};

// MachineInst::form: what the last operand is, or the address.
enum class Form : uint8_t {
  reg,
  shifted,    // MachineInst::scale a Shift, imm the amount
  extended,   // scale an Extend, imm the amount
  imm,        // MachineInst::imm, one that the instruction can hold
  mem,        // base operand + disp
  mem_index,  // base operand + index operand; scale an Extend, cond the amount
  instance,   // the instance register + disp
  context,    // the context register + disp
  incoming,   // disp from the low end of the function's own stack area
  outgoing,   // disp from the stack pointer
};

inline constexpr PReg kInstanceReg = int_reg(28);
inline constexpr PReg kContextReg = int_reg(27);
inline constexpr PReg kCalleeReg = int_reg(16);
inline constexpr PReg kScratchInt = int_reg(17);
inline constexpr PReg kScratchVec = vec_reg(31);
// The link register is saved by the prologue: emission's own scratch register, where a distance
// does not fit an instruction while kScratchInt holds a value in a cycle of moves.
inline constexpr PReg kLinkReg = int_reg(30);
// The two registers of a table of 32 bytes, which must follow each other.
inline constexpr PReg kTable[2] = {vec_reg(29), vec_reg(30)};

// x0 to x16, x19 to x26; v0 to v30. x18 is the platform's.
inline constexpr PRegSet kAllocatable{0x7FFF'FFFF'07F9'FFFFull};

}  // namespace zwasm::codegen::arm64
