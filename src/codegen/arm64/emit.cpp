#include "codegen/arm64/emit.h"

#include <algorithm>

#include "runtime/offsets.h"

namespace zwasm::codegen::arm64 {
namespace {

constexpr Gpr kFp = Gpr::x29, kLink = Gpr::x30, kInstance = Gpr::x28, kContext = Gpr::x27,
              kScratch = Gpr::x17;
constexpr uint32_t kFixedFrame = 16;  // the instance, and what keeps the rest aligned
// Frames above this are compared with the limit before the stack pointer moves; below, what a
// function without calls uses is within the reserve under the limit.
constexpr uint32_t kLargeFrame = 4096;

}  // namespace

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

bool Emitter::run() {
  lay_out();
  buffer_.bind(entry_);
  prologue();
  for (uint32_t b = 0; b < machine_.blocks.size(); ++b) emit_block(b);
  emit_cold();
  emit_pool();
  return buffer_.resolve();
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
  frame_bytes_ = (kFixedFrame + 8 * allocation_.spill_slots + 15) & ~15u;
  frame_bytes_ += lowered_.outgoing_bytes;
  for (const MachineInst& inst : machine_.insts)
    tail_calls_ |= inst.op == static_cast<uint16_t>(MOp::tail_call) ||
                   inst.op == static_cast<uint16_t>(MOp::tail_call_ref);
}

void Emitter::prologue() {
  a_.pair(Pair::stp_x, kFp, kLink, Mem::pre(Gpr::sp, -16));
  a_.mov(Width::w64, kFp, Gpr::sp);
  // The instance first: a walk from the stack check's trap finds the frame complete.
  bool large = frame_bytes_ > kLargeFrame;
  add_constant(Gpr::sp, kFp, -int64_t{large ? kFixedFrame : frame_bytes_});
  a_.access(Access::str_x, kInstance, Mem::at(kFp, -8));
  if (!large && !machine_.makes_calls) return;
  Mem limit = Mem::at(kContext, ZWASM_CONTEXT_NATIVE_LIMIT);
  if (large) {
    add_constant(kScratch, kFp, -int64_t{frame_bytes_});
    a_.access(Access::ldr_x, kLink, limit);
    a_.cmp(Width::w64, kScratch, kLink);
  } else {
    a_.access(Access::ldr_x, kScratch, limit);
    a_.add_sub(AddSub::subs, Width::w64, Gpr::zr, Gpr::sp, kScratch, Extend::uxtx, 0);
  }
  Label exhausted = buffer_.new_label();
  trap_stubs_.push_back({exhausted, isa::Trap::stack_exhausted, 0});
  branch_if(Condition::lo, exhausted);
  if (large) a_.mov(Width::w64, Gpr::sp, kScratch);
}

void Emitter::emit_block(uint32_t number) {
  if (forward_[number] != number) return;
  block_ = number;
  next_ = ~0u;
  for (uint32_t b = number + 1; b < machine_.blocks.size() && next_ == ~0u; ++b)
    if (forward_[b] == b) next_ = b;
  const MachineBlock& block = machine_.blocks[number];
  if (lowered_.loop_headers[number] && !block.cold)
    while ((buffer_.size() & 15) != 0) a_.nop();
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

// None of these changes the flags.
void Emitter::emit_edits(uint32_t inst, bool after) {
  const auto& edits = allocation_.edits;
  for (; edit_ < edits.size() && edits[edit_].inst == inst && edits[edit_].after == after; ++edit_)
    emit_edit(edits[edit_]);
}

void Emitter::emit_edit(const Edit& edit) {
  if (edit.remat != ~0u) {
    emit(machine_.remats[edit.remat], {&edit.to, 1});
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
    if (is_int(edit.from) && is_int(edit.to))
      move(g(edit.to), g(edit.from));
    else if (is_int(edit.from))
      a_.fmov(Width::w64, v(edit.to), g(edit.from));
    else if (is_int(edit.to))
      a_.fmov(Width::w64, g(edit.to), v(edit.from));
    else
      move(v(edit.to), v(edit.from));
  } else if (edit.from.is_reg()) {
    if (is_int(edit.from))
      a_.access(Access::str_x, g(edit.from), slot(edit.to, 8));
    else
      a_.access(store, v(edit.from), slot(edit.to, edit.size));
  } else {
    if (is_int(edit.to))
      a_.access(Access::ldr_x, g(edit.to), slot(edit.from, 8));
    else
      a_.access(load, v(edit.to), slot(edit.from, edit.size));
  }
}

// --- what stands behind the blocks ---

Label Emitter::trap_label() {
  Label label = buffer_.new_label();
  trap_stubs_.push_back({label, inst_->trap, inst_->position});
  return label;
}

void Emitter::trap_stub(isa::Trap trap, uint32_t position) {
  if (settings_.signals) {
    out_.traps.push_back({buffer_.size(), trap, position});
    a_.udf(static_cast<uint16_t>(trap));
    return;
  }
  a_.mov(Width::w64, Gpr::x0, kInstance);
  a_.mov_imm(Gpr::x1, static_cast<uint64_t>(trap));
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
  if (!lowered_.constants.empty()) buffer_.align(16, 0);
  for (size_t c = 0; c < lowered_.constants.size(); ++c) {
    buffer_.bind(constants_[c]);
    buffer_.put64(lowered_.constants[c].lo);
    buffer_.put64(lowered_.constants[c].hi);
  }
}

// --- tables ---

void Emitter::call_site(uint32_t position, uint32_t landing_pad, uint32_t inst) {
  CallSite call{buffer_.size(), position, ~0u, static_cast<uint32_t>(out_.roots.size()), 0};
  if (landing_pad != ~0u) pads_.push_back({out_.calls.size(), landing_pad});
  auto roots = std::ranges::lower_bound(allocation_.roots, inst, {}, &SafepointRoots::inst);
  if (inst != ~0u && roots != allocation_.roots.end() && roots->inst == inst) {
    for (const Allocation& place : roots->places) {
      if (place.is_reg())
        out_.roots.push_back({true, place.preg.number});
      else
        out_.roots.push_back({false, -slot_below(place, 8)});
    }
    call.root_count = static_cast<uint32_t>(roots->places.size());
  }
  out_.calls.push_back(call);
}

void Emitter::helper(uint32_t offset) {
  a_.access(Access::ldr_x, kScratch, Mem::at(kContext, ZWASM_CONTEXT_HELPERS));
  a_.access(Access::ldr_x, kScratch, Mem::at(kScratch, static_cast<int32_t>(offset)));
  a_.blr(kScratch);
}

void Emitter::site() {
  if (inst_->may_trap) out_.traps.push_back({buffer_.size(), inst_->trap, inst_->position});
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

int32_t Emitter::slot_below(const Allocation& allocation, uint32_t bytes) const {
  return static_cast<int32_t>(kFixedFrame + 8 * allocation.slot + (bytes == 16 ? 16 : 8));
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
  assert(false && "no address");
  return Mem::at(Gpr::sp);
}

}  // namespace zwasm::codegen::arm64
