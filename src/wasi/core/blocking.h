// Waiting the only way there is: try without blocking, and if there is nothing to do, sleep on the
// descriptor and the wake handle together.
#pragma once
#include <poll.h>

#include <array>
#include <cerrno>

#include "sys/files_io.h"
#include "sys/wake.h"
#include "wasi/core/errno.h"
#include "wasi/core/types.h"

namespace zwasm::wasi {

// `success` when the descriptor is ready, `interrupted` when the handle fired.
inline Errno wait_ready(int fd, short events, sys::Wake& wake) {
  sys::SysResult<sys::WaitOutcome> outcome = sys::wait_for(fd, events, wake);
  if (!outcome) return to_errno(outcome.error());
  return *outcome == sys::WaitOutcome::fired ? Errno::interrupted : Errno::success;
}

// Where and how to wait.
struct Blocking {
  int fd;
  short events;
  bool nonblocking;
  sys::Wake& wake;
};

// Repeats `attempt` (a SysResult<T>, EAGAIN if it would block) until it does something.
template <class Attempt>
auto attempt_or_wait(Blocking how, Attempt attempt)
    -> Result<std::remove_reference_t<decltype(*attempt())>> {
  for (;;) {
    auto result = attempt();
    if (result) return std::move(*result);
    if (result.error().number != EAGAIN || how.nonblocking) {
      return fail(to_errno(result.error()));
    }
    if (Errno e = wait_ready(how.fd, how.events, how.wake); e != Errno::success) return fail(e);
  }
}

// What is left of a list of buffers after some of their bytes were dealt with.
class RemainingBuffers {
 public:
  explicit RemainingBuffers(IoVecs all) : count_(all.size()) {
    for (size_t i = 0; i < count_; ++i) buffers_[i] = all[i];
    skip_empty();
  }
  IoVecs get() const { return {buffers_.data() + first_, count_ - first_}; }
  bool empty() const { return first_ == count_; }
  void advance(size_t bytes) {
    while (bytes > 0 && first_ < count_) {
      IoVec& front = buffers_[first_];
      size_t part = bytes < front.iov_len ? bytes : front.iov_len;
      front.iov_base = static_cast<char*>(front.iov_base) + part;
      front.iov_len -= part;
      bytes -= part;
      skip_empty();
    }
  }

 private:
  void skip_empty() {
    while (first_ < count_ && buffers_[first_].iov_len == 0) ++first_;
  }
  std::array<IoVec, sys::kMaxBuffers> buffers_;  // as many as `count_` are initialized
  size_t count_;
  size_t first_ = 0;
};

// Moves all bytes of the buffers by repeated transfers, as a blocking POSIX write does. Ends early
// at a transfer of 0 bytes, if the file is non-blocking, or at an error after some bytes were
// moved: the next call will report it.
template <class Transfer>
Result<size_t> transfer_all(Blocking how, IoVecs buffers, Transfer transfer) {
  RemainingBuffers rest(buffers);
  size_t total = 0;
  while (!rest.empty()) {
    Result<size_t> moved = attempt_or_wait(how, [&] { return transfer(rest.get()); });
    if (!moved) {
      if (total == 0 || moved.error() == Errno::interrupted) return moved;
      break;
    }
    if (*moved == 0) break;
    total += *moved;
    rest.advance(*moved);
  }
  return total;
}

inline bool all_empty(IoVecs buffers) {
  for (const IoVec& b : buffers) {
    if (b.iov_len != 0) return false;
  }
  return true;
}

}  // namespace zwasm::wasi
