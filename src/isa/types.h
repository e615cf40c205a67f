// The types of WebAssembly, packed so that they compare as integers.
//
// A ValType is 32 bits: four bits of kind, one of nullability, and for references the heap type,
// which is either one of the abstract heap types or a type index. The same representation serves
// module-local type indices and canonical type ids (module/type_registry.h); which of the two a
// value holds is a property of the place where it stands, said there.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"

namespace zwasm::isa {

enum class ValKind : uint8_t { i32, i64, f32, f64, v128, ref, i8, i16, bottom };

// The abstract heap types, by hierarchy: func, extern, any, exn. `bottom` of each is last.
enum class AbsHeap : uint8_t {
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
};
inline constexpr uint32_t kAbsHeapCount = 12;

class HeapType {
 public:
  constexpr HeapType() = default;
  constexpr HeapType(AbsHeap abs) : bits_(static_cast<uint32_t>(abs)) {}
  static constexpr HeapType concrete(uint32_t index) { return HeapType(index + kFirstIndex, 0); }
  static constexpr HeapType from_bits(uint32_t bits) { return HeapType(bits, 0); }
  // The heap type of references in unreachable code: below every other. Only validation sees it.
  static constexpr HeapType bottom() { return HeapType(kFirstIndex - 1, 0); }

  constexpr bool is_bottom() const { return bits_ == kFirstIndex - 1; }
  constexpr bool is_concrete() const { return bits_ >= kFirstIndex; }
  constexpr uint32_t index() const { return ZWASM_ASSERT(is_concrete()), bits_ - kFirstIndex; }
  constexpr AbsHeap abs() const {
    return ZWASM_ASSERT(!is_concrete()), static_cast<AbsHeap>(bits_);
  }
  constexpr uint32_t bits() const { return bits_; }
  friend constexpr bool operator==(HeapType, HeapType) = default;

  static constexpr uint32_t kFirstIndex = 16;
  static constexpr uint32_t kMaxIndex = (1u << 27) - 1 - kFirstIndex;

 private:
  constexpr HeapType(uint32_t bits, int) : bits_(bits) {}
  uint32_t bits_ = 0;
};

// A value type, or (i8, i16) a packed storage type, or (bottom) the type of a value in
// unreachable code that matches everything.
class ValType {
 public:
  constexpr ValType() : ValType(ValKind::bottom) {}
  constexpr ValType(ValKind kind) : bits_(static_cast<uint32_t>(kind)) {}
  static constexpr ValType ref(HeapType heap, bool nullable) {
    return ValType(
        static_cast<uint32_t>(ValKind::ref) | (nullable ? kNullable : 0u) | (heap.bits() << 5), 0);
  }

  constexpr ValKind kind() const { return static_cast<ValKind>(bits_ & 15); }
  constexpr bool is_ref() const { return kind() == ValKind::ref; }
  constexpr bool is_num() const { return kind() <= ValKind::f64; }
  constexpr bool is_vec() const { return kind() == ValKind::v128; }
  constexpr bool is_packed() const { return kind() == ValKind::i8 || kind() == ValKind::i16; }
  constexpr bool is_bottom() const { return kind() == ValKind::bottom; }
  constexpr bool nullable() const { return (bits_ & kNullable) != 0; }
  constexpr HeapType heap() const {
    return ZWASM_ASSERT(is_ref()), HeapType::from_bits(bits_ >> 5);
  }
  constexpr ValType as_nullable() const { return ref(heap(), true); }
  constexpr ValType as_non_null() const { return ref(heap(), false); }
  // True for types whose locals start with a value: all but non-nullable references.
  constexpr bool defaultable() const { return !is_ref() || nullable(); }
  // The type that a packed storage type has on the operand stack.
  constexpr ValType unpacked() const { return is_packed() ? ValType(ValKind::i32) : *this; }
  constexpr uint32_t bits() const { return bits_; }
  static constexpr ValType from_bits(uint32_t bits) { return ValType(bits, 0); }
  friend constexpr bool operator==(ValType, ValType) = default;

 private:
  static constexpr uint32_t kNullable = 16;
  constexpr ValType(uint32_t bits, int) : bits_(bits) {}
  uint32_t bits_;
};

inline constexpr ValType kI32 = ValKind::i32;
inline constexpr ValType kI64 = ValKind::i64;
inline constexpr ValType kF32 = ValKind::f32;
inline constexpr ValType kF64 = ValKind::f64;
inline constexpr ValType kV128 = ValKind::v128;
inline constexpr ValType kFuncRef = ValType::ref(AbsHeap::func, true);
inline constexpr ValType kExternRef = ValType::ref(AbsHeap::extern_, true);
inline constexpr ValType kAnyRef = ValType::ref(AbsHeap::any, true);
inline constexpr ValType kExnRef = ValType::ref(AbsHeap::exn, true);

// Frame slots of eight bytes that a value of the type takes.
constexpr uint32_t slots_of(ValType t) { return t.is_vec() ? 2u : 1u; }

std::string_view heap_name(AbsHeap heap);
// As the text format writes them; type indices as numbers.
std::string to_string(HeapType heap);
std::string to_string(ValType type);

enum class ExternKind : uint8_t { func = 0, table = 1, memory = 2, global = 3, tag = 4 };

}  // namespace zwasm::isa
