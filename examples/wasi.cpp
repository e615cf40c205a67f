// A WASI program in a box: arguments, captured output, files that exist in memory only.
#include <zwasm/zwasm.h>

#include <cstdio>

constexpr const char* kProgram = R"((module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "greeting.txt")
  (func $cat (param $fd i32)   ;; copies a file to stdout
    (i32.store (i32.const 0) (i32.const 1024))
    (i32.store (i32.const 4) (i32.const 4096))
    (drop (call $read (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.store (i32.const 4) (i32.load (i32.const 8)))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func (export "_start")
    (call $cat (i32.const 0))
    (if (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 12) (i32.const 0)
              (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 12))
      (then (call $exit (i32.const 1))))
    (call $cat (i32.load (i32.const 12)))
    (call $exit (i32.const 3)))))";

int main() {
  zwasm::Engine engine;
  auto module = zwasm::Module::from_wat(engine, kProgram).value();

  zwasm::MemoryDirectory files;
  files.add_file("greeting.txt", "Hello from a file that is on no disk.\n").value();
  zwasm::OutputCapture output;
  zwasm::WasiConfig wasi;
  wasi.args({"program"})
      .stdin_bytes("Hello from stdin.\n")
      .preopen(files, "/", zwasm::Access::read)
      .capture_stdout(output);

  zwasm::Store store(engine);
  store.set_wasi(wasi).value();
  zwasm::Linker linker(engine);
  linker.wasi();
  auto result = linker.instantiate(store, module).value().call("_start");
  // A program that calls proc_exit ends with an error of kind `exit`.
  if (!result && result.error().kind == zwasm::ErrorKind::exit)
    std::printf("exit status %u; it wrote:\n", *result.error().exit_status);
  std::fputs(output.text().c_str(), stdout);
}
