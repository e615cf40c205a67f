// The host's clocks, in nanoseconds.
#pragma once
#include <cstdint>
#include <ctime>

#include "sys/error.h"

namespace zwasm::sys {

enum class Clock : uint8_t { realtime, monotonic, process_cpu, thread_cpu };

// Time of the clock; realtime counts from 1970-01-01T00:00:00Z.
SysResult<uint64_t> clock_now(Clock clock);
// Smallest step of the clock; never 0.
SysResult<uint64_t> clock_resolution(Clock clock);

// The monotonic clock, which cannot fail.
uint64_t monotonic_now();

// Nanoseconds as a timespec; what a timespec cannot hold becomes its maximum.
timespec to_timespec(uint64_t nanoseconds);

}  // namespace zwasm::sys
