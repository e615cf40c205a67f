// Machine operations without control flow, one instruction each but for the atomic sequences.
#include "base/assert.h"
#include "codegen/arm64/emit.h"

namespace zwasm::codegen::arm64 {

namespace {

constexpr Width width_of(Size s) { return s == Size::d ? Width::w64 : Width::w32; }

}  // namespace

void Emitter::move(Gpr to, Gpr from) {
  if (to != from) a_.mov(Width::w64, to, from);
}

void Emitter::move(Vec to, Vec from) {
  if (to != from) a_.mov(to, from);
}

void Emitter::emit() {
  auto op = static_cast<MOp>(inst_->op);
  if (op <= MOp::select) emit_integer();
  else if (op <= MOp::fence) emit_memory();
  else if (op <= MOp::load_const) emit_float();
  else if (op <= MOp::smov) emit_vector();
  else emit_control();
}

void Emitter::emit_integer() {
  const MachineInst& inst = *inst_;
  Width w = width();
  // The operand by form, number `i`, of the instruction `f` emits: as a register, or shifted.
  auto amount = static_cast<uint8_t>(inst.imm);
  auto add_sub = [&](AddSub op, Gpr to, Gpr a, size_t i) {
    switch (form()) {
      case Form::imm: a_.add_sub_imm(op, w, to, a, static_cast<uint64_t>(inst.imm)); return;
      case Form::shifted:
        a_.add_sub(op, w, to, a, gpr(i), static_cast<Shift>(inst.scale), amount);
        return;
      case Form::extended:
        a_.add_sub(op, w, to, a, gpr(i), static_cast<Extend>(inst.scale), amount);
        return;
      default: a_.add_sub(op, w, to, a, gpr(i)); return;  // Form::reg; addresses do not occur
    }
  };
  auto logic = [&](Logic op, Gpr to, Gpr a, size_t i) {
    switch (form()) {
      case Form::imm: a_.logic_imm(op, w, to, a, static_cast<uint64_t>(inst.imm)); return;
      case Form::shifted:
        a_.logic(op, w, to, a, gpr(i), static_cast<Shift>(inst.scale), amount);
        return;
      default: a_.logic(op, w, to, a, gpr(i)); return;  // Form::reg; others do not occur
    }
  };
  switch (static_cast<MOp>(inst.op)) {
    case MOp::mov: move(gpr(0), gpr(1)); return;
    case MOp::mov_vec: move(vec(0), vec(1)); return;
    case MOp::mov32: a_.mov(Width::w32, gpr(0), gpr(1)); return;
    case MOp::mov_imm: a_.mov_imm(gpr(0), static_cast<uint64_t>(inst.imm)); return;
    case MOp::mov_fixed: a_.mov(Width::w64, gpr(0), static_cast<Gpr>(inst.sub)); return;
    case MOp::add_sub: add_sub(sub<AddSub>(), gpr(0), gpr(1), 2); return;
    case MOp::neg: add_sub(AddSub::sub, gpr(0), Gpr::zr, 1); return;
    case MOp::cmp: add_sub(sub<AddSub>(), Gpr::zr, gpr(0), 1); return;
    case MOp::carry: a_.data2(sub<Data2>(), w, gpr(0), gpr(1), gpr(2)); return;
    case MOp::logic: logic(sub<Logic>(), gpr(0), gpr(1), 2); return;
    case MOp::mvn: logic(Logic::orn, gpr(0), Gpr::zr, 1); return;
    case MOp::tst: logic(Logic::ands, Gpr::zr, gpr(0), 1); return;
    case MOp::bitfield:
      a_.bitfield(sub<Bitfield>(), w, gpr(0), gpr(1), amount, static_cast<uint8_t>(inst.disp));
      return;
    case MOp::extr: a_.extr(w, gpr(0), gpr(1), gpr(2), amount); return;
    case MOp::data1: a_.data1(sub<Data1>(), w, gpr(0), gpr(1)); return;
    case MOp::data2: a_.data2(sub<Data2>(), w, gpr(0), gpr(1), gpr(2)); return;
    case MOp::data3: a_.data3(sub<Data3>(), w, gpr(0), gpr(1), gpr(2), gpr(3)); return;
    case MOp::data3_zero: a_.data3(sub<Data3>(), w, gpr(0), gpr(1), gpr(2)); return;
    case MOp::select: {
      size_t i = 1;
      Gpr then = (inst.scale & 1) != 0 ? Gpr::zr : gpr(i++);
      Gpr otherwise = (inst.scale & 2) != 0 ? Gpr::zr : gpr(i);
      a_.select(sub<Select>(), w, gpr(0), then, otherwise, cond());
      return;
    }
    default: ZWASM_ASSERT(false && "not an integer operation");  // MOp has other families
  }
}

// --- memory ---

void Emitter::emit_memory() {
  const MachineInst& inst = *inst_;
  auto op = static_cast<MOp>(inst.op);
  switch (op) {
    case MOp::load:
    case MOp::store: {
      Mem m = mem(1, Assembler::scale_of(sub<Access>()));
      site();
      a_.access(sub<Access>(), gpr(0), m);
      return;
    }
    case MOp::store_zero: {
      Mem m = mem(0, Assembler::scale_of(sub<Access>()));
      site();
      a_.access(sub<Access>(), Gpr::zr, m);
      return;
    }
    case MOp::load_vec:
    case MOp::store_vec: {
      Mem m = mem(1, Assembler::scale_of(sub<VecAccess>()));
      site();
      a_.access(sub<VecAccess>(), vec(0), m);
      return;
    }
    case MOp::load_dup:
      site();
      a_.ld1r(sub<Shape>(), vec(0), gpr(1));
      return;
    case MOp::load_acquire:
      site();
      a_.exclusive(Exclusive::ldar, sub<Size>(), gpr(0), gpr(1));
      return;
    case MOp::store_release:
      site();
      a_.exclusive(Exclusive::stlr, sub<Size>(), gpr(0), gpr(1));
      return;
    case MOp::atomic:
      site();
      a_.atomic(sub<Atomic>(), size(), gpr(1), gpr(0), gpr(2));
      return;
    case MOp::cas: compare_and_swap(); return;
    case MOp::rmw_loop: rmw_loop(); return;
    case MOp::cas_loop: cas_loop(); return;
    case MOp::fence: a_.dmb(Barrier::ish); return;
    default: ZWASM_ASSERT(false && "not an operation on memory");  // MOp has other families
  }
}

// An expected value with more bits than the access is not what is there: only loaded.
void Emitter::compare_and_swap() {
  Gpr old = gpr(0), fresh = gpr(2), address = gpr(3);
  if (inst_->cond == 0) {
    site();
    a_.atomic(Atomic::casal, size(), fresh, old, address);
    return;
  }
  Label wide = buffer_.new_label(), done = buffer_.new_label();
  uint64_t mask = (uint64_t{1} << (8u << inst_->scale)) - 1;
  a_.logic_imm(Logic::ands, Width::w64, Gpr::zr, old, ~mask);
  a_.b_cond(Condition::ne, wide);
  site();
  a_.atomic(Atomic::casal, size(), fresh, old, address);
  a_.b(done);
  buffer_.bind(wide);
  site();
  a_.exclusive(Exclusive::ldar, size(), old, address);
  buffer_.bind(done);
}

void Emitter::cas_loop() {
  Gpr old = gpr(0), status = gpr(1), expected = gpr(2), fresh = gpr(3), address = gpr(4);
  Label again = buffer_.new_label(), done = buffer_.new_label();
  buffer_.bind(again);
  site();
  a_.exclusive(Exclusive::ldaxr, size(), old, address);
  a_.cmp(Width::w64, old, expected);  // both have zeros above what was loaded
  a_.b_cond(Condition::ne, done);
  site();
  a_.exclusive(Exclusive::stlxr, size(), status, fresh, address);
  a_.cbnz(Width::w32, status, again);
  buffer_.bind(done);
}

void Emitter::rmw_loop() {
  Gpr old = gpr(0), fresh = gpr(1), status = gpr(2), operand = gpr(3), address = gpr(4);
  Width w = width_of(size());
  Label again = buffer_.new_label();
  buffer_.bind(again);
  site();
  a_.exclusive(Exclusive::ldaxr, size(), old, address);
  switch (sub<ir::AtomicRmw>()) {
    case ir::AtomicRmw::add: a_.add_sub(AddSub::add, w, fresh, old, operand); break;
    case ir::AtomicRmw::sub: a_.add_sub(AddSub::sub, w, fresh, old, operand); break;
    case ir::AtomicRmw::and_: a_.logic(Logic::and_, w, fresh, old, operand); break;
    case ir::AtomicRmw::or_: a_.logic(Logic::orr, w, fresh, old, operand); break;
    case ir::AtomicRmw::xor_: a_.logic(Logic::eor, w, fresh, old, operand); break;
    case ir::AtomicRmw::xchg: fresh = operand; break;
  }
  site();
  a_.exclusive(Exclusive::stlxr, size(), status, fresh, address);
  a_.cbnz(Width::w32, status, again);
}

// --- floating point ---

void Emitter::load_constant(VecAccess access, Vec to, uint32_t number) {
  if (reach_ != Reach::far) return a_.ldr_literal(access, to, constants_[number]);
  PoolConstant constant = lowered_.constants[number];
  a_.mov_imm(kLink, constant.lo);
  a_.fmov(Width::w64, to, kLink);
  if (access != VecAccess::ldr_q) return;
  a_.mov_imm(kLink, constant.hi);
  a_.ins(Size::d, to, 1, kLink);
}

void Emitter::emit_float() {
  const MachineInst& inst = *inst_;
  switch (static_cast<MOp>(inst.op)) {
    case MOp::fp1: a_.fp1(sub<Fp1>(), fp(), vec(0), vec(1)); return;
    case MOp::fp2: a_.fp2(sub<Fp2>(), fp(), vec(0), vec(1), vec(2)); return;
    case MOp::fp3: a_.fp3(sub<Fp3>(), fp(), vec(0), vec(1), vec(2), vec(3)); return;
    case MOp::fcmp: a_.fcmp(fp(), vec(0), vec(1)); return;
    case MOp::fcmp_zero: a_.fcmp_zero(fp(), vec(0)); return;
    case MOp::fcsel: a_.fcsel(fp(), vec(0), vec(1), vec(2), cond()); return;
    case MOp::fcvt: a_.fcvt(fp(), vec(0), vec(1)); return;
    case MOp::fp_to_int:
      a_.fp_to_int(sub<FpToInt>(), static_cast<Fp>(inst.scale), width(), gpr(0), vec(1));
      return;
    case MOp::int_to_fp:
      a_.int_to_fp(sub<IntToFp>(), static_cast<Fp>(inst.scale), vec(0), width(), gpr(1));
      return;
    case MOp::int_from_vec: a_.fmov(width(), gpr(0), vec(1)); return;
    case MOp::vec_from_int: a_.fmov(width(), vec(0), gpr(1)); return;
    case MOp::load_const: load_constant(sub<VecAccess>(), vec(0), inst.aux); return;
    default: ZWASM_ASSERT(false && "not an operation on floats");  // MOp has other families
  }
}

void Emitter::emit_vector() {
  const MachineInst& inst = *inst_;
  Shape s = shape();
  switch (static_cast<MOp>(inst.op)) {
    case MOp::vec_imm: {
      auto bits = static_cast<uint32_t>(inst.imm);
      a_.mov_imm(vec(0), {static_cast<uint8_t>(bits >> 12), static_cast<uint8_t>(bits >> 8 & 15),
                          static_cast<uint8_t>(bits)});
      return;
    }
    case MOp::v3: a_.v3(sub<V3>(), s, vec(0), vec(1), vec(2)); return;
    case MOp::v3_acc: a_.v3(sub<V3>(), s, vec(0), vec(2), vec(3)); return;
    case MOp::v2: a_.v2(sub<V2>(), s, vec(0), vec(1)); return;
    case MOp::vlong: a_.vlong(sub<VLong>(), s, vec(0), vec(1), vec(2)); return;
    case MOp::vlong_acc: a_.vlong(sub<VLong>(), s, vec(0), vec(2), vec(3)); return;
    case MOp::vpairlong: a_.vpairlong(sub<VPairLong>(), s, vec(0), vec(1)); return;
    case MOp::vpairlong_acc: a_.vpairlong(sub<VPairLong>(), s, vec(0), vec(2)); return;
    case MOp::vnarrow: a_.vnarrow(sub<VNarrow>(), s, vec(0), vec(1)); return;
    case MOp::vnarrow_high: a_.vnarrow(sub<VNarrow>(), s, vec(0), vec(2)); return;
    case MOp::vacross: a_.vacross(sub<VAcross>(), s, vec(0), vec(1)); return;
    case MOp::vshl: a_.vshl(sub<VShl>(), s, vec(0), vec(1), imm8()); return;
    case MOp::vshl_insert: a_.vshl(sub<VShl>(), s, vec(0), vec(2), imm8()); return;
    case MOp::vshr: a_.vshr(sub<VShr>(), s, vec(0), vec(1), imm8()); return;
    case MOp::vpermute: a_.vpermute(sub<VPermute>(), s, vec(0), vec(1), vec(2)); return;
    case MOp::ext: a_.ext(s, vec(0), vec(1), vec(2), imm8()); return;
    case MOp::tbl1: a_.tbl(s, vec(0), vec(1), 1, vec(2)); return;
    case MOp::tbl2: a_.tbl(s, vec(0), vec(1), 2, vec(3)); return;
    case MOp::fcvtl: a_.fcvtl(s, vec(0), vec(1)); return;
    case MOp::fcvtn: a_.fcvtn(s, vec(0), vec(1)); return;
    case MOp::dup_lane: a_.dup(s, vec(0), vec(1), imm8()); return;
    case MOp::dup_int: a_.dup(s, vec(0), gpr(1)); return;
    case MOp::lane_scalar: a_.dup_scalar(size(), vec(0), vec(1), imm8()); return;
    case MOp::ins_int: a_.ins(size(), vec(0), imm8(), gpr(2)); return;
    case MOp::ins_vec: a_.ins(size(), vec(0), imm8(), vec(2), 0); return;
    case MOp::umov: a_.umov(size(), gpr(0), vec(1), imm8()); return;
    case MOp::smov: a_.smov(size(), width(), gpr(0), vec(1), imm8()); return;
    default: ZWASM_ASSERT(false && "not an operation on vectors");  // MOp has other families
  }
}

}  // namespace zwasm::codegen::arm64
