#include "codegen/arm64/emit.h"

#include <algorithm>

#include "base/assert.h"
#include "runtime/offsets.h"

namespace zwasm::codegen::arm64 {
bool emit_function(const LoweredFunction& lowered, const RegallocResult& allocation,
                   const CodegenSettings& settings, MachineCode& code) {
  for (Reach reach : {Reach::all_near, Reach::far_bits, Reach::far}) {
    Emitter emitter(lowered, allocation, settings, reach);
    if (!emitter.run()) continue;
    emitter.finish(code);
    return true;
  }
  return false;
}

void Emitter::prologue() {
  a_.pair(Pair::stp_x, kFp, kLink, Mem::pre(Gpr::sp, -16));
  a_.mov(Width::w64, kFp, Gpr::sp);
  // The instance first: a walk from the stack check's trap finds the frame complete.
  bool large = frame_bytes_ > kLargeFrame;
  add_constant(Gpr::sp, kFp, -int64_t{large ? kFixedFrame : frame_bytes_});
  a_.access(Access::str_x, kInstance, Mem::at(kFp, -8));
  if (!checks_stack()) return;
  Mem limit = Mem::at(kContext, ZWASM_CONTEXT_NATIVE_LIMIT);
  if (large) {
    add_constant(kScratch, kFp, -int64_t{frame_bytes_});
    a_.access(Access::ldr_x, kLink, limit);
    a_.cmp(Width::w64, kScratch, kLink);
  } else {
    a_.access(Access::ldr_x, kScratch, limit);
    a_.add_sub(AddSub::subs, Width::w64, Gpr::zr, Gpr::sp, kScratch, Extend::uxtx, 0);
  }
  branch_if(Condition::lo, trap_label(isa::Trap::stack_exhausted, 0));
  if (large) a_.mov(Width::w64, Gpr::sp, kScratch);
}

void Emitter::align_loop() {
  while ((buffer_.size() & 15) != 0) a_.nop();
}

// None of what is emitted here changes the flags.
void Emitter::emit_edit(const Edit& edit, bool) {
  if (edit.remat != ~0u) {
    emit_one(machine_.remats[edit.remat], {&edit.to, 1});
    return;
  }
  auto is_int = [](const Allocation& l) { return l.preg.reg_class() == RegClass::integer; };
  auto g = [](const Allocation& l) { return static_cast<Gpr>(l.preg.encoding()); };
  auto v = [](const Allocation& l) { return static_cast<Vec>(l.preg.encoding()); };
  VecAccess load = edit.size == 16  ? VecAccess::ldr_q
                   : edit.size == 8 ? VecAccess::ldr_d
                                    : VecAccess::ldr_s;
  VecAccess store = edit.size == 16  ? VecAccess::str_q
                    : edit.size == 8 ? VecAccess::str_d
                                     : VecAccess::str_s;
  if (edit.from.is_reg() && edit.to.is_reg()) {
    if (is_int(edit.from) && is_int(edit.to)) move(g(edit.to), g(edit.from));
    else if (is_int(edit.from)) a_.fmov(Width::w64, v(edit.to), g(edit.from));
    else if (is_int(edit.to)) a_.fmov(Width::w64, g(edit.to), v(edit.from));
    else move(v(edit.to), v(edit.from));
  } else if (edit.from.is_reg()) {
    if (is_int(edit.from)) a_.access(Access::str_x, g(edit.from), slot(edit.to, 8));
    else a_.access(store, v(edit.from), slot(edit.to, edit.size));
  } else {
    if (is_int(edit.to)) a_.access(Access::ldr_x, g(edit.to), slot(edit.from, 8));
    else a_.access(load, v(edit.to), slot(edit.from, edit.size));
  }
}

// --- what stands behind the blocks ---

void Emitter::emit_trap(isa::Trap trap, uint32_t position) {
  if (settings_.signals) {
    trap_site(trap, position);
    a_.udf(static_cast<uint16_t>(trap));
    return;
  }
  a_.mov(Width::w64, Gpr::x0, kInstance);
  a_.mov_imm(Gpr::x1, static_cast<uint64_t>(trap));
  helper(ZWASM_HELPER_RAISE);
  call_site(position);
}

void Emitter::helper(uint32_t offset) {
  a_.access(Access::ldr_x, kScratch, Mem::at(kContext, ZWASM_CONTEXT_HELPERS));
  a_.access(Access::ldr_x, kScratch, Mem::at(kScratch, static_cast<int32_t>(offset)));
  a_.blr(kScratch);
}

// --- branches ---

void Emitter::branch_if(Condition c, Label target) {
  if (reach_ != Reach::far) return a_.b_cond(c, target);
  Label past = buffer_.new_label();
  a_.b_cond(negate(c), past);
  a_.b(target);
  buffer_.bind(past);
}

void Emitter::branch_if_zero(Condition c, Width w, Gpr reg, Label target) {
  auto near = [&](bool zero, Label to) { zero ? a_.cbz(w, reg, to) : a_.cbnz(w, reg, to); };
  bool zero = c == Condition::eq;
  if (reach_ != Reach::far) return near(zero, target);
  Label past = buffer_.new_label();
  near(!zero, past);
  a_.b(target);
  buffer_.bind(past);
}

void Emitter::branch_if_bit(Condition c, Gpr reg, uint8_t bit, Label target) {
  auto near = [&](bool zero, Label to) { zero ? a_.tbz(reg, bit, to) : a_.tbnz(reg, bit, to); };
  bool zero = c == Condition::eq;
  if (reach_ == Reach::all_near) return near(zero, target);
  Label past = buffer_.new_label();
  near(!zero, past);
  a_.b(target);
  buffer_.bind(past);
}

// --- operands ---

void Emitter::add_constant(Gpr to, Gpr from, int64_t value) {
  AddSub op = value < 0 ? AddSub::sub : AddSub::add;
  auto magnitude = static_cast<uint64_t>(value < 0 ? -value : value);
  if (magnitude < 1u << 24) {
    uint64_t low = magnitude & 0xFFF, high = magnitude - low;
    if (high != 0) a_.add_sub_imm(op, Width::w64, to, from, high);
    if (low != 0 || high == 0) a_.add_sub_imm(op, Width::w64, to, high != 0 ? to : from, low);
    return;
  }
  a_.mov_imm(kLink, magnitude);
  a_.add_sub(op, Width::w64, to, from, kLink, Extend::uxtx, 0);
}

Mem Emitter::reach(Gpr base, int64_t disp, uint32_t scale) {
  if (Assembler::reaches(disp, scale)) return Mem::at(base, static_cast<int32_t>(disp));
  a_.mov_imm(kLink, static_cast<uint64_t>(disp));
  return Mem::at(base, kLink);
}

// From the frame pointer where it is near, else from the stack pointer, where distances are not
// negative.
Mem Emitter::slot(const Allocation& allocation, uint32_t bytes) {
  int32_t below = slot_below(allocation, bytes);
  if (below <= 256) return Mem::at(kFp, -below);
  return reach(Gpr::sp, int64_t{frame_bytes_} - below, bytes == 16 ? 4 : bytes == 8 ? 3 : 2);
}

Mem Emitter::mem(size_t i, uint32_t scale) {
  const MachineInst& inst = *inst_;
  switch (form()) {
    case Form::mem: return Mem::at(gpr(i), inst.disp);
    case Form::mem_index:
      return Mem::at(gpr(i), gpr(i + 1), static_cast<Extend>(inst.scale), inst.cond);
    case Form::instance: return Mem::at(kInstance, inst.disp);
    case Form::context: return Mem::at(kContext, inst.disp);
    case Form::incoming: return reach(kFp, int64_t{inst.disp} + 16, scale);
    case Form::outgoing: return reach(Gpr::sp, inst.disp, scale);
    case Form::reg:
    case Form::shifted:
    case Form::extended:
    case Form::imm: break;
  }
  ZWASM_ASSERT(false && "no address");
  return Mem::at(Gpr::sp);
}

}  // namespace zwasm::codegen::arm64
