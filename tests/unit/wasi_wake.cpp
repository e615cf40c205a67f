// The wake handle: whatever blocks can be ended from outside, at once.
#include <doctest/doctest.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "sys/clocks.h"
#include "sys/random_bytes.h"
#include "sys/unique_fd.h"
#include "sys/wake.h"
#include "wasi/core/errno.h"

using namespace zwasm;
using sys::WaitOutcome;
using sys::WakeReason;

namespace {

struct Pipe {
  sys::UniqueFd in, out;  // read end, write end
  Pipe() {
    int fds[2];
    REQUIRE(::pipe(fds) == 0);
    in.reset(fds[0]);
    out.reset(fds[1]);
  }
};

}  // namespace

TEST_CASE("a wait ends when the descriptor is ready") {
  sys::Wake wake;
  Pipe pipe;
  REQUIRE(::write(pipe.out.get(), "x", 1) == 1);
  auto outcome = sys::wait_for(pipe.in.get(), POLLIN, wake);
  REQUIRE(outcome.ok());
  CHECK(*outcome == WaitOutcome::ready);
}

TEST_CASE("a wait ends at its limit") {
  sys::Wake wake;
  Pipe pipe;
  uint64_t start = sys::monotonic_now();
  auto outcome = sys::wait_for(pipe.in.get(), POLLIN, wake, 2'000'000);
  REQUIRE(outcome.ok());
  CHECK(*outcome == WaitOutcome::timed_out);
  CHECK(sys::monotonic_now() - start >= 2'000'000);
}

TEST_CASE("firing ends waits of every thread, present and future, until reset") {
  sys::Wake wake;
  Pipe pipe;
  WaitOutcome first{}, second{};
  std::thread a([&] { first = *sys::wait_for(pipe.in.get(), POLLIN, wake); });
  std::thread b([&] { second = *sys::wait_for(pipe.in.get(), POLLIN, wake); });
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  wake.fire(WakeReason::timeout);
  a.join();
  b.join();
  CHECK(first == WaitOutcome::fired);
  CHECK(second == WaitOutcome::fired);
  wake.fire(WakeReason::interrupt);
  CHECK(wake.reason() == WakeReason::timeout);  // the first reason stays
  CHECK(*sys::wait_for(pipe.in.get(), POLLIN, wake) == WaitOutcome::fired);
  wake.reset();
  CHECK(!wake.fired());
  CHECK(*sys::wait_for(pipe.in.get(), POLLIN, wake, 1000) == WaitOutcome::timed_out);
}

TEST_CASE("a handle that fired before the first wait is seen") {
  sys::Wake wake;
  wake.fire(WakeReason::interrupt);
  Pipe pipe;
  CHECK(*sys::wait_for(pipe.in.get(), POLLIN, wake) == WaitOutcome::fired);
}

TEST_CASE("no fire is lost between its two flags") {
  for (int i = 0; i < 200; ++i) {
    sys::Wake wake;
    Pipe pipe;
    std::thread t([&] { wake.fire(WakeReason::interrupt); });
    CHECK(*sys::wait_for(pipe.in.get(), POLLIN, wake) == WaitOutcome::fired);
    t.join();
  }
}

TEST_CASE("clocks and random bytes") {
  CHECK(*sys::clock_now(sys::Clock::realtime) > 1'600'000'000'000'000'000u);
  CHECK(*sys::clock_resolution(sys::Clock::monotonic) >= 1);
  CHECK(sys::to_timespec(1'500'000'000).tv_nsec == 500'000'000);
  CHECK(sys::to_timespec(UINT64_MAX).tv_sec > 0);
  uint8_t bytes[300] = {};
  REQUIRE(sys::fill_random(bytes).ok());
  int zeros = 0;
  for (uint8_t b : bytes) zeros += b == 0;
  CHECK(zeros < 100);
}

TEST_CASE("errno numbers are those of the specification") {
  using wasi::Errno;
  CHECK(static_cast<int>(Errno::acces) == 2);
  CHECK(static_cast<int>(Errno::badf) == 8);
  CHECK(static_cast<int>(Errno::inval) == 28);
  CHECK(static_cast<int>(Errno::noent) == 44);
  CHECK(static_cast<int>(Errno::notcapable) == 76);
  CHECK(wasi::errno_from_host(ENOENT) == Errno::noent);
  CHECK(wasi::errno_from_host(EWOULDBLOCK) == Errno::again);
  CHECK(wasi::errno_from_host(99999) == Errno::io);
  CHECK(wasi::errno_name(Errno::too_big) == "2big");
}
