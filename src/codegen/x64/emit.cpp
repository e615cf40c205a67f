#include "codegen/x64/emit.h"

#include <algorithm>

#include "runtime/offsets.h"

namespace zwasm::codegen::x64 {
namespace {

// A leaf may use so much below its stack pointer (the platform's red zone).
constexpr uint32_t kRedZone = 128;

bool patch_rel8(uint8_t* code, uint32_t place, uint32_t target) {
  int64_t distance = int64_t{target} - (int64_t{place} + 1);
  if (distance != static_cast<int8_t>(distance)) return false;
  code[place] = static_cast<uint8_t>(distance);
  return true;
}

}  // namespace

bool emit_function(const LoweredFunction& lowered, const RegallocResult& allocation,
                   const CodegenSettings& settings, MachineCode& code) {
  Emitter first(lowered, allocation, settings);
  if (!first.run({})) return false;
  std::vector<uint8_t> short_jumps = first.find_short_jumps();
  if (std::ranges::find(short_jumps, true) != short_jumps.end()) {
    Emitter second(lowered, allocation, settings);
    if (second.run(short_jumps)) {
      second.finish(code);
      return true;
    }
  }
  first.finish(code);
  return true;
}

Emitter::Emitter(const LoweredFunction& lowered, const RegallocResult& allocation,
                 const CodegenSettings& settings)
    : Emission(lowered, allocation, settings, kMachineOps, 0xCC), a_(buffer_) {
  for (size_t t = 0; t < lowered_.switches.size(); ++t) tables_.push_back(buffer_.new_label());
}

bool Emitter::run(const std::vector<uint8_t>& short_jumps) {
  short_jumps_ = &short_jumps;
  return Emission::run();
}

std::vector<uint8_t> Emitter::find_short_jumps() const {
  // Alignment of loops may move code apart in the second run.
  constexpr int64_t kReach = 127 - 32;
  std::vector<uint8_t> found;
  for (const ForwardJump& jump : forward_jumps_)
    found.push_back(int64_t{buffer_.offset_of(jump.target)} - jump.place <= kReach);
  return found;
}

void Emitter::prologue() {
  leaf_ = !machine_.makes_calls && settings_.signals && frame_bytes_ <= kRedZone;
  // A fault's handler makes the frame that is missing (sys/faults.h).
  frameless_ = leaf_ && allocation_.spill_slots == 0 && lowered_.layout.area() == 0;
  if (frameless_) return;
  a_.push(kFp);
  a_.mov(Width::w64, kFp, kSp);
  a_.push(kInstance);
  // What a leaf uses is within the reserve below the limit.
  if (leaf_) return;
  auto rest = static_cast<int32_t>(frame_bytes_ - 8);
  Mem limit = Mem::at(kContext, ZWASM_CONTEXT_NATIVE_LIMIT);
  if (frame_bytes_ > kLargeFrame) {
    a_.lea(Width::w64, kScratch, Mem::at(kSp, -rest));
    a_.alu(Alu::cmp, Width::w64, kScratch, limit);
    jump(Condition::b, trap_label(isa::Trap::stack_exhausted, 0));
    a_.mov(Width::w64, kSp, kScratch);
  } else {
    a_.alu(Alu::sub, Width::w64, kSp, rest);
    if (!checks_stack()) return;
    a_.alu(Alu::cmp, Width::w64, kSp, limit);
    jump(Condition::b, trap_label(isa::Trap::stack_exhausted, 0));
  }
}

void Emitter::epilogue() {
  if (!frameless_) buffer_.put8(0xC9);  // leave
}

void Emitter::align_loop() { a_.nop((16 - (buffer_.size() & 15)) & 15); }

void Emitter::emit_edit(const Edit& edit, bool keep_flags) {
  if (edit.remat != ~0u) {
    const MachineInst& made = machine_.remats[edit.remat];
    if (made.op == static_cast<uint16_t>(MOp::mov_imm) && keep_flags) {
      // Not the short form of zero, which changes the flags.
      a_.mov_imm(static_cast<Gpr>(edit.to.preg.encoding()), static_cast<uint64_t>(made.imm));
      return;
    }
    emit_one(made, {&edit.to, 1});
    return;
  }
  ir::MemKind kind = edit.size == 16  ? ir::MemKind::v128
                     : edit.size == 8 ? ir::MemKind::f64
                                      : ir::MemKind::f32;
  bool is_int =
      (edit.from.is_reg() ? edit.from.preg : edit.to.preg).reg_class() == RegClass::integer;
  auto g = [](const Allocation& l) { return static_cast<Gpr>(l.preg.encoding()); };
  // A move leaves the flags as they are.
  const bool flags_hold =
      flags_.end == buffer_.size() && !(is_int && edit.to.is_reg() && g(edit.to) == flags_.reg);
  auto x = [](const Allocation& l) { return static_cast<Xmm>(l.preg.encoding()); };
  if (edit.from.is_reg() && edit.to.is_reg()) {
    if (is_int) move(g(edit.to), g(edit.from));
    else move(x(edit.to), x(edit.from));
  } else if (edit.from.is_reg()) {
    if (is_int) a_.mov(Width::w64, slot(edit.to, 8), g(edit.from));
    else store_vec(kind, slot(edit.to, edit.size), x(edit.from));
  } else {
    if (is_int) a_.mov(Width::w64, g(edit.to), slot(edit.from, 8));
    else load_vec(kind, x(edit.to), slot(edit.from, edit.size));
  }
  if (flags_hold) flags_.end = buffer_.size();
}

// --- what stands behind the blocks ---

void Emitter::emit_trap(isa::Trap trap, uint32_t position) {
  if (settings_.signals) {
    trap_site(trap, position);
    a_.ud2();
    return;
  }
  a_.mov_imm(Gpr::rdi, static_cast<uint64_t>(trap));
  helper(ZWASM_HELPER_RAISE);
  call_site(position);
}

void Emitter::emit_table(uint32_t number) {
  size_t count = case_count(number);
  if (count <= kCompareCases) return;
  buffer_.align(4, 0xCC);
  buffer_.bind(tables_[number]);
  uint32_t table = buffer_.size();
  for (size_t c = 0; c < count; ++c)
    buffer_.put32(buffer_.offset_of(label_of(case_target(number, c))) - table);
}

void Emitter::helper(uint32_t offset) {
  a_.mov(Width::w64, kScratch, Mem::at(kContext, ZWASM_CONTEXT_HELPERS));
  a_.call(Mem::at(kScratch, static_cast<int32_t>(offset)));
}

// --- jumps ---

bool Emitter::take_short(Label target) {
  if (buffer_.is_bound(target))
    return int64_t{buffer_.size()} + 2 - buffer_.offset_of(target) <= 128;
  size_t number = forward_jumps_.size();
  forward_jumps_.push_back({buffer_.size(), target});
  return number < short_jumps_->size() && (*short_jumps_)[number];
}

void Emitter::jump(Label target) {
  if (!take_short(target)) return a_.jmp(target);
  buffer_.put8(0xEB);
  buffer_.refer(buffer_.size(), target, patch_rel8);
  buffer_.put8(0);
}

void Emitter::jump(Condition c, Label target) {
  if (!take_short(target)) return a_.jcc(c, target);
  buffer_.put8(0x70u | static_cast<uint32_t>(c));
  buffer_.refer(buffer_.size(), target, patch_rel8);
  buffer_.put8(0);
}

// --- operands ---

Mem Emitter::slot(const Allocation& allocation, uint32_t size) const {
  return Mem::at(kFp, -slot_below(allocation, size));
}

Mem Emitter::mem(size_t i) const {
  const MachineInst& inst = *inst_;
  switch (form()) {
    case Form::none:
    case Form::imm:
    case Form::reg: {
      VReg v = machine_.operands[inst.first_operand + i].vreg;
      return slot(at(i), machine_.vregs[index(v)].size);
    }
    case Form::mem: return Mem::at(gpr(i), inst.disp);
    case Form::mem_index: return Mem::at(gpr(i), gpr(i + 1), inst.scale, inst.disp);
    case Form::instance: return Mem::at(kInstance, inst.disp);
    case Form::instance_index: return Mem::at(kInstance, gpr(i), inst.scale, inst.disp);
    case Form::context: return Mem::at(kContext, inst.disp);
    case Form::context_index: return Mem::at(kContext, gpr(i), inst.scale, inst.disp);
    case Form::incoming: return Mem::at(kFp, inst.disp + 16);
    case Form::outgoing: return Mem::at(kSp, inst.disp);
    case Form::constant: return Mem::at(constants_[inst.aux]);
  }
  return {};
}

}  // namespace zwasm::codegen::x64
