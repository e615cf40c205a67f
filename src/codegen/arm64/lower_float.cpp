// Scalar floating point. Minimum, maximum and conversion to integers do on arm64 what WebAssembly
// asks for: NaNs win, -0 is less than 0, conversions saturate.
#include "codegen/arm64/lower.h"

namespace zwasm::codegen::arm64 {

void Lowering::fp_unary(const ir::Inst& inst, Fp1 op, Fp type) {
  VReg to = result(inst), from = reg_arg(inst, 0);
  put(MOp::fp1, type, op, {def(to), use(from)});
}

void Lowering::fp_binary(const ir::Inst& inst, Fp2 op, Fp type) {
  VReg to = result(inst), a = reg_arg(inst, 0), b = reg_arg(inst, 1);
  put(MOp::fp2, type, op, {def(to), use(a), use(b)});
}

// The sign goes to the lowest bit, and from there into the highest of the other.
void Lowering::lower_copysign(const ir::Inst& inst, Fp type) {
  VReg to = result(inst), a = reg_arg(inst, 0), b = reg_arg(inst, 1), sign = new_vec();
  Shape shape = type == Fp::d ? Shape::d2 : Shape::s2;
  int64_t top = type == Fp::d ? 63 : 31;
  put(MOp::vshr, shape, VShr::ushr, {def(sign), use(b)}).imm = top;
  put(MOp::vshl_insert, shape, VShl::sli, {def_tied(to, 1), use(a), use(sign)}).imm = top;
}

void Lowering::fp_to_int(const ir::Inst& inst, FpToInt op, Fp from_type, Width w) {
  VReg to = result(inst), from = reg_arg(inst, 0);
  put(MOp::fp_to_int, w, op, {def(to), use(from)}).scale = static_cast<uint8_t>(from_type);
}

void Lowering::int_to_fp(const ir::Inst& inst, IntToFp op, Width w, Fp type) {
  VReg to = result(inst), from = reg_arg(inst, 0);
  put(MOp::int_to_fp, w, op, {def(to), use(from)}).scale = static_cast<uint8_t>(type);
}

bool Lowering::lower_float(const ir::Inst& inst) {
  auto convert = [&](Fp to_type) {
    VReg to = result(inst), from = reg_arg(inst, 0);
    put(MOp::fcvt, to_type, 0, {def(to), use(from)});
  };
  auto bits = [&](MOp op, Width w) {
    VReg to = result(inst), from = reg_arg(inst, 0);
    put(op, w, 0, {def(to), use(from)});
  };
  switch (ir::wasm_op(inst.op)) {
#define BOTH(op, call)         \
  case W::f32_##op: {          \
    constexpr Fp type = Fp::s; \
    call;                      \
    return true;               \
  }                            \
  case W::f64_##op: {          \
    constexpr Fp type = Fp::d; \
    call;                      \
    return true;               \
  }
    BOTH(abs, fp_unary(inst, Fp1::fabs, type))
    BOTH(neg, fp_unary(inst, Fp1::fneg, type))
    BOTH(ceil, fp_unary(inst, Fp1::frintp, type))
    BOTH(floor, fp_unary(inst, Fp1::frintm, type))
    BOTH(trunc, fp_unary(inst, Fp1::frintz, type))
    BOTH(nearest, fp_unary(inst, Fp1::frintn, type))
    BOTH(sqrt, fp_unary(inst, Fp1::fsqrt, type))
    BOTH(add, fp_binary(inst, Fp2::fadd, type))
    BOTH(sub, fp_binary(inst, Fp2::fsub, type))
    BOTH(mul, fp_binary(inst, Fp2::fmul, type))
    BOTH(div, fp_binary(inst, Fp2::fdiv, type))
    BOTH(min, fp_binary(inst, Fp2::fmin, type))
    BOTH(max, fp_binary(inst, Fp2::fmax, type))
    BOTH(copysign, lower_copysign(inst, type))
    BOTH(convert_i32_s, int_to_fp(inst, IntToFp::scvtf, Width::w32, type))
    BOTH(convert_i32_u, int_to_fp(inst, IntToFp::ucvtf, Width::w32, type))
    BOTH(convert_i64_s, int_to_fp(inst, IntToFp::scvtf, Width::w64, type))
    BOTH(convert_i64_u, int_to_fp(inst, IntToFp::ucvtf, Width::w64, type))
#undef BOTH
#define TRUNC(name, from, to, op) \
  case W::name: fp_to_int(inst, FpToInt::op, Fp::from, Width::to); return true;
    TRUNC(i32_trunc_sat_f32_s, s, w32, fcvtzs)
    TRUNC(i32_trunc_sat_f32_u, s, w32, fcvtzu)
    TRUNC(i32_trunc_sat_f64_s, d, w32, fcvtzs)
    TRUNC(i32_trunc_sat_f64_u, d, w32, fcvtzu)
    TRUNC(i64_trunc_sat_f32_s, s, w64, fcvtzs)
    TRUNC(i64_trunc_sat_f32_u, s, w64, fcvtzu)
    TRUNC(i64_trunc_sat_f64_s, d, w64, fcvtzs)
    TRUNC(i64_trunc_sat_f64_u, d, w64, fcvtzu)
#undef TRUNC
    case W::f32_demote_f64: convert(Fp::s); return true;
    case W::f64_promote_f32: convert(Fp::d); return true;
    case W::i32_reinterpret_f32: bits(MOp::int_from_vec, Width::w32); return true;
    case W::i64_reinterpret_f64: bits(MOp::int_from_vec, Width::w64); return true;
    case W::f32_reinterpret_i32: bits(MOp::vec_from_int, Width::w32); return true;
    case W::f64_reinterpret_i64: bits(MOp::vec_from_int, Width::w64); return true;
    default: return false;  // Op is open: other families
  }
}

}  // namespace zwasm::codegen::arm64
