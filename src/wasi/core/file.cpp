#include "wasi/core/file.h"

#include "base/utf8.h"

namespace zwasm::wasi {

Errno File::set_flags(FdFlags flags) {
  if (any(flags & ~FdFlags::all)) return Errno::inval;
  if (Errno e = do_set_flags(flags); e != Errno::success) return e;
  flags_.store(flags, std::memory_order_relaxed);
  return Errno::success;
}

Errno File::set_times(const TimeChanges& changes) {
  if (!access_.write) return Errno::acces;
  return do_set_times(changes);
}

Result<size_t> File::read(IoVecs buffers, sys::Wake& wake) {
  if (!access_.read) return fail(Errno::acces);
  return do_read(buffers, wake);
}

Result<size_t> File::write(IoVecs buffers, sys::Wake& wake) {
  if (!access_.write) return fail(Errno::acces);
  return do_write(buffers, wake);
}

Result<size_t> File::read_at(IoVecs buffers, uint64_t offset) {
  if (!access_.read) return fail(Errno::acces);
  return do_read_at(buffers, offset);
}

Result<size_t> File::write_at(IoVecs buffers, uint64_t offset) {
  if (!access_.write) return fail(Errno::acces);
  return do_write_at(buffers, offset);
}

Errno File::set_size(uint64_t size) {
  if (!access_.write) return Errno::acces;
  return do_set_size(size);
}

Errno File::allocate(uint64_t offset, uint64_t length) {
  if (!access_.write) return Errno::acces;
  if (length == 0) return Errno::inval;
  if (offset + length < offset || offset + length > INT64_MAX) return Errno::fbig;
  return do_allocate(offset, length);
}

Errno File::advise(uint64_t offset, uint64_t length, Advice advice) {
  if (offset > INT64_MAX || length > INT64_MAX) return Errno::inval;
  return do_advise(offset, length, advice);
}

Result<FileStat> File::do_stat() {
  FileStat stat;
  stat.type = type_;
  stat.nlink = 1;
  return stat;
}

Readiness File::readiness(Interest, short) { return {}; }

// ---- Directory ----

Result<FilePtr> Directory::open(const std::string& path, const OpenOptions& options,
                                sys::Wake& wake) {
  if (Errno e = check_path(path); e != Errno::success) return fail(e);
  // A new file, or a directory: a request for both contradicts itself.
  if (options.create && options.directory) return fail(Errno::inval);
  Access needed{.read = options.read, .write = options.write || options.create || options.truncate};
  if (!covers(access(), needed)) return fail(Errno::acces);
  return do_open(path, options, wake);
}

Result<FileStat> Directory::stat_at(const std::string& path, Follow follow) {
  if (Errno e = check_path(path); e != Errno::success) return fail(e);
  if (!access().read) return fail(Errno::acces);
  return do_stat_at(path, follow);
}

Errno Directory::set_times_at(const std::string& path, Follow follow, const TimeChanges& changes) {
  if (Errno e = check_path(path); e != Errno::success) return e;
  if (!access().write) return Errno::acces;
  return do_set_times_at(path, follow, changes);
}

Result<std::string> Directory::read_link(const std::string& path) {
  if (Errno e = check_path(path); e != Errno::success) return fail(e);
  if (!access().read) return fail(Errno::acces);
  return do_read_link(path);
}

Errno Directory::create_directory(const std::string& path) {
  if (Errno e = check_path(path); e != Errno::success) return e;
  if (!access().write) return Errno::acces;
  return do_create_directory(path);
}

Errno Directory::remove_directory(const std::string& path) {
  if (Errno e = check_path(path); e != Errno::success) return e;
  if (!access().write) return Errno::acces;
  return do_remove_directory(path);
}

Errno Directory::unlink_file(const std::string& path) {
  if (Errno e = check_path(path); e != Errno::success) return e;
  if (!access().write) return Errno::acces;
  return do_unlink_file(path);
}

Errno Directory::symlink(const std::string& target, const std::string& path) {
  if (Errno e = check_path(target); e != Errno::success) return e;
  if (Errno e = check_path(path); e != Errno::success) return e;
  // Inside, such a link could never be followed; outside, it would mislead other programs.
  if (target.front() == '/') return Errno::perm;
  if (!access().write) return Errno::acces;
  return do_symlink(target, path);
}

Errno Directory::link(const std::string& old_path, Follow follow, Directory& to,
                      const std::string& new_path) {
  if (Errno e = check_path(old_path); e != Errno::success) return e;
  if (Errno e = check_path(new_path); e != Errno::success) return e;
  if (!to.access().write || !covers(access(), to.access())) return Errno::acces;
  if (backend_ != to.backend_) return Errno::xdev;
  return do_link(old_path, follow, to, new_path);
}

Errno Directory::rename(const std::string& old_path, Directory& to, const std::string& new_path) {
  if (Errno e = check_path(old_path); e != Errno::success) return e;
  if (Errno e = check_path(new_path); e != Errno::success) return e;
  if (!access().write || !to.access().write || !covers(access(), to.access())) return Errno::acces;
  if (backend_ != to.backend_) return Errno::xdev;
  return do_rename(old_path, to, new_path);
}

Errno Directory::list(uint64_t cookie, EntrySink& sink) {
  if (!access().read) return Errno::acces;
  return do_list(cookie, sink);
}

Errno check_path(std::string_view path) {
  if (path.empty()) return Errno::noent;
  if (path.size() >= kMaxPathBytes) return Errno::nametoolong;
  if (path.find('\0') != std::string_view::npos) return Errno::inval;
  if (!is_utf8(path)) return Errno::ilseq;
  return Errno::success;
}

}  // namespace zwasm::wasi
