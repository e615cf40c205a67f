// Operations on open host files. Vectored reads and writes go straight between the kernel and the
// caller's buffers.
#pragma once
#include <sys/stat.h>
#include <sys/uio.h>

#include <cstdint>
#include <span>
#include <string_view>

#include "sys/error.h"
#include "sys/unique_fd.h"
#include "sys/wake.h"

namespace zwasm::sys {

using Buffers = std::span<const ::iovec>;  // at most kMaxBuffers

inline constexpr size_t kMaxBuffers = 1024;  // what the kernel takes in one call

// Regular files and block devices: never wait for anybody.
SysResult<size_t> read(int fd, Buffers buffers);
SysResult<size_t> write(int fd, Buffers buffers);
SysResult<size_t> read_at(int fd, Buffers buffers, uint64_t offset);
// `append` tells that the descriptor has O_APPEND, with which Linux would ignore the offset;
// kernels before 6.9 do so all the same.
SysResult<size_t> write_at(int fd, Buffers buffers, uint64_t offset, bool append);

// Pipes, terminals, sockets used as files: they may have nothing to give or no room. None of these
// blocks, even if the descriptor is in blocking mode and shared with other processes: EAGAIN then.
// (Where the kernel cannot promise that for a kind of file, the descriptor is asked first, and
// little is written at a time.)
SysResult<size_t> read_ready(int fd, Buffers buffers);
SysResult<size_t> write_ready(int fd, Buffers buffers);

SysResult<uint64_t> seek(int fd, int64_t offset, int whence);
SysResult<struct stat> stat_of(int fd);
SysResult<void> set_size(int fd, uint64_t size);
SysResult<void> set_times(int fd, const timespec times[2]);
// Extends the file where the region ends beyond it; EOPNOTSUPP if the file system cannot.
SysResult<void> allocate(int fd, uint64_t offset, uint64_t length);
SysResult<void> advise(int fd, uint64_t offset, uint64_t length, int advice);
SysResult<void> sync_all(int fd);
SysResult<void> sync_data(int fd);
// O_APPEND of a descriptor that nobody shares with us.
SysResult<void> set_append(int fd, bool append);
// Open flags as fcntl gives them.
SysResult<int> open_flags(int fd);
SysResult<UniqueFd> duplicate(int fd);
bool is_terminal(int fd);
// Bytes that can be read at once from a pipe, a terminal or a socket; 0 where unknown.
uint64_t readable_bytes(int fd);

// One entry of a directory.
struct DirectoryEntry {
  uint64_t next = 0;  // cookie of the entry that follows
  uint64_t ino = 0;
  unsigned char type = 0;  // DT_…
  std::string_view name;
};

// Reads entries from `cookie` (0: the first) into `buffer`, to be taken out by `next_entry`. The
// number of bytes used; 0 at the end of the directory. Moves the descriptor's offset, so callers
// of one descriptor take turns. EINVAL if the buffer cannot hold the next entry.
SysResult<size_t> read_directory(int fd, uint64_t cookie, std::span<char> buffer);
// Takes the first entry off `bytes`.
DirectoryEntry next_entry(std::span<const char>& bytes);

}  // namespace zwasm::sys
