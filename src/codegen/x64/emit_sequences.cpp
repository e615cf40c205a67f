// Operations that take several instructions. Rare cases stand behind the function's code.
#include "codegen/x64/emit.h"

namespace zwasm::codegen::x64 {

void Emitter::scalar(Sse single, Sse twice, Xmm to, Xmm from) {
  a_.sse(inst_->sub == 0 ? single : twice, to, from);
}

void Emitter::convert(Xmm to, Gpr from, Width w) {
  a_.sse(Sse::xorps, to, to);  // the conversion keeps the upper part: do not wait for it
  if (inst_->sub == 0) a_.cvtsi2ss(w, to, from);
  else a_.cvtsi2sd(w, to, from);
}

void Emitter::divide() {
  Gpr divisor = gpr(3);
  auto op = static_cast<Unary>(inst_->sub);
  Width w = width();
  if (op == Unary::div) {
    a_.alu(Alu::xor_, Width::w32, Gpr::rdx, Gpr::rdx);
    a_.unary(op, w, divisor);
    return;
  }
  Label back = buffer_.new_label();
  if (inst_->cond != 0) {  // the processor faults on MIN / -1, whose remainder is 0
    Label minus_one = buffer_.new_label();
    a_.alu(Alu::cmp, w, divisor, -1);
    jump(Condition::e, minus_one);
    cold([this, minus_one, back] {
      buffer_.bind(minus_one);
      a_.alu(Alu::xor_, Width::w32, Gpr::rdx, Gpr::rdx);
      jump(back);
    });
  }
  if (w == Width::w32) a_.cdq();
  else a_.cqo();
  a_.unary(op, w, divisor);
  buffer_.bind(back);
}

void Emitter::count_leading() {
  bool wide = width() == Width::w64;
  Gpr to = gpr(0), temp = gpr(1), from = gpr(2);
  a_.bits(Bits::bsr, width(), to, from);
  a_.mov_imm(temp, wide ? 127 : 63);
  a_.cmov(Condition::e, width(), to, temp);
  a_.alu(Alu::xor_, Width::w32, to, wide ? 63 : 31);
}

void Emitter::count_trailing() {
  Gpr to = gpr(0), temp = gpr(1), from = gpr(2);
  a_.bits(Bits::bsf, width(), to, from);
  a_.mov_imm(temp, width() == Width::w64 ? 64 : 32);
  a_.cmov(Condition::e, width(), to, temp);
}

// Sums of bits in pairs, nibbles, bytes, then a multiplication adds the bytes.
void Emitter::population_count() {
  Width w = width();
  Gpr to = gpr(0), temp = gpr(1), mask = gpr(2), from = gpr(3);
  uint64_t ones = w == Width::w64 ? ~uint64_t{0} : 0xFFFF'FFFF;
  auto masked = [&](Gpr reg, uint64_t pattern) {
    a_.mov_imm(mask, pattern & ones);
    a_.alu(Alu::and_, w, reg, mask);
  };
  a_.mov(w, to, from);
  a_.mov(w, temp, from);
  a_.shift(Shift::shr, w, temp, 1);
  masked(temp, 0x5555'5555'5555'5555);
  a_.alu(Alu::sub, w, to, temp);
  a_.mov(w, temp, to);
  a_.shift(Shift::shr, w, temp, 2);
  masked(temp, 0x3333'3333'3333'3333);
  a_.alu(Alu::and_, w, to, mask);
  a_.alu(Alu::add, w, to, temp);
  a_.mov(w, temp, to);
  a_.shift(Shift::shr, w, temp, 4);
  a_.alu(Alu::add, w, to, temp);
  masked(to, 0x0F0F'0F0F'0F0F'0F0F);
  a_.mov_imm(mask, 0x0101'0101'0101'0101 & ones);
  a_.imul(w, to, mask);
  a_.shift(Shift::shr, w, to, w == Width::w64 ? 56 : 24);
}

// Signed conversion; of what is negative as a signed number, half, rounded to odd, is converted
// and doubled.
void Emitter::u64_to_float() {
  Xmm to = xmm(0);
  Gpr half = gpr(1), odd = gpr(2), from = gpr(3);
  Label large = buffer_.new_label(), back = buffer_.new_label();
  a_.test(Width::w64, from, from);
  jump(Condition::s, large);
  convert(to, from, Width::w64);
  buffer_.bind(back);
  cold([this, inst = inst_, to, half, odd, from, large, back] {
    inst_ = inst;
    buffer_.bind(large);
    a_.mov(Width::w64, half, from);
    a_.shift(Shift::shr, Width::w64, half, 1);
    a_.mov(Width::w32, odd, from);
    a_.alu(Alu::and_, Width::w32, odd, 1);
    a_.alu(Alu::or_, Width::w64, half, odd);
    convert(to, half, Width::w64);
    scalar(Sse::addss, Sse::addsd, to, to);
    jump(back);
  });
}

// The processor's truncation gives the lowest integer for whatever does not fit.
void Emitter::truncate() {
  Gpr to = gpr(0), temp = gpr(1);
  Xmm zero = xmm(2), from = xmm(3);
  bool is_unsigned = inst_->cond != 0, wide = width() == Width::w64;
  Label rare = buffer_.new_label(), back = buffer_.new_label();
  auto truncated = [this](Width w, Gpr reg, Xmm of) {
    if (inst_->sub == 0) a_.cvttss2si(w, reg, of);
    else a_.cvttsd2si(w, reg, of);
  };
  auto compare = [this](Xmm a, Xmm b) {
    a_.sse(inst_->sub == 0 ? SseMove::ucomiss : SseMove::ucomisd, a, b);
  };
  truncated(is_unsigned ? Width::w64 : width(), to, from);
  if (!is_unsigned) {
    a_.alu(Alu::cmp, width(), to, 1);
    jump(Condition::o, rare);
  } else if (!wide) {
    a_.mov(Width::w32, temp, to);
    a_.alu(Alu::cmp, Width::w64, temp, to);
    jump(Condition::ne, rare);
  } else {
    a_.test(Width::w64, to, to);
    jump(Condition::s, rare);
  }
  buffer_.bind(back);
  cold([=, this, inst = inst_] {
    inst_ = inst;
    Label zero_result = buffer_.new_label();
    buffer_.bind(rare);
    a_.sse(Sse::xorps, zero, zero);
    compare(from, zero);
    jump(Condition::p, zero_result);
    if (!is_unsigned) {
      a_.mov_imm(to, wide ? INT64_MAX : INT32_MAX);
      jump(Condition::a, back);
      a_.mov_imm(to, wide ? uint64_t{1} << 63 : uint64_t{1} << 31);
      jump(back);
    } else if (!wide) {
      jump(Condition::be, zero_result);
      a_.mov_imm(to, 0xFFFF'FFFF);
      jump(back);
    } else {
      jump(Condition::be, zero_result);
      Label fits = buffer_.new_label();
      a_.mov_imm(temp, inst_->sub == 0 ? 0x5F00'0000u : 0x43E0'0000'0000'0000u);  // 2^63
      a_.movd(Width::w64, zero, temp);
      move(Xmm::xmm15, from);
      scalar(Sse::subss, Sse::subsd, Xmm::xmm15, zero);
      truncated(Width::w64, to, Xmm::xmm15);
      a_.test(Width::w64, to, to);
      jump(Condition::ns, fits);
      a_.mov_imm(to, ~uint64_t{0});
      jump(back);
      buffer_.bind(fits);
      a_.mov_imm(temp, uint64_t{1} << 63);
      a_.alu(Alu::or_, Width::w64, to, temp);
      jump(back);
    }
    buffer_.bind(zero_result);
    a_.alu(Alu::xor_, Width::w32, to, to);
    jump(back);
  });
}

// The processor's minimum returns its second operand for zeros of either sign and for NaNs.
void Emitter::minimum() {
  Xmm to = xmm(0), other = xmm(2);
  bool is_max = inst_->cond != 0;
  Label unordered = buffer_.new_label(), equal = buffer_.new_label(), back = buffer_.new_label();
  a_.sse(inst_->sub == 0 ? SseMove::ucomiss : SseMove::ucomisd, to, other);
  jump(Condition::p, unordered);
  jump(Condition::e, equal);
  if (is_max) scalar(Sse::maxss, Sse::maxsd, to, other);
  else scalar(Sse::minss, Sse::minsd, to, other);
  buffer_.bind(back);
  cold([=, this, inst = inst_] {
    inst_ = inst;
    buffer_.bind(unordered);
    scalar(Sse::addss, Sse::addsd, to, other);
    jump(back);
    buffer_.bind(equal);
    a_.sse(is_max ? Sse::andps : Sse::orps, to, other);
    jump(back);
  });
}

void Emitter::rmw_loop() {
  Gpr old = Gpr::rax, changed = gpr(1), value = gpr(2);
  Width w = width();
  Mem place = mem(3);
  site();
  switch (w) {
    case Width::w8:
    case Width::w16: a_.movzx(w, old, place); break;
    case Width::w32:
    case Width::w64: a_.mov(w, old, place); break;
  }
  Label again = buffer_.new_label();
  buffer_.bind(again);
  a_.mov(Width::w64, changed, old);
  a_.alu(static_cast<Alu>(inst_->sub), Width::w64, changed, value);
  a_.lock_cmpxchg(w, place, changed);
  jump(Condition::ne, again);
}

void Emitter::cmpxchg_narrow() {
  Gpr old = Gpr::rax, temp = gpr(1), expected = gpr(2), replacement = gpr(3);
  Width w = width();
  Mem place = mem(4);
  Label never = buffer_.new_label(), done = buffer_.new_label();
  a_.mov(Width::w64, old, expected);
  a_.mov(Width::w64, temp, expected);
  zero_extend(w, temp);
  a_.alu(Alu::cmp, static_cast<Width>(inst_->sub), temp, expected);
  jump(Condition::ne, never);
  site();
  a_.lock_cmpxchg(w, place, replacement);
  zero_extend(w, old);
  buffer_.bind(done);
  cold([=, this, inst = inst_] {
    inst_ = inst;
    buffer_.bind(never);
    site();
    if (w == Width::w32) a_.mov(w, old, place);
    else a_.movzx(w, old, place);
    jump(done);
  });
}

}  // namespace zwasm::codegen::x64
