#include "runtime/parking.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <mutex>

#include "sys/unique_fd.h"

namespace zwasm::runtime {
namespace {

// A thread that waits; lives on its stack, linked into the queue of its bucket.
struct Waiter {
  const void* address;
  int fd;  // an eventfd: readable once notified
  bool notified = false;
  Waiter* next = nullptr;
  Waiter* previous = nullptr;
};

struct Bucket {
  std::mutex mutex;
  Waiter* first = nullptr;
  Waiter* last = nullptr;

  void append(Waiter* waiter) {
    waiter->previous = last;
    (last != nullptr ? last->next : first) = waiter;
    last = waiter;
  }
  void remove(Waiter* waiter) {
    (waiter->previous != nullptr ? waiter->previous->next : first) = waiter->next;
    (waiter->next != nullptr ? waiter->next->previous : last) = waiter->previous;
  }
};

constexpr size_t kBuckets = 64;
constinit Bucket buckets[kBuckets];

Bucket& bucket_of(const void* address) {
  auto bits = reinterpret_cast<uintptr_t>(address) >> 2;
  return buckets[(bits * 0x9E3779B97F4A7C15u) >> 58];
}

// One eventfd per thread that ever waited, closed at the thread's end.
thread_local sys::UniqueFd own_event;

}  // namespace

template <class T>
ParkOutcome park(const T* address, T expected, std::optional<uint64_t> timeout_ns,
                 sys::Wake& wake) {
  if (!own_event) own_event.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!own_event) return ParkOutcome::failed;
  Waiter self{.address = address, .fd = own_event.get()};
  Bucket& bucket = bucket_of(address);
  {
    std::lock_guard lock(bucket.mutex);
    if (std::atomic_ref<const T>(*address).load(std::memory_order_seq_cst) != expected)
      return ParkOutcome::not_equal;
    bucket.append(&self);
  }
  sys::SysResult<sys::WaitOutcome> outcome = sys::wait_for(self.fd, POLLIN, wake, timeout_ns);
  {
    // A notification that came while the wait ended otherwise counts: it was given to us.
    std::lock_guard lock(bucket.mutex);
    if (!self.notified) bucket.remove(&self);
  }
  if (self.notified) {
    uint64_t count = 0;
    [[maybe_unused]] ssize_t n = ::read(self.fd, &count, sizeof count);
    return ParkOutcome::woken;
  }
  if (!outcome) return ParkOutcome::failed;
  return *outcome == sys::WaitOutcome::fired ? ParkOutcome::interrupted : ParkOutcome::timed_out;
}

template ParkOutcome park(const uint32_t*, uint32_t, std::optional<uint64_t>, sys::Wake&);
template ParkOutcome park(const uint64_t*, uint64_t, std::optional<uint64_t>, sys::Wake&);

uint32_t unpark(const void* address, uint32_t count) {
  Bucket& bucket = bucket_of(address);
  std::lock_guard lock(bucket.mutex);
  uint32_t woken = 0;
  for (Waiter* waiter = bucket.first; waiter != nullptr && woken < count;) {
    Waiter* next = waiter->next;
    if (waiter->address == address) {
      bucket.remove(waiter);
      waiter->notified = true;
      uint64_t one = 1;
      // Cannot fail: the counter of a waiter's descriptor is zero.
      [[maybe_unused]] ssize_t written = ::write(waiter->fd, &one, sizeof one);
      ++woken;
    }
    waiter = next;
  }
  return woken;
}

}  // namespace zwasm::runtime
