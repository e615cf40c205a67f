#include "base/start_thread.h"

#include <pthread.h>
#include <signal.h>

namespace zwasm::detail {

bool start_raw_thread(std::thread& thread, void (*run)(void*), void* body) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  bool started = true;
#if defined(__cpp_exceptions)
  try {
    thread = std::thread(run, body);
  } catch (...) {
    started = false;
  }
#else
  thread = std::thread(run, body);
#endif
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return started;
}

}  // namespace zwasm::detail
