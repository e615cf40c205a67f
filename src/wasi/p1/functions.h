// The bodies of the functions in p1.def. Each decodes its arguments, asks the core, and encodes
// the result; it changes nothing in the guest's memory unless it succeeds.
#pragma once
#include "wasi/p1/p1.h"

namespace zwasm::wasi::p1 {

#define P1_BODY(name) Errno name(P1Call& call, const uint64_t* args);
#define P1_BODY_BY_ABI(name) \
  template <class Abi>       \
  Errno name(P1Call& call, const uint64_t* args);

P1_BODY(args_get)
P1_BODY(args_sizes_get)
P1_BODY(environ_get)
P1_BODY(environ_sizes_get)
P1_BODY(clock_res_get)
P1_BODY(clock_time_get)
P1_BODY(fd_advise)
P1_BODY(fd_allocate)
P1_BODY(fd_close)
P1_BODY(fd_datasync)
P1_BODY(fd_fdstat_get)
P1_BODY(fd_fdstat_set_flags)
P1_BODY(fd_fdstat_set_rights)
P1_BODY_BY_ABI(fd_filestat_get)
P1_BODY(fd_filestat_set_size)
P1_BODY(fd_filestat_set_times)
P1_BODY(fd_pread)
P1_BODY(fd_prestat_get)
P1_BODY(fd_prestat_dir_name)
P1_BODY(fd_pwrite)
P1_BODY(fd_read)
P1_BODY(fd_readdir)
P1_BODY(fd_renumber)
P1_BODY_BY_ABI(fd_seek)
P1_BODY(fd_sync)
P1_BODY(fd_tell)
P1_BODY(fd_write)
P1_BODY(path_create_directory)
P1_BODY_BY_ABI(path_filestat_get)
P1_BODY(path_filestat_set_times)
P1_BODY(path_link)
P1_BODY(path_open)
P1_BODY(path_readlink)
P1_BODY(path_remove_directory)
P1_BODY(path_rename)
P1_BODY(path_symlink)
P1_BODY(path_unlink_file)
P1_BODY_BY_ABI(poll_oneoff)
P1_BODY(proc_exit)
P1_BODY(proc_raise)
P1_BODY(sched_yield)
P1_BODY(random_get)
P1_BODY(sock_accept)
P1_BODY(sock_recv)
P1_BODY(sock_send)
P1_BODY(sock_shutdown)

#undef P1_BODY
#undef P1_BODY_BY_ABI

}  // namespace zwasm::wasi::p1
