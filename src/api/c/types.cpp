// Types, vectors, import and export types of the C API. A null vector has no elements; a type that
// is made of null, or of a kind that does not exist, is null.
#include "api/c/types.h"

#include <algorithm>
#include <new>
#include <utility>

// --- vectors ---

// Elements of a vector are plain values or owned pointers; `copy` and `free_` say how they are
// copied and given back. Arrays come from new[], so that wasm_…_vec_delete can free what any of the
// functions made.
#define DEFINE_VEC(name, element, copy_element, free_element)                                  \
  void wasm_##name##_vec_new_empty(wasm_##name##_vec_t* out) { *out = {0, nullptr}; }          \
  void wasm_##name##_vec_new_uninitialized(wasm_##name##_vec_t* out, size_t size) {            \
    *out = {size, size != 0 ? new element[size]() : nullptr};                                  \
  }                                                                                            \
  void wasm_##name##_vec_new(wasm_##name##_vec_t* out, size_t size, element const data[]) {    \
    wasm_##name##_vec_new_uninitialized(out, size);                                            \
    if (size != 0 && data != nullptr) std::copy_n(data, size, out->data);                      \
  }                                                                                            \
  void wasm_##name##_vec_copy(wasm_##name##_vec_t* out, const wasm_##name##_vec_t* from) {     \
    const size_t size = from != nullptr && from->data != nullptr ? from->size : 0;             \
    wasm_##name##_vec_new_uninitialized(out, size);                                            \
    for (size_t i = 0; i < size; ++i) copy_element(out->data[i], from->data[i]);               \
  }                                                                                            \
  void wasm_##name##_vec_delete(wasm_##name##_vec_t* vec) {                                    \
    if (vec == nullptr) return;                                                                \
    for (size_t i = 0; i < vec->size && vec->data != nullptr; ++i) free_element(vec->data[i]); \
    delete[] vec->data;                                                                        \
    *vec = {0, nullptr};                                                                       \
  }
#define COPY_PLAIN(to, from) to = from
#define FREE_PLAIN(value) static_cast<void>(value)
#define POINTER_VEC(name)                                                      \
  static void copy_##name(wasm_##name##_t*& to, const wasm_##name##_t* from) { \
    to = from != nullptr ? wasm_##name##_copy(from) : nullptr;                 \
  }                                                                            \
  static void free_##name(wasm_##name##_t* value) {                            \
    if (value != nullptr) wasm_##name##_delete(value);                         \
  }                                                                            \
  DEFINE_VEC(name, wasm_##name##_t*, copy_##name, free_##name)

DEFINE_VEC(byte, wasm_byte_t, COPY_PLAIN, FREE_PLAIN)
static void copy_val(wasm_val_t& to, const wasm_val_t& from) { wasm_val_copy(&to, &from); }
static void free_val(wasm_val_t& value) { wasm_val_delete(&value); }
DEFINE_VEC(val, wasm_val_t, copy_val, free_val)
POINTER_VEC(valtype)
POINTER_VEC(functype)
POINTER_VEC(globaltype)
POINTER_VEC(tabletype)
POINTER_VEC(memorytype)
POINTER_VEC(tagtype)
POINTER_VEC(externtype)
POINTER_VEC(importtype)
POINTER_VEC(exporttype)
POINTER_VEC(frame)
POINTER_VEC(extern)

// --- value, function, global, table, memory types ---

#define DEFINE_TYPE(name)                                            \
  void wasm_##name##_delete(wasm_##name##_t* type) { delete type; }  \
  wasm_##name##_t* wasm_##name##_copy(const wasm_##name##_t* type) { \
    return type != nullptr ? new wasm_##name##_t(*type) : nullptr;   \
  }
DEFINE_TYPE(valtype)
DEFINE_TYPE(functype)
DEFINE_TYPE(globaltype)
DEFINE_TYPE(tabletype)
DEFINE_TYPE(memorytype)
DEFINE_TYPE(tagtype)

wasm_valtype_t* wasm_valtype_new(wasm_valkind_t kind) {
  const bool known = kind <= WASM_F64 || (kind >= WASM_EXTERNREF && kind <= ZWASM_V128);
  return known ? new wasm_valtype_t{kind} : nullptr;
}
wasm_valkind_t wasm_valtype_kind(const wasm_valtype_t* type) {
  return type != nullptr ? type->kind : wasm_valkind_t{WASM_EXTERNREF};
}

wasm_functype_t* wasm_functype_new(wasm_valtype_vec_t* params, wasm_valtype_vec_t* results) {
  auto take = [](wasm_valtype_vec_t* vec) {
    return vec != nullptr ? std::exchange(*vec, {0, nullptr}) : wasm_valtype_vec_t{0, nullptr};
  };
  wasm_valtype_vec_t taken = take(params);
  auto type = std::make_unique<wasm_functype_t>(taken, take(results));
  auto whole = [](const wasm_valtype_vec_t& vec) {
    return vec.size == 0 ||
           (vec.data != nullptr && std::count(vec.data, vec.data + vec.size, nullptr) == 0);
  };
  return whole(type->params) && whole(type->results) ? type.release() : nullptr;
}
const wasm_valtype_vec_t* wasm_functype_params(const wasm_functype_t* t) {
  return t != nullptr ? &t->params : nullptr;
}
const wasm_valtype_vec_t* wasm_functype_results(const wasm_functype_t* t) {
  return t != nullptr ? &t->results : nullptr;
}

wasm_globaltype_t* wasm_globaltype_new(wasm_valtype_t* content, wasm_mutability_t mutability) {
  std::unique_ptr<wasm_valtype_t> owned(content);
  return owned != nullptr ? new wasm_globaltype_t(*owned, mutability) : nullptr;
}
const wasm_valtype_t* wasm_globaltype_content(const wasm_globaltype_t* t) {
  return t != nullptr ? &t->content : nullptr;
}
wasm_mutability_t wasm_globaltype_mutability(const wasm_globaltype_t* t) {
  return t != nullptr ? t->mutability : wasm_mutability_t{WASM_CONST};
}

wasm_tabletype_t* wasm_tabletype_new(wasm_valtype_t* element, const wasm_limits_t* limits) {
  std::unique_ptr<wasm_valtype_t> owned(element);
  if (owned == nullptr || limits == nullptr) return nullptr;
  return new wasm_tabletype_t(*owned, *limits);
}
const wasm_valtype_t* wasm_tabletype_element(const wasm_tabletype_t* t) {
  return t != nullptr ? &t->element : nullptr;
}
const wasm_limits_t* wasm_tabletype_limits(const wasm_tabletype_t* t) {
  return t != nullptr ? &t->limits : nullptr;
}

wasm_memorytype_t* wasm_memorytype_new(const wasm_limits_t* limits) {
  return limits != nullptr ? new wasm_memorytype_t(*limits) : nullptr;
}
const wasm_limits_t* wasm_memorytype_limits(const wasm_memorytype_t* t) {
  return t != nullptr ? &t->limits : nullptr;
}

wasm_tagtype_t* wasm_tagtype_new(wasm_functype_t* func) {
  if (func == nullptr) return nullptr;
  return new wasm_tagtype_t(std::unique_ptr<wasm_functype_t>(func));
}
const wasm_functype_t* wasm_tagtype_functype(const wasm_tagtype_t* t) {
  return t != nullptr ? t->func.get() : nullptr;
}

// --- external types ---

// No extern is of this kind.
static constexpr wasm_externkind_t kNoKind = 0xff;

wasm_externkind_t wasm_externtype_kind(const wasm_externtype_t* type) {
  return type != nullptr ? type->kind : kNoKind;
}

void wasm_externtype_delete(wasm_externtype_t* type) {
  if (type == nullptr) return;
  switch (type->kind) {
    case WASM_EXTERN_FUNC: delete static_cast<wasm_functype_t*>(type); return;
    case WASM_EXTERN_GLOBAL: delete static_cast<wasm_globaltype_t*>(type); return;
    case WASM_EXTERN_TABLE: delete static_cast<wasm_tabletype_t*>(type); return;
    case WASM_EXTERN_MEMORY: delete static_cast<wasm_memorytype_t*>(type); return;
    case WASM_EXTERN_TAG: delete static_cast<wasm_tagtype_t*>(type); return;
    default: return;
  }
}

wasm_externtype_t* wasm_externtype_copy(const wasm_externtype_t* type) {
  switch (wasm_externtype_kind(type)) {
    case WASM_EXTERN_FUNC: return wasm_functype_copy(static_cast<const wasm_functype_t*>(type));
    case WASM_EXTERN_GLOBAL:
      return wasm_globaltype_copy(static_cast<const wasm_globaltype_t*>(type));
    case WASM_EXTERN_TABLE: return wasm_tabletype_copy(static_cast<const wasm_tabletype_t*>(type));
    case WASM_EXTERN_MEMORY:
      return wasm_memorytype_copy(static_cast<const wasm_memorytype_t*>(type));
    case WASM_EXTERN_TAG: return wasm_tagtype_copy(static_cast<const wasm_tagtype_t*>(type));
    default: return nullptr;
  }
}

#define DEFINE_EXTERN_TYPE(name, kind_)                                                         \
  wasm_externtype_t* wasm_##name##_as_externtype(wasm_##name##_t* t) { return t; }              \
  const wasm_externtype_t* wasm_##name##_as_externtype_const(const wasm_##name##_t* t) {        \
    return t;                                                                                   \
  }                                                                                             \
  wasm_##name##_t* wasm_externtype_as_##name(wasm_externtype_t* t) {                            \
    return t != nullptr && t->kind == kind_ ? static_cast<wasm_##name##_t*>(t) : nullptr;       \
  }                                                                                             \
  const wasm_##name##_t* wasm_externtype_as_##name##_const(const wasm_externtype_t* t) {        \
    return t != nullptr && t->kind == kind_ ? static_cast<const wasm_##name##_t*>(t) : nullptr; \
  }
DEFINE_EXTERN_TYPE(functype, WASM_EXTERN_FUNC)
DEFINE_EXTERN_TYPE(globaltype, WASM_EXTERN_GLOBAL)
DEFINE_EXTERN_TYPE(tabletype, WASM_EXTERN_TABLE)
DEFINE_EXTERN_TYPE(memorytype, WASM_EXTERN_MEMORY)
DEFINE_EXTERN_TYPE(tagtype, WASM_EXTERN_TAG)

// --- import and export types ---

struct wasm_importtype_t {
  wasm_name_t module, name;
  wasm_externtype_t* type;
};
struct wasm_exporttype_t {
  wasm_name_t name;
  wasm_externtype_t* type;
};

static wasm_name_t take_name(wasm_name_t* name) {
  return name != nullptr ? std::exchange(*name, {0, nullptr}) : wasm_name_t{0, nullptr};
}

wasm_importtype_t* wasm_importtype_new(wasm_name_t* module, wasm_name_t* name,
                                       wasm_externtype_t* type) {
  return new wasm_importtype_t{take_name(module), take_name(name), type};
}
void wasm_importtype_delete(wasm_importtype_t* t) {
  if (t == nullptr) return;
  wasm_byte_vec_delete(&t->module);
  wasm_byte_vec_delete(&t->name);
  wasm_externtype_delete(t->type);
  delete t;
}
wasm_importtype_t* wasm_importtype_copy(const wasm_importtype_t* t) {
  if (t == nullptr) return nullptr;
  auto* result = new wasm_importtype_t{{}, {}, wasm_externtype_copy(t->type)};
  wasm_byte_vec_copy(&result->module, &t->module);
  wasm_byte_vec_copy(&result->name, &t->name);
  return result;
}
const wasm_name_t* wasm_importtype_module(const wasm_importtype_t* t) {
  return t != nullptr ? &t->module : nullptr;
}
const wasm_name_t* wasm_importtype_name(const wasm_importtype_t* t) {
  return t != nullptr ? &t->name : nullptr;
}
const wasm_externtype_t* wasm_importtype_type(const wasm_importtype_t* t) {
  return t != nullptr ? t->type : nullptr;
}

wasm_exporttype_t* wasm_exporttype_new(wasm_name_t* name, wasm_externtype_t* type) {
  return new wasm_exporttype_t{take_name(name), type};
}
void wasm_exporttype_delete(wasm_exporttype_t* t) {
  if (t == nullptr) return;
  wasm_byte_vec_delete(&t->name);
  wasm_externtype_delete(t->type);
  delete t;
}
wasm_exporttype_t* wasm_exporttype_copy(const wasm_exporttype_t* t) {
  if (t == nullptr) return nullptr;
  auto* result = new wasm_exporttype_t{{}, wasm_externtype_copy(t->type)};
  wasm_byte_vec_copy(&result->name, &t->name);
  return result;
}
const wasm_name_t* wasm_exporttype_name(const wasm_exporttype_t* t) {
  return t != nullptr ? &t->name : nullptr;
}
const wasm_externtype_t* wasm_exporttype_type(const wasm_exporttype_t* t) {
  return t != nullptr ? t->type : nullptr;
}

// --- ours and theirs ---

namespace zwasm::capi {

wasm_valtype_t to_c(const ValType& type) {
  switch (type.kind()) {
    case ValKind::i32: return {WASM_I32};
    case ValKind::i64: return {WASM_I64};
    case ValKind::f32: return {WASM_F32};
    case ValKind::f64: return {WASM_F64};
    case ValKind::v128: return {ZWASM_V128};
    case ValKind::ref:
      return {type.heap().top() == HeapKind::func ? wasm_valkind_t{WASM_FUNCREF}
                                                  : wasm_valkind_t{WASM_EXTERNREF}};
  }
  return {WASM_EXTERNREF};
}

std::unique_ptr<wasm_functype_t> to_c(const FuncType& type) {
  auto vec = [](const std::vector<ValType>& types) {
    wasm_valtype_vec_t v;
    wasm_valtype_vec_new_uninitialized(&v, types.size());
    for (size_t i = 0; i < types.size(); ++i) v.data[i] = new wasm_valtype_t(to_c(types[i]));
    return v;
  };
  return std::make_unique<wasm_functype_t>(vec(type.params), vec(type.results));
}

wasm_limits_t to_c(const Limits& limits) {
  auto saturate = [](uint64_t n) {
    return static_cast<uint32_t>(std::min<uint64_t>(n, UINT32_MAX));
  };
  return {saturate(limits.min), limits.max ? saturate(*limits.max) : wasm_limits_max_default};
}

wasm_externtype_t* to_c(const ExternType& type) {
  switch (type.kind()) {
    case ExternKind::func: return to_c(std::get<FuncType>(type)).release();
    case ExternKind::table: {
      const auto& t = std::get<TableType>(type);
      return new wasm_tabletype_t(to_c(t.element), to_c(t.limits));
    }
    case ExternKind::memory: return new wasm_memorytype_t(to_c(std::get<MemoryType>(type).limits));
    case ExternKind::global: {
      const auto& t = std::get<GlobalType>(type);
      return new wasm_globaltype_t(to_c(t.type), t.mut ? WASM_VAR : WASM_CONST);
    }
    case ExternKind::tag: return new wasm_tagtype_t(to_c(std::get<TagType>(type).type));
  }
  return nullptr;
}

ValType from_c(const wasm_valtype_t& type) {
  switch (type.kind) {
    case WASM_I32: return ValKind::i32;
    case WASM_I64: return ValKind::i64;
    case WASM_F32: return ValKind::f32;
    case WASM_F64: return ValKind::f64;
    case WASM_FUNCREF: return ValType::funcref();
    case ZWASM_V128: return ValKind::v128;
    default: return ValType::externref();
  }
}

FuncType from_c(const wasm_functype_t& type) {
  FuncType result;
  for (size_t i = 0; i < type.params.size; ++i)
    result.params.push_back(from_c(*type.params.data[i]));
  for (size_t i = 0; i < type.results.size; ++i)
    result.results.push_back(from_c(*type.results.data[i]));
  return result;
}

Limits from_c(const wasm_limits_t& limits) {
  Limits result;
  result.min = limits.min;
  if (limits.max != wasm_limits_max_default) result.max = limits.max;
  return result;
}

}  // namespace zwasm::capi
