;; Exits by proc_exit with the number a caller gives, or with 7.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "with") (param i32) (call $proc_exit (local.get 0)) unreachable)
  (func (export "_start") (call $proc_exit (i32.const 7)) unreachable))
