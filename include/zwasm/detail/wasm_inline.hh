/// How the standard C++ API (wasm.hh) is made of the C one. Part of wasm.hh; not for use alone.
#pragma once
#include "wasm.hh"

namespace wasm {

namespace detail {

#define WASM_C_TYPE(cpp, c)    \
  template <>                  \
  struct c_type<cpp> {         \
    using type = wasm_##c##_t; \
  };
WASM_C_TYPE(Config, config)
WASM_C_TYPE(Engine, engine)
WASM_C_TYPE(Store, store)
WASM_C_TYPE(Ref, ref)
WASM_C_TYPE(Frame, frame)
WASM_C_TYPE(Trap, trap)
WASM_C_TYPE(Module, module)
WASM_C_TYPE(Shared<Module>, shared_module)
WASM_C_TYPE(Foreign, foreign)
WASM_C_TYPE(Extern, extern)
WASM_C_TYPE(Func, func)
WASM_C_TYPE(Global, global)
WASM_C_TYPE(Table, table)
WASM_C_TYPE(Memory, memory)
WASM_C_TYPE(Instance, instance)
#undef WASM_C_TYPE

// Types are plain data on both sides; they are copied across.
struct types {
  static own<ValType> val(const wasm_valtype_t* t) {
    return ValType::make(static_cast<ValKind>(wasm_valtype_kind(t)));
  }
  static ownvec<ValType> vals(const wasm_valtype_vec_t* v) {
    auto result = ownvec<ValType>::make_uninitialized(v->size);
    for (size_t i = 0; i < v->size; ++i) result[i] = val(v->data[i]);
    return result;
  }
  static Limits limits(const wasm_limits_t* l) { return {l->min, l->max}; }
  static own<FuncType> func(const wasm_functype_t* t) {
    return FuncType::make(vals(wasm_functype_params(t)), vals(wasm_functype_results(t)));
  }
  static own<GlobalType> global(const wasm_globaltype_t* t) {
    return GlobalType::make(val(wasm_globaltype_content(t)),
                            static_cast<Mutability>(wasm_globaltype_mutability(t)));
  }
  static own<TableType> table(const wasm_tabletype_t* t) {
    return TableType::make(val(wasm_tabletype_element(t)), limits(wasm_tabletype_limits(t)));
  }
  static own<MemoryType> memory(const wasm_memorytype_t* t) {
    return MemoryType::make(limits(wasm_memorytype_limits(t)));
  }
  static own<ExternType> any(const wasm_externtype_t* t) {
    if (auto* f = wasm_externtype_as_functype_const(t)) return func(f);
    if (auto* g = wasm_externtype_as_globaltype_const(t)) return global(g);
    if (auto* e = wasm_externtype_as_tabletype_const(t)) return table(e);
    if (auto* m = wasm_externtype_as_memorytype_const(t)) return memory(m);
    return TagType::make(func(wasm_tagtype_functype(wasm_externtype_as_tagtype_const(t))));
  }

  // Owned C types.
  static wasm_valtype_t* c_val(const ValType* t) {
    return wasm_valtype_new(static_cast<wasm_valkind_t>(t->kind()));
  }
  static wasm_valtype_vec_t c_vals(const ownvec<ValType>& v) {
    wasm_valtype_vec_t result;
    wasm_valtype_vec_new_uninitialized(&result, v.size());
    for (size_t i = 0; i < v.size(); ++i) result.data[i] = c_val(v[i].get());
    return result;
  }
  static wasm_limits_t c_limits(const Limits& l) { return {l.min, l.max}; }
  static wasm_functype_t* c_func(const FuncType* t) {
    wasm_valtype_vec_t params = c_vals(t->params()), results = c_vals(t->results());
    return wasm_functype_new(&params, &results);
  }
  static wasm_globaltype_t* c_global(const GlobalType* t) {
    return wasm_globaltype_new(c_val(t->content()),
                               static_cast<wasm_mutability_t>(t->mutability()));
  }
  static wasm_tabletype_t* c_table(const TableType* t) {
    wasm_limits_t limits = c_limits(t->limits());
    return wasm_tabletype_new(c_val(t->element()), &limits);
  }
  static wasm_memorytype_t* c_memory(const MemoryType* t) {
    wasm_limits_t limits = c_limits(t->limits());
    return wasm_memorytype_new(&limits);
  }
};

inline const wasm_val_t* to_c(const Val* v) { return reinterpret_cast<const wasm_val_t*>(v); }
inline wasm_val_t* to_c(Val* v) { return reinterpret_cast<wasm_val_t*>(v); }

// A callback of C++ behind one of C: its values are moved into vectors and back.
struct Callback {
  Func::callback plain;
  Func::callback_with_env with_env;
  void* env;
  void (*finalizer)(void*);

  static void finalize(void* p) {
    auto* self = static_cast<Callback*>(p);
    if (self->finalizer != nullptr) self->finalizer(self->env);
    delete self;
  }
  static wasm_trap_t* call(void* p, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
    auto* self = static_cast<Callback*>(p);
    auto in = vec<Val>::make_uninitialized(args->size);
    auto out = vec<Val>::make_uninitialized(results->size);
    for (size_t i = 0; i < args->size; ++i) wasm_val_copy(to_c(&in[i]), &args->data[i]);
    own<Trap> trap =
        self->plain != nullptr ? self->plain(in, out) : self->with_env(self->env, in, out);
    if (trap) return detail::to_c(trap.release());
    for (size_t i = 0; i < results->size; ++i) {
      Val result(std::move(out[i]));
      results->data[i] = *to_c(&result);
      if (result.is_ref()) result.release_ref().release();  // it is the caller's now
    }
    return nullptr;
  }
};

}  // namespace detail

using detail::from_c;
using detail::to_c;

// --- what every object has ---

#define WASM_DESTROY(cpp, c) \
  inline void cpp::destroy() { wasm_##c##_delete(to_c(this)); }
#define WASM_REF(cpp, c) \
  WASM_DESTROY(cpp, c)   \
  inline own<cpp> cpp::copy() const { return make_own(from_c<cpp>(wasm_##c##_copy(to_c(this)))); }
WASM_DESTROY(Config, config)
WASM_DESTROY(Engine, engine)
WASM_DESTROY(Store, store)
WASM_DESTROY(Shared<Module>, shared_module)
WASM_REF(Ref, ref)
WASM_REF(Frame, frame)
WASM_REF(Trap, trap)
WASM_REF(Module, module)
WASM_REF(Foreign, foreign)
WASM_REF(Extern, extern)
WASM_REF(Func, func)
WASM_REF(Global, global)
WASM_REF(Table, table)
WASM_REF(Memory, memory)
WASM_REF(Instance, instance)
#undef WASM_REF
#undef WASM_DESTROY

inline own<Config> Config::make() { return make_own(from_c<Config>(wasm_config_new())); }
inline own<Engine> Engine::make(own<Config>&& config) {
  return make_own(from_c<Engine>(config ? wasm_engine_new_with_config(to_c(config.release()))
                                        : wasm_engine_new()));
}
inline own<Store> Store::make(Engine* engine) {
  return make_own(from_c<Store>(wasm_store_new(to_c(engine))));
}

inline bool Ref::same(const Ref* that) const { return wasm_ref_same(to_c(this), to_c(that)); }
inline void* Ref::get_host_info() const { return wasm_ref_get_host_info(to_c(this)); }
inline void Ref::set_host_info(void* info, void (*finalizer)(void*)) {
  wasm_ref_set_host_info_with_finalizer(to_c(this), info, finalizer);
}

// --- traps ---

inline Instance* Frame::instance() const {
  return from_c<Instance>(wasm_frame_instance(to_c(this)));
}
inline uint32_t Frame::func_index() const { return wasm_frame_func_index(to_c(this)); }
inline size_t Frame::func_offset() const { return wasm_frame_func_offset(to_c(this)); }
inline size_t Frame::module_offset() const { return wasm_frame_module_offset(to_c(this)); }

inline own<Trap> Trap::make(Store* store, const Message& msg) {
  wasm_message_t message = detail::view(msg);
  return make_own(from_c<Trap>(wasm_trap_new(to_c(store), &message)));
}
inline Message Trap::message() const {
  wasm_message_t message;
  wasm_trap_message(to_c(this), &message);
  return detail::take(message);
}
inline own<Frame> Trap::origin() const {
  return make_own(from_c<Frame>(wasm_trap_origin(to_c(this))));
}
inline ownvec<Frame> Trap::trace() const {
  wasm_frame_vec_t frames;
  wasm_trap_trace(to_c(this), &frames);
  auto result = ownvec<Frame>::make_uninitialized(frames.size);
  for (size_t i = 0; i < frames.size; ++i) {
    result[i].reset(from_c<Frame>(frames.data[i]));
    frames.data[i] = nullptr;
  }
  wasm_frame_vec_delete(&frames);
  return result;
}

// --- modules and foreign objects ---

inline bool Module::validate(Store* store, const vec<byte_t>& binary) {
  wasm_byte_vec_t bytes = detail::view(binary);
  return wasm_module_validate(to_c(store), &bytes);
}
inline own<Module> Module::make(Store* store, const vec<byte_t>& binary) {
  wasm_byte_vec_t bytes = detail::view(binary);
  return make_own(from_c<Module>(wasm_module_new(to_c(store), &bytes)));
}
inline ownvec<ImportType> Module::imports() const {
  wasm_importtype_vec_t list;
  wasm_module_imports(to_c(this), &list);
  auto result = ownvec<ImportType>::make_uninitialized(list.size);
  for (size_t i = 0; i < list.size; ++i)
    result[i] = ImportType::make(detail::copy(*wasm_importtype_module(list.data[i])),
                                 detail::copy(*wasm_importtype_name(list.data[i])),
                                 detail::types::any(wasm_importtype_type(list.data[i])));
  wasm_importtype_vec_delete(&list);
  return result;
}
inline ownvec<ExportType> Module::exports() const {
  wasm_exporttype_vec_t list;
  wasm_module_exports(to_c(this), &list);
  auto result = ownvec<ExportType>::make_uninitialized(list.size);
  for (size_t i = 0; i < list.size; ++i)
    result[i] = ExportType::make(detail::copy(*wasm_exporttype_name(list.data[i])),
                                 detail::types::any(wasm_exporttype_type(list.data[i])));
  wasm_exporttype_vec_delete(&list);
  return result;
}
inline own<Shared<Module>> Module::share() const {
  return make_own(from_c<Shared<Module>>(wasm_module_share(to_c(this))));
}
inline own<Module> Module::obtain(Store* store, const Shared<Module>* shared) {
  return make_own(from_c<Module>(wasm_module_obtain(to_c(store), to_c(shared))));
}
inline vec<byte_t> Module::serialize() const {
  wasm_byte_vec_t bytes;
  wasm_module_serialize(to_c(this), &bytes);
  return detail::take(bytes);
}
inline own<Module> Module::deserialize(Store* store, const vec<byte_t>& serialized) {
  wasm_byte_vec_t bytes = detail::view(serialized);
  return make_own(from_c<Module>(wasm_module_deserialize(to_c(store), &bytes)));
}

inline own<Foreign> Foreign::make(Store* store) {
  return make_own(from_c<Foreign>(wasm_foreign_new(to_c(store))));
}

// --- externals ---

inline ExternKind Extern::kind() const {
  return static_cast<ExternKind>(wasm_extern_kind(to_c(this)));
}
inline own<ExternType> Extern::type() const {
  wasm_externtype_t* type = wasm_extern_type(to_c(this));
  auto result = detail::types::any(type);
  wasm_externtype_delete(type);
  return result;
}
#define WASM_EXTERN_AS(name, cpp)                                                       \
  inline cpp* Extern::name() { return from_c<cpp>(wasm_extern_as_##name(to_c(this))); } \
  inline const cpp* Extern::name() const {                                              \
    return from_c<cpp>(wasm_extern_as_##name##_const(to_c(this)));                      \
  }
WASM_EXTERN_AS(func, Func)
WASM_EXTERN_AS(global, Global)
WASM_EXTERN_AS(table, Table)
WASM_EXTERN_AS(memory, Memory)
#undef WASM_EXTERN_AS

inline own<Func> Func::make(Store* store, const FuncType* type, callback function) {
  auto* env = new detail::Callback{function, nullptr, nullptr, nullptr};
  wasm_functype_t* c = detail::types::c_func(type);
  auto func = make_own(from_c<Func>(wasm_func_new_with_env(to_c(store), c, detail::Callback::call,
                                                           env, detail::Callback::finalize)));
  wasm_functype_delete(c);
  return func;
}
inline own<Func> Func::make(Store* store, const FuncType* type, callback_with_env function,
                            void* data, void (*finalizer)(void*)) {
  auto* env = new detail::Callback{nullptr, function, data, finalizer};
  wasm_functype_t* c = detail::types::c_func(type);
  auto func = make_own(from_c<Func>(wasm_func_new_with_env(to_c(store), c, detail::Callback::call,
                                                           env, detail::Callback::finalize)));
  wasm_functype_delete(c);
  return func;
}
inline own<FuncType> Func::type() const {
  wasm_functype_t* type = wasm_func_type(to_c(this));
  auto result = detail::types::func(type);
  wasm_functype_delete(type);
  return result;
}
inline size_t Func::param_arity() const { return wasm_func_param_arity(to_c(this)); }
inline size_t Func::result_arity() const { return wasm_func_result_arity(to_c(this)); }
inline own<Trap> Func::call(const vec<Val>& args, vec<Val>& results) const {
  wasm_val_vec_t in{args ? args.size() : 0, const_cast<wasm_val_t*>(detail::to_c(args.get()))};
  wasm_val_vec_t out{results ? results.size() : 0, detail::to_c(results.get())};
  for (size_t i = 0; i < out.size; ++i) results[i].reset();  // they are overwritten
  return make_own(from_c<Trap>(wasm_func_call(to_c(this), &in, &out)));
}

inline own<Global> Global::make(Store* store, const GlobalType* type, const Val& value) {
  wasm_globaltype_t* c = detail::types::c_global(type);
  auto global = make_own(from_c<Global>(wasm_global_new(to_c(store), c, detail::to_c(&value))));
  wasm_globaltype_delete(c);
  return global;
}
inline own<GlobalType> Global::type() const {
  wasm_globaltype_t* type = wasm_global_type(to_c(this));
  auto result = detail::types::global(type);
  wasm_globaltype_delete(type);
  return result;
}
inline Val Global::get() const {
  Val value;
  wasm_global_get(to_c(this), detail::to_c(&value));
  return value;
}
inline void Global::set(const Val& value) { wasm_global_set(to_c(this), detail::to_c(&value)); }

inline own<Table> Table::make(Store* store, const TableType* type, const Ref* init) {
  wasm_tabletype_t* c = detail::types::c_table(type);
  auto table = make_own(from_c<Table>(wasm_table_new(to_c(store), c, to_c(init))));
  wasm_tabletype_delete(c);
  return table;
}
inline own<TableType> Table::type() const {
  wasm_tabletype_t* type = wasm_table_type(to_c(this));
  auto result = detail::types::table(type);
  wasm_tabletype_delete(type);
  return result;
}
inline own<Ref> Table::get(size_t index) const {
  return make_own(from_c<Ref>(wasm_table_get(to_c(this), index)));
}
inline bool Table::set(size_t index, const Ref* value) {
  return wasm_table_set(to_c(this), index, to_c(value));
}
inline Table::size_t Table::size() const { return wasm_table_size(to_c(this)); }
inline bool Table::grow(size_t delta, const Ref* init) {
  return wasm_table_grow(to_c(this), delta, to_c(init));
}

inline own<Memory> Memory::make(Store* store, const MemoryType* type) {
  wasm_memorytype_t* c = detail::types::c_memory(type);
  auto memory = make_own(from_c<Memory>(wasm_memory_new(to_c(store), c)));
  wasm_memorytype_delete(c);
  return memory;
}
inline own<MemoryType> Memory::type() const {
  wasm_memorytype_t* type = wasm_memory_type(to_c(this));
  auto result = detail::types::memory(type);
  wasm_memorytype_delete(type);
  return result;
}
inline byte_t* Memory::data() const { return wasm_memory_data(to_c(this)); }
inline size_t Memory::data_size() const { return wasm_memory_data_size(to_c(this)); }
inline Memory::pages_t Memory::size() const { return wasm_memory_size(to_c(this)); }
inline bool Memory::grow(pages_t delta) { return wasm_memory_grow(to_c(this), delta); }

// --- instances ---

inline own<Instance> Instance::make(Store* store, const Module* module, const vec<Extern*>& imports,
                                    own<Trap>* trap) {
  auto** externs =
      const_cast<wasm_extern_t**>(reinterpret_cast<wasm_extern_t* const*>(imports.get()));
  wasm_extern_vec_t list{imports ? imports.size() : 0, externs};
  wasm_trap_t* why = nullptr;
  auto instance =
      make_own(from_c<Instance>(wasm_instance_new(to_c(store), to_c(module), &list, &why)));
  own<Trap> owned(from_c<Trap>(why));
  if (trap != nullptr) *trap = std::move(owned);
  return instance;
}
inline ownvec<Extern> Instance::exports() const {
  wasm_extern_vec_t list;
  wasm_instance_exports(to_c(this), &list);
  auto result = ownvec<Extern>::make_uninitialized(list.size);
  for (size_t i = 0; i < list.size; ++i) {
    result[i].reset(from_c<Extern>(list.data[i]));
    list.data[i] = nullptr;
  }
  wasm_extern_vec_delete(&list);
  return result;
}

}  // namespace wasm
