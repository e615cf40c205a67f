// Constants folded: the meaning of every simple op, from isa/semantics.h.
#pragma once
#include <cstdint>
#include <span>

#include "isa/opcodes.h"

namespace zwasm::ir {

// The bits of a value; `hi` is the upper half of a v128.
struct Const {
  uint64_t lo = 0, hi = 0;
  friend bool operator==(Const, Const) = default;
};

// Computes `op` on constants. False if it is not a plain op on values, or would trap.
bool fold(isa::Op op, std::span<const Const> args, std::span<Const> results);

// What multiplies and shifts instead of an unsigned division by `d`, d > 2 and no power of two:
//   q = mulhi(n >> pre_shift, multiplier) >> post_shift                    if not `add`
//   q = (((n - t) >> 1) + t) >> post_shift, with t = mulhi(n, multiplier)  if `add`
struct UnsignedDivision {
  uint64_t multiplier;
  uint32_t pre_shift, post_shift;
  bool add;
};
UnsignedDivision unsigned_division(uint64_t d, uint32_t bits);

// The same for a signed one, |d| > 1 and no power of two: multiplier and shift such that
//   q = (mulhi_s(n, m - 2^bits) + n) >> shift, one added if n < 0; the sign of d is the caller's.
struct SignedDivision {
  uint64_t multiplier;  // m - 2^bits, modulo 2^bits (m has one bit more); for 32 bits: m itself
  uint32_t shift;
};
SignedDivision signed_division(uint64_t magnitude, uint32_t bits);

}  // namespace zwasm::ir
