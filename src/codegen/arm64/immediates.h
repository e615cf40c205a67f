// Constants inside arm64 instructions. A word of 32 bits has room for few of them, each family its
// own: twelve bits, perhaps shifted; repeated runs of ones; eight bits of floating point; eight
// bits spread over the lanes of a vector. Each function finds the encoding, or says that there is
// none.
#pragma once
#include <cstdint>
#include <optional>

namespace zwasm::codegen::arm64 {

enum class Width : uint8_t { w32, w64 };
enum class Fp : uint8_t { s, d };

// add, sub: 12 bits, perhaps shifted left by 12. The result is bits 10 to 22 of the instruction.
std::optional<uint32_t> encode_arith(uint64_t value);

// and, orr, eor, ands: a run of ones, rotated, repeated in elements of 2, 4 … 64 bits; not zero
// and not all ones. For w32 the upper half of `value` means nothing. N:immr:imms, 13 bits.
std::optional<uint32_t> encode_bitmask(uint64_t value, Width w);

// fmov: sign, three bits of exponent, four of mantissa; `bits` is the number's representation.
std::optional<uint8_t> encode_fp(uint64_t bits, Fp type);

// movi, mvni, fmov of a vector register.
struct VecImm {
  uint8_t op;     // inverts, mostly
  uint8_t cmode;  // how imm8 is spread
  uint8_t imm8;
};
// The instruction that fills a register with `pattern`, twice.
std::optional<VecImm> encode_vec_imm(uint64_t pattern);

}  // namespace zwasm::codegen::arm64
