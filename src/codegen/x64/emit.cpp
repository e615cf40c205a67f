#include "codegen/x64/emit.h"

#include <algorithm>

#include "runtime/offsets.h"

namespace zwasm::codegen::x64 {
namespace {

constexpr Gpr kFp = Gpr::rbp, kSp = Gpr::rsp, kInstance = Gpr::r15, kContext = Gpr::r14,
              kScratch = Gpr::r11;
constexpr uint32_t kFixedFrame = 16;  // the instance, and what keeps the rest aligned
// A leaf may use so much below its stack pointer (the platform's red zone).
constexpr uint32_t kRedZone = 128;
// Frames above this are compared with the limit before the stack pointer moves.
constexpr uint32_t kLargeFrame = 4096;

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
  std::vector<bool> short_jumps = first.find_short_jumps();
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

bool Emitter::run(const std::vector<bool>& short_jumps) {
  short_jumps_ = &short_jumps;
  lay_out();
  a_.buffer().bind(entry_);
  prologue();
  for (uint32_t b = 0; b < machine_.blocks.size(); ++b) emit_block(b);
  emit_cold();
  emit_pool();
  return buffer_.resolve();
}

std::vector<bool> Emitter::find_short_jumps() const {
  // Alignment of loops may move code apart in the second run.
  constexpr int64_t kReach = 127 - 32;
  std::vector<bool> found;
  for (const ForwardJump& jump : forward_jumps_)
    found.push_back(int64_t{buffer_.offset_of(jump.target)} - jump.place <= kReach);
  return found;
}

void Emitter::finish(MachineCode& code) {
  for (const PadOf& pad : pads_)
    out_.calls[pad.call].landing_pad = buffer_.offset_of(label_of(pad.block));
  std::ranges::sort(out_.traps, {}, &TrapSite::offset);
  std::ranges::sort(out_.calls, {}, &CallSite::return_offset);
  std::ranges::sort(out_.relocations, {}, &CallRelocation::offset);
  out_.bytes.assign(buffer_.bytes().begin(), buffer_.bytes().end());
  out_.frame_bytes = frame_bytes_;
  code = std::move(out_);
}

// --- layout ---

void Emitter::lay_out() {
  size_t n = machine_.blocks.size();
  std::vector<bool> edited(n, false);
  for (size_t b = 0, e = 0; b < n; ++b) {
    const MachineBlock& block = machine_.blocks[b];
    while (e < allocation_.edits.size() && allocation_.edits[e].inst < block.first_inst) ++e;
    edited[b] = e < allocation_.edits.size() && allocation_.edits[e].inst < block.end_inst;
  }
  // A block that only jumps is not emitted; its name means the block it jumps to.
  forward_.resize(n);
  auto only_jumps = [&](uint32_t b) {
    const MachineBlock& block = machine_.blocks[b];
    return b != 0 && !edited[b] && !block.is_landing_pad &&
           block.end_inst - block.first_inst == 1 &&
           machine_.insts[block.first_inst].op == static_cast<uint16_t>(MOp::jump);
  };
  for (uint32_t b = 0; b < n; ++b) {
    uint32_t to = b;
    // Bounded: a cycle of empty blocks is left as it is.
    for (size_t steps = 0; steps < n && only_jumps(to); ++steps)
      to = machine_.blocks[to].successors[0].block;
    forward_[b] = only_jumps(to) ? b : to;
  }
  entry_ = buffer_.new_label();
  for (size_t b = 0; b < n; ++b) labels_.push_back(buffer_.new_label());
  for (size_t c = 0; c < lowered_.constants.size(); ++c) constants_.push_back(buffer_.new_label());
  for (size_t t = 0; t < lowered_.switches.size(); ++t) tables_.push_back(buffer_.new_label());
  frame_bytes_ = (kFixedFrame + 8 * allocation_.spill_slots + 15) & ~15u;
  frame_bytes_ += lowered_.outgoing_bytes;
  leaf_ = !machine_.makes_calls && settings_.signals && frame_bytes_ <= kRedZone;
  for (const MachineInst& inst : machine_.insts)
    tail_calls_ |= inst.op == static_cast<uint16_t>(MOp::tail_call) ||
                   inst.op == static_cast<uint16_t>(MOp::tail_call_ref);
}

void Emitter::prologue() {
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
    if (!machine_.makes_calls) return;
    a_.alu(Alu::cmp, Width::w64, kSp, limit);
    jump(Condition::b, trap_label(isa::Trap::stack_exhausted, 0));
  }
}

void Emitter::epilogue() { buffer_.put8(0xC9); }  // leave

void Emitter::emit_block(uint32_t number) {
  if (forward_[number] != number) {
    // Its edits, if any, belong to no instruction that runs: there are none.
    return;
  }
  block_ = number;
  next_ = ~0u;
  for (uint32_t b = number + 1; b < machine_.blocks.size() && next_ == ~0u; ++b)
    if (forward_[b] == b) next_ = b;
  const MachineBlock& block = machine_.blocks[number];
  if (lowered_.loop_headers[number] && !block.cold) {
    uint32_t at = buffer_.size();
    a_.nop((16 - (at & 15)) & 15);
  }
  buffer_.bind(labels_[number]);
  edit_ = static_cast<size_t>(std::ranges::lower_bound(allocation_.edits, block.first_inst, {},
                                                       &Edit::inst) -
                              allocation_.edits.begin());
  for (uint32_t i = block.first_inst; i < block.end_inst; ++i) {
    inst_index_ = i;
    emit_edits(i, false);
    const MachineInst& inst = machine_.insts[i];
    emit(inst, {allocation_.operands.data() + inst.first_operand, inst.operand_count});
    emit_edits(i, true);
  }
}

void Emitter::emit_edits(uint32_t inst, bool after) {
  uint32_t reader = after ? inst + 1 : inst;
  bool keep_flags = reader < machine_.insts.size() && reads_flags(machine_.insts[reader].op);
  const auto& edits = allocation_.edits;
  for (; edit_ < edits.size() && edits[edit_].inst == inst && edits[edit_].after == after; ++edit_)
    emit_edit(edits[edit_], keep_flags);
}

void Emitter::emit_edit(const Edit& edit, bool keep_flags) {
  if (edit.remat != ~0u) {
    const MachineInst& made = machine_.remats[edit.remat];
    if (made.op == static_cast<uint16_t>(MOp::mov_imm) && keep_flags) {
      // Not the short form of zero, which changes the flags.
      a_.mov_imm(static_cast<Gpr>(edit.to.preg.encoding()), static_cast<uint64_t>(made.imm));
      return;
    }
    emit(made, {&edit.to, 1});
    return;
  }
  ir::MemKind kind = edit.size == 16  ? ir::MemKind::v128
                     : edit.size == 8 ? ir::MemKind::f64
                                      : ir::MemKind::f32;
  bool is_int = (edit.from.is_reg() ? edit.from.preg : edit.to.preg).reg_class() == RegClass::integer;
  auto g = [](const Allocation& l) { return static_cast<Gpr>(l.preg.encoding()); };
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
}

// --- what stands behind the blocks ---

Label Emitter::trap_label(isa::Trap trap, uint32_t position) {
  Label label = buffer_.new_label();
  trap_stubs_.push_back({label, trap, position});
  return label;
}

void Emitter::trap_stub(isa::Trap trap, uint32_t position) {
  if (settings_.signals) {
    out_.traps.push_back({buffer_.size(), trap, position});
    a_.ud2();
    return;
  }
  a_.mov_imm(Gpr::rdi, static_cast<uint64_t>(trap));
  helper(ZWASM_HELPER_RAISE);
  call_site(position, ~0u, ~0u);
}

void Emitter::emit_cold() {
  next_ = ~0u;
  for (size_t i = 0; i < cold_.size(); ++i) {
    auto code = std::move(cold_[i]);  // may add more
    code();
  }
  for (const TrapStub& stub : trap_stubs_) {
    buffer_.bind(stub.label);
    trap_stub(stub.trap, stub.position);
  }
}

void Emitter::emit_pool() {
  if (!lowered_.constants.empty()) buffer_.align(16, 0xCC);
  for (size_t c = 0; c < lowered_.constants.size(); ++c) {
    buffer_.bind(constants_[c]);
    buffer_.put64(lowered_.constants[c].lo);
    buffer_.put64(lowered_.constants[c].hi);
  }
  buffer_.align(4, 0xCC);
  std::vector<bool> used(lowered_.switches.size(), false);
  for (uint32_t b = 0; b < machine_.blocks.size(); ++b) {
    const MachineBlock& block = machine_.blocks[b];
    if (block.end_inst == block.first_inst) continue;
    const MachineInst& last = machine_.insts[block.end_inst - 1];
    if (last.op != static_cast<uint16_t>(MOp::switch_)) continue;
    const auto& cases = lowered_.switches[last.aux];
    buffer_.bind(tables_[last.aux]);
    uint32_t table = buffer_.size();
    if (cases.size() <= kCompareCases + 1) continue;
    for (size_t c = 0; c + 1 < cases.size(); ++c)
      buffer_.put32(buffer_.offset_of(label_of(block.successors[cases[c]].block)) - table);
  }
}

// --- tables ---

void Emitter::call_site(uint32_t position, uint32_t landing_pad, uint32_t inst) {
  CallSite site{buffer_.size(), position, ~0u, static_cast<uint32_t>(out_.roots.size()), 0};
  if (landing_pad != ~0u) pads_.push_back({out_.calls.size(), landing_pad});
  auto roots = std::ranges::lower_bound(allocation_.roots, inst, {}, &SafepointRoots::inst);
  if (inst != ~0u && roots != allocation_.roots.end() && roots->inst == inst) {
    for (const Allocation& place : roots->places) {
      if (place.is_reg())
        out_.roots.push_back({true, place.preg.number});
      else
        out_.roots.push_back({false, slot(place, 8).disp});
    }
    site.root_count = static_cast<uint32_t>(roots->places.size());
  }
  out_.calls.push_back(site);
}

void Emitter::helper(uint32_t offset) {
  a_.mov(Width::w64, kScratch, Mem::at(kContext, ZWASM_CONTEXT_HELPERS));
  a_.call(Mem::at(kScratch, static_cast<int32_t>(offset)));
}

void Emitter::site() {
  if (inst_->may_trap) out_.traps.push_back({buffer_.size(), inst_->trap, inst_->position});
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
  auto below = static_cast<int32_t>(kFixedFrame + 8 * allocation.slot + (size == 16 ? 16 : 8));
  return Mem::at(kFp, -below);
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
