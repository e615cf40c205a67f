// What a call hook learns of each passage between host and guest: which function, with what, how it
// ended; WASI calls in words.
#include <doctest/doctest.h>
#include <zwasm/zwasm.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "test_engine.h"

using namespace zwasm;

namespace {

std::string text(const std::vector<Value>& values) {
  std::string all;
  for (const Value& value : values) all += (all.empty() ? "" : " ") + value.to_string();
  return all;
}

// A line per passage.
struct Log {
  std::vector<std::string> lines;
  void operator()(const CallInfo& call) {
    constexpr const char* kNames[] = {"wasm", "wasm back", "host", "host back"};
    std::string line = kNames[static_cast<int>(call.event())];
    line += " " + std::string(call.module()) + "." + std::string(call.name());
    if (call.func_index()) line += "#" + std::to_string(*call.func_index());
    if (call.event() == CallEvent::calling_wasm || call.event() == CallEvent::calling_host)
      line += "(" + text(call.arguments()) + ")";
    else if (call.error() != nullptr) line += " failed: " + call.error()->message;
    else line += " = " + text(call.results());
    if (call.caller()) line += " from " + std::string(call.caller()->module().name());
    lines.push_back(std::move(line));
  }
  std::string take() {
    std::string all;
    for (const std::string& line : lines) all += line + "\n";
    lines.clear();
    return all;
  }
};

struct World {
  World() : store(engine), linker(engine) {
    store.set_call_hook([this](const CallInfo& call) { log(call); });
  }
  Instance load(const char* wat) {
    return linker.instantiate(store, Module::from_wat(engine, wat).value()).value();
  }
  TestEngine engine;
  Store store;
  Linker linker;
  Log log;
};

}  // namespace

TEST_CASE("call hook: which function, with what, with which result") {
  World world;
  world.linker.func("env", "twice", [](int32_t x) { return 2 * x; });
  world.linker.func_raw("env", "raw", FuncType{{ValKind::f64}, {ValKind::i64, ValKind::v128}},
                        [](Caller&, std::span<const Value> args, std::span<Value> results) {
                          results[0] = static_cast<int64_t>(args[0].f64());
                          results[1] = V128::of<uint64_t>({1, 2});
                          return Result<void>();
                        });
  Instance instance = world.load(R"((module $guest
      (import "env" "raw" (func $raw (param f64) (result i64 v128)))
      (import "env" "twice" (func $twice (param i32) (result i32)))
      (func $quad (export "q") (param i32) (result i32) (call $twice (call $twice (local.get 0))))
      (func (export "raw") (result i64 v128) (call $raw (f64.const 7.5)))
      (func (export "ref") (param externref) (result externref) (local.get 0))))");
  CHECK(world.log.take() == "");  // it has no start function
  const std::string quad =
      "wasm guest.quad#2(5)\n"
      "host env.twice(5) from guest\nhost back env.twice = 10 from guest\n"
      "host env.twice(10) from guest\nhost back env.twice = 20 from guest\n"
      "wasm back guest.quad#2 = 20\n";
  CHECK(instance.call("q", {5}).ok());
  CHECK(world.log.take() == quad);
  CHECK(instance.get<int32_t(int32_t)>("q").value()(5).value() == 20);
  CHECK(world.log.take() == quad);
  CHECK(instance.call("raw").ok());
  CHECK(world.log.take().find("host env.raw(7.5) from guest\nhost back env.raw = 7 ") !=
        std::string::npos);

  // References are what they are on both sides, and may be kept.
  std::vector<Ref> kept;
  world.store.set_call_hook([&](const CallInfo& call) {
    for (const Value& value : call.arguments()) kept.push_back(value.ref());
    for (const Value& value : call.results()) kept.push_back(value.ref());
    REQUIRE(call.func().has_value());
    CHECK(call.type() == call.func()->type());
  });
  CHECK(instance.call("ref", {Ref::host(world.store, 42).value()}).ok());
  REQUIRE(kept.size() == 2);
  CHECK((kept[0] == kept[1] && *kept[1].as_host<int>() == 42));
}

TEST_CASE("call hook: how calls fail") {
  World world;
  world.linker.func("env", "fail", [](int32_t how) -> Result<void> {
    if (how == 0) return Error::host("no");
    if (how == 1) return Error::exit(3);
    throw std::runtime_error("thrown");
  });
  Instance instance = world.load(R"((module $guest (import "env" "fail" (func $f (param i32)))
      (func $go (export "go") (param i32) (call $f (local.get 0)))
      (func $trap (export "trap") unreachable)))");
  CHECK_FALSE(instance.call("trap").ok());
  CHECK(world.log.take() == "wasm guest.trap#2()\nwasm back guest.trap#2 failed: unreachable\n");
  CHECK_FALSE(instance.call("go", {0}).ok());
  CHECK(world.log.take() ==
        "wasm guest.go#1(0)\nhost env.fail(0) from guest\n"
        "host back env.fail failed: no from guest\nwasm back guest.go#1 failed: no\n");
  CHECK(instance.call("go", {1}).error().kind == ErrorKind::exit);
  CHECK(world.log.lines.size() == 4);
  world.log.take();
  CHECK_THROWS_AS(instance.call("go", {2}).value(), std::runtime_error);
  CHECK(world.log.lines.size() == 4);
}

TEST_CASE("call hook: the start function, and what takes itself away") {
  World world;
  world.load("(module $m (func $begin) (start $begin))");
  CHECK(world.log.take() == "wasm m.begin#0()\nwasm back m.begin#0 = \n");
  int events = 0;
  world.store.set_call_hook([&](CallEvent) {
    ++events;
    world.store.set_call_hook(nullptr);
  });
  CHECK(world.load("(module (func (export \"f\")))").call("f").ok());
  CHECK(events == 1);
}

TEST_CASE("call hook: WASI calls in words") {
  World world;
  OutputCapture out;
  MemoryDirectory files;
  REQUIRE(files.add_file("a.txt", "text").ok());
  REQUIRE(
      world.store.set_wasi(WasiConfig().capture_stdout(out).preopen(files, "/data", Access::read))
          .ok());
  world.linker.wasi();
  Instance instance = world.load(R"((module $guest
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "path_unlink_file"
        (func $unlink (param i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1) (data (i32.const 0) "\10\00\00\00\05\00\00\00")
      (data (i32.const 16) "helloa.txt")
      (func (export "write") (result i32) (call $write (i32.const 1) (i32.const 0) (i32.const 1)
        (i32.const 8)))
      (func (export "unlink") (result i32) (call $unlink (i32.const 3) (i32.const 21) (i32.const 5)))
      (func (export "exit") (call $exit (i32.const 7)))))");
  std::vector<WasiCall> calls;
  std::vector<Value> raw;
  world.store.set_call_hook([&](const CallInfo& call) {
    if (call.event() == CallEvent::calling_host) {
      CHECK(call.module() == "wasi_snapshot_preview1");
      CHECK_FALSE(call.wasi().has_value());
      raw = call.arguments();
    }
    if (call.event() != CallEvent::returning_from_host) return;
    REQUIRE(call.wasi().has_value());
    CHECK(call.name() == call.wasi()->function);
    calls.push_back(*call.wasi());
  });
  CHECK(instance.call("write").value()[0].i32() == 0);
  REQUIRE(calls.size() == 1);
  CHECK(text(raw) == "1 0 1 8");
  CHECK((calls[0].function == "fd_write" && calls[0].error == 0));
  CHECK(calls[0].arguments == std::vector<WasiValue>{{"fd", "1"}, {"iovs", "1"}});
  CHECK(calls[0].results == std::vector<WasiValue>{{"nwritten", "5"}});
  CHECK(calls[0].to_string() == "fd_write(fd=1, iovs=1) = success (nwritten=5)");

  const int32_t error = instance.call("unlink").value()[0].i32();
  CHECK(error != 0);
  REQUIRE(calls.size() == 2);
  CHECK(calls[1].error == error);
  CHECK(calls[1].arguments[1] == WasiValue{"path", "\"a.txt\""});
  CHECK(calls[1].to_string().find("path_unlink_file(fd=3, path=\"a.txt\") = ") == 0);

  CHECK(instance.call("exit").error().exit_status == 7u);
  REQUIRE(calls.size() == 3);
  CHECK(calls[2].to_string() == "proc_exit(code=7) = exit");
  CHECK(out.text() == "hello");
}

TEST_CASE("call hook: the audit trail beside it") {
  World world;
  std::vector<std::string> lines, told;
  REQUIRE(
      world.store
          .set_wasi(WasiConfig().trace([&](std::string_view line) { lines.emplace_back(line); }))
          .ok());
  world.store.set_call_hook([&](const CallInfo& call) {
    if (auto wasi = call.wasi()) told.push_back(wasi->to_string());
  });
  world.linker.wasi();
  Instance instance = world.load(R"((module
      (import "wasi_snapshot_preview1" "path_create_directory"
        (func $f (param i32 i32 i32) (result i32)))
      (memory (export "memory") 1) (data (i32.const 0) "new")
      (func (export "f") (result i32) (call $f (i32.const 3) (i32.const 0) (i32.const 3)))))");
  CHECK(instance.call("f").value()[0].i32() != 0);
  REQUIRE(lines.size() == 1);
  CHECK(lines == told);
  CHECK(lines[0].find("path=\"new\"") != std::string::npos);
}
