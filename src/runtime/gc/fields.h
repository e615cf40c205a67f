// Reading and writing fields and elements of heap objects as slots. Narrow reads come
// zero-extended or, on request, sign-extended to i32; a v128 takes two slots.
#pragma once
#include <cstring>

#include "runtime/gc/heap.h"

namespace zwasm::runtime {

template <class T>
inline T load_field(const StoreContext& context, GcRef object, uint32_t offset) {
  T value;
  std::memcpy(&value, context.heap_base + object + offset, sizeof value);
  return value;
}
template <class T>
inline void store_field(StoreContext& context, GcRef object, uint32_t offset, T value) {
  std::memcpy(context.heap_base + object + offset, &value, sizeof value);
}

inline void read_field(const StoreContext& context, GcRef object, uint32_t offset,
                       gc::Storage storage, bool sign_extend, Slot* to) {
  using gc::Storage;
  switch (storage) {
    case Storage::i8: {
      auto v = load_field<uint8_t>(context, object, offset);
      to->u64 = sign_extend ? static_cast<uint32_t>(static_cast<int8_t>(v)) : v;
      return;
    }
    case Storage::i16: {
      auto v = load_field<uint16_t>(context, object, offset);
      to->u64 = sign_extend ? static_cast<uint32_t>(static_cast<int16_t>(v)) : v;
      return;
    }
    case Storage::i32:
    case Storage::f32:
    case Storage::ref: to->u64 = load_field<uint32_t>(context, object, offset); return;
    case Storage::i64:
    case Storage::f64:
    case Storage::func: to->u64 = load_field<uint64_t>(context, object, offset); return;
    case Storage::v128: std::memcpy(to, context.heap_base + object + offset, 16); return;
  }
}

// Writes with the barrier that an old object needs.
inline void write_field(StoreContext& context, GcRef object, uint32_t offset, gc::Storage storage,
                        const Slot* from) {
  using gc::Storage;
  switch (storage) {
    case Storage::i8: store_field(context, object, offset, static_cast<uint8_t>(from->u32)); return;
    case Storage::i16:
      store_field(context, object, offset, static_cast<uint16_t>(from->u32));
      return;
    case Storage::i32:
    case Storage::f32: store_field(context, object, offset, from->u32); return;
    case Storage::ref: GcHeap::write_ref(context, object, offset, from->ref); return;
    case Storage::i64:
    case Storage::f64:
    case Storage::func: store_field(context, object, offset, from->u64); return;
    case Storage::v128: std::memcpy(context.heap_base + object + offset, from, 16); return;
  }
}

}  // namespace zwasm::runtime
