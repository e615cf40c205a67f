// A guest without WebAssembly: memory, a context, and calls of Preview 1 functions by name.
#pragma once
#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "wasi/core/context.h"
#include "wasi/p1/p1.h"

namespace wasi_test {

using namespace zwasm;
using wasi::Errno;
using wasi::Rights;
namespace right = wasi::right;

inline std::ostream& operator<<(std::ostream& os, Errno e) { return os << wasi::errno_name(e); }

class TempDir {
 public:
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "zwasm-wasi-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  std::string path(const std::string& name = "") const {
    return name.empty() ? path_ : path_ + "/" + name;
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
  }
  std::string read(const std::string& name) const {
    std::ifstream in(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  bool exists(const std::string& name) const {
    struct stat st;
    return ::lstat(path(name).c_str(), &st) == 0;
  }

 private:
  std::string path_;
};

// Where the preopened directory of a test lives: every path test runs on all three.
enum class Backend { host_openat2, host_walk, memory };

class Guest {
 public:
  static constexpr uint32_t kMemory = 1 << 20;
  static constexpr Rights kFile =
      right::fd_read | right::fd_write | right::fd_seek | right::fd_tell | right::fd_filestat_get |
      right::fd_filestat_set_size | right::fd_filestat_set_times | right::fd_allocate |
      right::fd_advise | right::fd_sync | right::fd_datasync | right::fd_fdstat_set_flags |
      right::poll_fd_readwrite;

  // Everything but writing, for which no directory can be opened.
  static constexpr Rights kDirRights = right::all & ~right::fd_write;

  explicit Guest(wasi::ContextConfig config = {}) : memory_(kMemory, 0xAA) {
    auto context = wasi::Context::create(std::move(config));
    if (!context) FAIL(context.error().message);
    context_ = std::move(*context);
  }

  wasi::Context& context() { return *context_; }
  sys::Wake& wake() { return wake_; }
  wasi::p1::Outcome outcome() const { return outcome_; }
  uint32_t exit_code() const { return exit_code_; }
  void use_unstable() { module_ = "wasi_unstable"; }

  Errno call(std::string_view name, std::initializer_list<uint64_t> args) {
    return call_with_size(name, args, kMemory);
  }
  // With a memory that ends earlier.
  Errno call_with_size(std::string_view name, std::initializer_list<uint64_t> args, uint64_t size) {
    const auto* f = wasi::p1::find_p1_function(module_, name);
    REQUIRE(f != nullptr);
    REQUIRE(f->signature.find(':') == args.size());
    wasi::p1::P1Call c{*context_, {memory_.data(), size, false}, wake_};
    std::vector<uint64_t> slots(args);
    uint32_t result = wasi::p1::invoke(*f, c, slots.data());
    outcome_ = c.outcome;
    exit_code_ = c.exit_code;
    return static_cast<Errno>(result);
  }

  // ---- memory ----
  template <class T>
  T load(uint32_t at) const {
    T value;
    std::memcpy(&value, &memory_[at], sizeof value);
    return value;
  }
  template <class T>
  void store(uint32_t at, T value) {
    std::memcpy(&memory_[at], &value, sizeof value);
  }
  std::string text(uint32_t at, size_t length) const {
    return {reinterpret_cast<const char*>(&memory_[at]), length};
  }
  // Places a string; each argument position of a call has a place of its own.
  uint32_t put(std::string_view s, int place = 0) {
    uint32_t at = 0x1000 + static_cast<uint32_t>(place) * 0x4000;
    REQUIRE(s.size() <= 0x4000);
    std::memcpy(&memory_[at], s.data(), s.size());
    return at;
  }
  // One vector at 0x100 over a buffer at 0x20000.
  static constexpr uint32_t kVector = 0x100, kBuffer = 0x20000, kOut = 0x80, kStat = 0x200;
  void vector(uint32_t length, uint32_t at = kBuffer) {
    store<uint32_t>(kVector, at);
    store<uint32_t>(kVector + 4, length);
  }

  // ---- calls with strings ----
  Errno on_path(std::string_view name, uint32_t fd, std::string_view path) {
    return call(name, {fd, put(path), path.size()});
  }
  struct Opened {
    Errno error;
    uint32_t fd;
  };
  Opened open(uint32_t dir, std::string_view path, uint32_t oflags = 0, Rights base = kFile,
              uint32_t lookup = 0, uint32_t flags = 0, Rights inheriting = Rights::none) {
    Errno e =
        call("path_open", {dir, lookup, put(path), path.size(), oflags, static_cast<uint64_t>(base),
                           static_cast<uint64_t>(inheriting), flags, kOut});
    return {e, load<uint32_t>(kOut)};
  }
  uint32_t must_open(uint32_t dir, std::string_view path, uint32_t oflags = 0, Rights base = kFile,
                     uint32_t lookup = 0, uint32_t flags = 0) {
    Opened o = open(dir, path, oflags, base, lookup, flags,
                    oflags & kDirectory ? right::all : Rights::none);
    CAPTURE(path);
    REQUIRE(o.error == Errno::success);
    return o.fd;
  }
  Errno write(uint32_t fd, std::string_view s) {
    std::memcpy(&memory_[kBuffer], s.data(), s.size());
    vector(static_cast<uint32_t>(s.size()));
    return call("fd_write", {fd, kVector, 1, kOut});
  }
  std::string read(uint32_t fd, uint32_t length = 4096) {
    vector(length);
    Errno e = call("fd_read", {fd, kVector, 1, kOut});
    CHECK(e == Errno::success);
    return e == Errno::success ? text(kBuffer, load<uint32_t>(kOut)) : "";
  }
  Errno create(uint32_t dir, std::string_view path, std::string_view content = "") {
    Opened o = open(dir, path, kCreate | kTruncate);
    if (o.error != Errno::success) return o.error;
    Errno e = write(o.fd, content);
    call("fd_close", {o.fd});
    return e;
  }
  std::string content(uint32_t dir, std::string_view path) {
    uint32_t fd = must_open(dir, path);
    std::string s = read(fd, 65536);
    call("fd_close", {fd});
    return s;
  }
  Errno stat(uint32_t dir, std::string_view path, bool follow = false) {
    return call("path_filestat_get", {dir, follow, put(path), path.size(), kStat});
  }
  wasi::FileType stat_type() const {
    return static_cast<wasi::FileType>(load<uint8_t>(kStat + 16));
  }
  uint64_t stat_size() const { return load<uint64_t>(kStat + 32); }
  Errno symlink(std::string_view target, uint32_t dir, std::string_view path) {
    return call("path_symlink", {put(target, 0), target.size(), dir, put(path, 1), path.size()});
  }
  Errno link(uint32_t from, std::string_view old_path, uint32_t to, std::string_view new_path,
             uint32_t lookup = 0) {
    return call("path_link", {from, lookup, put(old_path, 0), old_path.size(), to, put(new_path, 1),
                              new_path.size()});
  }
  Errno rename(uint32_t from, std::string_view old_path, uint32_t to, std::string_view new_path) {
    return call("path_rename",
                {from, put(old_path, 0), old_path.size(), to, put(new_path, 1), new_path.size()});
  }

  static constexpr uint32_t kCreate = 1, kDirectory = 2, kExclusive = 4, kTruncate = 8;
  static constexpr uint32_t kAppend = 1, kNonblock = 4, kFollow = 1;

  std::vector<uint8_t>& memory() { return memory_; }

 private:
  std::vector<uint8_t> memory_;
  std::unique_ptr<wasi::Context> context_;
  sys::Wake wake_;
  std::string_view module_ = "wasi_snapshot_preview1";
  wasi::p1::Outcome outcome_{};
  uint32_t exit_code_ = 0;
};

// A guest with one directory, descriptor 3, on one of the backends.
struct DirGuest {
  TempDir temp;
  std::shared_ptr<wasi::MemoryFs> memory_fs = wasi::MemoryFs::create();
  Backend backend;
  Guest guest;

  explicit DirGuest(Backend b, wasi::Access access = wasi::kReadWrite)
      : backend(b), guest(config(b, access)) {}

  // What the embedder sees of a file.
  std::string host_content(const std::string& name) {
    if (backend == Backend::memory) return memory_fs->read_file(name).value_or("");
    return temp.read(name);
  }
  void host_write(const std::string& name, const std::string& text) {
    if (backend == Backend::memory) {
      REQUIRE(memory_fs->add_file(name, text) == Errno::success);
    } else {
      temp.write(name, text);
    }
  }

 private:
  wasi::ContextConfig config(Backend b, wasi::Access access) {
    wasi::ContextConfig c;
    wasi::Preopen p;
    p.guest_name = "/";
    p.access = access;
    if (b == Backend::memory) {
      p.memory = memory_fs;
    } else {
      p.host_path = temp.path();
    }
    if (b == Backend::host_walk) c.resolver = sys::Resolver::walk;
    c.preopens.push_back(std::move(p));
    c.clock = c.random = true;
    return c;
  }
};

}  // namespace wasi_test

#define FOR_ALL_BACKENDS(variable)                                          \
  wasi_test::Backend variable{};                                            \
  SUBCASE("host, openat2") { variable = wasi_test::Backend::host_openat2; } \
  SUBCASE("host, walk") { variable = wasi_test::Backend::host_walk; }       \
  SUBCASE("memory") { variable = wasi_test::Backend::memory; }
