// Ways out of the fast path: traps, polls, retried accesses, and the end of an activation.
#include "interp/handlers/misc_handlers.h"

namespace zwasm::interp {

ZW_COLD void stop(ZW_PARAMS) { activation_of(*inst->context).stopped = true; }
void op_exit(ZW_PARAMS) { activation_of(*inst->context).stopped = true; }

ZW_COLD void trap_exit(ZW_PARAMS) {
  leave(ip, fp, inst, false);
  Activation& a = activation_of(*inst->context);
  a.status = builtins::raise(*inst->context, static_cast<Trap>(acc));
  a.stopped = true;
}

ZW_COLD void memory_slow(ZW_PARAMS) {
  runtime::MemoryView* view = inst->memories[0];
  uint64_t now = view->byte_length.load(std::memory_order_acquire);
  if (now == len && mem == view->base) ZW_TRAP(Trap::memory_out_of_bounds);
  mem = view->base;
  len = now;
  ZW_DISPATCH(ip);
}

ZW_COLD void poll_slow(ZW_PARAMS) {
  leave(ip, fp, inst, false);
  if (Trap trap = builtins::on_poll(*inst->context); trap != Trap::none) ZW_TRAP(trap);
  ZW_RELOAD_MEMORY();
  ZW_DISPATCH(ip);
}

}  // namespace zwasm::interp
