// Several threads of one guest, and somebody who pulls the rug from under a path.
#include <fcntl.h>

#include <atomic>
#include <thread>

#include "wasi_fixture.h"

using namespace wasi_test;

namespace {

// A thread of a guest: a memory of its own, the context of another.
class Thread {
 public:
  explicit Thread(wasi::Context& context) : context_(context), memory_(1 << 16) {}

  Errno call(std::string_view name, std::initializer_list<uint64_t> args) {
    const auto* f = wasi::p1::find_p1_function("wasi_snapshot_preview1", name);
    wasi::p1::P1Call c{context_, {memory_.data(), memory_.size(), true}, wake_};
    std::vector<uint64_t> slots(args);
    return static_cast<Errno>(wasi::p1::invoke(*f, c, slots.data()));
  }
  uint64_t put(std::string_view s, uint32_t at = 0x1000) {
    std::memcpy(&memory_[at], s.data(), s.size());
    return at;
  }
  uint32_t u32(uint32_t at) const {
    uint32_t v;
    std::memcpy(&v, &memory_[at], 4);
    return v;
  }
  std::string text(uint32_t at, size_t n) const {
    return {reinterpret_cast<const char*>(&memory_[at]), n};
  }
  void vector(uint32_t address, uint32_t length) {
    std::memcpy(&memory_[0x100], &address, 4);
    std::memcpy(&memory_[0x104], &length, 4);
  }

 private:
  wasi::Context& context_;
  std::vector<uint8_t> memory_;
  sys::Wake wake_;
};

}  // namespace

TEST_CASE("wasi: threads share one table of descriptors") {
  FOR_ALL_BACKENDS(backend);
  DirGuest d(backend);
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int n = 0; n < 4; ++n) {
    threads.emplace_back([&, n] {
      Thread t(d.guest.context());
      std::string name = "file" + std::to_string(n);
      for (int i = 0; i < 200; ++i) {
        uint64_t rights = static_cast<uint64_t>(Guest::kFile);
        if (t.call("path_open", {3, 0, t.put(name), name.size(), 1, rights, 0, 1, 0x80}) !=
            Errno::success) {
          ++failures;
          continue;
        }
        uint32_t fd = t.u32(0x80);
        t.put(name, 0x2000);
        t.vector(0x2000, static_cast<uint32_t>(name.size()));
        if (t.call("fd_write", {fd, 0x100, 1, 0x80}) != Errno::success) ++failures;
        if (t.call("fd_close", {fd}) != Errno::success) ++failures;
      }
    });
  }
  for (std::thread& t : threads) t.join();
  CHECK(failures == 0);
  for (int n = 0; n < 4; ++n) {
    CHECK(d.host_content("file" + std::to_string(n)).size() == 200 * 5);
  }
  CHECK(d.guest.must_open(3, "file0") == 4);
}

TEST_CASE("wasi: a path does not escape while links and directories change places") {
  Backend backend{};
  SUBCASE("openat2") { backend = Backend::host_openat2; }
  SUBCASE("walk") { backend = Backend::host_walk; }
  DirGuest d(backend);
  TempDir outside;
  outside.write("file", "SECRET");
  std::filesystem::create_directories(d.temp.path("real/sub"));
  d.temp.write("real/file", "public");
  d.temp.write("real/sub/file", "public");
  REQUIRE(::symlink(outside.path().c_str(), d.temp.path("evil").c_str()) == 0);

  std::atomic<bool> stop{false};
  std::string slot = d.temp.path("slot"), real = d.temp.path("real"), evil = d.temp.path("evil");
  std::thread attacker([&] {
    // The name is a directory, then a link out of the tree, then nothing, …
    while (!stop) {
      ::rename(real.c_str(), slot.c_str());
      ::rename(slot.c_str(), real.c_str());
      ::rename(evil.c_str(), slot.c_str());
      ::rename(slot.c_str(), evil.c_str());
    }
  });
  Thread t(d.guest.context());
  int reached = 0;
  for (int i = 0; i < 3000; ++i) {
    for (std::string_view path : {"slot/file", "slot/sub/../file", "slot/../slot/sub/file"}) {
      uint64_t rights = static_cast<uint64_t>(right::fd_read);
      Errno e = t.call("path_open", {3, 1, t.put(path), path.size(), 0, rights, 0, 0, 0x80});
      if (e != Errno::success) continue;
      uint32_t fd = t.u32(0x80);
      t.vector(0x2000, 6);
      REQUIRE(t.call("fd_read", {fd, 0x100, 1, 0x80}) == Errno::success);
      if (t.text(0x2000, 6) != "public") FAIL("read a file outside");
      t.call("fd_close", {fd});
      ++reached;
    }
    std::string_view made = "slot/made";
    if (t.call("path_create_directory", {3, t.put(made), made.size()}) == Errno::success) {
      t.call("path_remove_directory", {3, t.put(made), made.size()});
    }
    std::string_view file = "slot/file";
    t.call("path_filestat_set_times", {3, 0, t.put(file), file.size(), 0, 1, 4});
  }
  stop = true;
  attacker.join();
  CHECK(outside.read("file") == "SECRET");
  CHECK(!outside.exists("made"));
  struct stat st;
  REQUIRE(::stat(outside.path("file").c_str(), &st) == 0);
  CHECK(st.st_mtim.tv_sec != 0);
  MESSAGE(reached << " of 9000 opens reached the file inside");
}

TEST_CASE("wasi: an open file outlives its descriptor while a call uses it") {
  int fds[2];
  REQUIRE(::pipe(fds) == 0);
  wasi::ContextConfig config;
  config.in = wasi::StdStream::descriptor(sys::UniqueFd(fds[0]));
  sys::UniqueFd writer(fds[1]);
  Guest g(std::move(config));
  Errno result = Errno::io;
  Thread reader(g.context());
  std::thread blocked([&] {
    reader.vector(0x2000, 10);
    result = reader.call("fd_read", {0, 0x100, 1, 0x80});
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  CHECK(g.call("fd_close", {0}) == Errno::success);
  REQUIRE(::write(writer.get(), "late", 4) == 4);
  blocked.join();
  CHECK(result == Errno::success);
  CHECK(reader.text(0x2000, 4) == "late");
}
