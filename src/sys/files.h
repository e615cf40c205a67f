// Host files by path, confined below a directory.
//
// Every path here is relative to a root directory and cannot leave it, whatever `..`, symbolic
// links and concurrent renames do: an attempt is EPERM. Where the kernel has openat2, one system
// call resolves the path (RESOLVE_BENEATH); elsewhere the walk of files_walk.h does. Operations
// that Linux offers on names only (mkdir, unlink, rename …) resolve the parent directory that way
// and then act on a single name in it, which none of them follows.
#pragma once
#include <sys/stat.h>

#include <string>
#include <string_view>

#include "sys/error.h"
#include "sys/unique_fd.h"
#include "sys/withheld.h"

namespace zwasm::sys {

// How paths are confined: `automatic` asks the kernel if it can, `walk` never does.
enum class Resolver : uint8_t { automatic, walk };

// A directory below which paths are resolved. The descriptor is borrowed, and what must not be
// reached: withheld.h. Attempts to are EACCES.
struct Root {
  int fd = -1;
  Resolver resolver = Resolver::automatic;
  const Withheld* withheld = nullptr;
};

// Opens a directory of the host's, by a path of the host's: the start of a confined tree.
SysResult<UniqueFd> open_root(const std::string& host_path);

// openat. `flags` are those of open(2) without O_NOFOLLOW; `follow` tells whether a symbolic link
// in the last place is followed. Never waits for the other end of a FIFO: add O_NONBLOCK.
SysResult<UniqueFd> open_beneath(Root root, const std::string& path, int flags, mode_t mode,
                                 bool follow);

SysResult<struct stat> stat_beneath(Root root, const std::string& path, bool follow);
// `times` as for utimensat: access, then modification.
SysResult<void> set_times_beneath(Root root, const std::string& path, bool follow,
                                  const timespec times[2]);
SysResult<std::string> read_link_beneath(Root root, const std::string& path);
SysResult<void> make_directory_beneath(Root root, const std::string& path);
SysResult<void> remove_directory_beneath(Root root, const std::string& path);
SysResult<void> unlink_beneath(Root root, const std::string& path);
SysResult<void> rename_beneath(Root from, const std::string& old_path, Root to,
                               const std::string& new_path);
SysResult<void> link_beneath(Root from, const std::string& old_path, bool follow, Root to,
                             const std::string& new_path);
// `target` is the text of the link and is not interpreted.
SysResult<void> symlink_beneath(const std::string& target, Root root, const std::string& path);

}  // namespace zwasm::sys
