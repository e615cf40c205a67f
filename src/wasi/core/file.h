// An open file as a guest sees it, whatever stands behind it: a file of the host's, a pipe, a
// socket, a buffer in memory.
//
// The public functions check what the user granted (`access`) and the arguments that every
// backend would check alike, then call the backend's `do_…`. So a backend cannot forget a check,
// and "granted" means the same for all of them. What a backend does not offer has a default that
// gives the error of POSIX.
//
// All functions are thread-safe. Functions that may wait take the store's wake handle and give
// `interrupted` when it fires; no lock is held while waiting.
#pragma once
#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "sys/wake.h"
#include "wasi/core/errno.h"
#include "wasi/core/types.h"

namespace zwasm::wasi {

class File;
class Directory;
using FilePtr = std::shared_ptr<File>;

// What the user granted for a file or for a directory and all below it.
struct Access {
  bool read = false;
  bool write = false;
};
constexpr bool covers(Access have, Access need) {
  return (have.read || !need.read) && (have.write || !need.write);
}

// What a poll waits for.
enum class Interest : uint8_t { read, write };

// What a poll found.
struct Readiness {
  Errno error = Errno::success;
  uint64_t bytes = 0;  // that can be read or written at once, 0 if unknown
  bool hangup = false;
};

enum class Peek : bool { no, yes };
enum class WaitAll : bool { no, yes };
struct Received {
  size_t count = 0;
  bool truncated = false;
};

class File {
 public:
  virtual ~File() = default;
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  FileType type() const { return type_; }
  Access access() const { return access_; }
  FdFlags flags() const { return flags_.load(std::memory_order_relaxed); }
  bool nonblocking() const { return any(flags() & FdFlags::nonblock); }
  virtual Directory* as_directory() { return nullptr; }

  Errno set_flags(FdFlags flags);
  Result<FileStat> stat() { return do_stat(); }
  Errno set_times(const TimeChanges& changes);

  // Bytes. A read of 0 bytes is the end of the file.
  Result<size_t> read(IoVecs buffers, sys::Wake& wake);
  Result<size_t> write(IoVecs buffers, sys::Wake& wake);
  Result<size_t> read_at(IoVecs buffers, uint64_t offset);
  Result<size_t> write_at(IoVecs buffers, uint64_t offset);
  Result<uint64_t> seek(int64_t offset, Whence whence) { return do_seek(offset, whence); }
  Errno set_size(uint64_t size);
  Errno allocate(uint64_t offset, uint64_t length);
  Errno advise(uint64_t offset, uint64_t length, Advice advice);
  Errno sync() { return do_sync(); }
  Errno sync_data() { return do_sync_data(); }

  // Stream sockets.
  Result<FilePtr> accept(FdFlags flags, sys::Wake& wake) { return do_accept(flags, wake); }
  Result<Received> receive(IoVecs buffers, Peek peek, WaitAll all, sys::Wake& wake) {
    return do_receive(buffers, peek, all, wake);
  }
  Result<size_t> send(IoVecs buffers, sys::Wake& wake) { return do_send(buffers, wake); }
  Errno shut_down(bool receiving, bool sending) { return do_shut_down(receiving, sending); }

  // The host descriptor to wait on, or -1 if the file is always ready.
  virtual int poll_descriptor() const { return -1; }
  // Asked once the file is ready; `revents` is what ppoll said of the descriptor.
  virtual Readiness readiness(Interest interest, short revents);

 protected:
  File(FileType type, Access access, FdFlags flags) : type_(type), access_(access), flags_(flags) {}

  virtual Errno do_set_flags(FdFlags) { return Errno::success; }
  virtual Result<FileStat> do_stat();
  virtual Errno do_set_times(const TimeChanges&) { return Errno::notsup; }
  virtual Result<size_t> do_read(IoVecs, sys::Wake&) { return fail(Errno::badf); }
  virtual Result<size_t> do_write(IoVecs, sys::Wake&) { return fail(Errno::badf); }
  virtual Result<size_t> do_read_at(IoVecs, uint64_t) { return fail(Errno::spipe); }
  virtual Result<size_t> do_write_at(IoVecs, uint64_t) { return fail(Errno::spipe); }
  virtual Result<uint64_t> do_seek(int64_t, Whence) { return fail(Errno::spipe); }
  virtual Errno do_set_size(uint64_t) { return Errno::inval; }
  virtual Errno do_allocate(uint64_t, uint64_t) { return Errno::spipe; }
  virtual Errno do_advise(uint64_t, uint64_t, Advice) { return Errno::spipe; }
  virtual Errno do_sync() { return Errno::inval; }
  virtual Errno do_sync_data() { return Errno::inval; }
  virtual Result<FilePtr> do_accept(FdFlags, sys::Wake&) { return fail(Errno::notsock); }
  virtual Result<Received> do_receive(IoVecs, Peek, WaitAll, sys::Wake&) {
    return fail(Errno::notsock);
  }
  virtual Result<size_t> do_send(IoVecs, sys::Wake&) { return fail(Errno::notsock); }
  virtual Errno do_shut_down(bool, bool) { return Errno::notsock; }

 private:
  const FileType type_;
  const Access access_;
  std::atomic<FdFlags> flags_;
};

// One entry of a directory, for the time of the call that receives it.
struct DirEntry {
  uint64_t next = 0;  // cookie of the entry that follows; survives changes of the directory
  uint64_t ino = 0;
  FileType type = FileType::unknown;
  std::string_view name;  // bytes as the host has them, which may not be UTF-8
};

// Takes the entries of a directory one by one.
class EntrySink {
 public:
  virtual ~EntrySink() = default;
  // False when it wants no more.
  virtual bool take(const DirEntry& entry) = 0;
  // Roughly how many more bytes of names it can take.
  virtual size_t room() const = 0;
};

// A directory, below which paths are resolved and beyond which none can reach. A path is bytes in
// UTF-8, relative, not empty; `perm` answers one that would leave the directory.
class Directory : public File {
 public:
  // Which implementation stands behind, so that two directories of one kind can work together.
  enum class Backend : uint8_t { host, memory };

  Directory* as_directory() final { return this; }
  Backend backend() const { return backend_; }

  Result<FilePtr> open(const std::string& path, const OpenOptions& options, sys::Wake& wake);
  Result<FileStat> stat_at(const std::string& path, Follow follow);
  Errno set_times_at(const std::string& path, Follow follow, const TimeChanges& changes);
  Result<std::string> read_link(const std::string& path);
  Errno create_directory(const std::string& path);
  Errno remove_directory(const std::string& path);
  Errno unlink_file(const std::string& path);
  Errno symlink(const std::string& target, const std::string& path);
  // Both refuse to move a file to where more is granted than where it comes from.
  Errno link(const std::string& old_path, Follow follow, Directory& to,
             const std::string& new_path);
  Errno rename(const std::string& old_path, Directory& to, const std::string& new_path);
  // Gives the entries from `cookie` on (0: the first) to the sink, `.` and `..` among them.
  Errno list(uint64_t cookie, EntrySink& sink);

 protected:
  Directory(Backend backend, Access access, FdFlags flags)
      : File(FileType::directory, access, flags), backend_(backend) {}

  virtual Result<FilePtr> do_open(const std::string& path, const OpenOptions& options,
                                  sys::Wake& wake) = 0;
  virtual Result<FileStat> do_stat_at(const std::string& path, Follow follow) = 0;
  virtual Errno do_set_times_at(const std::string& path, Follow follow,
                                const TimeChanges& changes) = 0;
  virtual Result<std::string> do_read_link(const std::string& path) = 0;
  virtual Errno do_create_directory(const std::string& path) = 0;
  virtual Errno do_remove_directory(const std::string& path) = 0;
  virtual Errno do_unlink_file(const std::string& path) = 0;
  virtual Errno do_symlink(const std::string& target, const std::string& path) = 0;
  // `to` has the same backend.
  virtual Errno do_link(const std::string& old_path, Follow follow, Directory& to,
                        const std::string& new_path) = 0;
  virtual Errno do_rename(const std::string& old_path, Directory& to,
                          const std::string& new_path) = 0;
  virtual Errno do_list(uint64_t cookie, EntrySink& sink) = 0;

  Result<size_t> do_read(IoVecs, sys::Wake&) override { return fail(Errno::isdir); }
  Result<size_t> do_write(IoVecs, sys::Wake&) override { return fail(Errno::isdir); }
  Result<size_t> do_read_at(IoVecs, uint64_t) override { return fail(Errno::isdir); }
  Result<size_t> do_write_at(IoVecs, uint64_t) override { return fail(Errno::isdir); }
  Result<uint64_t> do_seek(int64_t, Whence) override { return fail(Errno::isdir); }
  Errno do_set_size(uint64_t) override { return Errno::isdir; }
  Errno do_allocate(uint64_t, uint64_t) override { return Errno::isdir; }
  Errno do_advise(uint64_t, uint64_t, Advice) override { return Errno::isdir; }

 private:
  const Backend backend_;
};

// `success` if a guest's path may be handed to a backend: `noent` if it is empty, `nametoolong`,
// `ilseq` if it is not UTF-8, `inval` if it contains NUL.
Errno check_path(std::string_view path);

inline constexpr size_t kMaxPathBytes = 4096;  // a longer path is `nametoolong`

}  // namespace zwasm::wasi
