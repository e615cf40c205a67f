// Spill slots for the homes of virtual registers.
#pragma once
#include <cstdint>
#include <vector>

#include "codegen/machine.h"
#include "codegen/regalloc_liveness.h"

namespace zwasm::codegen {

struct Home {
  bool read = false;    // somebody needs it: there is a slot
  bool at_def = false;  // filled at the definition, else where ranges end
  float def_cost = 0, exit_cost = 0;
  uint32_t slot = 0;
};

// Gives the homes that are read their slots; returns the number of slots of eight bytes. Arguments
// and parameters share a slot where they are not alive together, so that nothing moves. Adds the
// steps it took to `work`.
uint32_t assign_slots(const MachineFunction& function, const Liveness& live,
                      std::vector<Home>& homes, uint64_t& work);

}  // namespace zwasm::codegen
