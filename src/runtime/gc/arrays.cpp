#include "runtime/gc/arrays.h"

#include <algorithm>
#include <cstring>

#include "runtime/gc/fields.h"

namespace zwasm::runtime {

using gc::Shape;
using gc::Storage;

namespace {

bool in_bounds(uint64_t at, uint64_t count, uint64_t length) {
  return at <= length && count <= length - at;
}

uint8_t* element(StoreContext& context, GcRef array, const Shape& shape, uint32_t index) {
  return context.heap_base + array + shape.elem_offset + size_t{index} * storage_size(shape.elem);
}

// Writes without barrier; the caller remembers the object afterwards.
void fill_raw(StoreContext& context, GcRef array, const Shape& shape, uint32_t at,
              const Slot* value, uint32_t count) {
  uint32_t size = storage_size(shape.elem);
  uint8_t* to = element(context, array, shape, at);
  if (size == 1 || value->u64 == 0) {
    bool zero = size == 16 ? (value[0].u64 | value[1].u64) == 0 : true;
    if (zero) {
      std::memset(to, static_cast<int>(value->u32 & 0xFF), size_t{count} * size);
      return;
    }
  }
  for (uint32_t i = 0; i < count; ++i) std::memcpy(to + size_t{i} * size, value, size);
}

// Segment slots are eight bytes, references in the heap four (GcRef) or eight (FuncRef*).
void copy_slots(StoreContext& context, GcRef array, const Shape& shape, uint32_t to,
                std::span<const Slot> from) {
  uint32_t size = storage_size(shape.elem);
  uint8_t* at = element(context, array, shape, to);
  for (size_t i = 0; i < from.size(); ++i) std::memcpy(at + i * size, &from[i], size);
}

}  // namespace

GcRef array_new(StoreContext& context, const Shape& shape, uint64_t length, const Slot* value) {
  GcRef array = GcHeap::allocate_array(context, shape, length);
  if (array == kNullRef) return kNullRef;
  static constexpr Slot kZero[2] = {};
  fill_raw(context, array, shape, 0, value != nullptr ? value : kZero,
           static_cast<uint32_t>(length));
  if (value != nullptr && shape.elem == Storage::ref) GcHeap::remember_object(context, array);
  return array;
}

GcRef array_new_fixed(StoreContext& context, const Shape& shape, uint32_t length,
                      const Slot* values) {
  GcRef array = GcHeap::allocate_array(context, shape, length);
  if (array == kNullRef) return kNullRef;
  uint32_t size = storage_size(shape.elem);
  uint32_t stride = size == 16 ? 2 : 1;
  uint8_t* to = element(context, array, shape, 0);
  for (uint32_t i = 0; i < length; ++i)
    std::memcpy(to + size_t{i} * size, values + size_t{i} * stride, size);
  if (shape.elem == Storage::ref) GcHeap::remember_object(context, array);
  return array;
}

Trap array_new_data(StoreContext& context, const Shape& shape, std::span<const uint8_t> segment,
                    uint32_t from, uint32_t length, GcRef& result) {
  uint64_t bytes = uint64_t{length} * storage_size(shape.elem);
  if (!in_bounds(from, bytes, segment.size())) return Trap::memory_out_of_bounds;
  result = GcHeap::allocate_array(context, shape, length);
  if (result == kNullRef) return Trap::heap_exhausted;
  if (bytes != 0) std::memcpy(element(context, result, shape, 0), segment.data() + from, bytes);
  return Trap::none;
}

Trap array_init_data(StoreContext& context, GcRef array, uint32_t to,
                     std::span<const uint8_t> segment, uint32_t from, uint32_t count) {
  if (array == kNullRef) return Trap::null_array_reference;
  const Shape& shape = GcHeap::shape_of(context, array);
  if (!in_bounds(to, count, GcHeap::array_length(context, array))) return Trap::array_out_of_bounds;
  uint64_t bytes = uint64_t{count} * storage_size(shape.elem);
  if (!in_bounds(from, bytes, segment.size())) return Trap::memory_out_of_bounds;
  if (bytes != 0) std::memcpy(element(context, array, shape, to), segment.data() + from, bytes);
  return Trap::none;
}

Trap array_new_elem(StoreContext& context, const Shape& shape, std::span<const Slot> segment,
                    uint32_t from, uint32_t length, GcRef& result) {
  if (!in_bounds(from, length, segment.size())) return Trap::table_out_of_bounds;
  result = GcHeap::allocate_array(context, shape, length);
  if (result == kNullRef) return Trap::heap_exhausted;
  copy_slots(context, result, shape, 0, segment.subspan(from, length));
  if (shape.elem == Storage::ref) GcHeap::remember_object(context, result);
  return Trap::none;
}

Trap array_init_elem(StoreContext& context, GcRef array, uint32_t to, std::span<const Slot> segment,
                     uint32_t from, uint32_t count) {
  if (array == kNullRef) return Trap::null_array_reference;
  const Shape& shape = GcHeap::shape_of(context, array);
  if (!in_bounds(to, count, GcHeap::array_length(context, array))) return Trap::array_out_of_bounds;
  if (!in_bounds(from, count, segment.size())) return Trap::table_out_of_bounds;
  copy_slots(context, array, shape, to, segment.subspan(from, count));
  if (shape.elem == Storage::ref) GcHeap::remember_object(context, array);
  return Trap::none;
}

Trap array_fill(StoreContext& context, GcRef array, uint32_t at, const Slot* value,
                uint32_t count) {
  if (array == kNullRef) return Trap::null_array_reference;
  const Shape& shape = GcHeap::shape_of(context, array);
  if (!in_bounds(at, count, GcHeap::array_length(context, array))) return Trap::array_out_of_bounds;
  fill_raw(context, array, shape, at, value, count);
  if (shape.elem == Storage::ref) GcHeap::remember_object(context, array);
  return Trap::none;
}

Trap array_copy(StoreContext& context, GcRef to_array, uint32_t to, GcRef from_array, uint32_t from,
                uint32_t count) {
  if (to_array == kNullRef || from_array == kNullRef) return Trap::null_array_reference;
  const Shape& shape = GcHeap::shape_of(context, to_array);
  if (!in_bounds(to, count, GcHeap::array_length(context, to_array)) ||
      !in_bounds(from, count, GcHeap::array_length(context, from_array)))
    return Trap::array_out_of_bounds;
  const Shape& from_shape = GcHeap::shape_of(context, from_array);
  std::memmove(element(context, to_array, shape, to),
               element(context, from_array, from_shape, from),
               size_t{count} * storage_size(shape.elem));
  if (shape.elem == Storage::ref) GcHeap::remember_object(context, to_array);
  return Trap::none;
}

}  // namespace zwasm::runtime
