// Calls, returns, tail calls. A call passes to its callee's first instruction:
//
//   fp    the callee's frame    acc   the return address    facc  the callee's Function*
//
// The word before a return address is the distance from the caller's frame to the callee's. And
// before that stands an instruction `reload`, which makes the caller's instance current again:
//
//      call …  | reload header delta | next instruction
//              ^ from elsewhere      ^ return address within an instance
//
// so that a call within an instance pays nothing for those that leave it.
#include <mutex>

#include "interp/handlers/misc_handlers.h"
#include "interp/translate.h"

namespace zwasm::interp {

namespace {

constexpr uint32_t kReloadWords = 4;

ZW_INLINE Ip code_entry(const runtime::Function* f) {
  return f->code.load(std::memory_order_acquire)->entry();
}
ZW_INLINE Ip acc_ip(uint64_t acc) { return reinterpret_cast<Ip>(acc); }
ZW_INLINE uint64_t as_acc(Ip ip) { return reinterpret_cast<uint64_t>(ip); }
ZW_INLINE Slot* fp_at(Slot* fp, uint32_t delta) { return &slot_at(fp, delta); }
ZW_INLINE Slot* caller_of(Slot* fp, uint64_t acc) {
  return reinterpret_cast<Slot*>(reinterpret_cast<char*>(fp) - acc_ip(acc)[-1]);
}
ZW_INLINE uint32_t window(const runtime::Function& f) {
  return f.param_slots > f.result_slots ? f.param_slots : f.result_slots;
}

// Calls what runs outside of this loop: the host, or machine code. acc, fp as for any callee; facc:
// its FuncRef*.
using Outside = runtime::CallStatus (*)(StoreContext&, runtime::FuncRef*, Instance*, Slot*);
template <Outside call>
[[gnu::noinline]] void call_outside(ZW_PARAMS) {
  auto* ref = reinterpret_cast<runtime::FuncRef*>(facc_bits(facc));
  StoreContext& context = *inst->context;
  ip = acc_ip(acc);
  Slot* slots = fp;
  fp = caller_of(fp, acc);
  leave(ip, fp, inst, true);
  Activation& a = activation_of(context);
  uint32_t room = window(*ref->function);
  if (context.value_limit - slots < static_cast<ptrdiff_t>(room)) [[unlikely]] {
    a.status = builtins::raise(context, Trap::stack_exhausted);
    ZW_GO(stop);
  }
  Slot* top = context.value_top;
  context.value_top = slots + room;
  runtime::CallStatus status = call(context, ref, inst, slots);
  context.value_top = top;
  if (status != runtime::CallStatus::returned) [[unlikely]] {
    a.status = status;
    if (status == runtime::CallStatus::threw) ZW_GO(unwind);
    ZW_GO(stop);
  }
  ZW_RELOAD_MEMORY();
  acc = slots[0].u64;
  facc = with_lane(facc, slots[0].f64);
  ZW_DISPATCH(ip);
}

// A callee of another instance, or of the host; facc: its FuncRef*.
[[gnu::noinline]] void enter_other(ZW_PARAMS) {
  auto* ref = reinterpret_cast<runtime::FuncRef*>(facc_bits(facc));
  if (ref->function->host != nullptr) ZW_GO(call_outside<builtins::call_host>);
  // Coming back, the caller's instance must be made current: unless this is known to happen.
  Handler at_return = handler_at(acc_ip(acc));
  if (at_return != op_exit && at_return != op_reload) acc = as_acc(acc_ip(acc) - kReloadWords);
  inst = ref->instance;
  ZW_RELOAD_MEMORY();
  facc = facc_of_pointer(ref->function);
  ZW_DISPATCH(code_entry(ref->function));
}

#define ZW_ENTER(ref)                           \
  do {                                          \
    if ((ref)->instance != inst) [[unlikely]] { \
      facc = facc_of_pointer(ref);              \
      ZW_GO(enter_other);                       \
    }                                           \
    facc = facc_of_pointer((ref)->function);    \
    ZW_DISPATCH(code_entry((ref)->function));   \
  } while (0)

}  // namespace

ZW_COLD void trap_in_call(ZW_PARAMS) {
  leave(acc_ip(acc), caller_of(fp, acc), inst, true);
  Activation& a = activation_of(*inst->context);
  a.status = builtins::raise(*inst->context, Trap::stack_exhausted);
  a.stopped = true;
}

// Words: fn nn, header, frame, first local to clear, slots to clear.
#define ZW_ENTER_FRAME()                                                                  \
  if (reinterpret_cast<char*>(inst->context->value_limit) - reinterpret_cast<char*>(fp) < \
      static_cast<ptrdiff_t>(ip[5])) [[unlikely]]                                         \
    ZW_GO(trap_in_call);                                                                  \
  const bool hot = count_call(*load_pointer<runtime::Function>(ip + 2));                  \
  Slot* header = header_of(fp, ip[4]);                                                    \
  header[kReturnIp].u64 = acc;                                                            \
  header[kFrameInstance].u64 = reinterpret_cast<uint64_t>(inst);                          \
  header[kCallerFp].u64 = reinterpret_cast<uint64_t>(caller_of(fp, acc))
#define ZW_ENTER_END()                                                       \
  ip += 8;                                                                   \
  if (hot) [[unlikely]]                                                      \
    ZW_GO(function_is_hot);                                                  \
  if (inst->context->poll.load(std::memory_order_relaxed) != 0) [[unlikely]] \
    ZW_GO(poll_slow);                                                        \
  ZW_DISPATCH(ip)

// True at the call that makes the function hot.
ZW_INLINE bool count_call(runtime::Function& function) {
  // Lossy: other threads may count at the same time.
  auto* calls = reinterpret_cast<volatile uint32_t*>(&function.calls);
#if defined(__x86_64__)
  bool zero;
  __asm__("incl %0" : "+m"(*const_cast<uint32_t*>(calls)), "=@ccz"(zero));
  return zero;
#else
  uint32_t count = *calls + 1;
  *calls = count;
  return count == 0;
#endif
}

// A frame has been entered.
ZW_COLD void function_is_hot(ZW_PARAMS) {
  leave(ip, fp, inst, false);
  builtins::note_hot(*inst->context, *find_code(ip)->function);
  if (inst->context->poll.load(std::memory_order_relaxed) != 0) ZW_GO(poll_slow);
  ZW_DISPATCH(ip);
}

void op_enter(ZW_PARAMS) {
  ZW_ENTER_FRAME();
  Slot* local = fp_at(fp, ip[6]);
  for (uint32_t n = ip[7]; n != 0; --n) (local++)->u64 = 0;
  ZW_ENTER_END();
}
void op_enter_one(ZW_PARAMS) {
  ZW_ENTER_FRAME();
  fp_at(fp, ip[6])->u64 = 0;
  ZW_ENTER_END();
}
void op_enter_plain(ZW_PARAMS) {
  ZW_ENTER_FRAME();
  ZW_ENTER_END();
}

void op_call(ZW_PARAMS) {
  auto* function = load_pointer<runtime::Function>(ip + 2);
  acc = as_acc(ip + 5 + kReloadWords);
  fp = fp_at(fp, ip[4]);
  facc = facc_of_pointer(function);
  ZW_DISPATCH(code_entry(function));
}
void op_call_import(ZW_PARAMS) {
  runtime::FuncRef* ref = inst->funcs[ip[2]];
  acc = as_acc(ip + 4 + kReloadWords);
  fp = fp_at(fp, ip[3]);
  ZW_ENTER(ref);
}

// The callee's type is not the expected one: a subtype at best. Kept away from the fast path.
ZW_COLD bool accepts(Instance* inst, runtime::FuncEntry entry, module::CanonId type) {
  return entry.ref != nullptr && builtins::func_type_matches(*inst, entry.type, type);
}
#define ZW_LOOK_UP(index, table_word)                             \
  const runtime::TableView* table = inst->tables[ip[table_word]]; \
  uint64_t at = (index);                                          \
  if (at >= table->size) [[unlikely]]                             \
    ZW_TRAP(Trap::undefined_element);                             \
  runtime::FuncEntry entry = table->funcs[at]
#define ZW_CHECK_TYPE(type_word)                                           \
  if (entry.type != ip[type_word] && !accepts(inst, entry, ip[type_word])) \
  ZW_TRAP(entry.ref == nullptr ? Trap::uninitialized_element : Trap::indirect_call_type_mismatch)

template <Kind k>
ZW_INLINE uint64_t table_index(Ip ip, Slot* fp, uint64_t acc) {
  return k == Kind::acc ? acc : slot_at(fp, ip[4]).u64;
}
// Words: type, table, [index,] delta
template <Kind k>
inline constexpr uint32_t kDelta = k == Kind::acc ? 4 : 5;

template <Kind k>
ZW_COLD void call_subtype(ZW_PARAMS) {
  ZW_LOOK_UP((table_index<k>(ip, fp, acc)), 3);
  ZW_CHECK_TYPE(2);
  acc = as_acc(ip + kDelta<k> + 1 + kReloadWords);
  fp = fp_at(fp, ip[kDelta<k>]);
  ZW_ENTER(entry.ref);
}
#define ZW_CALL_INDIRECT(k)                        \
  ZW_LOOK_UP((table_index<k>(ip, fp, acc)), 3);    \
  if (entry.type != ip[2]) [[unlikely]]            \
    ZW_GO(call_subtype<k>);                        \
  acc = as_acc(ip + kDelta<k> + 1 + kReloadWords); \
  fp = fp_at(fp, ip[kDelta<k>]);                   \
  ZW_ENTER(entry.ref)
void op_call_indirect_s(ZW_PARAMS) { ZW_CALL_INDIRECT(Kind::slot); }
void op_call_indirect_a(ZW_PARAMS) { ZW_CALL_INDIRECT(Kind::acc); }

void op_call_ref(ZW_PARAMS) {
  runtime::FuncRef* ref = slot_at(fp, ip[2]).func;
  if (ref == nullptr) [[unlikely]]
    ZW_TRAP(Trap::null_function_reference);
  acc = as_acc(ip + 4 + kReloadWords);
  fp = fp_at(fp, ip[3]);
  ZW_ENTER(ref);
}

void op_reload(ZW_PARAMS) {
  inst = frame_instance(header_of(fp, ip[2]));
  ZW_RELOAD_MEMORY();
  ZW_NEXT(4);
}

// --- Tail calls: the return address goes to acc before the arguments overwrite the frame.

void op_tail_prepare(ZW_PARAMS) {
  acc = header_of(fp, ip[2])[kReturnIp].u64;
  ZW_NEXT(3);
}
// Of machine code: op_native_call decides whether to leave for it.
ZW_COLD void tail_call_native(ZW_PARAMS) {
  auto* ref = reinterpret_cast<runtime::FuncRef*>(facc_bits(facc));
  builtins::note_tail_call(*inst->context);
  ZW_ENTER(ref);
}
#define ZW_TAIL_ENTER(ref)                                                    \
  do {                                                                        \
    if ((ref)->function->native.load(std::memory_order_relaxed) != nullptr) { \
      facc = facc_of_pointer(ref);                                            \
      ZW_GO(tail_call_native);                                                \
    }                                                                         \
    ZW_ENTER(ref);                                                            \
  } while (0)

void op_tail_call(ZW_PARAMS) {
  auto* function = load_pointer<runtime::Function>(ip + 2);
  if (function->native.load(std::memory_order_relaxed) != nullptr) {
    facc = facc_of_pointer(inst->funcs[function->index]);
    ZW_GO(tail_call_native);
  }
  facc = facc_of_pointer(function);
  ZW_DISPATCH(code_entry(function));
}
void op_tail_call_import(ZW_PARAMS) {
  runtime::FuncRef* ref = inst->funcs[ip[2]];
  ZW_TAIL_ENTER(ref);
}
void op_resolve_indirect(ZW_PARAMS) {
  ZW_LOOK_UP(slot_at(fp, ip[3]).u64, 5);
  ZW_CHECK_TYPE(4);
  slot_at(fp, ip[2]).func = entry.ref;
  ZW_NEXT(6);
}
void op_check_func_ref(ZW_PARAMS) {
  if (slot_at(fp, ip[2]).func == nullptr) [[unlikely]]
    ZW_TRAP(Trap::null_function_reference);
  ZW_NEXT(3);
}
void op_tail_call_ref(ZW_PARAMS) {
  runtime::FuncRef* ref = slot_at(fp, ip[2]).func;
  ZW_TAIL_ENTER(ref);
}

// --- Returns. A single number is left in its accumulator too.

#define ZW_RETURN()                            \
  do {                                         \
    const Slot* header = header_of(fp, ip[2]); \
    ip = return_ip(header);                    \
    fp = caller_fp(header);                    \
    ZW_DISPATCH(ip);                           \
  } while (0)

void op_return_none(ZW_PARAMS) { ZW_RETURN(); }
void op_return_s(ZW_PARAMS) {
  acc = slot_at(fp, ip[3]).u64;
  fp[0].u64 = acc;
  ZW_RETURN();
}
void op_return_a(ZW_PARAMS) {
  fp[0].u64 = acc;
  ZW_RETURN();
}
void op_return_i(ZW_PARAMS) {
  acc = ip[3];
  fp[0].u64 = acc;
  ZW_RETURN();
}
void op_return_fs(ZW_PARAMS) {
  double v = slot_at(fp, ip[3]).f64;
  facc = with_lane(facc, v);
  fp[0].f64 = v;
  ZW_RETURN();
}
void op_return_f(ZW_PARAMS) {
  fp[0].u64 = bits_of(static_cast<float>(facc[0]));
  ZW_RETURN();
}
void op_return_d(ZW_PARAMS) {
  fp[0].u64 = facc_bits(facc);
  ZW_RETURN();
}

// --- Stubs: the code of functions that have none of their own.

void op_translate(ZW_PARAMS) {
  auto* function = reinterpret_cast<runtime::Function*>(facc_bits(facc));
  ZW_DISPATCH(translate_now(*function)->entry());
}
// A host function that is the callee of an activation; never reached otherwise, since a host
// function belongs to an instance of its own.
void op_host_call(ZW_PARAMS) { ZW_GO(stop); }

void op_native_call(ZW_PARAMS) {
  auto* function = reinterpret_cast<runtime::Function*>(facc_bits(facc));
  runtime::FuncRef* ref = inst->funcs[function->index];
  // Some instances cannot run the machine code of their module.
  if (!builtins::leaves_for_native(*inst->context) || !builtins::runs_native(*ref)) [[unlikely]]
    ZW_DISPATCH(translate_now(*function)->entry());
  facc = facc_of_pointer(ref);
  ZW_GO(call_outside<builtins::call_native>);
}

}  // namespace zwasm::interp
