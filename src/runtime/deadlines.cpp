#include "runtime/deadlines.h"

#include <signal.h>

#include <algorithm>
#include <chrono>

#include "base/start_thread.h"
#include "sys/clocks.h"

namespace zwasm::runtime {

DeadlineThread::~DeadlineThread() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

DeadlineThread::Id DeadlineThread::add(uint64_t nanoseconds,
                                       std::shared_ptr<InterruptHandle> handle) {
  uint64_t now = sys::monotonic_now();
  uint64_t at = nanoseconds > ~uint64_t{0} - now ? ~uint64_t{0} : now + nanoseconds;
  std::lock_guard lock(mutex_);
  if (!thread_.joinable() && !start_thread(thread_, [this] { run(); })) return 0;
  Id id = next_id_++;
  entries_.emplace(at, Entry{id, std::move(handle)});
  changed_.notify_all();
  return id;
}

void DeadlineThread::cancel(Id id) {
  if (id == 0) return;
  std::lock_guard lock(mutex_);
  auto found = std::find_if(entries_.begin(), entries_.end(),
                            [id](const auto& entry) { return entry.second.id == id; });
  if (found != entries_.end()) entries_.erase(found);
}

void DeadlineThread::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (entries_.empty()) {
      changed_.wait(lock);
      continue;
    }
    uint64_t first = entries_.begin()->first;
    uint64_t now = sys::monotonic_now();
    if (first > now) {
      // At most an hour at a time: far deadlines would overflow the clock's arithmetic.
      uint64_t wait = std::min<uint64_t>(first - now, 3'600'000'000'000u);
      changed_.wait_for(lock, std::chrono::nanoseconds(wait));
      continue;
    }
    entries_.begin()->second.handle->expire();
    entries_.erase(entries_.begin());
  }
}

}  // namespace zwasm::runtime
