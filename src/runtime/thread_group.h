// The threads of one guest program (wasi-threads).
//
// Each thread has a store and an instance of its own; they share the module, the imports' recipe,
// the shared memories and the limits. They end together: a trap or an exit in one of them
// interrupts all others, wherever they run or block.
//
//   main store ── ThreadGroup ──┬── thread 1: store, instance
//                               └── thread 2: store, instance …
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "runtime/failure.h"
#include "runtime/instance.h"
#include "runtime/interrupt.h"
#include "runtime/store.h"

namespace zwasm::runtime {

// How to make another instance of a program.
struct ThreadRecipe {
  std::shared_ptr<Engine> engine;
  std::shared_ptr<Quota> quota;
  std::shared_ptr<LoadedModule> module;
  // What the new store imports, one extern per import; called on the new thread. It may give the
  // store what it needs to serve host functions.
  std::function<RunResult<std::vector<Extern>>(Store&)> link;
  std::string entry = "wasi_thread_start";  // (thread id, argument)
};

class ThreadGroup {
 public:
  // At most `max_threads` at the same time, not counting the main one.
  explicit ThreadGroup(uint32_t max_threads) : max_threads_(max_threads) {}
  // Ends and joins.
  ~ThreadGroup();
  ThreadGroup(const ThreadGroup&) = delete;
  ThreadGroup& operator=(const ThreadGroup&) = delete;

  // Starts a thread that instantiates the module and calls its entry with its id and `argument`.
  // The id, from 1 on, or -1 when there can be no more threads or the group has ended. `fuel` is
  // what the thread may use.
  int32_t spawn(ThreadRecipe recipe, int32_t argument, uint64_t fuel);

  // The store of the main thread takes part: it is interrupted when the group ends.
  void join_in(Store& store);

  // Ends all threads; the first reason is kept. Any thread.
  void end(Failure why);
  // Waits until all threads but the calling one have come to their end.
  void join();
  // Why the group has ended, if it has.
  std::optional<Failure> ended() const;

 private:
  struct Thread {
    std::thread thread;
    std::shared_ptr<InterruptHandle> interrupt;  // null until its store exists
    bool finished = false;
  };
  void run(int32_t id, ThreadRecipe& recipe, int32_t argument, uint64_t fuel);
  std::optional<Failure> run_guest(int32_t id, ThreadRecipe& recipe, int32_t argument,
                                   uint64_t fuel);
  void reap();

  const uint32_t max_threads_;
  mutable std::mutex mutex_;
  std::map<int32_t, Thread> threads_;
  int32_t last_id_ = 0;
  std::shared_ptr<InterruptHandle> main_;
  std::optional<Failure> failure_;
};

}  // namespace zwasm::runtime
