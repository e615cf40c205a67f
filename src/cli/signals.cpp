#include "signals.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>

#include "args.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ZWASM_SANITIZED 1
#endif

namespace zwasm::cli {
namespace {

std::atomic<const InterruptHandle*> g_handle{nullptr};
std::atomic<bool> g_interrupted{false};

void on_interrupt(int) {
  if (g_interrupted.exchange(true)) _exit(kInterrupted);
  if (const InterruptHandle* handle = g_handle.load()) handle->interrupt();
}

[[maybe_unused]] void on_fault(int number) {
  const char* name = number == SIGSEGV  ? "segmentation fault"
                     : number == SIGBUS ? "bus error"
                     : number == SIGILL ? "illegal instruction"
                     : number == SIGFPE ? "arithmetic fault"
                                        : "abort";
  char text[128];
  int length =
      std::snprintf(text, sizeof text, "zwasm: internal error: %s; please report it\n", name);
  if (::write(2, text, static_cast<size_t>(length)) < 0) _exit(kFault);
  _exit(kFault);
}

}  // namespace

void catch_own_faults() {
#if !defined(ZWASM_SANITIZED)
  static char stack[64 << 10];
  stack_t alternative{};
  alternative.ss_sp = stack;
  alternative.ss_size = sizeof stack;
  ::sigaltstack(&alternative, nullptr);
  struct sigaction action {};
  action.sa_handler = on_fault;
  action.sa_flags = SA_ONSTACK | SA_RESETHAND;
  for (int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT})
    ::sigaction(number, &action, nullptr);
#endif
  std::set_new_handler([] {
    static constexpr char kText[] = "zwasm: error: out of memory\n";
    if (::write(2, kText, sizeof kText - 1) < 0) _exit(kFailed);
    _exit(kFailed);
  });
}

void interrupt_on_ctrl_c(const InterruptHandle& handle) {
  g_handle.store(new InterruptHandle(handle));  // for the life of the process
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  ::sigaction(SIGINT, &action, nullptr);
}

bool was_interrupted() { return g_interrupted.load(); }

}  // namespace zwasm::cli
