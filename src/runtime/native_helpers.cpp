// What native code asks of the runtime: the functions behind the stubs of native_helpers.def. Each
// is a thin face of builtins.h or of the collected heap.
//
// An allocation may move what the arguments refer to, which no frame holds any more: such
// arguments are kept in handles meanwhile (Rooted).
#include "runtime/native_helpers.h"

#include <cstring>

#include "runtime/builtins.h"
#include "runtime/gc/arrays.h"
#include "runtime/gc/casts.h"
#include "runtime/gc/fields.h"
#include "runtime/instance.h"
#include "runtime/store.h"
#include "runtime/stubs.h"

namespace zwasm::runtime {
namespace {

using isa::Trap;

HelperResult done(Trap trap) { return {0, static_cast<uint64_t>(trap)}; }
HelperResult done(uint64_t value, Trap trap) { return {value, static_cast<uint64_t>(trap)}; }
HelperResult allocated(GcRef ref) {
  return done(ref, ref == kNullRef ? Trap::heap_exhausted : Trap::none);
}

const gc::Shape& shape_of_type(const Instance& instance, uint32_t type) {
  return *instance.shapes[type];
}

// A module's type with the canonical id of a concrete heap type.
isa::ValType canonical(const Instance& instance, uint32_t bits) {
  return instance.module->types().canon(isa::ValType::from_bits(bits));
}

// The bits of a value as slots that are a root when they hold a reference of the heap.
class Rooted {
 public:
  Rooted(Instance& instance, bool is_ref, uint64_t low, uint64_t high = 0)
      : heap_(*instance.context->heap), is_ref_(is_ref) {
    slots_[0].u64 = is_ref ? static_cast<uint32_t>(low) : low;
    slots_[1].u64 = high;
    if (is_ref_) heap_.push_root(slots_[0]);
  }
  ~Rooted() {
    if (is_ref_) heap_.pop_root();
  }
  Rooted(const Rooted&) = delete;
  Rooted& operator=(const Rooted&) = delete;
  const Slot* slots() const { return slots_; }

 private:
  GcHeap& heap_;
  bool is_ref_;
  Slot slots_[2];
};

bool table_holds_refs(const Instance& instance, uint32_t table) {
  return !static_cast<Table*>(instance.tables[table])->holds_funcs();
}

}  // namespace

extern "C" {

HelperResult zwasm_helper_raise(Instance*, uint32_t trap) { return {0, trap}; }

HelperResult zwasm_helper_throw_(Instance* instance, GcRef exception) {
  [[maybe_unused]] CallStatus status = builtins::throw_exception(*instance->context, exception);
  return {0, HelperResult::kThrew};
}

// --- memories ---

HelperResult zwasm_helper_memory_grow(Instance* instance, uint32_t memory, uint64_t pages) {
  builtins::GrowResult r = builtins::memory_grow(*instance, memory, pages);
  return done(r.previous, r.trap);
}
HelperResult zwasm_helper_memory_fill(Instance* instance, uint32_t memory, uint64_t to,
                                      uint32_t byte, uint64_t count) {
  return done(builtins::memory_fill(*instance, memory, to, static_cast<uint8_t>(byte), count));
}
HelperResult zwasm_helper_memory_copy(Instance* instance, uint32_t to_memory, uint32_t from_memory,
                                      uint64_t to, uint64_t from, uint64_t count) {
  return done(builtins::memory_copy(*instance, to_memory, from_memory, to, from, count));
}
HelperResult zwasm_helper_memory_init(Instance* instance, uint32_t memory, uint32_t segment,
                                      uint64_t to, uint32_t from, uint32_t count) {
  return done(builtins::memory_init(*instance, memory, segment, to, from, count));
}
HelperResult zwasm_helper_data_drop(Instance* instance, uint32_t segment) {
  builtins::data_drop(*instance, segment);
  return done(Trap::none);
}
HelperResult zwasm_helper_memory_wait32(Instance* instance, uint32_t memory, uint64_t address,
                                        uint32_t expected, uint64_t timeout) {
  builtins::WaitResult r =
      builtins::memory_wait32(*instance, memory, address, expected, static_cast<int64_t>(timeout));
  return done(r.value, r.trap);
}
HelperResult zwasm_helper_memory_wait64(Instance* instance, uint32_t memory, uint64_t address,
                                        uint64_t expected, uint64_t timeout) {
  builtins::WaitResult r =
      builtins::memory_wait64(*instance, memory, address, expected, static_cast<int64_t>(timeout));
  return done(r.value, r.trap);
}
HelperResult zwasm_helper_memory_notify(Instance* instance, uint32_t memory, uint64_t address,
                                        uint32_t count) {
  builtins::WaitResult r = builtins::memory_notify(*instance, memory, address, count);
  return done(r.value, r.trap);
}

// --- tables ---

HelperResult zwasm_helper_table_grow(Instance* instance, uint32_t table, uint64_t value,
                                     uint64_t count) {
  Rooted kept(*instance, table_holds_refs(*instance, table), value);
  builtins::GrowResult r = builtins::table_grow(*instance, table, *kept.slots(), count);
  return done(r.previous, r.trap);
}
HelperResult zwasm_helper_table_fill(Instance* instance, uint32_t table, uint64_t to,
                                     uint64_t value, uint64_t count) {
  Rooted kept(*instance, table_holds_refs(*instance, table), value);
  return done(builtins::table_fill(*instance, table, to, *kept.slots(), count));
}
HelperResult zwasm_helper_table_copy(Instance* instance, uint32_t to_table, uint32_t from_table,
                                     uint64_t to, uint64_t from, uint64_t count) {
  return done(builtins::table_copy(*instance, to_table, from_table, to, from, count));
}
HelperResult zwasm_helper_table_init(Instance* instance, uint32_t table, uint32_t segment,
                                     uint64_t to, uint32_t from, uint32_t count) {
  return done(builtins::table_init(*instance, table, segment, to, from, count));
}
HelperResult zwasm_helper_elem_drop(Instance* instance, uint32_t segment) {
  builtins::elem_drop(*instance, segment);
  return done(Trap::none);
}

// --- types ---

HelperResult zwasm_helper_func_type_matches(Instance* instance, uint32_t actual, uint32_t type) {
  return done(builtins::func_type_matches(*instance, actual, instance->types[type]), Trap::none);
}
HelperResult zwasm_helper_func_ref_is(Instance* instance, uint64_t ref, uint32_t type) {
  auto* func = reinterpret_cast<FuncRef*>(ref);
  return done(builtins::func_ref_is(*instance, func, canonical(*instance, type)), Trap::none);
}
HelperResult zwasm_helper_ref_is(Instance* instance, GcRef ref, uint32_t bits) {
  isa::ValType type = canonical(*instance, bits);
  if (ref == kNullRef) return done(type.nullable(), Trap::none);
  isa::HeapType heap = type.heap();
  uint32_t depth = 0;
  if (heap.is_concrete())
    depth = static_cast<uint32_t>(
        instance->module->engine().types().type(heap.index()).display.size() - 1);
  return done(object_is(*instance->context, ref, heap, depth), Trap::none);
}

// --- the collected heap ---

HelperResult zwasm_helper_struct_new(Instance* instance, uint32_t type) {
  StoreContext& context = *instance->context;
  const gc::Shape& shape = shape_of_type(*instance, type);
  GcRef ref = GcHeap::allocate(context, shape);
  if (ref != kNullRef)
    std::memset(context.heap_base + ref + gc::kHeaderSize, 0, shape.size - gc::kHeaderSize);
  return allocated(ref);
}
HelperResult zwasm_helper_array_new(Instance* instance, uint32_t type, uint32_t length,
                                    uint64_t low, uint64_t high) {
  const gc::Shape& shape = shape_of_type(*instance, type);
  Rooted value(*instance, shape.elem == gc::Storage::ref, low, high);
  return allocated(array_new(*instance->context, shape, length, value.slots()));
}
HelperResult zwasm_helper_array_new_default(Instance* instance, uint32_t type, uint32_t length) {
  return allocated(array_new(*instance->context, shape_of_type(*instance, type), length, nullptr));
}
HelperResult zwasm_helper_array_new_data(Instance* instance, uint32_t type, uint32_t segment,
                                         uint32_t from, uint32_t length) {
  GcRef ref = kNullRef;
  Trap trap = array_new_data(*instance->context, shape_of_type(*instance, type),
                             builtins::data_segment(*instance, segment), from, length, ref);
  return done(ref, trap);
}
HelperResult zwasm_helper_array_new_elem(Instance* instance, uint32_t type, uint32_t segment,
                                         uint32_t from, uint32_t length) {
  GcRef ref = kNullRef;
  Trap trap = array_new_elem(*instance->context, shape_of_type(*instance, type),
                             builtins::elem_segment(*instance, segment), from, length, ref);
  return done(ref, trap);
}
HelperResult zwasm_helper_array_fill(Instance* instance, GcRef array, uint32_t at, uint64_t low,
                                     uint64_t high, uint32_t count) {
  Slot value[2];
  value[0].u64 = low;
  value[1].u64 = high;
  return done(array_fill(*instance->context, array, at, value, count));
}
HelperResult zwasm_helper_array_copy(Instance* instance, GcRef to_array, uint32_t to,
                                     GcRef from_array, uint32_t from, uint32_t count) {
  return done(array_copy(*instance->context, to_array, to, from_array, from, count));
}
HelperResult zwasm_helper_array_init_data(Instance* instance, GcRef array, uint32_t to,
                                          uint32_t segment, uint32_t from, uint32_t count) {
  return done(array_init_data(*instance->context, array, to,
                              builtins::data_segment(*instance, segment), from, count));
}
HelperResult zwasm_helper_array_init_elem(Instance* instance, GcRef array, uint32_t to,
                                          uint32_t segment, uint32_t from, uint32_t count) {
  return done(array_init_elem(*instance->context, array, to,
                              builtins::elem_segment(*instance, segment), from, count));
}
HelperResult zwasm_helper_exception_new(Instance* instance, uint32_t tag) {
  StoreContext& context = *instance->context;
  const gc::Shape& shape = shape_of_type(*instance, instance->module->module().tags[tag].type);
  GcRef ref = GcHeap::allocate(context, shape);
  if (ref != kNullRef) {
    uint8_t* object = context.heap_base + ref;
    std::memset(object + gc::kHeaderSize, 0, shape.size - gc::kHeaderSize);
    std::memcpy(object + gc::kExceptionTagOffset, &instance->tags[tag], sizeof(TagCell*));
  }
  return allocated(ref);
}
HelperResult zwasm_helper_remember(Instance* instance, GcRef object) {
  GcHeap::remember_object(*instance->context, object);
  return done(Trap::none);
}
HelperResult zwasm_helper_remember_slot(Instance* instance, GcRef object, uint32_t offset) {
  instance->context->heap->remember_slot(object + offset);
  return done(Trap::none);
}

// What the stub `poll` calls; every helper's stub, when it failed.
uint64_t zwasm_helper_poll(StoreContext* context) {
  return static_cast<uint64_t>(builtins::on_poll(*context));
}
uint64_t zwasm_native_fail(StoreContext* context, uint64_t failure) {
  if (failure == HelperResult::kThrew) return static_cast<uint64_t>(CallStatus::threw);
  return static_cast<uint64_t>(builtins::raise(*context, static_cast<Trap>(failure)));
}

#define NATIVE_HELPER(id, kind, params, result, about) void zwasm_native_##id();
#include "runtime/native_helpers.def"

}  // extern "C"

namespace {

// The rows say what the functions are.
constexpr bool is_type(char letter, uint32_t*) { return letter == 'i' || letter == 'r'; }
constexpr bool is_type(char letter, uint64_t*) {
  return letter == 'l' || letter == 'v' || letter == 'b';
}
template <class... Params>
constexpr bool has_params(HelperResult (*)(Instance*, Params...), const char* letters) {
  size_t at = 0;
  bool same = true;
  ((same = same && letters[at] != 0 && is_type(letters[at], static_cast<Params*>(nullptr)),
    at += same),
   ...);
  return same && letters[at] == 0 && at <= 5;
}
constexpr bool has_params(uint64_t (*)(StoreContext*), const char* letters) {
  return letters[0] == 0;
}
#define NATIVE_HELPER(id, kind, params, result, about) \
  static_assert(has_params(&zwasm_helper_##id, params));
#include "runtime/native_helpers.def"

}  // namespace

const void* const kNativeHelpers[] = {
#define NATIVE_HELPER(id, kind, params, result, about) \
  reinterpret_cast<const void*>(&zwasm_native_##id),
#include "runtime/native_helpers.def"
};

}  // namespace zwasm::runtime
