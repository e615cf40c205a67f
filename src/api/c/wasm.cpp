// Engine, store, modules, globals, tables, memories and instances of the C API. The standard
// reports most failures by null or false; only calls and instantiation have a trap to tell more.
// Null handles, which most often are the result of a call that failed, are such failures too, and
// so is what would need a store that is gone.
#include "api/c/objects.h"

using namespace zwasm::capi;

namespace {

std::span<const uint8_t> bytes_of(const wasm_byte_vec_t* vec) {
  if (vec == nullptr || vec->data == nullptr) return {};
  return {reinterpret_cast<const uint8_t*>(vec->data), vec->size};
}

void copy_bytes(wasm_byte_vec_t* out, std::span<const uint8_t> bytes) {
  wasm_byte_vec_new(out, bytes.size(), reinterpret_cast<const wasm_byte_t*>(bytes.data()));
}

void copy_name(wasm_name_t* out, const std::string& name) {
  wasm_byte_vec_new(out, name.size(), name.data());
}

}  // namespace

// --- engine and store ---

wasm_config_t* wasm_config_new(void) { return new wasm_config_t; }
void wasm_config_delete(wasm_config_t* config) { delete config; }
wasm_engine_t* wasm_engine_new(void) { return new wasm_engine_t; }
wasm_engine_t* wasm_engine_new_with_config(wasm_config_t* config) {
  std::unique_ptr<wasm_config_t> owned(config);
  return new wasm_engine_t{zwasm::Engine(owned != nullptr ? owned->config : zwasm::Config{})};
}
void wasm_engine_delete(wasm_engine_t* engine) { delete engine; }

wasm_store_t* wasm_store_new(wasm_engine_t* engine) { return zwasm_store_new(engine, nullptr); }
wasm_store_t* zwasm_store_new(wasm_engine_t* engine, const zwasm_limits_t* limits) {
  if (engine == nullptr) return nullptr;
  auto store = std::make_shared<wasm_store_t>(
      zwasm::Store(engine->engine, limits != nullptr ? from_c(*limits) : zwasm::StoreLimits()));
  store->state().c_store = store;
  return store.get();
}
void wasm_store_delete(wasm_store_t* store) {
  if (store == nullptr) return;
  StoreRef keep = store->shared_from_this();  // its end drops the owner that the store itself is
  store->end();
}

// --- foreign objects ---

wasm_foreign_t* wasm_foreign_new(wasm_store_t* store) {
  return usable(store) ? make<wasm_foreign_t>(store->shared_from_this(), Foreign{}) : nullptr;
}

// --- modules ---

wasm_module_t* wasm_module_new(wasm_store_t* store, const wasm_byte_vec_t* binary) {
  if (!usable(store)) return nullptr;
  auto module = zwasm::Module::compile(store->store->engine(), bytes_of(binary));
  return module ? make<wasm_module_t>(store->shared_from_this(), *std::move(module)) : nullptr;
}
bool wasm_module_validate(wasm_store_t* store, const wasm_byte_vec_t* binary) {
  return usable(store) && zwasm::Module::validate(store->store->engine(), bytes_of(binary)).ok();
}
void wasm_module_imports(const wasm_module_t* module, wasm_importtype_vec_t* out) {
  if (module == nullptr) return wasm_importtype_vec_new_empty(out);
  const auto& imports = as<zwasm::Module>(module).imports();
  wasm_importtype_vec_new_uninitialized(out, imports.size());
  for (size_t i = 0; i < imports.size(); ++i) {
    wasm_name_t from, name;
    copy_name(&from, imports[i].module);
    copy_name(&name, imports[i].name);
    out->data[i] = wasm_importtype_new(&from, &name, to_c(imports[i].type));
  }
}
void wasm_module_exports(const wasm_module_t* module, wasm_exporttype_vec_t* out) {
  if (module == nullptr) return wasm_exporttype_vec_new_empty(out);
  const auto& exports = as<zwasm::Module>(module).exports();
  wasm_exporttype_vec_new_uninitialized(out, exports.size());
  for (size_t i = 0; i < exports.size(); ++i) {
    wasm_name_t name;
    copy_name(&name, exports[i].name);
    out->data[i] = wasm_exporttype_new(&name, to_c(exports[i].type));
  }
}
void wasm_module_serialize(const wasm_module_t* module, wasm_byte_vec_t* out) {
  if (module == nullptr) return wasm_byte_vec_new_empty(out);
  copy_bytes(out, as<zwasm::Module>(module).serialize());
}
wasm_module_t* wasm_module_deserialize(wasm_store_t* store, const wasm_byte_vec_t* bytes) {
  if (!usable(store)) return nullptr;
  auto module = zwasm::Module::deserialize(store->store->engine(), bytes_of(bytes));
  return module ? make<wasm_module_t>(store->shared_from_this(), *std::move(module)) : nullptr;
}
wasm_shared_module_t* wasm_module_share(const wasm_module_t* module) {
  return module != nullptr ? new wasm_shared_module_t{as<zwasm::Module>(module)} : nullptr;
}
wasm_module_t* wasm_module_obtain(wasm_store_t* store, const wasm_shared_module_t* shared) {
  if (!usable(store) || shared == nullptr) return nullptr;
  return make<wasm_module_t>(store->shared_from_this(), shared->module);
}
void wasm_shared_module_delete(wasm_shared_module_t* shared) { delete shared; }

// --- globals ---

wasm_global_t* wasm_global_new(wasm_store_t* store, const wasm_globaltype_t* type,
                               const wasm_val_t* value) {
  if (!usable(store) || type == nullptr || value == nullptr) return nullptr;
  zwasm::GlobalType t{from_c(type->content), type->mutability == WASM_VAR};
  auto initial = from_c(store->shared_from_this(), *value, t.type);
  if (!initial) return nullptr;
  auto global = zwasm::Global::create(*store->store, t, *initial);
  return global ? make<wasm_global_t>(store->shared_from_this(), *std::move(global)) : nullptr;
}
wasm_globaltype_t* wasm_global_type(const wasm_global_t* global) {
  if (global == nullptr) return nullptr;
  return wasm_externtype_as_globaltype(to_c(zwasm::ExternType(as<zwasm::Global>(global).type())));
}
void wasm_global_get(const wasm_global_t* global, wasm_val_t* out) {
  if (global == nullptr) return void(*out = wasm_val_t{WASM_I32, {.i64 = 0}});
  *out = to_c(global->store, as<zwasm::Global>(global).get());
}
// The standard has no way to tell that a value does not fit: then nothing changes.
void wasm_global_set(wasm_global_t* global, const wasm_val_t* value) {
  if (global == nullptr || value == nullptr) return;
  const auto& g = as<zwasm::Global>(global);
  auto converted = from_c(global->store, *value, g.type().type);
  if (converted) static_cast<void>(g.set(*converted));
}

// --- tables ---

wasm_table_t* wasm_table_new(wasm_store_t* store, const wasm_tabletype_t* type, wasm_ref_t* init) {
  if (!usable(store) || type == nullptr) return nullptr;
  zwasm::TableType t{from_c(type->element), from_c(type->limits)};
  auto element = ref_from_c(store->shared_from_this(), init, t.element);
  if (!element) return nullptr;
  auto table = zwasm::Table::create(*store->store, t, *element);
  return table ? make<wasm_table_t>(store->shared_from_this(), *std::move(table)) : nullptr;
}
wasm_tabletype_t* wasm_table_type(const wasm_table_t* table) {
  if (table == nullptr) return nullptr;
  return wasm_externtype_as_tabletype(to_c(zwasm::ExternType(as<zwasm::Table>(table).type())));
}
wasm_ref_t* wasm_table_get(const wasm_table_t* table, wasm_table_size_t index) {
  if (table == nullptr) return nullptr;
  auto element = as<zwasm::Table>(table).get(index);
  return element ? ref_to_c(table->store, *element) : nullptr;
}
bool wasm_table_set(wasm_table_t* table, wasm_table_size_t index, wasm_ref_t* ref) {
  if (table == nullptr) return false;
  const auto& t = as<zwasm::Table>(table);
  auto element = ref_from_c(table->store, ref, t.type().element);
  return element && t.set(index, *element).ok();
}
wasm_table_size_t wasm_table_size(const wasm_table_t* table) {
  return table != nullptr ? static_cast<wasm_table_size_t>(as<zwasm::Table>(table).size()) : 0;
}
bool wasm_table_grow(wasm_table_t* table, wasm_table_size_t delta, wasm_ref_t* init) {
  if (table == nullptr) return false;
  const auto& t = as<zwasm::Table>(table);
  auto element = ref_from_c(table->store, init, t.type().element);
  return element && t.grow(delta, *element).ok();
}

// --- memories ---

wasm_memory_t* wasm_memory_new(wasm_store_t* store, const wasm_memorytype_t* type) {
  if (!usable(store) || type == nullptr) return nullptr;
  zwasm::MemoryType t{.limits = from_c(type->limits)};
  auto memory = zwasm::Memory::create(*store->store, t);
  return memory ? make<wasm_memory_t>(store->shared_from_this(), *std::move(memory)) : nullptr;
}
wasm_memorytype_t* wasm_memory_type(const wasm_memory_t* memory) {
  if (memory == nullptr) return nullptr;
  return wasm_externtype_as_memorytype(to_c(zwasm::ExternType(as<zwasm::Memory>(memory).type())));
}
byte_t* wasm_memory_data(wasm_memory_t* memory) {
  if (memory == nullptr) return nullptr;
  return reinterpret_cast<byte_t*>(as<zwasm::Memory>(memory).data().data());
}
size_t wasm_memory_data_size(const wasm_memory_t* memory) {
  return memory != nullptr ? as<zwasm::Memory>(memory).byte_size() : 0;
}
wasm_memory_pages_t wasm_memory_size(const wasm_memory_t* memory) {
  return memory != nullptr ? static_cast<wasm_memory_pages_t>(as<zwasm::Memory>(memory).pages())
                           : 0;
}
bool wasm_memory_grow(wasm_memory_t* memory, wasm_memory_pages_t delta) {
  return memory != nullptr && as<zwasm::Memory>(memory).grow(delta).ok();
}

// --- instances ---

wasm_instance_t* wasm_instance_new(wasm_store_t* store, const wasm_module_t* module,
                                   const wasm_extern_vec_t* imports, wasm_trap_t** trap) {
  if (trap != nullptr) *trap = nullptr;
  auto fail = [&](const std::string& what) {
    if (trap != nullptr) *trap = null_trap(store, what);
    return nullptr;
  };
  if (!usable(store)) {
    if (trap != nullptr) *trap = make_trap(nullptr, zwasm::Error::usage("there is no store"));
    return nullptr;
  }
  if (module == nullptr) return fail("the module");
  std::vector<zwasm::Extern> externs;
  for (size_t i = 0; imports != nullptr && i < imports->size; ++i) {
    if (imports->data == nullptr || imports->data[i] == nullptr)
      return fail("import " + std::to_string(i));
    externs.push_back(extern_from_c(imports->data[i]));
  }
  auto instance = zwasm::Instance::create(*store->store, as<zwasm::Module>(module), externs);
  if (instance) return make<wasm_instance_t>(store->shared_from_this(), *std::move(instance));
  if (trap != nullptr) *trap = make_trap(store->shared_from_this(), std::move(instance).error());
  return nullptr;
}

void wasm_instance_exports(const wasm_instance_t* instance, wasm_extern_vec_t* out) {
  if (instance == nullptr) return wasm_extern_vec_new_empty(out);
  auto exports = as<zwasm::Instance>(instance).exports();
  wasm_extern_vec_new_uninitialized(out, exports.size());
  for (size_t i = 0; i < exports.size(); ++i)
    out->data[i] = extern_to_c(instance->store, exports[i].second);
}
