// Functions on open descriptors.
#include <algorithm>

#include "wasi/p1/abi.h"
#include "wasi/p1/functions.h"
#include "wasi/p1/times.h"

namespace zwasm::wasi::p1 {
namespace {

Result<FilePtr> file_of(P1Call& call, uint32_t fd, Rights needed) {
  return call.ctx.descriptors().file(fd, needed);
}

Errno store_count(const Out<uint32_t>& out, const Result<size_t>& count) {
  if (!count) return count.error();
  out.set(static_cast<uint32_t>(*count));
  return Errno::success;
}

// The four functions that move bytes: descriptor, vectors, and where the count goes.
template <class Transfer>
Errno transfer(P1Call& call, const uint64_t* args, Rights needed, size_t out_index,
               Transfer move_bytes) {
  Args a(args);
  Result<FilePtr> file = file_of(call, a.u32(0), needed);
  if (!file) return file.error();
  GuestBuffers buffers;
  if (Errno e = buffers.load(call, a.u32(1), a.u32(2)); e != Errno::success) return e;
  Out<uint32_t> count(call, a.u32(out_index));
  if (!count.valid()) return Errno::fault;
  return store_count(count, move_bytes(**file, buffers.get(), a));
}

// Packs directory entries into the guest's buffer; the last may be cut off at its end, by which
// the guest learns that there is more.
class GuestEntries final : public EntrySink {
 public:
  GuestEntries(const Memory& memory, uint32_t address, uint32_t length)
      : memory_(memory), address_(address), length_(length) {}

  bool take(const DirEntry& entry) override {
    uint8_t head[layout::kDirent] = {};
    auto name_length = static_cast<uint32_t>(entry.name.size());
    std::memcpy(head, &entry.next, 8);
    std::memcpy(head + 8, &entry.ino, 8);
    std::memcpy(head + 16, &name_length, 4);
    head[20] = static_cast<uint8_t>(entry.type);
    append(head, sizeof head);
    append(entry.name.data(), entry.name.size());
    return used_ < length_;
  }
  size_t room() const override { return length_ - used_; }
  uint32_t used() const { return used_; }

 private:
  void append(const void* data, size_t size) {
    size_t part = std::min<size_t>(size, length_ - used_);
    memory_.copy_in(uint64_t{address_} + used_, data, part);
    used_ += static_cast<uint32_t>(part);
  }

  const Memory& memory_;
  const uint32_t address_;
  const uint32_t length_;
  uint32_t used_ = 0;
};

}  // namespace

// ---- bytes ----

Errno fd_read(P1Call& call, const uint64_t* args) {
  return transfer(call, args, right::fd_read, 3,
                  [&](File& file, IoVecs buffers, Args) { return file.read(buffers, call.wake); });
}

Errno fd_write(P1Call& call, const uint64_t* args) {
  return transfer(call, args, right::fd_write, 3,
                  [&](File& file, IoVecs buffers, Args) { return file.write(buffers, call.wake); });
}

Errno fd_pread(P1Call& call, const uint64_t* args) {
  return transfer(
      call, args, right::fd_read | right::fd_seek, 4,
      [](File& file, IoVecs buffers, Args a) { return file.read_at(buffers, a.u64(3)); });
}

Errno fd_pwrite(P1Call& call, const uint64_t* args) {
  return transfer(
      call, args, right::fd_write | right::fd_seek, 4,
      [](File& file, IoVecs buffers, Args a) { return file.write_at(buffers, a.u64(3)); });
}

template <class Abi>
Errno fd_seek(P1Call& call, const uint64_t* args) {
  Args a(args);
  uint32_t whence_number = a.u32(2);
  if (whence_number >= std::size(Abi::kWhence)) return Errno::inval;
  Whence whence = Abi::kWhence[whence_number];
  // Asking for the position only is telling.
  if (whence == Whence::cur && a.i64(1) == 0) {
    const uint64_t tell_args[] = {args[0], args[3]};
    return fd_tell(call, tell_args);
  }
  Result<FilePtr> file = file_of(call, a.u32(0), right::fd_seek);
  if (!file) return file.error();
  Out<uint64_t> position(call, a.u32(3));
  if (!position.valid()) return Errno::fault;
  Result<uint64_t> moved = (*file)->seek(a.i64(1), whence);
  if (!moved) return moved.error();
  position.set(*moved);
  return Errno::success;
}
template Errno fd_seek<Preview1>(P1Call&, const uint64_t*);
template Errno fd_seek<Snapshot0>(P1Call&, const uint64_t*);

Errno fd_tell(P1Call& call, const uint64_t* args) {
  Args a(args);
  // The right to seek implies the right to tell.
  Result<FilePtr> file = file_of(call, a.u32(0), right::fd_tell);
  if (!file && file.error() == Errno::notcapable) {
    file = file_of(call, a.u32(0), right::fd_seek);
  }
  if (!file) return file.error();
  Out<uint64_t> position(call, a.u32(1));
  if (!position.valid()) return Errno::fault;
  Result<uint64_t> here = (*file)->seek(0, Whence::cur);
  if (!here) return here.error();
  position.set(*here);
  return Errno::success;
}

Errno fd_advise(P1Call& call, const uint64_t* args) {
  Args a(args);
  if (a.u32(3) > static_cast<uint32_t>(Advice::noreuse)) return Errno::inval;
  Result<FilePtr> file = file_of(call, a.u32(0), right::fd_advise);
  if (!file) return file.error();
  return (*file)->advise(a.u64(1), a.u64(2), static_cast<Advice>(a.u32(3)));
}

Errno fd_allocate(P1Call& call, const uint64_t* args) {
  Args a(args);
  Result<FilePtr> file = file_of(call, a.u32(0), right::fd_allocate);
  if (!file) return file.error();
  return (*file)->allocate(a.u64(1), a.u64(2));
}

Errno fd_sync(P1Call& call, const uint64_t* args) {
  Result<FilePtr> file = file_of(call, Args(args).u32(0), right::fd_sync);
  return file ? (*file)->sync() : file.error();
}

Errno fd_datasync(P1Call& call, const uint64_t* args) {
  Result<FilePtr> file = file_of(call, Args(args).u32(0), right::fd_datasync);
  return file ? (*file)->sync_data() : file.error();
}

// ---- attributes ----

template <class Abi>
Errno fd_filestat_get(P1Call& call, const uint64_t* args) {
  Args a(args);
  Result<FilePtr> file = file_of(call, a.u32(0), right::fd_filestat_get);
  if (!file) return file.error();
  Memory memory(call.mem);
  if (!memory.contains(a.u32(1), Abi::kFilestat)) return Errno::fault;
  Result<FileStat> stat = (*file)->stat();
  if (!stat) return stat.error();
  Abi::store_filestat(memory, a.u32(1), *stat);
  return Errno::success;
}
template Errno fd_filestat_get<Preview1>(P1Call&, const uint64_t*);
template Errno fd_filestat_get<Snapshot0>(P1Call&, const uint64_t*);

Errno fd_filestat_set_size(P1Call& call, const uint64_t* args) {
  Args a(args);
  Result<FilePtr> file = file_of(call, a.u32(0), right::fd_filestat_set_size);
  return file ? (*file)->set_size(a.u64(1)) : file.error();
}

Errno fd_filestat_set_times(P1Call& call, const uint64_t* args) {
  Args a(args);
  Result<TimeChanges> changes = decode_times(a.u64(1), a.u64(2), a.u32(3));
  if (!changes) return changes.error();
  Result<FilePtr> file = file_of(call, a.u32(0), right::fd_filestat_set_times);
  return file ? (*file)->set_times(*changes) : file.error();
}

// ---- the descriptor itself ----

Errno fd_close(P1Call& call, const uint64_t* args) {
  return call.ctx.descriptors().close(Args(args).u32(0));
}

Errno fd_renumber(P1Call& call, const uint64_t* args) {
  Args a(args);
  return call.ctx.descriptors().renumber(a.u32(0), a.u32(1));
}

Errno fd_fdstat_get(P1Call& call, const uint64_t* args) {
  Args a(args);
  Result<Descriptor> d = call.ctx.descriptors().get(a.u32(0));
  if (!d) return d.error();
  Memory memory(call.mem);
  uint32_t at = a.u32(1);
  if (!memory.contains(at, layout::kFdstat)) return Errno::fault;
  memory.store<uint16_t>(at, static_cast<uint8_t>(d->file->type()));
  memory.store<uint16_t>(at + 2, static_cast<uint16_t>(d->file->flags()));
  memory.store<uint32_t>(at + 4, 0);
  memory.store<uint64_t>(at + 8, static_cast<uint64_t>(d->base));
  memory.store<uint64_t>(at + 16, static_cast<uint64_t>(d->inheriting));
  return Errno::success;
}

Errno fd_fdstat_set_flags(P1Call& call, const uint64_t* args) {
  Args a(args);
  if (!known_flags(a.u32(1), static_cast<uint32_t>(FdFlags::all))) return Errno::inval;
  Result<FilePtr> file = file_of(call, a.u32(0), right::fd_fdstat_set_flags);
  return file ? (*file)->set_flags(static_cast<FdFlags>(a.u32(1))) : file.error();
}

Errno fd_fdstat_set_rights(P1Call& call, const uint64_t* args) {
  Args a(args);
  return call.ctx.descriptors().set_rights(a.u32(0), static_cast<Rights>(a.u64(1)),
                                           static_cast<Rights>(a.u64(2)));
}

// ---- preopened directories ----

Errno fd_prestat_get(P1Call& call, const uint64_t* args) {
  Args a(args);
  Result<std::string> name = call.ctx.descriptors().preopen_name(a.u32(0));
  if (!name) return name.error();
  Memory memory(call.mem);
  if (!memory.contains(a.u32(1), layout::kPrestat)) return Errno::fault;
  memory.store<uint32_t>(a.u32(1), 0);  // a directory: there is no other kind
  memory.store<uint32_t>(a.u32(1) + 4, static_cast<uint32_t>(name->size()));
  return Errno::success;
}

Errno fd_prestat_dir_name(P1Call& call, const uint64_t* args) {
  Args a(args);
  Result<std::string> name = call.ctx.descriptors().preopen_name(a.u32(0));
  if (!name) return name.error();
  Memory memory(call.mem);
  if (!memory.contains(a.u32(1), a.u32(2))) return Errno::fault;
  if (a.u32(2) < name->size()) return Errno::nametoolong;
  memory.copy_in(a.u32(1), name->data(), name->size());
  return Errno::success;
}

Errno fd_readdir(P1Call& call, const uint64_t* args) {
  Args a(args);
  Result<FilePtr> file = file_of(call, a.u32(0), right::fd_readdir);
  if (!file) return file.error();
  Directory* directory = (*file)->as_directory();
  if (!directory) return Errno::notdir;
  Memory memory(call.mem);
  Out<uint32_t> used(call, a.u32(4));
  if (!memory.contains(a.u32(1), a.u32(2)) || !used.valid()) return Errno::fault;
  GuestEntries entries(memory, a.u32(1), a.u32(2));
  if (a.u32(2) > 0) {
    Errno e = directory->list(a.u64(3), entries);
    if (e != Errno::success) return e;
  }
  used.set(entries.used());
  return Errno::success;
}

}  // namespace zwasm::wasi::p1
