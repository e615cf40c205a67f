#include "wasi/core/stdio.h"

#include <algorithm>
#include <cstring>

namespace zwasm::wasi {

Result<size_t> CapturedOutput::append(IoVecs buffers) {
  std::lock_guard lock(mutex_);
  size_t total = 0;
  for (const IoVec& b : buffers) {
    if (sink_) {
      if (b.iov_len != 0) sink_({static_cast<const char*>(b.iov_base), b.iov_len});
      total += b.iov_len;
      continue;
    }
    size_t part = std::min(b.iov_len, limit_ - text_.size());
    text_.append(static_cast<const char*>(b.iov_base), part);
    total += part;
    if (part < b.iov_len) {
      if (total == 0) return fail(Errno::nospc);
      break;
    }
  }
  return total;
}

Result<size_t> NullFile::do_write(IoVecs buffers, sys::Wake&) {
  size_t total = 0;
  for (const IoVec& b : buffers) total += b.iov_len;
  return total;
}

Result<size_t> InputFile::do_read(IoVecs buffers, sys::Wake&) {
  std::lock_guard lock(mutex_);
  size_t total = 0;
  for (const IoVec& b : buffers) {
    size_t part = std::min(b.iov_len, text_.size() - position_);
    if (part > 0) std::memcpy(b.iov_base, text_.data() + position_, part);
    position_ += part;
    total += part;
  }
  return total;
}

Readiness InputFile::readiness(Interest interest, short) {
  std::lock_guard lock(mutex_);
  Readiness r;
  if (interest == Interest::read) r.bytes = text_.size() - position_;
  r.hangup = position_ == text_.size();
  return r;
}

}  // namespace zwasm::wasi
