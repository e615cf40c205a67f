// The short way: zwasm::load, WasmModule, WasmFn, ImportEntry.
#include <doctest/doctest.h>
#include <zwasm/zwasm.h>

#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <tuple>

#include "test_engine.h"

using namespace zwasm;

namespace {

constexpr const char* kMath = R"((module
  (memory (export "memory") 1)
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "long") (param i64) (result i64) (local.get 0))
  (func (export "half") (param f64) (result f64) (f64.div (local.get 0) (f64.const 2)))
  (func (export "single") (param f32) (result f32) (local.get 0))
  (func (export "two") (param i32) (result i32 f64) (local.get 0) (f64.const 0.5))
  (func (export "none"))
  (func (export "vector") (param v128) (result v128) (local.get 0))
  (func (export "same") (param externref) (result externref) (local.get 0))
  (func (export "trap") unreachable)
  (func (export "forever") (loop $l (br $l)))))";

}  // namespace

TEST_CASE("five lines") {
  const std::string path = temporary_file("module.wat");
  std::FILE* file = std::fopen(path.c_str(), "w");
  REQUIRE(file != nullptr);
  std::fputs(kMath, file);
  std::fclose(file);
  auto module = zwasm::load(path).value();
  CHECK(module.call<int>("add", 2, 40).value() == 42);
  CHECK(module.call("add", 2, 40).value()[0].i32() == 42);
  std::remove(path.c_str());
  CHECK(zwasm::load("no such file.wasm").error().kind == ErrorKind::io);
}

TEST_CASE("arguments and results are plain numbers of any type") {
  auto math = WasmModule::from_wat(kMath).value();
  CHECK(math.call<int64_t>("long", 7).value() == 7);
  CHECK(math.call<uint64_t>("long", UINT64_MAX).value() == UINT64_MAX);
  CHECK(math.call<int64_t>("long", INT64_MIN).value() == INT64_MIN);
  CHECK(math.call<uint32_t>("add", 0xffff'fffe, 1u).value() == 0xffff'ffff);
  CHECK(math.call<int32_t>("add", 'a', short{1}).value() == 'b');
  CHECK(math.call<bool>("add", true, false).value());
  CHECK(math.call<double>("half", 3).value() == 1.5);
  CHECK(math.call<double>("half", 3.0f).value() == 1.5);
  CHECK(math.call<float>("single", 0.1).value() == 0.1f);
  CHECK(math.call<double>("single", 0.5).value() == 0.5);
  CHECK(std::isnan(math.call<float>("single", std::nan("")).value()));
  auto [number, half] = math.call<std::tuple<int, double>>("two", 9).value();
  CHECK(number == 9);
  CHECK(half == 0.5);
  CHECK(math.call<void>("none").ok());
  CHECK(math.call("none").value().empty());
  V128 vector = V128::of<int32_t>({1, 2, 3, 4});
  CHECK(math.call<V128>("vector", vector).value() == vector);
  Ref host = Ref::host(math.store(), std::string("here")).value();
  CHECK(*math.call<Ref>("same", host).value().as_host<std::string>() == "here");
  CHECK(math.call<Value>("add", Value(1), 2).value().i32() == 3);

  WasmFn add = math.fn("add").value();
  CHECK(add(1, 2).value()[0].i32() == 3);
  CHECK(add.call<int>(1, 2).value() == 3);
  CHECK(add.type().to_string() == "(func (param i32 i32) (result i32))");
  CHECK(math.get<int32_t(int32_t, int32_t)>("add").value()(1, 2).value() == 3);
}

TEST_CASE("what does not fit is an error") {
  auto math = WasmModule::from_wat(kMath).value();
  auto message = [](const auto& result) {
    REQUIRE(!result.ok());
    CHECK(result.error().kind == ErrorKind::usage);
    return result.error().message;
  };
  CHECK(message(math.call("add", int64_t{1} << 40, 1)) ==
        "argument 1 of \"add\": 1099511627776 does not fit i32");
  CHECK(message(math.call("add", 1, 0.5)) == "argument 2 of \"add\": 0.5 does not fit i32");
  CHECK(message(math.call("half", INT64_MAX)).find("does not fit f64") != std::string::npos);
  CHECK(message(math.call("half", UINT64_MAX)).find("does not fit f64") != std::string::npos);
  CHECK(message(math.call("single", 16'777'217)).find("does not fit f32") != std::string::npos);
  CHECK(message(math.call("single", 1e300)).find("does not fit f32") != std::string::npos);
  CHECK(message(math.call("same", 1)).find("does not fit externref") != std::string::npos);
  CHECK(message(math.call("add", 1)).find("takes 2 values") != std::string::npos);
  CHECK(message(math.call("add", 1, 2, 3)).find("takes 2 values") != std::string::npos);
  CHECK(message(math.call("ad", 1, 2)).find("add") != std::string::npos);
  CHECK(message(math.call<int8_t>("add", 100, 100)).find("do not fit") != std::string::npos);
  CHECK(message(math.call<double>("add", 1, 1)).find("C++ type") != std::string::npos);
  CHECK(message(math.call<int>("two", 1)).find("C++ type") != std::string::npos);
  CHECK(math.call("trap").error().trap == Trap::unreachable);
}

TEST_CASE("imports are a list") {
  int seen = 0;
  auto math = WasmModule::from_wat(kMath).value();
  auto app = WasmModule::from_wat(R"((module
      (import "env" "log" (func $log (param i32)))
      (import "math" "add" (func $add (param i32 i32) (result i32)))
      (import "other" "memory" (memory 1))
      (global $ready (mut i32) (i32.const 0))
      (func (export "_initialize") (global.set $ready (i32.const 1)))
      (func (export "run") (param i32) (result i32)
        (call $log (local.get 0))
        (i32.add (call $add (local.get 0) (i32.const 1)) (global.get $ready)))))",
                                  {.imports = {{"env", "log", [&seen](int32_t x) { seen = x; }},
                                               {"math", math},
                                               {"other", "memory", math.memory().value()}}});
  if (!app) MESSAGE(app.error().to_string());
  REQUIRE(app.ok());
  CHECK(app->call<int>("run", 5).value() == 7);
  CHECK(seen == 5);
  // They share a store, so the one may go before the other.
  math = WasmModule::from_wat(kMath).value();
  CHECK(app->call<int>("run", 6).value() == 8);
  auto third = WasmModule::from_wat("(module)", {.imports = {{"a", *app}, {"b", math}}});
  REQUIRE(!third);
  CHECK(third.error().message.find("different stores") != std::string::npos);
  auto missing = WasmModule::from_wat(R"((module (import "env" "log" (func))))");
  CHECK(missing.error().kind == ErrorKind::link);
}

TEST_CASE("options of a load") {
  auto limited = WasmModule::from_wat(kMath, {.timeout = std::chrono::milliseconds(50)}).value();
  CHECK(limited.call("forever").error().trap == Trap::timeout);
  auto metered = WasmModule::from_wat(kMath, {.fuel = 1000}).value();
  CHECK(metered.call("forever").error().trap == Trap::out_of_fuel);
  auto small = WasmModule::from_wat(kMath, {.limits = {.max_memory_bytes = 1000}});
  CHECK(small.error().kind == ErrorKind::limit);

  OutputCapture out;
  auto program = WasmModule::from_wat(
      R"((module
        (import "wasi_snapshot_preview1" "fd_write"
          (func $write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (data (i32.const 0) "\10\00\00\00\03\00\00\00")
        (data (i32.const 16) "hi\n")
        (func (export "_start")
          (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
          (call $exit (i32.const 3)))))",
      {.wasi = WasiConfig().capture_stdout(out)});
  CHECK(program->run().value() == 3);
  CHECK(out.text() == "hi\n");
  CHECK(WasmModule::from_wat(kMath)->run().error().kind == ErrorKind::usage);
}
