// Loads, stores, atomic accesses.
#include "codegen/x64/lower.h"

namespace zwasm::codegen::x64 {

using ir::MemKind;
using ir::Op;

namespace {

constexpr uint8_t u8(auto v) { return static_cast<uint8_t>(v); }

constexpr bool is_integer(MemKind kind) { return kind <= MemKind::i64 || kind == MemKind::ref; }

}  // namespace

void Lowering::load(const ir::Inst& inst) {
  VReg to = result(inst);
  MemKind kind = inst.access.kind;
  Rm from = access(inst);
  if (!is_integer(kind)) {
    load_vector(inst, from, to);
    return;
  }
  MachineInst& done = put(MOp::load, {def(to)}, from);
  done.sub = u8(kind);
  done.width = u8(inst.type == ir::Type::i64 ? Width::w64 : Width::w32);
  // A load of what never changes, relative to the instance, can be done again.
  if (from.form == Form::instance && inst.access.region == ir::Region::invariant)
    rematerializable(to);
}

// memory op= value, where the value stored is the value loaded from the same place, changed.
bool Lowering::store_in_place(const ir::Inst& inst) {
  auto args = function_.args(inst);
  const ir::Inst* change = def(args.back());
  MemKind kind = inst.access.kind;
  if (change == nullptr || uses(args.back()) != 1 || !is_wasm_op(change->op) ||
      change->block != inst.block)
    return false;
  const Rule& rule = rule_of(change->op);
  if (function_of(rule) != &Lowering::alu) return false;
  auto w = static_cast<Width>(rule.b);
  if (kind != (w == Width::w32 ? MemKind::i32_u : MemKind::i64)) return false;
  auto op = static_cast<Alu>(rule.a);
  for (int side = 0; side < (rule.c != 0 ? 2 : 1); ++side) {
    ir::Value old = function_.args(*change)[static_cast<size_t>(side)];
    ir::Value other = function_.args(*change)[static_cast<size_t>(1 - side)];
    const ir::Inst* load = foldable_load(old);
    if (load == nullptr || load->access.kind != kind || load->access.disp != inst.access.disp ||
        load->access.scale != inst.access.scale || load->arg_count + 1 != inst.arg_count)
      continue;
    auto from = function_.args(*load);
    bool same = true;
    for (size_t i = 0; i < from.size(); ++i) same &= resolve(from[i]) == resolve(args[i]);
    if (!same || (w == Width::w32 && load->type != ir::Type::i32)) continue;
    take(*load);
    int64_t value;
    MachineInst* done = nullptr;
    if (simm32(other, w, value)) {
      done = &put(MOp::alu_mi, {}, access(inst));
      done->imm = value;
    } else {
      VReg right = reg_of(other);
      done = &put(MOp::alu_mr, {use(right)}, access(inst));
    }
    done->sub = u8(op);
    done->width = u8(w);
    return true;
  }
  return false;
}

void Lowering::store(const ir::Inst& inst) {
  ir::Value value = function_.args(inst).back();
  MemKind kind = inst.access.kind;
  if (!is_integer(kind)) {
    VReg from = reg_of(value);
    put(MOp::store_vec, {use(from)}, access(inst)).sub = u8(kind);
    return;
  }
  Width w = width_of(kind);
  if (inst.access.atomic) {  // sequentially consistent: an exchange
    VReg from = reg_of(value);
    put(MOp::xchg_mem, {def_tied(new_int(), 1), use(from)}, access(inst)).width = u8(w);
    return;
  }
  if (store_in_place(inst)) return;
  int64_t constant;
  if (int_const(value, constant) &&
      (w != Width::w64 || constant == static_cast<int32_t>(constant))) {
    MachineInst& done = put(MOp::store_imm, {}, access(inst));
    done.imm = static_cast<int32_t>(constant);
    done.width = u8(w);
    return;
  }
  // Of a narrowed value only its low bits are stored.
  const ir::Inst* narrowing = def(value);
  if (narrowing != nullptr && w != Width::w64 && narrowing->op == ir::op_of(isa::Op::i32_wrap_i64))
    value = function_.args(*narrowing)[0];
  VReg from = reg_of(value);
  put(MOp::store, {use(from)}, access(inst)).width = u8(w);
}

void Lowering::atomic_rmw(const ir::Inst& inst) {
  VReg to = result(inst), value = reg_of(function_.args(inst).back());
  Width w = width_of(inst.access.kind);
  Rm place = access(inst);
  MachineInst* done = nullptr;
  switch (inst.access.rmw) {
    case ir::AtomicRmw::add:
    case ir::AtomicRmw::sub:
      done = &put(MOp::xadd, {def_tied(to, 1), use(value)}, place);
      done->cond = inst.access.rmw == ir::AtomicRmw::sub;
      make_late(2);  // the value is negated before the access
      break;
    case ir::AtomicRmw::xchg:
      done = &put(MOp::xchg_mem, {def_tied(to, 1), use(value)}, place);
      break;
    case ir::AtomicRmw::and_:
    case ir::AtomicRmw::or_:
    case ir::AtomicRmw::xor_: {
      Operand old{to, Role::early_def, Constraint::fixed, 0, kRax};
      done = &put(MOp::rmw_loop, {old, temp_int(), late(value)}, place);
      // The loop reads its operands after it has written its results.
      make_late(3);
      Alu op = inst.access.rmw == ir::AtomicRmw::and_  ? Alu::and_
               : inst.access.rmw == ir::AtomicRmw::or_ ? Alu::or_
                                                       : Alu::xor_;
      done->sub = u8(op);
      break;
    }
  }
  done->width = u8(w);
}

void Lowering::atomic_cmpxchg(const ir::Inst& inst) {
  auto args = function_.args(inst);
  VReg to = result(inst), expected = reg_of(args[args.size() - 2]),
       replacement = reg_of(args.back());
  Width w = width_of(inst.access.kind);
  Rm place = access(inst);
  // An expected value that does not fit never matches: compared first, at full width.
  bool narrow =
      w == Width::w8 || w == Width::w16 || (w == Width::w32 && inst.type == ir::Type::i64);
  if (!narrow) {
    put(MOp::cmpxchg, {def_fixed(to, kRax), use_fixed(expected, kRax), use(replacement)}, place)
        .width = u8(w);
    return;
  }
  Operand old{to, Role::early_def, Constraint::fixed, 0, kRax};
  MachineInst& done =
      put(MOp::cmpxchg_narrow, {old, temp_int(), late(expected), late(replacement)}, place);
  make_late(4);
  done.width = u8(w);
  done.sub = u8(inst.type == ir::Type::i64 ? Width::w64 : Width::w32);
}

}  // namespace zwasm::codegen::x64
