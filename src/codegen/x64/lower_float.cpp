// Scalar floating point: arithmetic, rounding, conversions.
#include "codegen/x64/lower.h"

namespace zwasm::codegen::x64 {

namespace {
constexpr uint8_t u8(auto v) { return static_cast<uint8_t>(v); }
}  // namespace

// to = a op b: three operands with AVX, two without.
VReg Lowering::vec2(Sse op, VReg a, const Rm& b, VReg to) {
  if (to == VReg::none) to = new_vec();
  Operand first = settings_.cpu.avx ? def(to) : def_tied(to, 1);
  put(MOp::vec, {first, use(a)}, b).sub = u8(op);
  return to;
}

void Lowering::float_binary(const ir::Inst& inst, const Rule& rule) {
  auto [a, b] = sides(inst, rule.c != 0);
  VReg to = result(inst);
  Rm right = rm_of(b);
  vec2(static_cast<Sse>(rule.a), reg_of(a), right, to);
}

void Lowering::float_unary(const ir::Inst& inst, const Rule& rule) {
  VReg to = result(inst);
  put(MOp::vec_one, {def(to)}, rm_of(function_.args(inst)[0])).sub = u8(rule.a);
}

void Lowering::float_round(const ir::Inst& inst, const Rule& rule) {
  VReg to = result(inst);
  MachineInst& done = put(MOp::vec_one_imm, {def(to)}, rm_of(function_.args(inst)[0]));
  done.sub = u8(rule.a);
  done.imm = rule.b | 8;  // without reporting that the result is inexact
}

void Lowering::float_min_max(const ir::Inst& inst, const Rule& rule) {
  auto args = function_.args(inst);
  VReg to = result(inst);
  MachineInst& done =
      put(MOp::min_max, {def_tied(to, 1), use(reg_of(args[0])), late(reg_of(args[1]))});
  done.sub = u8(rule.a);
  done.cond = u8(rule.b);
}

void Lowering::float_sign(const ir::Inst& inst, const Rule& rule) {
  auto args = function_.args(inst);
  VReg to = result(inst);
  bool single = rule.a == 0;
  auto mask = [&](bool sign) {
    if (single) return pool32(sign ? 0x8000'0000u : 0x7FFF'FFFFu);
    return pool64(sign ? uint64_t{1} << 63 : ~(uint64_t{1} << 63));
  };
  switch (rule.b) {
    case 0: vec2(Sse::andps, reg_of(args[0]), mask(false), to); break;
    case 1: vec2(Sse::xorps, reg_of(args[0]), mask(true), to); break;
    default: {
      VReg magnitude = vec2(Sse::andps, reg_of(args[0]), mask(false));
      VReg sign = vec2(Sse::andps, reg_of(args[1]), mask(true));
      vec2(Sse::orps, magnitude, reg(sign), to);
      break;
    }
  }
}

void Lowering::int_to_float(const ir::Inst& inst, const Rule& rule) {
  VReg to = result(inst);
  ir::Value from = function_.args(inst)[0];
  MachineInst* done = nullptr;
  switch (static_cast<IntKind>(rule.b)) {
    case IntKind::i32_s:
    case IntKind::i64_s:
      done = &put(MOp::int_to_float, {def(to)}, rm_of(from));
      done->width = u8(static_cast<IntKind>(rule.b) == IntKind::i32_s ? Width::w32 : Width::w64);
      break;
    case IntKind::i32_u:
      done = &put(MOp::int_to_float, {def(to)}, reg(clean_of(from)));
      done->width = u8(Width::w64);
      break;
    case IntKind::i64_u:
      done = &put(MOp::u64_to_float, {early_def(to), temp_int(), temp_int(), late(reg_of(from))});
      break;
  }
  done->sub = u8(rule.a);
}

void Lowering::trunc_sat(const ir::Inst& inst, const Rule& rule) {
  VReg to = result(inst);
  MachineInst& done = put(MOp::trunc_sat, {early_def(to), temp_int(), temp_vec(),
                                           late(reg_of(function_.args(inst)[0]))});
  done.sub = u8(rule.a);
  done.width = u8(rule.b);
  done.cond = u8(rule.c);
}

void Lowering::reinterpret(const ir::Inst& inst, const Rule& rule) {
  VReg to = result(inst);
  MOp op = rule.a == 0 ? MOp::vec_from_int : MOp::int_from_vec;
  put(op, {def(to), use(reg_of(function_.args(inst)[0]))}).width = u8(rule.b);
}

}  // namespace zwasm::codegen::x64
