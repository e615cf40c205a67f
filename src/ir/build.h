// From a validated body to its SSA graph.
#pragma once
#include <cstdint>
#include <string>

#include "ir/ir.h"
#include "module/module.h"
#include "module/type_registry.h"

namespace zwasm::ir {

// What changes the meaning of the graph: a part of codegen::CodegenSettings.
struct BuildSettings {
  bool signals = true;          // linear memory may rely on faults
  bool reserved_memory = true;  // 32-bit memories of 64 KiB pages are reserved
  bool fuel = false;
  bool nan_canonicalization = false;
  bool relaxed_simd_deterministic = false;
  uint8_t opt_level = 2;      // 0 and 1: no folding that costs time
  bool poll_entries = false;  // not only at loops
  // On-stack replacement: the place of a `loop` instruction, counted in bytes from the start of
  // the body's code (module::FuncBody::offset). The graph then starts at that loop.
  //
  // The frame pointer handed over is the interpreter's (interp/frame.h): locals stand in their
  // slots; each operand, from the bottom of the operand stack to the loop's parameters, stands at
  // its home, unless it is a constant below these (which the builder knows too); an exception
  // caught by an open legacy catch stands in the slot at the catch's base.
  static constexpr uint32_t kNoOsr = ~0u;
  uint32_t osr_position = kNoOsr;
};

// Builds the graph of defined function `func` into `out`. False: the function is too large for
// the compiler (says what in `error`), or there is no such loop.
bool build(const module::Module& module, const module::ModuleTypes& types, uint32_t func,
           const BuildSettings& settings, Function& out, std::string& error);

}  // namespace zwasm::ir
