#include "codegen/x64/lower.h"

#include <array>
#include <string_view>

namespace zwasm::codegen::x64 {

using ir::Op;

void lower_function(const ir::Function& function, const CodegenSettings& settings,
                    const Batch& batch, LoweredFunction& lowered) {
  Lowering(function, settings, batch, lowered).run();
}

void Lowering::run() {
  machine_.allocatable = kAllocatable;
  machine_.scratch_int = kScratchInt;
  machine_.scratch_vec = kScratchVec;
  LoweringBase::run();
}

struct Lowering::Rules {
  static constexpr uint16_t n(auto e) { return static_cast<uint16_t>(e); }
  // Functions are few and their pointers long and relocated: rules have their numbers.
  std::array<Function, 64> functions{};
  std::array<Rule, isa::kOpCount> rules{};

  constexpr Rules() {
    // Told apart by name: addresses of functions are no constants to a compiler that instruments
    // what it compiles.
    std::array<std::string_view, 64> names{};
    uint8_t count = 0;
    auto number_of = [&](std::string_view name, Function function) {
      for (uint8_t i = 1; i <= count; ++i)
        if (names[i] == name) return i;
      names[++count] = name;
      functions[count] = function;
      return count;
    };
#define RULE(op, function, ra, rb, rc)                            \
  rules[static_cast<size_t>(isa::Op::op)] = {n(ra), n(rb), n(rc), \
                                             number_of(#function, &Lowering::function)};
#include "codegen/x64/selection.def"
  }
  static const Rules kAll;
};
constexpr Lowering::Rules Lowering::Rules::kAll;

const Lowering::Rule& Lowering::rule_of(Op op) {
  return Rules::kAll.rules[static_cast<size_t>(op)];
}
Lowering::Function Lowering::function_of(const Rule& rule) {
  return Rules::kAll.functions[rule.function];
}
bool Lowering::has_rule(isa::Op op) { return rule_of(ir::op_of(op)).function != 0; }

void Lowering::lower(const ir::Inst& inst) {
  if (is_wasm_op(inst.op)) {
    const Rule& rule = rule_of(inst.op);
    ZWASM_ASSERT(rule.function != 0);
    (this->*function_of(rule))(inst, rule);
    return;
  }
  switch (inst.op) {
    case Op::const_i32:
    case Op::const_i64:
    case Op::const_f32:
    case Op::const_f64:
    case Op::const_v128:
    case Op::null_ref: constant(inst); break;
    case Op::instance: put(MOp::mov_fixed, {def(result(inst))}).sub = kInstanceReg.number; break;
    case Op::context: put(MOp::mov_fixed, {def(result(inst))}).sub = kContextReg.number; break;
    case Op::select: select(inst); break;
    case Op::ref_eq: compare(inst, {Rules::n(Condition::e), Rules::n(Width::w32), 0}); break;
    case Op::ref_bits:
    case Op::ref_of_bits: {
      // Not a move that could be coalesced: one side is a root, the other is not.
      Rm from = rm_of(function_.args(inst)[0]);
      put(MOp::mov32, {def(result(inst))}, from);
      break;
    }
    case Op::lea: lea(inst); break;
    case Op::load: load(inst); break;
    case Op::store: store(inst); break;
    case Op::load_lane: load_lane(inst); break;
    case Op::store_lane: store_lane(inst); break;
    case Op::shuffle: shuffle(inst); break;
    case Op::atomic_rmw: atomic_rmw(inst); break;
    case Op::atomic_cmpxchg: atomic_cmpxchg(inst); break;
    case Op::fence: put(MOp::fence, {}); break;
    case Op::trap_if: {
      Flags flags = flags_of(function_.args(inst)[0]);
      MachineInst& trap = put(MOp::trap_if, {});
      trap.cond = static_cast<uint8_t>(flags.cond);
      trap.sub = static_cast<uint8_t>(flags.parity);
      trap.may_trap = true;
      trap.trap = static_cast<isa::Trap>(inst.imm);
      break;
    }
    case Op::call:
    case Op::call_ref: call(inst); break;
    case Op::call_helper: call_helper(inst); break;
    case Op::poll: {
      MachineInst& poll = put(MOp::poll, {});
      poll.is_safepoint = true;
      machine_.makes_calls = true;
      break;
    }
    default: ZWASM_ASSERT(!"an operation that ends a block, or no operation"); break;
  }
}

// --- pieces ---

MachineInst& Lowering::put(MOp op, std::initializer_list<Operand> operands) {
  return emit(static_cast<uint16_t>(op), {operands.begin(), operands.size()});
}

MachineInst& Lowering::put(MOp op, std::initializer_list<Operand> operands, const Rm& rm) {
  MachineInst& inst = put(op, operands);
  inst.form = static_cast<uint8_t>(rm.form);
  inst.scale = rm.scale;
  inst.disp = rm.disp;
  if (rm.form == Form::imm) inst.imm = rm.imm;
  if (rm.form == Form::constant) inst.aux = rm.constant;
  if (rm.form == Form::reg) add_operand(rm.in_register ? use(rm.reg) : use_any(rm.reg));
  if (rm.form == Form::mem || rm.form == Form::mem_index) add_operand(use(rm.reg));
  if (has_index(rm.form)) add_operand(use(rm.index));
  if (rm.faults) {
    inst.may_trap = true;
    inst.trap = isa::Trap::memory_out_of_bounds;
    inst.position = rm.position;
  }
  return inst;
}

Rm Lowering::imm(int64_t value) {
  Rm rm;
  rm.form = Form::imm;
  rm.imm = value;
  return rm;
}

Rm Lowering::pool(PoolConstant constant) {
  Rm rm;
  rm.form = Form::constant;
  rm.constant = constant_index(constant);
  return rm;
}

void Lowering::move_imm(VReg to, uint64_t value) {
  put(MOp::mov_imm, {def(to)}).imm = static_cast<int64_t>(value);
}

std::pair<ir::Value, ir::Value> Lowering::sides(const ir::Inst& inst, bool commutes) const {
  ir::Value a = function_.args(inst)[0], b = function_.args(inst)[1];
  if (!commutes || is_const(b)) return {a, b};
  bool swap = is_const(a) ||
              (foldable_load(b) == nullptr && (foldable_load(a) != nullptr || across_call(a, b)));
  return swap ? std::pair{b, a} : std::pair{a, b};
}

bool Lowering::simm32(ir::Value v, Width w, int64_t& value) const {
  if (!int_const(v, value)) return false;
  if (w == Width::w32) value = static_cast<int32_t>(value);
  return value == static_cast<int32_t>(value);
}

Rm Lowering::fold(const ir::Inst& load) {
  take(load);
  return access(load);
}

// A load may be an operand if it reads exactly as many bytes as the operation does.
Rm Lowering::rm_of(ir::Value v, bool clean) {
  if (const ir::Inst* load = foldable_load(v)) {
    switch (load->access.kind) {
      case ir::MemKind::i32_u:
        if (load->type != ir::Type::i32) break;
        return fold(*load);
      case ir::MemKind::ref:
      case ir::MemKind::i64:
      case ir::MemKind::f32:
      case ir::MemKind::f64: return fold(*load);
      case ir::MemKind::v128:
      case ir::MemKind::i8_s:
      case ir::MemKind::i8_u:
      case ir::MemKind::i16_s:
      case ir::MemKind::i16_u:
      case ir::MemKind::i32_s:
      case ir::MemKind::v8x8_s:
      case ir::MemKind::v8x8_u:
      case ir::MemKind::v16x4_s:
      case ir::MemKind::v16x4_u:
      case ir::MemKind::v32x2_s:
      case ir::MemKind::v32x2_u:
      case ir::MemKind::splat8:
      case ir::MemKind::splat16:
      case ir::MemKind::splat32:
      case ir::MemKind::splat64:
      case ir::MemKind::zero32:
      case ir::MemKind::zero64: break;
    }
  }
  if (const ir::Inst* constant = def(v); constant != nullptr) {
    if (constant->op == Op::const_f32) return pool32(static_cast<uint32_t>(constant->imm));
    if (constant->op == Op::const_f64) return pool64(constant->imm);
  }
  return reg(clean ? clean_of(v) : reg_of(v));
}

Rm Lowering::packed_rm_of(ir::Value v) {
  const ir::Inst* load = foldable_load(v);
  if (load != nullptr && settings_.cpu.avx && load->access.kind == ir::MemKind::v128)
    return fold(*load);
  if (const ir::Inst* constant = def(v); constant != nullptr && constant->op == Op::const_v128)
    return pool({constant->imm, constant->imm2});
  return reg(reg_of(v));
}

Rm Lowering::rm_or_imm(ir::Value v, Width w) {
  int64_t value;
  if (simm32(v, w, value)) return imm(value);
  return rm_of(v);
}

// The address of an access, as far as the addressing modes go.
Rm Lowering::access(const ir::Inst& inst) {
  const ir::Access& access = inst.access;
  auto args = function_.args(inst);
  bool indexed;
  switch (inst.op) {
    case Op::load: indexed = args.size() > 1; break;
    case Op::atomic_cmpxchg: indexed = args.size() > 3; break;
    default: indexed = args.size() > 2; break;  // lea has two always, and is not asked here
  }
  if (inst.op == Op::lea) indexed = args.size() > 1;
  ir::Value base = args[0], index = indexed ? args[1] : ir::Value::none;
  int64_t disp = access.disp;
  uint32_t scale = indexed ? access.scale : 0;
  auto fits = [](int64_t d) { return d == static_cast<int32_t>(d); };
  // base + constant, base + index; of long chains the end is left as it is
  for (int links = 0; links < 8; ++links) {
    const ir::Inst* add = def(base);
    if (add == nullptr) break;
    int64_t value;
    if (add->op == ir::op_of(isa::Op::i64_add)) {
      auto terms = function_.args(*add);
      if (int_const(terms[1], value) && fits(disp + value)) {
        disp += value;
        base = terms[0];
        continue;
      }
      if (index == ir::Value::none && uses(base) == 1 && !requested(resolve(base))) {
        base = terms[0];
        index = terms[1];
        scale = 0;
        continue;
      }
    } else if (add->op == Op::lea && index == ir::Value::none && uses(base) == 1 &&
               !requested(resolve(base)) && fits(disp + add->access.disp)) {
      auto terms = function_.args(*add);
      disp += add->access.disp;
      scale = add->access.scale;
      base = terms[0];
      if (terms.size() > 1) index = terms[1];
      continue;
    }
    break;
  }
  // index + constant, index << constant
  for (int links = 0; links < 8 && index != ir::Value::none && type_of(index) == ir::Type::i64;
       ++links) {
    const ir::Inst* inner = def(index);
    if (inner == nullptr || inner->arg_count != 2) break;
    auto terms = function_.args(*inner);
    int64_t value;
    if (!int_const(terms[1], value)) break;
    if (inner->op == ir::op_of(isa::Op::i64_add) && fits(value) && fits(disp + (value << scale))) {
      disp += value << scale;
      index = terms[0];
    } else if (inner->op == ir::op_of(isa::Op::i64_shl) && (value & 63) + scale <= 3) {
      scale += static_cast<uint32_t>(value & 63);
      index = terms[0];
    } else {
      break;
    }
  }
  Rm rm;
  rm.disp = static_cast<int32_t>(disp);
  rm.scale = static_cast<uint8_t>(scale);
  int64_t constant_index;
  if (index != ir::Value::none && int_const(index, constant_index)) {
    if (type_of(index) == ir::Type::i32) constant_index = static_cast<uint32_t>(constant_index);
    if (constant_index == static_cast<int32_t>(constant_index) &&
        fits(disp + (constant_index << scale))) {
      rm.disp = static_cast<int32_t>(disp + (constant_index << scale));
      rm.scale = 0;
      index = ir::Value::none;
    }
  }
  bool with_index = index != ir::Value::none;
  const ir::Inst* fixed = def(base);
  if (fixed != nullptr && fixed->op == Op::instance) {
    rm.form = with_index ? Form::instance_index : Form::instance;
  } else if (fixed != nullptr && fixed->op == Op::context) {
    rm.form = with_index ? Form::context_index : Form::context;
  } else {
    rm.form = with_index ? Form::mem_index : Form::mem;
    rm.reg = reg_of(base);
  }
  if (with_index) {
    // The bits of a reference are its register.
    const ir::Inst* inner = def(index);
    if (inner != nullptr && inner->op == Op::ref_bits) index = function_.args(*inner)[0];
    rm.index = clean_of(index);
  }
  if (inst.op != Op::lea) {
    rm.faults = access.faults;
    rm.position = inst.position;
  }
  return rm;
}

VReg Lowering::constant_at_use(const ir::Inst& constant) {
  // What is one short instruction is made again for each use.
  uint64_t value = constant.imm;
  switch (constant.op) {
    case Op::null_ref: value = 0; break;
    case Op::const_i32: value = static_cast<uint32_t>(value); break;
    case Op::const_i64:
      if (value > 0xFFFF'FFFF && static_cast<int64_t>(value) < -0x8000'0000ll) return VReg::none;
      if (static_cast<int64_t>(value) > 0xFFFF'FFFFll) return VReg::none;
      break;
    case Op::const_f32:
    case Op::const_f64:
      if (value != 0) return VReg::none;
      break;
    case Op::const_v128:
      if (value != 0 || constant.imm2 != 0) return VReg::none;
      break;
    default: return VReg::none;
  }
  VReg to = new_vreg(constant.type);
  if (constant.op == Op::const_f32 || constant.op == Op::const_f64 || constant.op == Op::const_v128)
    put(MOp::zero_vec, {def(to)});
  else move_imm(to, value);
  return to;
}

// A constant with one register for all its uses, which the allocator may make again.
void Lowering::constant(const ir::Inst& inst) {
  VReg to = result(inst);
  MachineInst* made = nullptr;
  switch (inst.op) {
    case Op::const_f32:
      made = &put(MOp::load_vec, {def(to)}, pool32(static_cast<uint32_t>(inst.imm)));
      made->sub = static_cast<uint8_t>(ir::MemKind::f32);
      break;
    case Op::const_f64:
      made = &put(MOp::load_vec, {def(to)}, pool64(inst.imm));
      made->sub = static_cast<uint8_t>(ir::MemKind::f64);
      break;
    case Op::const_v128:
      if (inst.imm == ~uint64_t{0} && inst.imm2 == ~uint64_t{0}) {
        made = &put(MOp::ones_vec, {def(to)});
        break;
      }
      made = &put(MOp::load_vec, {def(to)}, pool({inst.imm, inst.imm2}));
      made->sub = static_cast<uint8_t>(ir::MemKind::v128);
      break;
    default: move_imm(to, inst.imm); return rematerializable(to);
  }
  rematerializable(to);
}

}  // namespace zwasm::codegen::x64
