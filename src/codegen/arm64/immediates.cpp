#include "codegen/arm64/immediates.h"

#include <bit>

namespace zwasm::codegen::arm64 {

std::optional<uint32_t> encode_arith(uint64_t value) {
  if (value < 1u << 12) return static_cast<uint32_t>(value);
  if ((value & 0xFFF) == 0 && value < 1u << 24)
    return 1u << 12 | static_cast<uint32_t>(value >> 12);
  return std::nullopt;
}

std::optional<uint32_t> encode_bitmask(uint64_t value, Width w) {
  if (w == Width::w32) value = (value & 0xFFFFFFFF) | value << 32;
  if (value == 0 || ~value == 0) return std::nullopt;
  // The smallest element that repeats.
  uint32_t size = 64;
  while (size > 2) {
    uint32_t half = size / 2;
    uint64_t low = (uint64_t{1} << half) - 1;
    if ((value & low) != (value >> half & low)) break;
    size = half;
  }
  uint64_t all = size == 64 ? ~uint64_t{0} : (uint64_t{1} << size) - 1;
  uint64_t element = value & all;
  // The run of ones starts at `start`, perhaps wrapping around.
  uint32_t start = static_cast<uint32_t>(std::countr_zero(element));
  if ((element & 1) != 0)
    start = (size - static_cast<uint32_t>(std::countl_one(element << (64 - size)))) % size;
  auto ones = static_cast<uint32_t>(std::popcount(element));
  uint64_t aligned = start == 0 ? element : (element >> start | element << (size - start)) & all;
  if (aligned != (uint64_t{1} << ones) - 1) return std::nullopt;
  uint32_t immr = (size - start) % size;
  uint32_t imms = (~(size * 2 - 1) & 0x3F) | (ones - 1);
  return (size == 64 ? 1u << 12 : 0u) | immr << 6 | imms;
}

// The exponent is b' bbb… bb cd (its top bit the inverse of all the others but the last two).
std::optional<uint8_t> encode_fp(uint64_t bits, Fp type) {
  uint32_t mantissa = type == Fp::d ? 52 : 23, exponent = type == Fp::d ? 11 : 8;
  if ((bits & ((uint64_t{1} << (mantissa - 4)) - 1)) != 0) return std::nullopt;
  uint64_t exp = bits >> mantissa & ((uint64_t{1} << exponent) - 1);
  uint64_t high = exp >> 2;  // b' bbb…
  uint64_t zeros_then = uint64_t{1} << (exponent - 3);
  if (high != zeros_then && high != zeros_then - 1) return std::nullopt;
  uint64_t sign = bits >> (mantissa + exponent) & 1;
  uint64_t b = high == zeros_then ? 0 : 1;
  return static_cast<uint8_t>(sign << 7 | b << 6 | (exp & 3) << 4 | (bits >> (mantissa - 4) & 15));
}

std::optional<VecImm> encode_vec_imm(uint64_t pattern) {
  auto of = [](uint32_t op, uint32_t cmode, uint64_t imm) {
    return VecImm{static_cast<uint8_t>(op), static_cast<uint8_t>(cmode), static_cast<uint8_t>(imm)};
  };
  if (pattern == (pattern & 0xFF) * 0x0101010101010101) return of(0, 14, pattern);
  for (uint32_t op : {0u, 1u}) {
    uint64_t v = op == 0 ? pattern : ~pattern;
    if (v == (v & 0xFFFF) * 0x0001000100010001)
      for (uint32_t byte : {0u, 1u})
        if ((v & 0xFFFF & ~(uint64_t{0xFF} << 8 * byte)) == 0)
          return of(op, 8 + 2 * byte, v >> 8 * byte);
    if (v >> 32 != (v & 0xFFFFFFFF)) continue;
    uint64_t word = v & 0xFFFFFFFF;
    for (uint32_t byte : {0u, 1u, 2u, 3u})
      if ((word & ~(uint64_t{0xFF} << 8 * byte)) == 0) return of(op, 2 * byte, word >> 8 * byte);
    if ((word & 0xFFFF00FF) == 0xFF) return of(op, 12, word >> 8);
    if ((word & 0xFF00FFFF) == 0xFFFF) return of(op, 13, word >> 16);
  }
  uint64_t bytes = 0;  // each zeros or ones
  for (uint32_t i = 0; i < 8; ++i) {
    uint64_t byte = pattern >> 8 * i & 0xFF;
    if (byte != 0 && byte != 0xFF) {
      bytes = 0x100;
      break;
    }
    bytes |= (byte & 1) << i;
  }
  if (bytes < 0x100) return of(1, 14, bytes);
  if (pattern >> 32 == (pattern & 0xFFFFFFFF))
    if (auto f = encode_fp(pattern & 0xFFFFFFFF, Fp::s)) return of(0, 15, *f);
  if (auto f = encode_fp(pattern, Fp::d)) return of(1, 15, *f);
  return std::nullopt;
}

}  // namespace zwasm::codegen::arm64
