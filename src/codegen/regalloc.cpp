#include "codegen/regalloc.h"

#include "codegen/regalloc_context.h"
#include "codegen/regalloc_internal.h"

namespace zwasm::codegen {
namespace {

// Operations per instruction after which greedy allocation gives up.
constexpr uint64_t kGreedyWork = 1000;

std::optional<RegallocResult> greedy(const MachineFunction& function) {
  AllocContext context(function);
  if (!context.live.complete()) return std::nullopt;
  std::vector<Bundle> bundles = initial_bundles(context);
  std::vector<Affinity> affinities = coalesce(context, bundles);
  uint64_t limit = kGreedyWork * (function.insts.size() + 100);
  if (!assign_registers(context, bundles, affinities, limit)) return std::nullopt;
  RegallocResult result = resolve(context, bundles);
  result.work = context.work;
  if (result.refusal == nullptr) reuse_registers(function, result);
  return result;
}

}  // namespace

RegallocResult allocate_registers(const MachineFunction& function, Allocator allocator) {
  switch (allocator) {
    case Allocator::greedy:
      if (auto result = greedy(function)) return std::move(*result);
      [[fallthrough]];
    case Allocator::linear_scan:
      if (auto result = linear_scan(function)) return std::move(*result);
      break;
    case Allocator::spill_all: break;
  }
  return spill_all(function);
}

}  // namespace zwasm::codegen
