// The allocators behind `allocate_registers`.
#pragma once
#include <optional>

#include "codegen/regalloc.h"

namespace zwasm::codegen {

RegallocResult spill_all(const MachineFunction& function);

}  // namespace zwasm::codegen
