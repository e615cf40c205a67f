// How a blocked host call is ended from outside.
//
// A guest may block in the host: reading a terminal, sleeping in poll_oneoff, accepting a
// connection. An interrupt or a timeout has to end that wait at once, from another thread or
// from a signal handler. So every blocking call waits in ppoll on its own descriptors AND on the
// store's Wake, and there is no other way to block. Reads and writes of regular files are
// excepted: they do not wait for anybody.
//
//   waiting thread                        any other thread, or a signal handler
//   wait_for(fd, POLLIN, wake, …)         wake.fire(WakeReason::interrupt)
//     -> WaitOutcome::fired
//
// The eventfd is made when something first blocks: most programs never need one. Both sides
// write their own flag before they read the other's, so either the waiter sees the reason or the
// firing side sees the descriptor.
#pragma once
#include <poll.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>

#include "sys/error.h"

namespace zwasm::sys {

enum class WakeReason : uint32_t { none, interrupt, timeout };

class Wake {
 public:
  Wake() = default;
  ~Wake();
  Wake(const Wake&) = delete;
  Wake& operator=(const Wake&) = delete;

  // Ends every wait on this handle, present and future, until `reset`. The first reason given
  // stays. Callable from any thread and from signal handlers.
  void fire(WakeReason reason) noexcept;

  // Arms the handle again. Only while nothing waits on it.
  void reset() noexcept;

  WakeReason reason() const noexcept {
    return static_cast<WakeReason>(reason_.load(std::memory_order_seq_cst));
  }
  bool fired() const noexcept { return reason() != WakeReason::none; }

  // A descriptor that is readable once the handle has fired.
  SysResult<int> descriptor() noexcept;

 private:
  std::atomic<uint32_t> reason_{0};
  std::atomic<int> fd_{-1};
};

enum class WaitOutcome : uint8_t { ready, timed_out, fired };

// Waits until one of `fds` is ready, the handle fires, or `timeout_ns` nanoseconds have passed
// (no value: no limit). The last element of `fds` is a free slot that the function uses for the
// handle; the others get their `revents`. A fired handle wins over ready descriptors.
SysResult<WaitOutcome> wait_for_any(std::span<pollfd> fds, Wake& wake,
                                    std::optional<uint64_t> timeout_ns);

// The same for one descriptor. POLLERR and POLLHUP count as ready: the operation that follows
// reports what happened.
SysResult<WaitOutcome> wait_for(int fd, short events, Wake& wake,
                                std::optional<uint64_t> timeout_ns = std::nullopt);

}  // namespace zwasm::sys
