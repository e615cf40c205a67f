#include "script_values.h"

#include <algorithm>
#include <cstdio>

#include "report.h"

namespace zwasm::cli {
namespace {

using script::Const;

template <class Bits>
bool float_matches(Bits actual, Bits expected, Const::Nan nan) {
  constexpr unsigned kMantissa = sizeof(Bits) == 4 ? 23 : 52;
  constexpr Bits kSign = Bits{1} << (sizeof(Bits) * 8 - 1);
  constexpr Bits kInfinity = (static_cast<Bits>(~kSign) >> kMantissa) << kMantissa;
  constexpr Bits kQuiet = Bits{1} << (kMantissa - 1);
  switch (nan) {
    case Const::Nan::none: return actual == expected;
    case Const::Nan::canonical: return (actual & ~kSign) == (kInfinity | kQuiet);
    case Const::Nan::arithmetic: return (actual & (kInfinity | kQuiet)) == (kInfinity | kQuiet);
  }
  return false;
}

bool vector_matches(const V128& actual, const Const& pattern) {
  if (pattern.shape == Const::Shape::f32x4) {
    auto have = actual.lanes<uint32_t>(), want = pattern.vector.lanes<uint32_t>();
    for (size_t i = 0; i < 4; ++i)
      if (!float_matches(have[i], want[i], pattern.lane_nan[i])) return false;
    return true;
  }
  if (pattern.shape == Const::Shape::f64x2) {
    auto have = actual.lanes<uint64_t>(), want = pattern.vector.lanes<uint64_t>();
    for (size_t i = 0; i < 2; ++i)
      if (!float_matches(have[i], want[i], pattern.lane_nan[i])) return false;
    return true;
  }
  return actual == pattern.vector;
}

bool host_matches(const Ref& ref, const Const& pattern) {
  const HostNumber* host = ref.as_host<HostNumber>();
  if (!pattern.number) return !ref.is_null();
  return host != nullptr && host->number == *pattern.number;
}

bool ref_matches(const Ref& ref, const Const& pattern) {
  const RefKind kind = ref.kind();
  const bool is_any = ref.hierarchy() == HeapKind::any && kind != RefKind::null;
  switch (pattern.kind) {
    case Const::Kind::ref_null:
      return kind == RefKind::null &&
             (!pattern.heap || ref.hierarchy() == HeapType(*pattern.heap).top());
    case Const::Kind::ref_extern:
      return ref.hierarchy() == HeapKind::extern_ && host_matches(ref, pattern);
    case Const::Kind::ref_host: return is_any && host_matches(ref, pattern);
    case Const::Kind::ref_func: return kind == RefKind::func;
    case Const::Kind::ref_any: return is_any;
    case Const::Kind::ref_eq: return is_any && kind != RefKind::host;
    case Const::Kind::ref_i31: return kind == RefKind::i31;
    case Const::Kind::ref_struct: return kind == RefKind::struct_;
    case Const::Kind::ref_array: return kind == RefKind::array;
    case Const::Kind::ref_exn: return kind == RefKind::exn;
    case Const::Kind::i32:
    case Const::Kind::i64:
    case Const::Kind::f32:
    case Const::Kind::f64:
    case Const::Kind::v128:
    case Const::Kind::ref_cont:
    case Const::Kind::either:
    case Const::Kind::component: break;
  }
  return false;
}

std::string hex(uint64_t bits, int digits) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%0*llx", digits, static_cast<unsigned long long>(bits));
  return text;
}

}  // namespace

std::optional<Value> make_value(Store& store, const Const& constant) {
  switch (constant.kind) {
    case Const::Kind::i32: return Value(static_cast<uint32_t>(constant.bits));
    case Const::Kind::i64: return Value(constant.bits);
    case Const::Kind::f32: return Value::f32_bits(static_cast<uint32_t>(constant.bits));
    case Const::Kind::f64: return Value::f64_bits(constant.bits);
    case Const::Kind::v128: return Value(constant.vector);
    case Const::Kind::ref_null:
      return Value(Ref(HeapType(constant.heap.value_or(HeapKind::any)).top()));
    case Const::Kind::ref_extern:
    case Const::Kind::ref_host: {
      auto ref = Ref::host(store, HostNumber{constant.number.value_or(0)});
      if (!ref) return std::nullopt;
      return constant.kind == Const::Kind::ref_host ? Value(ref->as_any()) : Value(*ref);
    }
    case Const::Kind::ref_i31:
      if (!constant.number) return std::nullopt;
      return Value(Ref::i31(static_cast<int32_t>(*constant.number)));
    case Const::Kind::ref_func:
    case Const::Kind::ref_any:
    case Const::Kind::ref_eq:
    case Const::Kind::ref_struct:
    case Const::Kind::ref_array:
    case Const::Kind::ref_exn:
    case Const::Kind::ref_cont:
    case Const::Kind::either:
    case Const::Kind::component: break;
  }
  return std::nullopt;
}

bool matches(const Value& value, const Const& pattern) {
  if (pattern.kind == Const::Kind::either)
    return std::any_of(pattern.options.begin(), pattern.options.end(),
                       [&](const Const& option) { return matches(value, option); });
  switch (value.kind()) {
    case ValKind::i32:
      return pattern.kind == Const::Kind::i32 &&
             static_cast<uint32_t>(value.i32()) == static_cast<uint32_t>(pattern.bits);
    case ValKind::i64:
      return pattern.kind == Const::Kind::i64 && static_cast<uint64_t>(value.i64()) == pattern.bits;
    case ValKind::f32:
      return pattern.kind == Const::Kind::f32 &&
             float_matches(value.f32_bits(), static_cast<uint32_t>(pattern.bits), pattern.nan);
    case ValKind::f64:
      return pattern.kind == Const::Kind::f64 &&
             float_matches(value.f64_bits(), pattern.bits, pattern.nan);
    case ValKind::v128:
      return pattern.kind == Const::Kind::v128 && vector_matches(value.v128(), pattern);
    case ValKind::ref: return ref_matches(value.ref(), pattern);
  }
  return false;
}

std::string describe(const Value& value) {
  switch (value.kind()) {
    case ValKind::i32: return concat({"(i32.const ", value.to_string(), ")"});
    case ValKind::i64: return concat({"(i64.const ", value.to_string(), ")"});
    case ValKind::f32:
      return concat({"(f32.const ", value.to_string(), ") ;; ", hex(value.f32_bits(), 8)});
    case ValKind::f64:
      return concat({"(f64.const ", value.to_string(), ") ;; ", hex(value.f64_bits(), 16)});
    case ValKind::v128: return concat({"(v128.const ", value.to_string(), ")"});
    case ValKind::ref: break;
  }
  if (const HostNumber* host = value.ref().as_host<HostNumber>())
    return concat({(value.ref().hierarchy() == HeapKind::extern_ ? "(ref.extern " : "(ref.host "),
                   std::to_string(host->number), ")"});
  return value.to_string();
}

}  // namespace zwasm::cli
