#include "sys/files_io.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstddef>
#include <cstring>
#include <limits>

namespace zwasm::sys {
namespace {

SysResult<void> checked(int result) {
  if (result < 0) return last_error();
  return {};
}

SysResult<size_t> counted(ssize_t result) {
  if (result < 0) return last_error();
  return static_cast<size_t>(result);
}

// Repeats a call that a signal of the host's interrupted before it did anything.
template <class Call>
auto retried(Call call) {
  for (;;) {
    auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

bool fits_offset(uint64_t value) {
  return value <= static_cast<uint64_t>(std::numeric_limits<off_t>::max());
}

bool ready_now(int fd, short events) {
  pollfd p{.fd = fd, .events = events, .revents = 0};
  return retried([&] { return ::poll(&p, 1, 0); }) > 0;
}

// A pipe that polls writable has room for this much at least.
constexpr size_t kAlwaysFits = PIPE_BUF;

// Linux 6.9; the headers may be older than the kernel.
constexpr int kNoAppend = 0x20;  // RWF_NOAPPEND

}  // namespace

SysResult<size_t> read(int fd, Buffers buffers) {
  return counted(retried([&] {
    // The usual case, and the cheaper call.
    if (buffers.size() == 1) return ::read(fd, buffers[0].iov_base, buffers[0].iov_len);
    return ::readv(fd, buffers.data(), static_cast<int>(buffers.size()));
  }));
}

SysResult<size_t> write(int fd, Buffers buffers) {
  return counted(retried([&] {
    // The usual case, and the cheaper call.
    if (buffers.size() == 1) return ::write(fd, buffers[0].iov_base, buffers[0].iov_len);
    return ::writev(fd, buffers.data(), static_cast<int>(buffers.size()));
  }));
}

SysResult<size_t> read_at(int fd, Buffers buffers, uint64_t offset) {
  if (!fits_offset(offset)) return fail(EINVAL);
  return counted(retried([&] {
    return ::preadv(fd, buffers.data(), static_cast<int>(buffers.size()),
                    static_cast<off_t>(offset));
  }));
}

SysResult<size_t> write_at(int fd, Buffers buffers, uint64_t offset, bool append) {
  if (!fits_offset(offset)) return fail(EINVAL);
  if (append) {
    ssize_t n = retried([&] {
      return ::pwritev2(fd, buffers.data(), static_cast<int>(buffers.size()),
                        static_cast<off_t>(offset), kNoAppend);
    });
    if (n >= 0 || (errno != EOPNOTSUPP && errno != EINVAL)) return counted(n);
  }
  return counted(retried([&] {
    return ::pwritev(fd, buffers.data(), static_cast<int>(buffers.size()),
                     static_cast<off_t>(offset));
  }));
}

SysResult<size_t> read_ready(int fd, Buffers buffers) {
  ssize_t n = retried([&] {
    return ::preadv2(fd, buffers.data(), static_cast<int>(buffers.size()), -1, RWF_NOWAIT);
  });
  if (n >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL)) return counted(n);
  if (!ready_now(fd, POLLIN)) return fail(EAGAIN);
  return read(fd, buffers);
}

SysResult<size_t> write_ready(int fd, Buffers buffers) {
  ssize_t n = retried([&] {
    return ::pwritev2(fd, buffers.data(), static_cast<int>(buffers.size()), -1, RWF_NOWAIT);
  });
  if (n >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL)) return counted(n);
  if (!ready_now(fd, POLLOUT)) return fail(EAGAIN);
  size_t total = 0;
  for (const ::iovec& buffer : buffers) {
    if (buffer.iov_len == 0) continue;
    size_t length = std::min(buffer.iov_len, kAlwaysFits);
    ssize_t part = retried([&] { return ::write(fd, buffer.iov_base, length); });
    if (part < 0 && total == 0) return last_error();
    if (part < 0) break;
    total += static_cast<size_t>(part);
    if (static_cast<size_t>(part) < buffer.iov_len || !ready_now(fd, POLLOUT)) break;
  }
  return total;
}

SysResult<uint64_t> seek(int fd, int64_t offset, int whence) {
  off_t position = ::lseek(fd, offset, whence);
  if (position < 0) return last_error();
  return static_cast<uint64_t>(position);
}

SysResult<struct stat> stat_of(int fd) {
  struct stat st;
  if (::fstat(fd, &st) != 0) return last_error();
  return st;
}

SysResult<void> set_size(int fd, uint64_t size) {
  if (!fits_offset(size)) return fail(EINVAL);
  return checked(retried([&] { return ::ftruncate(fd, static_cast<off_t>(size)); }));
}

SysResult<void> set_times(int fd, const timespec times[2]) {
  return checked(::futimens(fd, times));
}

SysResult<void> allocate(int fd, uint64_t offset, uint64_t length) {
  if (length == 0 || !fits_offset(offset) || !fits_offset(length)) return fail(EINVAL);
  return checked(retried(
      [&] { return ::fallocate(fd, 0, static_cast<off_t>(offset), static_cast<off_t>(length)); }));
}

SysResult<void> advise(int fd, uint64_t offset, uint64_t length, int advice) {
  if (!fits_offset(offset) || !fits_offset(length)) return fail(EINVAL);
  int error = ::posix_fadvise(fd, static_cast<off_t>(offset), static_cast<off_t>(length), advice);
  if (error != 0) return fail(error);
  return {};
}

SysResult<void> sync_all(int fd) {
  return checked(retried([&] { return ::fsync(fd); }));
}
SysResult<void> sync_data(int fd) {
  return checked(retried([&] { return ::fdatasync(fd); }));
}

SysResult<void> set_append(int fd, bool append) {
  int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0) return last_error();
  return checked(::fcntl(fd, F_SETFL, append ? flags | O_APPEND : flags & ~O_APPEND));
}

SysResult<int> open_flags(int fd) {
  int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0) return last_error();
  return flags;
}

SysResult<UniqueFd> duplicate(int fd) {
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (!copy) return last_error();
  return copy;
}

bool is_terminal(int fd) { return ::isatty(fd) == 1; }

uint64_t readable_bytes(int fd) {
  int count = 0;
  if (::ioctl(fd, FIONREAD, &count) != 0 || count < 0) return 0;
  return static_cast<uint64_t>(count);
}

namespace {
// The head of the kernel's linux_dirent64; the name follows, ended by NUL.
struct KernelEntry {
  uint64_t ino;
  int64_t next;
  uint16_t length;
  unsigned char type;
};
constexpr size_t kNameOffset = offsetof(KernelEntry, type) + 1;
}  // namespace

SysResult<size_t> read_directory(int fd, uint64_t cookie, std::span<char> buffer) {
  if (!fits_offset(cookie)) return fail(EINVAL);
  if (::lseek(fd, static_cast<off_t>(cookie), SEEK_SET) < 0) return last_error();
  return counted(::syscall(SYS_getdents64, fd, buffer.data(), buffer.size()));
}

DirectoryEntry next_entry(std::span<const char>& bytes) {
  KernelEntry head;
  std::memcpy(&head, bytes.data(), kNameOffset);
  DirectoryEntry entry;
  entry.next = static_cast<uint64_t>(head.next);
  entry.ino = head.ino;
  entry.type = head.type;
  const char* name = bytes.data() + kNameOffset;
  entry.name = {name, ::strnlen(name, head.length - kNameOffset)};
  bytes = bytes.subspan(head.length);
  return entry;
}

}  // namespace zwasm::sys
