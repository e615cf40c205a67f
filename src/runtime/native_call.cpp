#include "runtime/native_call.h"

#include <algorithm>
#include <cstring>

#include "runtime/builtins.h"
#include "runtime/instance.h"
#include "runtime/native_code.h"
#include "runtime/store.h"
#include "runtime/stubs.h"

namespace zwasm::runtime {
namespace {

// Walks a list of types the way the convention assigns places to them.
class Assigner {
 public:
  struct Place {
    bool in_register;
    bool is_float;
    uint32_t index;  // of the register, or of the stack slot
  };
  Place next(isa::ValType type) {
    bool is_float =
        type.kind() == isa::ValKind::f32 || type.kind() == isa::ValKind::f64 || type.is_vec();
    uint32_t& used = is_float ? floats_ : ints_;
    if (used < (is_float ? kFloatRegs : kIntRegs)) return {true, is_float, used++};
    uint32_t at = stack_;
    stack_ += isa::slots_of(type);
    return {false, is_float, at};
  }
  uint32_t ints() const { return ints_; }
  uint32_t stack_slots() const { return (stack_ + 1) & ~1u; }

 private:
  uint32_t ints_ = 0, floats_ = 0, stack_ = 0;
};

uint32_t stack_slots(std::span<const isa::ValType> types) {
  Assigner assigner;
  for (isa::ValType type : types) assigner.next(type);
  return assigner.stack_slots();
}

}  // namespace

StackArea stack_area(std::span<const isa::ValType> params, std::span<const isa::ValType> results) {
  return {stack_slots(params), stack_slots(results)};
}

namespace {
// That the platform passes in registers behind the site.
#if defined(__x86_64__)
constexpr uint32_t kPlatformInts = 5;
#else
constexpr uint32_t kPlatformInts = 7;
#endif
}  // namespace

const void* typed_host_stub(std::span<const isa::ValType> params) {
  Assigner assigner;
  for (isa::ValType type : params) assigner.next(type);
  auto stub = assigner.ints() <= 2               ? &zwasm_typed_host_2
              : assigner.ints() <= kPlatformInts ? &zwasm_typed_host_5
                                                 : &zwasm_typed_host_8;
  return near_stub(stub);
}

void to_native(std::span<const isa::ValType> types, const Slot* slots, NativeRegs& regs,
               uint64_t* stack) {
  Assigner assigner;
  for (isa::ValType type : types) {
    size_t bytes = isa::slots_of(type) * sizeof(Slot);
    Assigner::Place place = assigner.next(type);
    void* to = !place.in_register ? static_cast<void*>(stack + place.index)
               : place.is_float   ? static_cast<void*>(regs.floats[place.index])
                                  : &regs.ints[place.index];
    std::memcpy(to, slots, bytes);
    slots += isa::slots_of(type);
  }
}

void from_native(std::span<const isa::ValType> types, Slot* slots, const NativeRegs& regs,
                 const uint64_t* stack) {
  Assigner assigner;
  for (isa::ValType type : types) {
    size_t bytes = isa::slots_of(type) * sizeof(Slot);
    Assigner::Place place = assigner.next(type);
    const void* from = !place.in_register ? static_cast<const void*>(stack + place.index)
                       : place.is_float   ? static_cast<const void*>(regs.floats[place.index])
                                          : &regs.ints[place.index];
    std::memcpy(slots, from, bytes);
    // Of a narrow value in a register, only its own bits count.
    if (type.kind() == isa::ValKind::i32 || type.kind() == isa::ValKind::f32)
      slots->u64 = slots->u32;
    slots += isa::slots_of(type);
  }
}

bool builtins::runs_native(const FuncRef& callee) {
  return callee.code.load(std::memory_order_acquire) !=
         reinterpret_cast<const void*>(&zwasm_slots_entry);
}

void builtins::note_hot(StoreContext& context, Function& function) {
  Tiers* tiers = context.store->engine().tiers();
  if (tiers != nullptr) context.store->on_host_stack([&] { tiers->hot(function); });
}

const void* builtins::loop_entry(Instance& instance, Function& function, uint32_t position) {
  if (!record_of(instance).attached) return nullptr;
  Store& store = Store::of(instance);
  const void* entry = nullptr;
  store.on_host_stack([&] { entry = store.engine().tiers()->loop_entry(function, position); });
  return entry;
}

namespace {

// With `pass_frame` the one argument is `slots` itself.
CallStatus enter(StoreContext& context, FuncRef* callee, Instance* caller,
                 std::span<const isa::ValType> params, std::span<const isa::ValType> results,
                 Slot* slots, bool pass_frame) {
  StackArea area = stack_area(params, results);
  // The area is on the guest stack twice for a moment, here and as the callee sees it.
  char here;
  uintptr_t needed = 2 * area.size() * sizeof(uint64_t) + sizeof(NativeCall) + 512;
  if (reinterpret_cast<uintptr_t>(&here) < context.native_limit + needed)
    return builtins::raise(context, isa::Trap::stack_exhausted);
  auto* stack = static_cast<uint64_t*>(__builtin_alloca(area.size() * sizeof(uint64_t) + 16));
  NativeCall call{};
  call.context = &context;
  call.callee = callee;
  call.caller = caller;
  call.stack = stack;
  call.stack_bytes = area.size() * sizeof(uint64_t);
  call.result_bytes = area.results * sizeof(uint64_t);
  if (pass_frame) call.regs.ints[0] = reinterpret_cast<uintptr_t>(slots);
  else to_native(params, slots, call.regs, stack);
  call.boundary.previous = context.boundary;
  call.boundary.outer_native_fp = context.native_fp;
  call.boundary.activation = context.activation;
  context.boundary = &call.boundary;
  context.native_fp = 0;
  auto status = static_cast<CallStatus>(zwasm_enter_native(&call));
  context.boundary = call.boundary.previous;
  context.native_fp = call.boundary.outer_native_fp;
  if (status == CallStatus::returned)
    from_native(results, slots, call.regs, stack + area.size() - area.results);
  return status;
}

}  // namespace

void builtins::note_tail_call(StoreContext& context) {
  context.store->tail_nesting().in_tail_position = true;
}

bool builtins::leaves_for_native(StoreContext& context) {
  TailNesting& nesting = context.store->tail_nesting();
  if (!nesting.in_tail_position || nesting.stay == 0) return true;
  --nesting.stay;
  nesting.in_tail_position = false;
  return false;
}

CallStatus builtins::call_native(StoreContext& context, FuncRef* callee, Instance* caller,
                                 Slot* slots) {
  constexpr uint64_t kFirstStay = 256;
  constexpr uint32_t kDeepest = 24;
  TailNesting& nesting = context.store->tail_nesting();
  const TailNesting outer{false, nesting.depth, nesting.stay};
  const uint32_t depth = nesting.in_tail_position ? outer.depth + 1 : 0;
  nesting = {false, depth, depth == 0 ? 0 : kFirstStay << 2 * std::min(depth, kDeepest)};
  const module::FuncType& type = *callee->function->signature;
  const CallStatus status = enter(context, callee, caller, type.params, type.results, slots, false);
  nesting = outer;
  return status;
}

CallStatus builtins::call_loop(StoreContext& context, const void* entry, FuncRef* callee,
                               Slot* fp) {
  const module::FuncType& type = *callee->function->signature;
  FuncRef version;
  version.code.store(const_cast<void*>(entry), std::memory_order_relaxed);
  version.type = callee->type;
  version.instance = callee->instance;
  version.function = callee->function;
  return enter(context, &version, callee->instance, {}, type.results, fp, true);
}

// --- what the stubs call ---

extern "C" {

// Native code has called something that takes slots. Returns the bytes to pop and how it ended.
NativeReturn zwasm_call_slots(StoreContext* context, FuncRef* callee, NativeRegs* regs,
                              uint64_t* stack, Instance* caller) {
  const module::FuncType& type = *callee->function->signature;
  const Function& function = *callee->function;
  StackArea area = stack_area(type.params, type.results);
  Slot* top = context->value_top;
  const uint32_t room = std::max(function.param_slots, function.result_slots);
  char here;
  CallStatus status;
  if (context->value_limit - top < static_cast<ptrdiff_t>(room) ||
      reinterpret_cast<uintptr_t>(&here) < context->native_limit) {
    status = builtins::raise(*context, isa::Trap::stack_exhausted);
  } else {
    from_native(type.params, top, *regs, stack);
    context->value_top = top + room;
    if (function.host != nullptr) status = builtins::call_host(*context, callee, caller, top);
    else status = context->store->engine().interpreter().call(*context, callee, top);
    context->value_top = top;
  }
  uint64_t pop = (area.size() - area.results) * sizeof(uint64_t);
  if (status == CallStatus::returned)
    to_native(type.results, top, *regs, stack + area.size() - area.results);
  return {pop, static_cast<uint64_t>(status)};
}

// From the frame at `fp` outwards: the first frame of native code with a handler, or the innermost
// boundary. Frames of native code are linked by their frame pointers.
void zwasm_find_handler(StoreContext* context, uint64_t status, void** fp, NativeTarget* target) {
  NativeBoundary* boundary = context->boundary;
  while (*fp != boundary->fp) {
    const void* pc = fp[1];
    fp = static_cast<void**>(*fp);
    if (status != static_cast<uint64_t>(CallStatus::threw)) continue;
    NativePlace place = find_call(pc);
    if (place.site == nullptr || place.site->landing_pad == NativeCallSite::kNoPad) continue;
    const uint8_t* pad = place.code->entry(*place.function) + place.site->landing_pad;
    *target = {const_cast<uint8_t*>(pad), fp, builtins::take_exception(*context)};
    return;
  }
  // While the frames still stand.
  if (status == static_cast<uint64_t>(CallStatus::threw)) context->store->note_uncaught();
  boundary->status = static_cast<CallStatus>(status);
  *target = {reinterpret_cast<void*>(&zwasm_leave_native), boundary->fp, status};
}

}  // extern "C"

}  // namespace zwasm::runtime
