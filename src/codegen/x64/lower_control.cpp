// Calls, and the ends of blocks.
#include "base/assert.h"
#include "codegen/x64/lower.h"

namespace zwasm::codegen::x64 {

using ir::Op;

namespace {

constexpr uint8_t u8(auto v) { return static_cast<uint8_t>(v); }

ir::MemKind slot_kind(ir::Type type) {
  switch (type) {
    case ir::Type::f32: return ir::MemKind::f32;
    case ir::Type::f64: return ir::MemKind::f64;
    case ir::Type::v128: return ir::MemKind::v128;
    case ir::Type::none:
    case ir::Type::i32:
    case ir::Type::i64:
    case ir::Type::ref: break;
  }
  return ir::MemKind::i64;
}

bool is_vec(ir::Type type) { return slot_kind(type) != ir::MemKind::i64; }

Rm stack_place(Form form, int32_t disp) {
  Rm rm;
  rm.form = form;
  rm.disp = disp;
  return rm;
}

}  // namespace

// --- values of calls ---

// Stores those of `values` that are passed on the stack.
void Lowering::put_stack_values(std::span<const ir::Value> values,
                                const std::vector<ValuePlace>& places, Form form, int32_t disp) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (places[i].kind != ValuePlace::Kind::stack) continue;
    Rm to = stack_place(form, disp + static_cast<int32_t>(places[i].number));
    ir::Type type = type_of(values[i]);
    if (is_vec(type)) {
      VReg from = reg_of(values[i]);
      put(MOp::store_vec, {use(from)}, to).sub = u8(slot_kind(type));
      if (type != ir::Type::f32) continue;
      to.disp += 4;  // a slot's unused bits are zero
      put(MOp::store_imm, {}, to).width = u8(Width::w32);
    } else {
      VReg from = clean_of(values[i]);
      put(MOp::store, {use(from)}, to).width = u8(Width::w64);
    }
  }
}

namespace {

PReg place_reg(const ValuePlace& place) {
  return place.kind == ValuePlace::Kind::int_reg ? kIntArgs[place.number] : vec_reg(place.number);
}

}  // namespace

// The instruction that brings values from outside has been emitted with `raw` registers for them:
// what has undefined upper bits and is wanted without them is extended.
VReg Lowering::outside_value(ir::Value v) {
  VReg wanted = reg_of(v);
  ir::Type type = type_of(v);
  if (type == ir::Type::ref || (type == ir::Type::i32 && clean_requested(v))) return new_int();
  return wanted;
}

void Lowering::take_outside_value(ir::Value v, VReg raw) {
  VReg wanted = reg_of(v);
  if (raw != wanted) put(MOp::mov32, {def(wanted)}, reg(raw));
}

void Lowering::load_outside_value(ir::Value v, Form form, int32_t disp) {
  ir::Type type = type_of(v);
  VReg to = reg_of(v);
  if (is_vec(type)) {
    put(MOp::load_vec, {def(to)}, stack_place(form, disp)).sub = u8(slot_kind(type));
    return;
  }
  bool narrow = type != ir::Type::i64;
  MachineInst& load = put(MOp::load, {def(to)}, stack_place(form, disp));
  load.sub = u8(narrow ? ir::MemKind::i32_u : ir::MemKind::i64);
  load.width = u8(narrow ? Width::w32 : Width::w64);
}

void Lowering::lower_entry() {
  const std::vector<ir::Value>& params = function_.block(function_.order[0]).params;
  const std::vector<ValuePlace>& places = lowered_.layout.params;
  std::vector<std::pair<ir::Value, VReg>> raws;
  std::vector<Operand> operands;
  for (size_t i = 0; i < params.size(); ++i) {
    if (!requested(params[i]) || places[i].kind == ValuePlace::Kind::stack) continue;
    VReg raw = outside_value(params[i]);
    operands.push_back(def_fixed(raw, place_reg(places[i])));
    raws.push_back({params[i], raw});
  }
  emit(static_cast<uint16_t>(MOp::entry), operands);
  for (auto [v, raw] : raws) take_outside_value(v, raw);
  for (size_t i = 0; i < params.size(); ++i)
    if (requested(params[i]) && places[i].kind == ValuePlace::Kind::stack)
      load_outside_value(params[i], Form::incoming, static_cast<int32_t>(places[i].number));
}

// --- calls ---

void Lowering::call(const ir::Inst& inst) {
  auto args = function_.args(inst);
  std::vector<Operand> operands;
  bool by_ref = inst.op == Op::call_ref;
  VReg callee = by_ref ? reg_of(args[0]) : VReg::none;
  if (by_ref) args = args.subspan(1);
  CallLayout layout = layout_of_call(inst, args);
  put_stack_values(args, layout.params, Form::outgoing, 0);
  for (size_t i = 0; i < args.size(); ++i)
    if (layout.params[i].kind != ValuePlace::Kind::stack)
      operands.push_back(use_fixed(reg_of(args[i]), place_reg(layout.params[i])));
  if (by_ref) operands.push_back(use_fixed(callee, kCalleeReg));
  std::vector<std::pair<ir::Value, VReg>> raws;
  for (uint32_t r = 0; r < inst.result_count; ++r) {
    ir::Value v = ir::Function::result(inst, r);
    if (!requested(v) || layout.results[r].kind == ValuePlace::Kind::stack) continue;
    VReg raw = outside_value(v);
    operands.push_back(def_fixed(raw, place_reg(layout.results[r])));
    raws.push_back({v, raw});
  }
  MachineInst& call = emit(static_cast<uint16_t>(by_ref ? MOp::call_ref : MOp::call), operands);
  call.clobbers = kAllocatable;
  call.is_safepoint = true;
  call.cond = inst.is_invoke;
  call.imm = layout.popped();
  if (!by_ref) {
    call.aux = inst.aux;
    call.sub = u8(call_kind(inst.aux));
  }
  for (auto [v, raw] : raws) take_outside_value(v, raw);
  for (uint32_t r = 0; r < inst.result_count; ++r) {
    ir::Value v = ir::Function::result(inst, r);
    if (requested(v) && layout.results[r].kind == ValuePlace::Kind::stack)
      load_outside_value(v, Form::outgoing,
                         static_cast<int32_t>(layout.popped() + layout.results[r].number));
  }
}

void Lowering::call_helper(const ir::Inst& inst) {
  auto args = function_.args(inst);
  ZWASM_ASSERT(args.size() <= std::size(kHelperArgs));
  std::vector<Operand> operands;
  // The platform's convention leaves upper bits undefined too.
  for (size_t i = 0; i < args.size(); ++i)
    operands.push_back(use_fixed(reg_of(args[i]), kHelperArgs[i]));
  VReg raw = VReg::none;
  bool wanted = inst.result_count != 0 && requested(ir::Function::result(inst));
  bool vec = wanted && is_vec(function_.type_of(ir::Function::result(inst)));
  if (wanted) {
    raw = outside_value(ir::Function::result(inst));
    operands.push_back(def_fixed(raw, vec ? vec_reg(0) : kRax));
  }
  MachineInst& call = emit(static_cast<uint16_t>(MOp::call_helper), operands);
  call.clobbers = kAllocatable;
  call.is_safepoint = true;
  call.cond = inst.is_invoke;
  call.aux = inst.aux;
  machine_.makes_calls = true;
  if (wanted) take_outside_value(ir::Function::result(inst), raw);
}

void Lowering::tail_call(const ir::Inst& inst) {
  auto args = function_.args(inst);
  bool by_ref = inst.op == Op::tail_call_ref;
  VReg callee = by_ref ? reg_of(args[0]) : VReg::none;
  if (by_ref) args = args.subspan(1);
  CallLayout layout = layout_of_call(inst, args);
  put_stack_values(args, layout.params, Form::outgoing, 0);
  std::vector<Operand> operands;
  for (size_t i = 0; i < args.size(); ++i)
    if (layout.params[i].kind != ValuePlace::Kind::stack)
      operands.push_back(use_fixed(reg_of(args[i]), place_reg(layout.params[i])));
  if (by_ref) operands.push_back(use_fixed(callee, kCalleeReg));
  MachineInst& call =
      emit(static_cast<uint16_t>(by_ref ? MOp::tail_call_ref : MOp::tail_call), operands);
  call.imm = layout.area();
  call.disp = static_cast<int32_t>(layout.param_bytes);
  if (!by_ref) {
    call.aux = inst.aux;
    call.sub = u8(call_kind(inst.aux));
  }
}

// --- ends of blocks ---

void Lowering::lower_jump() { put(MOp::jump, {}); }

void Lowering::lower_landing_pad(VReg exception) {
  if (exception == VReg::none) put(MOp::landing_pad, {});
  else put(MOp::landing_pad, {def_fixed(exception, kRax)});
}

void Lowering::lower_terminator(const ir::Inst& inst) {
  auto args = function_.args(inst);
  switch (inst.op) {
    case Op::call:
    case Op::call_ref:
    case Op::call_helper: put(MOp::invoke_end, {}); break;
    case Op::jump: put(MOp::jump, {}); break;
    case Op::branch: {
      Flags flags = flags_of(args[0]);
      MachineInst& branch = put(MOp::branch, {});
      branch.cond = u8(flags.cond);
      branch.sub = u8(flags.parity);
      break;
    }
    case Op::switch_: {
      VReg value = reg_of(args[0]);
      bool table = lowered_.switches[switch_table()].size() > kCompareCases + 1;
      MachineInst& done = table ? put(MOp::switch_, {temp_int(), temp_int(), use(value)})
                                : put(MOp::switch_, {use(value)});
      done.aux = switch_table();
      break;
    }
    case Op::return_: {
      const CallLayout& layout = lowered_.layout;
      put_stack_values(args, layout.results, Form::incoming, static_cast<int32_t>(layout.popped()));
      std::vector<Operand> operands;
      for (size_t i = 0; i < args.size(); ++i) {
        if (layout.results[i].kind == ValuePlace::Kind::stack) continue;
        operands.push_back(use_fixed(reg_of(args[i]), place_reg(layout.results[i])));
      }
      emit(static_cast<uint16_t>(MOp::return_), operands);
      break;
    }
    case Op::tail_call:
    case Op::tail_call_ref: tail_call(inst); break;
    case Op::trap: {
      MachineInst& trap = put(MOp::trap, {});
      trap.may_trap = true;
      trap.trap = static_cast<isa::Trap>(inst.imm);
      break;
    }
    case Op::unreachable: {
      MachineInst& trap = put(MOp::trap, {});
      trap.may_trap = true;
      trap.trap = isa::Trap::unreachable;
      break;
    }
    default: ZWASM_ASSERT(!"no end of a block"); break;
  }
}

}  // namespace zwasm::codegen::x64
