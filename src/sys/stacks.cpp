#include "sys/stacks.h"

#include <pthread.h>

#include <algorithm>
#include <new>

#include "sys/mapped.h"
#include "sys/pages.h"

namespace zwasm::sys {
namespace {

// Freed at the thread's end.
thread_local std::unique_ptr<GuestStack> cached;
thread_local uintptr_t host_limit = 0;

}  // namespace

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
  if (cached && cached->size_ == size) return std::move(cached);
  return create(size);
}

void GuestStack::release(std::unique_ptr<GuestStack> stack, bool used_deeply) {
  if (used_deeply) {
    discard_pages(stack->value_base_, stack->value_limit_ - stack->value_base_);
    discard_pages(stack->native_bottom_, stack->native_top_ - stack->native_bottom_);
  }
  cached = std::move(stack);
}

uintptr_t host_stack_limit() {
  if (host_limit != 0) return host_limit;
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
