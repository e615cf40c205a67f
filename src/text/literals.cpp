#include "text/literals.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>

#include "base/format.h"
#include "text/lexer.h"

namespace zwasm::text {
namespace {

// The shape of a binary floating-point format.
struct Format {
  unsigned fraction_bits;  // stored bits of the significand
  unsigned exponent_bits;
  constexpr int bias() const { return (1 << (exponent_bits - 1)) - 1; }
  constexpr uint64_t infinity() const {
    return ((uint64_t{1} << exponent_bits) - 1) << fraction_bits;
  }
  constexpr uint64_t quiet() const { return uint64_t{1} << (fraction_bits - 1); }
  constexpr unsigned sign_shift() const { return fraction_bits + exponent_bits; }
};
constexpr Format kF32{23, 8}, kF64{52, 11};

// A decimal exponent, with underscores; saturates far outside what any format can hold.
int64_t parse_exponent(std::string_view text) {
  bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  int64_t value = 0;
  for (char c : text) {
    if (c != '_') value = value * 10 + (c - '0');
    if (value > int64_t{1} << 50) value = int64_t{1} << 50;
  }
  return negative ? -value : value;
}

// significand * 2^exponent, `sticky` telling that it is a little more than that.
FloatBits round_binary(uint64_t significand, int64_t exponent, bool sticky, Format format) {
  if (significand == 0) return {0, FloatStatus::ok};
  int leading = std::countl_zero(significand);
  significand <<= leading;
  exponent -= leading;
  // The value is 1.xxx * 2^(exponent + 63). Which bits are kept depends on being subnormal.
  int64_t unbiased = exponent + 63;
  int64_t lowest = 1 - format.bias();  // exponent of the smallest normal number
  int64_t drop = 63 - static_cast<int64_t>(format.fraction_bits);
  if (unbiased < lowest) drop += lowest - unbiased;
  if (drop > 64) return {0, FloatStatus::ok};  // less than half of the smallest number
  uint64_t kept = drop == 64 ? 0 : significand >> drop;
  uint64_t rest = drop == 64 ? significand : significand << (64 - drop);
  constexpr uint64_t kHalf = uint64_t{1} << 63;
  if (rest > kHalf || (rest == kHalf && (sticky || (kept & 1)))) ++kept;
  // `kept` carries the implicit bit of normal numbers, so adding lets it carry into the exponent.
  uint64_t biased = unbiased < lowest ? 0 : static_cast<uint64_t>(unbiased - lowest);
  if (unbiased > 4096) return {0, FloatStatus::out_of_range};
  uint64_t bits = (biased << format.fraction_bits) + kept;
  if (bits >= format.infinity()) return {0, FloatStatus::out_of_range};
  return {bits, FloatStatus::ok};
}

FloatBits parse_hex(std::string_view text, Format format) {
  uint64_t significand = 0;
  int64_t exponent = 0;
  bool sticky = false, after_point = false;
  size_t i = 0;
  for (; i < text.size() && text[i] != 'p' && text[i] != 'P'; ++i) {
    if (text[i] == '_') continue;
    if (text[i] == '.') {
      after_point = true;
      continue;
    }
    auto digit = static_cast<uint64_t>(hex_digit(text[i]));
    if (significand >> 60 == 0) {
      significand = significand << 4 | digit;
      if (after_point) exponent -= 4;
    } else {
      sticky |= digit != 0;
      if (!after_point) exponent += 4;
    }
  }
  if (i < text.size()) exponent += parse_exponent(text.substr(i + 1));
  return round_binary(significand, exponent, sticky, format);
}

// Where the decimal point stands relative to the first significant digit: tells overflow from
// underflow where the library only says that the result is out of range.
bool is_huge(std::string_view text) {
  int64_t scale = 0;
  bool seen = false, after_point = false;
  size_t i = 0;
  for (; i < text.size() && text[i] != 'e' && text[i] != 'E'; ++i) {
    if (text[i] == '.') {
      after_point = true;
    } else if (text[i] != '_') {
      seen |= text[i] != '0';
      if (seen && !after_point) ++scale;
      if (!seen && after_point) --scale;
    }
  }
  if (i < text.size()) scale += parse_exponent(text.substr(i + 1));
  return scale > 0;
}

template <class F>
FloatBits parse_decimal(std::string_view text) {
  std::string digits;
  digits.reserve(text.size());
  for (char c : text) {
    if (c != '_') digits.push_back(c);
  }
  F value = 0;
  auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (result.ec == std::errc::result_out_of_range) {
    if (is_huge(text)) return {0, FloatStatus::out_of_range};
    return {0, FloatStatus::ok};
  }
  if (result.ec != std::errc{}) return {0, FloatStatus::malformed};
  if (value > std::numeric_limits<F>::max()) return {0, FloatStatus::out_of_range};
  if constexpr (sizeof(F) == 4) return {std::bit_cast<uint32_t>(value), FloatStatus::ok};
  else return {std::bit_cast<uint64_t>(value), FloatStatus::ok};
}

template <class F>
FloatBits parse_float(std::string_view text, Format format) {
  if (number_form(text) == NumberForm::none) return {0, FloatStatus::malformed};
  uint64_t sign = 0;
  if (text[0] == '+' || text[0] == '-') {
    sign = uint64_t{text[0] == '-'} << format.sign_shift();
    text.remove_prefix(1);
  }
  FloatBits result;
  if (text == "inf") {
    result = {format.infinity(), FloatStatus::ok};
  } else if (text == "nan") {
    result = {format.infinity() | format.quiet(), FloatStatus::ok};
  } else if (text.starts_with("nan:")) {
    auto payload = parse_unsigned(text.substr(4), format.fraction_bits);
    if (!payload || *payload == 0) return {0, FloatStatus::out_of_range};
    result = {format.infinity() | *payload, FloatStatus::ok};
  } else if (text.starts_with("0x")) {
    result = parse_hex(text.substr(2), format);
  } else {
    result = parse_decimal<F>(text);
  }
  result.bits |= sign;
  return result;
}

// The fewest digits that name this number, with an exponent where there would be many zeros.
template <class F>
std::string format_finite(F value) {
  char buffer[64];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  std::string text(buffer, end);
  const size_t mantissa = text.find('e');
  int exponent = 0;
  std::from_chars(buffer + mantissa + (text[mantissa + 1] == '+' ? 2 : 1), end, exponent);
  if (exponent < -4 || exponent >= 16) return text;
  text.resize(mantissa);
  std::erase(text, '.');
  const size_t first = text[0] == '-' ? 1 : 0;
  if (exponent < 0) text.insert(first, static_cast<size_t>(-exponent), '0');
  const size_t point = first + static_cast<size_t>(std::max(exponent, 0)) + 1;
  if (text.size() < point) text.append(point - text.size(), '0');
  else if (text.size() > point) text.insert(point, 1, '.');
  return text;
}

template <class F>
std::string format_float(uint64_t bits, F value, Format format) {
  if ((bits & format.infinity()) != format.infinity()) return format_finite(value);
  std::string_view sign = bits >> format.sign_shift() & 1 ? "-" : "";
  uint64_t payload = bits & ((uint64_t{1} << format.fraction_bits) - 1);
  if (payload == 0) return fmt::format("{}inf", sign);
  if (payload == format.quiet()) return fmt::format("{}nan", sign);
  return fmt::format("{}nan:0x{:x}", sign, payload);
}

}  // namespace

std::optional<uint64_t> parse_unsigned(std::string_view text, unsigned bits) {
  uint64_t base = 10, value = 0;
  if (text.starts_with("0x")) {
    base = 16;
    text.remove_prefix(2);
  }
  if (text.empty()) return std::nullopt;
  uint64_t max = bits == 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1;
  for (char c : text) {
    if (c == '_') continue;
    int digit = hex_digit(c);
    if (digit < 0 || static_cast<uint64_t>(digit) >= base) return std::nullopt;
    if (value > (max - static_cast<uint64_t>(digit)) / base) return std::nullopt;
    value = value * base + static_cast<uint64_t>(digit);
  }
  return value;
}

std::optional<uint64_t> parse_integer(std::string_view text, unsigned bits) {
  bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  auto magnitude = parse_unsigned(text, bits);
  if (!magnitude || !negative) return magnitude;
  if (*magnitude > uint64_t{1} << (bits - 1)) return std::nullopt;
  uint64_t mask = bits == 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1;
  return (~*magnitude + 1) & mask;
}

FloatBits parse_f32(std::string_view text) { return parse_float<float>(text, kF32); }
FloatBits parse_f64(std::string_view text) { return parse_float<double>(text, kF64); }
std::string format_f32(uint32_t bits) {
  return format_float(bits, std::bit_cast<float>(bits), kF32);
}
std::string format_f64(uint64_t bits) {
  return format_float(bits, std::bit_cast<double>(bits), kF64);
}

}  // namespace zwasm::text
