// Every NUM row has its meaning, and the edges that compilers get wrong are right.
#include <doctest/doctest.h>

#include <limits>

#include "isa/opcodes.h"
#include "isa/semantics_simd.h"

namespace {

using namespace zwasm::isa;
namespace sem = zwasm::isa::sem;

// Taking each function's address makes a row without a meaning a compile error.
const void* const kMeanings[] = {
#define NUM(name, prefix, code, text, sig, feature, effect) \
  reinterpret_cast<const void*>(&sem::name),
#include "isa/opcodes.def"
};

TEST_CASE("every simple op has a meaning") {
  for (const void* f : kMeanings) CHECK(f != nullptr);
}

TEST_CASE("integer division traps exactly where it must") {
  uint32_t r = 0;
  CHECK(sem::i32_div_s(1, 0, r) == Trap::integer_divide_by_zero);
  CHECK(sem::i32_div_s(0x80000000u, ~0u, r) == Trap::integer_overflow);
  CHECK(sem::i32_rem_s(0x80000000u, ~0u, r) == Trap::none);
  CHECK(r == 0);
  CHECK(sem::i32_div_s(static_cast<uint32_t>(-7), 2, r) == Trap::none);
  CHECK(r == static_cast<uint32_t>(-3));
}

TEST_CASE("truncation bounds are exact") {
  uint32_t r = 0;
  uint64_t l = 0;
  CHECK(sem::i32_trunc_f64_s(2147483647.9, r) == Trap::none);
  CHECK(r == 2147483647u);
  CHECK(sem::i32_trunc_f64_s(2147483648.0, r) == Trap::integer_overflow);
  CHECK(sem::i32_trunc_f64_s(-2147483648.9, r) == Trap::none);
  CHECK(sem::i32_trunc_f64_s(-2147483649.0, r) == Trap::integer_overflow);
  CHECK(sem::i32_trunc_f32_s(-2147483648.0f, r) == Trap::none);
  CHECK(sem::i32_trunc_f32_u(-0.9f, r) == Trap::none);
  CHECK(sem::i32_trunc_f32_u(-1.0f, r) == Trap::integer_overflow);
  CHECK(sem::i64_trunc_f64_u(18446744073709549568.0, l) == Trap::none);
  CHECK(sem::i64_trunc_f64_u(18446744073709551616.0, l) == Trap::integer_overflow);
  CHECK(sem::i64_trunc_f64_s(9223372036854775808.0, l) == Trap::integer_overflow);
  CHECK(sem::i32_trunc_f32_s(std::numeric_limits<float>::quiet_NaN(), r) ==
        Trap::invalid_conversion);
  CHECK(sem::i32_trunc_sat_f32_s(1e30f) == 0x7FFFFFFFu);
  CHECK(sem::i64_trunc_sat_f64_u(-5.0) == 0);
}

TEST_CASE("minimum and maximum order the zeros and pass NaN on") {
  CHECK(std::signbit(sem::f32_min(0.0f, -0.0f)));
  CHECK(!std::signbit(sem::f64_max(-0.0, 0.0)));
  CHECK(std::isnan(sem::f32_min(1.0f, std::numeric_limits<float>::quiet_NaN())));
  V128 zeros = sem::f32x4_splat(0.0f), negative = sem::f32x4_splat(-0.0f);
  CHECK(sem::f32x4_min(zeros, negative) == negative);
  CHECK(sem::f32x4_max(negative, zeros) == zeros);
}

TEST_CASE("wide arithmetic carries") {
  auto sum = sem::i64_add128(~0ull, 0, 1, 0);
  CHECK((sum.lo == 0 && sum.hi == 1));
  auto product = sem::i64_mul_wide_s(~0ull, ~0ull);
  CHECK((product.lo == 1 && product.hi == 0));
  product = sem::i64_mul_wide_u(~0ull, ~0ull);
  CHECK((product.lo == 1 && product.hi == ~0ull - 1));
}

TEST_CASE("vector shifts take the count modulo the lane width") {
  V128 ones = sem::i8x16_splat(1);
  CHECK(sem::i8x16_shl(ones, 9) == sem::i8x16_splat(2));
  CHECK(sem::i64x2_shr_s(sem::i64x2_splat(1ull << 63), 127) == sem::i64x2_splat(~0ull));
  CHECK(sem::i32x4_abs(sem::i32x4_splat(0x80000000u)) == sem::i32x4_splat(0x80000000u));
}

}  // namespace
