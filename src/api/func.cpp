// Calls into wasm, and host functions: the bridge between raw slots and C++ functions.
#include "zwasm/func.h"

#include <cstddef>
#include <cstring>
#include <new>
#include <type_traits>

#include "api/convert.h"
#include "api/host_func.h"
#include "base/concat.h"
#include "runtime/native_call.h"
#include "runtime/stubs.h"
#include "zwasm/instance.h"

namespace zwasm {

using detail::Internals;
using detail::Slot;
using detail::StoreState;

static_assert(sizeof(detail::RawSlot) == sizeof(Slot));

namespace {

uint32_t slot_count(std::span<const isa::ValType> types) {
  uint32_t count = 0;
  for (isa::ValType type : types) count += isa::slots_of(type);
  return count;
}

std::string func_text(const runtime::FuncRef& func) {
  std::string_view name;
  if (func.function->module != nullptr)
    name = func.function->module->function_name(func.function->index);
  return name.empty() ? std::string("the function") : concat({"function \"", name, "\""});
}

// Arguments and results of most calls fit here.
constexpr size_t kInlineSlots = 16;
struct SlotBuffer {
  explicit SlotBuffer(size_t count) {
    if (count > kInlineSlots) large.resize(count);
  }
  Slot* data() { return large.empty() ? small : large.data(); }
  Slot small[kInlineSlots];
  std::vector<Slot> large;
};

}  // namespace

// --- calling ---

FuncType Func::type() const {
  if (detail::live(store_.get()) == nullptr) return {};
  return detail::func_type(store_.get()->engine, Internals::func(*this)->type);
}

std::string Func::name() const {
  if (detail::live(store_.get()) == nullptr) return {};
  const runtime::FuncRef* func = Internals::func(*this);
  if (func->function->module == nullptr) return {};
  return std::string(func->function->module->function_name(func->function->index));
}

Result<std::vector<Value>> Func::call(std::span<const Value> args) const {
  StoreState* store = store_.get();
  if (auto error = detail::check_usable(store)) return error;
  runtime::FuncRef* func = Internals::func(*this);
  const module::FuncType& type = store->types().type(func->type).func;
  if (auto error = detail::check_args(*store, type.params, args, func_text(*func))) return error;
  SlotBuffer buffer(std::max(slot_count(type.params), slot_count(type.results)));
  Slot* slot = buffer.data();
  for (size_t i = 0; i < args.size(); ++i) {
    detail::to_slots(*store, args[i], type.params[i], slot);
    slot += isa::slots_of(type.params[i]);
  }
  detail::InUse use(*store);
  if (!use.ok()) return detail::other_thread_error();
  auto passage = detail::Passage::to_wasm(*store, func, buffer.data());
  runtime::CallStatus status = store->runtime->call(func, buffer.data());
  if (status != runtime::CallStatus::returned) {
    auto error = detail::take_error(*store, status);
    passage.failed(*error);
    return error;
  }
  passage.returned();
  std::vector<Value> results;
  results.reserve(type.results.size());
  slot = buffer.data();
  for (isa::ValType result : type.results) {
    results.push_back(detail::from_slots(*store, result, slot));
    slot += isa::slots_of(result);
  }
  return results;
}

std::unique_ptr<Error> Func::check(const detail::Signature& signature) const {
  StoreState* store = store_.get();
  if (auto error = detail::check_usable(store)) return error;
  const module::FuncType& type = store->types().type(Internals::func(*this)->type).func;
  detail::OwnedFuncType wanted(signature);
  auto fits = [&](std::span<const isa::ValType> from, std::span<const isa::ValType> to) {
    if (from.size() != to.size()) return false;
    for (size_t i = 0; i < from.size(); ++i)
      if (!store->types().matches(from[i], to[i])) return false;
    return true;
  };
  if (fits(wanted.params, type.params) && fits(type.results, wanted.results)) return nullptr;
  return std::make_unique<Error>(
      Error::usage(concat({func_text(*Internals::func(*this)), " has type ",
                           detail::to_public(store->engine, type).to_string(), ", not ",
                           detail::to_public(store->engine, wanted.view()).to_string()})));
}

std::unique_ptr<Error> Func::call_slots(detail::RawSlot* slots) const {
  StoreState* store = store_.get();
  if (detail::live(store) == nullptr) return detail::check_usable(store);
  detail::InUse use(*store);
  if (!use.ok()) [[unlikely]]
    return detail::other_thread_error();
  auto* func = static_cast<runtime::FuncRef*>(func_);
  auto* values = reinterpret_cast<Slot*>(slots);
  auto passage = detail::Passage::to_wasm(*store, func, values);
  runtime::CallStatus status = store->runtime->call(func, values);
  if (status == runtime::CallStatus::returned) [[likely]] {
    passage.returned();
    return nullptr;
  }
  auto error = detail::take_error(*store, status);
  passage.failed(*error);
  return error;
}

// --- typed calls ---

namespace {

// What a detail::TypedCall is.
#define ZWASM_CHECK_FIELD(theirs, ours) \
  static_assert(offsetof(detail::TypedCall, theirs) == offsetof(runtime::TypedCall, ours))
ZWASM_CHECK_FIELD(boundary, boundary);
ZWASM_CHECK_FIELD(status, boundary.status);
ZWASM_CHECK_FIELD(callee, callee);
ZWASM_CHECK_FIELD(guest_sp, guest_sp);
ZWASM_CHECK_FIELD(store, door);
#undef ZWASM_CHECK_FIELD
static_assert(sizeof(runtime::TypedCall) <= offsetof(detail::TypedCall, in_use));
static_assert(sizeof(detail::InUse) <= sizeof(detail::TypedCall::in_use));
static_assert(std::is_same_v<decltype(detail::TypedCall::status),
                             std::underlying_type_t<runtime::CallStatus>>);
static_assert(detail::TypedCall::kReturned == static_cast<uint32_t>(runtime::CallStatus::returned));

}  // namespace

detail::TypedEntry detail::typed_entry() noexcept { return &zwasm_enter_typed; }

detail::AfterTyped Func::after_typed(detail::TypedCall& raw, std::unique_ptr<Error>& error) const {
  StoreState* store = store_.get();
  auto& call = reinterpret_cast<runtime::TypedCall&>(raw);
  auto* in_use = reinterpret_cast<detail::InUse*>(&raw.in_use);
  if (call.boundary.status == runtime::TypedCall::kRefused) {
    if (store->entry == nullptr) return detail::AfterTyped::use_slots;
    new (in_use) detail::InUse(*store);
    if (in_use->ok() && store->runtime->begin_typed(call)) return detail::AfterTyped::enter;
    in_use->~InUse();
    return detail::AfterTyped::use_slots;
  }
  const bool marked = call.guest_sp != nullptr;  // by what begin_typed has begun
  runtime::CallStatus status = store->runtime->end_typed(call);
  if (status != runtime::CallStatus::returned) error = detail::take_error(*store, status);
  if (marked) in_use->~InUse();
  return error ? detail::AfterTyped::failed : detail::AfterTyped::returned;
}

// --- host functions ---

namespace detail {
namespace {

// The environment of a typed host function in one store.
struct TypedEnv {
  HostSite site;
  HostFunction function;
  runtime::FuncRef* self = nullptr;
};

runtime::HostOutcome enter_typed(void* env, runtime::Store&, runtime::Instance* caller,
                                 Slot* slots) {
  auto* typed = static_cast<TypedEnv*>(env);
  StoreState& store = *typed->site.store;
  auto passage = Passage::to_host(store, typed->self, caller, slots);
  HostCall call{reinterpret_cast<RawSlot*>(slots), &store, caller, nullptr};
  typed->function.invoke(typed->function.env.get(), call);
  if (!call.error) [[likely]] {
    passage.returned();
    return {};
  }
  passage.failed(*call.error);
  return fail_call(store, std::move(*call.error));
}

struct RawEnv {
  StoreState* store;
  OwnedFuncType type;
  RawHostFunction function;
  runtime::FuncRef* self = nullptr;
};

runtime::HostOutcome enter_raw(void* env, runtime::Store&, runtime::Instance* caller, Slot* slots) {
  auto* raw = static_cast<RawEnv*>(env);
  StoreState& store = *raw->store;
  auto passage = Passage::to_host(store, raw->self, caller, slots);
  auto fail = [&](Error error) {
    passage.failed(error);
    return fail_call(store, std::move(error));
  };
  std::vector<Value> args, results;
  Slot* slot = slots;
  for (isa::ValType type : raw->type.params) {
    args.push_back(from_slots(store, type, slot));
    slot += isa::slots_of(type);
  }
  for (isa::ValType type : raw->type.results)
    results.push_back(
        Value::default_of(to_public(store.engine, type.is_ref() ? type.as_nullable() : type))
            .value_or(Value()));
  Result<void> done = Internals::with_caller(
      &store, caller, [&](Caller& c) { return raw->function(c, args, results); });
  if (!done) return fail(std::move(done).error());
  if (auto error = check_args(store, raw->type.results, results, "the host function's result"))
    return fail(Error::host(std::move(error->message)));
  slot = slots;
  for (size_t i = 0; i < results.size(); ++i) {
    to_slots(store, results[i], raw->type.results[i], slot);
    slot += isa::slots_of(raw->type.results[i]);
  }
  passage.returned();
  return {};
}

}  // namespace

// Compiled code left by the stub's frame; its caller's keeps the instance.
void* calling_instance(const HostSite& site) {
  if (site.call != nullptr) return site.call->instance;
  auto* stub = reinterpret_cast<void***>(site.store->runtime->context().native_fp);
  return (*stub)[-1];
}

void fail_host(const HostSite& site, std::unique_ptr<Error> error) {
  if (site.call != nullptr) site.call->error = std::move(error);
  else site.store->runtime->fail_target(fail_call(*site.store, std::move(*error)));
}

void fail_host(const HostSite& site, std::exception_ptr thrown) {
  site.store->runtime->fail_target(std::move(thrown));
}

void leave_host(const HostSite& site) {
  if (site.call == nullptr) site.store->runtime->leave_target();
}

runtime::FuncRef* add_typed(StoreState& store, HostFunction function) {
  OwnedFuncType type(function.signature);
  HostSite site{function.env.get(), &store, nullptr};
  auto* env = new TypedEnv{site, std::move(function)};
  runtime::FuncRef* ref = store.runtime->add_host_func(
      type.view(), enter_typed, env, [](void* p) { delete static_cast<TypedEnv*>(p); });
  env->self = ref;
  if (env->function.in_registers)
    store.runtime->set_host_target(ref, env->site.env->target, &env->site);
  return ref;
}

runtime::FuncRef* add_raw(StoreState& store, const FuncType& type, RawHostFunction function) {
  auto* env = new RawEnv{&store, OwnedFuncType(type), std::move(function)};
  if (auto error = check_type(store, type)) {
    // It exists, so that calling it can say why not; what the types of the other engine are called
    // there means nothing here.
    for (auto* types : {&env->type.params, &env->type.results})
      for (isa::ValType& each : *types)
        if (each.is_ref() && each.heap().is_concrete()) each = isa::kAnyRef;
    env->function = [why = std::make_shared<const Error>(*error)](
                        Caller&, std::span<const Value>, std::span<Value>) -> Result<void> {
      return *why;
    };
  }
  env->self = store.runtime->add_host_func(env->type.view(), enter_raw, env,
                                           [](void* p) { delete static_cast<RawEnv*>(p); });
  return env->self;
}

}  // namespace detail

Func Func::make(Store& store, detail::HostFunction function) {
  StoreState* state = Internals::store(store);
  if (detail::live(state) == nullptr) return Func(nullptr, nullptr);
  return Func(state, detail::add_typed(*state, std::move(function)));
}

Func Func::raw(Store& store, const FuncType& type, RawHostFunction function) {
  StoreState* state = Internals::store(store);
  if (detail::live(state) == nullptr) return Func(nullptr, nullptr);
  return Func(state, detail::add_raw(*state, type, std::move(function)));
}

// --- callers ---

std::optional<Instance> Caller::instance() const {
  if (instance_ == nullptr) return std::nullopt;
  auto* instance = static_cast<runtime::Instance*>(instance_);
  return Internals::make_instance(Internals::store(store_), instance,
                                  Internals::make_module(runtime::record_of(*instance).owner));
}

std::optional<Memory> Caller::memory(std::string_view name) const {
  if (instance_ == nullptr) return std::nullopt;
  auto found = runtime::find_export(*static_cast<runtime::Instance*>(instance_), name);
  if (!found || found->kind != isa::ExternKind::memory) return std::nullopt;
  return Internals::make_memory(Internals::store(store_), found->memory);
}

std::optional<Func> Caller::func(std::string_view name) const {
  if (instance_ == nullptr) return std::nullopt;
  auto found = runtime::find_export(*static_cast<runtime::Instance*>(instance_), name);
  if (!found || found->kind != isa::ExternKind::func) return std::nullopt;
  return Internals::make_func(Internals::store(store_), found->func);
}

std::optional<Extern> Caller::find(std::string_view name) const {
  if (instance_ == nullptr) return std::nullopt;
  auto found = runtime::find_export(*static_cast<runtime::Instance*>(instance_), name);
  if (!found) return std::nullopt;
  return detail::from_runtime(Internals::store(store_), *found);
}

}  // namespace zwasm
