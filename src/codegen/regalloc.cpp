#include "codegen/regalloc.h"

#include "codegen/regalloc_internal.h"

namespace zwasm::codegen {

RegallocResult allocate_registers(const MachineFunction& function, Allocator allocator) {
  switch (allocator) {
    case Allocator::greedy:
    case Allocator::linear_scan:
    case Allocator::spill_all: break;
  }
  return spill_all(function);
}

}  // namespace zwasm::codegen
