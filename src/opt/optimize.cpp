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
  function.work += dominators.work() + loops.work();
}

namespace {

struct Pass {
  const char* name;
  void (*run)(ir::Function&);
};
constexpr Pass kPasses[] = {
    {"forward_loads", forward_loads},
    {"hoist_invariants", hoist_invariants},
    {"update_loop_depths", update_loop_depths},
};

}  // namespace

void optimize(ir::Function& function, uint8_t level) {
  optimize(function, level, [](const char*) {});
}

void optimize(ir::Function& function, uint8_t level, FunctionRef<void(const char*)> done) {
  if (level < 2) return;
  for (const Pass& pass : kPasses) {
    pass.run(function);
    done(pass.name);
  }
}

}  // namespace zwasm::opt
