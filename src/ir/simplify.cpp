// Emitter: algebra. Each rule looks at an op and the definers of its operands, and answers with a
// value that is there already or is cheaper. Ops of i64 are treated as the same op of i32 with
// `wide` set; the table of opcodes has them in the same order.
#include <bit>
#include <utility>

#include "base/assert.h"
#include "ir/emitter.h"

namespace zwasm::ir {

using W = isa::Op;

namespace {

constexpr uint32_t number(W op) { return static_cast<uint32_t>(op); }
constexpr bool in(W op, W first, W last) { return op >= first && op <= last; }
static_assert(number(W::i64_ge_u) - number(W::i64_eqz) == number(W::i32_ge_u) - number(W::i32_eqz));
static_assert(number(W::i64_rotr) - number(W::i64_clz) == number(W::i32_rotr) - number(W::i32_clz));
static_assert(number(W::i64_rotl) - number(W::i64_clz) == number(W::i32_rotl) - number(W::i32_clz));

W narrow(W op) {
  if (in(op, W::i64_eqz, W::i64_ge_u))
    return static_cast<W>(number(op) - number(W::i64_eqz) + number(W::i32_eqz));
  if (in(op, W::i64_clz, W::i64_rotr))
    return static_cast<W>(number(op) - number(W::i64_clz) + number(W::i32_clz));
  return op;
}

// The comparison with its operands exchanged, and the one that holds when the other does not.
W swapped(W op) {
  switch (op) {
    case W::i32_lt_s: return W::i32_gt_s;
    case W::i32_lt_u: return W::i32_gt_u;
    case W::i32_gt_s: return W::i32_lt_s;
    case W::i32_gt_u: return W::i32_lt_u;
    case W::i32_le_s: return W::i32_ge_s;
    case W::i32_le_u: return W::i32_ge_u;
    case W::i32_ge_s: return W::i32_le_s;
    case W::i32_ge_u: return W::i32_le_u;
    default: return op;  // eq, ne
  }
}
W inverted(W op) {
  switch (op) {
    case W::i32_eq: return W::i32_ne;
    case W::i32_ne: return W::i32_eq;
    case W::i32_lt_s: return W::i32_ge_s;
    case W::i32_lt_u: return W::i32_ge_u;
    case W::i32_gt_s: return W::i32_le_s;
    case W::i32_gt_u: return W::i32_le_u;
    case W::i32_le_s: return W::i32_gt_s;
    case W::i32_le_u: return W::i32_gt_u;
    case W::i32_ge_s: return W::i32_lt_s;
    case W::i32_ge_u: return W::i32_lt_u;
    default: return W::nop;
  }
}

}  // namespace

W Emitter::widen(W op, bool wide) const {
  if (!wide) return op;
  if (in(op, W::i32_eqz, W::i32_ge_u))
    return static_cast<W>(number(op) - number(W::i32_eqz) + number(W::i64_eqz));
  ZWASM_ASSERT(in(op, W::i32_clz, W::i32_rotr));
  return static_cast<W>(number(op) - number(W::i32_clz) + number(W::i64_clz));
}

Value Emitter::simplify(W op, Value a, Value b, Value c) {
  if (c != Value::none) return Value::none;
  if (b == Value::none) return simplify_unary(op, a);
  W op32 = narrow(op);
  bool wide = op32 != op;
  if (in(op32, W::i32_eq, W::i32_ge_u)) return simplify_compare(op32, wide, a, b);
  if (in(op32, W::i32_shl, W::i32_rotr)) return simplify_shift(op32, wide, a, b);
  if (in(op32, W::i32_add, W::i32_xor)) return simplify_int(op32, wide, a, b);
  return Value::none;
}

Value Emitter::simplify_eqz(bool wide, Value a) {
  const Inst* inst = definer(a);
  if (inst == nullptr || !is_wasm_op(inst->op)) return Value::none;
  W inner = wasm_op(inst->op);
  if (inner == W::i64_extend_i32_u || inner == W::i64_extend_i32_s)
    return op(W::i32_eqz, {arg(*inst, 0)});
  if (inner == widen(W::i32_sub, wide) || inner == widen(W::i32_xor, wide))
    return op(widen(W::i32_eq, wide), {arg(*inst, 0), arg(*inst, 1)});
  if (wide) return Value::none;
  if (inner == W::i32_eqz) return op(W::i32_ne, {arg(*inst, 0), i32(0)});
  if (inner == W::i64_eqz) return op(W::i64_ne, {arg(*inst, 0), i64(0)});
  if (in(inner, W::i32_eq, W::i32_ge_u) || in(inner, W::i64_eq, W::i64_ge_u)) {
    W base = narrow(inner);
    return op(widen(inverted(base), base != inner), {arg(*inst, 0), arg(*inst, 1)});
  }
  // Of floats only these two: the others are both false for NaN.
  auto flip = [&](W eq, W ne) { return op(inner == eq ? ne : eq, {arg(*inst, 0), arg(*inst, 1)}); };
  if (inner == W::f32_eq || inner == W::f32_ne) return flip(W::f32_eq, W::f32_ne);
  if (inner == W::f64_eq || inner == W::f64_ne) return flip(W::f64_eq, W::f64_ne);
  return Value::none;
}

Value Emitter::simplify_unary(W o, Value a) {
  const Inst* inst = definer(a);
  auto of = [&](W inner) { return inst != nullptr && inst->op == op_of(inner); };
  switch (o) {
    case W::i32_eqz: return simplify_eqz(false, a);
    case W::i64_eqz: return simplify_eqz(true, a);
    case W::i32_wrap_i64:
      if (of(W::i64_extend_i32_u) || of(W::i64_extend_i32_s)) return arg(*inst, 0);
      if (of(W::i64_and) && is_const(arg(*inst, 1), 0xFFFFFFFF))
        return op(W::i32_wrap_i64, {arg(*inst, 0)});
      if (of(W::i64_extend32_s)) return op(W::i32_wrap_i64, {arg(*inst, 0)});
      return Value::none;
    case W::i64_extend_i32_u:
      if (of(W::i32_wrap_i64)) return op(W::i64_and, {arg(*inst, 0), i64(0xFFFFFFFF)});
      return Value::none;
    case W::i64_extend_i32_s:
      if (of(W::i32_wrap_i64)) return op(W::i64_extend32_s, {arg(*inst, 0)});
      if (upper_bound(a) < 0x80000000) return op(W::i64_extend_i32_u, {a});
      return Value::none;
    case W::i64_extend32_s:
      if (upper_bound(a) < 0x80000000 || of(W::i64_extend_i32_s)) return a;
      return Value::none;
    case W::i32_extend8_s:
    case W::i64_extend8_s: return upper_bound(a) < 0x80 ? a : Value::none;
    case W::i32_extend16_s:
    case W::i64_extend16_s: return upper_bound(a) < 0x8000 ? a : Value::none;
    case W::i32_reinterpret_f32: return of(W::f32_reinterpret_i32) ? arg(*inst, 0) : Value::none;
    case W::i64_reinterpret_f64: return of(W::f64_reinterpret_i64) ? arg(*inst, 0) : Value::none;
    case W::f32_reinterpret_i32: return of(W::i32_reinterpret_f32) ? arg(*inst, 0) : Value::none;
    case W::f64_reinterpret_i64: return of(W::i64_reinterpret_f64) ? arg(*inst, 0) : Value::none;
    case W::f32_neg:
    case W::f64_neg: return of(o) ? arg(*inst, 0) : Value::none;
    case W::f32_abs:
    case W::f64_abs: return of(o) ? a : Value::none;
    case W::v128_not: return of(o) ? arg(*inst, 0) : Value::none;
    default: return Value::none;  // no rule
  }
}

Value Emitter::simplify_compare(W o, bool wide, Value a, Value b) {
  auto ca = constant_of(a), cb = constant_of(b);
  if (ca && !cb) {
    return op(widen(swapped(o), wide), {b, a});
  }
  if (a == b) {
    bool holds = o == W::i32_eq || o == W::i32_le_s || o == W::i32_le_u || o == W::i32_ge_s ||
                 o == W::i32_ge_u;
    return i32(holds);
  }
  if (!cb) return Value::none;
  const uint64_t c = cb->lo, all = wide ? ~uint64_t{0} : 0xFFFFFFFF;
  const uint64_t bound = upper_bound(a);
  switch (o) {
    case W::i32_eq:
      if (c == 0) return op(widen(W::i32_eqz, wide), {a});
      if (bound < c) return i32(0);
      break;
    case W::i32_ne:
      if (c == 0 && !wide && bound <= 1) return a;
      if (bound < c) return i32(1);
      break;
    case W::i32_lt_u:
      if (c == 0) return i32(0);
      if (c == 1) return op(widen(W::i32_eqz, wide), {a});
      if (bound < c) return i32(1);
      break;
    case W::i32_ge_u:
      if (c == 0 || bound < c) return i32(c == 0);
      if (c == 1) return op(widen(W::i32_ne, wide), {a, num(wide, 0)});
      break;
    case W::i32_gt_u:
      if (c == 0) return op(widen(W::i32_ne, wide), {a, num(wide, 0)});
      if (bound <= c) return i32(0);
      break;
    case W::i32_le_u:
      if (c == 0) return op(widen(W::i32_eqz, wide), {a});
      if (c == all || bound <= c) return i32(1);
      break;
    default: break;  // signed orders
  }
  if (o == W::i32_eq || o == W::i32_ne) {
    if (!wide && c == 1 && bound <= 1) return o == W::i32_eq ? a : op(W::i32_eqz, {a});
    // (x + k) == c
    if (const Inst* inst = is_op(a, widen(W::i32_add, wide)))
      if (auto k = constant_of(arg(*inst, 1)))
        return op(widen(o, wide), {arg(*inst, 0), num(wide, c - k->lo)});
    if (c == 0) {
      if (const Inst* inst = is_op(a, widen(W::i32_sub, wide)))
        return op(widen(o, wide), {arg(*inst, 0), arg(*inst, 1)});
      if (const Inst* inst = is_op(a, widen(W::i32_xor, wide)))
        return op(widen(o, wide), {arg(*inst, 0), arg(*inst, 1)});
      // Only in i64: whether an extended value is zero.
      if (const Inst* inst = is_op(a, W::i64_extend_i32_u)) return op(o, {arg(*inst, 0), i32(0)});
    }
  }
  return Value::none;
}

Value Emitter::simplify_shift(W o, bool wide, Value a, Value b) {
  auto ca = constant_of(a), cb = constant_of(b);
  const uint32_t bits = wide ? 64 : 32;
  if (ca && ca->lo == 0) return a;
  if (!cb) {
    // The amount is taken modulo the width: a mask of it says nothing new.
    if (const Inst* inst = is_op(b, widen(W::i32_and, wide)))
      if (auto m = constant_of(arg(*inst, 1)); m && (m->lo & (bits - 1)) == bits - 1)
        return op(widen(o, wide), {a, arg(*inst, 0)});
    return Value::none;
  }
  const uint64_t n = cb->lo & (bits - 1);
  if (n == 0) return a;
  if (n != cb->lo) return op(widen(o, wide), {a, num(wide, n)});
  const Inst* inst = definer(a);
  auto amount = [&](W inner) -> std::optional<uint64_t> {
    if (inst == nullptr || inst->op != op_of(widen(inner, wide))) return std::nullopt;
    auto k = constant_of(arg(*inst, 1));
    if (!k) return std::nullopt;
    return k->lo & (bits - 1);
  };
  if (o == W::i32_shl) {
    if (auto k = amount(W::i32_shl))
      return *k + n >= bits ? num(wide, 0)
                            : op(widen(W::i32_shl, wide), {arg(*inst, 0), num(wide, *k + n)});
    if (auto k = amount(W::i32_shr_u); k && *k == n)
      return op(widen(W::i32_and, wide), {arg(*inst, 0), num(wide, ~uint64_t{0} << n)});
    if (auto k = amount(W::i32_shr_s); k && *k == n)
      return op(widen(W::i32_and, wide), {arg(*inst, 0), num(wide, ~uint64_t{0} << n)});
  }
  if (o == W::i32_shr_u) {
    if (upper_bound(a) >> n == 0) return num(wide, 0);
    if (auto k = amount(W::i32_shr_u))
      return *k + n >= bits ? num(wide, 0)
                            : op(widen(W::i32_shr_u, wide), {arg(*inst, 0), num(wide, *k + n)});
    if (auto k = amount(W::i32_shl); k && *k == n)
      return op(widen(W::i32_and, wide),
                {arg(*inst, 0), num(wide, (wide ? ~uint64_t{0} : 0xFFFFFFFF) >> n)});
  }
  if (o == W::i32_shr_s) {
    if (upper_bound(a) >> (bits - 1) == 0) return op(widen(W::i32_shr_u, wide), {a, b});
    if (auto k = amount(W::i32_shl); k && *k == n) {
      Value x = arg(*inst, 0);
      if (n == bits - 8) return op(wide ? W::i64_extend8_s : W::i32_extend8_s, {x});
      if (n == bits - 16) return op(wide ? W::i64_extend16_s : W::i32_extend16_s, {x});
      if (wide && n == 32) return op(W::i64_extend32_s, {x});
    }
    if (auto k = amount(W::i32_shr_s)) {
      uint64_t sum = *k + n >= bits ? bits - 1 : *k + n;
      return op(widen(W::i32_shr_s, wide), {arg(*inst, 0), num(wide, sum)});
    }
  }
  return Value::none;
}

Value Emitter::simplify_int(W o, bool wide, Value a, Value b) {
  auto ca = constant_of(a), cb = constant_of(b);
  const uint64_t all = wide ? ~uint64_t{0} : 0xFFFFFFFF;
  const W same = widen(o, wide);
  bool commutes =
      o == W::i32_add || o == W::i32_mul || o == W::i32_and || o == W::i32_or || o == W::i32_xor;
  if (commutes && ca && !cb) return op(same, {b, a});
  if (!cb) {
    if (commutes && index(a) > index(b)) return op(same, {b, a});  // one order for all
    if (o == W::i32_sub) {
      if (a == b) return num(wide, 0);
      if (const Inst* inst = is_op(a, widen(W::i32_add, wide))) {  // (x + y) - y
        if (arg(*inst, 1) == b) return arg(*inst, 0);
        if (arg(*inst, 0) == b) return arg(*inst, 1);
      }
    }
    if (o == W::i32_xor && a == b) return num(wide, 0);
    if ((o == W::i32_and || o == W::i32_or) && a == b) return a;
    // Constants move outwards: (x + k) + y = (x + y) + k, where addresses can use them.
    return Value::none;
  }
  const uint64_t c = cb->lo;
  // (x op k) op c = x op (k op c)
  auto inner = [&]() -> std::optional<std::pair<Value, uint64_t>> {
    const Inst* inst = is_op(a, same);
    if (inst == nullptr) return std::nullopt;
    auto k = constant_of(arg(*inst, 1));
    if (!k) return std::nullopt;
    return std::pair{arg(*inst, 0), k->lo};
  };
  switch (o) {
    case W::i32_add:
      if (c == 0) return a;
      if (auto x = inner()) return op(same, {x->first, num(wide, x->second + c)});
      return Value::none;
    case W::i32_sub:
      if (c == 0) return a;
      return op(widen(W::i32_add, wide), {a, num(wide, 0 - c)});
    case W::i32_mul:
      if (c == 0) return b;
      if (c == 1) return a;
      if (c == all) return op(widen(W::i32_sub, wide), {num(wide, 0), a});
      if (std::has_single_bit(c))
        return op(widen(W::i32_shl, wide),
                  {a, num(wide, static_cast<uint64_t>(std::countr_zero(c)))});
      if (auto x = inner()) return op(same, {x->first, num(wide, x->second * c)});
      return Value::none;
    case W::i32_and: {
      if (c == 0) return b;
      if (c == all) return a;
      if (auto x = inner()) return op(same, {x->first, num(wide, x->second & c)});
      // All bits that the value can have are kept.
      uint64_t bound = upper_bound(a);
      uint64_t mask = bound == 0 ? 0 : ~uint64_t{0} >> std::countl_zero(bound);
      if ((mask & ~c) == 0) return a;
      return Value::none;
    }
    case W::i32_or:
      if (c == 0) return a;
      if (c == all) return b;
      if (auto x = inner()) return op(same, {x->first, num(wide, x->second | c)});
      return Value::none;
    case W::i32_xor:
      if (c == 0) return a;
      if (auto x = inner()) return op(same, {x->first, num(wide, x->second ^ c)});
      return Value::none;
    case W::i32_div_s:
    case W::i32_div_u:
    case W::i32_rem_s:
    case W::i32_rem_u: return c == 0 ? Value::none : divide(o, wide, a, c);
    default: return Value::none;
  }
}

// ------------------------------------------------------------------------------------------------
// Divisions by constants

Value Emitter::divide(W o, bool wide, Value a, uint64_t d) {
  const W mul = widen(W::i32_mul, wide), sub = widen(W::i32_sub, wide);
  if (o == W::i32_div_u) return divide_unsigned(wide, a, d);
  if (o == W::i32_rem_u) {
    if (std::has_single_bit(d)) return op(widen(W::i32_and, wide), {a, num(wide, d - 1)});
    return op(sub, {a, op(mul, {divide_unsigned(wide, a, d), num(wide, d)})});
  }
  int64_t divisor = wide ? static_cast<int64_t>(d) : static_cast<int32_t>(static_cast<uint32_t>(d));
  if (o == W::i32_div_s) return divide_signed(wide, a, divisor);
  if (divisor == 1 || divisor == -1) return num(wide, 0);
  return op(sub, {a, op(mul, {divide_signed(wide, a, divisor), num(wide, d)})});
}

Value Emitter::divide_unsigned(bool wide, Value a, uint64_t d) {
  const W shr = widen(W::i32_shr_u, wide);
  if (std::has_single_bit(d))
    return op(shr, {a, num(wide, static_cast<uint64_t>(std::countr_zero(d)))});
  const uint32_t bits = wide ? 64 : 32;
  UnsignedDivision by = unsigned_division(d, bits);
  auto high = [&](Value n) {
    if (wide) {
      Value parts[2], in[2] = {n, i64(by.multiplier)};
      op2(W::i64_mul_wide_u, in, parts);
      return parts[1];
    }
    Value product = op(W::i64_mul, {op(W::i64_extend_i32_u, {n}), i64(by.multiplier)});
    return op(W::i32_wrap_i64, {op(W::i64_shr_u, {product, i64(32)})});
  };
  if (!by.add) {
    Value n = op(shr, {a, num(wide, by.pre_shift)});
    if (!wide) {  // both shifts in one
      Value product = op(W::i64_mul, {op(W::i64_extend_i32_u, {n}), i64(by.multiplier)});
      return op(W::i32_wrap_i64, {op(W::i64_shr_u, {product, i64(32 + by.post_shift)})});
    }
    return op(shr, {high(n), num(wide, by.post_shift)});
  }
  Value t = high(a);
  Value half = op(shr, {op(widen(W::i32_sub, wide), {a, t}), num(wide, 1)});
  return op(shr, {op(widen(W::i32_add, wide), {half, t}), num(wide, by.post_shift)});
}

Value Emitter::divide_signed(bool wide, Value a, int64_t d) {
  const W add = widen(W::i32_add, wide), sub = widen(W::i32_sub, wide),
          shr_s = widen(W::i32_shr_s, wide), shr_u = widen(W::i32_shr_u, wide);
  const uint64_t bits = wide ? 64 : 32;
  if (d == 1) return a;
  if (d == -1) return op(sub, {num(wide, 0), a});
  uint64_t magnitude = d < 0 ? 0 - static_cast<uint64_t>(d) : static_cast<uint64_t>(d);
  Value q;
  if (std::has_single_bit(magnitude)) {
    auto n = static_cast<uint64_t>(std::countr_zero(magnitude));
    // Negative dividends round towards zero: 2^n - 1 is added to them.
    Value bias = op(shr_u, {n == 1 ? a : op(shr_s, {a, num(wide, bits - 1)}), num(wide, bits - n)});
    q = op(shr_s, {op(add, {a, bias}), num(wide, n)});
  } else {
    SignedDivision by = signed_division(magnitude, wide ? 64 : 32);
    if (wide) {
      Value parts[2], in[2] = {a, i64(by.multiplier)};
      op2(W::i64_mul_wide_s, in, parts);
      q = op(shr_s, {op(add, {parts[1], a}), i64(by.shift)});
    } else {
      Value product = op(W::i64_mul, {op(W::i64_extend_i32_s, {a}), i64(by.multiplier)});
      q = op(W::i32_wrap_i64, {op(W::i64_shr_s, {product, i64(32 + by.shift)})});
    }
    q = op(sub, {q, op(shr_s, {a, num(wide, bits - 1)})});
  }
  return d < 0 ? op(sub, {num(wide, 0), q}) : q;
}

}  // namespace zwasm::ir
