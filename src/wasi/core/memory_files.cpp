#include "wasi/core/memory_files.h"

#include <algorithm>
#include <cstring>

namespace zwasm::wasi {
namespace {

// An operation on a name that is not the name of an entry: "." or something that ends in it.
bool names_an_entry(const std::string& name) { return name != "."; }

std::string without_slashes(const std::string& path) {
  size_t end = path.find_last_not_of('/');
  return end == std::string::npos ? path : path.substr(0, end + 1);
}

}  // namespace

// ---- MemoryFile ----

MemoryFile::MemoryFile(std::shared_ptr<MemoryFs> fs, MemoryFs::NodeId node, Access access,
                       FdFlags flags)
    : File(FileType::regular_file, access, flags), fs_(std::move(fs)), node_(node) {
  ++fs_->node(node_).opens;
}

MemoryFile::~MemoryFile() {
  std::lock_guard lock(fs_->mutex_);
  --fs_->node(node_).opens;
  fs_->free_if_unused(node_);
}

Result<FileStat> MemoryFile::do_stat() {
  std::lock_guard lock(fs_->mutex_);
  return fs_->stat_of(node_);
}

Errno MemoryFile::do_set_times(const TimeChanges& changes) {
  std::lock_guard lock(fs_->mutex_);
  fs_->set_times(fs_->node(node_), changes);
  return Errno::success;
}

size_t MemoryFile::read_locked(IoVecs buffers, uint64_t offset) {
  const std::string& content = fs_->node(node_).content;
  size_t total = 0;
  for (const IoVec& b : buffers) {
    if (offset >= content.size()) break;
    size_t part = std::min<size_t>(b.iov_len, content.size() - offset);
    std::memcpy(b.iov_base, content.data() + offset, part);
    offset += part;
    total += part;
  }
  return total;
}

Result<size_t> MemoryFile::write_locked(IoVecs buffers, uint64_t offset) {
  MemoryFs::Node& n = fs_->node(node_);
  size_t length = 0;
  for (const IoVec& b : buffers) length += b.iov_len;
  if (length == 0) return size_t{0};
  uint64_t end = offset + length;
  if (end < offset) return fail(Errno::fbig);
  Errno grown = fs_->resize(n, std::max<uint64_t>(end, n.content.size()));
  if (grown != Errno::success) return fail(grown);
  for (const IoVec& b : buffers) {
    if (b.iov_len > 0) std::memcpy(n.content.data() + offset, b.iov_base, b.iov_len);
    offset += b.iov_len;
  }
  return length;
}

Result<size_t> MemoryFile::do_read(IoVecs buffers, sys::Wake&) {
  std::lock_guard lock(fs_->mutex_);
  size_t count = read_locked(buffers, position_);
  position_ += count;
  return count;
}

Result<size_t> MemoryFile::do_write(IoVecs buffers, sys::Wake&) {
  std::lock_guard lock(fs_->mutex_);
  if (any(flags() & FdFlags::append)) position_ = fs_->node(node_).content.size();
  Result<size_t> count = write_locked(buffers, position_);
  if (count) position_ += *count;
  return count;
}

Result<size_t> MemoryFile::do_read_at(IoVecs buffers, uint64_t offset) {
  if (offset > INT64_MAX) return fail(Errno::inval);
  std::lock_guard lock(fs_->mutex_);
  return read_locked(buffers, offset);
}

Result<size_t> MemoryFile::do_write_at(IoVecs buffers, uint64_t offset) {
  if (offset > INT64_MAX) return fail(Errno::inval);
  std::lock_guard lock(fs_->mutex_);
  return write_locked(buffers, offset);
}

Result<uint64_t> MemoryFile::do_seek(int64_t offset, Whence whence) {
  std::lock_guard lock(fs_->mutex_);
  uint64_t base = 0;
  switch (whence) {
    case Whence::set: break;
    case Whence::cur: base = position_; break;
    case Whence::end: base = fs_->node(node_).content.size(); break;
  }
  int64_t target;
  if (__builtin_add_overflow(static_cast<int64_t>(base), offset, &target)) {
    return fail(Errno::overflow);
  }
  if (target < 0) return fail(Errno::inval);
  position_ = static_cast<uint64_t>(target);
  return position_;
}

Errno MemoryFile::do_set_size(uint64_t size) {
  std::lock_guard lock(fs_->mutex_);
  return fs_->resize(fs_->node(node_), size);
}

Errno MemoryFile::do_allocate(uint64_t offset, uint64_t length) {
  std::lock_guard lock(fs_->mutex_);
  MemoryFs::Node& n = fs_->node(node_);
  if (offset + length <= n.content.size()) return Errno::success;
  return fs_->resize(n, offset + length);
}

Readiness MemoryFile::readiness(Interest interest, short) {
  std::lock_guard lock(fs_->mutex_);
  Readiness r;
  uint64_t size = fs_->node(node_).content.size();
  if (interest == Interest::read && size > position_) r.bytes = size - position_;
  return r;
}

// ---- MemoryDirectory ----

MemoryDirectory::MemoryDirectory(std::shared_ptr<MemoryFs> fs, MemoryFs::NodeId node, Access access,
                                 FdFlags flags)
    : Directory(Backend::memory, access, flags), fs_(std::move(fs)), node_(node) {
  ++fs_->node(node_).opens;
}

MemoryDirectory::~MemoryDirectory() {
  std::lock_guard lock(fs_->mutex_);
  --fs_->node(node_).opens;
  fs_->free_if_unused(node_);
}

Result<FileStat> MemoryDirectory::do_stat() {
  std::lock_guard lock(fs_->mutex_);
  return fs_->stat_of(node_);
}

Errno MemoryDirectory::do_set_times(const TimeChanges& changes) {
  std::lock_guard lock(fs_->mutex_);
  fs_->set_times(fs_->node(node_), changes);
  return Errno::success;
}

Result<FilePtr> MemoryDirectory::do_open(const std::string& path, const OpenOptions& options,
                                         sys::Wake&) {
  std::lock_guard lock(fs_->mutex_);
  bool exclusive = options.create && options.exclusive;
  Result<MemoryFs::Place> p = fs_->place(node_, path, exclusive ? Follow::no : options.follow);
  if (!p) return fail(p.error());
  bool must_be_directory = options.directory || p->must_be_directory;

  if (!p->node) {
    if (!options.create) return fail(Errno::noent);
    if (must_be_directory) return fail(Errno::isdir);
    if (fs_->node(p->directory).names == 0) return fail(Errno::noent);
    if (p->name.size() > 255) return fail(Errno::nametoolong);
    Result<MemoryFs::NodeId> id = fs_->new_node(FileType::regular_file);
    if (!id) return fail(id.error());
    fs_->add_item(p->directory, p->name, *id);
    p->node = *id;
  } else if (exclusive) {
    return fail(Errno::exist);
  }

  MemoryFs::Node& n = fs_->node(*p->node);
  switch (n.type) {
    case FileType::symbolic_link: return fail(must_be_directory ? Errno::notdir : Errno::loop);
    case FileType::directory:
      if (options.write || options.create || options.truncate) return fail(Errno::isdir);
      return FilePtr(std::make_shared<MemoryDirectory>(fs_, *p->node, access(), options.flags));
    case FileType::unknown:
    case FileType::block_device:
    case FileType::character_device:
    case FileType::regular_file:
    case FileType::socket_dgram:
    case FileType::socket_stream: break;
  }
  if (must_be_directory) return fail(Errno::notdir);
  if (options.truncate) {
    if (Errno e = fs_->resize(n, 0); e != Errno::success) return fail(e);
  }
  return FilePtr(std::make_shared<MemoryFile>(fs_, *p->node, access(), options.flags));
}

Result<FileStat> MemoryDirectory::do_stat_at(const std::string& path, Follow follow) {
  std::lock_guard lock(fs_->mutex_);
  Result<MemoryFs::Place> p = fs_->place(node_, path, follow);
  if (!p) return fail(p.error());
  if (!p->node) return fail(Errno::noent);
  return fs_->stat_of(*p->node);
}

Errno MemoryDirectory::do_set_times_at(const std::string& path, Follow follow,
                                       const TimeChanges& changes) {
  std::lock_guard lock(fs_->mutex_);
  Result<MemoryFs::Place> p = fs_->place(node_, path, follow);
  if (!p) return p.error();
  if (!p->node) return Errno::noent;
  fs_->set_times(fs_->node(*p->node), changes);
  return Errno::success;
}

Result<std::string> MemoryDirectory::do_read_link(const std::string& path) {
  std::lock_guard lock(fs_->mutex_);
  Result<MemoryFs::Place> p = fs_->place(node_, path, Follow::no);
  if (!p) return fail(p.error());
  if (!p->node) return fail(Errno::noent);
  MemoryFs::Node& n = fs_->node(*p->node);
  if (n.type != FileType::symbolic_link) return fail(Errno::inval);
  return n.content;
}

Errno MemoryDirectory::do_create_directory(const std::string& path) {
  std::lock_guard lock(fs_->mutex_);
  Result<MemoryFs::Place> p = fs_->free_place(node_, path, true);
  if (!p) return p.error();
  Result<MemoryFs::NodeId> id = fs_->new_node(FileType::directory);
  if (!id) return id.error();
  fs_->add_item(p->directory, p->name, *id);
  return Errno::success;
}

Errno MemoryDirectory::do_remove_directory(const std::string& path) {
  std::lock_guard lock(fs_->mutex_);
  Result<MemoryFs::Place> p = fs_->place(node_, without_slashes(path), Follow::no);
  if (!p) return p.error();
  if (!names_an_entry(p->name)) return Errno::inval;
  if (!p->node) return Errno::noent;
  MemoryFs::Node& n = fs_->node(*p->node);
  if (n.type != FileType::directory) return Errno::notdir;
  if (!n.by_name.empty()) return Errno::notempty;
  fs_->remove_item(p->directory, p->name);
  return Errno::success;
}

Errno MemoryDirectory::do_unlink_file(const std::string& path) {
  std::lock_guard lock(fs_->mutex_);
  std::string name = without_slashes(path);
  Result<MemoryFs::Place> p = fs_->place(node_, name, Follow::no);
  if (!p) return p.error();
  if (!p->node) return Errno::noent;
  if (fs_->node(*p->node).type == FileType::directory) return Errno::isdir;
  if (name.size() < path.size()) return Errno::notdir;
  fs_->remove_item(p->directory, p->name);
  return Errno::success;
}

Errno MemoryDirectory::do_symlink(const std::string& target, const std::string& path) {
  std::lock_guard lock(fs_->mutex_);
  Result<MemoryFs::Place> p = fs_->free_place(node_, path, false);
  if (!p) return p.error();
  Result<MemoryFs::NodeId> id = fs_->new_node(FileType::symbolic_link);
  if (!id) return id.error();
  Errno e = fs_->resize(fs_->node(*id), target.size());
  if (e != Errno::success) {
    fs_->free_if_unused(*id);
    return e;
  }
  fs_->node(*id).content = target;
  fs_->add_item(p->directory, p->name, *id);
  return Errno::success;
}

Errno MemoryDirectory::do_link(const std::string& old_path, Follow follow, Directory& to,
                               const std::string& new_path) {
  auto& target = static_cast<MemoryDirectory&>(to);
  if (target.fs_ != fs_) return Errno::xdev;
  std::lock_guard lock(fs_->mutex_);
  Result<MemoryFs::Place> from = fs_->place(node_, old_path, follow);
  if (!from) return from.error();
  if (!from->node) return Errno::noent;
  Result<MemoryFs::Place> p = fs_->free_place(target.node_, new_path, false);
  if (!p) return p.error();
  if (fs_->node(*from->node).type == FileType::directory) return Errno::perm;
  // Removed while open: what has no name any more gets none again.
  if (fs_->node(*from->node).names == 0) return Errno::noent;
  fs_->add_item(p->directory, p->name, *from->node);
  return Errno::success;
}

Errno MemoryDirectory::do_rename(const std::string& old_path, Directory& to,
                                 const std::string& new_path) {
  auto& target = static_cast<MemoryDirectory&>(to);
  if (target.fs_ != fs_) return Errno::xdev;
  std::lock_guard lock(fs_->mutex_);
  std::string old_name = without_slashes(old_path), new_name = without_slashes(new_path);
  Result<MemoryFs::Place> from = fs_->place(node_, old_name, Follow::no);
  if (!from) return from.error();
  Result<MemoryFs::Place> p = fs_->place(target.node_, new_name, Follow::no);
  if (!p) return p.error();
  if (!names_an_entry(from->name) || !names_an_entry(p->name)) return Errno::busy;
  if (!from->node) return Errno::noent;
  if (fs_->node(p->directory).names == 0) return Errno::noent;
  if (p->name.size() > 255) return Errno::nametoolong;

  MemoryFs::NodeId moved = *from->node;
  bool is_directory = fs_->node(moved).type == FileType::directory;
  bool slash = old_name.size() < old_path.size() || new_name.size() < new_path.size();
  if (slash && !is_directory) return Errno::notdir;
  if (is_directory && fs_->is_below(p->directory, moved)) return Errno::inval;
  if (p->node) {
    if (*p->node == moved) return Errno::success;  // two names of one file: POSIX does nothing
    MemoryFs::Node& old = fs_->node(*p->node);
    bool onto_directory = old.type == FileType::directory;
    if (is_directory && !onto_directory) return Errno::notdir;
    if (!is_directory && onto_directory) return Errno::isdir;
    if (onto_directory && !old.by_name.empty()) return Errno::notempty;
    fs_->remove_item(p->directory, p->name);
  }
  fs_->add_item(p->directory, p->name, moved);
  fs_->remove_item(from->directory, from->name);
  return Errno::success;
}

Errno MemoryDirectory::do_list(uint64_t cookie, EntrySink& sink) {
  std::lock_guard lock(fs_->mutex_);
  MemoryFs::Node& d = fs_->node(node_);
  // Cookie 1 follows `.`, 2 follows `..`, and 3 + n follows the item with number n.
  if (cookie < 1) {
    if (!sink.take({1, fs_->stat_of(node_).ino, FileType::directory, "."})) return Errno::success;
  }
  if (cookie < 2) {
    if (!sink.take({2, fs_->stat_of(d.parent).ino, FileType::directory, ".."})) {
      return Errno::success;
    }
  }
  auto it = d.by_cookie.lower_bound(cookie <= 2 ? 0 : cookie - 2);
  for (; it != d.by_cookie.end(); ++it) {
    MemoryFs::NodeId id = it->second.node;
    DirEntry entry{it->first + 3, fs_->stat_of(id).ino, fs_->node(id).type, it->second.name};
    if (!sink.take(entry)) break;
  }
  return Errno::success;
}

}  // namespace zwasm::wasi
