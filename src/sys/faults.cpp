#include "sys/faults.h"

#include <signal.h>
#include <ucontext.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <mutex>

#include "sys/pages.h"

namespace zwasm::sys {
namespace {

constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
constexpr size_t kSignalCount = sizeof kSignals / sizeof kSignals[0];

std::atomic<FaultHandler> owner{nullptr};
struct sigaction previous[kSignalCount];

// --- what differs by processor

#if defined(__x86_64__)
const void* pc_of(const ucontext_t& context) {
  return reinterpret_cast<const void*>(context.uc_mcontext.gregs[REG_RIP]);
}
void redirect(ucontext_t& context, const FaultTarget& target) {
  greg_t* regs = context.uc_mcontext.gregs;
  if (target.frameless) {
    auto* stack = reinterpret_cast<greg_t*>(regs[REG_RSP]);
    *--stack = regs[REG_RBP];
    regs[REG_RBP] = reinterpret_cast<greg_t>(stack);
    *--stack = regs[REG_R15];
    regs[REG_RSP] = reinterpret_cast<greg_t>(stack);
  }
  // The stack as a call leaves it.
  auto sp = (static_cast<uintptr_t>(regs[REG_RSP]) & ~uintptr_t{15}) - sizeof(void*);
  *reinterpret_cast<greg_t*>(sp) = regs[REG_RIP];
  regs[REG_RSP] = static_cast<greg_t>(sp);
  regs[REG_RDI] = static_cast<greg_t>(target.argument);
  regs[REG_RIP] = reinterpret_cast<greg_t>(target.pc);
}
#elif defined(__aarch64__)
const void* pc_of(const ucontext_t& context) {
  return reinterpret_cast<const void*>(context.uc_mcontext.pc);
}
void redirect(ucontext_t& context, const FaultTarget& target) {
  mcontext_t& machine = context.uc_mcontext;
  machine.regs[30] = machine.pc;
  machine.regs[0] = target.argument;
  machine.pc = reinterpret_cast<uintptr_t>(target.pc);
}
#else
const void* pc_of(const ucontext_t&) { return nullptr; }
void redirect(ucontext_t&, const FaultTarget&) {}
#endif

// Gives the signal to whoever had it before us.
void chain(int number, siginfo_t* info, void* context) {
  size_t at = 0;
  while (at < kSignalCount && kSignals[at] != number) ++at;
  const struct sigaction& before = previous[at];
  if ((before.sa_flags & SA_SIGINFO) != 0 && before.sa_sigaction != nullptr) {
    before.sa_sigaction(number, info, context);
  } else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
    before.sa_handler(number);
  } else {
    // The instruction faults again, or the signal comes again, without a handler.
    struct sigaction fallback = {};
    fallback.sa_handler = SIG_DFL;
    ::sigaction(number, &fallback, nullptr);
    if (info->si_code <= 0) ::raise(number);  // sent by someone: nothing would repeat it
  }
}

void on_signal(int number, siginfo_t* info, void* raw) {
  auto& context = *static_cast<ucontext_t*>(raw);
  FaultHandler handler = owner.load(std::memory_order_acquire);
  FaultTarget target;
  // si_code is positive for faults, not for signals that someone sends.
  if (info->si_code > 0 && handler != nullptr && handler(pc_of(context), target)) {
    redirect(context, target);
    return;
  }
  chain(number, info, raw);
}

// The signal stack of a thread that had none.
struct SignalStack {
  void* mapping = nullptr;
  size_t bytes = 0;
  ~SignalStack() {
    if (mapping == nullptr) return;
    stack_t off = {};
    off.ss_flags = SS_DISABLE;
    ::sigaltstack(&off, nullptr);
    release_pages(mapping, bytes);
  }
};
thread_local SignalStack signal_stack;

}  // namespace

bool install_fault_handler(FaultHandler handler) {
  static std::mutex mutex;
  std::lock_guard lock(mutex);
  if (owner.load(std::memory_order_relaxed) != nullptr) return true;
  owner.store(handler, std::memory_order_release);
  for (size_t i = 0; i < kSignalCount; ++i) {
    struct sigaction ours = {};
    ours.sa_sigaction = on_signal;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&ours.sa_mask);
    if (::sigaction(kSignals[i], nullptr, &previous[i]) != 0 ||
        ::sigaction(kSignals[i], &ours, nullptr) != 0)
      return false;
  }
  return true;
}

bool give_thread_a_signal_stack() {
  SignalStack& own = signal_stack;
  bool& ready = host_thread.prepared_for_faults;
  constexpr size_t kEnough = 16 << 10;
  stack_t have = {};
  if (::sigaltstack(nullptr, &have) == 0 && (have.ss_flags & SS_DISABLE) == 0 &&
      have.ss_size >= kEnough)
    return ready = true;
  long minimum = ::sysconf(_SC_MINSIGSTKSZ);
  own.bytes = round_up(static_cast<size_t>(minimum > 0 ? minimum : 0) + (64 << 10), page_size());
  own.mapping = map_pages(own.bytes);
  if (own.mapping == nullptr) return false;
  stack_t stack = {};
  stack.ss_sp = own.mapping;
  stack.ss_size = own.bytes;
  return ready = ::sigaltstack(&stack, nullptr) == 0;
}

}  // namespace zwasm::sys
