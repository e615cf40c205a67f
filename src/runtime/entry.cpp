// Calls across the boundary between host and guest, in both directions.
//
// The host's thread and the guest each have a stack; a call across moves to the other one and
// comes back, like a call on one stack:
//
//   host stack     main … Store::call ┐                host_fn … Store::call ┐
//                                     │ (enter)    (exit) │                  │
//   guest stack                       └ interpreter ──────┘                  └ interpreter …
//
// StoreContext::host_sp and guest_sp are where the stack that is not running continues.
//
// Calls whose arguments and result are in registers move between the stacks in stubs of their own
// (begin_typed, set_host_target): what C++ and compiled code pass each other then differs only in
// which registers it is in.
//
// A C++ exception must not pass guest frames, which know nothing of it: it is caught on the
// host's side, kept in the pending failure, and handed back at the outer boundary.
#include <algorithm>
#include <exception>
#include <utility>

#include "runtime/builtins.h"
#include "runtime/native_call.h"
#include "runtime/store.h"
#include "runtime/stubs.h"
#include "sys/faults.h"
#include "sys/stacks.h"

#if defined(__SANITIZE_ADDRESS__)
#define ZWASM_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ZWASM_ASAN 1
#endif
#endif
#if defined(ZWASM_ASAN)
#include <sanitizer/common_interface_defs.h>

#include <vector>
#endif

namespace zwasm::runtime {
namespace {

// Host code that guest code calls must find this much of its stack.
constexpr uintptr_t kHostReserve = 256 << 10;

// Runs `call.run()` on another stack. AddressSanitizer has to know which stack is in use: it is
// told before and after each of the two moves, and tells what the stack we came from was.
template <class Call>
void switch_stack(Call& call, void* stack, void** saved, [[maybe_unused]] StackBounds bounds) {
#if defined(ZWASM_ASAN)
  void* fake_stack = nullptr;
  __sanitizer_start_switch_fiber(&fake_stack, bounds.bottom, bounds.size);
  zwasm_call_on_stack(
      &call,
      [](void* argument) {
        auto& self = *static_cast<Call*>(argument);
        StackBounds from;
        __sanitizer_finish_switch_fiber(nullptr, &from.bottom, &from.size);
        self.run(from);
        void* own_fake_stack = nullptr;
        __sanitizer_start_switch_fiber(&own_fake_stack, from.bottom, from.size);
      },
      stack, saved);
  __sanitizer_finish_switch_fiber(fake_stack, nullptr, nullptr);
#else
  zwasm_call_on_stack(
      &call, [](void* argument) { static_cast<Call*>(argument)->run({}); }, stack, saved);
#endif
}

#if defined(ZWASM_ASAN)
// The stub of typed calls cannot tell: it is told beforehand and afterwards, from the host's stack.
// What it keeps of the host's stack meanwhile, innermost call last.
thread_local std::vector<void*> host_fake_stacks;

void tell_of_guest_stack(StackBounds guest, StackBounds& host) {
  host_fake_stacks.push_back(nullptr);
  __sanitizer_start_switch_fiber(&host_fake_stacks.back(), guest.bottom, guest.size);
  __sanitizer_finish_switch_fiber(nullptr, &host.bottom, &host.size);
}
void tell_of_host_stack(StackBounds host) {
  void* fake_stack = nullptr;
  __sanitizer_start_switch_fiber(&fake_stack, host.bottom, host.size);
  __sanitizer_finish_switch_fiber(host_fake_stacks.back(), nullptr, nullptr);
  host_fake_stacks.pop_back();
}
#endif

#if defined(__cpp_exceptions)
constexpr const char* kThrewMessage = "the host function threw an exception";

CallStatus host_threw(Store& store, const char* what) {
  Failure failure;
  failure.kind = Failure::Kind::host;
  failure.trap = isa::Trap::host_error;
  failure.message = what;
  failure.host_exception = std::current_exception();
  failure.backtrace = store.backtrace();
  store.set_pending_failure(std::move(failure));
  return CallStatus::trapped;
}
#endif

// What a host function says of its end becomes the state of the store.
CallStatus conclude(Store& store, HostOutcome outcome) {
  switch (outcome.kind) {
    case HostOutcome::Kind::returned: return CallStatus::returned;
    case HostOutcome::Kind::threw: return CallStatus::threw;
    case HostOutcome::Kind::trapped: return builtins::raise(store.context(), outcome.trap);
    case HostOutcome::Kind::failed:
    case HostOutcome::Kind::exited: break;
  }
  if (!store.has_pending_failure()) {
    Failure failure;
    failure.kind = Failure::Kind::host;
    failure.trap = isa::Trap::host_error;
    failure.message = "a host function failed without saying why";
    failure.backtrace = store.backtrace();
    store.set_pending_failure(std::move(failure));
  }
  return CallStatus::trapped;
}

// Host functions that take slots are called here, on the host's stack.
CallStatus run_host(Store& store, FuncRef* callee, Instance* caller, Slot* slots) {
  HostOutcome outcome;
  const Function& function = *callee->function;
#if defined(__cpp_exceptions)
  try {
    outcome = function.host(function.host_env, store, caller, slots);
  } catch (const std::exception& e) {
    return host_threw(store, e.what());
  } catch (...) {
    return host_threw(store, kThrewMessage);
  }
#else
  outcome = function.host(function.host_env, store, caller, slots);
#endif
  return conclude(store, outcome);
}

struct EnterGuest {
  StoreContext& context;
  FuncRef* callee;
  Slot* slots;
  StackBounds& host_stack;
  CallStatus status = CallStatus::trapped;

  void run(StackBounds from) {
    host_stack = from;
    // Straight to machine code, if there is some.
    status = builtins::runs_native(*callee)
                 ? builtins::call_native(context, callee, nullptr, slots)
                 : context.store->engine().interpreter().call(context, callee, slots);
  }
};

struct OnHost {
  FunctionRef<void()> work;
  void run(StackBounds) { work(); }
};

struct EnterHost {
  StoreContext& context;
  FuncRef* callee;
  Instance* caller;
  Slot* slots;
  CallStatus status = CallStatus::trapped;

  void run(StackBounds) { status = run_host(*context.store, callee, caller, slots); }
};

}  // namespace

void* Store::guest_sp() const {
  return context_.guest_sp != nullptr ? context_.guest_sp
                                      : reinterpret_cast<void*>(context_.native_fp);
}

CallStatus Store::call(FuncRef* callee, Slot* slots) {
  const Function& function = *callee->function;
  char here;
  if (reinterpret_cast<uintptr_t>(&here) < sys::host_stack_limit() + kHostReserve)
    return builtins::raise(context_, isa::Trap::stack_exhausted);
  if (function.host != nullptr) return run_host(*this, callee, nullptr, slots);

  const bool outermost = is_idle();
  if (outermost && engine_->tiers() != nullptr) sys::prepare_thread_for_faults();
  if (outermost && !take_stack()) {
    Failure failure;
    failure.kind = Failure::Kind::limit;
    failure.message = "the system refuses memory for a stack";
    set_pending_failure(std::move(failure));
    return CallStatus::trapped;
  }
  CallStatus status = CallStatus::trapped;
  Slot* const top = context_.value_top;
  const uint32_t room = std::max(function.param_slots, function.result_slots);
  auto sp = reinterpret_cast<uintptr_t>(guest_sp());
  if (context_.value_limit - top < static_cast<ptrdiff_t>(room) || sp < context_.native_limit) {
    status = builtins::raise(context_, isa::Trap::stack_exhausted);
  } else {
    std::copy_n(slots, function.param_slots, top);
    void* const host_sp = context_.host_sp;
    void* const outer_sp = std::exchange(context_.guest_sp, nullptr);
    EnterGuest enter{context_, callee, top, host_stack_};
    switch_stack(enter, reinterpret_cast<void*>(sp), &context_.host_sp, guest_stack_);
    status = enter.status;
    context_.host_sp = host_sp;
    context_.guest_sp = outer_sp;
    context_.value_top = top;
    if (status == CallStatus::returned) std::copy_n(top, function.result_slots, slots);
  }
  if (outermost) return_stack();
  return status;
}

CallStatus Store::call_host(FuncRef* callee, Instance* caller, Slot* slots) {
  EnterHost leave{context_, callee, caller, slots};
  switch_stack(leave, context_.host_sp, &context_.guest_sp, host_stack_);
  context_.guest_sp = nullptr;
  return leave.status;
}

void Store::on_host_stack(FunctionRef<void()> work) {
  OnHost leave{work};
  switch_stack(leave, context_.host_sp, &context_.guest_sp, host_stack_);
  context_.guest_sp = nullptr;
}

bool Store::begin_typed(TypedCall& call) {
  char here;
  const FuncRef* callee = call.callee;
  const void* slots_entry = reinterpret_cast<const void*>(&zwasm_slots_entry);
  if (callee->instance == nullptr || callee->code.load(std::memory_order_acquire) == slots_entry ||
      reinterpret_cast<uintptr_t>(&here) < sys::host_stack_limit() + kHostReserve)
    return false;
  call.outermost = is_idle();
  if (call.outermost) {
    sys::prepare_thread_for_faults();
    if (!take_stack()) return false;
  }
  call.guest_sp = guest_sp();
  if (reinterpret_cast<uintptr_t>(call.guest_sp) < context_.native_limit) {
    if (call.outermost) return_stack();
    call.guest_sp = nullptr;
    return false;
  }
  call.boundary = {context_.boundary, nullptr, context_.native_fp, context_.activation,
                   TypedCall::kBegun};
  call.context = &context_;
  call.outer_guest_sp = context_.guest_sp;
  call.outer_host_sp = context_.host_sp;
  context_.boundary = &call.boundary;
  context_.native_fp = 0;
  context_.guest_sp = nullptr;
#if defined(ZWASM_ASAN)
  tell_of_guest_stack(guest_stack_, host_stack_);
#endif
  return true;
}

CallStatus Store::end_typed(TypedCall& call) {
  context_.boundary = call.boundary.previous;
  context_.native_fp = call.boundary.outer_native_fp;
  const CallStatus status = call.boundary.status;
  if (call.guest_sp == nullptr) {  // the stub's
    sys::GuestStack::release_marked(entry_.stack, std::exchange(stack_was_exhausted_, false));
    entry_.user.store(nullptr, std::memory_order_relaxed);
    return status;
  }
#if defined(ZWASM_ASAN)
  tell_of_host_stack(host_stack_);
#endif
  context_.host_sp = call.outer_host_sp;
  context_.guest_sp = call.outer_guest_sp;
  if (call.outermost) return_stack();
  return status == TypedCall::kBegun ? CallStatus::returned : status;
}

void Store::set_host_target(FuncRef* func, void (*target)(), const void* site) {
  auto& host = *reinterpret_cast<HostFuncRef*>(func);  // its first member
  host.target = target;
  host.site = site;
  choose_entry(host);
}

void Store::choose_entry(HostFuncRef& host) {
  const void* entry = reinterpret_cast<const void*>(&zwasm_slots_entry);
#if !defined(ZWASM_ASAN)
  if (use_host_targets_ && host.target != nullptr)
    entry = typed_host_stub(host.ref.function->signature->params);
#endif
  host.ref.code.store(const_cast<void*>(entry), std::memory_order_release);
}

void Store::use_host_targets(bool use) {
  use_host_targets_ = use;
  for (HostFunc& func : host_funcs_) choose_entry(func.ref);
}

void Store::fail_target(HostOutcome outcome) {
  context_.host_status = static_cast<uint32_t>(conclude(*this, outcome));
}

void Store::fail_target([[maybe_unused]] std::exception_ptr thrown) {
  CallStatus status = CallStatus::trapped;
#if defined(__cpp_exceptions)
  try {
    std::rethrow_exception(std::move(thrown));
  } catch (const std::exception& e) {
    status = host_threw(*this, e.what());
  } catch (...) {
    status = host_threw(*this, kThrewMessage);
  }
#endif
  context_.host_status = static_cast<uint32_t>(status);
}

void Store::leave_target() {
  zwasm_leave_typed_host(&context_, std::exchange(context_.host_status, 0));
}

bool Store::take_stack() {
  entry_.stack = StoreEntry::kNoStack;
  stack_ = sys::GuestStack::acquire(engine_->settings().max_wasm_stack);
  if (!stack_) return false;
  stack_limit_ = reinterpret_cast<uintptr_t>(stack_->native_limit());
  context_.value_top = reinterpret_cast<Slot*>(stack_->value_base());
  context_.value_limit = reinterpret_cast<Slot*>(stack_->value_limit());
  // Usually the stack is the one of the last call, and nothing has changed.
  if (context_.native_limit.load(std::memory_order_relaxed) != stack_limit_) reset_native_limit();
  context_.guest_sp = stack_->native_top();
  guest_stack_ = {stack_->native_bottom(),
                  static_cast<size_t>(stack_->native_top() - stack_->native_bottom())};
  return true;
}

// An interrupt raises the limit. Setting it and looking for one keep their order, and so do the two
// steps of an interrupt: it is not lost.
void Store::reset_native_limit() {
  context_.native_limit.store(stack_limit_, std::memory_order_seq_cst);
  if ((context_.poll.load(std::memory_order_seq_cst) & kPollEnds) != 0)
    context_.native_limit.store(kEndedLimit, std::memory_order_seq_cst);
}

// The context keeps the limits: as long as the thread keeps the stack, typed calls need no more.
void Store::return_stack() {
  context_.guest_sp = nullptr;
#if !defined(ZWASM_ASAN)
  if (sys::host_thread.prepared_for_faults) {
    entry_.stack = stack_->id();
    entry_.guest_sp = stack_->native_top();
    entry_.host_limit = sys::host_stack_limit() + kHostReserve;
  }
#endif
  sys::GuestStack::release(std::move(stack_), std::exchange(stack_was_exhausted_, false));
}

CallStatus builtins::call_host(StoreContext& context, FuncRef* callee, Instance* caller,
                               Slot* slots) {
  return context.store->call_host(callee, caller, slots);
}

}  // namespace zwasm::runtime
