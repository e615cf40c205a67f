#include "wasi/core/poll.h"

#include <poll.h>

#include <algorithm>
#include <map>
#include <optional>

#include "sys/wake.h"

namespace zwasm::wasi {
namespace {

// A wall clock can be set while we wait for it, so we look at it again from time to time.
constexpr uint64_t kWallClockInterval = 1'000'000'000;

struct Deadline {
  sys::Clock clock = sys::Clock::monotonic;
  uint64_t at = 0;  // on that clock
};

Result<Deadline> deadline_of(const PollRequest& request) {
  if (request.clock != sys::Clock::realtime && request.clock != sys::Clock::monotonic) {
    return fail(Errno::notsup);  // the processor's time does not pass while we sleep
  }
  if (request.absolute) return Deadline{request.clock, request.timeout};
  // A relative time is a span, on whichever clock: setting the wall clock does not change it.
  uint64_t now = sys::monotonic_now();
  return Deadline{sys::Clock::monotonic,
                  request.timeout > UINT64_MAX - now ? UINT64_MAX : now + request.timeout};
}

// Nanoseconds left, 0 when the time has come.
uint64_t remaining(const Deadline& deadline) {
  auto now = sys::clock_now(deadline.clock);
  return !now || *now >= deadline.at ? 0 : deadline.at - *now;
}

class Poller {
 public:
  Poller(std::span<const PollRequest> requests, sys::Wake& wake)
      : requests_(requests), wake_(wake), deadlines_(requests.size()), slots_(requests.size()) {}

  Result<std::vector<PollEvent>> run() {
    prepare();
    for (;;) {
      sys::SysResult<sys::WaitOutcome> outcome =
          sys::wait_for_any(descriptors_, wake_, wait_limit());
      if (!outcome) return fail(to_errno(outcome.error()));
      if (*outcome == sys::WaitOutcome::fired) return fail(Errno::interrupted);
      std::vector<PollEvent> events = collect();
      if (!events.empty()) return events;
    }
  }

 private:
  static constexpr size_t kNoSlot = SIZE_MAX;

  void prepare() {
    std::map<int, size_t> slot_of;  // one entry for a descriptor, however many ask for it
    for (size_t i = 0; i < requests_.size(); ++i) {
      const PollRequest& r = requests_[i];
      slots_[i] = kNoSlot;
      if (r.error != Errno::success) {
        immediate_ = true;
      } else if (r.kind == PollRequest::Kind::clock) {
        Result<Deadline> deadline = deadline_of(r);
        immediate_ = immediate_ || !deadline;
        if (deadline) deadlines_[i] = *deadline;
      } else if (int fd = r.file->poll_descriptor(); fd >= 0) {
        auto [it, fresh] = slot_of.try_emplace(fd, descriptors_.size());
        if (fresh) descriptors_.push_back({.fd = fd, .events = 0, .revents = 0});
        slots_[i] = it->second;
        descriptors_[it->second].events =
            static_cast<short>(descriptors_[it->second].events | events_of(r.kind));
      } else {
        immediate_ = true;
      }
    }
    descriptors_.push_back({});  // the place of the wake handle
  }

  static short events_of(PollRequest::Kind kind) {
    return kind == PollRequest::Kind::read ? POLLIN | POLLRDHUP : POLLOUT;
  }

  std::optional<uint64_t> wait_limit() const {
    if (immediate_) return 0;
    std::optional<uint64_t> limit;
    for (const std::optional<Deadline>& d : deadlines_) {
      if (!d) continue;
      uint64_t left = remaining(*d);
      if (d->clock == sys::Clock::realtime) left = std::min(left, kWallClockInterval);
      limit = std::min(limit.value_or(UINT64_MAX), left);
    }
    return limit;
  }

  std::vector<PollEvent> collect() {
    std::vector<PollEvent> events;
    for (size_t i = 0; i < requests_.size(); ++i) {
      const PollRequest& r = requests_[i];
      if (r.error != Errno::success) {
        events.push_back({i, {.error = r.error}});
      } else if (r.kind == PollRequest::Kind::clock) {
        if (!deadlines_[i]) {
          events.push_back({i, {.error = Errno::notsup}});
        } else if (remaining(*deadlines_[i]) == 0) {
          events.push_back({i, {}});
        }
      } else {
        short revents = slots_[i] == kNoSlot ? short{0} : descriptors_[slots_[i]].revents;
        short wanted = static_cast<short>(events_of(r.kind) | POLLERR | POLLHUP | POLLNVAL);
        if (slots_[i] != kNoSlot && !(revents & wanted)) continue;
        Interest interest = r.kind == PollRequest::Kind::read ? Interest::read : Interest::write;
        events.push_back({i, r.file->readiness(interest, revents)});
      }
    }
    return events;
  }

  std::span<const PollRequest> requests_;
  sys::Wake& wake_;
  std::vector<std::optional<Deadline>> deadlines_;  // of the clocks among the requests
  std::vector<size_t> slots_;                       // of each request in `descriptors_`
  std::vector<pollfd> descriptors_;                 // and one more for the wake handle
  bool immediate_ = false;                          // something is ready without waiting
};

}  // namespace

Result<std::vector<PollEvent>> poll(std::span<const PollRequest> requests, sys::Wake& wake) {
  return Poller(requests, wake).run();
}

}  // namespace zwasm::wasi
