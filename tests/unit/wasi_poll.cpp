// Waiting: poll_oneoff, standard streams, sockets; and being interrupted.
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "sys/clocks.h"
#include "sys/sockets.h"
#include "wasi_fixture.h"

using namespace wasi_test;
using wasi::StdStream;
using wasi::p1::Outcome;

namespace {

constexpr uint32_t kIn = 0x300, kEvents = 0x8000;

struct Event {
  uint64_t userdata;
  Errno error;
  uint8_t type;
  uint64_t bytes;
  uint16_t flags;
};

// Builds subscriptions and reads events.
struct Poll {
  Guest& g;
  uint32_t count = 0;

  void clock(uint64_t userdata, uint32_t id, uint64_t timeout, uint16_t flags = 0) {
    uint32_t at = kIn + 48 * count++;
    g.store<uint64_t>(at, userdata);
    g.store<uint64_t>(at + 8, 0);
    g.store<uint32_t>(at + 16, id);
    g.store<uint64_t>(at + 24, timeout);
    g.store<uint64_t>(at + 32, 0);
    g.store<uint16_t>(at + 40, flags);
  }
  void descriptor(uint64_t userdata, uint8_t type, uint32_t fd) {
    uint32_t at = kIn + 48 * count++;
    g.store<uint64_t>(at, userdata);
    g.store<uint64_t>(at + 8, type);
    g.store<uint32_t>(at + 16, fd);
  }
  std::vector<Event> run() {
    Errno e = g.call("poll_oneoff", {kIn, kEvents, count, Guest::kOut});
    CHECK(e == Errno::success);
    std::vector<Event> events;
    if (e != Errno::success) return events;
    for (uint32_t i = 0; i < g.load<uint32_t>(Guest::kOut); ++i) {
      uint32_t at = kEvents + 32 * i;
      events.push_back({g.load<uint64_t>(at), static_cast<Errno>(g.load<uint16_t>(at + 8)),
                        g.load<uint8_t>(at + 10), g.load<uint64_t>(at + 16),
                        g.load<uint16_t>(at + 24)});
    }
    return events;
  }
};

struct Pipe {
  sys::UniqueFd in, out;
  Pipe() {
    int fds[2];
    REQUIRE(::pipe(fds) == 0);
    in.reset(fds[0]);
    out.reset(fds[1]);
  }
};

wasi::ContextConfig with_clock() {
  wasi::ContextConfig c;
  c.clock = true;
  return c;
}

// Fires a guest's handle a little later, from another thread.
struct Later {
  std::thread thread;
  explicit Later(Guest& g, sys::WakeReason reason = sys::WakeReason::interrupt)
      : thread([&g, reason] {
          std::this_thread::sleep_for(std::chrono::milliseconds(10));
          g.wake().fire(reason);
        }) {}
  ~Later() { thread.join(); }
};

sys::UniqueFd connect_to(uint16_t port) {
  sys::UniqueFd fd(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

// A guest with a listener as descriptor 3, and its port.
struct Server {
  uint16_t port = 0;
  Guest guest;
  Server() : guest(config()) {}

 private:
  wasi::ContextConfig config() {
    auto socket = sys::listen_on("127.0.0.1:0");
    REQUIRE(socket.ok());
    port = *sys::local_port(socket->get());
    wasi::ContextConfig c = with_clock();
    c.listeners.push_back({.address = "", .descriptor = std::move(*socket)});
    return c;
  }
};

}  // namespace

TEST_CASE("wasi: waiting for clocks") {
  Guest g(with_clock());
  uint64_t start = sys::monotonic_now();
  Poll p{g};
  p.clock(1, 1, 3'000'000);
  p.clock(2, 1, 3'600'000'000'000);
  p.clock(3, 0, UINT64_MAX);
  auto events = p.run();
  REQUIRE(events.size() == 1);
  CHECK(events[0].userdata == 1);
  CHECK(events[0].error == Errno::success);
  CHECK(events[0].type == 0);
  CHECK(sys::monotonic_now() - start >= 3'000'000);

  for (uint32_t id : {0u, 1u}) {
    auto clock = id == 0 ? sys::Clock::realtime : sys::Clock::monotonic;
    Poll absolute{g};
    uint64_t until = *sys::clock_now(clock) + 2'000'000;
    absolute.clock(4, id, until, 1);
    CHECK(absolute.run().size() == 1);
    CHECK(*sys::clock_now(clock) >= until);
    Poll past{g};
    past.clock(5, id, 1, 1);
    past.clock(6, id, 0);
    CHECK(past.run().size() == 2);
  }
  Poll odd{g};
  odd.clock(7, 2, 1);  // the processor's time does not pass while waiting for it
  odd.clock(8, 9, 1);
  events = odd.run();
  REQUIRE(events.size() == 2);
  CHECK(events[0].error == Errno::notsup);
  CHECK(events[1].error == Errno::inval);
  CHECK(g.call("poll_oneoff", {kIn, kEvents, 0, Guest::kOut}) == Errno::inval);
  g.store<uint8_t>(kIn + 8, 3);
  CHECK(g.call("poll_oneoff", {kIn, kEvents, 1, Guest::kOut}) == Errno::inval);
}

TEST_CASE("wasi: waiting for descriptors") {
  Pipe in, out;
  wasi::ContextConfig c = with_clock();
  c.in = StdStream::descriptor(std::move(in.in));
  c.out = StdStream::descriptor(std::move(out.out));
  Guest g(std::move(c));
  {
    Poll p{g};
    p.clock(1, 1, 2'000'000);
    p.descriptor(2, 1, 0);
    auto events = p.run();
    REQUIRE(events.size() == 1);
    CHECK(events[0].userdata == 1);
  }
  REQUIRE(::write(in.out.get(), "12345", 5) == 5);
  {
    Poll p{g};
    p.clock(1, 1, 3'600'000'000'000);
    p.descriptor(2, 1, 0);
    p.descriptor(3, 2, 1);
    p.descriptor(4, 1, 77);
    auto events = p.run();
    REQUIRE(events.size() == 3);
    CHECK(events[0].userdata == 2);
    CHECK(events[0].bytes == 5);
    CHECK(events[0].flags == 0);
    CHECK(events[1].userdata == 3);
    CHECK(events[1].type == 2);
    CHECK(events[2].error == Errno::badf);
  }
  CHECK(g.read(0) == "12345");
  in.out.reset();
  out.in.reset();
  Poll p{g};
  p.descriptor(1, 1, 0);
  p.descriptor(2, 2, 1);
  auto events = p.run();
  REQUIRE(events.size() == 2);
  CHECK(events[0].flags == 1);  // hangup
  CHECK(events[1].flags == 1);
  CHECK(g.read(0).empty());
  ::signal(SIGPIPE, SIG_IGN);
  CHECK(g.write(1, "x") == Errno::pipe);
}

TEST_CASE("wasi: regular files are always ready, streams of the wrong direction never") {
  DirGuest d(Backend::host_openat2);
  Guest& g = d.guest;
  REQUIRE(g.create(3, "f", "0123456789") == Errno::success);
  uint32_t fd = g.must_open(3, "f");
  CHECK(g.read(fd, 3) == "012");
  uint32_t deaf = g.must_open(3, "f", 0, right::fd_read);
  Poll p{g};
  p.descriptor(1, 1, fd);
  p.descriptor(2, 2, fd);
  p.descriptor(3, 1, deaf);
  p.descriptor(4, 2, 0);
  auto events = p.run();
  REQUIRE(events.size() == 4);
  CHECK(events[0].bytes == 7);
  CHECK(events[1].error == Errno::success);
  CHECK(events[2].error == Errno::notcapable);
  CHECK(events[3].error != Errno::success);
}

TEST_CASE("wasi: standard streams") {
  auto output = std::make_shared<wasi::CapturedOutput>(10);
  wasi::ContextConfig c = with_clock();
  c.in = StdStream::input("line one\nline two\n");
  c.out = StdStream::captured(output);
  c.err = StdStream::null();
  Guest g(std::move(c));
  CHECK(g.read(0, 9) == "line one\n");
  CHECK(g.read(0) == "line two\n");
  CHECK(g.read(0).empty());
  CHECK(g.write(1, "hello") == Errno::success);
  CHECK(g.write(2, "lost") == Errno::success);
  CHECK(g.load<uint32_t>(Guest::kOut) == 4);
  CHECK(output->text() == "hello");
  CHECK(g.write(1, " world!") == Errno::success);
  CHECK(g.load<uint32_t>(Guest::kOut) == 5);  // cut short at the limit
  CHECK(g.write(1, "x") == Errno::nospc);
  CHECK(output->take() == "hello worl");
  CHECK(g.write(0, "x") == Errno::notcapable);
  g.vector(1);
  CHECK(g.call("fd_read", {1, Guest::kVector, 1, Guest::kOut}) == Errno::notcapable);
  CHECK(g.call("fd_seek", {1, 0, 0, Guest::kOut}) == Errno::spipe);
  CHECK(g.call("fd_tell", {0, Guest::kOut}) == Errno::spipe);
  CHECK(g.call("fd_pread", {0, Guest::kVector, 1, 0, Guest::kOut}) == Errno::spipe);
  CHECK(g.call("sock_shutdown", {1, 1}) == Errno::notsock);
  CHECK(g.call("fd_filestat_get", {1, Guest::kStat}) == Errno::success);
  CHECK(g.call("fd_close", {1}) == Errno::success);
  CHECK(g.write(1, "x") == Errno::badf);
}

TEST_CASE("wasi: what the host lent keeps its open flags") {
  TempDir temp;
  sys::UniqueFd file(::open(temp.path("log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600));
  Pipe pipe;
  wasi::ContextConfig c;
  c.in = StdStream::descriptor(std::move(pipe.in));
  c.out = StdStream::descriptor(std::move(file));
  Guest g(std::move(c));
  REQUIRE(g.call("fd_fdstat_get", {1, Guest::kStat}) == Errno::success);
  CHECK(g.load<uint16_t>(Guest::kStat + 2) == 1);  // append, as it was opened
  // Non-blocking reads of a descriptor that is in blocking mode.
  CHECK(g.call("fd_fdstat_set_flags", {0, Guest::kNonblock}) == Errno::success);
  g.vector(10);
  CHECK(g.call("fd_read", {0, Guest::kVector, 1, Guest::kOut}) == Errno::again);
}

TEST_CASE("wasi: whatever waits is interrupted") {
  SUBCASE("a sleep") {
    Guest g(with_clock());
    Poll p{g};
    p.clock(1, 1, 3'600'000'000'000);
    Later later(g, sys::WakeReason::timeout);
    g.call("poll_oneoff", {kIn, kEvents, 1, Guest::kOut});
    CHECK(g.outcome() == Outcome::interrupted);
    CHECK(g.wake().reason() == sys::WakeReason::timeout);
  }
  SUBCASE("reading a pipe") {
    Pipe pipe;
    wasi::ContextConfig c;
    c.in = StdStream::descriptor(std::move(pipe.in));
    Guest g(std::move(c));
    g.vector(10);
    Later later(g);
    g.call("fd_read", {0, Guest::kVector, 1, Guest::kOut});
    CHECK(g.outcome() == Outcome::interrupted);
  }
  SUBCASE("writing to a full pipe") {
    Pipe pipe;
    wasi::ContextConfig c;
    c.out = StdStream::descriptor(std::move(pipe.out));
    Guest g(std::move(c));
    g.vector(500'000);
    Later later(g);
    g.call("fd_write", {1, Guest::kVector, 1, Guest::kOut});
    CHECK(g.outcome() == Outcome::interrupted);
  }
  SUBCASE("accepting") {
    Server s;
    Later later(s.guest);
    s.guest.call("sock_accept", {3, 0, Guest::kOut});
    CHECK(s.guest.outcome() == Outcome::interrupted);
  }
  SUBCASE("receiving") {
    Server s;
    sys::UniqueFd client = connect_to(s.port);
    REQUIRE(s.guest.call("sock_accept", {3, 0, Guest::kOut}) == Errno::success);
    uint32_t fd = s.guest.load<uint32_t>(Guest::kOut);
    s.guest.vector(10);
    Later later(s.guest);
    s.guest.call("sock_recv", {fd, Guest::kVector, 1, 0, Guest::kOut, Guest::kOut + 4});
    CHECK(s.guest.outcome() == Outcome::interrupted);
  }
}

TEST_CASE("wasi: a blocking write moves everything") {
  Pipe pipe;
  wasi::ContextConfig c;
  c.out = StdStream::descriptor(std::move(pipe.out));
  Guest g(std::move(c));
  constexpr uint32_t kLength = 600'000;
  std::string received;
  std::thread reader([&] {
    char buffer[10'000];
    while (received.size() < kLength) {
      ssize_t n = ::read(pipe.in.get(), buffer, sizeof buffer);
      if (n <= 0) break;
      received.append(buffer, static_cast<size_t>(n));
    }
  });
  g.vector(kLength);
  CHECK(g.call("fd_write", {1, Guest::kVector, 1, Guest::kOut}) == Errno::success);
  reader.join();
  CHECK(g.load<uint32_t>(Guest::kOut) == kLength);
  CHECK(received == g.text(Guest::kBuffer, kLength));
}

TEST_CASE("wasi: sockets") {
  Server s;
  Guest& g = s.guest;
  CHECK(g.call("fd_fdstat_set_flags", {3, Guest::kNonblock}) == Errno::success);
  CHECK(g.call("sock_accept", {3, 0, Guest::kOut}) == Errno::again);
  CHECK(g.call("sock_accept", {3, 1, Guest::kOut}) == Errno::inval);
  CHECK(g.call("sock_accept", {3, 0, Guest::kMemory}) == Errno::fault);
  CHECK(g.call("fd_fdstat_set_flags", {3, 0}) == Errno::success);
  sys::UniqueFd client = connect_to(s.port);
  {
    Poll p{g};
    p.descriptor(1, 1, 3);
    CHECK(p.run().size() == 1);
  }
  REQUIRE(g.call("sock_accept", {3, 0, Guest::kOut}) == Errno::success);
  uint32_t fd = g.load<uint32_t>(Guest::kOut);
  REQUIRE(g.call("fd_fdstat_get", {fd, Guest::kStat}) == Errno::success);
  CHECK(g.load<uint8_t>(Guest::kStat) == 6);  // socket_stream

  auto receive = [&](uint32_t length, uint32_t flags) {
    g.vector(length);
    Errno e = g.call("sock_recv", {fd, Guest::kVector, 1, flags, Guest::kOut, Guest::kOut + 4});
    CHECK(e == Errno::success);
    CHECK(g.load<uint16_t>(Guest::kOut + 4) == 0);
    return g.text(Guest::kBuffer, g.load<uint32_t>(Guest::kOut));
  };
  REQUIRE(::send(client.get(), "hello", 5, 0) == 5);
  CHECK(receive(3, 1) == "hel");  // peeked
  CHECK(receive(3, 0) == "hel");
  CHECK(g.read(fd, 10) == "lo");
  for (uint32_t flags : {2u, 3u}) {  // all of it; peeked first, all of it
    CAPTURE(flags);
    std::thread sender([&] {
      for (const char* part : {"one ", "two ", "three"}) {
        std::this_thread::sleep_for(std::chrono::milliseconds(3));
        ::send(client.get(), part, strlen(part), 0);
      }
    });
    CHECK(receive(13, flags) == "one two three");
    sender.join();
    if (flags == 3) CHECK(receive(100, 0) == "one two three");
  }
  CHECK(g.call("sock_recv", {fd, Guest::kVector, 1, 4, Guest::kOut, Guest::kOut}) == Errno::inval);

  std::memcpy(&g.memory()[Guest::kBuffer], "answer", 6);
  g.vector(6);
  CHECK(g.call("sock_send", {fd, Guest::kVector, 1, 0, Guest::kOut}) == Errno::success);
  CHECK(g.call("sock_send", {fd, Guest::kVector, 1, 1, Guest::kOut}) == Errno::inval);
  CHECK(g.write(fd, " by write") == Errno::success);
  char buffer[100] = {};
  CHECK(::recv(client.get(), buffer, 15, MSG_WAITALL) == 15);
  CHECK(std::string(buffer) == "answer by write");

  CHECK(g.call("sock_shutdown", {fd, 0}) == Errno::inval);
  CHECK(g.call("sock_shutdown", {fd, 4}) == Errno::inval);
  CHECK(g.call("sock_shutdown", {fd, 2}) == Errno::success);
  CHECK(g.write(fd, "x") == Errno::pipe);  // and no SIGPIPE
  CHECK(::recv(client.get(), buffer, 1, 0) == 0);
  client.reset();
  Poll p{g};
  p.descriptor(1, 1, fd);
  auto events = p.run();
  REQUIRE(events.size() == 1);
  CHECK(events[0].flags == 1);
  CHECK(receive(10, 2).empty());
  CHECK(g.call("fd_close", {fd}) == Errno::success);
}
