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

namespace {

// How an attempt to leave a frame to machine code ended.
enum class Replaced : uint8_t { no, returned, failed };

// If `ip` is a loop for which there is machine code, that does the rest of the frame's work. The
// activation then stands in the caller: as far as anyone can see, the machine code's frame is the
// function's only one.
[[gnu::noinline]] Replaced replace_frame(Ip ip, Slot* fp, Instance* inst) {
  const Code* code = find_code(ip);
  const LoopPoint* loop = code != nullptr ? code->loop_at(code->word_of(ip)) : nullptr;
  if (loop == nullptr) return Replaced::no;
  runtime::Function& function = *code->function;
  const void* entry = builtins::loop_entry(*inst, function, loop->position);
  if (entry == nullptr) return Replaced::no;
  StoreContext& context = *inst->context;
  Activation& a = activation_of(context);
  const Slot* header = header_of(fp, code->header_offset);
  a.ip = return_ip(header);
  a.fp = caller_fp(header);
  a.in_call = true;
  Slot* top = context.value_top;
  context.value_top = fp + std::max(function.param_slots, function.result_slots);
  a.status = builtins::call_loop(context, entry, inst->funcs[function.index], fp);
  context.value_top = top;
  return a.status == runtime::CallStatus::returned ? Replaced::returned : Replaced::failed;
}

}  // namespace

ZW_COLD void poll_slow(ZW_PARAMS) {
  leave(ip, fp, inst, false);
  const uint32_t reasons = inst->context->poll.load(std::memory_order_relaxed);
  if (Trap trap = builtins::on_poll(*inst->context); trap != Trap::none) ZW_TRAP(trap);
  if ((reasons & runtime::kPollTier) != 0) {
    Replaced replaced = replace_frame(ip, fp, inst);
    if (replaced != Replaced::no) {
      const Activation& a = activation_of(*inst->context);
      if (replaced == Replaced::failed) {
        if (a.status == runtime::CallStatus::threw) ZW_GO(unwind);
        ZW_GO(stop);
      }
      // As a return of the function.
      acc = fp[0].u64;
      facc = with_lane(facc, fp[0].f64);
      ip = a.ip;
      fp = a.fp;
      ZW_RELOAD_MEMORY();
      ZW_DISPATCH(ip);
    }
  }
  ZW_RELOAD_MEMORY();
  ZW_DISPATCH(ip);
}

}  // namespace zwasm::interp
