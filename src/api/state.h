// What stands behind the handles of the public API: the state of a store, and the one door
// (`detail::Internals`) through which the library reaches the private members of public classes.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/gc/shape.h"
#include "runtime/instance.h"
#include "runtime/store.h"
#include "sys/stacks.h"
#include "wasi/core/context.h"
#include "wasi/p1/p1.h"
#include "zwasm/zwasm.h"

namespace zwasm::detail {

class LinkerState;
class TypeScope;
struct ThreadGroup;  // wasi_threads.h

// Lives as long as a handle refers to it; `runtime` is gone once the store is.
class ZWASM_HIDDEN StoreState : public runtime::StoreDoor {
 public:
  std::atomic<uint32_t> references{1};
  std::unique_ptr<runtime::Store> runtime;
  std::shared_ptr<runtime::Engine> engine;
  StoreLimits limits;
  void* data = nullptr;

  // Null without a hook; shared, since it may be replaced while it runs.
  std::shared_ptr<const std::function<void(const CallInfo&)>> call_hook;

  // WASI. Threads of a guest share the context.
  std::shared_ptr<zwasm::wasi::Context> wasi;
  bool threads_granted = false;
  // The caller whose memory was looked up last; its calls need no further look-up.
  runtime::Instance* wasi_caller = nullptr;
  runtime::Memory* wasi_memory = nullptr;
  std::shared_ptr<ThreadGroup> threads;

  // Host functions of linkers, made in this store once: by what defines them, which is kept.
  struct HostFunc {
    std::shared_ptr<const void> definition;
    runtime::FuncRef* func;
  };
  std::unordered_map<const void*, HostFunc> host_funcs;

  // What the C API keeps for its wasm_store_t.
  std::shared_ptr<void> c_store;

  // Shapes of objects that the host makes, and the types that those need.
  runtime::gc::ShapeArena shape_arena;
  std::unordered_map<module::CanonId, const runtime::gc::Shape*> shapes;
  std::vector<std::shared_ptr<const TypeScope>> kept_types;

  const runtime::gc::Shape* shape(const HeapType& type);
  module::TypeRegistry& types() { return engine->types(); }
  bool alive() const { return runtime != nullptr; }
  // Typed calls are begun by their stub when there is nothing to tell a hook.
  void open_door() { entry = alive() && !call_hook ? &runtime->entry() : nullptr; }
  // Ends the store's life; handles find it gone.
  void destroy();
};

// A store belongs to one thread at a time. While a call runs it is marked, and a second thread that
// comes gets an error. Without assertions the mark costs two plain moves, and two threads that come
// in the very same moment are not told apart.
class InUse {
 public:
  explicit InUse(StoreState& store) noexcept : user_(store.runtime->entry().user) {
    const void* user = user_.load(std::memory_order_relaxed);
    const void* self = &sys::host_thread;
    ok_ = user == nullptr || user == self;
    outermost_ = user == nullptr;
    if (!outermost_) return;
#ifdef NDEBUG
    user_.store(self, std::memory_order_relaxed);
#else
    ok_ = outermost_ = user_.compare_exchange_strong(user, self);
#endif
  }
  InUse(const InUse&) = delete;
  InUse& operator=(const InUse&) = delete;
  ~InUse() {
    if (outermost_) user_.store(nullptr, std::memory_order_relaxed);
  }
  bool ok() const { return ok_; }

 private:
  std::atomic<const void*>& user_;
  bool ok_, outermost_;
};

// What stands behind a CallInfo.
struct CallRecord {
  struct Wasi {
    const wasi::p1::P1Function& function;
    const wasi::p1::P1Call& call;
    const uint64_t* args;
    wasi::Errno result;
  };
  StoreState* store = nullptr;
  CallEvent event{};
  runtime::FuncRef* callee = nullptr;       // null: a start function, before there is an instance
  runtime::LoadedModule* module = nullptr;  // of a guest's function; null: a host function
  uint32_t func_index = 0;
  runtime::Instance* caller = nullptr;   // of a host function; null: the host
  const runtime::Slot* slots = nullptr;  // arguments, then results
  bool returned = false;
  const Error* error = nullptr;
  const Wasi* wasi = nullptr;
};

// Tells the store's hook, if it has one, that control passes to the other side and comes back: when
// the end is told, or at the latest when the passage ends. Without a hook nothing is put together,
// and nothing happens. One that is set meanwhile learns of what begins then.
class Passage {
 public:
  using Wasi = CallRecord::Wasi;
  Passage(const Passage&) = delete;
  Passage& operator=(const Passage&) = delete;
  ~Passage() { end(false, nullptr, nullptr); }

  static Passage to_wasm(StoreState& store, runtime::FuncRef* callee, const runtime::Slot* slots) {
    return {store, Kind::guest, callee, nullptr, slots};
  }
  // The start function, while its module is instantiated; null: it has none, nothing is told.
  static Passage to_start(StoreState& store, runtime::LoadedModule* module) {
    return {store, Kind::start, module, nullptr, nullptr};
  }
  static Passage to_host(StoreState& store, runtime::FuncRef* self, runtime::Instance* caller,
                         const runtime::Slot* slots) {
    return {store, Kind::host, self, caller, slots};
  }

  // Results are in the slots.
  void returned(const Wasi* wasi = nullptr) { end(true, nullptr, wasi); }
  void failed(const Error& error, const Wasi* wasi = nullptr) { end(false, &error, wasi); }
  // Whether anybody listens.
  bool observed() const { return record_ != nullptr; }

 private:
  enum class Kind : uint8_t { guest, start, host };
  Passage(StoreState& store, Kind kind, void* callee, runtime::Instance* caller,
          const runtime::Slot* slots) {
    if (store.call_hook) [[unlikely]]
      begin(store, kind, callee, caller, slots);
  }
  void end(bool returned, const Error* error, const Wasi* wasi) {
    if (record_) [[unlikely]]
      tell_end(returned, error, wasi);
  }
  // `callee` is a FuncRef, or the LoadedModule whose start function it is.
  void begin(StoreState& store, Kind kind, void* callee, runtime::Instance* caller,
             const runtime::Slot* slots);
  void tell_end(bool returned, const Error* error, const Wasi* wasi);

  std::unique_ptr<CallRecord> record_;  // until the end is told
};

// The forms of a Ref.
enum class RefForm : uint8_t { null, i31, func, root };

struct Internals {
  // Engines, modules, memories outside of stores.
  static const std::shared_ptr<runtime::Engine>& engine(const Engine& e) { return e.engine_; }
  static Engine make_engine(std::shared_ptr<runtime::Engine> e) { return Engine(std::move(e)); }
  static const std::shared_ptr<runtime::LoadedModule>& module(const Module& m) { return m.module_; }
  static Module make_module(std::shared_ptr<runtime::LoadedModule> m) {
    return Module(std::move(m));
  }
  static const std::shared_ptr<runtime::Memory>& memory(const SharedMemory& m) { return m.memory_; }
  static SharedMemory make_shared_memory(std::shared_ptr<runtime::Memory> m) {
    return SharedMemory(std::move(m));
  }
  static InterruptHandle make_interrupt(std::shared_ptr<runtime::InterruptHandle> h) {
    return InterruptHandle(std::move(h));
  }
  static const WasiState& wasi(const WasiConfig& config) { return *config.state_; }
  static const std::shared_ptr<wasi::CapturedOutput>& output(const OutputCapture& c) {
    return c.output_;
  }
  static const std::shared_ptr<wasi::MemoryFs>& memory_fs(const MemoryDirectory& d) {
    return d.fs_;
  }

  static LinkerState& linker(Linker& linker) { return *linker.state_; }
  static CallInfo make_call_info(const CallRecord& record) { return CallInfo(record); }

  // The store of a handle.
  static StoreState* store(const Store& s) { return s.state_.get(); }
  template <class Handle>
  static StoreState* store_of(const Handle& h) {
    return h.store_.get();
  }
  static Store borrow(StoreState* s) { return Store(StorePtr(s)); }

  // Handles.
  static runtime::FuncRef* func(const Func& f) { return static_cast<runtime::FuncRef*>(f.func_); }
  static Func make_func(StoreState* s, runtime::FuncRef* f) { return Func(s, f); }
  static runtime::Memory* memory(const Memory& m) {
    return static_cast<runtime::Memory*>(m.memory_);
  }
  static Memory make_memory(StoreState* s, runtime::Memory* m) { return Memory(s, m); }
  static runtime::Table* table(const Table& t) { return static_cast<runtime::Table*>(t.table_); }
  static Table make_table(StoreState* s, runtime::Table* t) { return Table(s, t); }
  static runtime::Global* global(const Global& g) {
    return static_cast<runtime::Global*>(g.global_);
  }
  static Global make_global(StoreState* s, runtime::Global* g) { return Global(s, g); }
  static runtime::Tag* tag(const Tag& t) { return static_cast<runtime::Tag*>(t.tag_); }
  static Tag make_tag(StoreState* s, runtime::Tag* t) { return Tag(s, t); }
  static runtime::Instance* instance(const Instance& i) {
    return static_cast<runtime::Instance*>(i.instance_);
  }
  static Instance make_instance(StoreState* s, runtime::Instance* i, Module m) {
    return Instance(s, i, std::move(m));
  }
  static Func make_host_func(Store& store, HostFunction function) {
    return Func::make(store, std::move(function));
  }
  template <class F>
  static auto with_caller(StoreState* s, runtime::Instance* instance, F&& f) {
    Caller caller(s, instance);
    return f(caller);
  }

  // References.
  static RefForm form(const Ref& r) { return static_cast<RefForm>(r.form_); }
  static uint64_t bits(const Ref& r) { return r.bits_; }
  static Ref make_ref(StoreState* store, HeapKind hierarchy, RefForm form, uint64_t bits) {
    Ref ref(hierarchy);
    ref.form_ = static_cast<uint8_t>(form);
    ref.bits_ = bits;
    if (store != nullptr) ref.store_ = StorePtr(store);
    return ref;
  }
  static void set_hierarchy(Ref& ref, HeapKind hierarchy) { ref.hierarchy_ = hierarchy; }
};

// The extern of the runtime that a handle stands for, and back.
runtime::Extern to_runtime(const Extern& value);
StoreState* store_of(const Extern& value);
Extern from_runtime(StoreState* store, const runtime::Extern& value);

// The state of a store that lives; null once it is gone, and for what was moved from.
inline StoreState* live(StoreState* store) {
  return store != nullptr && store->alive() ? store : nullptr;
}

// An error: the store is gone or in use by another thread, or the handle belongs to another store.
// Null if all is well.
std::unique_ptr<Error> check_usable(const StoreState* store);
std::unique_ptr<Error> other_thread_error();
std::unique_ptr<Error> check_same(const StoreState* store, const StoreState* other,
                                  std::string_view what);

}  // namespace zwasm::detail
