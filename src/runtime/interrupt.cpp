#include "runtime/interrupt.h"

#include <sched.h>

namespace zwasm::runtime {

void InterruptHandle::signal(uint32_t reason, sys::WakeReason wake) noexcept {
  users_.fetch_add(1, std::memory_order_seq_cst);
  if (std::atomic<uint32_t>* poll = poll_.load(std::memory_order_seq_cst))
    poll->fetch_or(reason, std::memory_order_seq_cst);
  users_.fetch_sub(1, std::memory_order_seq_cst);
  wake_.fire(wake);
}

void InterruptHandle::acknowledge(uint32_t reason) noexcept {
  std::atomic<uint32_t>& poll = *poll_.load(std::memory_order_relaxed);
  poll.fetch_and(~reason, std::memory_order_seq_cst);
  wake_.reset();
  // What came in between, and what is still pending, must go on ending blocking calls.
  uint32_t pending = poll.load(std::memory_order_seq_cst);
  if (pending & kPollTimeout) wake_.fire(sys::WakeReason::timeout);
  else if (pending & kPollInterrupt) wake_.fire(sys::WakeReason::interrupt);
}

void InterruptHandle::attach(std::atomic<uint32_t>* poll) noexcept {
  poll_.store(poll, std::memory_order_seq_cst);
}

void InterruptHandle::detach() noexcept {
  poll_.store(nullptr, std::memory_order_seq_cst);
  while (users_.load(std::memory_order_seq_cst) != 0) ::sched_yield();
}

}  // namespace zwasm::runtime
