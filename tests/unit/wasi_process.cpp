// Arguments, environment, clocks, random bytes, the end of the program; what is refused.
#include "sys/clocks.h"
#include "wasi_fixture.h"

using namespace wasi_test;
using wasi::p1::Outcome;

namespace {

std::vector<std::string> strings(Guest& g, const char* sizes, const char* get) {
  REQUIRE(g.call(sizes, {Guest::kOut, Guest::kOut + 4}) == Errno::success);
  uint32_t count = g.load<uint32_t>(Guest::kOut), bytes = g.load<uint32_t>(Guest::kOut + 4);
  uint32_t end = Guest::kBuffer + bytes;
  g.store<uint8_t>(end, 0x5A);
  REQUIRE(g.call(get, {Guest::kVector, Guest::kBuffer}) == Errno::success);
  CHECK(g.load<uint8_t>(end) == 0x5A);  // exactly as long as announced
  std::vector<std::string> list;
  for (uint32_t i = 0; i < count; ++i) {
    list.emplace_back(
        reinterpret_cast<const char*>(&g.memory()[g.load<uint32_t>(Guest::kVector + 4 * i)]));
  }
  return list;
}

}  // namespace

TEST_CASE("wasi: arguments and environment") {
  wasi::ContextConfig config;
  config.args = {"prog", "", "the \"second\"", "naïve"};
  config.env = {"A=1", "EMPTY=", "X=a=b\nc"};
  auto args = config.args, env = config.env;
  Guest g(std::move(config));
  CHECK(strings(g, "args_sizes_get", "args_get") == args);
  CHECK(strings(g, "environ_sizes_get", "environ_get") == env);
  CHECK(g.call("args_sizes_get", {Guest::kMemory, 0}) == Errno::fault);
  CHECK(g.call("args_sizes_get", {0, Guest::kMemory - 3}) == Errno::fault);
  CHECK(g.call("args_get", {Guest::kMemory - 15, 0}) == Errno::fault);
  CHECK(g.call("args_get", {0, Guest::kMemory - 5}) == Errno::fault);
}

TEST_CASE("wasi: a fresh configuration grants nothing") {
  Guest g;
  CHECK(strings(g, "args_sizes_get", "args_get").empty());
  CHECK(strings(g, "environ_sizes_get", "environ_get").empty());
  CHECK(g.call("clock_time_get", {1, 0, Guest::kOut}) == Errno::acces);
  CHECK(g.call("clock_res_get", {1, Guest::kOut}) == Errno::acces);
  CHECK(g.call("random_get", {Guest::kBuffer, 10}) == Errno::acces);
  g.vector(10);
  CHECK(g.call("fd_read", {0, Guest::kVector, 1, Guest::kOut}) == Errno::acces);
  CHECK(g.call("fd_write", {1, Guest::kVector, 1, Guest::kOut}) == Errno::acces);
  CHECK(g.call("fd_write", {2, Guest::kVector, 1, Guest::kOut}) == Errno::acces);
  CHECK(g.call("fd_prestat_get", {3, Guest::kOut}) == Errno::badf);
  CHECK(g.open(3, "x").error == Errno::badf);
  CHECK(g.call("sock_accept", {3, 0, Guest::kOut}) == Errno::badf);
  // Waiting is telling the time, too.
  g.store<uint64_t>(0x300, 7);
  g.store<uint64_t>(0x308, 0);
  g.store<uint32_t>(0x310, 1);
  g.store<uint64_t>(0x318, 1);
  g.store<uint16_t>(0x328, 0);
  CHECK(g.call("poll_oneoff", {0x300, 0x400, 1, Guest::kOut}) == Errno::success);
  CHECK(g.load<uint16_t>(0x408) == static_cast<uint16_t>(Errno::acces));
  // The end of the program needs no grant.
  g.call("proc_exit", {3});
  CHECK(g.outcome() == Outcome::exited);
}

TEST_CASE("wasi: clocks") {
  wasi::ContextConfig config;
  config.clock = true;
  Guest g(std::move(config));
  for (uint32_t id = 0; id < 4; ++id) {
    CHECK(g.call("clock_time_get", {id, 1, Guest::kOut}) == Errno::success);
    uint64_t first = g.load<uint64_t>(Guest::kOut);
    CHECK(g.call("clock_time_get", {id, 0, Guest::kOut}) == Errno::success);
    CHECK(g.load<uint64_t>(Guest::kOut) >= first);
    CHECK(g.call("clock_res_get", {id, Guest::kOut}) == Errno::success);
    CHECK(g.load<uint64_t>(Guest::kOut) > 0);
  }
  CHECK(g.call("clock_time_get", {4, 0, Guest::kOut}) == Errno::inval);
  CHECK(g.call("clock_res_get", {0xffffffff, Guest::kOut}) == Errno::inval);
}

TEST_CASE("wasi: random bytes") {
  wasi::ContextConfig config;
  config.random = true;
  Guest g(std::move(config));
  std::fill(g.memory().begin(), g.memory().end(), uint8_t{0});
  CHECK(g.call("random_get", {1, Guest::kMemory - 2}) == Errno::success);
  CHECK(g.load<uint8_t>(0) == 0);
  CHECK(g.load<uint8_t>(Guest::kMemory - 1) == 0);
  int zeros = 0;
  for (uint8_t b : g.memory()) zeros += b == 0;
  CHECK(zeros < static_cast<int>(Guest::kMemory / 100));
  CHECK(g.call("random_get", {Guest::kMemory, 0}) == Errno::success);
  g.wake().fire(sys::WakeReason::timeout);
  g.call("random_get", {0, 100});
  CHECK(g.outcome() == Outcome::interrupted);
}

TEST_CASE("wasi: the end of the program") {
  Guest g;
  g.call("proc_exit", {0xfffffff0});
  CHECK(g.outcome() == Outcome::exited);
  CHECK(g.exit_code() == 0xfffffff0);
  CHECK(g.call("sched_yield", {}) == Errno::success);
  CHECK(g.outcome() == Outcome::returned);
  CHECK(g.call("proc_raise", {0}) == Errno::success);
  CHECK(g.outcome() == Outcome::returned);
  CHECK(g.call("proc_raise", {13}) == Errno::success);  // a broken pipe is ignored
  CHECK(g.call("proc_raise", {18}) == Errno::notsup);   // stop
  CHECK(g.call("proc_raise", {31}) == Errno::inval);
  g.call("proc_raise", {6});
  CHECK(g.outcome() == Outcome::exited);
  CHECK(g.exit_code() == 134);
}

TEST_CASE("wasi: configurations that cannot work are told in words") {
  auto message = [](wasi::ContextConfig config) {
    auto context = wasi::Context::create(std::move(config));
    return context ? std::string() : context.error().message;
  };
  wasi::ContextConfig c;
  c.args = {std::string("a\0b", 3)};
  CHECK(message(std::move(c)).find("NUL") != std::string::npos);
  c = {};
  c.env = {"NOVALUE"};
  CHECK(message(std::move(c)) == "environment variable 'NOVALUE' has no '=': expected NAME=value");
  c = {};
  c.preopens.push_back({.guest_name = "/",
                        .host_path = "/nonexistent/x",
                        .memory = nullptr,
                        .access = wasi::kReadOnly});
  CHECK(message(std::move(c)) ==
        "cannot open directory '/nonexistent/x': no such file or directory");
  c = {};
  c.preopens.push_back(
      {.guest_name = "", .host_path = "/tmp", .memory = nullptr, .access = wasi::kReadOnly});
  CHECK(message(std::move(c)).find("guest's name") != std::string::npos);
  c = {};
  c.listeners.push_back({.address = "nonsense", .descriptor = {}});
  CHECK(message(std::move(c)) == "cannot listen on 'nonsense': invalid argument");
  c = {};
  c.trace.target = wasi::TraceConfig::Target::file;
  c.trace.file_path = "/nonexistent/trace";
  CHECK(message(std::move(c)).find("cannot write the trace") == 0);
}

TEST_CASE("wasi: the table of functions") {
  using wasi::p1::find_p1_function;
  CHECK(wasi::p1::preview1_functions().size() == 46);
  for (const auto& f : wasi::p1::preview1_functions()) {
    CAPTURE(f.name);
    CHECK(find_p1_function("wasi_snapshot_preview1", f.name) == &f);
    // The words for the trace describe exactly the parameters of the signature.
    size_t parameters = 0;
    for (size_t i = 0; i < f.parameters.size();) {
      size_t end = std::min(f.parameters.find(' ', i), f.parameters.size());
      std::string_view word = f.parameters.substr(i, end - i);
      size_t mark = word.find_first_of(":>");
      REQUIRE(mark != std::string_view::npos);
      std::string_view kind = word.substr(mark + 1);
      bool pair = kind == "str" || kind == "buf" || kind == "iovs" || kind == "text";
      bool wide = word[mark] == ':' && (kind == "u64" || kind == "i64" || kind == "rights");
      CHECK(f.signature.substr(parameters, pair ? 2 : 1) == (pair ? "ii" : wide ? "I" : "i"));
      parameters += pair ? 2 : 1;
      i = end + 1;
    }
    CHECK(f.signature[parameters] == ':');
  }
  CHECK(find_p1_function("wasi_unstable", "fd_read") != nullptr);
  CHECK(find_p1_function("wasi_unstable", "sock_accept") == nullptr);
  CHECK(find_p1_function("wasi_snapshot_preview1", "fd_reed") == nullptr);
  CHECK(find_p1_function("env", "fd_read") == nullptr);
}

TEST_CASE("wasi: the older snapshot has other layouts") {
  DirGuest d(Backend::host_openat2);
  Guest& g = d.guest;
  REQUIRE(g.create(3, "f", "0123456789") == Errno::success);
  uint32_t fd = g.must_open(3, "f");
  g.use_unstable();
  // whence: cur, end, set
  CHECK(g.call("fd_seek", {fd, 4, 2, Guest::kOut}) == Errno::success);
  CHECK(g.load<uint64_t>(Guest::kOut) == 4);
  CHECK(g.call("fd_seek", {fd, 2, 0, Guest::kOut}) == Errno::success);
  CHECK(g.load<uint64_t>(Guest::kOut) == 6);
  CHECK(g.call("fd_seek", {fd, 0, 1, Guest::kOut}) == Errno::success);
  CHECK(g.load<uint64_t>(Guest::kOut) == 10);
  CHECK(g.call("fd_seek", {fd, 0, 3, Guest::kOut}) == Errno::inval);
  // filestat: nlink is 32 bits wide
  for (bool by_path : {false, true}) {
    g.store<uint64_t>(Guest::kStat + 56, 0x1122334455667788);
    CHECK((by_path ? g.stat(3, "f") : g.call("fd_filestat_get", {fd, Guest::kStat})) ==
          Errno::success);
    CHECK(g.stat_type() == wasi::FileType::regular_file);
    CHECK(g.load<uint32_t>(Guest::kStat + 20) == 1);
    CHECK(g.load<uint64_t>(Guest::kStat + 24) == 10);
    CHECK(g.load<uint64_t>(Guest::kStat + 40) > 1'600'000'000'000'000'000u);
    CHECK(g.load<uint64_t>(Guest::kStat + 56) == 0x1122334455667788);
  }
  // subscription: the clock has an identifier before its id
  uint32_t at = 0x300;
  g.store<uint64_t>(at, 42);
  g.store<uint64_t>(at + 8, 0);
  g.store<uint64_t>(at + 16, 99);         // identifier
  g.store<uint32_t>(at + 24, 1);          // monotonic
  g.store<uint64_t>(at + 32, 1'000'000);  // timeout
  g.store<uint64_t>(at + 40, 0);
  g.store<uint16_t>(at + 48, 0);
  g.store<uint64_t>(at + 56, 43);
  g.store<uint64_t>(at + 64, 1);
  g.store<uint32_t>(at + 72, 77);  // a descriptor that does not exist
  uint64_t start = sys::monotonic_now();
  CHECK(g.call("poll_oneoff", {at, 0x400, 1, Guest::kOut}) == Errno::success);
  CHECK(sys::monotonic_now() - start >= 1'000'000);
  CHECK(g.load<uint64_t>(0x400) == 42);
  CHECK(g.call("poll_oneoff", {at, 0x400, 2, Guest::kOut}) == Errno::success);
  CHECK(g.load<uint32_t>(Guest::kOut) == 1);
  CHECK(g.load<uint64_t>(0x400) == 43);
  CHECK(g.load<uint16_t>(0x408) == static_cast<uint16_t>(Errno::badf));
}
