// zwasm.h: what call hooks are told.
#include "api/c/objects.h"
#include "zwasm.h"

using namespace zwasm::capi;

// The strings are made when they are asked for.
struct zwasm_call_t {
  const zwasm::CallInfo& info;
  wasm_store_t& store;
  mutable std::string module, name, wasi;
};

namespace {

void values_to_c(const zwasm_call_t* call, const std::vector<zwasm::Value>& values,
                 wasm_val_vec_t* out) {
  wasm_val_vec_new_uninitialized(out, values.size());
  for (size_t i = 0; i < values.size(); ++i)
    out->data[i] = to_c(call->store.shared_from_this(), values[i]);
}

}  // namespace

static_assert(ZWASM_RETURNING_FROM_HOST == static_cast<int>(zwasm::CallEvent::returning_from_host));

void zwasm_store_set_call_hook(wasm_store_t* store, void (*hook)(void* env, const zwasm_call_t*),
                               void* env) {
  if (!usable(store)) return;
  if (hook == nullptr) return store->store->set_call_hook({});
  store->store->set_call_hook([=](const zwasm::CallInfo& info) {
    const zwasm_call_t call{info, *store, {}, {}, {}};
    hook(env, &call);
  });
}

zwasm_call_event_t zwasm_call_event(const zwasm_call_t* call) {
  return static_cast<zwasm_call_event_t>(call->info.event());
}
const char* zwasm_call_module_name(const zwasm_call_t* call) {
  call->module = call->info.module();
  return call->module.c_str();
}
const char* zwasm_call_func_name(const zwasm_call_t* call) {
  call->name = call->info.name();
  return call->name.c_str();
}
uint32_t zwasm_call_func_index(const zwasm_call_t* call) {
  return call->info.func_index().value_or(UINT32_MAX);
}
void zwasm_call_arguments(const zwasm_call_t* call, wasm_val_vec_t* out) {
  values_to_c(call, call->info.arguments(), out);
}
void zwasm_call_results(const zwasm_call_t* call, wasm_val_vec_t* out) {
  values_to_c(call, call->info.results(), out);
}
wasm_trap_t* zwasm_call_trap(const zwasm_call_t* call) {
  const zwasm::Error* error = call->info.error();
  return error != nullptr ? make_trap(call->store.shared_from_this(), *error) : nullptr;
}
const char* zwasm_call_wasi(const zwasm_call_t* call, uint16_t* error) {
  const auto wasi = call->info.wasi();
  if (!wasi) return nullptr;
  if (error != nullptr) *error = wasi->error;
  call->wasi = wasi->to_string();
  return call->wasi.c_str();
}
