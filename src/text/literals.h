// Number literals to bits. Integers are ranges of both signed and unsigned readings; floats are
// rounded to nearest, ties to even, from as many digits as are written.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace zwasm::text {

// The value of a hexadecimal digit, -1 for any other character.
constexpr int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// An unsigned integer without sign; nothing if it does not fit or is no such number.
std::optional<uint64_t> parse_unsigned(std::string_view text, unsigned bits);

// An integer literal of `bits` bits: from -2^(bits-1) to 2^bits - 1, as the bit pattern extended
// with zeros. Nothing if the value does not fit; the text must have integer form.
std::optional<uint64_t> parse_integer(std::string_view text, unsigned bits);

// A float literal: decimal, hexadecimal, inf, nan, nan:0xPAYLOAD. Nothing if the text is no float
// (`malformed`) or the value rounds to infinity or the payload does not fit (`out_of_range`).
enum class FloatStatus : uint8_t { ok, malformed, out_of_range };
struct FloatBits {
  uint64_t bits = 0;
  FloatStatus status = FloatStatus::malformed;
};
FloatBits parse_f32(std::string_view text);
FloatBits parse_f64(std::string_view text);

// The shortest decimal literal that reads back as exactly these bits; NaNs with their payload and
// sign. `nan` alone is the canonical NaN.
std::string format_f32(uint32_t bits);
std::string format_f64(uint64_t bits);

}  // namespace zwasm::text
