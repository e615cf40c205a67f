// Timeouts: one thread per engine, started when the first timeout is set, that expires interrupt
// handles when their time has come.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "runtime/interrupt.h"

namespace zwasm::runtime {

class DeadlineThread {
 public:
  using Id = uint64_t;  // 0: none

  DeadlineThread() = default;
  ~DeadlineThread();
  DeadlineThread(const DeadlineThread&) = delete;
  DeadlineThread& operator=(const DeadlineThread&) = delete;

  // `handle` expires `nanoseconds` from now. 0 when no thread could be started.
  Id add(uint64_t nanoseconds, std::shared_ptr<InterruptHandle> handle);
  // After it the handle is no longer touched. Ids that have expired or are 0 are ignored.
  void cancel(Id id);

 private:
  struct Entry {
    Id id;
    std::shared_ptr<InterruptHandle> handle;
  };
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<uint64_t, Entry> entries_;  // by time, of the monotonic clock
  Id next_id_ = 1;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace zwasm::runtime
