// Threads of a guest (the wasi-threads proposal): each has a store of its own, they share memories
// that are shared, the WASI context and the limits. When one of them traps or exits, all end; when
// the store that started the first one ends, so do they.
#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "api/linker_state.h"
#include "api/state.h"

namespace zwasm::detail {

struct ThreadGroup {
  // From the main store's end: stops and waits for all threads.
  void end();
  // A thread failed: keeps the first error and stops the others.
  void fail(Error error);
  // The error that made the group stop; given out once, to the main store.
  std::unique_ptr<Error> take_failure();

  std::mutex mutex;
  std::condition_variable changed;
  StoreState* main = nullptr;
  std::shared_ptr<runtime::InterruptHandle> main_interrupt;
  std::vector<std::shared_ptr<runtime::InterruptHandle>> running;
  std::unique_ptr<Error> failure;
  uint32_t next_id = 1;
  bool ending = false;

 private:
  void interrupt_all();
};

runtime::FuncRef* thread_spawn_func(StoreState& store, std::shared_ptr<const LinkerState> linker);

}  // namespace zwasm::detail
