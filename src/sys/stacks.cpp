#include "sys/stacks.h"

#include <pthread.h>

#include <algorithm>
#include <new>
#include <utility>

#include "sys/mapped.h"
#include "sys/pages.h"

namespace zwasm::sys {
namespace {

// Frees the stack that the thread keeps, at its end.
struct Cleaner {
  bool used = false;
  ~Cleaner() { delete std::exchange(host_thread.cached, nullptr); }
};
thread_local Cleaner cleaner;

}  // namespace

constinit thread_local HostThread host_thread;

GuestStack::~GuestStack() {
  release_pages(mapping_, mapped_);
  note_unmapped(Mapped::stacks, committed_);
}

std::unique_ptr<GuestStack> GuestStack::create(size_t size) {
  std::unique_ptr<GuestStack> stack(new (std::nothrow) GuestStack);
  if (!stack) return nullptr;
  const size_t page = page_size();
  size_t values = round_up(std::max(size, page), page);
  size_t natives = values + round_up(kReserve, page);
  uint64_t total = values + natives + 3 * page;
  auto* at = static_cast<uint8_t*>(reserve_pages(total));
  if (at == nullptr) return nullptr;
  stack->mapping_ = at;
  stack->mapped_ = total;
  stack->size_ = size;
  stack->value_base_ = at + page;
  stack->value_limit_ = stack->value_base_ + values;
  stack->native_bottom_ = stack->value_limit_ + page;
  stack->native_limit_ = stack->native_bottom_ + kReserve;
  stack->native_top_ = stack->native_bottom_ + natives;
  if (!commit_pages(stack->value_base_, values) || !commit_pages(stack->native_bottom_, natives))
    return nullptr;
  stack->committed_ = values + natives;
  note_mapped(Mapped::stacks, stack->committed_);
  return stack;
}

std::unique_ptr<GuestStack> GuestStack::acquire(size_t size) {
  GuestStack* cached = host_thread.cached;
  if (cached == nullptr || cached->size_ != size) [[unlikely]] {
    cleaner.used = true;  // from now on it runs at the thread's end
    return create(size);
  }
  host_thread.cached = nullptr;
  return std::unique_ptr<GuestStack>(cached);
}

void GuestStack::release(std::unique_ptr<GuestStack> stack, bool used_deeply) {
  if (used_deeply) {
    discard_pages(stack->value_base_, stack->value_limit_ - stack->value_base_);
    discard_pages(stack->native_bottom_, stack->native_top_ - stack->native_bottom_);
  }
  delete std::exchange(host_thread.cached, stack.release());
}

uintptr_t find_host_stack_limit() {
  uintptr_t& host_limit = host_thread.stack_limit;
  pthread_attr_t attributes;
  void* low = nullptr;
  size_t size = 0;
  host_limit = 1;  // unknown: no limit
  if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
    if (pthread_attr_getstack(&attributes, &low, &size) == 0)
      host_limit = reinterpret_cast<uintptr_t>(low);
    pthread_attr_destroy(&attributes);
  }
  return host_limit;
}

}  // namespace zwasm::sys
