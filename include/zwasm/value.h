/// Values that pass between host and guest, and references: rooted handles of what lives in a
/// store's heap. A Ref keeps its object alive; drop it when it is no longer needed.
#pragma once
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "zwasm/detail/export.h"
#include "zwasm/detail/store_ptr.h"
#include "zwasm/error.h"
#include "zwasm/types.h"

namespace zwasm ZWASM_PUBLIC {

class Func;
class Store;
class Tag;
class Value;

/// The bytes of a vector, lane 0 first (little endian).
struct V128 {
  std::array<uint8_t, 16> bytes{};

  template <class T>
  std::array<T, 16 / sizeof(T)> lanes() const {
    return std::bit_cast<std::array<T, 16 / sizeof(T)>>(bytes);
  }
  template <class T>
  static V128 of(const std::array<T, 16 / sizeof(T)>& lanes) {
    return {std::bit_cast<std::array<uint8_t, 16>>(lanes)};
  }
  friend bool operator==(const V128&, const V128&) = default;
};

namespace detail {
/// An address per C++ type (not const, so that no linker folds them), to recognise host values
/// without RTTI.
template <class T>
inline char type_tag = 0;

struct HostBox {
  void* data;
  void (*destroy)(void* data);
  const void* tag;
};
}  // namespace detail

/// What a reference refers to.
enum class RefKind : uint8_t { null, func, host, i31, struct_, array, exn };

/// A reference of any type: null, a function, a host value, a garbage-collected object or an
/// exception. Copies refer to the same object. Belongs to one store (null and functions of no
/// object aside) and, like it, to one thread at a time.
class Ref {
 public:
  /// Null of a hierarchy: func, extern_, any or exn.
  explicit Ref(HeapKind hierarchy = HeapKind::any) noexcept;
  Ref(const Func& func) noexcept;
  Ref(const Ref& other) noexcept;
  Ref(Ref&& other) noexcept;
  Ref& operator=(Ref other) noexcept;
  ~Ref();

  /// An externref that holds a host value; the value is destroyed once nothing refers to it.
  template <class T>
  static Result<Ref> host(Store& store, T value) {
    auto* data = new T(std::move(value));
    return make_host(store,
                     {data, [](void* p) { delete static_cast<T*>(p); }, &detail::type_tag<T>});
  }
  /// The 31-bit integer reference; the upper bit of `value` is dropped.
  static Ref i31(int32_t value) noexcept;
  /// A struct of a defined type, one value per field.
  static Result<Ref> new_struct(Store& store, const HeapType& type, std::span<const Value> fields);
  static Result<Ref> new_array(Store& store, const HeapType& type, std::span<const Value> elements);
  static Result<Ref> new_exception(Store& store, const Tag& tag, std::span<const Value> payload);
  /// The same of values in braces: `new_struct(store, type, {1, 2.5})`.
  static Result<Ref> new_struct(Store& store, const HeapType& type,
                                std::initializer_list<Value> fields);
  static Result<Ref> new_array(Store& store, const HeapType& type,
                               std::initializer_list<Value> elements);
  static Result<Ref> new_exception(Store& store, const Tag& tag,
                                   std::initializer_list<Value> payload);

  bool is_null() const noexcept { return kind() == RefKind::null; }
  RefKind kind() const noexcept;
  /// The top of the hierarchy the reference belongs to: func, extern_, any or exn.
  HeapKind hierarchy() const noexcept { return hierarchy_; }
  /// The most precise type of the object.
  HeapType type() const;

  std::optional<Func> as_func() const;
  std::optional<int32_t> as_i31() const noexcept;  ///< sign-extended
  /// The host value, if the reference holds one of exactly this type.
  template <class T>
  T* as_host() const {
    return static_cast<T*>(host_data(&detail::type_tag<T>));
  }

  /// Fields of a struct, elements of an array. Packed ones are zero-extended on reading and
  /// wrapped on writing. Errors (usage): not that kind of object, index out of range, wrong type,
  /// immutable.
  Result<Value> field(uint32_t index) const;
  Result<void> set_field(uint32_t index, const Value& value) const;
  Result<uint32_t> length() const;
  Result<Value> element(uint32_t index) const;
  Result<void> set_element(uint32_t index, const Value& value) const;
  /// Of an exception: its tag and the values it carries.
  Result<Tag> tag() const;
  Result<std::vector<Value>> payload() const;

  /// externref to anyref and back: the same object in the other hierarchy.
  Ref as_any() const;
  Ref as_extern() const;

  /// The identity of the object, as `ref.eq` sees it.
  friend bool operator==(const Ref& a, const Ref& b) noexcept { return a.same(b); }

 private:
  friend struct detail::Internals;
  static Result<Ref> make_host(Store& store, detail::HostBox box);
  void* host_data(const void* tag) const noexcept;
  bool same(const Ref& other) const noexcept;

  HeapKind hierarchy_ = HeapKind::any;
  uint8_t form_ = 0;  // null, i31 (in bits_), function (pointer in bits_), root (in bits_)
  uint64_t bits_ = 0;
  detail::StorePtr store_;
};

/// References of a hierarchy, for use in typed signatures.
class ExternRef : public Ref {
 public:
  ExternRef() noexcept : Ref(HeapKind::extern_) {}
  explicit ExternRef(Ref ref) : Ref(ref.as_extern()) {}
};
class AnyRef : public Ref {
 public:
  AnyRef() noexcept : Ref(HeapKind::any) {}
  explicit AnyRef(Ref ref) : Ref(ref.as_any()) {}
};
class ExnRef : public Ref {
 public:
  ExnRef() noexcept : Ref(HeapKind::exn) {}
  explicit ExnRef(Ref ref) : Ref(std::move(ref)) {}
};
class FuncRef : public Ref {
 public:
  FuncRef() noexcept : Ref(HeapKind::func) {}
  FuncRef(const Func& func) noexcept : Ref(func) {}
  explicit FuncRef(Ref ref) : Ref(std::move(ref)) {}
};

/// A value of any type. Floating-point values keep their bits, NaN payloads included.
class Value {
 public:
  Value() : v_(int32_t{0}) {}
  Value(int32_t v) : v_(v) {}
  Value(uint32_t v) : v_(static_cast<int32_t>(v)) {}
  Value(int64_t v) : v_(v) {}
  Value(uint64_t v) : v_(static_cast<int64_t>(v)) {}
  Value(float v) : v_(v) {}
  Value(double v) : v_(v) {}
  Value(V128 v) : v_(v) {}
  Value(Ref v) : v_(std::move(v)) {}
  Value(ExternRef v) : v_(std::in_place_type<Ref>, std::move(v)) {}
  Value(AnyRef v) : v_(std::in_place_type<Ref>, std::move(v)) {}
  Value(ExnRef v) : v_(std::in_place_type<Ref>, std::move(v)) {}
  Value(FuncRef v) : v_(std::in_place_type<Ref>, std::move(v)) {}
  Value(const Func& func) : v_(std::in_place_type<Ref>, func) {}
  static Value f32_bits(uint32_t bits) { return std::bit_cast<float>(bits); }
  static Value f64_bits(uint64_t bits) { return std::bit_cast<double>(bits); }
  /// Zero or null; nothing for types without a default.
  static std::optional<Value> default_of(const ValType& type);

  ValKind kind() const noexcept { return static_cast<ValKind>(v_.index()); }
  bool is_ref() const noexcept { return kind() == ValKind::ref; }

  /// The value as that kind; reading another kind gives zero (null).
  int32_t i32() const noexcept { return get<int32_t>(); }
  int64_t i64() const noexcept { return get<int64_t>(); }
  float f32() const noexcept { return get<float>(); }
  double f64() const noexcept { return get<double>(); }
  V128 v128() const noexcept { return get<V128>(); }
  uint32_t f32_bits() const noexcept { return std::bit_cast<uint32_t>(f32()); }
  uint64_t f64_bits() const noexcept { return std::bit_cast<uint64_t>(f64()); }
  const Ref& ref() const noexcept;

  /// Whether the value can be passed where `type` is expected.
  bool matches(const ValType& type) const;
  /// As printed by the command line: "42", "-1.5", "nan:0x200000", "(ref.null func)".
  std::string to_string() const;

 private:
  template <class T>
  T get() const noexcept {
    const T* p = std::get_if<T>(&v_);
    return p != nullptr ? *p : T{};
  }
  std::variant<int32_t, int64_t, float, double, V128, Ref> v_;  // in the order of ValKind
};

inline Result<Ref> Ref::new_struct(Store& store, const HeapType& type,
                                   std::initializer_list<Value> fields) {
  return new_struct(store, type, std::span<const Value>(fields.begin(), fields.size()));
}
inline Result<Ref> Ref::new_array(Store& store, const HeapType& type,
                                  std::initializer_list<Value> elements) {
  return new_array(store, type, std::span<const Value>(elements.begin(), elements.size()));
}
inline Result<Ref> Ref::new_exception(Store& store, const Tag& tag,
                                      std::initializer_list<Value> payload) {
  return new_exception(store, tag, std::span<const Value>(payload.begin(), payload.size()));
}

}  // namespace zwasm ZWASM_PUBLIC
