// How an object of the collected heap is laid out: what allocation, field access, tracing and
// casts need to know about a type, computed once per module type.
//
//   every object   | header: shape (48 bits), mark epoch (8), flags (8) |
//   struct         | header | fields in order, each at its natural alignment (at most 8) …  |
//   array          | header | u32 length | elements, from offset 12 or 16 …                  |
//   exception      | header | TagCell* | one slot per argument (a v128: two) …               |
//   host object    | header | u64 index into the heap's table of host values                 |
//
// Fields stand in declaration order, so a subtype's layout begins with its supertype's. A
// reference to a function is a FuncRef* of eight bytes and not traced; all other references are
// GcRefs of four.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/arena.h"
#include "module/type_registry.h"
#include "runtime/layout.h"

namespace zwasm::runtime::gc {

// How a field or element is stored.
enum class Storage : uint8_t { i8, i16, i32, i64, f32, f64, v128, ref, func };

constexpr uint32_t storage_size(Storage s) {
  switch (s) {
    case Storage::i8: return 1;
    case Storage::i16: return 2;
    case Storage::i32:
    case Storage::f32:
    case Storage::ref: return 4;
    case Storage::i64:
    case Storage::f64:
    case Storage::func: return 8;
    case Storage::v128: return 16;
  }
  return 0;
}

inline constexpr uint32_t kHeaderSize = 8;
inline constexpr uint32_t kArrayLengthOffset = 8;
inline constexpr uint32_t kExceptionTagOffset = 8;
inline constexpr uint32_t kExceptionArgsOffset = 16;
inline constexpr uint32_t kHostIndexOffset = 8;

struct Shape {
  enum class Kind : uint8_t { struct_, array, exception, host };
  struct Field {
    uint32_t offset;
    Storage storage;
    bool mut;
  };

  Kind kind = Kind::struct_;
  Storage elem = Storage::i8;  // array: element storage
  uint8_t elem_offset = 0;     // array: offset of element 0
  bool elem_mut = false;       // array
  uint32_t size = 0;           // all but arrays: bytes including the header, multiple of 8
  module::CanonId type = module::kNoCanon;
  // Supertypes from the root down to `type` itself: a cast to a type at depth d compares
  // display[d].
  std::span<const module::CanonId> display;
  std::span<const Field> fields;   // struct: by field index; exception: by argument
  std::span<const uint32_t> refs;  // offsets of GcRefs to trace; arrays: see elem
};

// Reference types of the func hierarchy are stored as FuncRef*. `is_func` tells by heap type;
// concrete heap types must hold canonical ids.
bool is_func_ref(const module::TypeRegistry& registry, isa::ValType type);
Storage storage_of(const module::TypeRegistry& registry, isa::ValType type);

// Makes shapes and owns them; objects of a heap refer to shapes by address, so the owner (a loaded
// module, a store) must outlive every heap that may hold such objects.
class ShapeArena {
 public:
  explicit ShapeArena(std::pmr::memory_resource* memory = std::pmr::new_delete_resource())
      : arena_(memory) {}
  // The shape of a struct or array type; for a function type, that of exceptions with a tag of
  // this type.
  const Shape* make(const module::TypeRegistry& registry, module::CanonId id);

 private:
  Arena arena_;
};

extern const Shape kHostShape;

// Bytes of an array object, or 0 if that exceeds what any heap can hold.
constexpr uint32_t array_size(const Shape& shape, uint64_t length) {
  uint64_t bytes = shape.elem_offset + length * storage_size(shape.elem);
  if (length > UINT32_MAX || bytes > (uint64_t{1} << 31)) return 0;
  return static_cast<uint32_t>((bytes + 7) & ~uint64_t{7});
}

}  // namespace zwasm::runtime::gc
