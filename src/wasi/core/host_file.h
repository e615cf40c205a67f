// Files of the host: regular ones, which never make anybody wait, and streams (pipes, terminals,
// devices), which do.
#pragma once
#include <sys/stat.h>

#include <mutex>
#include <string>

#include "sys/unique_fd.h"
#include "wasi/core/file.h"

namespace zwasm::wasi {

FileType file_type_of(const struct stat& st);
FileStat file_stat_of(const struct stat& st);
// For futimens and its kin: access time, then modification time.
struct HostTimes {
  timespec times[2];
  explicit HostTimes(const TimeChanges& changes);
};

// A host descriptor that is ours to close, or one that we were lent. A lent one is shared with
// other processes (the shell's terminal), so its open flags are not ours to change.
class HostFd {
 public:
  static HostFd own(sys::UniqueFd fd) {
    HostFd h;
    h.fd_ = fd.get();
    h.owned_ = std::move(fd);
    return h;
  }
  static HostFd borrow(int fd) {
    HostFd h;
    h.fd_ = fd;
    return h;
  }
  int get() const { return fd_; }
  bool owned() const { return static_cast<bool>(owned_); }

 private:
  sys::UniqueFd owned_;
  int fd_ = -1;
};

// What regular files and streams have in common.
class HostFileBase : public File {
 protected:
  HostFileBase(HostFd fd, FileType type, Access access, FdFlags flags)
      : File(type, access, flags), fd_(std::move(fd)) {}
  int fd() const { return fd_.get(); }

  Errno do_set_flags(FdFlags flags) override;
  Result<FileStat> do_stat() override;
  Errno do_set_times(const TimeChanges& changes) override;
  Errno do_sync() override;
  Errno do_sync_data() override;

 private:
  HostFd fd_;
};

class HostRegularFile final : public HostFileBase {
 public:
  HostRegularFile(HostFd fd, FileType type, Access access, FdFlags flags)
      : HostFileBase(std::move(fd), type, access, flags) {}
  Readiness readiness(Interest interest, short revents) override;

 private:
  Result<size_t> do_read(IoVecs buffers, sys::Wake& wake) override;
  Result<size_t> do_write(IoVecs buffers, sys::Wake& wake) override;
  Result<size_t> do_read_at(IoVecs buffers, uint64_t offset) override;
  Result<size_t> do_write_at(IoVecs buffers, uint64_t offset) override;
  Result<uint64_t> do_seek(int64_t offset, Whence whence) override;
  Errno do_set_size(uint64_t size) override;
  Errno do_allocate(uint64_t offset, uint64_t length) override;
  Errno do_advise(uint64_t offset, uint64_t length, Advice advice) override;
  // Writes through to the device where the flags ask for it.
  Result<size_t> written(sys::SysResult<size_t> result);
};

class HostStream final : public HostFileBase {
 public:
  // `fifo`: opened by a path of the guest's. It is not at its end before its first writer came.
  enum class Kind : uint8_t { plain, fifo };
  HostStream(HostFd fd, FileType type, Access access, FdFlags flags, Kind kind)
      : HostFileBase(std::move(fd), type, access, flags), kind_(kind) {}
  int poll_descriptor() const override { return fd(); }
  Readiness readiness(Interest interest, short revents) override;

 private:
  Result<size_t> do_read(IoVecs buffers, sys::Wake& wake) override;
  Result<size_t> do_write(IoVecs buffers, sys::Wake& wake) override;

  const Kind kind_;
  // Held for attempts that cannot block, so that two threads of the guest do not both find the
  // file ready where only one of them can be served.
  std::mutex attempt_;
};

// What ppoll's answer means for a stream or a socket.
Readiness stream_readiness(int fd, Interest interest, short revents);

// A regular file or a stream, whichever the descriptor is.
Result<FilePtr> make_host_file(HostFd fd, const struct stat& st, Access access, FdFlags flags);

}  // namespace zwasm::wasi
