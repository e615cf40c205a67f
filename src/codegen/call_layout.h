// Where the arguments and results of a call stand (docs/abi.md): the order of registers and the
// slots of the stack area, for both instruction sets. What the registers are is the leaf's
// business.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "ir/ir.h"

namespace zwasm::codegen {

inline constexpr uint32_t kIntArgRegs = 8;
inline constexpr uint32_t kVecArgRegs = 8;

struct ValuePlace {
  enum class Kind : uint8_t { int_reg, vec_reg, stack };
  Kind kind = Kind::stack;
  uint32_t number = 0;  // which register of the convention's order; bytes into its part of the area
};

struct CallLayout {
  std::vector<ValuePlace> params, results;
  uint32_t param_bytes = 0, result_bytes = 0;  // on the stack, multiples of 16

  // Bytes the caller makes room for; the callee leaves only those of results.
  uint32_t area() const { return param_bytes > result_bytes ? param_bytes : result_bytes; }
  uint32_t popped() const { return area() - result_bytes; }
};

CallLayout call_layout(std::span<const ir::Type> params, std::span<const ir::Type> results);

}  // namespace zwasm::codegen
