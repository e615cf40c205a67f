// Entering the interpreter: an activation, and the loop where handlers return to one.
#include "interp/handlers/misc_handlers.h"
#include "interp/interpreter.h"
#include "interp/walk.h"

namespace zwasm::interp {

namespace {

// Code that consists of one instruction. `exit` is where the bottom frame returns to: the words
// before a return address are those of a call.
struct StubCode : Code {
  explicit StubCode(Handler handler) {
    auto v = reinterpret_cast<uint64_t>(handler);
    words[0] = static_cast<Word>(v);
    words[1] = static_cast<Word>(v >> 32);
    word_count = kHandlerWords;
  }
};
const StubCode g_translate(op_translate);
const StubCode g_host_call(op_host_call);
const StubCode g_native_call(op_native_call);

struct ExitStub {
  alignas(8) Word words[6] = {};
  ExitStub() {
    auto v = reinterpret_cast<uint64_t>(&op_exit);
    words[4] = static_cast<Word>(v);
    words[5] = static_cast<Word>(v >> 32);
  }
  Ip ip() const { return words + 4; }
};
const ExitStub g_exit;

runtime::CallStatus call(StoreContext& context, runtime::FuncRef* callee, Slot* slots) {
  char here;
  if (reinterpret_cast<uintptr_t>(&here) < context.native_limit)
    return builtins::raise(context, Trap::stack_exhausted);
  Activation activation{static_cast<Activation*>(context.activation)};
  context.activation = &activation;
  Instance* inst = callee->instance;
  uint8_t* mem;
  uint64_t len;
  ZW_RELOAD_MEMORY();
  Ip ip = callee->function->code.load(std::memory_order_acquire)->entry();
  auto acc = reinterpret_cast<uint64_t>(g_exit.ip());
  Facc facc = facc_of_pointer(callee->function);
  handler_at(ip)(ip, slots, inst, mem, len, acc, facc);
#if !ZWASM_INTERP_TAIL
  while (!activation.stopped) {
    Activation::State s = activation.state;
    handler_at(s.ip)(s.ip, s.fp, s.inst, s.mem, s.len, s.acc, s.facc);
  }
#endif
  context.activation = activation.previous;
  return activation.status;
}

}  // namespace

const runtime::InterpreterOps kInterpreter = {
    &g_translate,     &g_host_call, &g_native_call, call,
    outer_activation, visit_roots,  walk_frames,    free_code,
};

}  // namespace zwasm::interp
