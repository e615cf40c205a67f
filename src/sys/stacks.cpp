#include "sys/stacks.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <new>
#include <utility>

#include "sys/mapped.h"
#include "sys/pages.h"

namespace zwasm::sys {
namespace {

// Frees the stacks that the thread keeps, at its end.
struct Cleaner {
  bool used = false;
  ~Cleaner() {
    host_thread.idle = 0;
    delete std::exchange(host_thread.cached, nullptr);
    delete std::exchange(host_thread.spare, nullptr);
  }
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
  static constinit std::atomic<uint64_t> last_id{0};
  stack->size_ = size;
  stack->id_ = last_id.fetch_add(1, std::memory_order_relaxed) + 1;
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
  const bool in_use = host_thread.cached != nullptr && host_thread.idle == 0;
  GuestStack*& kept = in_use ? host_thread.spare : host_thread.cached;
  if (kept == nullptr || kept->size_ != size) [[unlikely]] {
    cleaner.used = true;  // from now on it runs at the thread's end
    return create(size);
  }
  if (!in_use) host_thread.idle = 0;
  return std::unique_ptr<GuestStack>(std::exchange(kept, nullptr));
}

void GuestStack::discard() {
  discard_pages(value_base_, value_limit_ - value_base_);
  discard_pages(native_bottom_, native_top_ - native_bottom_);
}

void GuestStack::release(std::unique_ptr<GuestStack> stack, bool used_deeply) {
  if (used_deeply) stack->discard();
  const bool in_use = host_thread.cached != nullptr && host_thread.idle == 0;
  if (!in_use) host_thread.idle = stack->id_;
  delete std::exchange(in_use ? host_thread.spare : host_thread.cached, stack.release());
}

void GuestStack::release_marked(uint64_t id, bool used_deeply) {
  if (used_deeply) host_thread.cached->discard();
  host_thread.idle = id;
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
