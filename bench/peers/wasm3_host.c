// A command line for wasm3, which is a library: runs a WASI command module with arguments.
//
// Only what the benchmark's programs call is here: arguments, standard streams, clock, random,
// exit. No files are opened. Like the other peers it loads, runs and prints; nothing is measured
// inside.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "wasm3.h"

enum {
  kSuccess = 0,
  kBadDescriptor = 8,
  kInvalid = 28,
  kIo = 29,
  kUnsupported = 58,
  kSeekOnPipe = 70
};
enum { kStackBytes = 8 << 20 };

static int guest_argc;
static char** guest_argv;
static int exit_status;

// A checked pointer into the guest's memory, or NULL.
static uint8_t* span(IM3Runtime runtime, uint32_t at, uint64_t size) {
  uint32_t length = 0;
  uint8_t* memory = m3_GetMemory(runtime, &length, 0);
  return memory && at + size <= length ? memory + at : NULL;
}

static int put32(IM3Runtime runtime, uint32_t at, uint32_t value) {
  uint8_t* p = span(runtime, at, 4);
  if (p) memcpy(p, &value, 4);
  return p != NULL;
}

#define RETURNS uint32_t* result = (uint32_t*)_sp++
#define ARG(type, name) type name = *(type*)(_sp++)
#define FINISH(value) return *result = (uint32_t)(value), m3Err_none

static m3ApiRawFunction(args_sizes_get) {
  RETURNS;
  ARG(uint32_t, count_at);
  ARG(uint32_t, bytes_at);
  uint32_t bytes = 0;
  for (int i = 0; i < guest_argc; i++) bytes += (uint32_t)strlen(guest_argv[i]) + 1;
  FINISH(put32(runtime, count_at, (uint32_t)guest_argc) && put32(runtime, bytes_at, bytes)
             ? kSuccess
             : kInvalid);
}

static m3ApiRawFunction(args_get) {
  RETURNS;
  ARG(uint32_t, list_at);
  ARG(uint32_t, bytes_at);
  for (int i = 0; i < guest_argc; i++) {
    size_t size = strlen(guest_argv[i]) + 1;
    uint8_t* to = span(runtime, bytes_at, size);
    if (!to || !put32(runtime, list_at + 4 * (uint32_t)i, bytes_at)) FINISH(kInvalid);
    memcpy(to, guest_argv[i], size);
    bytes_at += (uint32_t)size;
  }
  FINISH(kSuccess);
}

static m3ApiRawFunction(environ_sizes_get) {
  RETURNS;
  ARG(uint32_t, count_at);
  ARG(uint32_t, bytes_at);
  FINISH(put32(runtime, count_at, 0) && put32(runtime, bytes_at, 0) ? kSuccess : kInvalid);
}

static m3ApiRawFunction(environ_get) {
  RETURNS;
  FINISH(kSuccess);
}

static m3ApiRawFunction(transfer) {
  RETURNS;
  ARG(uint32_t, fd);
  ARG(uint32_t, vectors_at);
  ARG(uint32_t, count);
  ARG(uint32_t, done_at);
  int writes = _ctx->userdata != NULL;
  if (fd > 2) FINISH(kBadDescriptor);
  uint32_t total = 0;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t pair[2];
    uint8_t* p = span(runtime, vectors_at + 8 * i, 8);
    if (!p) FINISH(kInvalid);
    memcpy(pair, p, 8);
    uint8_t* bytes = span(runtime, pair[0], pair[1]);
    if (!bytes) FINISH(kInvalid);
    ssize_t done = writes ? write((int)fd, bytes, pair[1]) : read((int)fd, bytes, pair[1]);
    if (done < 0) FINISH(kIo);
    total += (uint32_t)done;
    if ((uint32_t)done < pair[1]) break;
  }
  FINISH(put32(runtime, done_at, total) ? kSuccess : kInvalid);
}

static m3ApiRawFunction(fd_fdstat_get) {
  RETURNS;
  ARG(uint32_t, fd);
  ARG(uint32_t, at);
  uint8_t* p = span(runtime, at, 24);
  if (fd > 2) FINISH(kBadDescriptor);
  if (!p) FINISH(kInvalid);
  memset(p, 0, 24);
  p[0] = 4;  // a regular file; not a device without seeking, which wasi-libc takes for a terminal
  memset(p + 8, 0xff, 8);  // every right
  FINISH(kSuccess);
}

static m3ApiRawFunction(fd_seek) {
  RETURNS;
  FINISH(kSeekOnPipe);
}

static m3ApiRawFunction(fd_close) {
  RETURNS;
  FINISH(kSuccess);
}

static m3ApiRawFunction(bad_descriptor) {
  RETURNS;
  FINISH(kBadDescriptor);
}

static m3ApiRawFunction(clock_time_get) {
  RETURNS;
  ARG(uint32_t, clock);
  ARG(uint64_t, precision);
  ARG(uint32_t, at);
  (void)precision;
  struct timespec now;
  if (clock_gettime(clock == 0 ? CLOCK_REALTIME : CLOCK_MONOTONIC, &now) != 0) FINISH(kInvalid);
  uint64_t ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
  uint8_t* p = span(runtime, at, 8);
  if (!p) FINISH(kInvalid);
  memcpy(p, &ns, 8);
  FINISH(kSuccess);
}

static m3ApiRawFunction(random_get) {
  RETURNS;
  ARG(uint32_t, at);
  ARG(uint32_t, size);
  uint8_t* p = span(runtime, at, size);
  FINISH(p && getrandom(p, size, 0) == (ssize_t)size ? kSuccess : kInvalid);
}

static m3ApiRawFunction(proc_exit) {
  ARG(uint32_t, status);
  (void)runtime;
  (void)_ctx;
  (void)_mem;
  exit_status = (int)status;
  return m3Err_trapExit;
}

static const struct {
  const char *name, *signature;
  M3RawCall function;
  const void* data;
} kFunctions[] = {
    {"args_sizes_get", "i(ii)", args_sizes_get, NULL},
    {"args_get", "i(ii)", args_get, NULL},
    {"environ_sizes_get", "i(ii)", environ_sizes_get, NULL},
    {"environ_get", "i(ii)", environ_get, NULL},
    {"fd_write", "i(iiii)", transfer, ""},
    {"fd_read", "i(iiii)", transfer, NULL},
    {"fd_fdstat_get", "i(ii)", fd_fdstat_get, NULL},
    {"fd_fdstat_set_flags", "i(ii)", bad_descriptor, NULL},
    {"fd_seek", "i(iIii)", fd_seek, NULL},
    {"fd_close", "i(i)", fd_close, NULL},
    {"fd_prestat_get", "i(ii)", bad_descriptor, NULL},
    {"fd_prestat_dir_name", "i(iii)", bad_descriptor, NULL},
    {"fd_filestat_get", "i(ii)", bad_descriptor, NULL},
    {"path_open", "i(iiiiiIIii)", bad_descriptor, NULL},
    {"path_filestat_get", "i(iiiii)", bad_descriptor, NULL},
    {"path_remove_directory", "i(iii)", bad_descriptor, NULL},
    {"path_unlink_file", "i(iii)", bad_descriptor, NULL},
    {"path_rename", "i(iiiiii)", bad_descriptor, NULL},
    {"clock_time_get", "i(iIi)", clock_time_get, NULL},
    {"random_get", "i(ii)", random_get, NULL},
    {"proc_exit", "v(i)", proc_exit, NULL},
};

static int fail(const char* what, M3Result why) {
  fprintf(stderr, "wasm3-host: %s: %s\n", what, why);
  return 1;
}

int main(int argc, char** argv) {
  if (argc == 2 && strcmp(argv[1], "--version") == 0) {
    puts("wasm3 " M3_VERSION);
    return 0;
  }
  if (argc < 2) return fprintf(stderr, "usage: wasm3-host MODULE [ARGUMENT...]\n"), 2;
  guest_argc = argc - 1;
  guest_argv = argv + 1;

  FILE* file = fopen(argv[1], "rb");
  if (!file || fseek(file, 0, SEEK_END) != 0) return fail(argv[1], strerror(errno));
  long size = ftell(file);
  rewind(file);
  uint8_t* bytes = malloc((size_t)size);
  if (!bytes || fread(bytes, 1, (size_t)size, file) != (size_t)size)
    return fail(argv[1], "cannot be read");
  fclose(file);

  IM3Environment environment = m3_NewEnvironment();
  IM3Runtime runtime = m3_NewRuntime(environment, kStackBytes, NULL);
  IM3Module module;
  M3Result result = m3_ParseModule(environment, &module, bytes, (uint32_t)size);
  if (result) return fail("parse", result);
  result = m3_LoadModule(runtime, module);
  if (result) return fail("load", result);
  for (size_t i = 0; i < sizeof kFunctions / sizeof kFunctions[0]; i++) {
    result =
        m3_LinkRawFunctionEx(module, "wasi_snapshot_preview1", kFunctions[i].name,
                             kFunctions[i].signature, kFunctions[i].function, kFunctions[i].data);
    if (result && result != m3Err_functionLookupFailed) return fail(kFunctions[i].name, result);
  }
  IM3Function start;
  result = m3_FindFunction(&start, runtime, "_start");
  if (result) return fail("_start", result);
  result = m3_CallV(start);
  if (result && result != m3Err_trapExit) return fail("run", result);
  return exit_status;
}
