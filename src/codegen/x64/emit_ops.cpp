// One machine operation, one instruction (or the few that belong together).
#include "codegen/x64/emit.h"

namespace zwasm::codegen::x64 {

using ir::MemKind;

void Emitter::move(Gpr to, Gpr from) {
  if (to != from) a_.mov(Width::w64, to, from);
}
void Emitter::move(Xmm to, Xmm from) {
  if (to == from) return;
  if (settings_.cpu.avx) a_.avx(SseMove::movaps, to, from);
  else a_.sse(SseMove::movaps, to, from);
}

void Emitter::zero_extend(Width w, Gpr reg) {
  switch (w) {
    case Width::w8:
    case Width::w16: a_.movzx(w, reg, reg); break;
    case Width::w32: a_.mov(Width::w32, reg, reg); break;
    case Width::w64: break;
  }
}

// The instruction just emitted has set the flags by its result.
void Emitter::flags_tell(bool order) {
  flags_ = {inst_index_, buffer_.size(), gpr(0), width(), order};
}

// The flags hold already what the current instruction, `test` of a register, would make of them,
// as far as those behind it ask.
bool Emitter::is_tested() const {
  if (form() == Form::imm || gpr(0) != gpr(1) || gpr(0) != flags_.reg || width() != flags_.width)
    return false;
  if (flags_.inst < block().first_inst || flags_.inst >= inst_index_ ||
      flags_.end != buffer_.size())
    return false;
  auto reads_flags = [&](uint32_t i) {
    return i < block().end_inst && kMachineOps[machine_.insts[i].op].flag == 'r';
  };
  uint32_t i = inst_index_ + 1;
  if (!reads_flags(i)) return false;
  for (; reads_flags(i); ++i) {
    auto c = static_cast<Condition>(machine_.insts[i].cond);
    bool zero_or_sign =
        c == Condition::e || c == Condition::ne || c == Condition::s || c == Condition::ns;
    if (!zero_or_sign && !flags_.order) return false;
  }
  return true;
}

void Emitter::emit() {
  const MachineInst& inst = *inst_;
  switch (static_cast<MOp>(inst.op)) {
    case MOp::mov: move(gpr(0), gpr(1)); break;
    case MOp::mov_vec: move(xmm(0), xmm(1)); break;
    case MOp::mov32:
    case MOp::mov_imm:
    case MOp::mov_fixed:
    case MOp::alu:
    case MOp::alu_flags:
    case MOp::alu_mr:
    case MOp::alu_mi:
    case MOp::cmp:
    case MOp::cmp_mr:
    case MOp::cmp_mi:
    case MOp::test:
    case MOp::imul:
    case MOp::imul_imm:
    case MOp::mul_wide:
    case MOp::shift_imm:
    case MOp::shift_cl:
    case MOp::shiftx:
    case MOp::rorx:
    case MOp::unary:
    case MOp::bits:
    case MOp::andn:
    case MOp::movzx:
    case MOp::movsx:
    case MOp::lea:
    case MOp::set:
    case MOp::cmov: emit_integer(inst); break;
    case MOp::div: divide(); break;
    case MOp::clz: count_leading(); break;
    case MOp::ctz: count_trailing(); break;
    case MOp::popcnt: population_count(); break;
    case MOp::load:
    case MOp::store:
    case MOp::store_imm:
    case MOp::load_vec:
    case MOp::store_vec:
    case MOp::xchg_mem:
    case MOp::xadd:
    case MOp::cmpxchg:
    case MOp::fence: emit_memory(inst); break;
    case MOp::rmw_loop: rmw_loop(); break;
    case MOp::cmpxchg_narrow: cmpxchg_narrow(); break;
    case MOp::zero_vec:
    case MOp::ones_vec:
    case MOp::vec:
    case MOp::vec_one:
    case MOp::vec_move:
    case MOp::vec_imm:
    case MOp::vec_one_imm:
    case MOp::vec_move_imm:
    case MOp::vec_shift:
    case MOp::fma:
    case MOp::vec_from_int:
    case MOp::int_from_vec:
    case MOp::int_to_float:
    case MOp::compare_float:
    case MOp::test_vec:
    case MOp::select_vec:
    case MOp::mask_of:
    case MOp::extract:
    case MOp::insert:
    case MOp::store_lane: emit_vector(inst); break;
    case MOp::u64_to_float: u64_to_float(); break;
    case MOp::trunc_sat: truncate(); break;
    case MOp::min_max: minimum(); break;
    case MOp::entry: break;
    case MOp::landing_pad:
      a_.lea(Width::w64, Gpr::rsp, Mem::at(Gpr::rbp, -static_cast<int32_t>(frame_bytes_)));
      a_.mov(Width::w64, Gpr::r15, Mem::at(Gpr::rbp, -8));
      break;
    case MOp::call:
    case MOp::call_ref: call(); break;
    case MOp::call_helper:
      helper(8 * inst.aux);
      call_site(inst.position, inst_index_, inst.cond != 0);
      break;
    case MOp::poll: poll(); break;
    case MOp::jump:
    case MOp::invoke_end: jump_to(successor(0)); break;
    case MOp::branch: branch(); break;
    case MOp::switch_: switch_table(); break;
    case MOp::return_:
      epilogue();
      if (uint32_t popped = lowered_.layout.popped(); popped == 0) {
        a_.ret();
      } else {
        buffer_.put8(0xC2);
        buffer_.put8(popped & 0xFF);
        buffer_.put8(popped >> 8);
      }
      break;
    case MOp::tail_call:
    case MOp::tail_call_ref: tail_call(); break;
    case MOp::trap_if: {
      Label stub = trap_label();
      switch (parity()) {
        case Parity::ignore: jump(cond(), stub); break;
        case Parity::or_unordered:
          jump(Condition::p, stub);
          jump(cond(), stub);
          break;
        case Parity::and_ordered: {
          Label ordered = buffer_.new_label();
          jump(Condition::p, ordered);
          jump(cond(), stub);
          buffer_.bind(ordered);
          break;
        }
      }
      break;
    }
    case MOp::trap: emit_trap(inst.trap, inst.position); break;
  }
}

void Emitter::emit_integer(const MachineInst& inst) {
  auto alu = static_cast<Alu>(inst.sub);
  auto imm = static_cast<int32_t>(inst.imm);
  Width w = width();
  switch (static_cast<MOp>(inst.op)) {
    case MOp::mov32:
      site();
      with_gpr(1, [&](auto from) { a_.mov(Width::w32, gpr(0), from); });
      break;
    case MOp::mov_imm:
      if (inst.imm == 0) a_.alu(Alu::xor_, Width::w32, gpr(0), gpr(0));
      else a_.mov_imm(gpr(0), static_cast<uint64_t>(inst.imm));
      break;
    case MOp::mov_fixed: a_.mov(Width::w64, gpr(0), static_cast<Gpr>(inst.sub)); break;
    case MOp::alu:
    case MOp::alu_flags:
      site();
      if (form() == Form::imm) a_.alu(alu, w, gpr(0), imm);
      else with_gpr(2, [&](auto from) { a_.alu(alu, w, gpr(0), from); });
      flags_tell(alu == Alu::and_ || alu == Alu::or_ || alu == Alu::xor_);
      break;
    case MOp::alu_mr:
      site();
      a_.alu(alu, w, mem(1), gpr(0));
      break;
    case MOp::alu_mi:
      site();
      a_.alu(alu, w, mem(0), imm);
      break;
    case MOp::cmp:
      site();
      if (form() == Form::imm) a_.alu(Alu::cmp, w, gpr(0), imm);
      else with_gpr(1, [&](auto from) { a_.alu(Alu::cmp, w, gpr(0), from); });
      break;
    case MOp::cmp_mr:
      site();
      a_.alu(Alu::cmp, w, mem(1), gpr(0));
      break;
    case MOp::cmp_mi:
      site();
      a_.alu(Alu::cmp, w, mem(0), imm);
      break;
    case MOp::test:
      if (is_tested()) break;
      if (form() == Form::imm) a_.test(w, gpr(0), imm);
      else a_.test(w, gpr(0), gpr(1));
      break;
    case MOp::imul:
      site();
      with_gpr(2, [&](auto from) { a_.imul(w, gpr(0), from); });
      break;
    case MOp::imul_imm:
      site();
      if (in_register(1)) {
        a_.imul(w, gpr(0), gpr(1), imm);
      } else {
        a_.mov(w, gpr(0), mem(1));
        a_.imul(w, gpr(0), gpr(0), imm);
      }
      break;
    case MOp::mul_wide:
      site();
      if (in_register(3)) {
        a_.unary(static_cast<Unary>(inst.sub), w, gpr(3));
      } else {
        a_.mov(w, Gpr::r11, mem(3));
        a_.unary(static_cast<Unary>(inst.sub), w, Gpr::r11);
      }
      break;
    case MOp::shift_imm:
      a_.shift(static_cast<Shift>(inst.sub), w, gpr(0), static_cast<uint8_t>(inst.imm));
      if (auto shift = static_cast<Shift>(inst.sub);
          inst.imm != 0 && (shift == Shift::shl || shift == Shift::shr || shift == Shift::sar))
        flags_tell(false);
      break;
    case MOp::shift_cl: a_.shift_cl(static_cast<Shift>(inst.sub), w, gpr(0)); break;
    case MOp::shiftx:
      site();
      with_gpr(2, [&](auto from) {
        auto shift = static_cast<Shift>(inst.sub);
        if (shift == Shift::shl) a_.shlx(w, gpr(0), from, gpr(1));
        else if (shift == Shift::shr) a_.shrx(w, gpr(0), from, gpr(1));
        else a_.sarx(w, gpr(0), from, gpr(1));
      });
      break;
    case MOp::rorx: a_.rorx(w, gpr(0), gpr(1), static_cast<uint8_t>(inst.imm)); break;
    case MOp::unary:
      a_.unary(static_cast<Unary>(inst.sub), w, gpr(0));
      if (static_cast<Unary>(inst.sub) == Unary::neg) flags_tell(false);
      break;
    case MOp::bits:
      site();
      with_gpr(1, [&](auto from) { a_.bits(static_cast<Bits>(inst.sub), w, gpr(0), from); });
      break;
    case MOp::andn:
      site();
      with_gpr(2, [&](auto other) { a_.andn(w, gpr(0), gpr(1), other); });
      flags_tell(true);
      break;
    case MOp::movzx:
      site();
      with_gpr(1, [&](auto from) { a_.movzx(w, gpr(0), from); });
      break;
    case MOp::movsx:
      site();
      with_gpr(1, [&](auto from) { a_.movsx(w, static_cast<Width>(inst.sub), gpr(0), from); });
      break;
    case MOp::lea: a_.lea(w, gpr(0), mem(1)); break;
    case MOp::set: {
      Gpr to = gpr(0);
      a_.set(cond(), to);
      if (parity() != Parity::ignore) {
        bool both = parity() == Parity::and_ordered;
        a_.set(both ? Condition::np : Condition::p, gpr(1));
        a_.alu(both ? Alu::and_ : Alu::or_, Width::w32, to, gpr(1));
      }
      a_.movzx(Width::w8, to, to);
      break;
    }
    case MOp::cmov:
      with_gpr(2, [&](auto from) {
        a_.cmov(cond(), w, gpr(0), from);
        if (parity() == Parity::or_unordered) a_.cmov(Condition::p, w, gpr(0), from);
      });
      break;
    default: break;
  }
}

void Emitter::emit_memory(const MachineInst& inst) {
  Width w = width();
  // Subtraction: the negated value is added.
  if (inst.op == static_cast<uint16_t>(MOp::xadd) && inst.cond != 0)
    a_.unary(Unary::neg, w == Width::w64 ? Width::w64 : Width::w32, gpr(0));
  site();
  switch (static_cast<MOp>(inst.op)) {
    case MOp::load: {
      Gpr to = gpr(0);
      Mem from = mem(1);
      switch (static_cast<MemKind>(inst.sub)) {
        case MemKind::i8_s: a_.movsx(Width::w8, w, to, from); break;
        case MemKind::i8_u: a_.movzx(Width::w8, to, from); break;
        case MemKind::i16_s: a_.movsx(Width::w16, w, to, from); break;
        case MemKind::i16_u: a_.movzx(Width::w16, to, from); break;
        case MemKind::i32_s: a_.movsx(Width::w32, Width::w64, to, from); break;
        case MemKind::i32_u:
        case MemKind::ref: a_.mov(Width::w32, to, from); break;
        default: a_.mov(Width::w64, to, from); break;
      }
      break;
    }
    case MOp::store: a_.mov(w, mem(1), gpr(0)); break;
    case MOp::store_imm: a_.mov(w, mem(0), static_cast<int32_t>(inst.imm)); break;
    case MOp::load_vec: load_vec(static_cast<MemKind>(inst.sub), xmm(0), mem(1)); break;
    case MOp::store_vec: store_vec(static_cast<MemKind>(inst.sub), mem(1), xmm(0)); break;
    case MOp::xchg_mem:
      a_.xchg(w, mem(2), gpr(0));
      if (w == Width::w8 || w == Width::w16) zero_extend(w, gpr(0));
      break;
    case MOp::xadd:
      a_.lock_xadd(w, mem(2), gpr(0));
      if (w == Width::w8 || w == Width::w16) zero_extend(w, gpr(0));
      break;
    case MOp::cmpxchg:
      a_.lock_cmpxchg(w, mem(3), gpr(2));
      zero_extend(w, Gpr::rax);
      break;
    case MOp::fence: a_.mfence(); break;
    default: break;
  }
}

void Emitter::load_vec(MemKind kind, Xmm to, const Mem& from) {
  switch (kind) {
    case MemKind::f32:
    case MemKind::zero32: a_.movss(to, from); break;
    case MemKind::f64:
    case MemKind::zero64: a_.movsd(to, from); break;
    default:
      if (settings_.cpu.avx) a_.avx(SseMove::movups, to, from);
      else a_.sse(SseMove::movups, to, from);
      break;
  }
}

void Emitter::store_vec(MemKind kind, const Mem& to, Xmm from) {
  switch (kind) {
    case MemKind::f32: a_.movss(to, from); break;
    case MemKind::f64: a_.movsd(to, from); break;
    default: a_.movups(to, from); break;
  }
}

void Emitter::emit_vector(const MachineInst& inst) {
  bool avx = settings_.cpu.avx;
  auto imm = static_cast<uint8_t>(inst.imm);
  Width w = width();
  switch (static_cast<MOp>(inst.op)) {
    case MOp::zero_vec: a_.sse(Sse::xorps, xmm(0), xmm(0)); break;
    case MOp::ones_vec: a_.sse(Sse::pcmpeqd, xmm(0), xmm(0)); break;
    case MOp::vec:
      site();
      with_xmm(2, [&](auto b) {
        if (avx) a_.avx(static_cast<Sse>(inst.sub), xmm(0), xmm(1), b);
        else a_.sse(static_cast<Sse>(inst.sub), xmm(0), b);
      });
      break;
    case MOp::vec_one:
      // The upper part of the destination is kept: taken from the source, so that the instruction
      // does not wait for what was in it.
      site();
      if (avx && in_register(1)) a_.avx(static_cast<Sse>(inst.sub), xmm(0), xmm(1), xmm(1));
      else with_xmm(1, [&](auto from) { a_.sse(static_cast<Sse>(inst.sub), xmm(0), from); });
      break;
    case MOp::vec_move:
      site();
      with_xmm(1, [&](auto from) {
        if (avx) a_.avx(static_cast<SseMove>(inst.sub), xmm(0), from);
        else a_.sse(static_cast<SseMove>(inst.sub), xmm(0), from);
      });
      break;
    case MOp::vec_imm:
      site();
      with_xmm(2, [&](auto b) {
        if (avx) a_.avx(static_cast<SseImm>(inst.sub), xmm(0), xmm(1), b, imm);
        else a_.sse(static_cast<SseImm>(inst.sub), xmm(0), b, imm);
      });
      break;
    case MOp::vec_one_imm:
      site();
      if (avx && in_register(1)) a_.avx(static_cast<SseImm>(inst.sub), xmm(0), xmm(1), xmm(1), imm);
      else
        with_xmm(1, [&](auto from) { a_.sse(static_cast<SseImm>(inst.sub), xmm(0), from, imm); });
      break;
    case MOp::vec_move_imm:
      site();
      with_xmm(1, [&](auto from) {
        if (avx) a_.avx(static_cast<SseImmMove>(inst.sub), xmm(0), from, imm);
        else a_.sse(static_cast<SseImmMove>(inst.sub), xmm(0), from, imm);
      });
      break;
    case MOp::vec_shift:
      if (avx) a_.avx(static_cast<SseShift>(inst.sub), xmm(0), xmm(1), imm);
      else a_.sse(static_cast<SseShift>(inst.sub), xmm(0), imm);
      break;
    case MOp::fma:
      site();
      with_xmm(3, [&](auto c) { a_.fma(static_cast<Fma>(inst.sub), xmm(0), xmm(2), c); });
      break;
    case MOp::vec_from_int: a_.movd(w, xmm(0), gpr(1)); break;
    case MOp::int_from_vec: a_.movd(w, gpr(0), xmm(1)); break;
    case MOp::int_to_float: {
      Gpr from = Gpr::r11;
      site();
      if (in_register(1)) from = gpr(1);
      else a_.mov(w, from, mem(1));
      convert(xmm(0), from, w);
      break;
    }
    case MOp::compare_float:
      site();
      with_xmm(1, [&](auto b) {
        if (avx) a_.avx(static_cast<SseMove>(inst.sub), xmm(0), b);
        else a_.sse(static_cast<SseMove>(inst.sub), xmm(0), b);
      });
      break;
    case MOp::test_vec:
      if (avx) a_.avx(SseMove::ptest, xmm(0), xmm(1));
      else a_.sse(SseMove::ptest, xmm(0), xmm(1));
      break;
    case MOp::select_vec: {
      Label take = buffer_.new_label(), skip = buffer_.new_label();
      if (parity() == Parity::or_unordered) jump(Condition::p, take);
      jump(negate(cond()), skip);
      buffer_.bind(take);
      move(xmm(0), xmm(2));
      buffer_.bind(skip);
      break;
    }
    case MOp::mask_of:
      if (inst.sub == 0) a_.pmovmskb(gpr(0), xmm(1));
      else if (inst.sub == 1) a_.movmskps(gpr(0), xmm(1));
      else a_.movmskpd(gpr(0), xmm(1));
      break;
    case MOp::extract: a_.pextr(w, gpr(0), xmm(1), imm); break;
    case MOp::insert:
      site();
      with_gpr(2, [&](auto from) { a_.pinsr(w, xmm(0), from, imm); });
      break;
    case MOp::store_lane:
      site();
      a_.pextr(w, mem(1), xmm(0), imm);
      break;
    default: break;
  }
}

}  // namespace zwasm::codegen::x64
