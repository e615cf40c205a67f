#include "invoke.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <string>

namespace zwasm::cli {
namespace {

// An integer of so many bits, signed or unsigned, decimal or hexadecimal.
std::optional<uint64_t> parse_integer(std::string_view text, unsigned bits) {
  bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  }
  uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  const uint64_t most = bits == 64 ? UINT64_MAX : (uint64_t{1} << bits) - 1;
  if (value > (negative ? most / 2 + 1 : most)) return std::nullopt;
  return (negative ? 0 - value : value) & most;
}

template <class Float, class Bits>
std::optional<Float> parse_float(std::string_view text) {
  constexpr unsigned kMantissa = sizeof(Bits) == 4 ? 23 : 52;
  constexpr Bits kSign = Bits{1} << (sizeof(Bits) * 8 - 1);
  std::string_view digits = text;
  Bits sign = digits.starts_with('-') ? kSign : 0;
  if (!digits.empty() && (digits[0] == '-' || digits[0] == '+')) digits.remove_prefix(1);
  if (digits.starts_with("nan")) {
    constexpr Bits kInfinity = ((Bits{1} << (sizeof(Bits) * 8 - 1 - kMantissa)) - 1) << kMantissa;
    Bits payload = Bits{1} << (kMantissa - 1);
    if (digits.starts_with("nan:")) {
      auto value = parse_integer(digits.substr(4), kMantissa);
      if (!value || *value == 0) return std::nullopt;
      payload = static_cast<Bits>(*value);
    } else if (digits != "nan") {
      return std::nullopt;
    }
    return std::bit_cast<Float>(static_cast<Bits>(kInfinity | payload | sign));
  }
  auto format = std::chars_format::general;
  if (digits.starts_with("0x") || digits.starts_with("0X")) {
    format = std::chars_format::hex;
    digits.remove_prefix(2);
  }
  Float value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, format);
  if (digits.empty() || digits[0] == '-' || error != std::errc() ||
      end != digits.data() + digits.size())
    return std::nullopt;
  return std::bit_cast<Float>(static_cast<Bits>(std::bit_cast<Bits>(value) | sign));
}

// "i32x4 1 2 3 4" with lanes of any shape.
std::optional<Value> parse_lanes(std::string_view text) {
  V128 vector;
  size_t space = text.find(' ');
  std::string_view shape = text.substr(0, space);
  size_t x = shape.find('x');
  if (space == std::string_view::npos || x == std::string_view::npos || x < 2) return std::nullopt;
  auto bits = parse_integer(shape.substr(1, x - 1), 8);
  auto count = parse_integer(shape.substr(x + 1), 8);
  bool is_float = shape[0] == 'f';
  if (!bits || !count || *bits * *count != 128 || (shape[0] != 'i' && !is_float) ||
      (*bits != 8 && *bits != 16 && *bits != 32 && *bits != 64) || (is_float && *bits < 32))
    return std::nullopt;
  size_t lane_bytes = *bits / 8, lane = 0;
  text.remove_prefix(space);
  while (true) {
    size_t from = text.find_first_not_of(' ');
    if (from == std::string_view::npos) break;
    text.remove_prefix(from);
    std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    std::optional<uint64_t> value;
    if (!is_float) {
      value = parse_integer(word, static_cast<unsigned>(*bits));
    } else if (*bits == 32) {
      if (auto f = parse_float<float, uint32_t>(word)) value = std::bit_cast<uint32_t>(*f);
    } else if (auto f = parse_float<double, uint64_t>(word)) {
      value = std::bit_cast<uint64_t>(*f);
    }
    if (!value || lane >= *count) return std::nullopt;
    for (size_t i = 0; i < lane_bytes; ++i)
      vector.bytes[lane * lane_bytes + i] = static_cast<uint8_t>(*value >> (8 * i));
    ++lane;
  }
  if (lane != *count) return std::nullopt;
  return vector;
}

std::optional<Value> parse_vector(std::string_view text) {
  if (!text.starts_with("0x") || text.size() > 34) return parse_lanes(text);
  std::string digits(34 - text.size(), '0');
  digits += text.substr(2);
  auto high = parse_integer("0x" + digits.substr(0, 16), 64);
  auto low = parse_integer("0x" + digits.substr(16), 64);
  if (!high || !low) return std::nullopt;
  return V128::of<uint64_t>({*low, *high});
}

std::optional<Value> parse_ref(Store& store, const ValType& type, std::string_view text) {
  if (text == "null" || text.starts_with("ref.null")) {
    if (!type.nullable()) return std::nullopt;
    return Value(Ref(type.heap().top()));
  }
  if (type.heap().top() == HeapKind::any) {
    auto number = parse_integer(text, 32);
    Ref i31 = Ref::i31(static_cast<int32_t>(number.value_or(0)));
    if (number && Value(i31).matches(type)) return Value(i31);
    return std::nullopt;
  }
  if (type.heap().kind() != HeapKind::extern_) return std::nullopt;
  auto ref = Ref::host(store, std::string(text));
  if (!ref) return std::nullopt;
  return Value(*std::move(ref));
}

}  // namespace

std::optional<Value> parse_value(Store& store, const ValType& type, std::string_view text) {
  switch (type.kind()) {
    case ValKind::i32:
      if (auto v = parse_integer(text, 32)) return Value(static_cast<uint32_t>(*v));
      return std::nullopt;
    case ValKind::i64:
      if (auto v = parse_integer(text, 64)) return Value(*v);
      return std::nullopt;
    case ValKind::f32:
      if (auto v = parse_float<float, uint32_t>(text)) return Value(*v);
      return std::nullopt;
    case ValKind::f64:
      if (auto v = parse_float<double, uint64_t>(text)) return Value(*v);
      return std::nullopt;
    case ValKind::v128: return parse_vector(text);
    case ValKind::ref: return parse_ref(store, type, text);
  }
  return std::nullopt;
}

}  // namespace zwasm::cli
