// The operations of DWARF line tables: read for source lines of guests, written for native
// debuggers.
#pragma once
#include <cstdint>

namespace zwasm::module::dwarf {

// Numbers of the DWARF standard, section 6.2.
enum StandardOp : uint8_t {
  kExtended = 0,
  kCopy = 1,
  kAdvancePc,
  kAdvanceLine,
  kSetFile,
  kSetColumn,
  kNegateStmt,
  kSetBasicBlock,
  kConstAddPc,
  kFixedAdvancePc,
};
enum ExtendedOp : uint8_t { kEndSequence = 1, kSetAddress = 2 };

}  // namespace zwasm::module::dwarf
