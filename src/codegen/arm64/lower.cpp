// Constants, calls, what begins and ends blocks.
#include "codegen/arm64/lower.h"

#include <algorithm>

#include "base/assert.h"

namespace zwasm::codegen::arm64 {

using ir::Op;

void lower_function(const ir::Function& function, const CodegenSettings& settings,
                    const Batch& batch, LoweredFunction& lowered) {
  Lowering(function, settings, batch, lowered).lower_function();
}

Lowering::Lowering(const ir::Function& function, const CodegenSettings& settings,
                   const Batch& batch, LoweredFunction& lowered)
    : LoweringBase(function, settings, batch, lowered) {
  machine_.allocatable = kAllocatable;
  machine_.scratch_int = kScratchInt;
  machine_.scratch_vec = kScratchVec;
}

void Lowering::lower(const ir::Inst& inst) {
  if (ir::is_wasm_op(inst.op)) {
    if (lower_integer(inst) || lower_float(inst) || lower_simd(inst) || lower_lanes(inst)) return;
  } else if (lower_memory(inst) || lower_own(inst)) {
    return;
  }
  ZWASM_ASSERT(false && "an operation that does not occur in the IR");
}

bool Lowering::lower_own(const ir::Inst& inst) {
  switch (inst.op) {
    case Op::const_i32:
    case Op::const_i64:
    case Op::const_f32:
    case Op::const_f64:
    case Op::const_v128:
    case Op::null_ref: lower_constant(inst); return true;
    case Op::instance:
      put(MOp::mov_fixed, Width::w64, kInstanceReg.number, {def(result(inst))});
      return true;
    case Op::context:
      put(MOp::mov_fixed, Width::w64, kContextReg.number, {def(result(inst))});
      return true;
    case Op::select: lower_select(inst); return true;
    case Op::ref_eq: lower_compare(inst); return true;
    case Op::ref_bits:
    case Op::ref_of_bits: {
      VReg from = clean_of(arg(inst, 0));
      move(result(inst), from);
      return true;
    }
    case Op::shuffle: lower_shuffle(inst); return true;
    case Op::trap_if: lower_trap_if(inst); return true;
    case Op::call:
    case Op::call_ref: lower_call(inst); return true;
    case Op::call_helper: lower_helper_call(inst); return true;
    case Op::poll:
      put(MOp::poll, {}).is_safepoint = true;
      machine_.makes_calls = true;
      return true;
    default: return false;
  }
}

// --- constants ---

void Lowering::move(VReg to, VReg from) {
  bool vec = info(to).reg_class == RegClass::vector;
  put(vec ? MOp::mov_vec : MOp::mov, {def(to), use(from)}).is_move = true;
}

void Lowering::set_remat(VReg v, MachineInst& inst) {
  info(v).remat = static_cast<uint32_t>(machine_.remats.size());
  machine_.remats.push_back(inst);
}

void Lowering::make_int_constant(VReg to, int64_t value) {
  MachineInst& i = put(MOp::mov_imm, {def(to)});
  i.imm = value;
  set_remat(to, i);
}

VReg Lowering::int_constant(int64_t value) {
  VReg v = new_int();
  make_int_constant(v, value);
  return v;
}

namespace {

// The bits of an integer register that holds the constant.
uint64_t int_bits(const ir::Inst& constant) {
  return constant.op == Op::const_i64 ? constant.imm : constant.imm & 0xFFFFFFFF;
}

// An instruction that makes a vector register's constant, as MachineInst::imm; none: memory.
std::optional<uint32_t> vector_instruction(const ir::Inst& constant) {
  uint64_t pattern = constant.imm;
  if (constant.op == Op::const_v128 && constant.imm2 != pattern) return std::nullopt;
  if (constant.op == Op::const_f32) {
    pattern &= 0xFFFFFFFF;
    pattern |= pattern << 32;
  }
  auto imm = encode_vec_imm(pattern);
  if (!imm) return std::nullopt;
  return uint32_t{imm->op} << 12 | uint32_t{imm->cmode} << 8 | imm->imm8;
}

}  // namespace

void Lowering::make_vector_constant(VReg to, const ir::Inst& constant) {
  if (auto imm = vector_instruction(constant)) {
    MachineInst& i = put(MOp::vec_imm, {def(to)});
    i.imm = *imm;
    set_remat(to, i);
    return;
  }
  VecAccess access = constant.op == Op::const_f32   ? VecAccess::ldr_s
                     : constant.op == Op::const_f64 ? VecAccess::ldr_d
                                                    : VecAccess::ldr_q;
  uint64_t low = constant.op == Op::const_f32 ? constant.imm & 0xFFFFFFFF : constant.imm;
  uint32_t number = constant_index({low, constant.op == Op::const_v128 ? constant.imm2 : 0});
  MachineInst& i = put(MOp::load_const, 0, access, {def(to)});
  i.aux = number;
  set_remat(to, i);
}

VReg Lowering::pool_constant(uint64_t lo, uint64_t hi) {
  VReg v = new_vec();
  uint32_t number = constant_index({lo, hi});
  MachineInst& i = put(MOp::load_const, 0, VecAccess::ldr_q, {def(v)});
  i.aux = number;
  set_remat(v, i);
  return v;
}

// What one or two instructions make is made where it is used; a register for all uses otherwise.
VReg Lowering::constant_at_use(const ir::Inst& constant) {
  switch (constant.op) {
    case Op::const_i32:
    case Op::const_i64:
    case Op::null_ref: {
      uint64_t bits = constant.op == Op::null_ref ? 0 : int_bits(constant);
      if (Assembler::mov_imm_words(bits) > 2) return VReg::none;
      VReg v = new_vreg(constant.type);
      make_int_constant(v, static_cast<int64_t>(bits));
      return v;
    }
    case Op::const_f32:
    case Op::const_f64:
    case Op::const_v128: {
      if (!vector_instruction(constant)) return VReg::none;
      VReg v = new_vreg(constant.type);
      make_vector_constant(v, constant);
      return v;
    }
    default: return VReg::none;
  }
}

void Lowering::lower_constant(const ir::Inst& inst) {
  VReg to = result(inst);
  if (info(to).reg_class == RegClass::vector) make_vector_constant(to, inst);
  else make_int_constant(to, static_cast<int64_t>(inst.op == Op::null_ref ? 0 : int_bits(inst)));
}

const ir::Inst* Lowering::only(ir::Value v, W op) const {
  const ir::Inst* inst = def(v);
  return inst != nullptr && inst->op == ir::op_of(op) && uses(v) == 1 ? inst : nullptr;
}

// --- slots of the stack area ---

void Lowering::store_slot(Form area, uint32_t offset, ir::Value value) {
  VReg from = clean_of(value);
  ir::Type type = type_of(value);
  if (type == ir::Type::f32) {  // a slot's upper half is zero
    VReg bits = new_int();
    put(MOp::int_from_vec, Width::w32, 0, {def(bits), use(from)});
    from = bits;
  }
  bool vec = info(from).reg_class == RegClass::vector;
  MachineInst& i =
      vec ? put(MOp::store_vec, 0, type == ir::Type::v128 ? VecAccess::str_q : VecAccess::str_d,
                {use(from)})
          : put(MOp::store, 0, Access::str_x, {use(from)});
  i.form = static_cast<uint8_t>(area);
  i.disp = static_cast<int32_t>(offset);
}

// Narrow values are loaded as such: clean whatever stands above them.
void Lowering::load_slot(Form area, uint32_t offset, ir::Type type, VReg to) {
  bool vec = info(to).reg_class == RegClass::vector;
  bool narrow = type == ir::Type::i32 || type == ir::Type::ref;
  MachineInst& i = vec ? put(MOp::load_vec, 0,
                             type == ir::Type::v128  ? VecAccess::ldr_q
                             : type == ir::Type::f64 ? VecAccess::ldr_d
                                                     : VecAccess::ldr_s,
                             {def(to)})
                       : put(MOp::load, 0, narrow ? Access::ldr_w : Access::ldr_x, {def(to)});
  i.form = static_cast<uint8_t>(area);
  i.disp = static_cast<int32_t>(offset);
}

// --- values from outside: the upper bits of narrow ones are undefined ---

// The register in which `v` arrives; `wanted` is another one if it has to be made clean first.
VReg Lowering::incoming_value(ir::Value v, VReg& wanted) {
  ir::Type type = function_.type_of(v);
  VReg own = reg_of(v);
  wanted = VReg::none;
  bool narrow = type == ir::Type::ref || (type == ir::Type::i32 && clean_requested(v));
  if (!narrow) return own;
  wanted = own;
  return new_int();
}

void Lowering::clean_incoming(VReg raw, VReg wanted) {
  if (wanted != VReg::none) put(MOp::mov32, {def(wanted), use(raw)});
}

void Lowering::lower_entry() {
  std::vector<Operand> operands;
  std::vector<std::pair<VReg, VReg>> to_clean;
  struct Slot {
    uint32_t offset;
    ir::Value value;
  };
  std::vector<Slot> slots;
  const auto& params = function_.block(function_.order[0]).params;
  for (size_t i = 0; i < params.size(); ++i) {
    if (!requested(params[i])) continue;
    const ValuePlace& place = lowered_.layout.params[i];
    if (place.kind == ValuePlace::Kind::stack) {
      slots.push_back({place.number, params[i]});
      continue;
    }
    VReg wanted;
    VReg raw = incoming_value(params[i], wanted);
    bool vec = place.kind == ValuePlace::Kind::vec_reg;
    operands.push_back(def_fixed(raw, vec ? vec_reg(place.number) : int_reg(place.number)));
    to_clean.emplace_back(raw, wanted);
  }
  emit(static_cast<uint16_t>(MOp::entry), operands);
  for (auto [raw, wanted] : to_clean) clean_incoming(raw, wanted);
  for (const Slot& slot : slots)
    load_slot(Form::incoming, slot.offset, function_.type_of(slot.value), reg_of(slot.value));
}

void Lowering::lower_landing_pad(VReg exception) {
  MachineInst& i = put(MOp::landing_pad, {});
  static_cast<void>(i);
  if (exception != VReg::none) add_operand(def_fixed(exception, int_reg(0)));
}

// --- calls ---

namespace {

// Nothing survives a call, but what it defines.
PRegSet clobbers_of_call(std::span<const Operand> operands) {
  PRegSet all(kAllocatable.bits());
  for (const Operand& o : operands)
    if (o.role == Role::def) all.remove(o.preg);
  return all;
}

}  // namespace

// Values to where `places` say: operands in registers, the others into the area, from `offset` on.
void Lowering::put_values(std::span<const ir::Value> values, const std::vector<ValuePlace>& places,
                          Form area, uint32_t offset, std::vector<Operand>& operands) {
  for (size_t i = 0; i < values.size(); ++i) {
    const ValuePlace& place = places[i];
    switch (place.kind) {
      case ValuePlace::Kind::int_reg:
        operands.push_back(use_fixed(reg_of(values[i]), int_reg(place.number)));
        break;
      case ValuePlace::Kind::vec_reg:
        operands.push_back(use_fixed(reg_of(values[i]), vec_reg(place.number)));
        break;
      case ValuePlace::Kind::stack: store_slot(area, offset + place.number, values[i]); break;
    }
  }
}

void Lowering::lower_call(const ir::Inst& inst) {
  bool by_ref = inst.op == Op::call_ref;
  auto args = function_.args(inst).subspan(by_ref);
  CallLayout layout = layout_of_call(inst, args);
  std::vector<Operand> operands;
  if (by_ref) operands.push_back(use_fixed(reg_arg(inst, 0), kCalleeReg));
  put_values(args, layout.params, Form::outgoing, 0, operands);
  struct Result {
    VReg raw, wanted;
  };
  std::vector<Result> results;
  for (uint32_t r = 0; r < inst.result_count; ++r) {
    ir::Value v = ir::Function::result(inst, r);
    const ValuePlace& place = layout.results[r];
    if (!requested(v) || place.kind == ValuePlace::Kind::stack) continue;
    Result one;
    one.raw = incoming_value(v, one.wanted);
    bool vec = place.kind == ValuePlace::Kind::vec_reg;
    operands.push_back(def_fixed(one.raw, vec ? vec_reg(place.number) : int_reg(place.number)));
    results.push_back(one);
  }
  MachineInst& i = emit(static_cast<uint16_t>(by_ref ? MOp::call_ref : MOp::call), operands);
  i.aux = inst.aux;
  i.sub = static_cast<uint8_t>(call_kind(inst.aux));
  i.scale = inst.is_invoke;
  i.imm = layout.popped();
  i.is_safepoint = true;
  i.clobbers = clobbers_of_call(operands);
  for (const Result& one : results) clean_incoming(one.raw, one.wanted);
  // The results' part is the upper one of the area.
  for (uint32_t r = 0; r < inst.result_count; ++r) {
    ir::Value v = ir::Function::result(inst, r);
    if (requested(v) && layout.results[r].kind == ValuePlace::Kind::stack)
      load_slot(Form::outgoing, layout.popped() + layout.results[r].number, function_.type_of(v),
                reg_of(v));
  }
}

void Lowering::lower_helper_call(const ir::Inst& inst) {
  std::vector<Operand> operands;
  auto args = function_.args(inst);
  ZWASM_ASSERT(args.size() <= 8);
  for (size_t i = 0; i < args.size(); ++i)
    operands.push_back(use_fixed(clean_of(args[i]), int_reg(static_cast<unsigned>(i))));
  VReg raw = VReg::none, wanted = VReg::none;
  if (inst.result_count != 0 && requested(ir::Function::result(inst))) {
    raw = incoming_value(ir::Function::result(inst), wanted);
    operands.push_back(def_fixed(raw, int_reg(0)));
  }
  MachineInst& i = emit(static_cast<uint16_t>(MOp::call_helper), operands);
  i.aux = inst.aux;
  i.scale = inst.is_invoke;
  i.is_safepoint = true;
  i.clobbers = clobbers_of_call(operands);
  machine_.makes_calls = true;
  clean_incoming(raw, wanted);
}

void Lowering::lower_tail_call(const ir::Inst& inst) {
  bool by_ref = inst.op == Op::tail_call_ref;
  auto args = function_.args(inst).subspan(by_ref);
  CallLayout layout = layout_of_call(inst, args);
  std::vector<Operand> operands;
  if (by_ref) operands.push_back(use_fixed(reg_arg(inst, 0), kCalleeReg));
  put_values(args, layout.params, Form::outgoing, 0, operands);
  MachineInst& i =
      emit(static_cast<uint16_t>(by_ref ? MOp::tail_call_ref : MOp::tail_call), operands);
  i.aux = inst.aux;
  i.sub = static_cast<uint8_t>(call_kind(inst.aux));
  i.imm = layout.area();
  i.disp = static_cast<int32_t>(layout.param_bytes);
}

void Lowering::lower_return(const ir::Inst& inst) {
  std::vector<Operand> operands;
  put_values(function_.args(inst), lowered_.layout.results, Form::incoming,
             lowered_.layout.popped(), operands);
  emit(static_cast<uint16_t>(MOp::return_), operands);
}

// --- ends of blocks ---

void Lowering::lower_jump() { put(MOp::jump, {}); }

void Lowering::lower_terminator(const ir::Inst& inst) {
  switch (inst.op) {
    case Op::jump: lower_jump(); return;
    case Op::branch: lower_branch(inst); return;
    case Op::switch_: {
      VReg selector = clean_of(arg(inst, 0));
      put(MOp::switch_, {temp_int(), temp_int(), late(selector)}).aux = switch_table();
      return;
    }
    case Op::return_: lower_return(inst); return;
    case Op::tail_call:
    case Op::tail_call_ref: lower_tail_call(inst); return;
    case Op::trap:
    case Op::unreachable: {
      MachineInst& i = put(MOp::trap, {});
      i.trap = inst.op == Op::trap ? static_cast<isa::Trap>(inst.imm) : isa::Trap::unreachable;
      i.may_trap = true;
      return;
    }
    default: put(MOp::invoke_end, {}); return;  // a call
  }
}

}  // namespace zwasm::codegen::arm64
