#include "sys/wake.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "sys/clocks.h"

namespace zwasm::sys {

Wake::~Wake() {
  int fd = fd_.load(std::memory_order_relaxed);
  if (fd >= 0) ::close(fd);
}

void Wake::fire(WakeReason reason) noexcept {
  uint32_t none = 0;
  reason_.compare_exchange_strong(none, static_cast<uint32_t>(reason), std::memory_order_seq_cst);
  int fd = fd_.load(std::memory_order_seq_cst);
  if (fd < 0) return;
  int saved_errno = errno;  // a signal handler must leave it as it was
  uint64_t one = 1;
  // The counter can only fail to grow when it is full, and then it is readable already.
  [[maybe_unused]] ssize_t written = ::write(fd, &one, sizeof one);
  errno = saved_errno;
}

void Wake::reset() noexcept {
  reason_.store(0, std::memory_order_seq_cst);
  int fd = fd_.load(std::memory_order_seq_cst);
  uint64_t count = 0;
  if (fd >= 0) [[maybe_unused]]
    ssize_t n = ::read(fd, &count, sizeof count);
}

SysResult<int> Wake::descriptor() noexcept {
  int fd = fd_.load(std::memory_order_seq_cst);
  if (fd >= 0) return fd;
  int fresh = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fresh < 0) return last_error();
  if (!fd_.compare_exchange_strong(fd, fresh, std::memory_order_seq_cst)) {
    ::close(fresh);  // another thread was faster
    return fd;
  }
  return fresh;
}

SysResult<WaitOutcome> wait_for_any(std::span<pollfd> fds, Wake& wake,
                                    std::optional<uint64_t> timeout_ns) {
  SysResult<int> wake_fd = wake.descriptor();
  if (!wake_fd) return Err{wake_fd.error()};
  fds.back() = {.fd = *wake_fd, .events = POLLIN, .revents = 0};

  const uint64_t start = monotonic_now();
  for (;;) {
    if (wake.fired()) return WaitOutcome::fired;
    timespec limit{};
    if (timeout_ns) {
      uint64_t elapsed = monotonic_now() - start;
      limit = to_timespec(elapsed >= *timeout_ns ? 0 : *timeout_ns - elapsed);
    }
    int count = ::ppoll(fds.data(), fds.size(), timeout_ns ? &limit : nullptr, nullptr);
    if (wake.fired()) return WaitOutcome::fired;
    if (count > 0) return WaitOutcome::ready;
    if (count == 0) return WaitOutcome::timed_out;
    if (errno != EINTR) return last_error();
  }
}

SysResult<WaitOutcome> wait_for(int fd, short events, Wake& wake,
                                std::optional<uint64_t> timeout_ns) {
  pollfd fds[2] = {{.fd = fd, .events = events, .revents = 0}, {}};
  return wait_for_any(fds, wake, timeout_ns);
}

}  // namespace zwasm::sys
