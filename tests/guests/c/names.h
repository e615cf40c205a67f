// Error numbers differ between C libraries; their names do not.
#pragma once
#include <errno.h>

static inline const char* errno_name(int error) {
  switch (error) {
    case 0: return "ok";
    case EACCES: return "EACCES";
    case EBADF: return "EBADF";
    case EEXIST: return "EEXIST";
    case EINVAL: return "EINVAL";
    case EISDIR: return "EISDIR";
    case ELOOP: return "ELOOP";
    case ENOENT: return "ENOENT";
    case ENOTDIR: return "ENOTDIR";
    case ENOTEMPTY: return "ENOTEMPTY";
    case EPERM: return "EPERM";
    case EROFS: return "EROFS";
    case ESPIPE: return "ESPIPE";
    default: return "another error";
  }
}

// The outcome of a call that returns -1 and sets errno.
static inline const char* outcome(long result) { return errno_name(result < 0 ? errno : 0); }
