// The audit trail.
#include "wasi_fixture.h"

using namespace wasi_test;

namespace {

struct Traced {
  std::vector<std::string> lines;
  TempDir temp;
  Guest guest;
  explicit Traced(wasi::TraceFormat format) : guest(config(format)) {}
  std::string last() const { return lines.empty() ? "" : lines.back(); }

 private:
  wasi::ContextConfig config(wasi::TraceFormat format) {
    wasi::ContextConfig c;
    c.preopens.push_back({.guest_name = "/data",
                          .host_path = temp.path(),
                          .memory = nullptr,
                          .access = wasi::kReadWrite});
    c.trace.target = wasi::TraceConfig::Target::callback;
    c.trace.format = format;
    c.trace.callback = [this](std::string_view line) { lines.emplace_back(line); };
    return c;
  }
};

}  // namespace

TEST_CASE("wasi: the trace as text") {
  Traced t(wasi::TraceFormat::text);
  Guest& g = t.guest;
  g.open(3, "a \"b\"\n", Guest::kCreate | Guest::kTruncate, right::fd_read | right::fd_write, 1, 1);
  CHECK(t.last() ==
        "path_open(fd=3, lookup=symlink_follow, path=\"a \\\"b\\\"\\n\", oflags=creat|trunc, "
        "base=fd_read|fd_write, inheriting=0, flags=append) = success (opened=4)");
  g.write(4, "12345");
  CHECK(t.last() == "fd_write(fd=4, iovs=1) = success (nwritten=5)");
  g.call("fd_seek", {4, static_cast<uint64_t>(-3), 2, Guest::kOut});
  CHECK(t.last() == "fd_seek(fd=4, delta=-3, whence=end) = notcapable");
  g.open(3, std::string("\xff\x01", 2));
  CHECK(t.last().find("path=\"\\xff\\u0001\"") != std::string::npos);
  CHECK(t.last().find("= ilseq") != std::string::npos);
  g.call("path_unlink_file", {99, g.put("x"), 1});
  CHECK(t.last() == "path_unlink_file(fd=99, path=\"x\") = badf");
  g.call("path_unlink_file", {3, 0xffffffff, 10});
  CHECK(t.last() == "path_unlink_file(fd=3, path=out of bounds) = fault");
  g.symlink("target", 3, "link");
  CHECK(t.last() == "path_symlink(target=\"target\", fd=3, path=\"link\") = success");
  g.call("fd_prestat_get", {3, Guest::kOut});
  CHECK(t.last() == "fd_prestat_get(fd=3) = success (prestat=directory)");
  g.call("fd_prestat_dir_name", {3, Guest::kBuffer, 5});
  CHECK(t.last() == "fd_prestat_dir_name(fd=3) = success (name=\"/data\")");
  g.call("fd_filestat_get", {3, Guest::kStat});
  CHECK(t.last() == "fd_filestat_get(fd=3) = success (stat=directory)");
  g.call("clock_time_get", {1, 0, Guest::kOut});
  CHECK(t.last() == "clock_time_get(clock=monotonic, precision=0) = acces");
  g.call("fd_advise", {4, 1, 2, 3});
  CHECK(t.last().find("advice=willneed") != std::string::npos);
  g.call("proc_exit", {7});
  CHECK(t.last() == "proc_exit(code=7) = exit");
  g.call("sched_yield", {});
  CHECK(t.last() == "sched_yield() = success");
}

TEST_CASE("wasi: the trace as JSON") {
  Traced t(wasi::TraceFormat::json);
  Guest& g = t.guest;
  g.open(3, "na\xc3\xafve\t", Guest::kCreate, right::fd_read);
  CHECK(t.last() == R"({"call":"path_open","args":{"fd":3,"lookup":"0","path":"na)"
                    "\xc3\xaf"
                    R"(ve\u0009","oflags":"creat","base":"fd_read","inheriting":"0","flags":"0"},)"
                    R"("errno":"success","result":{"opened":4}})");
  g.open(3, "\xff");
  CHECK(t.last().find(R"("path":"\\xff")") != std::string::npos);
  g.call("fd_close", {9});
  CHECK(t.last() == R"({"call":"fd_close","args":{"fd":9},"errno":"badf","result":{}})");
  g.call("sched_yield", {});
  CHECK(t.last() == R"({"call":"sched_yield","args":{},"errno":"success","result":{}})");
}

TEST_CASE("wasi: the trace into a file") {
  TempDir temp;
  {
    wasi::ContextConfig c;
    c.trace.target = wasi::TraceConfig::Target::file;
    c.trace.file_path = temp.path("trace");
    Guest g(std::move(c));
    g.call("fd_close", {9});
    g.call("sched_yield", {});
  }
  CHECK(temp.read("trace") == "fd_close(fd=9) = badf\nsched_yield() = success\n");
}
