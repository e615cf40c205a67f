// Paths: everything a guest can do below a directory, and everything it cannot, on each backend.
#include "wasi_fixture.h"

using namespace wasi_test;
using wasi::FileType;

TEST_CASE("wasi: files are created, written, read and removed") {
  FOR_ALL_BACKENDS(backend);
  DirGuest d(backend);
  Guest& g = d.guest;
  CHECK(g.open(3, "file").error == Errno::noent);
  REQUIRE(g.create(3, "file", "hello") == Errno::success);
  CHECK(d.host_content("file") == "hello");
  CHECK(g.content(3, "file") == "hello");
  CHECK(g.open(3, "file", Guest::kCreate | Guest::kExclusive).error == Errno::exist);
  CHECK(g.open(3, "file", Guest::kDirectory).error == Errno::notdir);
  CHECK(g.open(3, "file", Guest::kDirectory | Guest::kCreate).error == Errno::inval);
  CHECK(g.open(3, "file/").error == Errno::notdir);
  CHECK(g.open(3, "file/x").error == Errno::notdir);
  CHECK(g.open(3, "new/", Guest::kCreate).error == Errno::isdir);
  uint32_t fd = g.must_open(3, "file", Guest::kTruncate);
  CHECK(g.read(fd).empty());
  CHECK(g.on_path("path_unlink_file", 3, "file/") == Errno::notdir);
  CHECK(g.on_path("path_unlink_file", 3, "file") == Errno::success);
  CHECK(g.on_path("path_unlink_file", 3, "file") == Errno::noent);
  // Removed, but still open.
  CHECK(g.write(fd, "ghost") == Errno::success);
  CHECK(g.call("fd_close", {fd}) == Errno::success);
  CHECK(g.call("fd_close", {fd}) == Errno::badf);
}

TEST_CASE("wasi: directories") {
  FOR_ALL_BACKENDS(backend);
  DirGuest d(backend);
  Guest& g = d.guest;
  CHECK(g.on_path("path_create_directory", 3, "a") == Errno::success);
  CHECK(g.on_path("path_create_directory", 3, "a") == Errno::exist);
  CHECK(g.on_path("path_create_directory", 3, "a/b/") == Errno::success);
  CHECK(g.on_path("path_create_directory", 3, "x/y") == Errno::noent);
  CHECK(g.on_path("path_remove_directory", 3, "a") == Errno::notempty);
  CHECK(g.on_path("path_unlink_file", 3, "a") == Errno::isdir);
  CHECK(g.on_path("path_unlink_file", 3, "a/") == Errno::isdir);
  CHECK(g.create(3, "a/f") == Errno::success);
  CHECK(g.on_path("path_remove_directory", 3, "a/f") == Errno::notdir);
  CHECK(g.on_path("path_remove_directory", 3, "a/f/") == Errno::notdir);
  CHECK(g.on_path("path_remove_directory", 3, "a/b/") == Errno::success);
  CHECK(g.on_path("path_remove_directory", 3, "a/b") == Errno::noent);
  CHECK(g.stat(3, "a") == Errno::success);
  CHECK(g.stat_type() == FileType::directory);

  // A directory opened for writing, and as what it is.
  CHECK(g.open(3, "a", Guest::kDirectory, right::fd_read | right::fd_write).error == Errno::isdir);
  CHECK(g.open(3, "a", 0, right::fd_write).error == Errno::isdir);
  uint32_t fd = g.must_open(3, "a", Guest::kDirectory, right::fd_read);
  CHECK(g.call("fd_read", {fd, Guest::kVector, 0, Guest::kOut}) == Errno::isdir);
  CHECK(g.call("fd_seek", {fd, 0, 0, Guest::kOut}) == Errno::isdir);
  CHECK(g.call("fd_tell", {fd, Guest::kOut}) == Errno::isdir);
  CHECK(g.call("fd_allocate", {fd, 0, 1}) == Errno::isdir);
  CHECK(g.call("fd_filestat_set_size", {fd, 0}) == Errno::isdir);
  CHECK(g.call("fd_filestat_get", {fd, Guest::kStat}) == Errno::notcapable);
}

TEST_CASE("wasi: removed directories that are still open") {
  FOR_ALL_BACKENDS(backend);
  DirGuest d(backend);
  Guest& g = d.guest;
  REQUIRE(g.on_path("path_create_directory", 3, "dir") == Errno::success);
  uint32_t fd = g.must_open(3, "dir", Guest::kDirectory, Guest::kDirRights);
  REQUIRE(g.on_path("path_remove_directory", 3, "dir") == Errno::success);
  CHECK(g.create(fd, "file") == Errno::noent);
  CHECK(g.on_path("path_create_directory", fd, "sub") == Errno::noent);
  CHECK(g.call("fd_filestat_get", {fd, Guest::kStat}) == Errno::success);
  CHECK(g.on_path("path_create_directory", 3, "dir") == Errno::success);
}

TEST_CASE("wasi: dots and slashes inside the directory are fine") {
  FOR_ALL_BACKENDS(backend);
  DirGuest d(backend);
  Guest& g = d.guest;
  REQUIRE(g.on_path("path_create_directory", 3, "dir") == Errno::success);
  REQUIRE(g.on_path("path_create_directory", 3, "dir/nested") == Errno::success);
  REQUIRE(g.create(3, "dir/nested/file", "deep") == Errno::success);
  for (const char* path : {"dir/.//nested/../../dir/nested/../nested///./file", "./dir/nested/file",
                           "dir/nested/./../nested/file"}) {
    CHECK(g.content(3, path) == "deep");
  }
  for (const char* path :
       {".", "./", "dir/", "dir///", "dir/nested/..", "dir/nested/../", "dir/.."}) {
    CAPTURE(path);
    CHECK(g.open(3, path, Guest::kDirectory, Rights::none).error == Errno::success);
    CHECK(g.stat(3, path) == Errno::success);
    CHECK(g.stat_type() == FileType::directory);
  }
  CHECK(g.open(3, "dir/nested/file/.").error == Errno::notdir);
  CHECK(g.open(3, "dir/nested/file/..").error == Errno::notdir);
}

TEST_CASE("wasi: no path leaves the directory") {
  FOR_ALL_BACKENDS(backend);
  DirGuest d(backend);
  Guest& g = d.guest;
  REQUIRE(g.on_path("path_create_directory", 3, "dir") == Errno::success);
  for (const char* path : {"/", "/etc/passwd", "..", "../", "../x", "dir/../..", "dir/../../x",
                           "./..", "dir/./../.."}) {
    CAPTURE(path);
    CHECK(g.open(3, path, 0, right::fd_read).error == Errno::perm);
    CHECK(g.open(3, path, Guest::kCreate).error == Errno::perm);
    CHECK(g.stat(3, path) == Errno::perm);
    CHECK(g.stat(3, path, true) == Errno::perm);
    CHECK(g.on_path("path_create_directory", 3, path) == Errno::perm);
    CHECK(g.on_path("path_unlink_file", 3, path) == Errno::perm);
    CHECK(g.on_path("path_remove_directory", 3, path) == Errno::perm);
    CHECK(g.symlink("target", 3, path) == Errno::perm);
    CHECK(g.rename(3, "dir", 3, path) == Errno::perm);
    CHECK(g.rename(3, path, 3, "new") == Errno::perm);
    CHECK(g.link(3, path, 3, "new") == Errno::perm);
    CHECK(g.call("path_filestat_set_times", {3, 0, g.put(path), strlen(path), 0, 0, 2}) ==
          Errno::perm);
    CHECK(g.call("path_readlink",
                 {3, g.put(path), strlen(path), Guest::kBuffer, 10, Guest::kOut}) == Errno::perm);
  }
  // A directory below is a prison of its own.
  uint32_t fd = g.must_open(3, "dir", Guest::kDirectory, Guest::kDirRights);
  CHECK(g.stat(fd, "..") == Errno::perm);
}

TEST_CASE("wasi: names that are no names") {
  FOR_ALL_BACKENDS(backend);
  DirGuest d(backend);
  Guest& g = d.guest;
  using namespace std::string_view_literals;
  REQUIRE(g.create(3, "file") == Errno::success);
  struct Case {
    std::string_view path;
    Errno expected;
  };
  std::string longest(4095, 'a'), too_long(4096, 'a'), long_name(256, 'n');
  for (const Case& c :
       {Case{""sv, Errno::noent}, Case{"file\0"sv, Errno::inval}, Case{"fi\0le"sv, Errno::inval},
        Case{"\xff"sv, Errno::ilseq}, Case{"a\xc0\xaf"sv, Errno::ilseq},
        Case{"\xed\xa0\x80"sv, Errno::ilseq}, Case{longest, Errno::nametoolong},
        Case{too_long, Errno::nametoolong}, Case{long_name, Errno::nametoolong}}) {
    CAPTURE(c.path.size());
    CHECK(g.open(3, c.path, Guest::kCreate).error == c.expected);
    CHECK(g.on_path("path_create_directory", 3, c.path) == c.expected);
    CHECK(g.symlink("t", 3, c.path) == c.expected);
  }
  CHECK(g.symlink("", 3, "empty") == Errno::noent);
  // Any other character is fine.
  for (std::string_view name : {"naïve ✓"sv, "new\nline"sv, "-"sv, "\x7f"sv, "..."sv, "a\\b"sv}) {
    CHECK(g.create(3, name, "x") == Errno::success);
    CHECK(g.content(3, name) == "x");
  }
}

TEST_CASE("wasi: symbolic links are followed inside only") {
  FOR_ALL_BACKENDS(backend);
  DirGuest d(backend);
  Guest& g = d.guest;
  REQUIRE(g.on_path("path_create_directory", 3, "dir") == Errno::success);
  REQUIRE(g.create(3, "dir/file", "text") == Errno::success);
  REQUIRE(g.symlink("dir", 3, "link") == Errno::success);
  REQUIRE(g.symlink("../dir/file", 3, "dir/up") == Errno::success);
  REQUIRE(g.symlink("link/file", 3, "chain") == Errno::success);
  CHECK(g.content(3, "link/file") == "text");
  uint32_t fd = g.must_open(3, "chain", 0, Guest::kFile, Guest::kFollow);
  CHECK(g.read(fd) == "text");
  fd = g.must_open(3, "dir/up", 0, Guest::kFile, Guest::kFollow);
  CHECK(g.read(fd) == "text");

  CHECK(g.open(3, "chain").error == Errno::loop);  // not followed in the last place
  CHECK(g.open(3, "link", Guest::kDirectory, right::fd_readdir).error == Errno::notdir);
  CHECK(g.open(3, "link/", Guest::kDirectory, right::fd_readdir).error == Errno::success);
  CHECK(g.stat(3, "link") == Errno::success);
  CHECK(g.stat_type() == FileType::symbolic_link);
  CHECK(g.stat_size() == 3);
  CHECK(g.stat(3, "link", true) == Errno::success);
  CHECK(g.stat_type() == FileType::directory);

  // A link that leads out cannot be made with an absolute target, nor followed with dots.
  CHECK(g.symlink("/etc", 3, "abs") == Errno::perm);
  REQUIRE(g.symlink("..", 3, "out") == Errno::success);
  REQUIRE(g.symlink("../../etc/passwd", 3, "dir/out2") == Errno::success);
  CHECK(g.open(3, "out/x").error == Errno::perm);
  CHECK(g.open(3, "out", 0, right::fd_read, Guest::kFollow).error == Errno::perm);
  CHECK(g.open(3, "dir/out2", 0, right::fd_read, Guest::kFollow).error == Errno::perm);
  CHECK(g.open(3, "dir/out2", Guest::kCreate, Guest::kFile, Guest::kFollow).error == Errno::perm);
  CHECK(g.stat(3, "out", true) == Errno::perm);
  CHECK(g.on_path("path_create_directory", 3, "out/new") == Errno::perm);
  CHECK(g.on_path("path_unlink_file", 3, "out/x") == Errno::perm);
  CHECK(g.rename(3, "dir/file", 3, "out/file") == Errno::perm);
  CHECK(g.link(3, "dir/out2", 3, "stolen", Guest::kFollow) == Errno::perm);
  CHECK(g.on_path("path_unlink_file", 3, "out") == Errno::success);

  // Dangling, looping, and created through.
  REQUIRE(g.symlink("missing", 3, "dangling") == Errno::success);
  CHECK(g.open(3, "dangling").error == Errno::loop);
  CHECK(g.open(3, "dangling", 0, right::fd_read, Guest::kFollow).error == Errno::noent);
  CHECK(g.open(3, "dangling", Guest::kCreate | Guest::kExclusive, Guest::kFile, Guest::kFollow)
            .error == Errno::exist);
  fd = g.must_open(3, "dangling", Guest::kCreate, Guest::kFile, Guest::kFollow);
  CHECK(g.write(fd, "made") == Errno::success);
  CHECK(d.host_content("missing") == "made");
  REQUIRE(g.symlink("loop", 3, "loop") == Errno::success);
  CHECK(g.open(3, "loop", 0, right::fd_read, Guest::kFollow).error == Errno::loop);
  CHECK(g.open(3, "loop/x").error == Errno::loop);
  CHECK(g.open(3, "loop").error == Errno::loop);
}

TEST_CASE("wasi: links of the host's that lead out are not followed") {
  Backend backend{};
  SUBCASE("openat2") { backend = Backend::host_openat2; }
  SUBCASE("walk") { backend = Backend::host_walk; }
  DirGuest d(backend);
  Guest& g = d.guest;
  TempDir outside;
  outside.write("secret", "secret");
  REQUIRE(::symlink(outside.path().c_str(), d.temp.path("abs").c_str()) == 0);
  REQUIRE(::symlink("/proc/self/root", d.temp.path("magic").c_str()) == 0);
  CHECK(g.open(3, "abs/secret").error == Errno::perm);
  CHECK(g.open(3, "abs", 0, right::fd_read, Guest::kFollow).error == Errno::perm);
  CHECK(g.stat(3, "abs/", true) == Errno::perm);
  CHECK(g.open(3, "magic/etc/passwd").error == Errno::perm);
  CHECK(g.create(3, "abs/new") == Errno::perm);
  CHECK(g.on_path("path_unlink_file", 3, "abs/secret") == Errno::perm);
  CHECK(g.link(3, "abs/secret", 3, "mine") == Errno::perm);
  CHECK(g.link(3, "abs/", 3, "mine") == Errno::perm);
  CHECK(outside.read("secret") == "secret");
  // It can be looked at and removed itself.
  CHECK(g.stat(3, "abs") == Errno::success);
  CHECK(g.call("path_filestat_set_times", {3, 0, g.put("abs"), 3, 0, 5, 4}) == Errno::success);
  CHECK(g.on_path("path_unlink_file", 3, "abs") == Errno::success);
}

TEST_CASE("wasi: reading links") {
  FOR_ALL_BACKENDS(backend);
  DirGuest d(backend);
  Guest& g = d.guest;
  REQUIRE(g.create(3, "file") == Errno::success);
  REQUIRE(g.symlink("some/target", 3, "link") == Errno::success);
  auto readlink = [&](std::string_view path, uint32_t length) {
    return g.call("path_readlink",
                  {3, g.put(path), path.size(), Guest::kBuffer, length, Guest::kOut});
  };
  CHECK(readlink("link", 100) == Errno::success);
  CHECK(g.load<uint32_t>(Guest::kOut) == 11);
  CHECK(g.text(Guest::kBuffer, 11) == "some/target");
  CHECK(readlink("link", 4) == Errno::success);
  CHECK(g.load<uint32_t>(Guest::kOut) == 4);
  CHECK(readlink("link", 0) == Errno::success);
  CHECK(readlink("file", 100) == Errno::inval);
  CHECK(readlink("none", 100) == Errno::noent);
  CHECK(g.symlink("x", 3, "new/") == Errno::noent);
  CHECK(g.symlink("x", 3, "file") == Errno::exist);
}

TEST_CASE("wasi: hard links") {
  FOR_ALL_BACKENDS(backend);
  DirGuest d(backend);
  Guest& g = d.guest;
  REQUIRE(g.create(3, "file", "one") == Errno::success);
  REQUIRE(g.on_path("path_create_directory", 3, "dir") == Errno::success);
  uint32_t dir = g.must_open(3, "dir", Guest::kDirectory, Guest::kDirRights);
  CHECK(g.link(3, "file", 3, "link") == Errno::success);
  CHECK(g.link(3, "file", dir, "link") == Errno::success);
  CHECK(g.content(3, "dir/link") == "one");
  CHECK(g.stat(3, "file") == Errno::success);
  CHECK(g.load<uint64_t>(Guest::kStat + 24) == 3);
  CHECK(g.link(3, "file", 3, "link") == Errno::exist);
  CHECK(g.link(3, "file", 3, "file") == Errno::exist);
  CHECK(g.link(3, "file", 3, "dir") == Errno::exist);
  CHECK(g.link(3, "dir", 3, "dir2") == Errno::perm);
  CHECK(g.link(3, "file", 3, "slash/") == Errno::noent);
  CHECK(g.link(3, "file/", 3, "x") == Errno::notdir);
  CHECK(g.link(3, "none", 3, "x") == Errno::noent);
  CHECK(g.link(3, "file", 3, "x", 2) == Errno::inval);

  // A link to a link is one to the link itself, unless it is to be followed.
  REQUIRE(g.symlink("file", 3, "sym") == Errno::success);
  CHECK(g.link(3, "sym", 3, "hard_sym") == Errno::success);
  CHECK(g.stat(3, "hard_sym") == Errno::success);
  CHECK(g.stat_type() == FileType::symbolic_link);
  CHECK(g.link(3, "sym", 3, "followed", Guest::kFollow) == Errno::success);
  CHECK(g.stat(3, "followed") == Errno::success);
  CHECK(g.stat_type() == FileType::regular_file);
  REQUIRE(g.symlink("none", 3, "dangling") == Errno::success);
  CHECK(g.link(3, "dangling", 3, "y", Guest::kFollow) == Errno::noent);
  CHECK(g.link(3, "file", 3, "dangling") == Errno::exist);
}

TEST_CASE("wasi: renaming") {
  FOR_ALL_BACKENDS(backend);
  DirGuest d(backend);
  Guest& g = d.guest;
  REQUIRE(g.create(3, "a", "a") == Errno::success);
  CHECK(g.rename(3, "a", 3, "b") == Errno::success);
  CHECK(g.stat(3, "a") == Errno::noent);
  REQUIRE(g.create(3, "a", "new") == Errno::success);
  CHECK(g.rename(3, "a", 3, "b") == Errno::success);
  CHECK(g.content(3, "b") == "new");
  CHECK(g.rename(3, "b", 3, "b") == Errno::success);
  CHECK(g.rename(3, "none", 3, "c") == Errno::noent);
  CHECK(g.rename(3, "b/", 3, "c") == Errno::notdir);
  CHECK(g.rename(3, "b", 3, "c/") == Errno::notdir);

  REQUIRE(g.on_path("path_create_directory", 3, "d1") == Errno::success);
  REQUIRE(g.on_path("path_create_directory", 3, "d2") == Errno::success);
  CHECK(g.rename(3, "d1", 3, "d2") == Errno::success);  // onto an empty directory
  REQUIRE(g.on_path("path_create_directory", 3, "d1") == Errno::success);
  REQUIRE(g.create(3, "d2/f") == Errno::success);
  CHECK(g.rename(3, "d1", 3, "d2") == Errno::notempty);
  CHECK(g.rename(3, "d1", 3, "d2/f") == Errno::notdir);
  CHECK(g.rename(3, "b", 3, "d1") == Errno::isdir);
  CHECK(g.rename(3, "d2", 3, "d2/inside") == Errno::inval);
  CHECK(g.rename(3, "d1/", 3, "d3/") == Errno::success);
  CHECK(g.rename(3, "d3", 3, "d2/d3") == Errno::success);
  CHECK(g.rename(3, "d2", 3, "d2/d3/x") == Errno::inval);
  CHECK(g.rename(3, ".", 3, "x") == Errno::busy);
  // Between directories, and a link itself rather than what it names.
  uint32_t d2 = g.must_open(3, "d2", Guest::kDirectory, Guest::kDirRights);
  CHECK(g.rename(3, "b", d2, "b") == Errno::success);
  REQUIRE(g.symlink("d2/b", 3, "link") == Errno::success);
  CHECK(g.rename(3, "link", 3, "moved") == Errno::success);
  CHECK(g.stat(3, "moved") == Errno::success);
  CHECK(g.stat_type() == FileType::symbolic_link);
}

TEST_CASE("wasi: times") {
  FOR_ALL_BACKENDS(backend);
  DirGuest d(backend);
  Guest& g = d.guest;
  REQUIRE(g.create(3, "file") == Errno::success);
  REQUIRE(g.symlink("file", 3, "link") == Errno::success);
  auto set = [&](std::string_view path, uint32_t lookup, uint64_t atim, uint64_t mtim,
                 uint32_t flags) {
    return g.call("path_filestat_set_times",
                  {3, lookup, g.put(path), path.size(), atim, mtim, flags});
  };
  auto times = [&](std::string_view path) {
    REQUIRE(g.stat(3, path) == Errno::success);
    return std::pair(g.load<uint64_t>(Guest::kStat + 40), g.load<uint64_t>(Guest::kStat + 48));
  };
  CHECK(set("file", 0, 1'000'000'007, 2'000'000'009, 1 | 4) == Errno::success);
  CHECK(times("file") == std::pair<uint64_t, uint64_t>(1'000'000'007, 2'000'000'009));
  CHECK(set("file", 0, 5, 77, 4) == Errno::success);
  CHECK(times("file") == std::pair<uint64_t, uint64_t>(1'000'000'007, 77));
  CHECK(set("file", 0, 0, 0, 1 | 2) == Errno::inval);
  CHECK(set("file", 0, 0, 0, 4 | 8) == Errno::inval);
  CHECK(set("file", 0, 0, 0, 16) == Errno::inval);
  CHECK(set("none", 0, 0, 0, 2) == Errno::noent);
  CHECK(set("link", 0, 0, 123, 4) == Errno::success);  // the link itself
  CHECK(times("link").second == 123);
  CHECK(times("file").second == 77);
  CHECK(set("link", 1, 0, 456, 4) == Errno::success);  // what it names
  CHECK(times("file").second == 456);
  CHECK(set("file", 0, 0, 0, 2 | 8) == Errno::success);
  CHECK(times("file").second > 1'600'000'000'000'000'000u);

  uint32_t fd = g.must_open(3, "file");
  CHECK(g.call("fd_filestat_set_times", {fd, 11, 22, 1 | 4}) == Errno::success);
  CHECK(times("file") == std::pair<uint64_t, uint64_t>(11, 22));
  CHECK(g.call("fd_filestat_set_times", {fd, 11, 22, 4 | 8}) == Errno::inval);
}
