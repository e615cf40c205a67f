// Functions of the C API, in both directions. Most signatures have numbers only: their values move
// between slots and wasm_val_t without the store, without allocation and without the C++ API's
// Values. References and vectors take the long way, where each is rooted before the next one is
// made.
#include "api/c/objects.h"
#include "base/concat.h"
#include "runtime/store.h"

using namespace zwasm::capi;
using zwasm::concat;
using zwasm::Error;
using zwasm::Result;
using zwasm::detail::Internals;
using zwasm::detail::StoreState;
using zwasm::runtime::HostOutcome;
using zwasm::runtime::Slot;

const Signature& wasm_store_t::signature(zwasm::module::CanonId type) {
  std::unique_ptr<const Signature>& known = signatures[type];
  if (known != nullptr) return *known;
  const zwasm::module::FuncType& func = state().types().type(type).func;
  auto made = std::make_unique<Signature>();
  made->params.assign(func.params.begin(), func.params.end());
  made->results.assign(func.results.begin(), func.results.end());
  auto add = [&](std::span<const zwasm::isa::ValType> types, std::vector<wasm_valkind_t>& kinds) {
    uint32_t slots = 0;
    for (zwasm::isa::ValType t : types) {
      kinds.push_back(to_c(zwasm::detail::to_public(state().engine, t)).kind);
      made->simple &= kinds.back() <= WASM_F64;
      slots += zwasm::isa::slots_of(t);
    }
    made->slots = std::max(made->slots, slots);
  };
  add(made->params, made->param_kinds);
  add(made->results, made->result_kinds);
  known = std::move(made);
  return *known;
}

wasm_store_t& wasm_store_t::of(StoreState& state) {
  if (state.c_store == nullptr)
    state.c_store = std::make_shared<wasm_store_t>(Internals::borrow(&state));
  return *static_cast<wasm_store_t*>(state.c_store.get());
}

namespace zwasm::capi {
namespace {

// Room for the values or slots of most calls; more comes from the heap.
template <class T>
class Buffer {
 public:
  explicit Buffer(size_t size) {
    if (size > kInline) large_ = std::make_unique<T[]>(size);
  }
  T* data() { return large_ != nullptr ? large_.get() : small_; }

 private:
  static constexpr size_t kInline = 16;
  T small_[kInline];
  std::unique_ptr<T[]> large_;
};

// Owned values, given back at the end even when a C++ exception leaves the callback. They start as
// zeros and nulls of their types.
class OwnedValues {
 public:
  explicit OwnedValues(const std::vector<wasm_valkind_t>& kinds)
      : buffer_(kinds.size()), vec_{kinds.size(), buffer_.data()} {
    for (size_t i = 0; i < kinds.size(); ++i) vec_.data[i] = wasm_val_t{kinds[i], {.i64 = 0}};
  }
  OwnedValues(const OwnedValues&) = delete;
  OwnedValues& operator=(const OwnedValues&) = delete;
  ~OwnedValues() {
    for (size_t i = 0; i < vec_.size; ++i) release(ref_of(vec_.data[i]));
  }
  wasm_val_t& operator[](size_t i) { return vec_.data[i]; }
  wasm_val_vec_t* vec() { return &vec_; }

 private:
  Buffer<wasm_val_t> buffer_;
  wasm_val_vec_t vec_;
};

// A number's bits are the lowest of its slot; narrow ones are zero-extended.
Slot to_slot(const wasm_val_t& value) {
  Slot slot{};
  if (value.kind == WASM_I32 || value.kind == WASM_F32) {
    uint32_t bits;
    std::memcpy(&bits, &value.of, sizeof bits);
    slot.u64 = bits;
  } else {
    std::memcpy(&slot.u64, &value.of, sizeof slot.u64);
  }
  return slot;
}
wasm_val_t from_slot(wasm_valkind_t kind, Slot slot) {
  wasm_val_t value{kind, {.i64 = 0}};
  uint64_t bits = slot.u64;
  std::memcpy(&value.of, &bits, kind == WASM_I32 || kind == WASM_F32 ? 4 : 8);
  return value;
}

struct CallbackEnv {
  wasm_store_t* store;  // lives as long as the store, which owns this
  const Signature* signature;
  std::shared_ptr<const HostCallback> callback;
  runtime::FuncRef* self;
};

Error wrong_result(const StoreState& state, isa::ValType type) {
  return Error::host("the host function's result is not of type " +
                     detail::to_public(state.engine, type).to_string());
}

// The values of a callback into slots; references are rooted before any is written.
Result<void> store_results(StoreState& state, const StoreRef& store, const Signature& signature,
                           OwnedValues& out, Slot* slots) {
  const auto& types = signature.results;
  std::vector<Value> values;
  for (size_t i = 0; i < types.size(); ++i) {
    auto value = from_c(store, out[i], detail::to_public(state.engine, types[i]));
    if (!value) return Error::host("the host function's result: " + value.error().message);
    if (!detail::value_matches(state, *value, types[i])) return wrong_result(state, types[i]);
    values.push_back(*std::move(value));
  }
  for (size_t i = 0; i < types.size(); slots += isa::slots_of(types[i]), ++i)
    detail::to_slots(state, values[i], types[i], slots);
  return {};
}

HostOutcome enter_callback(void* p, runtime::Store&, runtime::Instance* caller, Slot* slots) {
  const auto& env = *static_cast<const CallbackEnv*>(p);
  const Signature& signature = *env.signature;
  StoreState& state = env.store->state();
  auto passage = detail::Passage::to_host(state, env.self, caller, slots);
  auto fail = [&](Error error) {
    passage.failed(error);
    return detail::fail_call(state, std::move(error));
  };
  StoreRef store = signature.simple ? nullptr : env.store->shared_from_this();
  const size_t params = signature.params.size(), results = signature.results.size();
  OwnedValues in(signature.param_kinds), out(signature.result_kinds);
  const Slot* slot = slots;
  for (size_t i = 0; i < params; slot += isa::slots_of(signature.params[i]), ++i)
    in[i] = signature.simple ? from_slot(signature.param_kinds[i], *slot)
                             : to_c(store, detail::from_slots(state, signature.params[i], slot));
  if (wasm_trap_t* trap =
          env.callback->enter(*env.callback, {*env.store, caller}, in.vec(), out.vec())) {
    Error error = trap_info(trap).error;
    wasm_trap_delete(trap);
    return fail(std::move(error));
  }
  if (!signature.simple) {
    auto stored = store_results(state, store, signature, out, slots);
    if (!stored) return fail(std::move(stored).error());
    passage.returned();
    return {};
  }
  for (size_t i = 0; i < results; ++i) {
    if (out[i].kind != signature.result_kinds[i])
      return fail(wrong_result(state, signature.results[i]));
    slots[i] = to_slot(out[i]);
  }
  passage.returned();
  return {};
}

// After the store is gone a function has no type any more.
const Signature* signature_of(const wasm_func_t* func) {
  if (func == nullptr) return nullptr;
  if (func->signature == nullptr && func->store->alive())
    const_cast<wasm_func_t*>(func)->signature =
        &func->store->signature(Internals::func(as<Func>(func))->type);
  return func->signature;
}

wasm_trap_t* misuse(const wasm_func_t* func, const std::string& what) {
  const FuncType type = as<Func>(func).type();
  return make_trap(
      func->store,
      Error::usage(concat({"a function of type ", type.to_string(), " is called ", what})));
}

wasm_trap_t* call_with_refs(const wasm_func_t* func, const wasm_val_vec_t* args,
                            wasm_val_vec_t* results) {
  const FuncType type = as<Func>(func).type();
  std::vector<Value> values;
  for (size_t i = 0; i < type.params.size(); ++i) {
    auto value = from_c(func->store, args->data[i], type.params[i]);
    if (!value) return make_trap(func->store, std::move(value).error());
    values.push_back(*std::move(value));
  }
  auto outcome = as<Func>(func).call(values);
  if (!outcome) return make_trap(func->store, std::move(outcome).error());
  if (results == nullptr || results->size == 0) return nullptr;
  for (size_t i = 0; i < outcome->size(); ++i) results->data[i] = to_c(func->store, (*outcome)[i]);
  return nullptr;
}

wasm_trap_t* enter_plain(const HostCallback& self, const HostCallback::Call&,
                         const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  return reinterpret_cast<wasm_func_callback_t>(self.target)(args, results);
}
wasm_trap_t* enter_with_env(const HostCallback& self, const HostCallback::Call&,
                            const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  return reinterpret_cast<wasm_func_callback_with_env_t>(self.target)(self.env, args, results);
}

}  // namespace

runtime::FuncRef* add_callback(wasm_store_t& store, const FuncType& type,
                               std::shared_ptr<const HostCallback> callback) {
  detail::OwnedFuncType internal(type);
  auto* env = new CallbackEnv{&store, nullptr, std::move(callback), nullptr};
  runtime::FuncRef* func = store.state().runtime->add_host_func(
      internal.view(), enter_callback, env, [](void* p) { delete static_cast<CallbackEnv*>(p); });
  env->signature = &store.signature(func->type);
  env->self = func;
  return func;
}

wasm_func_t* make_callback(wasm_store_t* store, const wasm_functype_t* type,
                           HostCallback::Enter enter, void (*target)(), void* env,
                           void (*finalizer)(void*)) {
  if (!usable(store) || type == nullptr || target == nullptr) return nullptr;
  auto callback = std::make_shared<const HostCallback>(enter, target, env, finalizer);
  runtime::FuncRef* func = add_callback(*store, from_c(*type), std::move(callback));
  return make<wasm_func_t>(store->shared_from_this(), Internals::make_func(&store->state(), func));
}

}  // namespace zwasm::capi

wasm_func_t* wasm_func_new(wasm_store_t* store, const wasm_functype_t* type,
                           wasm_func_callback_t callback) {
  return make_callback(store, type, &enter_plain, reinterpret_cast<void (*)()>(callback), nullptr,
                       nullptr);
}
wasm_func_t* wasm_func_new_with_env(wasm_store_t* store, const wasm_functype_t* type,
                                    wasm_func_callback_with_env_t callback, void* env,
                                    void (*finalizer)(void*)) {
  return make_callback(store, type, &enter_with_env, reinterpret_cast<void (*)()>(callback), env,
                       finalizer);
}

wasm_functype_t* wasm_func_type(const wasm_func_t* func) {
  return func != nullptr ? to_c(as<zwasm::Func>(func).type()).release() : nullptr;
}
size_t wasm_func_param_arity(const wasm_func_t* func) {
  const Signature* signature = signature_of(func);
  return signature != nullptr ? signature->params.size() : 0;
}
size_t wasm_func_result_arity(const wasm_func_t* func) {
  const Signature* signature = signature_of(func);
  return signature != nullptr ? signature->results.size() : 0;
}

wasm_trap_t* wasm_func_call(const wasm_func_t* func, const wasm_val_vec_t* args,
                            wasm_val_vec_t* results) {
  if (func == nullptr) return null_trap(nullptr, "the function");
  if (!func->store->alive()) return make_trap(func->store, Error::usage("the store is gone"));
  const Signature& signature = *signature_of(func);
  const size_t given = args != nullptr ? args->size : 0;
  const size_t room = results != nullptr ? results->size : 0;
  const size_t params = signature.params.size(), count = signature.results.size();
  if (given != params) return misuse(func, concat({"with ", std::to_string(given), " arguments"}));
  // Whoever gives no vector does not want the results.
  if (room < count && room != 0)
    return misuse(func, concat({"with room for ", std::to_string(room), " results"}));
  if ((given != 0 && args->data == nullptr) || (room != 0 && results->data == nullptr))
    return misuse(func, "with a vector that has a size, but no data");
  if (!signature.simple) return call_with_refs(func, args, results);

  Buffer<Slot> slots(signature.slots);
  for (size_t i = 0; i < params; ++i) {
    if (args->data[i].kind != signature.param_kinds[i])
      return misuse(func, concat({"with an argument ", std::to_string(i + 1), " of another type"}));
    slots.data()[i] = to_slot(args->data[i]);
  }
  StoreState& state = func->store->state();
  zwasm::detail::InUse use(state);
  if (!use.ok()) return make_trap(func->store, std::move(*zwasm::detail::other_thread_error()));
  auto* callee = Internals::func(as<zwasm::Func>(func));
  auto passage = zwasm::detail::Passage::to_wasm(state, callee, slots.data());
  auto status = state.runtime->call(callee, slots.data());
  if (status != zwasm::runtime::CallStatus::returned) {
    auto error = zwasm::detail::take_error(state, status);
    passage.failed(*error);
    return make_trap(func->store, std::move(*error));
  }
  passage.returned();
  for (size_t i = 0; i < count && room != 0; ++i)
    results->data[i] = from_slot(signature.result_kinds[i], slots.data()[i]);
  return nullptr;
}
