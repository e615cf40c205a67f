#include "wasi/core/descriptors.h"

namespace zwasm::wasi {

Result<Fd> DescriptorTable::insert(Descriptor descriptor) {
  return insert_entry({std::move(descriptor), std::nullopt});
}

Result<Fd> DescriptorTable::insert_preopen(Descriptor descriptor, std::string name) {
  return insert_entry({std::move(descriptor), std::move(name)});
}

Result<Fd> DescriptorTable::insert_entry(Entry entry) {
  std::lock_guard lock(mutex_);
  size_t fd = lowest_free_;
  while (fd < entries_.size() && entries_[fd].open()) ++fd;
  if (fd >= limit_) return fail(Errno::mfile);
  if (fd == entries_.size()) entries_.emplace_back();
  entries_[fd] = std::move(entry);
  lowest_free_ = fd + 1;
  return static_cast<Fd>(fd);
}

Result<Descriptor> DescriptorTable::get(Fd fd, Rights needed) const {
  std::lock_guard lock(mutex_);
  if (!is_open(fd)) return fail(Errno::badf);
  const Descriptor& d = entries_[fd].descriptor;
  if (!covers(d.base, needed & applicable_rights(d.file->type()))) return fail(Errno::notcapable);
  return d;
}

Result<FilePtr> DescriptorTable::file(Fd fd, Rights needed) const {
  Result<Descriptor> d = get(fd, needed);
  if (!d) return fail(d.error());
  return std::move(d->file);
}

Result<std::string> DescriptorTable::preopen_name(Fd fd) const {
  std::lock_guard lock(mutex_);
  if (!is_open(fd) || !entries_[fd].preopen_name) return fail(Errno::badf);
  return *entries_[fd].preopen_name;
}

Errno DescriptorTable::close(Fd fd) {
  Entry closed;  // outlives the lock: closing a file may take its time
  std::lock_guard lock(mutex_);
  if (!is_open(fd)) return Errno::badf;
  std::swap(closed, entries_[fd]);
  if (fd < lowest_free_) lowest_free_ = fd;
  return Errno::success;
}

Errno DescriptorTable::renumber(Fd from, Fd to) {
  Entry closed;
  std::lock_guard lock(mutex_);
  if (!is_open(from) || !is_open(to)) return Errno::badf;
  if (from == to) return Errno::success;
  closed = std::move(entries_[to]);
  entries_[to] = std::exchange(entries_[from], {});
  if (from < lowest_free_) lowest_free_ = from;
  return Errno::success;
}

Errno DescriptorTable::set_rights(Fd fd, Rights base, Rights inheriting) {
  std::lock_guard lock(mutex_);
  if (!is_open(fd)) return Errno::badf;
  Descriptor& d = entries_[fd].descriptor;
  if (!covers(d.base, base) || !covers(d.inheriting, inheriting)) return Errno::notcapable;
  d.base = base;
  d.inheriting = inheriting;
  return Errno::success;
}

}  // namespace zwasm::wasi
