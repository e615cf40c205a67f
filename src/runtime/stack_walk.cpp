#include "runtime/stack_walk.h"

#include "runtime/gc/heap.h"
#include "runtime/native_code.h"
#include "runtime/offsets.h"
#include "runtime/store.h"

namespace zwasm::runtime {
namespace {

constexpr uintptr_t kFault = 1;

// The frames of native code inside one boundary, which was left by the frame at `exit`:
// visit(frame pointer, return address or place of a fault, is it a fault, frame it was left by).
template <class Visit>
bool for_each_native(const NativeBoundary& boundary, uintptr_t exit, Visit visit) {
  if (exit == 0) return true;
  bool fault = (exit & kFault) != 0;
  auto** fp = reinterpret_cast<void**>(exit & ~kFault);
  while (*fp != boundary.fp) {
    auto** caller = static_cast<void**>(*fp);
    if (!visit(caller, fp[1], fault, fp)) return false;
    fault = false;
    fp = caller;
  }
  return true;
}

// Calls interpreted(activation) and native(boundary, exit) from the innermost outwards, until one
// returns false.
template <class Interpreted, class Native>
void for_each_segment(StoreContext& context, Interpreted interpreted, Native native) {
  const InterpreterOps& ops = context.store->engine().interpreter();
  void* activation = context.activation;
  const NativeBoundary* boundary = context.boundary;
  uintptr_t exit = context.native_fp;
  while (activation != nullptr || boundary != nullptr) {
    if (boundary != nullptr && boundary->activation == activation) {
      if (!native(*boundary, exit)) return;
      exit = boundary->outer_native_fp;
      boundary = boundary->previous;
    } else {
      if (!interpreted(activation)) return;
      activation = ops.outer_activation(activation);
    }
  }
}

Slot& slot_of(void* frame, int32_t offset) {
  return *reinterpret_cast<Slot*>(static_cast<char*>(frame) + offset);
}

}  // namespace

void walk_frames(StoreContext& context, FrameVisitor visit) {
  const InterpreterOps& ops = context.store->engine().interpreter();
  auto native = [&](void** frame, const void* pc, bool fault, void**) {
    NativePlace place;
    uint32_t position = 0;
    if (fault) {
      place.code = NativeCode::find(pc);
      place.function = place.code != nullptr ? place.code->function_at(pc) : nullptr;
      if (place.function == nullptr) return true;
      const NativeTrap* trap = place.function->trap_at(static_cast<uint32_t>(
          static_cast<const uint8_t*>(pc) - place.code->entry(*place.function)));
      if (trap != nullptr) position = trap->position;
    } else {
      place = find_call(pc);
      if (place.function == nullptr) return true;
      if (place.site != nullptr) position = place.site->position;
    }
    auto* instance = static_cast<Instance*>(frame[-1]);
    return visit({place.function->function, instance, place.function->body_offset + position});
  };
  for_each_segment(
      context, [&](void* activation) { return ops.walk_frames(activation, visit); },
      [&](const NativeBoundary& boundary, uintptr_t exit) {
        return for_each_native(boundary, exit, native);
      });
}

void visit_frame_roots(StoreContext& context, RootVisitor& visitor) {
  const InterpreterOps& ops = context.store->engine().interpreter();
  auto native = [&](void** frame, const void* pc, bool, void** left_by) {
    visitor.enter_frame();
    NativePlace place = find_call(pc);
    if (place.site == nullptr) return true;
    for (const NativeRoot& root : place.function->roots_of(*place.site)) {
      // Registers are live in polls only, whose stub has saved them in its frame.
      if (root.is_reg) visitor.visit(slot_of(left_by, 8 * root.where - ZWASM_POLL_SAVED));
      else visitor.visit(slot_of(frame, root.where));
    }
    return true;
  };
  for_each_segment(
      context,
      [&](void* activation) {
        ops.visit_roots(activation, visitor);
        return true;
      },
      [&](const NativeBoundary& boundary, uintptr_t exit) {
        return for_each_native(boundary, exit, native);
      });
}

}  // namespace zwasm::runtime
