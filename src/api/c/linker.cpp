// zwasm.h: linking by name, host functions that see their caller, WASI. Nulls, as everywhere, do
// nothing; names that are null are empty.
#include <map>

#include "api/c/errors.h"
#include "api/c/objects.h"
#include "api/linker_state.h"
#include "runtime/instance.h"
#include "zwasm.h"

using namespace zwasm::capi;
using zwasm::detail::Internals;

struct zwasm_wasi_t {
  zwasm::WasiConfig config;
  zwasm::OutputCapture out, err;
  std::map<std::string, zwasm::MemoryDirectory, std::less<>> memory;  // by guest name
};
struct zwasm_linker_t {
  zwasm::Linker linker;
};
struct zwasm_instance_pre_t {
  zwasm::InstancePre pre;
};
struct zwasm_caller_t {
  const HostCallback::Call& call;
};

namespace {

const char* text_of(const char* text) { return text != nullptr ? text : ""; }
std::string bytes_of(const char* bytes, size_t size) {
  return bytes != nullptr ? std::string(bytes, size) : std::string();
}

}  // namespace

// --- WASI ---

zwasm_wasi_t* zwasm_wasi_new(void) { return new zwasm_wasi_t; }
void zwasm_wasi_delete(zwasm_wasi_t* wasi) { delete wasi; }
void zwasm_wasi_set_args(zwasm_wasi_t* wasi, size_t count, const char* const args[]) {
  if (wasi == nullptr) return;
  std::vector<std::string> strings;
  for (size_t i = 0; args != nullptr && i < count; ++i) strings.emplace_back(text_of(args[i]));
  wasi->config.args(strings);
}
void zwasm_wasi_set_env(zwasm_wasi_t* wasi, const char* name, const char* value) {
  if (wasi != nullptr && name != nullptr) wasi->config.env(name, text_of(value));
}
void zwasm_wasi_inherit_env(zwasm_wasi_t* wasi) {
  if (wasi != nullptr) wasi->config.inherit_env();
}
void zwasm_wasi_inherit_stdio(zwasm_wasi_t* wasi) {
  if (wasi != nullptr) wasi->config.inherit_stdio();
}
void zwasm_wasi_inherit_args(zwasm_wasi_t* wasi) {
  if (wasi != nullptr) wasi->config.inherit_args();
}
void zwasm_wasi_set_stdin(zwasm_wasi_t* wasi, const char* bytes, size_t size) {
  if (wasi != nullptr) wasi->config.stdin_bytes(bytes_of(bytes, size));
}
void zwasm_wasi_capture_stdout(zwasm_wasi_t* wasi) {
  if (wasi != nullptr) wasi->config.capture_stdout(wasi->out);
}
void zwasm_wasi_capture_stderr(zwasm_wasi_t* wasi) {
  if (wasi != nullptr) wasi->config.capture_stderr(wasi->err);
}
void zwasm_wasi_set_stdout_sink(zwasm_wasi_t* wasi,
                                void (*sink)(void* env, const char* bytes, size_t size),
                                void* env) {
  if (wasi == nullptr || sink == nullptr) return;
  wasi->config.capture_stdout(
      [=](std::string_view bytes) { sink(env, bytes.data(), bytes.size()); });
}
void zwasm_wasi_set_stderr_sink(zwasm_wasi_t* wasi,
                                void (*sink)(void* env, const char* bytes, size_t size),
                                void* env) {
  if (wasi == nullptr || sink == nullptr) return;
  wasi->config.capture_stderr(
      [=](std::string_view bytes) { sink(env, bytes.data(), bytes.size()); });
}
void zwasm_wasi_stdout(const zwasm_wasi_t* wasi, wasm_byte_vec_t* out) {
  const std::string text = wasi != nullptr ? wasi->out.text() : std::string();
  wasm_byte_vec_new(out, text.size(), text.data());
}
void zwasm_wasi_stderr(const zwasm_wasi_t* wasi, wasm_byte_vec_t* out) {
  const std::string text = wasi != nullptr ? wasi->err.text() : std::string();
  wasm_byte_vec_new(out, text.size(), text.data());
}
void zwasm_wasi_set_stdin_file(zwasm_wasi_t* wasi, const char* path) {
  if (wasi != nullptr) wasi->config.stdin_file(text_of(path));
}
void zwasm_wasi_set_stdout_file(zwasm_wasi_t* wasi, const char* path) {
  if (wasi != nullptr) wasi->config.stdout_file(text_of(path));
}
void zwasm_wasi_set_stderr_file(zwasm_wasi_t* wasi, const char* path) {
  if (wasi != nullptr) wasi->config.stderr_file(text_of(path));
}
void zwasm_wasi_set_max_descriptors(zwasm_wasi_t* wasi, uint32_t count) {
  if (wasi != nullptr) wasi->config.max_descriptors(count);
}
void zwasm_wasi_preopen(zwasm_wasi_t* wasi, const char* host, const char* guest, bool writable) {
  if (wasi == nullptr || host == nullptr || guest == nullptr) return;
  wasi->config.preopen(host, guest, writable ? zwasm::Access::read_write : zwasm::Access::read);
}
bool zwasm_wasi_add_file(zwasm_wasi_t* wasi, const char* guest, const char* path, const char* bytes,
                         size_t size, zwasm_error_t** error) {
  if (wasi == nullptr || guest == nullptr || path == nullptr)
    return report(error, zwasm::Result<void>(null_error(wasi == nullptr    ? "the configuration"
                                                        : guest == nullptr ? "the directory's name"
                                                                           : "the path")));
  auto [at, added] = wasi->memory.try_emplace(guest);
  if (added) wasi->config.preopen(at->second, guest);
  return report(error, at->second.add_file(path, bytes_of(bytes, size)));
}
bool zwasm_wasi_read_file(const zwasm_wasi_t* wasi, const char* guest, const char* path,
                          wasm_byte_vec_t* out) {
  if (wasi == nullptr || guest == nullptr || path == nullptr) return false;
  auto at = wasi->memory.find(guest);
  auto text = at != wasi->memory.end() ? at->second.read_file(path) : std::nullopt;
  if (text) wasm_byte_vec_new(out, text->size(), text->data());
  return text.has_value();
}
void zwasm_wasi_allow_clocks(zwasm_wasi_t* wasi, bool on) {
  if (wasi != nullptr) wasi->config.allow_clocks(on);
}
void zwasm_wasi_allow_random(zwasm_wasi_t* wasi, bool on) {
  if (wasi != nullptr) wasi->config.allow_random(on);
}
void zwasm_wasi_allow_threads(zwasm_wasi_t* wasi, bool on) {
  if (wasi != nullptr) wasi->config.allow_threads(on);
}
void zwasm_wasi_trace(zwasm_wasi_t* wasi, void (*sink)(void* env, const char* line), void* env) {
  if (wasi == nullptr) return;
  if (sink == nullptr) return void(wasi->config.trace({}));
  wasi->config.trace([=](std::string_view line) { sink(env, std::string(line).c_str()); });
}
bool zwasm_store_set_wasi(wasm_store_t* store, const zwasm_wasi_t* wasi, zwasm_error_t** error) {
  if (!usable(store) || wasi == nullptr)
    return report(error, zwasm::Result<void>(
                             null_error(wasi == nullptr ? "the configuration" : "the store")));
  return report(error, store->store->set_wasi(wasi->config));
}

// --- callers ---

wasm_store_t* zwasm_caller_store(const zwasm_caller_t* caller) {
  return caller != nullptr ? &caller->call.store : nullptr;
}

wasm_extern_t* zwasm_caller_export(const zwasm_caller_t* caller, const char* name) {
  if (caller == nullptr || name == nullptr || caller->call.instance == nullptr) return nullptr;
  wasm_store_t& store = caller->call.store;
  auto found = zwasm::runtime::find_export(*caller->call.instance, name);
  if (!found) return nullptr;
  return extern_to_c(store.shared_from_this(), zwasm::detail::from_runtime(&store.state(), *found));
}
wasm_memory_t* zwasm_caller_memory(const zwasm_caller_t* caller) {
  wasm_extern_t* found = zwasm_caller_export(caller, "memory");
  if (found == nullptr) return nullptr;
  wasm_memory_t* memory = wasm_extern_as_memory(found);
  if (memory == nullptr) wasm_extern_delete(found);
  return memory;
}

namespace {

wasm_trap_t* enter_with_caller(const HostCallback& self, const HostCallback::Call& call,
                               const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  zwasm_caller_t caller{call};
  return reinterpret_cast<zwasm_func_callback_t>(self.target)(self.env, &caller, args, results);
}

}  // namespace

wasm_func_t* zwasm_func_new(wasm_store_t* store, const wasm_functype_t* type,
                            zwasm_func_callback_t callback, void* env, void (*finalizer)(void*)) {
  return make_callback(store, type, &enter_with_caller, reinterpret_cast<void (*)()>(callback), env,
                       finalizer);
}

// --- linking ---

zwasm_linker_t* zwasm_linker_new(const wasm_engine_t* engine) {
  return engine != nullptr ? new zwasm_linker_t{zwasm::Linker(engine->engine)} : nullptr;
}
void zwasm_linker_delete(zwasm_linker_t* linker) { delete linker; }
zwasm_linker_t* zwasm_linker_copy(const zwasm_linker_t* linker) {
  return linker != nullptr ? new zwasm_linker_t(*linker) : nullptr;
}
void zwasm_linker_define(zwasm_linker_t* linker, const char* module, const char* name,
                         const wasm_extern_t* value) {
  // What is null is not defined: instantiating a module that imports it says that it is missing.
  if (linker != nullptr && value != nullptr)
    linker->linker.define(text_of(module), text_of(name), extern_from_c(value));
}
void zwasm_linker_define_func(zwasm_linker_t* linker, const char* module, const char* name,
                              const wasm_functype_t* type, zwasm_func_callback_t callback,
                              void* env, void (*finalizer)(void*)) {
  // The finalizer is told even if there is nothing to define: nothing will call the function.
  auto shared = std::make_shared<const HostCallback>(
      &enter_with_caller, reinterpret_cast<void (*)()>(callback), env, finalizer);
  if (linker == nullptr || type == nullptr || callback == nullptr) return;
  Internals::linker(linker->linker)
      .define(text_of(module), text_of(name),
              zwasm::detail::FuncFactory([func = from_c(*type), shared](auto& state) {
                return add_callback(wasm_store_t::of(state), func, shared);
              }));
}
void zwasm_linker_define_instance(zwasm_linker_t* linker, const char* module,
                                  const wasm_instance_t* instance) {
  if (linker != nullptr && instance != nullptr)
    linker->linker.instance(text_of(module), as<zwasm::Instance>(instance));
}
void zwasm_linker_define_wasi(zwasm_linker_t* linker) {
  if (linker != nullptr) linker->linker.wasi();
}
void zwasm_linker_define_wasi_threads(zwasm_linker_t* linker) {
  if (linker != nullptr) linker->linker.wasi_threads();
}
void zwasm_linker_set_unknown_imports(zwasm_linker_t* linker, zwasm_unknown_imports_t what) {
  if (linker == nullptr || what > ZWASM_UNKNOWN_IMPORTS_DEFAULT) return;
  linker->linker.unknown_imports(static_cast<zwasm::UnknownImports>(what));
}
void zwasm_linker_set_allow_shadowing(zwasm_linker_t* linker, bool on) {
  if (linker != nullptr) linker->linker.allow_shadowing(on);
}
wasm_extern_t* zwasm_linker_get(const zwasm_linker_t* linker, wasm_store_t* store,
                                const char* module, const char* name) {
  if (linker == nullptr || !usable(store) || module == nullptr || name == nullptr) return nullptr;
  auto found = linker->linker.get(*store->store, module, name);
  return found ? extern_to_c(store->shared_from_this(), *found) : nullptr;
}
wasm_func_t* zwasm_linker_get_default(const zwasm_linker_t* linker, wasm_store_t* store,
                                      const char* module, zwasm_error_t** error) {
  if (const char* what = linker == nullptr   ? "the linker"
                         : !usable(store)    ? "the store"
                         : module == nullptr ? "the name"
                                             : nullptr) {
    report(error, zwasm::Result<void>(null_error(what)));
    return nullptr;
  }
  auto func = linker->linker.get_default(*store->store, module);
  return report(error, func) ? make<wasm_func_t>(store->shared_from_this(), *func) : nullptr;
}

namespace {

// What instantiating gives: an instance, or the reason in one of the two places.
template <class Make>
wasm_instance_t* give_instance(const char* null, wasm_store_t* store, wasm_trap_t** trap,
                               zwasm_error_t** error, Make&& instantiate) {
  if (error != nullptr) *error = nullptr;
  if (trap != nullptr) *trap = nullptr;
  if (null != nullptr || !usable(store)) {
    report(error, zwasm::Result<void>(null_error(null != nullptr ? null : "the store")));
    return nullptr;
  }
  zwasm::Result<zwasm::Instance> instance = instantiate();
  if (instance) return make<wasm_instance_t>(store->shared_from_this(), *std::move(instance));
  const bool from_code = instance.error().kind >= zwasm::ErrorKind::trap;
  if (from_code && trap != nullptr)
    *trap = make_trap(store->shared_from_this(), std::move(instance).error());
  else report(error, instance);
  return nullptr;
}

const char* null_of(const zwasm_linker_t* linker, const wasm_module_t* module) {
  return linker == nullptr ? "the linker" : module == nullptr ? "the module" : nullptr;
}

}  // namespace

wasm_instance_t* zwasm_linker_instantiate(const zwasm_linker_t* linker, wasm_store_t* store,
                                          const wasm_module_t* module, wasm_trap_t** trap,
                                          zwasm_error_t** error) {
  return give_instance(null_of(linker, module), store, trap, error, [&] {
    return linker->linker.instantiate(*store->store, as<zwasm::Module>(module));
  });
}
wasm_instance_t* zwasm_linker_define_module(zwasm_linker_t* linker, wasm_store_t* store,
                                            const char* name, const wasm_module_t* module,
                                            wasm_trap_t** trap, zwasm_error_t** error) {
  const char* null = name == nullptr ? "the name" : null_of(linker, module);
  return give_instance(null, store, trap, error, [&] {
    return linker->linker.module(*store->store, name, as<zwasm::Module>(module));
  });
}

zwasm_instance_pre_t* zwasm_linker_instantiate_pre(const zwasm_linker_t* linker,
                                                   const wasm_module_t* module,
                                                   zwasm_error_t** error) {
  if (const char* null = null_of(linker, module)) {
    report(error, zwasm::Result<void>(null_error(null)));
    return nullptr;
  }
  auto pre = linker->linker.instantiate_pre(as<zwasm::Module>(module));
  return report(error, pre) ? new zwasm_instance_pre_t{*std::move(pre)} : nullptr;
}
void zwasm_instance_pre_delete(zwasm_instance_pre_t* pre) { delete pre; }
wasm_instance_t* zwasm_instance_pre_instantiate(const zwasm_instance_pre_t* pre,
                                                wasm_store_t* store, wasm_trap_t** trap,
                                                zwasm_error_t** error) {
  return give_instance(pre == nullptr ? "the prepared module" : nullptr, store, trap, error,
                       [&] { return pre->pre.instantiate(*store->store); });
}
wasm_extern_t* zwasm_instance_export(const wasm_instance_t* instance, const char* name) {
  if (instance == nullptr || name == nullptr) return nullptr;
  auto found = as<zwasm::Instance>(instance).find(name);
  return found ? extern_to_c(instance->store, *found) : nullptr;
}
