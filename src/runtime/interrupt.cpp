#include "runtime/interrupt.h"

#include <sched.h>

namespace zwasm::runtime {

void InterruptHandle::signal(uint32_t reason, sys::WakeReason wake) noexcept {
  users_.fetch_add(1, std::memory_order_seq_cst);
  if (StoreContext* context = context_.load(std::memory_order_seq_cst)) {
    context->poll.fetch_or(reason, std::memory_order_seq_cst);
    context->native_limit.store(kEndedLimit, std::memory_order_seq_cst);
  }
  users_.fetch_sub(1, std::memory_order_seq_cst);
  wake_.fire(wake);
}

void InterruptHandle::acknowledge(uint32_t reason) noexcept {
  std::atomic<uint32_t>& poll = context_.load(std::memory_order_relaxed)->poll;
  poll.fetch_and(~reason, std::memory_order_seq_cst);
  // One that has set its bit before may still raise the limit.
  while (users_.load(std::memory_order_seq_cst) != 0) ::sched_yield();
  wake_.reset();
  // What came in between, and what is still pending, must go on ending blocking calls.
  uint32_t pending = poll.load(std::memory_order_seq_cst);
  if (pending & kPollTimeout) wake_.fire(sys::WakeReason::timeout);
  else if (pending & kPollInterrupt) wake_.fire(sys::WakeReason::interrupt);
}

void InterruptHandle::attach(StoreContext* context) noexcept {
  context_.store(context, std::memory_order_seq_cst);
}

void InterruptHandle::detach() noexcept {
  context_.store(nullptr, std::memory_order_seq_cst);
  while (users_.load(std::memory_order_seq_cst) != 0) ::sched_yield();
}

}  // namespace zwasm::runtime
