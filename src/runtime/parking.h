// Where threads sleep in memory.atomic.wait and are found by memory.atomic.notify: queues by the
// host address of the cell, for all shared memories of the process.
//
// A waiting thread blocks like every other host call, in wait_for on a descriptor and its store's
// Wake, so that interruption and timeouts end it.
#pragma once
#include <cstdint>
#include <optional>

#include "sys/wake.h"

namespace zwasm::runtime {

enum class ParkOutcome : uint8_t { woken, not_equal, timed_out, interrupted, failed };

// Sleeps while the cell of T (uint32_t, uint64_t) at `address` holds `expected`, until notified.
// The comparison and going to sleep are one step with respect to `unpark`.
template <class T>
ParkOutcome park(const T* address, T expected, std::optional<uint64_t> timeout_ns, sys::Wake& wake);

// Wakes up to `count` threads that wait at `address`, oldest first; says how many.
uint32_t unpark(const void* address, uint32_t count);

}  // namespace zwasm::runtime
