// Vectors: arithmetic, comparisons, shifts, conversions. SSE4.1 is the baseline; what it lacks is
// made of several instructions, mostly by the classic sequences.
#include "codegen/x64/lower.h"

namespace zwasm::codegen::x64 {

namespace {

constexpr uint8_t u8(auto v) { return static_cast<uint8_t>(v); }
constexpr uint8_t kHighHalf = 0xEE;   // pshufd: the upper eight bytes below
constexpr uint8_t kOddDwords = 0xF5;  // pshufd: lanes 1 and 3 over their pairs

}  // namespace

// --- instructions ---

VReg Lowering::vec_imm(SseImm op, VReg a, const Rm& b, uint8_t value, VReg to) {
  if (to == VReg::none) to = new_vec();
  Operand first = settings_.cpu.avx ? def(to) : def_tied(to, 1);
  MachineInst& done = put(MOp::vec_imm, {first, use(a)}, b);
  done.sub = u8(op);
  done.imm = value;
  return to;
}

VReg Lowering::vec_one(SseMove op, const Rm& from, VReg to) {
  if (to == VReg::none) to = new_vec();
  // Operands in memory would have to be aligned: spilled vectors are, and the pool.
  put(MOp::vec_move, {def(to)}, from).sub = u8(op);
  return to;
}

VReg Lowering::vec_one(SseImmMove op, const Rm& from, uint8_t value, VReg to) {
  if (to == VReg::none) to = new_vec();
  MachineInst& done = put(MOp::vec_move_imm, {def(to)}, from);
  done.sub = u8(op);
  done.imm = value;
  return to;
}

VReg Lowering::vec_shift(SseShift op, VReg a, uint8_t count, VReg to) {
  if (to == VReg::none) to = new_vec();
  Operand first = settings_.cpu.avx ? def(to) : def_tied(to, 1);
  MachineInst& done = put(MOp::vec_shift, {first, use(a)});
  done.sub = u8(op);
  done.imm = count;
  return to;
}

VReg Lowering::zero_vector() {
  VReg zero = new_vec();
  put(MOp::zero_vec, {def(zero)});
  return zero;
}

VReg Lowering::ones_vector() {
  VReg ones = new_vec();
  put(MOp::ones_vec, {def(ones)});
  return ones;
}

VReg Lowering::load_pool_of(const Rm& constant) {
  VReg loaded = new_vec();
  put(MOp::load_vec, {def(loaded)}, constant).sub = u8(ir::MemKind::v128);
  return loaded;
}

VReg Lowering::vec_not(VReg a, VReg to) { return vec2(Sse::pxor, a, reg(ones_vector()), to); }

Rm Lowering::pool16(uint16_t value) { return pool32(uint32_t{value} << 16 | value); }
Rm Lowering::pool8(uint8_t value) { return pool16(static_cast<uint16_t>(value << 8 | value)); }

// --- plain ones ---

void Lowering::vec_binary(const ir::Inst& inst, const Rule& rule) {
  auto [a, b] = sides(inst, rule.c != 0);
  VReg to = result(inst);
  Rm right = packed_rm_of(b);
  vec2(static_cast<Sse>(rule.a), reg_of(a), right, to);
}

// The operation with its operands in the other order.
void Lowering::vec_swapped(const ir::Inst& inst, const Rule& rule) {
  VReg to = result(inst);
  Rm right = packed_rm_of(function_.args(inst)[0]);
  vec2(static_cast<Sse>(rule.a), reg_of(function_.args(inst)[1]), right, to);
}

void Lowering::vec_unary(const ir::Inst& inst, const Rule& rule) {
  VReg to = result(inst);
  vec_one(static_cast<SseMove>(rule.a), packed_rm_of(function_.args(inst)[0]), to);
}

void Lowering::vec_round(const ir::Inst& inst, const Rule& rule) {
  VReg to = result(inst);
  vec_one(static_cast<SseImmMove>(rule.a), packed_rm_of(function_.args(inst)[0]), u8(rule.b | 8),
          to);
}

void Lowering::vec_logic(const ir::Inst& inst, const Rule& rule) {
  VReg to = result(inst);
  auto args = function_.args(inst);
  switch (static_cast<VecLogic>(rule.a)) {
    case VecLogic::not_: vec_not(reg_of(args[0]), to); break;
    case VecLogic::select: {
      VReg mask = reg_of(args[2]);
      VReg yes = vec2(Sse::pand, reg_of(args[0]), reg(mask));
      VReg no = vec2(Sse::pandn, mask, reg(reg_of(args[1])));
      vec2(Sse::por, yes, reg(no), to);
      break;
    }
  }
}

// --- comparisons ---

VReg Lowering::greater_i64(VReg a, VReg b, VReg to) {
  if (settings_.cpu.avx) return vec2(Sse::pcmpgtq, a, reg(b), to);  // brings SSE4.2
  // High halves decide; where they are equal, the borrow of the low ones.
  VReg borrow = vec2(Sse::psubq, b, reg(a));
  VReg equal = vec2(Sse::pcmpeqd, a, reg(b));
  VReg low = vec2(Sse::pand, equal, reg(borrow));
  VReg high = vec2(Sse::pcmpgtd, a, reg(b));
  return vec_one(SseImmMove::pshufd, reg(vec2(Sse::por, low, reg(high))), kOddDwords, to);
}

// a: of VecCompare; b: the lanes' equality; c: their minimum or maximum, or greater
void Lowering::vec_compare(const ir::Inst& inst, const Rule& rule) {
  VReg to = result(inst);
  VReg a = reg_of(function_.args(inst)[0]), b = reg_of(function_.args(inst)[1]);
  auto equal = static_cast<Sse>(rule.b), other = static_cast<Sse>(rule.c);
  switch (static_cast<VecCompare>(rule.a)) {
    case VecCompare::ne: vec_not(vec2(equal, a, reg(b)), to); break;
    // a >= b where a is the maximum, a <= b where it is the minimum
    case VecCompare::by_extreme: vec2(equal, vec2(other, a, reg(b)), reg(a), to); break;
    case VecCompare::by_extreme_not:
      vec_not(vec2(equal, vec2(other, a, reg(b)), reg(a)), to);
      break;
    case VecCompare::gt64: greater_i64(a, b, to); break;
    case VecCompare::lt64: greater_i64(b, a, to); break;
    case VecCompare::le64: vec_not(greater_i64(a, b, VReg::none), to); break;
    case VecCompare::ge64: vec_not(greater_i64(b, a, VReg::none), to); break;
  }
}

// a: SseImm, b: the predicate, c: operands swapped
void Lowering::vec_compare_float(const ir::Inst& inst, const Rule& rule) {
  VReg to = result(inst);
  ir::Value a = function_.args(inst)[0], b = function_.args(inst)[1];
  if (rule.c != 0) std::swap(a, b);
  Rm right = packed_rm_of(b);
  vec_imm(static_cast<SseImm>(rule.a), reg_of(a), right, u8(rule.b), to);
}

Flags Lowering::flags_of_vector(const ir::Inst& inst, const Rule& rule) {
  VReg a = reg_of(function_.args(inst)[0]);
  if (rule.a == 0) {  // any bit
    put(MOp::test_vec, {use(a), use(a)});
    return {Condition::ne};
  }
  VReg zeros = vec2(static_cast<Sse>(rule.b), a, reg(zero_vector()));
  put(MOp::test_vec, {use(zeros), use(zeros)});
  return {Condition::e};
}

void Lowering::vec_test(const ir::Inst& inst, const Rule& rule) {
  VReg to = result(inst);
  set(to, flags_of_vector(inst, rule));
}

void Lowering::vec_bitmask(const ir::Inst& inst, const Rule& rule) {
  VReg to = result(inst), from = reg_of(function_.args(inst)[0]);
  if (rule.a == 3) {  // words: packed to bytes, zeros above
    from = vec2(Sse::packsswb, from, reg(zero_vector()));
  }
  put(MOp::mask_of, {def(to), use(from)}).sub = u8(rule.a == 3 ? 0 : rule.a);
}

// --- integer arithmetic ---

void Lowering::vec_integer(const ir::Inst& inst, const Rule& rule) {
  VReg to = result(inst);
  auto args = function_.args(inst);
  VReg a = reg_of(args[0]);
  VReg b = args.size() > 1 && type_of(args[1]) == ir::Type::v128 ? reg_of(args[1]) : VReg::none;
  switch (static_cast<VecInteger>(rule.a)) {
    case VecInteger::neg: vec2(static_cast<Sse>(rule.b), zero_vector(), reg(a), to); break;
    case VecInteger::abs64: {
      VReg high = vec_shift(SseShift::psrad, a, 31);
      VReg sign = vec_one(SseImmMove::pshufd, reg(high), kOddDwords);
      vec2(Sse::psubq, vec2(Sse::pxor, a, reg(sign)), reg(sign), to);
      break;
    }
    case VecInteger::mul64: {
      VReg low = vec2(Sse::pmuludq, a, reg(b));
      VReg a_high = vec_shift(SseShift::psrlq, a, 32), b_high = vec_shift(SseShift::psrlq, b, 32);
      VReg cross = vec2(Sse::paddq, vec2(Sse::pmuludq, a_high, reg(b)),
                        reg(vec2(Sse::pmuludq, b_high, reg(a))));
      vec2(Sse::paddq, vec_shift(SseShift::psllq, cross, 32), reg(low), to);
      break;
    }
    case VecInteger::popcnt: {  // of each nibble by a table
      Rm nibbles = pool8(0x0F);
      VReg table = load_pool({0x0302'0201'0201'0100, 0x0403'0302'0302'0201});
      VReg low = vec2(Sse::pand, a, nibbles);
      VReg high = vec2(Sse::pand, vec_shift(SseShift::psrlw, a, 4), nibbles);
      VReg low_count = vec2(Sse::pshufb, table, reg(low));
      vec2(Sse::paddb, vec2(Sse::pshufb, table, reg(high)), reg(low_count), to);
      break;
    }
    case VecInteger::swizzle:  // what is out of range gets its highest bit set
      vec2(Sse::pshufb, a, reg(vec2(Sse::paddusb, b, pool8(0x70))), to);
      break;
    case VecInteger::q15: {  // -1 * -1 overflows
      VReg product = vec2(Sse::pmulhrsw, a, reg(b));
      VReg overflow = vec2(Sse::pcmpeqw, product, pool16(0x8000));
      vec2(Sse::pxor, product, reg(overflow), to);
      break;
    }
    case VecInteger::dot8:
    case VecInteger::dot8_add: {
      auto odd = [&](VReg v) { return vec_shift(SseShift::psraw, v, 8); };
      auto even = [&](VReg v) { return odd(vec_shift(SseShift::psllw, v, 8)); };
      VReg odds = vec2(Sse::pmullw, odd(a), reg(odd(b)));
      VReg evens = vec2(Sse::pmullw, even(a), reg(even(b)));
      if (static_cast<VecInteger>(rule.a) == VecInteger::dot8) {
        vec2(Sse::paddw, odds, reg(evens), to);
        break;
      }
      VReg pairs = vec2(Sse::pmaddwd, vec2(Sse::paddw, odds, reg(evens)), pool16(1));
      vec2(Sse::paddd, pairs, reg(reg_of(args[2])), to);
      break;
    }
    case VecInteger::pairs8_s: vec2(Sse::pmaddubsw, load_pool_of(pool8(1)), reg(a), to); break;
    case VecInteger::pairs8_u: vec2(Sse::pmaddubsw, a, pool8(1), to); break;
    case VecInteger::pairs16_s: vec2(Sse::pmaddwd, a, pool16(1), to); break;
    case VecInteger::pairs16_u: {  // as signed numbers, each 0x8000 less
      VReg shifted = vec2(Sse::pxor, a, pool16(0x8000));
      vec2(Sse::paddd, vec2(Sse::pmaddwd, shifted, pool16(1)), pool32(0x1'0000), to);
      break;
    }
  }
}

// a: SseMove of the low half's extension; b: 0 low half, 1 high half
void Lowering::vec_extend(const ir::Inst& inst, const Rule& rule) {
  VReg to = result(inst);
  vec_one(static_cast<SseMove>(rule.a), extended_source(function_.args(inst)[0], rule.b != 0), to);
}

Rm Lowering::extended_source(ir::Value v, bool high) {
  VReg from = reg_of(v);
  return reg(high ? vec_one(SseImmMove::pshufd, reg(from), kHighHalf) : from);
}

// a: SseMove of the extension, b: 1 high half
void Lowering::vec_multiply_bytes(const ir::Inst& inst, const Rule& rule) {
  VReg to = result(inst);
  auto extend = static_cast<SseMove>(rule.a);
  VReg a = vec_one(extend, extended_source(function_.args(inst)[0], rule.b != 0));
  VReg b = vec_one(extend, extended_source(function_.args(inst)[1], rule.b != 0));
  vec2(Sse::pmullw, a, reg(b), to);
}

// a: the high halves' multiplication, b: the interleaving
void Lowering::vec_multiply_words(const ir::Inst& inst, const Rule& rule) {
  VReg to = result(inst);
  VReg a = reg_of(function_.args(inst)[0]), b = reg_of(function_.args(inst)[1]);
  VReg low = vec2(Sse::pmullw, a, reg(b));
  VReg high = vec2(static_cast<Sse>(rule.a), a, reg(b));
  vec2(static_cast<Sse>(rule.b), low, reg(high), to);
}

// a: the multiplication of even lanes, b: which lanes are made even
void Lowering::vec_multiply_dwords(const ir::Inst& inst, const Rule& rule) {
  VReg to = result(inst);
  VReg a = vec_one(SseImmMove::pshufd, reg(reg_of(function_.args(inst)[0])), u8(rule.b));
  VReg b = vec_one(SseImmMove::pshufd, reg(reg_of(function_.args(inst)[1])), u8(rule.b));
  vec2(static_cast<Sse>(rule.a), a, reg(b), to);
}

// --- shifts ---

// The count, modulo the lanes' width, in a vector register; `plus` is added.
VReg Lowering::shift_count(ir::Value by, uint32_t lane_bits, int32_t plus) {
  VReg masked = new_int(), from = reg_of(by), count = new_vec();
  MachineInst& mask = put(MOp::alu, {def_tied(masked, 1), use(from)}, imm(lane_bits - 1));
  mask.sub = u8(Alu::and_);
  mask.width = u8(Width::w32);
  if (plus != 0) {
    VReg sum = new_int();
    MachineInst& add = put(MOp::alu, {def_tied(sum, 1), use(masked)}, imm(plus));
    add.sub = u8(Alu::add);
    add.width = u8(Width::w32);
    masked = sum;
  }
  put(MOp::vec_from_int, {def(count), use(masked)}).width = u8(Width::w32);
  return count;
}

// a: Sse, b: SseShift, c: bits of a lane
void Lowering::vec_shift_lanes(const ir::Inst& inst, const Rule& rule) {
  VReg to = result(inst), a = reg_of(function_.args(inst)[0]);
  int64_t by;
  if (int_const(function_.args(inst)[1], by))
    vec_shift(static_cast<SseShift>(rule.b), a, u8(by & (rule.c - 1)), to);
  else vec2(static_cast<Sse>(rule.a), a, reg(shift_count(function_.args(inst)[1], rule.c, 0)), to);
}

// Bytes: shifted as words, then cut. a: 0 left, 1 right unsigned, 2 right signed
void Lowering::vec_shift_bytes(const ir::Inst& inst, const Rule& rule) {
  VReg to = result(inst), a = reg_of(function_.args(inst)[0]);
  ir::Value count = function_.args(inst)[1];
  int64_t by;
  bool constant = int_const(count, by);
  by &= 7;
  if (rule.a == 2) {  // each byte in the upper half of a word
    VReg low = vec2(Sse::punpcklbw, a, reg(a)), high = vec2(Sse::punpckhbw, a, reg(a));
    if (constant) {
      low = vec_shift(SseShift::psraw, low, u8(by + 8));
      high = vec_shift(SseShift::psraw, high, u8(by + 8));
    } else {
      VReg amount = shift_count(count, 8, 8);
      low = vec2(Sse::psraw, low, reg(amount));
      high = vec2(Sse::psraw, high, reg(amount));
    }
    vec2(Sse::packsswb, low, reg(high), to);
    return;
  }
  bool left = rule.a == 0;
  if (constant) {
    VReg shifted = vec_shift(left ? SseShift::psllw : SseShift::psrlw, a, u8(by));
    vec2(Sse::pand, shifted, pool8(u8(left ? 0xFF << by : 0xFF >> by)), to);
    return;
  }
  VReg amount = shift_count(count, 8, 0);
  Sse shift = left ? Sse::psllw : Sse::psrlw;
  VReg shifted = vec2(shift, a, reg(amount));
  VReg mask = vec2(shift, load_pool_of(pool16(0x00FF)), reg(amount));
  if (left) mask = vec2(Sse::pand, mask, pool16(0x00FF));
  VReg both = vec2(Sse::por, vec_shift(SseShift::psllw, mask, 8), reg(mask));
  vec2(Sse::pand, shifted, reg(both), to);
}

// The sign bit, shifted along, is taken away twice where it was set.
void Lowering::vec_shift_i64_s(const ir::Inst& inst, const Rule&) {
  VReg to = result(inst), a = reg_of(function_.args(inst)[0]);
  ir::Value count = function_.args(inst)[1];
  int64_t by;
  VReg shifted, sign;
  if (int_const(count, by)) {
    shifted = vec_shift(SseShift::psrlq, a, u8(by & 63));
    sign = load_pool_of(pool64(uint64_t{1} << 63 >> (by & 63)));
  } else {
    VReg amount = shift_count(count, 64, 0);
    shifted = vec2(Sse::psrlq, a, reg(amount));
    sign = vec2(Sse::psrlq, load_pool_of(pool64(uint64_t{1} << 63)), reg(amount));
  }
  vec2(Sse::psubq, vec2(Sse::pxor, shifted, reg(sign)), reg(sign), to);
}

// --- floating point ---

void Lowering::vec_sign(const ir::Inst& inst, const Rule& rule) {
  VReg to = result(inst), a = reg_of(function_.args(inst)[0]);
  uint64_t bit = uint64_t{1} << 63;
  bool neg = rule.b != 0;
  Rm mask = rule.a == 0 ? pool32(neg ? 0x8000'0000 : 0x7FFF'FFFF) : pool64(neg ? bit : ~bit);
  vec2(neg ? Sse::xorps : Sse::andps, a, mask, to);
}

// Both orders of the processor's minimum, since it returns its second operand for NaNs and zeros;
// NaNs are made quiet. a: 0 f32, 1 f64; b: 1 maximum
void Lowering::vec_min_max(const ir::Inst& inst, const Rule& rule) {
  VReg to = result(inst);
  VReg a = reg_of(function_.args(inst)[0]), b = reg_of(function_.args(inst)[1]);
  bool twice = rule.a != 0, is_max = rule.b != 0;
  Sse op = is_max ? (twice ? Sse::maxpd : Sse::maxps) : (twice ? Sse::minpd : Sse::minps);
  constexpr uint8_t kUnordered = 3;
  VReg one = vec2(op, a, reg(b)), two = vec2(op, b, reg(a));
  VReg found;
  if (is_max) {  // differing zeros: minus zero minus itself is plus zero
    VReg differ = vec2(Sse::xorps, one, reg(two));
    VReg any = vec2(Sse::orps, two, reg(differ));
    found = vec2(twice ? Sse::subpd : Sse::subps, any, reg(differ));
  } else {
    found = vec2(Sse::orps, one, reg(two));
  }
  VReg nan = vec_imm(twice ? SseImm::cmppd : SseImm::cmpps, found, reg(found), kUnordered);
  if (!is_max) found = vec2(Sse::orps, found, reg(nan));
  VReg payload = vec_shift(twice ? SseShift::psrlq : SseShift::psrld, nan, twice ? 13 : 10);
  vec2(Sse::pandn, payload, reg(found), to);
}

// One rounding, as in the interpreter. Without the instruction that is long and slow code.
void Lowering::vec_fma(const ir::Inst& inst, const Rule& rule) {
  if (!settings_.cpu.fma) lowered_.refusal = "fused multiplication needs a processor with FMA";
  VReg to = result(inst);
  auto args = function_.args(inst);
  VReg a = reg_of(args[0]), b = reg_of(args[1]);
  put(MOp::fma, {def_tied(to, 1), use(a), use(b)}, reg(reg_of(args[2]))).sub = u8(rule.a);
}

void Lowering::vec_convert(const ir::Inst& inst, const Rule& rule) {
  VReg to = result(inst), a = reg_of(function_.args(inst)[0]);
  constexpr uint8_t kEqual = 0, kLessEqual = 2;
  constexpr uint64_t k2To52 = 0x4330'0000'0000'0000;
  switch (static_cast<VecConvert>(rule.a)) {
    case VecConvert::f32_to_i32_s: {
      VReg number = vec_imm(SseImm::cmpps, a, reg(a), kEqual);  // NaN to zero
      VReg clean = vec2(Sse::andps, a, reg(number));
      VReg above =
          vec_imm(SseImm::cmpps, load_pool_of(pool32(0x4F00'0000)), reg(clean), kLessEqual);
      VReg done = vec_one(SseMove::cvttps2dq, reg(clean));
      vec2(Sse::pxor, done, reg(above), to);
      break;
    }
    case VecConvert::f32_to_i32_u: {
      VReg limit = load_pool_of(pool32(0x4F00'0000));  // 2^31
      VReg positive = vec2(Sse::maxps, a, reg(zero_vector()));
      VReg low = vec_one(SseMove::cvttps2dq, reg(positive));
      VReg rest = vec2(Sse::subps, positive, reg(limit));
      VReg above = vec_imm(SseImm::cmpps, limit, reg(rest), kLessEqual);
      VReg high = vec2(Sse::pxor, vec_one(SseMove::cvttps2dq, reg(rest)), reg(above));
      vec2(Sse::paddd, vec2(Sse::pmaxsd, high, reg(zero_vector())), reg(low), to);
      break;
    }
    case VecConvert::u32_to_f32: {  // halves are exact; one rounding in their sum
      VReg low = vec2(Sse::pand, a, pool32(0xFFFF));
      VReg high = vec_shift(SseShift::psrld, vec2(Sse::psubd, a, reg(low)), 1);
      VReg low_float = vec_one(SseMove::cvtdq2ps, reg(low));
      VReg high_float = vec_one(SseMove::cvtdq2ps, reg(high));
      VReg doubled = vec2(Sse::addps, high_float, reg(high_float));
      vec2(Sse::addps, doubled, reg(low_float), to);
      break;
    }
    case VecConvert::f64_to_i32_s: {
      VReg number = vec_imm(SseImm::cmppd, a, reg(a), kEqual);
      VReg limit = vec2(Sse::andps, number, pool64(0x41DF'FFFF'FFC0'0000));  // 2^31 - 1, or 0
      vec_one(SseMove::cvttpd2dq, reg(vec2(Sse::minpd, a, reg(limit))), to);
      break;
    }
    case VecConvert::f64_to_i32_u: {  // 2^52 is added: the integer is the low bits
      VReg zero = zero_vector();
      VReg clean = vec2(Sse::minpd, vec2(Sse::maxpd, a, reg(zero)), pool64(0x41EF'FFFF'FFE0'0000));
      VReg whole = vec_one(SseImmMove::roundpd, reg(clean), 3 | 8);
      VReg biased = vec2(Sse::addpd, whole, pool64(k2To52));
      vec_imm(SseImm::shufps, biased, reg(zero), 0x88, to);
      break;
    }
    case VecConvert::u32_to_f64: {
      VReg biased = vec2(Sse::unpcklps, a, pool32(0x4330'0000));
      vec2(Sse::subpd, biased, pool64(k2To52), to);
      break;
    }
  }
}

}  // namespace zwasm::codegen::x64
