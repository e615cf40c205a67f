// Functions on paths below a directory's descriptor.
#include <algorithm>

#include "wasi/p1/abi.h"
#include "wasi/p1/functions.h"
#include "wasi/p1/times.h"

namespace zwasm::wasi::p1 {
namespace {

constexpr uint32_t kLookupFollow = 1;

constexpr uint32_t kOpenCreate = 1, kOpenDirectory = 2, kOpenExclusive = 4, kOpenTruncate = 8;
constexpr uint32_t kOpenAll = 15;

// The directory of a descriptor, kept open for the call, and what it may hand on.
struct DirectoryRef {
  FilePtr file;
  Directory* directory = nullptr;
  Rights inheriting = Rights::none;
};

Result<DirectoryRef> directory_of(P1Call& call, uint32_t fd, Rights needed) {
  Result<Descriptor> d = call.ctx.descriptors().get(fd, needed);
  if (!d) return fail(d.error());
  Directory* directory = d->file->as_directory();
  if (!directory) return fail(Errno::notdir);
  return DirectoryRef{std::move(d->file), directory, d->inheriting};
}

Result<Follow> decode_lookup(uint32_t flags) {
  if (!known_flags(flags, kLookupFollow)) return fail(Errno::inval);
  return flags & kLookupFollow ? Follow::yes : Follow::no;
}

// The functions that need a directory, one path in it, and nothing more.
Errno on_path(P1Call& call, const uint64_t* args, Rights needed,
              Errno (Directory::*operation)(const std::string&)) {
  Args a(args);
  Result<DirectoryRef> d = directory_of(call, a.u32(0), needed);
  if (!d) return d.error();
  Result<std::string> path = read_string(call, a.u32(1), a.u32(2));
  if (!path) return path.error();
  return (d->directory->*operation)(*path);
}

// The rights that opening in this way takes from the directory itself …
Rights rights_to_open(uint32_t oflags) {
  Rights needed = right::path_open;
  if (oflags & kOpenCreate) needed = needed | right::path_create_file;
  if (oflags & kOpenTruncate) needed = needed | right::path_filestat_set_size;
  return needed;
}

// … and those that it must be able to hand on.
Rights rights_to_hand_on(Rights base, Rights inheriting, FdFlags flags) {
  Rights needed = base | inheriting;
  if (any(flags & FdFlags::dsync)) needed = needed | right::fd_datasync;
  if (any(flags & (FdFlags::rsync | FdFlags::sync))) needed = needed | right::fd_sync;
  return needed;
}

// What a new descriptor gets of the rights asked for: those that mean something for the file. A
// file that was not opened for writing can be changed in no way.
Rights granted_rights(Rights asked, FileType type) {
  Rights granted = asked & applicable_rights(type);
  if (type != FileType::directory && !covers(granted, right::fd_write)) {
    granted = granted & ~(right::fd_allocate | right::fd_filestat_set_size);
  }
  return granted;
}

}  // namespace

Errno path_open(P1Call& call, const uint64_t* args) {
  Args a(args);
  uint32_t oflags = a.u32(4);
  auto flags = static_cast<FdFlags>(a.u32(7));
  Result<Follow> follow = decode_lookup(a.u32(1));
  if (!follow) return follow.error();
  if (!known_flags(oflags, kOpenAll)) return Errno::inval;
  if (!known_flags(a.u32(7), static_cast<uint32_t>(FdFlags::all))) return Errno::inval;
  // Toolchains ask for all rights by setting all bits.
  Rights base = static_cast<Rights>(a.u64(5)) & right::all;
  Rights inheriting = static_cast<Rights>(a.u64(6)) & right::all;

  Result<DirectoryRef> d = directory_of(call, a.u32(0), rights_to_open(oflags));
  if (!d) return d.error();
  if (!covers(d->inheriting, rights_to_hand_on(base, inheriting, flags))) {
    return Errno::notcapable;
  }
  Result<std::string> path = read_string(call, a.u32(2), a.u32(3));
  if (!path) return path.error();
  Out<uint32_t> opened(call, a.u32(8));
  if (!opened.valid()) return Errno::fault;

  OpenOptions options{.follow = *follow,
                      .create = (oflags & kOpenCreate) != 0,
                      .exclusive = (oflags & kOpenExclusive) != 0,
                      .directory = (oflags & kOpenDirectory) != 0,
                      .truncate = (oflags & kOpenTruncate) != 0,
                      .read = covers(base, right::fd_read),
                      .write = covers(base, right::fd_write),
                      .flags = flags};
  Result<FilePtr> file = d->directory->open(*path, options, call.wake);
  if (!file) return file.error();
  FileType type = (*file)->type();
  Result<Fd> fd =
      call.ctx.descriptors().insert({std::move(*file), granted_rights(base, type), inheriting});
  if (!fd) return fd.error();
  opened.set(*fd);
  return Errno::success;
}

template <class Abi>
Errno path_filestat_get(P1Call& call, const uint64_t* args) {
  Args a(args);
  Result<Follow> follow = decode_lookup(a.u32(1));
  if (!follow) return follow.error();
  Result<DirectoryRef> d = directory_of(call, a.u32(0), right::path_filestat_get);
  if (!d) return d.error();
  Result<std::string> path = read_string(call, a.u32(2), a.u32(3));
  if (!path) return path.error();
  Memory memory(call.mem);
  if (!memory.contains(a.u32(4), Abi::kFilestat)) return Errno::fault;
  Result<FileStat> stat = d->directory->stat_at(*path, *follow);
  if (!stat) return stat.error();
  Abi::store_filestat(memory, a.u32(4), *stat);
  return Errno::success;
}
template Errno path_filestat_get<Preview1>(P1Call&, const uint64_t*);
template Errno path_filestat_get<Snapshot0>(P1Call&, const uint64_t*);

Errno path_filestat_set_times(P1Call& call, const uint64_t* args) {
  Args a(args);
  Result<Follow> follow = decode_lookup(a.u32(1));
  if (!follow) return follow.error();
  Result<TimeChanges> changes = decode_times(a.u64(4), a.u64(5), a.u32(6));
  if (!changes) return changes.error();
  Result<DirectoryRef> d = directory_of(call, a.u32(0), right::path_filestat_set_times);
  if (!d) return d.error();
  Result<std::string> path = read_string(call, a.u32(2), a.u32(3));
  if (!path) return path.error();
  return d->directory->set_times_at(*path, *follow, *changes);
}

Errno path_create_directory(P1Call& call, const uint64_t* args) {
  return on_path(call, args, right::path_create_directory, &Directory::create_directory);
}

Errno path_remove_directory(P1Call& call, const uint64_t* args) {
  return on_path(call, args, right::path_remove_directory, &Directory::remove_directory);
}

Errno path_unlink_file(P1Call& call, const uint64_t* args) {
  return on_path(call, args, right::path_unlink_file, &Directory::unlink_file);
}

Errno path_readlink(P1Call& call, const uint64_t* args) {
  Args a(args);
  Result<DirectoryRef> d = directory_of(call, a.u32(0), right::path_readlink);
  if (!d) return d.error();
  Result<std::string> path = read_string(call, a.u32(1), a.u32(2));
  if (!path) return path.error();
  Memory memory(call.mem);
  Out<uint32_t> used(call, a.u32(5));
  if (!memory.contains(a.u32(3), a.u32(4)) || !used.valid()) return Errno::fault;
  Result<std::string> target = d->directory->read_link(*path);
  if (!target) return target.error();
  size_t length = std::min<size_t>(target->size(), a.u32(4));
  memory.copy_in(a.u32(3), target->data(), length);
  used.set(static_cast<uint32_t>(length));
  return Errno::success;
}

Errno path_symlink(P1Call& call, const uint64_t* args) {
  Args a(args);
  Result<DirectoryRef> d = directory_of(call, a.u32(2), right::path_symlink);
  if (!d) return d.error();
  Result<std::string> target = read_string(call, a.u32(0), a.u32(1));
  if (!target) return target.error();
  Result<std::string> path = read_string(call, a.u32(3), a.u32(4));
  if (!path) return path.error();
  return d->directory->symlink(*target, *path);
}

Errno path_link(P1Call& call, const uint64_t* args) {
  Args a(args);
  Result<Follow> follow = decode_lookup(a.u32(1));
  if (!follow) return follow.error();
  Result<DirectoryRef> from = directory_of(call, a.u32(0), right::path_link_source);
  if (!from) return from.error();
  Result<DirectoryRef> to = directory_of(call, a.u32(4), right::path_link_target);
  if (!to) return to.error();
  Result<std::string> old_path = read_string(call, a.u32(2), a.u32(3));
  if (!old_path) return old_path.error();
  Result<std::string> new_path = read_string(call, a.u32(5), a.u32(6));
  if (!new_path) return new_path.error();
  return from->directory->link(*old_path, *follow, *to->directory, *new_path);
}

Errno path_rename(P1Call& call, const uint64_t* args) {
  Args a(args);
  Result<DirectoryRef> from = directory_of(call, a.u32(0), right::path_rename_source);
  if (!from) return from.error();
  Result<DirectoryRef> to = directory_of(call, a.u32(3), right::path_rename_target);
  if (!to) return to.error();
  Result<std::string> old_path = read_string(call, a.u32(1), a.u32(2));
  if (!old_path) return old_path.error();
  Result<std::string> new_path = read_string(call, a.u32(4), a.u32(5));
  if (!new_path) return new_path.error();
  return from->directory->rename(*old_path, *to->directory, *new_path);
}

}  // namespace zwasm::wasi::p1
