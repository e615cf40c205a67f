// What a store may use. The counters are shared by the stores of one thread group (wasi-threads),
// so that a guest cannot multiply its limits by spawning.
#pragma once
#include <atomic>
#include <cstdint>

namespace zwasm::runtime {

struct Limits {
  static constexpr uint64_t kNone = ~uint64_t{0};
  uint64_t memory_bytes = kNone;    // linear memories together
  uint64_t table_elements = kNone;  // tables together
  uint64_t instances = kNone;
  uint64_t memories = kNone;
  uint64_t tables = kNone;
  uint64_t gc_heap_bytes = kNone;
  uint32_t threads = 1024;      // that live at the same time
  uint32_t max_backtrace = 64;  // frames kept
  bool trap_on_grow_failure = false;
};

// A counted limit. Lock-free, any thread.
class Counter {
 public:
  void set_limit(uint64_t limit) { limit_ = limit; }
  uint64_t limit() const { return limit_; }
  uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  // False: the limit would be passed, and nothing was taken.
  bool take(uint64_t amount) {
    uint64_t used = used_.load(std::memory_order_relaxed);
    do {
      if (amount > limit_ || used > limit_ - amount) return false;
    } while (!used_.compare_exchange_weak(used, used + amount, std::memory_order_relaxed));
    return true;
  }
  void give_back(uint64_t amount) { used_.fetch_sub(amount, std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> used_{0};
  uint64_t limit_ = Limits::kNone;
};

struct Quota {
  explicit Quota(const Limits& limits) : limits(limits) {
    memory_bytes.set_limit(limits.memory_bytes);
    table_elements.set_limit(limits.table_elements);
    instances.set_limit(limits.instances);
    memories.set_limit(limits.memories);
    tables.set_limit(limits.tables);
  }
  Limits limits;  // changed by the thread that owns the store only
  Counter memory_bytes, table_elements, instances, memories, tables;
};

}  // namespace zwasm::runtime
