// Open files: bytes, positions, sizes, flags, rights, listings.
#include <fcntl.h>

#include <map>
#include <set>

#include "wasi_fixture.h"

using namespace wasi_test;
using wasi::FileType;

TEST_CASE("wasi: reading and writing at positions") {
  FOR_ALL_BACKENDS(backend);
  DirGuest d(backend);
  Guest& g = d.guest;
  uint32_t fd = g.must_open(3, "f", Guest::kCreate);
  CHECK(g.write(fd, "0123456789") == Errno::success);
  CHECK(g.load<uint32_t>(Guest::kOut) == 10);
  auto seek = [&](int64_t offset, uint32_t whence) {
    Errno e = g.call("fd_seek", {fd, static_cast<uint64_t>(offset), whence, Guest::kOut});
    return std::pair(e, e == Errno::success ? g.load<uint64_t>(Guest::kOut) : 0);
  };
  using P = std::pair<Errno, uint64_t>;
  CHECK(seek(0, 1) == P(Errno::success, 10));
  CHECK(seek(-4, 1) == P(Errno::success, 6));
  CHECK(g.read(fd) == "6789");
  CHECK(g.read(fd).empty());
  CHECK(seek(-1, 2) == P(Errno::success, 9));
  CHECK(seek(2, 0) == P(Errno::success, 2));
  CHECK(g.call("fd_tell", {fd, Guest::kOut}) == Errno::success);
  CHECK(g.load<uint64_t>(Guest::kOut) == 2);
  CHECK(seek(-1, 0).first == Errno::inval);
  CHECK(seek(-20, 1).first == Errno::inval);
  CHECK(seek(0, 3).first == Errno::inval);
  CHECK(seek(INT64_MIN, 1).first != Errno::success);

  g.vector(3);
  CHECK(g.call("fd_pread", {fd, Guest::kVector, 1, 5, Guest::kOut}) == Errno::success);
  CHECK(g.text(Guest::kBuffer, 3) == "567");
  std::memcpy(&g.memory()[Guest::kBuffer], "xyz", 3);
  CHECK(g.call("fd_pwrite", {fd, Guest::kVector, 1, 12, Guest::kOut}) == Errno::success);
  CHECK(seek(0, 1) == P(Errno::success, 2));  // neither moved the position
  CHECK(d.host_content("f") == std::string("0123456789\0\0xyz", 15));
  CHECK(g.call("fd_pread", {fd, Guest::kVector, 1, UINT64_MAX, Guest::kOut}) == Errno::inval);
  CHECK(g.call("fd_pwrite", {fd, Guest::kVector, 1, UINT64_MAX - 1, Guest::kOut}) == Errno::inval);
}

TEST_CASE("wasi: several buffers at once") {
  FOR_ALL_BACKENDS(backend);
  DirGuest d(backend);
  Guest& g = d.guest;
  uint32_t fd = g.must_open(3, "f", Guest::kCreate);
  std::memcpy(&g.memory()[Guest::kBuffer], "abcdef", 6);
  // "cd", "", "ab", "ef"
  uint32_t parts[][2] = {{2, 2}, {0, 0}, {0, 2}, {4, 2}};
  for (uint32_t i = 0; i < 4; ++i) {
    g.store<uint32_t>(Guest::kVector + 8 * i, Guest::kBuffer + parts[i][0]);
    g.store<uint32_t>(Guest::kVector + 8 * i + 4, parts[i][1]);
  }
  CHECK(g.call("fd_write", {fd, Guest::kVector, 4, Guest::kOut}) == Errno::success);
  CHECK(g.load<uint32_t>(Guest::kOut) == 6);
  CHECK(d.host_content("f") == "cdabef");
  CHECK(g.call("fd_pread", {fd, Guest::kVector, 4, 0, Guest::kOut}) == Errno::success);
  CHECK(g.text(Guest::kBuffer, 6) == "abcdef");
  CHECK(g.call("fd_write", {fd, Guest::kVector, 0, Guest::kOut}) == Errno::success);
  CHECK(g.load<uint32_t>(Guest::kOut) == 0);

  // More vectors than the host takes at once: a short count, the rest is the caller's.
  constexpr uint32_t kMany = 3000, kList = 0x40000;
  for (uint32_t i = 0; i < kMany; ++i) {
    g.store<uint32_t>(kList + 8 * i, Guest::kBuffer);
    g.store<uint32_t>(kList + 8 * i + 4, 1);
  }
  CHECK(g.call("fd_write", {fd, kList, kMany, Guest::kOut}) == Errno::success);
  CHECK(g.load<uint32_t>(Guest::kOut) == 1024);
}

TEST_CASE("wasi: bad pointers are faults and do nothing") {
  FOR_ALL_BACKENDS(backend);
  DirGuest d(backend);
  Guest& g = d.guest;
  uint32_t fd = g.must_open(3, "f", Guest::kCreate);
  constexpr uint32_t kEnd = Guest::kMemory;
  g.vector(4);
  for (uint32_t bad : {kEnd, kEnd - 7, 0xffffffffu, 0xfffffff8u}) {
    CAPTURE(bad);
    CHECK(g.call("fd_write", {fd, bad, 1, Guest::kOut}) == Errno::fault);
    CHECK(g.call("fd_read", {fd, bad, 1, Guest::kOut}) == Errno::fault);
  }
  CHECK(g.call("fd_write", {fd, Guest::kVector, 1, kEnd - 3}) == Errno::fault);
  CHECK(g.call("fd_write", {fd, Guest::kVector, 0xffffffff, Guest::kOut}) == Errno::fault);
  CHECK(g.call("fd_write", {fd, 0, kEnd / 8, Guest::kOut}) == Errno::inval);  // in range, absurd
  g.vector(5, kEnd - 4);
  CHECK(g.call("fd_write", {fd, Guest::kVector, 1, Guest::kOut}) == Errno::fault);
  g.vector(0xffffffff, 1);
  CHECK(g.call("fd_read", {fd, Guest::kVector, 1, Guest::kOut}) == Errno::fault);
  g.vector(4, kEnd - 4);  // exactly up to the end
  CHECK(g.call("fd_write", {fd, Guest::kVector, 1, kEnd - 4}) == Errno::success);
  CHECK(g.call("fd_filestat_get", {fd, kEnd - 63}) == Errno::fault);
  CHECK(g.call("fd_filestat_get", {fd, kEnd - 64}) == Errno::success);
  CHECK(g.load<uint64_t>(kEnd - 64 + 32) == 4);
  CHECK(g.call("fd_fdstat_get", {fd, kEnd - 23}) == Errno::fault);
  CHECK(g.call("fd_prestat_get", {3, kEnd - 7}) == Errno::fault);
  CHECK(g.call("fd_prestat_dir_name", {3, kEnd, 1}) == Errno::fault);
  CHECK(g.call("fd_seek", {fd, 1, 0, kEnd - 7}) == Errno::fault);
  CHECK(g.call("path_create_directory", {3, kEnd - 1, 2}) == Errno::fault);
  CHECK(g.call("path_create_directory", {3, 0xffffffff, 0xffffffff}) == Errno::fault);
  // The descriptor would be lost, so nothing is opened.
  CHECK(g.call("path_open", {3, 0, g.put("new"), 3, Guest::kCreate, 0, 0, 0, kEnd - 3}) ==
        Errno::fault);
  CHECK(g.stat(3, "new") == Errno::noent);
  CHECK(g.call("fd_readdir", {3, kEnd - 10, 11, 0, Guest::kOut}) == Errno::fault);
  CHECK(g.call("random_get", {kEnd - 10, 11}) == Errno::fault);
  CHECK(g.call("clock_time_get", {0, 0, kEnd - 7}) == Errno::fault);
  CHECK(g.call("poll_oneoff", {kEnd - 47, Guest::kBuffer, 1, Guest::kOut}) == Errno::fault);
  CHECK(g.call("poll_oneoff", {0, 0, 0xffff, Guest::kOut}) == Errno::fault);
  CHECK(g.call_with_size("fd_tell", {fd, 0}, 0) == Errno::fault);  // no memory at all
}

TEST_CASE("wasi: sizes and space") {
  FOR_ALL_BACKENDS(backend);
  DirGuest d(backend);
  Guest& g = d.guest;
  uint32_t fd = g.must_open(3, "f", Guest::kCreate);
  auto size = [&] {
    REQUIRE(g.call("fd_filestat_get", {fd, Guest::kStat}) == Errno::success);
    return g.stat_size();
  };
  CHECK(g.call("fd_filestat_set_size", {fd, 100}) == Errno::success);
  CHECK(size() == 100);
  CHECK(g.call("fd_filestat_set_size", {fd, UINT64_MAX}) != Errno::success);
  CHECK(g.call("fd_allocate", {fd, 10, 10}) == Errno::success);
  CHECK(size() == 100);
  CHECK(g.call("fd_allocate", {fd, 90, 20}) == Errno::success);
  CHECK(size() == 110);
  CHECK(g.call("fd_allocate", {fd, 0, 0}) == Errno::inval);
  CHECK(g.call("fd_allocate", {fd, UINT64_MAX, 2}) == Errno::fbig);
  CHECK(g.call("fd_filestat_set_size", {fd, 3}) == Errno::success);
  CHECK(size() == 3);
  for (uint32_t advice = 0; advice < 6; ++advice) {
    CHECK(g.call("fd_advise", {fd, 0, 10, advice}) == Errno::success);
  }
  CHECK(g.call("fd_advise", {fd, 0, 10, 6}) == Errno::inval);
  CHECK(g.call("fd_advise", {fd, UINT64_MAX, 10, 0}) == Errno::inval);
  CHECK(g.call("fd_sync", {fd}) == Errno::success);
  CHECK(g.call("fd_datasync", {fd}) == Errno::success);
  CHECK(g.call("fd_filestat_get", {fd, Guest::kStat}) == Errno::success);
  CHECK(g.stat_type() == FileType::regular_file);
  CHECK(g.load<uint64_t>(Guest::kStat + 8) != 0);
  CHECK(g.load<uint64_t>(Guest::kStat + 24) == 1);
}

TEST_CASE("wasi: descriptor flags") {
  FOR_ALL_BACKENDS(backend);
  DirGuest d(backend);
  Guest& g = d.guest;
  uint32_t fd = g.must_open(3, "f", Guest::kCreate, Guest::kFile, 0, Guest::kAppend);
  auto flags = [&] {
    REQUIRE(g.call("fd_fdstat_get", {fd, Guest::kStat}) == Errno::success);
    return g.load<uint16_t>(Guest::kStat + 2);
  };
  CHECK(flags() == Guest::kAppend);
  CHECK(g.write(fd, "aaa") == Errno::success);
  CHECK(g.call("fd_seek", {fd, 0, 0, Guest::kOut}) == Errno::success);
  CHECK(g.write(fd, "bbb") == Errno::success);
  CHECK(d.host_content("f") == "aaabbb");
  CHECK(g.call("fd_fdstat_set_flags", {fd, 0}) == Errno::success);
  CHECK(flags() == 0);
  CHECK(g.call("fd_seek", {fd, 0, 0, Guest::kOut}) == Errno::success);
  CHECK(g.write(fd, "cc") == Errno::success);
  CHECK(d.host_content("f") == "ccabbb");
  CHECK(g.call("fd_fdstat_set_flags", {fd, Guest::kAppend}) == Errno::success);
  CHECK(g.write(fd, "d") == Errno::success);
  CHECK(d.host_content("f") == "ccabbbd");
  for (uint32_t sync : {2u, 8u, 16u, 26u}) {
    CHECK(g.call("fd_fdstat_set_flags", {fd, sync}) == Errno::success);
    CHECK(flags() == sync);
    CHECK(g.write(fd, "s") == Errno::success);
  }
  CHECK(g.call("fd_fdstat_set_flags", {fd, 32}) == Errno::inval);
  CHECK(g.call("fd_fdstat_set_flags", {99, 0}) == Errno::badf);
  CHECK(g.open(3, "f", 0, Guest::kFile, 0, 32).error == Errno::inval);
  CHECK(g.open(3, "f", 16).error == Errno::inval);
  CHECK(g.open(3, "f", 0, Guest::kFile, 2).error == Errno::inval);
}

TEST_CASE("wasi: rights are enforced and can only be given up") {
  FOR_ALL_BACKENDS(backend);
  DirGuest d(backend);
  Guest& g = d.guest;
  REQUIRE(g.create(3, "f", "text") == Errno::success);
  auto rights = [&](uint32_t fd) {
    REQUIRE(g.call("fd_fdstat_get", {fd, Guest::kStat}) == Errno::success);
    return std::pair(static_cast<Rights>(g.load<uint64_t>(Guest::kStat + 8)),
                     static_cast<Rights>(g.load<uint64_t>(Guest::kStat + 16)));
  };
  uint32_t fd = g.must_open(3, "f", 0, right::fd_read);
  CHECK(rights(fd).first == right::fd_read);
  g.vector(1);
  CHECK(g.call("fd_read", {fd, Guest::kVector, 1, Guest::kOut}) == Errno::success);
  CHECK(g.call("fd_write", {fd, Guest::kVector, 1, Guest::kOut}) == Errno::notcapable);
  CHECK(g.call("fd_pread", {fd, Guest::kVector, 1, 0, Guest::kOut}) == Errno::notcapable);
  CHECK(g.call("fd_seek", {fd, 1, 0, Guest::kOut}) == Errno::notcapable);
  CHECK(g.call("fd_tell", {fd, Guest::kOut}) == Errno::notcapable);
  CHECK(g.call("fd_advise", {fd, 0, 1, 0}) == Errno::notcapable);
  CHECK(g.call("fd_allocate", {fd, 0, 1}) == Errno::notcapable);
  CHECK(g.call("fd_sync", {fd}) == Errno::notcapable);
  CHECK(g.call("fd_datasync", {fd}) == Errno::notcapable);
  CHECK(g.call("fd_filestat_get", {fd, Guest::kStat}) == Errno::notcapable);
  CHECK(g.call("fd_filestat_set_size", {fd, 0}) == Errno::notcapable);
  CHECK(g.call("fd_filestat_set_times", {fd, 0, 0, 2}) == Errno::notcapable);
  CHECK(g.call("fd_fdstat_set_flags", {fd, 0}) == Errno::notcapable);

  // The right to seek is that to tell; telling alone cannot move.
  fd = g.must_open(3, "f", 0, right::fd_seek);
  CHECK(g.call("fd_tell", {fd, Guest::kOut}) == Errno::success);
  CHECK(g.call("fd_seek", {fd, 1, 0, Guest::kOut}) == Errno::success);
  fd = g.must_open(3, "f", 0, right::fd_tell);
  CHECK(g.call("fd_seek", {fd, 0, 1, Guest::kOut}) == Errno::success);
  CHECK(g.call("fd_seek", {fd, 0, 0, Guest::kOut}) == Errno::notcapable);

  // Without the right to write nothing of the file can change.
  fd = g.must_open(3, "f", 0, right::fd_read | right::fd_filestat_set_size | right::fd_allocate);
  CHECK(rights(fd).first == right::fd_read);

  fd = g.must_open(3, "f");
  auto all = rights(fd);
  auto set = [&](uint32_t which, Rights base, Rights inheriting) {
    return g.call("fd_fdstat_set_rights",
                  {which, static_cast<uint64_t>(base), static_cast<uint64_t>(inheriting)});
  };
  CHECK(set(fd, all.first, all.second) == Errno::success);
  CHECK(set(fd, all.first & ~right::fd_write, all.second) == Errno::success);
  CHECK(g.write(fd, "x") == Errno::notcapable);
  CHECK(set(fd, all.first, all.second) == Errno::notcapable);
  CHECK(set(99, Rights::none, Rights::none) == Errno::badf);

  // What a directory does not hand on cannot be asked for.
  REQUIRE(g.on_path("path_create_directory", 3, "dir") == Errno::success);
  auto dir = g.open(3, "dir", Guest::kDirectory, right::path_open | right::path_create_file, 0, 0,
                    right::fd_read);
  REQUIRE(dir.error == Errno::success);
  CHECK(g.open(dir.fd, "f", Guest::kCreate, right::fd_read).error == Errno::success);
  CHECK(g.open(dir.fd, "f", 0, right::fd_read | right::fd_write).error == Errno::notcapable);
  CHECK(g.open(dir.fd, "f", 0, right::fd_read, 0, 0, right::fd_write).error == Errno::notcapable);
  CHECK(g.open(dir.fd, "f", 0, right::fd_read, 0, 16).error == Errno::notcapable);  // sync
  CHECK(g.open(dir.fd, "f", Guest::kTruncate, right::fd_read).error == Errno::notcapable);
  CHECK(g.stat(dir.fd, "f") == Errno::notcapable);
  CHECK(g.on_path("path_unlink_file", dir.fd, "f") == Errno::notcapable);
  CHECK(g.on_path("path_remove_directory", dir.fd, "f") == Errno::notcapable);
  CHECK(g.on_path("path_create_directory", dir.fd, "x") == Errno::notcapable);
  CHECK(g.symlink("x", dir.fd, "y") == Errno::notcapable);
  CHECK(g.rename(dir.fd, "f", 3, "g") == Errno::notcapable);
  CHECK(g.rename(3, "f", dir.fd, "g") == Errno::notcapable);
  CHECK(g.link(dir.fd, "f", 3, "g") == Errno::notcapable);
  CHECK(g.link(3, "f", dir.fd, "g") == Errno::notcapable);
  CHECK(g.call("fd_readdir", {dir.fd, Guest::kBuffer, 100, 0, Guest::kOut}) == Errno::notcapable);
  CHECK(g.call("path_readlink", {dir.fd, g.put("f"), 1, Guest::kBuffer, 9, Guest::kOut}) ==
        Errno::notcapable);
  CHECK(g.call("path_filestat_set_times", {dir.fd, 0, g.put("f"), 1, 0, 0, 2}) ==
        Errno::notcapable);
  CHECK(g.open(3, "f", Guest::kCreate, static_cast<Rights>(~uint64_t{0})).error ==
        Errno::success);  // bits of no right are ignored
}

TEST_CASE("wasi: what is no directory, and what is no descriptor") {
  FOR_ALL_BACKENDS(backend);
  DirGuest d(backend);
  Guest& g = d.guest;
  uint32_t fd = g.must_open(3, "f", Guest::kCreate);
  CHECK(g.open(fd, "x", Guest::kCreate).error == Errno::notdir);
  CHECK(g.stat(fd, "x") == Errno::notdir);
  CHECK(g.on_path("path_unlink_file", fd, "x") == Errno::notdir);
  CHECK(g.call("fd_readdir", {fd, Guest::kBuffer, 100, 0, Guest::kOut}) == Errno::notdir);
  CHECK(g.call("sock_shutdown", {fd, 1}) == Errno::notsock);
  CHECK(g.call("sock_accept", {fd, 0, Guest::kOut}) == Errno::notsock);
  for (uint32_t bad : {99u, 0xffffffffu, 0x80000000u}) {
    CHECK(g.open(bad, "x").error == Errno::badf);
    CHECK(g.call("fd_close", {bad}) == Errno::badf);
    CHECK(g.call("fd_read", {bad, 0, 0, 0}) == Errno::badf);
    CHECK(g.call("fd_prestat_get", {bad, 0}) == Errno::badf);
    CHECK(g.call("fd_renumber", {bad, 3}) == Errno::badf);
    CHECK(g.call("fd_renumber", {3, bad}) == Errno::badf);
    CHECK(g.call("sock_shutdown", {bad, 1}) == Errno::badf);
  }
  CHECK(g.call("fd_prestat_get", {fd, Guest::kOut}) == Errno::badf);
}

TEST_CASE("wasi: renumbering") {
  FOR_ALL_BACKENDS(backend);
  DirGuest d(backend);
  Guest& g = d.guest;
  REQUIRE(g.create(3, "a", "A") == Errno::success);
  REQUIRE(g.create(3, "b", "B") == Errno::success);
  uint32_t a = g.must_open(3, "a"), b = g.must_open(3, "b");
  CHECK(a == 4);
  CHECK(b == 5);
  CHECK(g.call("fd_renumber", {a, b}) == Errno::success);
  CHECK(g.call("fd_close", {a}) == Errno::badf);
  CHECK(g.read(b) == "A");
  CHECK(g.call("fd_renumber", {b, a}) == Errno::badf);  // only onto what is open
  CHECK(g.call("fd_renumber", {b, b}) == Errno::success);
  CHECK(g.must_open(3, "b") == a);  // the lowest free number
  // A preopened directory keeps its name when it moves.
  CHECK(g.call("fd_renumber", {3, b}) == Errno::success);
  CHECK(g.call("fd_prestat_get", {b, Guest::kOut}) == Errno::success);
  CHECK(g.load<uint32_t>(Guest::kOut) == 0);
  CHECK(g.load<uint32_t>(Guest::kOut + 4) == 1);
  CHECK(g.call("fd_prestat_dir_name", {b, Guest::kBuffer, 0}) == Errno::nametoolong);
  CHECK(g.call("fd_prestat_dir_name", {b, Guest::kBuffer, 2}) == Errno::success);
  CHECK(g.text(Guest::kBuffer, 1) == "/");
  CHECK(g.call("fd_prestat_get", {3, Guest::kOut}) == Errno::badf);
}

namespace {

struct Entry {
  uint64_t next, ino;
  FileType type;
};

// Lists a directory in pieces, as a C library does.
std::map<std::string, Entry> list(Guest& g, uint32_t fd, uint32_t buffer_size,
                                  uint64_t cookie = 0) {
  std::map<std::string, Entry> found;
  for (int round = 0; round < 10000; ++round) {
    REQUIRE(g.call("fd_readdir", {fd, Guest::kBuffer, buffer_size, cookie, Guest::kOut}) ==
            Errno::success);
    uint32_t used = g.load<uint32_t>(Guest::kOut);
    REQUIRE(used <= buffer_size);
    uint32_t at = 0;
    while (at + 24 <= used) {
      uint32_t length = g.load<uint32_t>(Guest::kBuffer + at + 16);
      if (at + 24 + length > used) break;
      std::string name = g.text(Guest::kBuffer + at + 24, length);
      cookie = g.load<uint64_t>(Guest::kBuffer + at);
      CHECK(found.count(name) == 0);
      found[name] = {cookie, g.load<uint64_t>(Guest::kBuffer + at + 8),
                     static_cast<FileType>(g.load<uint8_t>(Guest::kBuffer + at + 20))};
      at += 24 + length;
    }
    if (used < buffer_size) break;
    REQUIRE(at > 0);  // at least one entry fits
  }
  return found;
}

}  // namespace

TEST_CASE("wasi: listing a directory") {
  FOR_ALL_BACKENDS(backend);
  DirGuest d(backend);
  Guest& g = d.guest;
  auto empty = list(g, 3, 4096);
  CHECK(empty.size() == 2);
  REQUIRE(g.call("fd_filestat_get", {3, Guest::kStat}) == Errno::success);
  uint64_t top = g.load<uint64_t>(Guest::kStat + 8);
  CHECK(empty["."].ino == top);
  CHECK(empty["."].type == FileType::directory);
  CHECK(empty[".."].ino == top);  // above it there is nothing

  std::set<std::string> names;
  for (int i = 0; i < 100; ++i) {
    std::string name = "file." + std::to_string(i);
    if (i % 10 == 0) name += std::string(200, 'x');
    REQUIRE(g.create(3, name) == Errno::success);
    names.insert(name);
  }
  REQUIRE(g.on_path("path_create_directory", 3, "dir") == Errno::success);
  REQUIRE(g.symlink("dir", 3, "link") == Errno::success);
  for (uint32_t size : {256u, 300u, 1000u, 4096u, 65536u}) {
    CAPTURE(size);
    auto all = list(g, 3, size);
    CHECK(all.size() == 104);
    for (const std::string& name : names) CHECK(all.count(name) == 1);
    CHECK(all["dir"].type == FileType::directory);
    CHECK(all["link"].type == FileType::symbolic_link);
    REQUIRE(g.stat(3, "link") == Errno::success);
    CHECK(all["link"].ino == g.load<uint64_t>(Guest::kStat + 8));
  }
  // From the middle on; and a cookie stays good when other entries go.
  auto all = list(g, 3, 65536);
  std::string some = *names.begin();
  auto rest = list(g, 3, 65536, all[some].next);
  CHECK(rest.count(some) == 0);
  for (const std::string& name : names) {
    if (name != some && rest.count(name) == 0) {
      CHECK(g.on_path("path_unlink_file", 3, name) == Errno::success);
    }
  }
  CHECK(list(g, 3, 65536, all[some].next).size() == rest.size());

  // Too little room for one entry: it is cut off, and the buffer is full.
  CHECK(g.call("fd_readdir", {3, Guest::kBuffer, 10, 0, Guest::kOut}) == Errno::success);
  CHECK(g.load<uint32_t>(Guest::kOut) == 10);
  CHECK(g.call("fd_readdir", {3, Guest::kBuffer, 0, 0, Guest::kOut}) == Errno::success);
  CHECK(g.load<uint32_t>(Guest::kOut) == 0);
  // A cookie that never was gives an error or an end, nothing worse.
  for (uint64_t cookie : {uint64_t{12345678901}, UINT64_MAX, uint64_t{1} << 62}) {
    g.call("fd_readdir", {3, Guest::kBuffer, 4096, cookie, Guest::kOut});
  }
}

TEST_CASE("wasi: a read-only directory") {
  FOR_ALL_BACKENDS(backend);
  DirGuest d(backend, wasi::kReadOnly);
  Guest& g = d.guest;
  d.host_write("f", "text");
  Rights reading = Guest::kFile & ~right::fd_write;
  uint32_t fd = g.must_open(3, "f", 0, reading);
  CHECK(g.read(fd) == "text");
  CHECK(g.call("fd_filestat_set_times", {fd, 0, 0, 2}) == Errno::acces);
  CHECK(g.open(3, "f").error == Errno::acces);
  CHECK(g.open(3, "f", Guest::kTruncate, reading).error == Errno::acces);
  CHECK(g.open(3, "new", Guest::kCreate, reading).error == Errno::acces);
  CHECK(g.on_path("path_create_directory", 3, "d") == Errno::acces);
  CHECK(g.on_path("path_unlink_file", 3, "f") == Errno::acces);
  CHECK(g.on_path("path_remove_directory", 3, "f") == Errno::acces);
  CHECK(g.symlink("f", 3, "s") == Errno::acces);
  CHECK(g.link(3, "f", 3, "s") == Errno::acces);
  CHECK(g.rename(3, "f", 3, "s") == Errno::acces);
  CHECK(g.call("path_filestat_set_times", {3, 0, g.put("f"), 1, 0, 0, 2}) == Errno::acces);
  CHECK(g.call("fd_filestat_set_times", {3, 0, 0, 2}) == Errno::acces);
  CHECK(d.host_content("f") == "text");
  // It still looks as if everything could be asked for, so that a C library that opens for
  // writing is told `acces` at once and not at its first write.
  REQUIRE(g.call("fd_fdstat_get", {3, Guest::kStat}) == Errno::success);
  CHECK(covers(static_cast<Rights>(g.load<uint64_t>(Guest::kStat + 16)), right::fd_write));
}

TEST_CASE("wasi: a write-only directory") {
  FOR_ALL_BACKENDS(backend);
  DirGuest d(backend, wasi::kWriteOnly);
  Guest& g = d.guest;
  d.host_write("f", "text");
  CHECK(g.open(3, "f", 0, right::fd_read).error == Errno::acces);
  CHECK(g.stat(3, "f") == Errno::acces);
  CHECK(g.call("fd_readdir", {3, Guest::kBuffer, 100, 0, Guest::kOut}) == Errno::acces);
  uint32_t fd = g.must_open(3, "f", Guest::kTruncate, right::fd_write);
  CHECK(g.write(fd, "new") == Errno::success);
  CHECK(d.host_content("f") == "new");
  CHECK(g.on_path("path_create_directory", 3, "d") == Errno::success);
}

TEST_CASE("wasi: nothing moves to where more is granted") {
  TempDir temp;
  for (const char* name : {"rw", "ro", "wo"}) std::filesystem::create_directory(temp.path(name));
  temp.write("ro/secret", "secret");
  temp.write("wo/hidden", "hidden");
  wasi::ContextConfig config;
  auto add = [&](const char* name, wasi::Access access) {
    config.preopens.push_back(
        {.guest_name = name, .host_path = temp.path(name), .memory = nullptr, .access = access});
  };
  add("rw", wasi::kReadWrite);
  add("ro", wasi::kReadOnly);
  add("wo", wasi::kWriteOnly);
  auto memory = wasi::MemoryFs::create();
  config.preopens.push_back(
      {.guest_name = "mem", .host_path = "", .memory = memory, .access = wasi::kReadWrite});
  Guest g(std::move(config));
  // A second name in a writable place would make a read-only file writable.
  CHECK(g.link(4, "secret", 3, "mine") == Errno::acces);
  CHECK(g.rename(4, "secret", 3, "mine") == Errno::acces);
  CHECK(g.link(5, "hidden", 3, "mine") == Errno::acces);
  CHECK(g.rename(5, "hidden", 3, "mine") == Errno::acces);
  REQUIRE(g.create(3, "f") == Errno::success);
  CHECK(g.rename(3, "f", 4, "f") == Errno::acces);
  CHECK(g.rename(3, "f", 5, "f") == Errno::success);  // less is granted there
  REQUIRE(g.create(3, "f") == Errno::success);
  CHECK(g.rename(3, "f", 6, "f") == Errno::xdev);
  CHECK(g.link(3, "f", 6, "f") == Errno::xdev);
}

TEST_CASE("wasi: a directory in memory has bounds") {
  auto memory = wasi::MemoryFs::create({.bytes = 1000, .nodes = 10});
  wasi::ContextConfig config;
  config.preopens.push_back(
      {.guest_name = "/", .host_path = "", .memory = memory, .access = wasi::kReadWrite});
  Guest g(std::move(config));
  CHECK(g.create(3, "a", std::string(600, 'a')) == Errno::success);
  CHECK(g.create(3, "b", std::string(600, 'b')) == Errno::nospc);
  uint32_t fd = g.must_open(3, "b");
  CHECK(g.call("fd_filestat_set_size", {fd, 401}) == Errno::nospc);
  CHECK(g.call("fd_filestat_set_size", {fd, UINT64_MAX}) == Errno::nospc);
  CHECK(g.call("fd_filestat_set_size", {fd, 400}) == Errno::success);
  // An open file keeps its space until it is closed.
  CHECK(g.on_path("path_unlink_file", 3, "b") == Errno::success);
  CHECK(g.create(3, "c", std::string(400, 'c')) == Errno::nospc);
  CHECK(g.call("fd_close", {fd}) == Errno::success);
  CHECK(g.create(3, "c", std::string(400, 'c')) == Errno::success);
  int made = 0;
  while (made < 100 &&
         g.on_path("path_create_directory", 3, "d" + std::to_string(made)) == Errno::success) {
    ++made;
  }
  CHECK(made == 7);  // ten nodes: the top, two files, seven directories
  CHECK(g.on_path("path_remove_directory", 3, "d0") == Errno::success);
  CHECK(g.create(3, "again") == Errno::success);
}

TEST_CASE("wasi: the embedder's side of a directory in memory") {
  auto memory = wasi::MemoryFs::create();
  CHECK(memory->add_file("a/b/c.txt", "deep") == Errno::success);
  CHECK(memory->add_file("a/b/c.txt", "new") == Errno::success);
  CHECK(memory->add_directory("x/y") == Errno::success);
  CHECK(memory->add_file("x/y", "?") == Errno::isdir);
  CHECK(memory->add_file("/abs", "?") == Errno::perm);
  CHECK(memory->add_file("../up", "?") == Errno::perm);
  CHECK(memory->add_file("a/b/c.txt/d", "?") == Errno::notdir);
  CHECK(memory->read_file("a/b/c.txt") == "new");
  CHECK(memory->read_file("a/b") == std::nullopt);
  CHECK(memory->read_file("none") == std::nullopt);
}

TEST_CASE("wasi: FIFOs do not hang anybody") {
  DirGuest d(Backend::host_openat2);
  Guest& g = d.guest;
  REQUIRE(::mkfifo(d.temp.path("fifo").c_str(), 0600) == 0);
  uint32_t reader = g.must_open(3, "fifo", 0, right::fd_read | right::fd_fdstat_set_flags);
  CHECK(g.call("fd_fdstat_set_flags", {reader, Guest::kNonblock}) == Errno::success);
  uint32_t writer = g.must_open(3, "fifo", 0, right::fd_write, 0, Guest::kNonblock);
  g.vector(10);
  CHECK(g.call("fd_read", {reader, Guest::kVector, 1, Guest::kOut}) == Errno::again);
  CHECK(g.write(writer, "through") == Errno::success);
  CHECK(g.read(reader) == "through");
  // Full, without waiting.
  Errno e = Errno::success;
  for (int i = 0; i < 100 && e == Errno::success; ++i) e = g.write(writer, std::string(8192, 'x'));
  CHECK(e == Errno::again);
  // Interrupted: opening for writing where nobody reads.
  CHECK(g.call("fd_close", {reader}) == Errno::success);
  CHECK(g.call("fd_close", {writer}) == Errno::success);
  g.wake().fire(sys::WakeReason::interrupt);
  g.open(3, "fifo", 0, right::fd_write);
  CHECK(g.outcome() == wasi::p1::Outcome::interrupted);
}

TEST_CASE("wasi: descriptors are bounded") {
  TempDir temp;
  wasi::ContextConfig config;
  config.preopens.push_back(
      {.guest_name = "/", .host_path = temp.path(), .memory = nullptr, .access = wasi::kReadWrite});
  config.max_descriptors = 6;
  Guest g(std::move(config));
  CHECK(g.must_open(3, "a", Guest::kCreate) == 4);
  CHECK(g.must_open(3, "b", Guest::kCreate) == 5);
  CHECK(g.open(3, "c", Guest::kCreate).error == Errno::mfile);
  CHECK(g.call("fd_close", {4}) == Errno::success);
  CHECK(g.must_open(3, "c", Guest::kCreate) == 4);
}
