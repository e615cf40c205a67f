// Bulk operations on arrays of the collected heap. Null checks and bounds are here; the array's
// shape tells the element storage. Counts and indices are u32 as in the instructions.

#pragma once
#include <span>

#include "isa/traps.h"
#include "runtime/gc/heap.h"

namespace zwasm::runtime {

using isa::Trap;

// array.new: `length` copies of `value` (two slots for v128); null slots make array.new_default.
// `value` is a root (it is read after allocating). The result is kNullRef when the heap is
// exhausted.
GcRef array_new(StoreContext& context, const gc::Shape& shape, uint64_t length, const Slot* value);
// array.new_fixed: the values stand in order, each in the slots of its type; they are roots.
GcRef array_new_fixed(StoreContext& context, const gc::Shape& shape, uint32_t length,
                      const Slot* values);
// array.new_data / array.init_data: numeric or vector elements from segment bytes.
Trap array_new_data(StoreContext& context, const gc::Shape& shape, std::span<const uint8_t> segment,
                    uint32_t from, uint32_t length, GcRef& result);
Trap array_init_data(StoreContext& context, GcRef array, uint32_t to,
                     std::span<const uint8_t> segment, uint32_t from, uint32_t count);
// array.new_elem / array.init_elem: `segment` holds evaluated references (GcRef or FuncRef* by the
// array's element storage) in slots that are roots.
Trap array_new_elem(StoreContext& context, const gc::Shape& shape, std::span<const Slot> segment,
                    uint32_t from, uint32_t length, GcRef& result);
Trap array_init_elem(StoreContext& context, GcRef array, uint32_t to, std::span<const Slot> segment,
                     uint32_t from, uint32_t count);
Trap array_fill(StoreContext& context, GcRef array, uint32_t at, const Slot* value, uint32_t count);
Trap array_copy(StoreContext& context, GcRef to_array, uint32_t to, GcRef from_array, uint32_t from,
                uint32_t count);

}  // namespace zwasm::runtime
