// Ending a running call from outside: another thread, a timer, a signal handler.
//
// `interrupt` sets a bit of the store's poll word, which guest code tests at every loop header, and
// raises the stack limit, which it tests at function entries; it fires the store's Wake, which ends
// blocking host calls. The handle may outlive its store; then it does nothing.
#pragma once
#include <atomic>
#include <cstdint>

#include "runtime/layout.h"
#include "sys/wake.h"

namespace zwasm::runtime {

class InterruptHandle {
 public:
  // Ends the call that runs, or else the next one: it traps with `interrupted`. In force until
  // Store::clear_interrupt. Any thread; async-signal-safe.
  void interrupt() noexcept { signal(kPollInterrupt, sys::WakeReason::interrupt); }

  // For the deadline thread.
  void expire() noexcept { signal(kPollTimeout, sys::WakeReason::timeout); }

  sys::Wake& wake() { return wake_; }

 private:
  friend class Store;
  void signal(uint32_t reason, sys::WakeReason wake) noexcept;
  // Forgets reasons that have been reported. No signal is on its way afterwards, and the stack
  // limit is to be set anew.
  void acknowledge(uint32_t reason) noexcept;
  void attach(StoreContext* context) noexcept;
  void detach() noexcept;

  // Of the store; `users_` keeps it there while a signal is on its way.
  std::atomic<StoreContext*> context_{nullptr};
  std::atomic<uint32_t> users_{0};
  sys::Wake wake_;
};

}  // namespace zwasm::runtime
