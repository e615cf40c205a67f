/// The types of WebAssembly as data: value types, and the types of what a module imports and
/// exports. Types are values; they keep alive what they need and may be used on any thread.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "zwasm/detail/export.h"

namespace zwasm ZWASM_PUBLIC {

namespace detail {
class TypeScope;  // keeps the definitions alive that a concrete type names
struct TypeAccess;
}  // namespace detail

enum class ValKind : uint8_t { i32, i64, f32, f64, v128, ref };

/// What a reference refers to: an abstract heap type, or a type that a module defines.
enum class HeapKind : uint8_t {
  func,
  nofunc,
  extern_,
  noextern,
  any,
  eq,
  i31,
  struct_,
  array,
  none,
  exn,
  noexn,
  defined,
};

struct TypeDefinition;

class HeapType {
 public:
  HeapType(HeapKind kind = HeapKind::any);  ///< an abstract heap type
  HeapType(const HeapType&) = default;      // moving copies: what was moved from is whole
  HeapType& operator=(const HeapType&) = default;

  HeapKind kind() const noexcept;
  bool is_defined() const noexcept { return kind() == HeapKind::defined; }
  /// The structure of a defined type; nothing for abstract ones.
  std::optional<TypeDefinition> definition() const;
  /// The abstract type at the top of its hierarchy: func, extern_, any or exn.
  HeapKind top() const noexcept;
  /// Whether every value of this type is one of `super` (the specification's subtyping).
  bool matches(const HeapType& super) const;
  /// As in the text format: "func", "any"; a defined type is spelled out one level deep.
  std::string to_string() const;
  friend bool operator==(const HeapType& a, const HeapType& b) noexcept { return a.same(b); }

 private:
  friend struct detail::TypeAccess;
  bool same(const HeapType& other) const noexcept;
  uint32_t bits_;
  std::shared_ptr<const detail::TypeScope> scope_;
};

class ValType {
 public:
  ValType(ValKind kind = ValKind::i32) : kind_(kind) {}  ///< `ref` means anyref
  static ValType ref(HeapType heap, bool nullable = true);
  static ValType funcref() { return ref(HeapKind::func); }
  static ValType externref() { return ref(HeapKind::extern_); }
  static ValType anyref() { return ref(HeapKind::any); }
  static ValType exnref() { return ref(HeapKind::exn); }

  ValKind kind() const noexcept { return kind_; }
  bool is_ref() const noexcept { return kind_ == ValKind::ref; }
  bool nullable() const noexcept { return is_ref() && nullable_; }
  const HeapType& heap() const noexcept { return heap_; }
  bool matches(const ValType& super) const;
  /// As in the text format: "i32", "funcref", "(ref null struct)".
  std::string to_string() const;
  friend bool operator==(const ValType& a, const ValType& b) {
    return a.kind_ == b.kind_ &&
           (!a.is_ref() || (a.nullable_ == b.nullable_ && a.heap_ == b.heap_));
  }

 private:
  ValKind kind_;
  bool nullable_ = true;
  HeapType heap_;
};

struct FuncType {
  std::vector<ValType> params{};
  std::vector<ValType> results{};
  /// "(func (param i32 i32) (result i32))"
  std::string to_string() const;
  friend bool operator==(const FuncType&, const FuncType&) = default;
};

/// A field of a struct or the element of an array.
struct FieldType {
  enum class Packing : uint8_t { none, i8, i16 };
  ValType type{};  ///< i32 where packed
  Packing packing = Packing::none;
  bool mut = false;
  std::string to_string() const;
  friend bool operator==(const FieldType&, const FieldType&) = default;
};

/// The structure of a type that a module defines.
struct TypeDefinition {
  enum class Kind : uint8_t { func, struct_, array };
  Kind kind = Kind::func;
  bool final = true;
  FuncType func{};                  ///< kind func
  std::vector<FieldType> fields{};  ///< kind struct_: all; kind array: one
  std::string to_string() const;
};

struct Limits {
  uint64_t min = 0;
  std::optional<uint64_t> max{};
  bool is64 = false;  ///< indexed by i64
  friend bool operator==(const Limits&, const Limits&) = default;
};

struct TableType {
  ValType element = ValType::funcref();
  Limits limits{};  ///< in elements
  std::string to_string() const;
  friend bool operator==(const TableType&, const TableType&) = default;
};

struct MemoryType {
  Limits limits{};  ///< in pages
  bool shared = false;
  uint8_t page_size_log2 = 16;  ///< 16, or 0: pages of one byte
  std::string to_string() const;
  friend bool operator==(const MemoryType&, const MemoryType&) = default;
};

struct GlobalType {
  ValType type{};
  bool mut = false;
  std::string to_string() const;
  friend bool operator==(const GlobalType&, const GlobalType&) = default;
};

struct TagType {
  FuncType type{};  ///< the payload is the parameters
  std::string to_string() const;
  friend bool operator==(const TagType&, const TagType&) = default;
};

enum class ExternKind : uint8_t { func, table, memory, global, tag };
/// "func", "table", "memory", "global", "tag".
const char* to_string(ExternKind kind) noexcept;

/// The type of an import or export; the alternatives stand in the order of ExternKind.
class ExternType : public std::variant<FuncType, TableType, MemoryType, GlobalType, TagType> {
 public:
  using variant::variant;
  ExternKind kind() const noexcept { return static_cast<ExternKind>(index()); }
  /// As in the text format: "(func (param i32))", "(memory 1 2)".
  std::string to_string() const;
};

}  // namespace zwasm ZWASM_PUBLIC
