#include "opt/optimize.h"

#include "ir/flow.h"

namespace zwasm::opt {

void update_loop_depths(ir::Function& function) {
  ir::Dominators dominators(function);
  ir::Loops loops(function, dominators);
  for (ir::Block b : function.order) {
    uint32_t loop = loops.of(b);
    function.block(b).loop_depth = loop == ir::Loop::kNone ? 0 : loops.all()[loop].depth;
  }
}

void optimize(ir::Function& function, uint8_t level) {
  // Dominators cost up to the square of the number of blocks where very many meet in one.
  constexpr size_t kMaxBlocks = 10'000;
  if (level < 2 || function.order.size() > kMaxBlocks) return;
  forward_loads(function);
  hoist_invariants(function);
  update_loop_depths(function);
}

}  // namespace zwasm::opt
