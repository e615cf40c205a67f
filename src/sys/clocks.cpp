#include "sys/clocks.h"

#include <algorithm>
#include <limits>

namespace zwasm::sys {
namespace {

constexpr uint64_t kNanosecondsPerSecond = 1'000'000'000;

clockid_t host_clock(Clock clock) {
  switch (clock) {
    case Clock::realtime: return CLOCK_REALTIME;
    case Clock::monotonic: return CLOCK_MONOTONIC;
    case Clock::process_cpu: return CLOCK_PROCESS_CPUTIME_ID;
    case Clock::thread_cpu: return CLOCK_THREAD_CPUTIME_ID;
  }
  return CLOCK_REALTIME;
}

uint64_t to_nanoseconds(const timespec& t) {
  if (t.tv_sec < 0) return 0;
  return static_cast<uint64_t>(t.tv_sec) * kNanosecondsPerSecond + static_cast<uint64_t>(t.tv_nsec);
}

}  // namespace

SysResult<uint64_t> clock_now(Clock clock) {
  timespec t{};
  if (::clock_gettime(host_clock(clock), &t) != 0) return last_error();
  return to_nanoseconds(t);
}

SysResult<uint64_t> clock_resolution(Clock clock) {
  timespec t{};
  if (::clock_getres(host_clock(clock), &t) != 0) return last_error();
  return std::max<uint64_t>(to_nanoseconds(t), 1);
}

uint64_t monotonic_now() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return to_nanoseconds(t);
}

timespec to_timespec(uint64_t nanoseconds) {
  uint64_t seconds = nanoseconds / kNanosecondsPerSecond;
  timespec t{};
  t.tv_sec = static_cast<time_t>(
      std::min<uint64_t>(seconds, static_cast<uint64_t>(std::numeric_limits<time_t>::max())));
  t.tv_nsec = static_cast<long>(nanoseconds % kNanosecondsPerSecond);
  return t;
}

}  // namespace zwasm::sys
