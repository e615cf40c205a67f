// Throwing, and the search for a handler through the frames of an activation.
#include "interp/handlers/misc_handlers.h"
#include "runtime/gc/heap.h"
#include "runtime/store.h"

namespace zwasm::interp {

using runtime::GcHeap;
using runtime::GcRef;
using runtime::TagCell;
namespace gc = runtime::gc;

namespace {

TagCell* tag_of(const StoreContext& context, GcRef exception) {
  TagCell* tag;
  std::memcpy(&tag, context.heap_base + exception + gc::kExceptionTagOffset, sizeof tag);
  return tag;
}
void copy_arguments(const StoreContext& context, GcRef exception, Slot* to) {
  const gc::Shape& shape = GcHeap::shape_of(context, exception);
  std::memcpy(to, context.heap_base + exception + gc::kExceptionArgsOffset,
              shape.size - gc::kExceptionArgsOffset);
}
uint32_t argument_slots(const StoreContext& context, GcRef exception) {
  return (GcHeap::shape_of(context, exception).size - gc::kExceptionArgsOffset) /
         static_cast<uint32_t>(sizeof(Slot));
}

// Makes the exception that the values at `from` are thrown with; pending afterwards.
[[gnu::noinline]] bool make_exception(Instance* inst, uint32_t tag, const Slot* from) {
  StoreContext& context = *inst->context;
  uint32_t type = inst->module->module().tags[tag].type;
  const gc::Shape& shape = *inst->shapes[type];
  GcRef exception = GcHeap::allocate(context, shape);
  if (exception == runtime::kNullRef) return false;
  uint8_t* object = context.heap_base + exception;
  std::memcpy(object + gc::kExceptionTagOffset, &inst->tags[tag], sizeof(TagCell*));
  std::memcpy(object + gc::kExceptionArgsOffset, from, shape.size - gc::kExceptionArgsOffset);
  GcHeap::remember_object(context, exception);
  [[maybe_unused]] auto status = builtins::throw_exception(context, exception);
  return true;
}

// Continues at the handler if `entry` catches the exception.
bool catches(StoreContext& context, const Catch& entry, Instance* inst, GcRef exception, Slot* to) {
  using K = Catch::Kind;
  bool by_tag = entry.kind == K::tag || entry.kind == K::tag_ref || entry.kind == K::legacy_tag;
  if (by_tag && inst->tags[entry.tag] != tag_of(context, exception)) return false;
  switch (entry.kind) {
    case K::legacy_tag:
    case K::legacy_all:
      to->u64 = exception;
      if (by_tag) copy_arguments(context, exception, to + 1);
      return true;
    case K::tag: copy_arguments(context, exception, to); return true;
    case K::tag_ref:
      copy_arguments(context, exception, to);
      to[argument_slots(context, exception)].u64 = exception;
      return true;
    case K::all: return true;
    case K::all_ref: to->u64 = exception; return true;
    case K::delegate: break;
  }
  return false;
}

// Searches the frames of the innermost activation, from where it stands. If there is a handler,
// the activation stands there afterwards, and nothing is pending.
bool find_handler(StoreContext& context) {
  Activation& a = activation_of(context);
  GcRef exception = context.store->pending_exception();
  const Ip start_ip = a.ip;
  Slot* const start_fp = a.fp;
  const bool start_in_call = a.in_call;
  while (const Code* code = find_code(a.ip)) {
    uint32_t word = code->word_of(a.ip) - (a.in_call ? 1 : 0);
    Slot* header = header_of(a.fp, code->header_offset);
    Instance* inst = frame_instance(header);
    uint32_t depth = ~0u;
    for (const Catch& entry : code->catch_table()) {
      if (word < entry.begin || word >= entry.end || entry.depth > depth) continue;
      if (entry.kind == Catch::Kind::delegate) {
        depth = entry.target;
      } else if (catches(context, entry, inst, exception, &slot_at(a.fp, entry.slot))) {
        context.store->set_pending_exception(runtime::kNullRef);
        a.ip = code->entry() + entry.target;
        a.inst = inst;
        a.status = runtime::CallStatus::returned;
        return true;
      }
    }
    a.ip = return_ip(header);
    a.fp = caller_fp(header);
    a.in_call = true;
  }
  // The frames are left as they were for the backtrace.
  a.ip = start_ip;
  a.fp = start_fp;
  a.in_call = start_in_call;
  a.status = builtins::leave_uncaught(context);
  return false;
}

}  // namespace

ZW_COLD void unwind(ZW_PARAMS) {
  if (!find_handler(*inst->context)) ZW_GO(stop);
  Activation& a = activation_of(*inst->context);
  ip = a.ip;
  fp = a.fp;
  inst = a.inst;
  ZW_RELOAD_MEMORY();
  ZW_DISPATCH(ip);
}

void op_throw_new(ZW_PARAMS) {
  leave(ip, fp, inst, false);
  if (!make_exception(inst, ip[2], &slot_at(fp, ip[3]))) ZW_TRAP(Trap::heap_exhausted);
  ZW_GO(unwind);
}
void op_throw_ref(ZW_PARAMS) {
  leave(ip, fp, inst, false);
  GcRef exception = slot_at(fp, ip[2]).ref;
  if (exception == runtime::kNullRef) ZW_TRAP(Trap::null_exception_reference);
  [[maybe_unused]] auto status = builtins::throw_exception(*inst->context, exception);
  ZW_GO(unwind);
}

}  // namespace zwasm::interp
