// Values: defaults, matching, and their text.
#include <bit>
#include <charconv>
#include <cmath>

#include "api/convert.h"
#include "base/concat.h"

namespace zwasm {
namespace {

// As short as it can be while it reads back as the same number.
template <class Float, class Bits>
std::string float_text(Float value, Bits bits) {
  constexpr int kMantissa = sizeof(Bits) == 4 ? 23 : 52;
  constexpr Bits kMask = (Bits{1} << kMantissa) - 1;
  std::string sign = bits >> (sizeof(Bits) * 8 - 1) ? "-" : "";
  char text[64];
  if (std::isnan(value)) {
    Bits payload = bits & kMask;
    if (payload == Bits{1} << (kMantissa - 1)) return sign + "nan";
    auto end = std::to_chars(text, text + sizeof text, payload, 16).ptr;
    return concat({sign, "nan:0x", std::string(text, end)});
  }
  if (std::isinf(value)) return sign + "inf";
  auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return std::string(text, end);
}

const Ref& null_ref() {
  static const Ref* const kNull = new Ref(HeapKind::any);  // never destroyed
  return *kNull;
}

std::string ref_text(const Ref& ref) {
  switch (ref.kind()) {
    case RefKind::null: return concat({"(ref.null ", ref.type().to_string(), ")"});
    case RefKind::func: {
      std::string name = ref.as_func()->name();
      return name.empty() ? "(ref.func)" : concat({"(ref.func \"", name, "\")"});
    }
    case RefKind::host: return ref.hierarchy() == HeapKind::extern_ ? "(ref.extern)" : "(ref.host)";
    case RefKind::i31: return concat({"(ref.i31 ", std::to_string(*ref.as_i31()), ")"});
    case RefKind::struct_: return "(ref.struct)";
    case RefKind::array: return "(ref.array)";
    case RefKind::exn: return "(ref.exn)";
  }
  return "";
}

std::string vector_text(const V128& vector) {
  auto lanes = vector.lanes<uint32_t>();
  std::string text = "i32x4";
  for (uint32_t lane : lanes) {
    char digits[16];
    auto end = std::to_chars(digits, digits + sizeof digits, lane, 16).ptr;
    std::string hex(digits, end);
    text += concat({" 0x", std::string(8 - hex.size(), '0'), hex});
  }
  return text;
}

}  // namespace

std::optional<Value> Value::default_of(const ValType& type) {
  switch (type.kind()) {
    case ValKind::i32: return Value(int32_t{0});
    case ValKind::i64: return Value(int64_t{0});
    case ValKind::f32: return Value(0.0f);
    case ValKind::f64: return Value(0.0);
    case ValKind::v128: return Value(V128{});
    case ValKind::ref:
      if (!type.nullable()) return std::nullopt;
      return Value(Ref(type.heap().top()));
  }
  return std::nullopt;
}

const Ref& Value::ref() const noexcept {
  const Ref* ref = std::get_if<Ref>(&v_);
  return ref != nullptr ? *ref : null_ref();
}

bool Value::matches(const ValType& type) const {
  if (kind() != type.kind()) return false;
  if (!is_ref()) return true;
  const Ref& value = ref();
  if (value.is_null()) return type.nullable() && value.hierarchy() == type.heap().top();
  detail::StoreState* store = detail::Internals::store_of(value);
  if (detail::live(store) == nullptr) {
    return value.hierarchy() == type.heap().top() && (HeapType(value.type()).matches(type.heap()) ||
                                                      type.heap() == HeapType(value.hierarchy()));
  }
  if (detail::check_type(*store, type)) return false;
  return detail::ref_matches(*store, value, detail::to_internal(type));
}

std::string Value::to_string() const {
  switch (kind()) {
    case ValKind::i32: return std::to_string(i32());
    case ValKind::i64: return std::to_string(i64());
    case ValKind::f32: return float_text(f32(), f32_bits());
    case ValKind::f64: return float_text(f64(), f64_bits());
    case ValKind::v128: return vector_text(v128());
    case ValKind::ref: return ref_text(ref());
  }
  return "";
}

}  // namespace zwasm
