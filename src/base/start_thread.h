// Starting a thread of our own: with all signals blocked, so that the host's handlers go on
// running on the host's threads; and with a refusal by the system as a value. The library is
// compiled without C++ exceptions, but std::thread reports by one: start_thread.cpp catches it.
#pragma once
#include <algorithm>
#include <cstddef>
#include <memory>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

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

// Runs `work` here and on other threads, on as many in all as are useful, at most `most` (0: one
// for each processor), until all have returned. Where the system grants fewer, those that run do
// it.
template <class F>
void run_on_threads(size_t useful, F&& work, size_t most = 0) {
  std::vector<std::thread> helpers;
  if (useful > 1) {  // only then: the number of processors comes from a file
    if (most == 0) most = std::max(1u, std::thread::hardware_concurrency());
    helpers.resize(std::min(useful, most) - 1);
  }
  for (std::thread& helper : helpers)
    if (!start_thread(helper, [&work] { work(); })) break;
  work();
  for (std::thread& helper : helpers)
    if (helper.joinable()) helper.join();
}

}  // namespace zwasm
