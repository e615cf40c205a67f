#include "wasi/core/host_directory.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>

#include "sys/files_io.h"
#include "wasi/core/host_file.h"

namespace zwasm::wasi {
namespace {

Errno errno_of(sys::SysResult<void> result) {
  return result ? Errno::success : to_errno(result.error());
}

int host_open_flags(const OpenOptions& options) {
  // O_NONBLOCK: opening a FIFO or a device must not wait where no wake handle reaches.
  int flags = O_NONBLOCK | O_NOCTTY;
  flags |= options.write ? (options.read ? O_RDWR : O_WRONLY) : O_RDONLY;
  if (options.create) flags |= O_CREAT;
  if (options.exclusive) flags |= O_EXCL;
  if (options.directory) flags |= O_DIRECTORY;
  if (options.truncate) flags |= O_TRUNC;
  if (any(options.flags & FdFlags::append)) flags |= O_APPEND;
  return flags;
}

FileType entry_type(unsigned char type) {
  switch (type) {
    case DT_REG: return FileType::regular_file;
    case DT_DIR: return FileType::directory;
    case DT_LNK: return FileType::symbolic_link;
    case DT_CHR: return FileType::character_device;
    case DT_BLK: return FileType::block_device;
    case DT_SOCK: return FileType::socket_stream;
    default: return FileType::unknown;
  }
}

}  // namespace

Result<FilePtr> HostDirectory::open_top(const std::string& host_path, Access access,
                                        sys::Resolver resolver,
                                        std::span<const std::string> withheld) {
  auto fd = sys::open_root(host_path);
  if (!fd) return fail(to_errno(fd.error()));
  auto hidden = sys::Withheld::in_tree(fd->get(), withheld);
  if (!hidden) return fail(to_errno(hidden.error()));
  auto st = sys::stat_of(fd->get());
  if (!st) return fail(to_errno(st.error()));
  return FilePtr(std::make_shared<HostDirectory>(std::move(*fd),
                                                 HostTreeTop{st->st_dev, st->st_ino}, access,
                                                 FdFlags::none, resolver, std::move(*hidden)));
}

Result<FileStat> HostDirectory::do_stat() {
  auto st = sys::stat_of(fd_.get());
  if (!st) return fail(to_errno(st.error()));
  return file_stat_of(*st);
}

Errno HostDirectory::do_set_times(const TimeChanges& changes) {
  return errno_of(sys::set_times(fd_.get(), HostTimes(changes).times));
}

Errno HostDirectory::do_sync() { return errno_of(sys::sync_all(fd_.get())); }
Errno HostDirectory::do_sync_data() { return errno_of(sys::sync_data(fd_.get())); }

// A FIFO that nobody reads cannot be opened for writing without waiting; POSIX waits for the
// reader. There is nothing to poll for that, so we look again from time to time.
sys::SysResult<sys::UniqueFd> HostDirectory::open_waiting_for_reader(const std::string& path,
                                                                     int flags, bool follow,
                                                                     sys::Wake& wake) {
  constexpr uint64_t kInterval = 5'000'000;
  for (;;) {
    auto fd = sys::open_beneath(root(), path, flags, 0666, follow);
    if (fd || fd.error().number != ENXIO) return fd;
    auto st = sys::stat_beneath(root(), path, follow);
    if (!st || !S_ISFIFO(st->st_mode)) return fd;
    pollfd slot{};
    auto outcome = sys::wait_for_any({&slot, 1}, wake, kInterval);
    if (!outcome) return Err{outcome.error()};
    if (*outcome == sys::WaitOutcome::fired) return sys::fail(EINTR);
  }
}

Result<FilePtr> HostDirectory::do_open(const std::string& path, const OpenOptions& options,
                                       sys::Wake& wake) {
  bool follow = options.follow == Follow::yes;
  int flags = host_open_flags(options);
  auto fd = options.write && !any(options.flags & FdFlags::nonblock)
                ? open_waiting_for_reader(path, flags, follow, wake)
                : sys::open_beneath(root(), path, flags, 0666, follow);
  if (!fd) {
    if (fd.error().number == EINTR && wake.fired()) return fail(Errno::interrupted);
    return fail(to_errno(fd.error()));
  }
  auto st = sys::stat_of(fd->get());
  if (!st) return fail(to_errno(st.error()));
  if (S_ISDIR(st->st_mode)) {
    return FilePtr(std::make_shared<HostDirectory>(std::move(*fd), top_, access(), options.flags,
                                                   resolver_, withheld_));
  }
  return make_host_file(HostFd::own(std::move(*fd)), *st, access(), options.flags);
}

Result<FileStat> HostDirectory::do_stat_at(const std::string& path, Follow follow) {
  auto st = sys::stat_beneath(root(), path, follow == Follow::yes);
  if (!st) return fail(to_errno(st.error()));
  return file_stat_of(*st);
}

Errno HostDirectory::do_set_times_at(const std::string& path, Follow follow,
                                     const TimeChanges& changes) {
  return errno_of(
      sys::set_times_beneath(root(), path, follow == Follow::yes, HostTimes(changes).times));
}

Result<std::string> HostDirectory::do_read_link(const std::string& path) {
  auto target = sys::read_link_beneath(root(), path);
  if (!target) return fail(to_errno(target.error()));
  return std::move(*target);
}

Errno HostDirectory::do_create_directory(const std::string& path) {
  return errno_of(sys::make_directory_beneath(root(), path));
}

Errno HostDirectory::do_remove_directory(const std::string& path) {
  return errno_of(sys::remove_directory_beneath(root(), path));
}

Errno HostDirectory::do_unlink_file(const std::string& path) {
  return errno_of(sys::unlink_beneath(root(), path));
}

Errno HostDirectory::do_symlink(const std::string& target, const std::string& path) {
  return errno_of(sys::symlink_beneath(target, root(), path));
}

Errno HostDirectory::do_link(const std::string& old_path, Follow follow, Directory& to,
                             const std::string& new_path) {
  auto& target = static_cast<HostDirectory&>(to);
  return errno_of(
      sys::link_beneath(root(), old_path, follow == Follow::yes, target.root(), new_path));
}

Errno HostDirectory::do_rename(const std::string& old_path, Directory& to,
                               const std::string& new_path) {
  auto& target = static_cast<HostDirectory&>(to);
  return errno_of(sys::rename_beneath(root(), old_path, target.root(), new_path));
}

Errno HostDirectory::do_list(uint64_t cookie, EntrySink& sink) {
  alignas(8) char buffer[32 * 1024];
  // The kernel's records are a little smaller than the guest's; one name must always fit.
  size_t wanted = std::clamp<size_t>(sink.room() + 64, 512, sizeof buffer);
  for (;;) {
    sys::SysResult<size_t> used = [&] {
      std::lock_guard lock(listing_);
      return sys::read_directory(fd_.get(), cookie, {buffer, wanted});
    }();
    if (!used) return to_errno(used.error());
    if (*used == 0) return Errno::success;
    std::span<const char> bytes(buffer, *used);
    while (!bytes.empty()) {
      sys::DirectoryEntry raw = sys::next_entry(bytes);
      DirEntry entry{raw.next, raw.ino, entry_type(raw.type), raw.name};
      if (raw.name == "..") {
        // Above the top there is nothing: there, `..` is the directory itself, as for `/`.
        auto st = sys::stat_of(fd_.get());
        if (st && st->st_dev == top_.dev && st->st_ino == top_.ino) entry.ino = top_.ino;
      }
      cookie = entry.next;
      if (!sink.take(entry)) return Errno::success;
    }
  }
}

}  // namespace zwasm::wasi
