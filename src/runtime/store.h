// A store owns everything that running modules consist of: instances, their functions, tables,
// memories, globals, the collected heap, and what host functions were added. Nothing in it is
// freed before the store, except by the collector.
//
// A store belongs to one thread at a time. Interrupt handles may be used from any thread.
#pragma once
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/function_ref.h"
#include "runtime/engine.h"
#include "runtime/extern.h"
#include "runtime/failure.h"
#include "runtime/function.h"
#include "runtime/interrupt.h"
#include "runtime/layout.h"
#include "runtime/limits.h"
#include "runtime/loaded_module.h"
#include "runtime/native_call.h"
#include "sys/stacks.h"

namespace zwasm::runtime {

class ThreadGroup;      // thread_group.h
struct InstanceRecord;  // instance.h

struct StackBounds {
  const void* bottom = nullptr;
  size_t size = 0;
};

// A value during the evaluation of a constant expression.
struct ConstValue {
  GlobalCell cell{};
  bool is_heap_ref = false;  // a root
};

// A chain of tail calls between the interpreter and machine code: builtins::leaves_for_native.
struct TailNesting {
  bool in_tail_position = false;  // the call that is about to be made
  uint32_t depth = 0;             // how often the chain left the interpreter
  uint64_t stay = 0;  // so many of its tail calls are interpreted before it leaves again
};

class Store {
 public:
  static std::unique_ptr<Store> create(std::shared_ptr<Engine> engine,
                                       std::shared_ptr<Quota> quota);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  StoreContext& context() { return context_; }
  TailNesting& tail_nesting() { return tail_nesting_; }
  StoreEntry& entry() { return entry_; }
  GcHeap& heap() { return *heap_; }
  Engine& engine() { return *engine_; }
  const std::shared_ptr<Engine>& shared_engine() const { return engine_; }
  const std::shared_ptr<Quota>& quota() const { return quota_; }
  static Store& of(Instance& instance) { return *instance.context->store; }

  // --- What the host adds. Types are canonical. ---

  // `drop(env)` is called with the store's end.
  FuncRef* add_host_func(const module::FuncType& type, HostEntry entry, void* env,
                         void (*drop)(void*) = nullptr);
  // Gives it a target, which compiled code calls from now on: its parameters are all in registers
  // (native_call.h), it has one result at most.
  void set_host_target(FuncRef* func, void (*target)(), const void* site);
  // Whether targets are called, as at first; else all calls come to the entries.
  void use_host_targets(bool use);
  // For a target that fails: why. Then, with nothing left to destroy in its frames, it leaves.
  void fail_target(HostOutcome outcome);
  void fail_target(std::exception_ptr thrown);
  [[noreturn]] void leave_target();
  RunResult<Table*> add_table(const module::TableType& type, Slot initial);
  RunResult<Memory*> add_memory(const module::MemoryType& type);
  Global* add_global(isa::ValType type, bool mut, GlobalCell value);
  Tag* add_tag(const module::FuncType& type);
  // Keeps a memory of another store, which must be shared, usable in this one.
  Memory* adopt(std::shared_ptr<Memory> memory);
  // The owner of a memory of this store, to hand it to another one.
  std::shared_ptr<Memory> share(Memory* memory) const;

  // --- Calls ---

  // Calls any function of the store, from the host: at the outermost level, or from within a
  // host function. `slots` holds the arguments, then the results; it must have room for both.
  // After `threw` the exception is pending_exception(); after `trapped`, take_failure() tells.
  [[nodiscard]] CallStatus call(FuncRef* callee, Slot* slots);
  // For what zwasm_enter_typed has refused: begins a call in its stead; then it is to be tried
  // again, and end_typed follows. False: not possible, `call` is to be used, which says why if it
  // is an error.
  bool begin_typed(TypedCall& call);
  // Also for calls that the stub has begun and that have failed.
  [[nodiscard]] CallStatus end_typed(TypedCall& call);
  // For guest code, on the guest stack: calls a host function on the host's (builtins::call_host).
  [[nodiscard]] CallStatus call_host(FuncRef* callee, Instance* caller, Slot* slots);

  // For guest code, on the guest stack: runs what needs more stack than that has to spare.
  void on_host_stack(FunctionRef<void()> work);

  // Why the last call did not return; forgets it. After `threw`, a failure of kind `exception`
  // (the exception stays pending until the next call).
  Failure take_failure(CallStatus status);

  // The exception in flight; 0: none.
  GcRef pending_exception() const { return pending_exception_; }
  void set_pending_exception(GcRef exception) {
    pending_exception_ = exception;
    uncaught_noted_ = false;
  }
  // An exception leaves guest code: where it stands now is what a backtrace will show, should
  // nobody catch it.
  void note_uncaught();

  // For host functions that end a call: what they return after it is HostOutcome::Kind::failed.
  void set_pending_failure(Failure failure);
  bool has_pending_failure() const { return pending_failure_ != nullptr; }
  // The stack is then given back to the system when the outermost call ends.
  void note_stack_exhausted() { stack_was_exhausted_ = true; }

  // Guest frames that are on the stack now, innermost first, at most Limits::max_backtrace.
  Backtrace backtrace();

  // --- Fuel, interruption, timeouts ---

  uint64_t fuel() const { return context_.fuel < 0 ? 0 : static_cast<uint64_t>(context_.fuel); }
  // At most 2^63 - 1 units.
  void set_fuel(uint64_t units);
  void add_fuel(uint64_t units);
  std::shared_ptr<InterruptHandle> interrupt_handle() const { return interrupt_; }
  // Code of this store traps once so much time has passed from now on; nothing: no timeout.
  void set_timeout(std::optional<uint64_t> nanoseconds);
  // What every blocking call waits on besides its own condition.
  sys::Wake& wake() { return interrupt_->wake(); }
  // Allows calls again after an interrupt or a timeout, which both stay in force until then.
  void clear_interrupt();
  // A failure `interrupted` of this store then reports why its group has ended.
  void set_thread_group(ThreadGroup* group) { group_ = group; }
  // The poll word is set: what is to be done. May collect.
  isa::Trap on_poll();

  // --- Instances ---

  std::span<InstanceRecord* const> instances() const { return instances_; }

  // Every reference that the store itself holds, and those of its frames.
  void visit_roots(RootVisitor& visitor);

 private:
  friend class Instantiation;
  friend class ConstEvaluator;
  Store() = default;
  // No guest code of this store is on a stack: neither on one that was taken, nor by the stub.
  bool is_idle() const { return stack_ == nullptr && context_.boundary == nullptr; }
  bool take_stack();
  void choose_entry(HostFuncRef& host);
  void return_stack();
  void* guest_sp() const;
  void reset_native_limit();

  struct HostFunc {
    HostFuncRef ref;
    Function function;
    void (*drop)(void*);
    ~HostFunc() {
      if (drop != nullptr) drop(function.host_env);
    }
  };

  StoreContext context_;
  StoreEntry entry_;
  TailNesting tail_nesting_;
  std::shared_ptr<Engine> engine_;
  std::shared_ptr<Quota> quota_;
  std::shared_ptr<InterruptHandle> interrupt_;
  uint64_t deadline_ = 0;           // of the engine's deadline thread
  module::ModuleTypes host_types_;  // keeps types of host functions and tags

  std::vector<InstanceRecord*> instances_;
  std::deque<HostFunc> host_funcs_;
  bool use_host_targets_ = true;
  std::deque<Global> host_globals_;
  std::deque<Tag> host_tags_;
  std::vector<std::unique_ptr<Table>> tables_;
  std::vector<std::shared_ptr<Memory>> memories_;

  // Roots, besides handles and frames.
  std::vector<Global*> ref_globals_;
  std::vector<Table*> ref_tables_;
  std::vector<std::span<Slot>> ref_segments_;
  std::vector<ConstValue> const_stack_;
  GcRef pending_exception_ = kNullRef;

  std::unique_ptr<Failure> pending_failure_;
  struct RawTrace {
    std::vector<FramePosition> frames;
    uint32_t inner = 0;
    uint64_t omitted = 0;
  };
  RawTrace walk();
  Backtrace resolve(const RawTrace& raw) const;
  RawTrace uncaught_;  // of the pending exception, once it has left an activation
  bool uncaught_noted_ = false;
  std::unique_ptr<GcHeap> heap_;
  ThreadGroup* group_ = nullptr;
  uint64_t created_memories_ = 0;

  std::unique_ptr<sys::GuestStack> stack_;  // while calls are running that the stub did not begin
  uintptr_t stack_limit_ = 0;               // for native frames, of the stack used last
  StackBounds guest_stack_, host_stack_;
  bool stack_was_exhausted_ = false;
};

}  // namespace zwasm::runtime
