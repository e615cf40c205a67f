#include "wasi/core/host_file.h"

#include <fcntl.h>

#include "sys/clocks.h"
#include "sys/files_io.h"
#include "wasi/core/blocking.h"

namespace zwasm::wasi {
namespace {

uint64_t nanoseconds_of(const timespec& t) {
  if (t.tv_sec < 0) return 0;
  return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(t.tv_nsec);
}

timespec host_time_of(const TimeChange& change) {
  timespec t{};
  switch (change.kind) {
    case TimeChange::Kind::keep: t.tv_nsec = UTIME_OMIT; return t;
    case TimeChange::Kind::now: t.tv_nsec = UTIME_NOW; return t;
    case TimeChange::Kind::value: return sys::to_timespec(change.nanoseconds);
  }
  return t;
}

int host_advice(Advice advice) {
  switch (advice) {
    case Advice::normal: return POSIX_FADV_NORMAL;
    case Advice::sequential: return POSIX_FADV_SEQUENTIAL;
    case Advice::random: return POSIX_FADV_RANDOM;
    case Advice::willneed: return POSIX_FADV_WILLNEED;
    case Advice::dontneed: return POSIX_FADV_DONTNEED;
    case Advice::noreuse: return POSIX_FADV_NOREUSE;
  }
  return POSIX_FADV_NORMAL;
}

int host_whence(Whence whence) {
  switch (whence) {
    case Whence::set: return SEEK_SET;
    case Whence::cur: return SEEK_CUR;
    case Whence::end: return SEEK_END;
  }
  return SEEK_SET;
}

Errno errno_of(sys::SysResult<void> result) {
  return result ? Errno::success : to_errno(result.error());
}

template <class T>
Result<T> value_of(sys::SysResult<T> result) {
  if (!result) return fail(to_errno(result.error()));
  return std::move(*result);
}

}  // namespace

FileType file_type_of(const struct stat& st) {
  switch (st.st_mode & S_IFMT) {
    case S_IFREG: return FileType::regular_file;
    case S_IFDIR: return FileType::directory;
    case S_IFLNK: return FileType::symbolic_link;
    case S_IFCHR: return FileType::character_device;
    case S_IFBLK: return FileType::block_device;
    case S_IFSOCK: return FileType::socket_stream;
    default: return FileType::unknown;  // a FIFO has no number of its own
  }
}

FileStat file_stat_of(const struct stat& st) {
  return {.dev = st.st_dev,
          .ino = st.st_ino,
          .type = file_type_of(st),
          .nlink = st.st_nlink,
          .size = static_cast<uint64_t>(st.st_size),
          .atim = nanoseconds_of(st.st_atim),
          .mtim = nanoseconds_of(st.st_mtim),
          .ctim = nanoseconds_of(st.st_ctim)};
}

HostTimes::HostTimes(const TimeChanges& changes)
    : times{host_time_of(changes.atim), host_time_of(changes.mtim)} {}

// ---- HostFileBase ----

Errno HostFileBase::do_set_flags(FdFlags wanted) {
  bool append = any(wanted & FdFlags::append);
  if (append == any(flags() & FdFlags::append)) return Errno::success;
  if (!fd_.owned()) return Errno::notsup;
  return errno_of(sys::set_append(fd(), append));
}

Result<FileStat> HostFileBase::do_stat() {
  auto st = sys::stat_of(fd());
  if (!st) return fail(to_errno(st.error()));
  FileStat stat = file_stat_of(*st);
  stat.type = type();
  return stat;
}

Errno HostFileBase::do_set_times(const TimeChanges& changes) {
  return errno_of(sys::set_times(fd(), HostTimes(changes).times));
}

Errno HostFileBase::do_sync() { return errno_of(sys::sync_all(fd())); }
Errno HostFileBase::do_sync_data() { return errno_of(sys::sync_data(fd())); }

// ---- HostRegularFile ----

Result<size_t> HostRegularFile::do_read(IoVecs buffers, sys::Wake&) {
  return value_of(sys::read(fd(), buffers));
}

Result<size_t> HostRegularFile::do_write(IoVecs buffers, sys::Wake&) {
  return written(sys::write(fd(), buffers));
}

Result<size_t> HostRegularFile::do_read_at(IoVecs buffers, uint64_t offset) {
  return value_of(sys::read_at(fd(), buffers, offset));
}

Result<size_t> HostRegularFile::do_write_at(IoVecs buffers, uint64_t offset) {
  return written(sys::write_at(fd(), buffers, offset, any(flags() & FdFlags::append)));
}

Result<size_t> HostRegularFile::written(sys::SysResult<size_t> result) {
  if (!result) return fail(to_errno(result.error()));
  FdFlags how = flags();
  Errno e = any(how & (FdFlags::sync | FdFlags::rsync)) ? do_sync()
            : any(how & FdFlags::dsync)                 ? do_sync_data()
                                                        : Errno::success;
  if (e != Errno::success) return fail(e);
  return *result;
}

Result<uint64_t> HostRegularFile::do_seek(int64_t offset, Whence whence) {
  return value_of(sys::seek(fd(), offset, host_whence(whence)));
}

Errno HostRegularFile::do_set_size(uint64_t size) { return errno_of(sys::set_size(fd(), size)); }

Errno HostRegularFile::do_allocate(uint64_t offset, uint64_t length) {
  return errno_of(sys::allocate(fd(), offset, length));
}

Errno HostRegularFile::do_advise(uint64_t offset, uint64_t length, Advice advice) {
  return errno_of(sys::advise(fd(), offset, length, host_advice(advice)));
}

Readiness HostRegularFile::readiness(Interest interest, short) {
  Readiness r;
  if (interest == Interest::write) return r;
  auto st = sys::stat_of(fd());
  auto position = sys::seek(fd(), 0, SEEK_CUR);
  if (st && position && static_cast<uint64_t>(st->st_size) > *position) {
    r.bytes = static_cast<uint64_t>(st->st_size) - *position;
  }
  return r;
}

// ---- HostStream ----

Result<size_t> HostStream::do_read(IoVecs buffers, sys::Wake& wake) {
  if (all_empty(buffers)) return size_t{0};
  if (kind_ == Kind::fifo && !nonblocking()) {
    if (Errno e = wait_ready(fd(), POLLIN, wake); e != Errno::success) return fail(e);
  }
  Blocking how{fd(), POLLIN, nonblocking(), wake};
  return attempt_or_wait(how, [&] {
    std::lock_guard lock(attempt_);
    return sys::read_ready(fd(), buffers);
  });
}

Result<size_t> HostStream::do_write(IoVecs buffers, sys::Wake& wake) {
  Blocking how{fd(), POLLOUT, nonblocking(), wake};
  return transfer_all(how, buffers, [&](IoVecs rest) {
    std::lock_guard lock(attempt_);
    return sys::write_ready(fd(), rest);
  });
}

Readiness HostStream::readiness(Interest interest, short revents) {
  return stream_readiness(fd(), interest, revents);
}

Readiness stream_readiness(int fd, Interest interest, short revents) {
  Readiness r;
  if (revents & POLLNVAL) r.error = Errno::badf;
  // POLLERR on the writing end of a pipe means that nobody reads any more.
  r.hangup = (revents & (POLLHUP | POLLRDHUP | POLLERR)) != 0;
  if (interest == Interest::read) r.bytes = sys::readable_bytes(fd);
  return r;
}

Result<FilePtr> make_host_file(HostFd fd, const struct stat& st, Access access, FdFlags flags) {
  FileType type = file_type_of(st);
  switch (type) {
    case FileType::regular_file:
    case FileType::block_device:
      return FilePtr(std::make_shared<HostRegularFile>(std::move(fd), type, access, flags));
    case FileType::directory:
    case FileType::symbolic_link: return fail(Errno::isdir);
    case FileType::unknown:
    case FileType::character_device:
    case FileType::socket_dgram:
    case FileType::socket_stream: break;
  }
  auto kind = fd.owned() && S_ISFIFO(st.st_mode) ? HostStream::Kind::fifo : HostStream::Kind::plain;
  return FilePtr(std::make_shared<HostStream>(std::move(fd), type, access, flags, kind));
}

}  // namespace zwasm::wasi
