// References of the C API: identity, host info, values, traps.
#include "api/c/objects.h"

#include <algorithm>

#include "runtime/instance.h"

namespace zwasm::capi {

using detail::Internals;

const void* identity(const wasm_ref_t& ref) {
  if (auto* f = std::get_if<Func>(&ref.payload)) return Internals::func(*f);
  if (auto* g = std::get_if<Global>(&ref.payload)) return Internals::global(*g);
  if (auto* t = std::get_if<Table>(&ref.payload)) return Internals::table(*t);
  if (auto* m = std::get_if<Memory>(&ref.payload)) return Internals::memory(*m);
  if (auto* t = std::get_if<Tag>(&ref.payload)) return Internals::tag(*t);
  if (auto* i = std::get_if<Instance>(&ref.payload)) return Internals::instance(*i);
  if (auto* m = std::get_if<Module>(&ref.payload)) return Internals::module(*m).get();
  return nullptr;
}

bool same(const wasm_ref_t* a, const wasm_ref_t* b) {
  if (a == b) return true;
  if (a == nullptr || b == nullptr || a->payload.index() != b->payload.index()) return false;
  const void* id = identity(*a);
  if (id != nullptr) return id == identity(*b);
  if (auto* vector = std::get_if<Vector>(&a->payload))
    return vector->value == std::get<Vector>(b->payload).value;
  if (auto* ref = std::get_if<Ref>(&a->payload)) return *ref == std::get<Ref>(b->payload);
  return false;
}

HostInfo& host_info(wasm_ref_t& ref) {
  const void* id = identity(ref);
  return id != nullptr && ref.store != nullptr ? ref.store->host_infos[id] : ref.own_info;
}

wasm_ref_t* ref_to_c(const StoreRef& store, const Ref& ref) {
  if (ref.is_null()) return nullptr;
  if (auto func = ref.as_func()) return new wasm_ref_t(store, *func);
  if (auto* object = ref.as_host<ObjectPtr>()) return retain(object->get());
  return new wasm_ref_t(store, ref);
}

Result<Ref> ref_from_c(const StoreRef& store, const wasm_ref_t* ref, const ValType& type) {
  if (ref == nullptr) return Ref(type.heap().top());
  if (ref->store != store) return Error::usage("a reference belongs to another store");
  if (type.heap().top() == HeapKind::func) {
    if (auto* func = std::get_if<Func>(&ref->payload)) return Ref(*func);
    return Error::usage("a funcref must be null or a function");
  }
  if (auto* r = std::get_if<Ref>(&ref->payload))
    return type.heap().top() == HeapKind::extern_ ? r->as_extern() : *r;
  return Ref::host(*store->store, ObjectPtr(ref));
}

wasm_val_t to_c(const StoreRef& store, const Value& value) {
  wasm_val_t result;
  std::memset(&result, 0, sizeof result);
  switch (value.kind()) {
    case ValKind::i32:
      result.kind = WASM_I32;
      result.of.i32 = value.i32();
      break;
    case ValKind::i64:
      result.kind = WASM_I64;
      result.of.i64 = value.i64();
      break;
    case ValKind::f32: {
      result.kind = WASM_F32;
      uint32_t bits = value.f32_bits();
      std::memcpy(&result.of.f32, &bits, sizeof bits);
      break;
    }
    case ValKind::f64: {
      result.kind = WASM_F64;
      uint64_t bits = value.f64_bits();
      std::memcpy(&result.of.f64, &bits, sizeof bits);
      break;
    }
    case ValKind::v128:
      result.kind = ZWASM_V128;
      result.of.ref = new wasm_ref_t(store, Vector{value.v128()});
      break;
    case ValKind::ref:
      result.kind = value.ref().hierarchy() == HeapKind::func ? wasm_valkind_t{WASM_FUNCREF}
                                                              : wasm_valkind_t{WASM_EXTERNREF};
      result.of.ref = ref_to_c(store, value.ref());
      break;
  }
  return result;
}

Result<Value> from_c(const StoreRef& store, const wasm_val_t& value, const ValType& type) {
  wasm_valkind_t wanted = to_c(type).kind;
  if (value.kind != wanted) return Error::usage("a value is not of type " + type.to_string());
  switch (type.kind()) {
    case ValKind::i32: return Value(value.of.i32);
    case ValKind::i64: return Value(value.of.i64);
    case ValKind::f32: {
      uint32_t bits;
      std::memcpy(&bits, &value.of.f32, sizeof bits);
      return Value::f32_bits(bits);
    }
    case ValKind::f64: {
      uint64_t bits;
      std::memcpy(&bits, &value.of.f64, sizeof bits);
      return Value::f64_bits(bits);
    }
    case ValKind::v128: {
      const auto* vector =
          value.of.ref != nullptr ? std::get_if<Vector>(&value.of.ref->payload) : nullptr;
      if (vector == nullptr) return Error::usage("a vector is null");
      return Value(vector->value);
    }
    case ValKind::ref: break;
  }
  auto ref = ref_from_c(store, value.of.ref, type);
  if (!ref) return std::move(ref).error();
  return Value(*std::move(ref));
}

wasm_trap_t* make_trap(const StoreRef& store, Error error) {
  return make<wasm_trap_t>(store, std::make_unique<TrapInfo>(TrapInfo{std::move(error)}));
}

Error null_error(std::string_view what) { return Error::usage(std::string(what) + " is null"); }
wasm_trap_t* null_trap(wasm_store_t* store, std::string_view what) {
  return make_trap(share(store), null_error(what));
}

wasm_extern_t* extern_to_c(const StoreRef& store, const Extern& value) {
  // The alternatives of Extern are alternatives of Payload.
  return std::visit([&](const auto& v) { return make<wasm_extern_t>(store, v); },
                    static_cast<const Extern::variant&>(value));
}

Extern extern_from_c(const wasm_extern_t* ref) {
  switch (wasm_extern_kind(ref)) {
    case WASM_EXTERN_FUNC: return as<Func>(ref);
    case WASM_EXTERN_GLOBAL: return as<Global>(ref);
    case WASM_EXTERN_TABLE: return as<Table>(ref);
    case WASM_EXTERN_MEMORY: return as<Memory>(ref);
    default: return as<Tag>(ref);
  }
}

}  // namespace zwasm::capi

using namespace zwasm::capi;
using zwasm::detail::Internals;

// --- what every reference type has ---

static void* get_host_info(const wasm_ref_t* ref) {
  return ref != nullptr ? host_info(*const_cast<wasm_ref_t*>(ref)).data : nullptr;
}
static void set_host_info(wasm_ref_t* ref, void* data, void (*finalizer)(void*)) {
  if (ref == nullptr) return;
  host_info(*ref).finalize();
  // Looked up again: the finalizer may have set infos of its own.
  host_info(*ref) = {data, finalizer, ref->store != nullptr ? ref->store->host_infos_set++ : 0};
}

#define DEFINE_REF_BASE(name)                                                                  \
  void wasm_##name##_delete(wasm_##name##_t* ref) { release(ref); }                            \
  wasm_##name##_t* wasm_##name##_copy(const wasm_##name##_t* ref) {                            \
    return static_cast<wasm_##name##_t*>(retain(ref));                                         \
  }                                                                                            \
  bool wasm_##name##_same(const wasm_##name##_t* a, const wasm_##name##_t* b) {                \
    return same(a, b);                                                                         \
  }                                                                                            \
  void* wasm_##name##_get_host_info(const wasm_##name##_t* ref) { return get_host_info(ref); } \
  void wasm_##name##_set_host_info(wasm_##name##_t* ref, void* data) {                         \
    set_host_info(ref, data, nullptr);                                                         \
  }                                                                                            \
  void wasm_##name##_set_host_info_with_finalizer(wasm_##name##_t* ref, void* data,            \
                                                  void (*finalizer)(void*)) {                  \
    set_host_info(ref, data, finalizer);                                                       \
  }
#define DEFINE_REF(name, holds)                                                            \
  DEFINE_REF_BASE(name)                                                                    \
  wasm_ref_t* wasm_##name##_as_ref(wasm_##name##_t* ref) { return ref; }                   \
  const wasm_ref_t* wasm_##name##_as_ref_const(const wasm_##name##_t* ref) { return ref; } \
  wasm_##name##_t* wasm_ref_as_##name(wasm_ref_t* ref) {                                   \
    return ref != nullptr && (holds) ? static_cast<wasm_##name##_t*>(ref) : nullptr;       \
  }                                                                                        \
  const wasm_##name##_t* wasm_ref_as_##name##_const(const wasm_ref_t* ref) {               \
    return ref != nullptr && (holds) ? static_cast<const wasm_##name##_t*>(ref) : nullptr; \
  }
#define HOLDS(type) std::holds_alternative<type>(ref->payload)

static bool is_extern(const wasm_ref_t* ref) {
  return HOLDS(zwasm::Func) || HOLDS(zwasm::Global) || HOLDS(zwasm::Table) ||
         HOLDS(zwasm::Memory) || HOLDS(zwasm::Tag);
}

DEFINE_REF_BASE(ref)
DEFINE_REF(trap, HOLDS(std::unique_ptr<TrapInfo>))
DEFINE_REF(foreign, HOLDS(Foreign))
DEFINE_REF(module, HOLDS(zwasm::Module))
DEFINE_REF(func, HOLDS(zwasm::Func))
DEFINE_REF(global, HOLDS(zwasm::Global))
DEFINE_REF(table, HOLDS(zwasm::Table))
DEFINE_REF(memory, HOLDS(zwasm::Memory))
DEFINE_REF(instance, HOLDS(zwasm::Instance))
DEFINE_REF(extern, is_extern(ref))

#define DEFINE_EXTERN(name, type)                                                                \
  wasm_extern_t* wasm_##name##_as_extern(wasm_##name##_t* ref) { return ref; }                   \
  const wasm_extern_t* wasm_##name##_as_extern_const(const wasm_##name##_t* ref) { return ref; } \
  wasm_##name##_t* wasm_extern_as_##name(wasm_extern_t* ref) {                                   \
    return ref != nullptr && HOLDS(type) ? static_cast<wasm_##name##_t*>(ref) : nullptr;         \
  }                                                                                              \
  const wasm_##name##_t* wasm_extern_as_##name##_const(const wasm_extern_t* ref) {               \
    return ref != nullptr && HOLDS(type) ? static_cast<const wasm_##name##_t*>(ref) : nullptr;   \
  }
DEFINE_EXTERN(func, zwasm::Func)
DEFINE_EXTERN(global, zwasm::Global)
DEFINE_EXTERN(table, zwasm::Table)
DEFINE_EXTERN(memory, zwasm::Memory)

wasm_externkind_t wasm_extern_kind(const wasm_extern_t* ref) {
  if (ref == nullptr) return 0xff;  // no kind
  if (HOLDS(zwasm::Func)) return WASM_EXTERN_FUNC;
  if (HOLDS(zwasm::Global)) return WASM_EXTERN_GLOBAL;
  if (HOLDS(zwasm::Table)) return WASM_EXTERN_TABLE;
  if (HOLDS(zwasm::Memory)) return WASM_EXTERN_MEMORY;
  return WASM_EXTERN_TAG;
}

wasm_externtype_t* wasm_extern_type(const wasm_extern_t* ref) {
  if (ref == nullptr) return nullptr;
  if (HOLDS(zwasm::Func)) return to_c(zwasm::ExternType(as<zwasm::Func>(ref).type()));
  if (HOLDS(zwasm::Global)) return to_c(zwasm::ExternType(as<zwasm::Global>(ref).type()));
  if (HOLDS(zwasm::Table)) return to_c(zwasm::ExternType(as<zwasm::Table>(ref).type()));
  if (HOLDS(zwasm::Memory)) return to_c(zwasm::ExternType(as<zwasm::Memory>(ref).type()));
  return to_c(zwasm::ExternType(as<zwasm::Tag>(ref).type()));
}

// --- values ---

void wasm_val_delete(wasm_val_t* value) {
  if (value == nullptr) return;
  release(ref_of(*value));
  value->of.ref = nullptr;
}
void wasm_val_copy(wasm_val_t* out, const wasm_val_t* from) {
  if (from == nullptr) return void(*out = wasm_val_t{WASM_EXTERNREF, {.ref = nullptr}});
  *out = *from;
  retain(ref_of(*from));
}

void zwasm_v128_new(wasm_val_t* out, const uint8_t bytes[16]) {
  Vector vector;
  std::copy_n(bytes, 16, vector.value.bytes.begin());
  *out = wasm_val_t{ZWASM_V128, {.ref = new wasm_ref_t(nullptr, vector)}};
}
bool zwasm_v128_get(const wasm_val_t* value, uint8_t bytes[16]) {
  if (value == nullptr || value->kind != ZWASM_V128 || value->of.ref == nullptr) return false;
  const auto* vector = std::get_if<Vector>(&value->of.ref->payload);
  if (vector != nullptr) std::copy_n(vector->value.bytes.begin(), 16, bytes);
  return vector != nullptr;
}

// --- traps and frames ---

wasm_trap_t* wasm_trap_new(wasm_store_t* store, const wasm_message_t* message) {
  // The message is null terminated; the terminator is not part of what is kept.
  std::string text;
  if (message != nullptr && message->data != nullptr) text.assign(message->data, message->size);
  if (!text.empty() && text.back() == '\0') text.pop_back();
  return make_trap(share(store), zwasm::Error::host(std::move(text)));
}
void wasm_trap_message(const wasm_trap_t* trap, wasm_message_t* out) {
  if (trap == nullptr) return wasm_byte_vec_new_empty(out);
  wasm_name_new_from_string_nt(out, trap_info(trap).error.message.c_str());
}
wasm_frame_t* wasm_trap_origin(const wasm_trap_t* trap) {
  if (trap == nullptr) return nullptr;
  const auto& frames = trap_info(trap).error.backtrace;
  return frames.empty() ? nullptr : new wasm_frame_t{frames[0], trap->store, {}};
}
void wasm_trap_trace(const wasm_trap_t* trap, wasm_frame_vec_t* out) {
  if (trap == nullptr) return wasm_frame_vec_new_empty(out);
  const auto& frames = trap_info(trap).error.backtrace;
  wasm_frame_vec_new_uninitialized(out, frames.size());
  for (size_t i = 0; i < frames.size(); ++i)
    out->data[i] = new wasm_frame_t{frames[i], trap->store, {}};
}

void wasm_frame_delete(wasm_frame_t* frame) { delete frame; }
wasm_frame_t* wasm_frame_copy(const wasm_frame_t* frame) {
  return frame != nullptr ? new wasm_frame_t(*frame) : nullptr;
}
wasm_instance_t* wasm_frame_instance(const wasm_frame_t* frame) {
  if (frame == nullptr) return nullptr;
  if (!frame->instance && frame->frame.instance != nullptr && frame->store->alive()) {
    auto* instance =
        static_cast<zwasm::runtime::Instance*>(const_cast<void*>(frame->frame.instance));
    wasm_ref_t* made = new wasm_ref_t(
        frame->store, Internals::make_instance(
                          &frame->store->state(), instance,
                          Internals::make_module(zwasm::runtime::record_of(*instance).owner)));
    frame->instance.emplace(made);
    release(made);
  }
  return frame->instance ? static_cast<wasm_instance_t*>(frame->instance->get()) : nullptr;
}
uint32_t wasm_frame_func_index(const wasm_frame_t* frame) {
  return frame != nullptr ? frame->frame.func_index : 0;
}
size_t wasm_frame_func_offset(const wasm_frame_t* frame) {
  return frame != nullptr ? frame->frame.func_offset : 0;
}
size_t wasm_frame_module_offset(const wasm_frame_t* frame) {
  return frame != nullptr ? frame->frame.offset : 0;
}
