// Structs and arrays. An object may move whenever something is allocated: handlers read references
// from their slots after that.
#include <cstring>
#include <span>

#include "interp/handlers/misc_handlers.h"
#include "runtime/gc/arrays.h"
#include "runtime/gc/fields.h"
#include "runtime/gc/heap.h"
#include "runtime/instance.h"

namespace zwasm::interp {

using runtime::GcHeap;
using runtime::GcRef;
using runtime::kNullRef;
namespace gc = runtime::gc;

// --- structs

namespace {

[[gnu::noinline]] bool new_struct(Slot* result, StoreContext& context, const gc::Shape& shape,
                                  const Slot* from) {
  GcRef ref = GcHeap::allocate(context, shape);
  if (ref == kNullRef) return false;
  if (from == nullptr) {
    std::memset(context.heap_base + ref + gc::kHeaderSize, 0, shape.size - gc::kHeaderSize);
  } else {
    for (const gc::Shape::Field& field : shape.fields) {
      // A new object needs no barrier for each field: remember_object does.
      if (field.storage == gc::Storage::ref)
        runtime::store_field(context, ref, field.offset, from->ref);
      else runtime::write_field(context, ref, field.offset, field.storage, from);
      from += field.storage == gc::Storage::v128 ? 2 : 1;
    }
    GcHeap::remember_object(context, ref);
  }
  result->u64 = ref;
  return true;
}

}  // namespace

void op_struct_new(ZW_PARAMS) {
  leave(ip, fp, inst, false);
  if (!new_struct(&slot_at(fp, ip[2]), *inst->context, *load_pointer<gc::Shape>(ip + 4),
                  &slot_at(fp, ip[3]))) [[unlikely]]
    ZW_TRAP(Trap::heap_exhausted);
  ZW_NEXT(6);
}
void op_struct_new_default(ZW_PARAMS) {
  leave(ip, fp, inst, false);
  if (!new_struct(&slot_at(fp, ip[2]), *inst->context, *load_pointer<gc::Shape>(ip + 3), nullptr))
      [[unlikely]]
    ZW_TRAP(Trap::heap_exhausted);
  ZW_NEXT(5);
}

#define ZW_STRUCT_GET(name, T, R)                                                                  \
  void op_struct_get_##name(ZW_PARAMS) {                                                           \
    GcRef ref = slot_at(fp, ip[3]).ref;                                                            \
    if (ref == kNullRef) [[unlikely]]                                                              \
      ZW_TRAP(Trap::null_structure_reference);                                                     \
    acc =                                                                                          \
        static_cast<uint64_t>(static_cast<R>(runtime::load_field<T>(*inst->context, ref, ip[4]))); \
    slot_at(fp, ip[2]).u64 = acc;                                                                  \
    ZW_NEXT(5);                                                                                    \
  }
ZW_STRUCT_GET(i8_s, int8_t, uint32_t)
ZW_STRUCT_GET(i8_u, uint8_t, uint32_t)
ZW_STRUCT_GET(i16_s, int16_t, uint32_t)
ZW_STRUCT_GET(i16_u, uint16_t, uint32_t)
ZW_STRUCT_GET(32, uint32_t, uint32_t)
ZW_STRUCT_GET(64, uint64_t, uint64_t)

void op_struct_get_v128(ZW_PARAMS) {
  GcRef ref = slot_at(fp, ip[3]).ref;
  if (ref == kNullRef) [[unlikely]]
    ZW_TRAP(Trap::null_structure_reference);
  Slot* d = &slot_at(fp, ip[2]);
  std::memcpy(d, inst->context->heap_base + ref + ip[4], 16);
  ZW_NEXT(5);
}

#define ZW_STRUCT_SET(name, T)                                                                   \
  void op_struct_set_##name(ZW_PARAMS) {                                                         \
    GcRef ref = slot_at(fp, ip[2]).ref;                                                          \
    if (ref == kNullRef) [[unlikely]]                                                            \
      ZW_TRAP(Trap::null_structure_reference);                                                   \
    runtime::store_field<T>(*inst->context, ref, ip[4], static_cast<T>(slot_at(fp, ip[3]).u64)); \
    ZW_NEXT(5);                                                                                  \
  }
ZW_STRUCT_SET(8, uint8_t)
ZW_STRUCT_SET(16, uint16_t)
ZW_STRUCT_SET(32, uint32_t)
ZW_STRUCT_SET(64, uint64_t)

void op_struct_set_ref(ZW_PARAMS) {
  GcRef ref = slot_at(fp, ip[2]).ref;
  if (ref == kNullRef) [[unlikely]]
    ZW_TRAP(Trap::null_structure_reference);
  GcHeap::write_ref(*inst->context, ref, ip[4], slot_at(fp, ip[3]).ref);
  ZW_NEXT(5);
}
void op_struct_set_v128(ZW_PARAMS) {
  GcRef ref = slot_at(fp, ip[2]).ref;
  if (ref == kNullRef) [[unlikely]]
    ZW_TRAP(Trap::null_structure_reference);
  std::memcpy(inst->context->heap_base + ref + ip[4], &slot_at(fp, ip[3]), 16);
  ZW_NEXT(5);
}

// --- arrays

void op_array_new(ZW_PARAMS) {
  leave(ip, fp, inst, false);
  GcRef ref = runtime::array_new(*inst->context, *load_pointer<gc::Shape>(ip + 5),
                                 slot_at(fp, ip[4]).u32, &slot_at(fp, ip[3]));
  if (ref == kNullRef) [[unlikely]]
    ZW_TRAP(Trap::heap_exhausted);
  slot_at(fp, ip[2]).u64 = ref;
  ZW_NEXT(7);
}
void op_array_new_default(ZW_PARAMS) {
  leave(ip, fp, inst, false);
  GcRef ref = runtime::array_new(*inst->context, *load_pointer<gc::Shape>(ip + 4),
                                 slot_at(fp, ip[3]).u32, nullptr);
  if (ref == kNullRef) [[unlikely]]
    ZW_TRAP(Trap::heap_exhausted);
  slot_at(fp, ip[2]).u64 = ref;
  ZW_NEXT(6);
}
void op_array_new_fixed(ZW_PARAMS) {
  leave(ip, fp, inst, false);
  GcRef ref = runtime::array_new_fixed(*inst->context, *load_pointer<gc::Shape>(ip + 5), ip[4],
                                       &slot_at(fp, ip[3]));
  if (ref == kNullRef) [[unlikely]]
    ZW_TRAP(Trap::heap_exhausted);
  slot_at(fp, ip[2]).u64 = ref;
  ZW_NEXT(7);
}

namespace {

std::span<const uint8_t> data_of(Instance* inst, uint32_t segment) {
  if (inst->dropped_datas[segment]) return {};
  return inst->module->module().datas[segment].bytes;
}
// The values of an element segment. Those of a list of functions are made here.
std::span<const Slot> elems_of(Instance* inst, uint32_t segment, std::vector<Slot>& storage) {
  if (inst->dropped_elems[segment]) return {};
  const module::ElemSegment& elems = inst->module->module().elems[segment];
  if (elems.uses_exprs) return runtime::record_of(*inst).elem_values[segment];
  storage.resize(elems.funcs.size());
  for (size_t i = 0; i < storage.size(); ++i) storage[i].func = inst->funcs[elems.funcs[i]];
  return storage;
}

[[gnu::noinline]] Trap new_from_data(Slot* result, Instance* inst, const gc::Shape& shape,
                                     uint32_t segment, uint32_t from, uint32_t length) {
  GcRef ref = kNullRef;
  Trap trap =
      runtime::array_new_data(*inst->context, shape, data_of(inst, segment), from, length, ref);
  if (trap == Trap::none) result->u64 = ref;
  return trap;
}
[[gnu::noinline]] Trap new_from_elems(Slot* result, Instance* inst, const gc::Shape& shape,
                                      uint32_t segment, uint32_t from, uint32_t length) {
  GcRef ref = kNullRef;
  std::vector<Slot> storage;
  Trap trap = runtime::array_new_elem(*inst->context, shape, elems_of(inst, segment, storage), from,
                                      length, ref);
  if (trap == Trap::none) result->u64 = ref;
  return trap;
}
[[gnu::noinline]] Trap init_from_elems(Instance* inst, GcRef array, uint32_t to, uint32_t segment,
                                       uint32_t from, uint32_t count) {
  std::vector<Slot> storage;
  return runtime::array_init_elem(*inst->context, array, to, elems_of(inst, segment, storage), from,
                                  count);
}

}  // namespace

void op_array_new_data(ZW_PARAMS) {
  leave(ip, fp, inst, false);
  Trap trap = new_from_data(&slot_at(fp, ip[2]), inst, *load_pointer<gc::Shape>(ip + 6), ip[5],
                            slot_at(fp, ip[3]).u32, slot_at(fp, ip[4]).u32);
  if (trap != Trap::none) [[unlikely]]
    ZW_TRAP(trap);
  ZW_NEXT(8);
}
void op_array_new_elem(ZW_PARAMS) {
  leave(ip, fp, inst, false);
  Trap trap = new_from_elems(&slot_at(fp, ip[2]), inst, *load_pointer<gc::Shape>(ip + 6), ip[5],
                             slot_at(fp, ip[3]).u32, slot_at(fp, ip[4]).u32);
  if (trap != Trap::none) [[unlikely]]
    ZW_TRAP(trap);
  ZW_NEXT(8);
}

// The element's offset in the object, or a trap.
#define ZW_ELEMENT(array_word, index_word, size)                       \
  GcRef ref = slot_at(fp, ip[array_word]).ref;                         \
  if (ref == kNullRef) [[unlikely]]                                    \
    ZW_TRAP(Trap::null_array_reference);                               \
  uint32_t index = slot_at(fp, ip[index_word]).u32;                    \
  if (index >= GcHeap::array_length(*inst->context, ref)) [[unlikely]] \
    ZW_TRAP(Trap::array_out_of_bounds);                                \
  uint32_t at = index * uint32_t{size} + element_offset(size)

namespace {
// Elements start after header and length, at their alignment.
constexpr uint32_t element_offset(uint32_t size) { return size <= 4 ? 12 : 16; }
}  // namespace

#define ZW_ARRAY_GET(name, T, R)                                                                  \
  void op_array_get_##name(ZW_PARAMS) {                                                           \
    ZW_ELEMENT(3, 4, sizeof(T));                                                                  \
    acc = static_cast<uint64_t>(static_cast<R>(runtime::load_field<T>(*inst->context, ref, at))); \
    slot_at(fp, ip[2]).u64 = acc;                                                                 \
    ZW_NEXT(5);                                                                                   \
  }
ZW_ARRAY_GET(i8_s, int8_t, uint32_t)
ZW_ARRAY_GET(i8_u, uint8_t, uint32_t)
ZW_ARRAY_GET(i16_s, int16_t, uint32_t)
ZW_ARRAY_GET(i16_u, uint16_t, uint32_t)
ZW_ARRAY_GET(32, uint32_t, uint32_t)
ZW_ARRAY_GET(64, uint64_t, uint64_t)

void op_array_get_v128(ZW_PARAMS) {
  ZW_ELEMENT(3, 4, 16);
  Slot* d = &slot_at(fp, ip[2]);
  std::memcpy(d, inst->context->heap_base + ref + at, 16);
  ZW_NEXT(5);
}

#define ZW_ARRAY_SET(name, T)                                                                 \
  void op_array_set_##name(ZW_PARAMS) {                                                       \
    ZW_ELEMENT(2, 3, sizeof(T));                                                              \
    runtime::store_field<T>(*inst->context, ref, at, static_cast<T>(slot_at(fp, ip[4]).u64)); \
    ZW_NEXT(5);                                                                               \
  }
ZW_ARRAY_SET(8, uint8_t)
ZW_ARRAY_SET(16, uint16_t)
ZW_ARRAY_SET(32, uint32_t)
ZW_ARRAY_SET(64, uint64_t)

void op_array_set_ref(ZW_PARAMS) {
  ZW_ELEMENT(2, 3, 4);
  GcHeap::write_ref(*inst->context, ref, at, slot_at(fp, ip[4]).ref);
  ZW_NEXT(5);
}
void op_array_set_v128(ZW_PARAMS) {
  ZW_ELEMENT(2, 3, 16);
  std::memcpy(inst->context->heap_base + ref + at, &slot_at(fp, ip[4]), 16);
  ZW_NEXT(5);
}
void op_array_len(ZW_PARAMS) {
  GcRef ref = slot_at(fp, ip[3]).ref;
  if (ref == kNullRef) [[unlikely]]
    ZW_TRAP(Trap::null_array_reference);
  acc = GcHeap::array_length(*inst->context, ref);
  slot_at(fp, ip[2]).u64 = acc;
  ZW_NEXT(4);
}
void op_array_fill(ZW_PARAMS) {
  leave(ip, fp, inst, false);
  Trap trap = runtime::array_fill(*inst->context, slot_at(fp, ip[2]).ref, slot_at(fp, ip[3]).u32,
                                  &slot_at(fp, ip[4]), slot_at(fp, ip[5]).u32);
  if (trap != Trap::none) [[unlikely]]
    ZW_TRAP(trap);
  ZW_NEXT(6);
}
void op_array_copy(ZW_PARAMS) {
  leave(ip, fp, inst, false);
  Trap trap =
      runtime::array_copy(*inst->context, slot_at(fp, ip[2]).ref, slot_at(fp, ip[3]).u32,
                          slot_at(fp, ip[4]).ref, slot_at(fp, ip[5]).u32, slot_at(fp, ip[6]).u32);
  if (trap != Trap::none) [[unlikely]]
    ZW_TRAP(trap);
  ZW_NEXT(7);
}
void op_array_init_data(ZW_PARAMS) {
  leave(ip, fp, inst, false);
  Trap trap = runtime::array_init_data(*inst->context, slot_at(fp, ip[2]).ref,
                                       slot_at(fp, ip[3]).u32, data_of(inst, ip[6]),
                                       slot_at(fp, ip[4]).u32, slot_at(fp, ip[5]).u32);
  if (trap != Trap::none) [[unlikely]]
    ZW_TRAP(trap);
  ZW_NEXT(7);
}
void op_array_init_elem(ZW_PARAMS) {
  leave(ip, fp, inst, false);
  Trap trap = init_from_elems(inst, slot_at(fp, ip[2]).ref, slot_at(fp, ip[3]).u32, ip[6],
                              slot_at(fp, ip[4]).u32, slot_at(fp, ip[5]).u32);
  if (trap != Trap::none) [[unlikely]]
    ZW_TRAP(trap);
  ZW_NEXT(7);
}

}  // namespace zwasm::interp
