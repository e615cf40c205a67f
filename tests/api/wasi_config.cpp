// What an embedder says about WASI: standard streams from and into files, the number of open
// descriptors, what a linker makes of a whole module.
#include <doctest/doctest.h>
#include <zwasm/zwasm.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include "test_engine.h"

using namespace zwasm;

namespace {

// Copies a line of at most 64 bytes from stdin to stdout and stderr; opens files until it fails.
constexpr const char* kProgram = R"((module
  (import "wasi_snapshot_preview1" "fd_read"
    (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\40\00\00\00\40\00\00\00")
  (data (i32.const 32) "f")
  (func (export "copy") (result i32)
    (if (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8))
      (then (return (i32.const -1))))
    (i32.store (i32.const 4) (i32.load (i32.const 8)))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))
    (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 12)))
    (i32.load (i32.const 12)))
  (func (export "open") (result i32)
    (call $open (i32.const 3) (i32.const 0) (i32.const 32) (i32.const 1) (i32.const 0)
      (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16)))))";

std::string contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("standard streams are files of the host's") {
  const std::string in_path = temporary_file("in"), out_path = temporary_file("out"),
                    err_path = temporary_file("err");
  std::ofstream(in_path) << "a line\n";
  std::ofstream(out_path) << "what was there before";
  std::ofstream(err_path) << "before ";
  TestEngine engine;
  auto module = Module::from_wat(engine, kProgram).value();
  {
    Store store(engine);
    store
        .set_wasi(
            WasiConfig().stdin_file(in_path).stdout_file(out_path).stderr_file(err_path, true))
        .value();
    auto instance = Linker(engine).wasi().instantiate(store, module).value();
    CHECK(instance.call("copy").value()[0].i32() == 7);
  }
  CHECK(contents(out_path) == "a line\n");
  CHECK(contents(err_path) == "before a line\n");
  Store store(engine);
  auto failed = store.set_wasi(WasiConfig().stdin_file("no/such/file"));
  REQUIRE(!failed.ok());
  CHECK(failed.error().kind == ErrorKind::io);
  CHECK(failed.error().message.find("'no/such/file'") != std::string::npos);
  for (const std::string& path : {in_path, out_path, err_path}) std::remove(path.c_str());
}

TEST_CASE("a guest has so many descriptors") {
  TestEngine engine;
  auto module = Module::from_wat(engine, kProgram).value();
  MemoryDirectory files;
  files.add_file("f", "contents").value();
  Store store(engine);
  store.set_wasi(WasiConfig().preopen(files, "/").max_descriptors(6)).value();
  auto instance = Linker(engine).wasi().instantiate(store, module).value();
  auto open = instance.get<int32_t()>("open").value();
  CHECK(open().value() == 0);
  CHECK(open().value() == 0);
  CHECK(open().value() == 33);  // mfile
}

TEST_CASE("a module's exports under a name") {
  TestEngine engine;
  Store store(engine);
  Linker linker(engine);
  auto library = Module::from_wat(engine, R"((module
    (global $ready (mut i32) (i32.const 0))
    (func (export "_initialize") (global.set $ready (i32.const 40)))
    (func (export "f") (result i32) (global.get $ready))))")
                     .value();
  CHECK(linker.module(store, "lib", library).ok());
  auto app = Module::from_wat(engine, R"((module (import "lib" "f" (func $f (result i32)))
    (func (export "g") (result i32) (i32.add (call $f) (i32.const 2)))))")
                 .value();
  CHECK(linker.instantiate(store, app)->call("g").value()[0].i32() == 42);
  auto broken = Module::from_wat(engine, R"((module (func (export "_initialize") unreachable)))");
  CHECK(linker.module(store, "broken", *broken).error().trap == Trap::unreachable);
  CHECK(linker
            .module(store, "app",
                    Module::from_wat(engine, R"((module
    (import "broken" "f" (func))))")
                        .value())
            .error()
            .kind == ErrorKind::link);
}

TEST_CASE("wasi: output goes to a function of the host's as it is written") {
  TestEngine engine;
  Store store(engine);
  std::string out, err;
  WasiConfig wasi;
  wasi.stdin_bytes("to and fro")
      .capture_stdout([&out](std::string_view bytes) { out += "[" + std::string(bytes) + "]"; })
      .capture_stderr([&err](std::string_view bytes) { err += bytes; });
  REQUIRE(store.set_wasi(wasi));
  Linker linker(engine);
  linker.wasi();
  Instance instance = linker.instantiate(store, Module::from_wat(engine, kProgram).value()).value();
  CHECK(instance.call("copy").value()[0].i32() == 10);
  CHECK(out == "[to and fro]");
  CHECK(err == "to and fro");
  CHECK(instance.call("copy").value()[0].i32() == 0);  // nothing is written
  CHECK(out == "[to and fro]");
}

TEST_CASE("wasi: a guest may get the arguments of the process") {
  TestEngine engine;
  Store store(engine);
  WasiConfig wasi;
  wasi.args({"replaced"}).inherit_args();
  REQUIRE(store.set_wasi(wasi));
  Linker linker(engine);
  linker.wasi();
  Instance instance = linker
                          .instantiate(store, Module::from_wat(engine, R"((module
      (import "wasi_snapshot_preview1" "args_sizes_get"
        (func $sizes (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "args_get" (func $get (param i32 i32) (result i32)))
      (memory (export "memory") 16)
      (func (export "count") (result i32)
        (drop (call $sizes (i32.const 0) (i32.const 4))) (i32.load (i32.const 0)))
      (func (export "get") (result i32)
        (drop (call $get (i32.const 8) (i32.const 4096))) (i32.load (i32.const 8)))))")
                                                  .value())
                          .value();
  std::ifstream line("/proc/self/cmdline");
  std::string name, argument;
  std::getline(line, name, '\0');
  int32_t count = 1;
  while (std::getline(line, argument, '\0')) ++count;
  CHECK(instance.call("count").value()[0].i32() == count);
  auto at = static_cast<uint32_t>(instance.call("get").value()[0].i32());
  CHECK(instance.memory().value().read_string(at, name.size()) == name);
}
