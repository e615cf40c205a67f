// Starting a thread of our own: with all signals blocked, so that the host's handlers go on
// running on the host's threads; and with a refusal by the system as a value, whether or not C++
// exceptions are compiled in.
#pragma once
#include <pthread.h>
#include <signal.h>

#include <memory>
#include <thread>
#include <type_traits>
#include <utility>

namespace zwasm::runtime {

template <class F>
bool start_thread(std::thread& thread, F&& body) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  bool started = true;
#if defined(__cpp_exceptions)
  try {
    thread = std::thread(std::forward<F>(body));
  } catch (...) {
    started = false;
  }
#else
  thread = std::thread(std::forward<F>(body));
#endif
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return started;
}

}  // namespace zwasm::runtime
