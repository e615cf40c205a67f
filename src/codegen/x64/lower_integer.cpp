// Integers: arithmetic, comparisons and what becomes of them, address computations.
#include <bit>

#include "codegen/x64/lower.h"

namespace zwasm::codegen::x64 {

using ir::Op;

namespace {

constexpr uint8_t u8(auto v) { return static_cast<uint8_t>(v); }

// Flags after comparing in the other order.
constexpr Condition swapped(Condition c) {
  switch (c) {
    case Condition::l: return Condition::g;
    case Condition::g: return Condition::l;
    case Condition::le: return Condition::ge;
    case Condition::ge: return Condition::le;
    case Condition::b: return Condition::a;
    case Condition::a: return Condition::b;
    case Condition::be: return Condition::ae;
    case Condition::ae: return Condition::be;
    case Condition::o:
    case Condition::no:
    case Condition::e:
    case Condition::ne:
    case Condition::s:
    case Condition::ns:
    case Condition::p:
    case Condition::np: return c;
  }
  return c;
}

Flags negated(Flags flags) {
  flags.cond = negate(flags.cond);
  if (flags.parity == Parity::and_ordered) flags.parity = Parity::or_unordered;
  else if (flags.parity == Parity::or_unordered) flags.parity = Parity::and_ordered;
  return flags;
}

}  // namespace

// x & ~y in an instruction of BMI1. False: it is not that. (blsr and blsi are two operations
// each on processors in wide use, and slower there than what they stand for.)
// `folds`: it is not made twice, so that a load may go into it.
bool Lowering::and_of_bits(const ir::Inst& inst, Width w, VReg to, bool folds) {
  if (!settings_.cpu.bmi1) return false;
  const bool narrow = w == Width::w32;
  ir::Value other = function_.args(inst)[0], inner = function_.args(inst)[1];
  for (int turn = 0; turn < 2; ++turn, std::swap(other, inner)) {
    const ir::Inst* changed = def(inner);
    if (changed == nullptr || uses(inner) != 1 || changed->arg_count != 2) continue;
    ir::Value x = function_.args(*changed)[0], y = function_.args(*changed)[1];
    int64_t value;
    if (changed->op != ir::op_of(narrow ? isa::Op::i32_xor : isa::Op::i64_xor)) continue;
    if (int_const(x, value)) std::swap(x, y);
    if (!simm32(y, w, value) || value != -1) continue;
    Rm right = folds ? rm_of(other) : reg(reg_of(other));
    put(MOp::andn, {def(to), use(reg_of(x))}, right).width = u8(w);
    return true;
  }
  return false;
}

void Lowering::alu(const ir::Inst& inst, const Rule& rule) {
  auto op = static_cast<Alu>(rule.a);
  auto w = static_cast<Width>(rule.b);
  auto [a, b] = sides(inst, rule.c != 0);
  VReg to = result(inst);
  int64_t value;
  if (op == Alu::and_ && and_of_bits(inst, w, to, true)) return;
  bool constant = simm32(b, w, value);
  if (op == Alu::and_ && int_const(b, value)) {
    Rm from;
    if (value == 0xFF || value == 0xFFFF) {
      put(MOp::movzx, {def(to)}, reg(reg_of(a))).width = u8(value == 0xFF ? Width::w8 : Width::w16);
      return;
    }
    if (w == Width::w64 && value == 0xFFFF'FFFF) {
      put(MOp::mov32, {def(to)}, reg(reg_of(a)));
      return;
    }
  }
  if (constant && op == Alu::xor_ && value == -1) {
    MachineInst& no = put(MOp::unary, {def_tied(to, 1), use(reg_of(a))});
    no.sub = u8(Unary::not_);
    no.width = u8(w);
    return;
  }
  int64_t zero;
  if (op == Alu::sub && int_const(a, zero) && zero == 0) {
    MachineInst& neg = put(MOp::unary, {def_tied(to, 1), use(reg_of(b))});
    neg.sub = u8(Unary::neg);
    neg.width = u8(w);
    return;
  }
  // Where the operand lives on, an address computation saves the copy.
  if (constant && op == Alu::sub && value != INT32_MIN) {
    op = Alu::add;
    value = -value;
  }
  if (op == Alu::add) {
    ir::Value scaled = b, other = a;
    for (int turn = 0; turn < 2; ++turn, std::swap(scaled, other)) {
      const ir::Inst* shift = def(scaled);
      int64_t by;
      if (shift == nullptr || uses(scaled) != 1 || constant) continue;
      if (shift->op != ir::op_of(w == Width::w32 ? isa::Op::i32_shl : isa::Op::i64_shl)) continue;
      if (!int_const(function_.args(*shift)[1], by) || by < 1 || by > 3) continue;
      Rm rm{Form::mem_index, reg_of(other), reg_of(function_.args(*shift)[0]), u8(by)};
      put(MOp::lea, {def(to)}, rm).width = u8(w);
      return;
    }
    if (constant && uses(a) > 1) {
      Rm rm{Form::mem, reg_of(a)};
      rm.disp = static_cast<int32_t>(value);
      put(MOp::lea, {def(to)}, rm).width = u8(w);
      return;
    }
    if (!constant && uses(a) > 1 && uses(b) > 1) {
      Rm rm{Form::mem_index, reg_of(a), reg_of(b)};
      put(MOp::lea, {def(to)}, rm).width = u8(w);
      return;
    }
  }
  Rm right = constant ? imm(value) : rm_of(b);
  VReg left = reg_of(a);
  MachineInst& done = put(MOp::alu, {def_tied(to, 1), use(left)}, right);
  done.sub = u8(op);
  done.width = u8(w);
}

void Lowering::multiply(const ir::Inst& inst, const Rule& rule) {
  auto w = static_cast<Width>(rule.a);
  ir::Value a = function_.args(inst)[0], b = function_.args(inst)[1];
  if (is_const(a) || (foldable_load(a) != nullptr && !is_const(b))) std::swap(a, b);
  int64_t value;
  VReg to = result(inst);
  if (simm32(b, w, value)) {
    if (value == 3 || value == 5 || value == 9) {
      VReg factor = reg_of(a);
      Rm rm{Form::mem_index, factor, factor, u8(value == 3 ? 1 : value == 5 ? 2 : 3)};
      put(MOp::lea, {def(to)}, rm).width = u8(w);
      return;
    }
    if (value > 0 && (value & (value - 1)) == 0) {
      MachineInst& shl = put(MOp::shift_imm, {def_tied(to, 1), use(reg_of(a))});
      shl.sub = u8(Shift::shl);
      shl.width = u8(w);
      shl.imm = std::countr_zero(static_cast<uint64_t>(value));
      return;
    }
    MachineInst& mul = put(MOp::imul_imm, {def(to)}, rm_of(a));
    mul.width = u8(w);
    mul.imm = value;
    return;
  }
  Rm right = rm_of(b);
  put(MOp::imul, {def_tied(to, 1), use(reg_of(a))}, right).width = u8(w);
}

void Lowering::shift(const ir::Inst& inst, const Rule& rule) {
  auto op = static_cast<Shift>(rule.a);
  auto w = static_cast<Width>(rule.b);
  ir::Value a = function_.args(inst)[0], by = function_.args(inst)[1];
  VReg to = result(inst);
  int64_t value;
  MachineInst* done = nullptr;
  if (int_const(by, value)) {
    value &= w == Width::w32 ? 31 : 63;
    bool rotates = op == Shift::rol || op == Shift::ror;
    if (rotates && settings_.cpu.bmi2) {
      int64_t bits = w == Width::w32 ? 32 : 64;
      VReg from = reg_of(a);
      done = &put(MOp::rorx, {def(to), use(from)});
      done->imm = op == Shift::ror ? value : (bits - value) & (bits - 1);
    } else {
      done = &put(MOp::shift_imm, {def_tied(to, 1), use(reg_of(a))});
      done->imm = value;
    }
  } else {
    // The processor takes the count modulo the width: a mask for that is not needed.
    const ir::Inst* mask = def(by);
    int64_t bits = w == Width::w32 ? 31 : 63;
    if (mask != nullptr &&
        mask->op == ir::op_of(w == Width::w32 ? isa::Op::i32_and : isa::Op::i64_and) &&
        int_const(function_.args(*mask)[1], value) && (value & bits) == bits)
      by = function_.args(*mask)[0];
    // A count that is an extended i32 is as good as that i32.
    VReg count = reg_of(by);
    if (settings_.cpu.bmi2 && op != Shift::rol && op != Shift::ror)
      done = &put(MOp::shiftx, {def(to), use(count)}, rm_of(a));
    else done = &put(MOp::shift_cl, {def_tied(to, 1), use(reg_of(a)), use_fixed(count, kRcx)});
  }
  done->sub = u8(op);
  done->width = u8(w);
}

void Lowering::divide(const ir::Inst& inst, const Rule& rule) {
  auto op = static_cast<Unary>(rule.a);
  VReg a = reg_of(function_.args(inst)[0]), b = reg_of(function_.args(inst)[1]);
  bool remainder = rule.c != 0;
  VReg quotient = remainder ? new_int() : result(inst);
  VReg rest = remainder ? result(inst) : new_int();
  int64_t value;
  bool minus_one = !int_const(function_.args(inst)[1], value) || value == -1;
  MachineInst& div = put(
      MOp::div, {def_fixed(quotient, kRax), def_fixed(rest, kRdx), use_fixed(a, kRax), late(b)});
  div.sub = u8(op);
  div.width = u8(rule.b);
  div.cond = op == Unary::idiv && remainder && minus_one;
}

void Lowering::count_bits(const ir::Inst& inst, const Rule& rule) {
  auto bits = static_cast<Bits>(rule.c);
  bool have = bits == Bits::lzcnt   ? settings_.cpu.lzcnt
              : bits == Bits::tzcnt ? settings_.cpu.bmi1
                                    : settings_.cpu.popcnt;
  VReg to = result(inst);
  if (have) {
    MachineInst& count = put(MOp::bits, {def(to)}, rm_of(function_.args(inst)[0]));
    count.sub = u8(bits);
    count.width = u8(rule.b);
    return;
  }
  auto fallback = static_cast<MOp>(rule.a);
  Operand from = late(reg_of(function_.args(inst)[0]));
  if (fallback == MOp::popcnt)
    put(fallback, {early_def(to), temp_int(), temp_int(), from}).width = u8(rule.b);
  else put(fallback, {early_def(to), temp_int(), from}).width = u8(rule.b);
}

void Lowering::extend(const ir::Inst& inst, const Rule& rule) {
  VReg to = result(inst);
  MachineInst& done = put(MOp::movsx, {def(to)}, reg(reg_of(function_.args(inst)[0])));
  done.width = u8(rule.a);
  done.sub = u8(rule.b);
}

void Lowering::extend_u(const ir::Inst& inst, const Rule&) {
  // reg_of() looks through it: only reached when something insists on the value itself.
  VReg to = result(inst);
  put(MOp::mov32, {def(to)}, reg(reg_of(function_.args(inst)[0])));
}

void Lowering::wrap(const ir::Inst& inst, const Rule&) {
  ir::Value value = ir::Function::result(inst);
  VReg to = result(inst), from = reg_of(function_.args(inst)[0]);
  if (clean_requested(value)) put(MOp::mov32, {def(to)}, reg(from));
  else put(MOp::mov, {def(to), use(from)}).is_move = true;
}

// --- comparisons ---

void Lowering::compare(const ir::Inst& inst, const Rule& rule) {
  VReg to = result(inst);
  set(to, flags_of_compare(inst, rule));
}

void Lowering::compare_zero(const ir::Inst& inst, const Rule&) {
  VReg to = result(inst);
  set(to, flags_of(ir::Function::result(inst)));
}

void Lowering::compare_float(const ir::Inst& inst, const Rule& rule) {
  VReg to = result(inst);
  set(to, flags_of_float(inst, rule));
}

void Lowering::set(VReg to, Flags flags) {
  MachineInst* done = flags.parity == Parity::ignore ? &put(MOp::set, {def(to)})
                                                     : &put(MOp::set, {early_def(to), temp_int()});
  done->cond = u8(flags.cond);
  done->sub = u8(flags.parity);
}

Flags Lowering::flags_of_compare(const ir::Inst& inst, const Rule& rule) {
  auto cond = static_cast<Condition>(rule.a);
  auto w = static_cast<Width>(rule.b);
  ir::Value a = function_.args(inst)[0], b = function_.args(inst)[1];
  if (is_const(a) && !is_const(b)) {
    std::swap(a, b);
    cond = swapped(cond);
  }
  // A load may go into the comparison only if the comparison itself is not made twice.
  bool once = inst.result_count == 0 || uses(ir::Function::result(inst)) <= 1;
  int64_t value;
  MachineInst* done = nullptr;
  if (simm32(b, w, value)) {
    const ir::Inst* load = once ? foldable_load(a) : nullptr;
    if (load != nullptr) {
      Width access_width = w;
      bool fits = true;
      switch (load->access.kind) {
        case ir::MemKind::i8_u:
          access_width = Width::w8;
          fits = value >= 0 && value <= 127 &&
                 (cond == Condition::e || cond == Condition::ne || cond == Condition::b ||
                  cond == Condition::ae || cond == Condition::be || cond == Condition::a);
          break;
        case ir::MemKind::i32_u: fits = w == Width::w32; break;
        case ir::MemKind::ref: fits = w == Width::w32; break;
        case ir::MemKind::i64: fits = w == Width::w64; break;
        default: fits = false; break;
      }
      if (fits) {
        done = &put(MOp::cmp_mi, {}, fold(*load));
        done->imm = value;
        done->width = u8(access_width);
        return {cond};
      }
    }
    VReg left = reg_of(a);
    if (value == 0) {
      put(MOp::test, {use(left), use(left)}).width = u8(w);
      if (cond == Condition::l) cond = Condition::s;
      if (cond == Condition::ge) cond = Condition::ns;
      return {cond};
    }
    put(MOp::cmp, {use(left)}, imm(value)).width = u8(w);
    return {cond};
  }
  auto whole = [&](const ir::Inst* load) {
    return load != nullptr && (w == Width::w64 ? load->access.kind == ir::MemKind::i64
                                               : load->access.kind == ir::MemKind::ref ||
                                                     (load->access.kind == ir::MemKind::i32_u &&
                                                      load->type == ir::Type::i32));
  };
  const ir::Inst* right_load = once ? foldable_load(b) : nullptr;
  const ir::Inst* left_load = once ? foldable_load(a) : nullptr;
  if (!whole(right_load) && whole(left_load)) {
    VReg right = reg_of(b);
    put(MOp::cmp_mr, {use(right)}, fold(*left_load)).width = u8(w);
    return {cond};
  }
  Rm right = whole(right_load) ? fold(*right_load) : reg(reg_of(b));
  put(MOp::cmp, {use(reg_of(a))}, right).width = u8(w);
  return {cond};
}

Flags Lowering::flags_of(ir::Value condition) {
  // What only inverts: a test against zero of what nobody else wants.
  bool inverted = false;
  for (;;) {
    const ir::Inst* zero = def(condition);
    if (zero == nullptr || !is_wasm_op(zero->op)) break;
    const Rule& rule = rule_of(zero->op);
    if (function_of(rule) != &Lowering::compare_zero || rule.a != u8(Width::w32)) break;
    ir::Value of = function_.args(*zero)[0];
    if (uses(of) != 1) break;
    inverted = !inverted;
    condition = of;
  }
  Flags flags = flags_of_test(condition);
  return inverted ? negated(flags) : flags;
}

Flags Lowering::flags_of_test(ir::Value condition) {
  const ir::Inst* inst = def(condition);
  if (inst != nullptr && is_wasm_op(inst->op)) {
    const Rule& rule = rule_of(inst->op);
    const Function function = function_of(rule);
    if (function == &Lowering::compare) return flags_of_compare(*inst, rule);
    if (function == &Lowering::vec_test) return flags_of_vector(*inst, rule);
    if (function == &Lowering::compare_float) return flags_of_float(*inst, rule);
    if (function == &Lowering::compare_zero) {
      ir::Value of = function_.args(*inst)[0];
      auto w = static_cast<Width>(rule.a);
      VReg value = reg_of(of);
      put(MOp::test, {use(value), use(value)}).width = u8(w);
      return {Condition::e};
    }
    bool narrow = inst->op == ir::op_of(isa::Op::i32_and);
    if (narrow && uses(condition) == 1) {
      ir::Value a = function_.args(*inst)[0], b = function_.args(*inst)[1];
      int64_t value;
      if (and_of_bits(*inst, Width::w32, new_int(), false)) return {Condition::ne};
      VReg left = reg_of(a);
      if (simm32(b, Width::w32, value))
        put(MOp::test, {use(left)}, imm(value)).width = u8(Width::w32);
      else put(MOp::test, {use(left), use(reg_of(b))}).width = u8(Width::w32);
      return {Condition::ne};
    }
  }
  if (inst != nullptr && inst->op == Op::ref_eq)
    return flags_of_compare(*inst, {u8(Condition::e), u8(Width::w32), 0});
  VReg value = reg_of(condition);
  put(MOp::test, {use(value), use(value)}).width = u8(Width::w32);
  return {Condition::ne};
}

// ucomis sets carry when left is below, zero when equal, all three of carry, zero and parity when
// unordered: only `above` and `above or equal` are false then, so the others swap or ask parity.
Flags Lowering::flags_of_float(const ir::Inst& inst, const Rule& rule) {
  ir::Value a = function_.args(inst)[0], b = function_.args(inst)[1];
  Flags flags;
  switch (static_cast<FloatCompare>(rule.a)) {
    case FloatCompare::eq: flags = {Condition::e, Parity::and_ordered}; break;
    case FloatCompare::ne: flags = {Condition::ne, Parity::or_unordered}; break;
    case FloatCompare::lt: std::swap(a, b); [[fallthrough]];
    case FloatCompare::gt: flags = {Condition::a, Parity::ignore}; break;
    case FloatCompare::le: std::swap(a, b); [[fallthrough]];
    case FloatCompare::ge: flags = {Condition::ae, Parity::ignore}; break;
  }
  bool once = uses(ir::Function::result(inst)) <= 1;
  Rm right = once || is_const(b) ? rm_of(b) : reg(reg_of(b));
  put(MOp::compare_float, {use(reg_of(a))}, right).sub = u8(rule.b);
  return flags;
}

void Lowering::select(const ir::Inst& inst) {
  auto args = function_.args(inst);
  VReg to = result(inst), yes = reg_of(args[1]), no = reg_of(args[2]);
  Flags flags = flags_of(args[0]);
  if (flags.parity == Parity::and_ordered) {
    flags = negated(flags);
    std::swap(yes, no);
  }
  bool is_vec = type_of(args[1]) == ir::Type::f32 || type_of(args[1]) == ir::Type::f64 ||
                type_of(args[1]) == ir::Type::v128;
  MachineInst* done = nullptr;
  if (is_vec) {
    done = &put(MOp::select_vec, {def_tied(to, 1), use(no), use(yes)});
  } else {
    Rm then = reg(yes);
    done = &put(MOp::cmov, {def_tied(to, 1), use(no)}, then);
    done->width = u8(inst.type == ir::Type::i64 ? Width::w64 : Width::w32);
  }
  done->cond = u8(flags.cond);
  done->sub = u8(flags.parity);
}

void Lowering::lea(const ir::Inst& inst) {
  VReg to = result(inst);
  put(MOp::lea, {def(to)}, access(inst)).width = u8(Width::w64);
}

// --- wide arithmetic ---

void Lowering::add_wide(const ir::Inst& inst, const Rule& rule) {
  auto args = function_.args(inst);
  VReg low = result(inst, 0), high = result(inst, 1);
  VReg a_low = reg_of(args[0]), a_high = reg_of(args[1]);
  VReg b_low = reg_of(args[2]), b_high = reg_of(args[3]);
  MachineInst& first = put(MOp::alu, {def_tied(low, 1), use(a_low)}, reg(b_low));
  first.sub = u8(rule.a);
  first.width = u8(Width::w64);
  MachineInst& second = put(MOp::alu_flags, {def_tied(high, 1), use(a_high)}, reg(b_high));
  second.sub = u8(rule.b);
  second.width = u8(Width::w64);
}

void Lowering::mul_wide(const ir::Inst& inst, const Rule& rule) {
  auto args = function_.args(inst);
  VReg low = result(inst, 0), high = result(inst, 1);
  VReg a = reg_of(args[0]);
  Rm b = rm_of(args[1]);
  MachineInst& mul =
      put(MOp::mul_wide, {def_fixed(low, kRax), def_fixed(high, kRdx), use_fixed(a, kRax)}, b);
  mul.sub = u8(rule.a);
  mul.width = u8(Width::w64);
}

}  // namespace zwasm::codegen::x64
