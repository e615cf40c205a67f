// Starting a thread of our own: with all signals blocked, so that the host's handlers go on
// running on the host's threads; and with a refusal by the system as a value. The library is
// compiled without C++ exceptions, but std::thread reports by one: start_thread.cpp catches it.
#pragma once
#include <memory>
#include <thread>
#include <type_traits>
#include <utility>

namespace zwasm {

namespace detail {
bool start_raw_thread(std::thread& thread, void (*run)(void*), void* body);
}  // namespace detail

// Runs `body` on a new thread, which becomes `thread`; false if the system grants no more.
template <class F>
bool start_thread(std::thread& thread, F&& body) {
  using Body = std::decay_t<F>;
  auto owned = std::make_unique<Body>(std::forward<F>(body));
  auto run = [](void* argument) {
    std::unique_ptr<Body> own(static_cast<Body*>(argument));
    (*own)();
  };
  if (!detail::start_raw_thread(thread, run, owned.get())) return false;
  static_cast<void>(owned.release());  // the thread's from here on
  return true;
}

}  // namespace zwasm
