#include "wasi/core/rights.h"

namespace zwasm::wasi {
namespace {

using namespace right;

constexpr Rights kAnyFile = fd_fdstat_set_flags | fd_filestat_get | fd_filestat_set_times |
                            poll_fd_readwrite | fd_read | fd_write | fd_sync | fd_datasync;

constexpr Rights kRegularFile =
    kAnyFile | fd_seek | fd_tell | fd_advise | fd_allocate | fd_filestat_set_size;

constexpr Rights kSocket = kAnyFile | sock_shutdown | sock_accept;

constexpr Rights kDirectory =
    fd_fdstat_set_flags | fd_sync | fd_datasync | fd_readdir | fd_filestat_get |
    fd_filestat_set_times | path_create_directory | path_create_file | path_link_source |
    path_link_target | path_open | path_readlink | path_rename_source | path_rename_target |
    path_filestat_get | path_filestat_set_size | path_filestat_set_times | path_symlink |
    path_remove_directory | path_unlink_file | poll_fd_readwrite;

}  // namespace

Rights applicable_rights(FileType type) {
  switch (type) {
    case FileType::directory: return kDirectory;
    case FileType::regular_file:
    case FileType::block_device: return kRegularFile;
    case FileType::socket_dgram:
    case FileType::socket_stream: return kSocket;
    case FileType::unknown:
    case FileType::character_device:
    case FileType::symbolic_link: return kAnyFile;
  }
  return Rights::none;
}

Rights preopen_base_rights() { return kDirectory; }
Rights preopen_inheriting_rights() { return kDirectory | kRegularFile | kSocket; }

}  // namespace zwasm::wasi
