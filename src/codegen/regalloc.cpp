#include "codegen/regalloc.h"

#include "codegen/regalloc_context.h"
#include "codegen/regalloc_internal.h"

namespace zwasm::codegen {
namespace {

// Operations per instruction after which greedy allocation gives up, and linear scan stops to look
// for good places to split.
constexpr uint64_t kGreedyWork = 4000, kLinearWork = 1000;

std::optional<RegallocResult> allocate_intervals(const MachineFunction& function, bool linear) {
  AllocContext context(function);
  if (!context.live.complete()) return std::nullopt;
  std::vector<Bundle> bundles = initial_bundles(context);
  std::vector<Affinity> affinities = coalesce(context, bundles);
  uint64_t limit = (linear ? kLinearWork : kGreedyWork) * (function.insts.size() + 100);
  if (!assign_registers(context, bundles, affinities, {linear, limit})) return std::nullopt;
  return resolve(context, bundles);
}

}  // namespace

RegallocResult allocate_registers(const MachineFunction& function, Allocator allocator) {
  switch (allocator) {
    case Allocator::greedy:
      if (auto result = allocate_intervals(function, false)) return std::move(*result);
      [[fallthrough]];
    case Allocator::linear_scan:
      if (auto result = allocate_intervals(function, true)) return std::move(*result);
      break;
    case Allocator::spill_all: break;
  }
  return spill_all(function);
}

}  // namespace zwasm::codegen
