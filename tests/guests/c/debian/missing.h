// POSIX functions that real programs call and WASI does not have: each fails or does nothing, as on
// a file system without the feature.
#pragma once
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static inline int chmod_missing(const char* path, mode_t mode) { return (void)path, (void)mode, 0; }
static inline int fchmod_missing(int fd, mode_t mode) { return (void)fd, (void)mode, 0; }
static inline int fchown_missing(int fd, unsigned user, unsigned group) {
  return (void)fd, (void)user, (void)group, 0;
}
static inline FILE* tmpfile_missing(void) { return errno = ENOTSUP, NULL; }
static inline int system_missing(const char* command) { return command ? -1 : 0; }
static inline char* tmpnam_missing(char* buffer) { return (void)buffer, NULL; }
#ifndef L_tmpnam
#define L_tmpnam 20
#endif
#define chmod chmod_missing
#define fchmod fchmod_missing
#define fchown fchown_missing
#define tmpfile tmpfile_missing
#define system system_missing
#define tmpnam tmpnam_missing
