// Counts of executed opcodes, for `--profile ops`: process-wide, relaxed, and touched only by code
// that was translated for it.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>

#include "isa/opcodes.h"

namespace zwasm::interp {

inline std::array<std::atomic<uint64_t>, isa::kOpCount> g_op_counts{};

inline void count_op(uint32_t op) {
  auto& cell = g_op_counts[op];
  cell.store(cell.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

}  // namespace zwasm::interp
