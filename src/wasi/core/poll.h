// Waiting for several things at once: clocks, and descriptors becoming readable or writable.
#pragma once
#include <span>
#include <vector>

#include "sys/clocks.h"
#include "wasi/core/file.h"

namespace zwasm::wasi {

struct PollRequest {
  enum class Kind : uint8_t { clock, read, write };
  Kind kind = Kind::clock;
  // An error found before the wait: the event reports it at once.
  Errno error = Errno::success;
  // clock
  sys::Clock clock = sys::Clock::monotonic;
  uint64_t timeout = 0;  // nanoseconds
  bool absolute = false;
  // read, write
  FilePtr file;
};

struct PollEvent {
  size_t request = 0;  // index of the request it answers
  Readiness readiness;
};

// Waits until at least one request is met and gives an event for each that is by then, in the
// order of the requests. `interrupted` if the handle fires first.
Result<std::vector<PollEvent>> poll(std::span<const PollRequest> requests, sys::Wake& wake);

}  // namespace zwasm::wasi
