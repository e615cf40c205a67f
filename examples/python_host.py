"""A host in Python: functions of Python as imports, memory as bytes, a WASI program with captured output."""
import zwasm

instance = zwasm.instantiate("""(module
  (import "host" "greet" (func $greet (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "Python")
  (func (export "run") (call $greet (i32.const 8) (i32.const 6)))
  (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1))))""",
  {"host": {"greet": lambda at, size: print(f"Hello, {instance.exports.memory[at:at + size].decode()}!")}})

instance.exports.run()
print("7 / 2 =", instance.exports.divide(7, 2))
try:
    instance.exports.divide(1, 0)
except zwasm.Trap as trap:
    print(f"{trap.code} in {trap.frames[0].func_name}")

wasi = zwasm.Wasi(args=["echo"], stdin=b"from stdin to stdout\n", capture=True)
program = zwasm.instantiate("""(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 100))
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.store (i32.const 4) (i32.load (i32.const 8)))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))""", wasi=wasi)
program.exports._start()
print("captured:", wasi.stdout)
