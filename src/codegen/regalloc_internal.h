// The allocators behind `allocate_registers`.
#pragma once
#include <optional>

#include "codegen/regalloc.h"

namespace zwasm::codegen {

// Nothing: more live ranges than there is room for, or a strange instruction.
std::optional<RegallocResult> linear_scan(const MachineFunction& function);
RegallocResult spill_all(const MachineFunction& function);

// Afterwards: takes values from registers that still hold them, instead of their slots.
void reuse_registers(const MachineFunction& function, RegallocResult& result);

}  // namespace zwasm::codegen
