// The objects of the C API: one reference-counted struct behind every reference type, so that the
// conversions between func, extern and ref are casts. A handle of the C++ API is the payload; two
// objects are "the same" when their payloads are.
//
// Host info belongs to what an object refers to, not to the object: it is kept with the store, and
// finalized with it. (That of traps and foreign objects, which live outside the store's instances,
// is finalized with the object.)
#pragma once
#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "api/c/types.h"
#include "api/convert.h"
#include "wasm.h"
#include "zwasm/zwasm.h"

struct wasm_config_t {
  zwasm::Config config;
};

struct wasm_engine_t {
  zwasm::Engine engine;
};

namespace zwasm::capi {

struct HostInfo {
  void* data = nullptr;
  void (*finalizer)(void*) = nullptr;
  uint64_t order = 0;  // in which they were set
  void finalize() {
    auto old = std::exchange(*this, {});
    if (old.finalizer != nullptr) old.finalizer(old.data);
  }
};

// What a call needs to know about a function's type, worked out once per type and store.
struct Signature {
  std::vector<isa::ValType> params, results;
  std::vector<wasm_valkind_t> param_kinds, result_kinds;
  uint32_t slots = 0;  // for arguments and results, which share them
  bool simple = true;  // numbers only: values and slots convert without the store
};

}  // namespace zwasm::capi

// A store, and what objects made in it keep alive. Stores of the C++ API (those of threads that a
// guest spawns) get one when a callback of the C API first needs it.
struct wasm_store_t : std::enable_shared_from_this<wasm_store_t> {
  explicit wasm_store_t(zwasm::Store s) : store(std::move(s)) {}
  wasm_store_t(const wasm_store_t&) = delete;
  wasm_store_t& operator=(const wasm_store_t&) = delete;
  ~wasm_store_t() { end(); }

  static wasm_store_t& of(zwasm::detail::StoreState& state);
  bool alive() const { return store.has_value() && state().alive(); }
  zwasm::detail::StoreState& state() const { return *zwasm::detail::Internals::store(*store); }
  // The store must be alive.
  const zwasm::capi::Signature& signature(zwasm::module::CanonId type);
  // Finalizers may still look at host infos, and even set some.
  void end() {
    store.reset();
    while (!host_infos.empty()) {
      std::vector<zwasm::capi::HostInfo> infos;
      for (auto& [object, info] : std::exchange(host_infos, {})) infos.push_back(info);
      std::sort(infos.begin(), infos.end(),
                [](const auto& a, const auto& b) { return a.order < b.order; });
      for (auto& info : infos) info.finalize();
    }
  }

  std::optional<zwasm::Store> store;  // nothing once wasm_store_delete was called
  std::unordered_map<const void*, zwasm::capi::HostInfo> host_infos;
  uint64_t host_infos_set = 0;
  std::unordered_map<zwasm::module::CanonId, std::unique_ptr<const zwasm::capi::Signature>>
      signatures;
};

namespace zwasm::capi {

using StoreRef = std::shared_ptr<wasm_store_t>;

struct TrapInfo {
  Error error;
};
struct Foreign {};
// A vector: wasm_val_t has no room for one, and points to it.
struct Vector {
  V128 value;
};

}  // namespace zwasm::capi

struct wasm_ref_t {
  using Payload = std::variant<zwasm::capi::Foreign, zwasm::capi::Vector,
                               std::unique_ptr<zwasm::capi::TrapInfo>, zwasm::Module, zwasm::Func,
                               zwasm::Global, zwasm::Table, zwasm::Memory, zwasm::Instance,
                               zwasm::Tag, zwasm::Ref>;
  wasm_ref_t(zwasm::capi::StoreRef s, Payload p) : store(std::move(s)), payload(std::move(p)) {}
  wasm_ref_t(const wasm_ref_t&) = delete;
  wasm_ref_t& operator=(const wasm_ref_t&) = delete;
  ~wasm_ref_t() { own_info.finalize(); }

  std::atomic<uint32_t> count{1};
  zwasm::capi::StoreRef store;
  Payload payload;
  const zwasm::capi::Signature* signature = nullptr;  // of a function, once it was asked for
  zwasm::capi::HostInfo own_info;                     // of what has no place in the store
};

namespace zwasm::capi {

inline wasm_ref_t* retain(const wasm_ref_t* ref) {
  auto* r = const_cast<wasm_ref_t*>(ref);  // counting is not a change that anyone observes
  if (r != nullptr) r->count.fetch_add(1, std::memory_order_relaxed);
  return r;
}
inline void release(wasm_ref_t* ref) {
  if (ref != nullptr && ref->count.fetch_sub(1, std::memory_order_acq_rel) == 1) delete ref;
}

// What a value owns: nothing if it is a number, or of a kind that does not exist.
inline wasm_ref_t* ref_of(const wasm_val_t& value) {
  const bool owns =
      value.kind == WASM_EXTERNREF || value.kind == WASM_FUNCREF || value.kind == ZWASM_V128;
  return owns ? value.of.ref : nullptr;
}

// An owner of a reference, to be boxed as an externref.
class ObjectPtr {
 public:
  explicit ObjectPtr(const wasm_ref_t* ref) : ref_(retain(ref)) {}
  ObjectPtr(const ObjectPtr& other) : ref_(retain(other.ref_)) {}
  ObjectPtr(ObjectPtr&& other) noexcept : ref_(std::exchange(other.ref_, nullptr)) {}
  ObjectPtr& operator=(ObjectPtr other) noexcept { return std::swap(ref_, other.ref_), *this; }
  ~ObjectPtr() { release(ref_); }
  wasm_ref_t* get() const { return ref_; }

 private:
  wasm_ref_t* ref_;
};

// A new object with one owner.
template <class T>
T* make(const StoreRef& store, wasm_ref_t::Payload payload) {
  return static_cast<T*>(new wasm_ref_t(store, std::move(payload)));
}

template <class T>
T& as(const wasm_ref_t* ref) {
  return const_cast<T&>(std::get<T>(ref->payload));
}
inline TrapInfo& trap_info(const wasm_ref_t* trap) { return *as<std::unique_ptr<TrapInfo>>(trap); }

// The address that stands for what an object refers to; null if it has none in the store.
const void* identity(const wasm_ref_t& ref);
bool same(const wasm_ref_t* a, const wasm_ref_t* b);
HostInfo& host_info(wasm_ref_t& ref);

// Values. `to_c` gives an owned value; `from_c` copies. Errors: a value that cannot be passed.
wasm_val_t to_c(const StoreRef& store, const Value& value);
Result<Value> from_c(const StoreRef& store, const wasm_val_t& value, const ValType& type);
Result<Ref> ref_from_c(const StoreRef& store, const wasm_ref_t* ref, const ValType& type);
wasm_ref_t* ref_to_c(const StoreRef& store, const Ref& ref);

wasm_trap_t* make_trap(const StoreRef& store, Error error);
// For what was given null instead of `what`: most often the result of a call that failed.
zwasm::Error null_error(std::string_view what);
wasm_trap_t* null_trap(wasm_store_t* store, std::string_view what);
inline StoreRef share(wasm_store_t* store) {
  return store != nullptr ? store->shared_from_this() : nullptr;
}
// Whether there is a store, and it is not deleted.
inline bool usable(const wasm_store_t* store) { return store != nullptr && store->alive(); }

wasm_extern_t* extern_to_c(const StoreRef& store, const Extern& value);
Extern extern_from_c(const wasm_extern_t* ref);

// A host function's callback, in any of its forms: `enter` knows which.
struct HostCallback {
  // Who calls: the store, and the instance whose code it is (null: the host).
  struct Call {
    wasm_store_t& store;
    runtime::Instance* instance;
  };
  // The values belong to the caller; results start as null references.
  using Enter = wasm_trap_t* (*)(const HostCallback& self, const Call& call,
                                 const wasm_val_vec_t* args, wasm_val_vec_t* results);
  HostCallback(Enter e, void (*t)(), void* environment, void (*f)(void*))
      : enter(e), target(t), env(environment), finalizer(f) {}
  HostCallback(const HostCallback&) = delete;
  HostCallback& operator=(const HostCallback&) = delete;
  ~HostCallback() {
    if (finalizer != nullptr) finalizer(env);
  }
  Enter enter;
  void (*target)();  // the C function, to be cast back by `enter`
  void* env;
  void (*finalizer)(void*);
};
// A new function of the store, which must be alive.
runtime::FuncRef* add_callback(wasm_store_t& store, const FuncType& type,
                               std::shared_ptr<const HostCallback> callback);
wasm_func_t* make_callback(wasm_store_t* store, const wasm_functype_t* type,
                           HostCallback::Enter enter, void (*target)(), void* env,
                           void (*finalizer)(void*));

}  // namespace zwasm::capi

// The public names of the one struct.
struct wasm_extern_t : wasm_ref_t {
  using wasm_ref_t::wasm_ref_t;
};
struct wasm_func_t : wasm_extern_t {};
struct wasm_global_t : wasm_extern_t {};
struct wasm_table_t : wasm_extern_t {};
struct wasm_memory_t : wasm_extern_t {};
struct wasm_trap_t : wasm_ref_t {};
struct wasm_foreign_t : wasm_ref_t {};
struct wasm_module_t : wasm_ref_t {};
struct wasm_instance_t : wasm_ref_t {};
struct wasm_shared_module_t {
  zwasm::Module module;
};
struct wasm_frame_t {
  zwasm::Frame frame;
  zwasm::capi::StoreRef store;
  // Made when it is first asked for.
  mutable std::optional<zwasm::capi::ObjectPtr> instance;
};
