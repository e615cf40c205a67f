;; One function per operation that may be granted or refused; each returns WASI's error number
;; (0 success, 2 access, 8 bad descriptor, 20 exists, 44 no entry, 54 not a directory, 63 permission,
;; 69 read-only, 76 not capable) or a count. They are called with `--invoke`.
(module
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $fd_prestat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $fd_prestat_dir_name (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory" (func $path_create_directory (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $path_unlink_file (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_accept" (func $sock_accept (param i32 i32 i32) (result i32)))
  (memory (export "memory") 2)

  (data (i32.const 1024) "file.txt")         ;; 8 bytes
  (data (i32.const 1056) "new.txt")          ;; 7
  (data (i32.const 1088) "../outside.txt")   ;; 14
  (data (i32.const 1120) "/etc/passwd")      ;; 11
  (data (i32.const 1152) "link")             ;; 4
  (data (i32.const 1184) "made")             ;; 4
  (data (i32.const 1216) "written by the guest\n")  ;; 21

  (func (export "clock") (result i32) (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 0)))
  (func (export "random") (result i32) (call $random_get (i32.const 0) (i32.const 16)))
  (func (export "arguments") (result i32)
    (drop (call $args_sizes_get (i32.const 0) (i32.const 4))) (i32.load (i32.const 0)))
  (func (export "accept") (param $fd i32) (result i32)
    (call $sock_accept (local.get $fd) (i32.const 0) (i32.const 8)))

  ;; Prints the environment, one variable a line; returns how many there are.
  (func (export "environment") (result i32)
    (local $i i32) (local $at i32) (local $count i32)
    (drop (call $environ_sizes_get (i32.const 0) (i32.const 4)))
    (local.set $count (i32.load (i32.const 0)))
    (drop (call $environ_get (i32.const 8192) (i32.const 16384)))
    (block $end
      (loop $next
        (br_if $end (i32.ge_u (local.get $i) (local.get $count)))
        (local.set $at (i32.load (i32.add (i32.const 8192) (i32.mul (local.get $i) (i32.const 4)))))
        (call $print_until_zero (local.get $at))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (local.get $count))

  ;; Prints the names of the preopened directories; returns how many there are.
  (func (export "preopens") (result i32)
    (local $fd i32) (local $length i32)
    (local.set $fd (i32.const 3))
    (block $end
      (loop $next
        (br_if $end (call $fd_prestat_get (local.get $fd) (i32.const 0)))
        (local.set $length (i32.load (i32.const 4)))
        (drop (call $fd_prestat_dir_name (local.get $fd) (i32.const 8192) (local.get $length)))
        (i32.store8 (i32.add (i32.const 8192) (local.get $length)) (i32.const 0))
        (call $print_until_zero (i32.const 8192))
        (local.set $fd (i32.add (local.get $fd) (i32.const 1)))
        (br $next)))
    (i32.sub (local.get $fd) (i32.const 3)))

  (func $print_until_zero (param $at i32)
    (local $end i32)
    (local.set $end (local.get $at))
    (loop $next
      (if (i32.load8_u (local.get $end))
        (then (local.set $end (i32.add (local.get $end) (i32.const 1))) (br $next))))
    (i32.store8 (local.get $end) (i32.const 10))
    (drop (call $output (i32.const 1) (local.get $at)
      (i32.add (i32.sub (local.get $end) (local.get $at)) (i32.const 1)))))

  (func $output (param $fd i32) (param $at i32) (param $length i32) (result i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $length))
    (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)))

  (func (export "write") (param $fd i32) (result i32)
    (call $output (local.get $fd) (i32.const 1216) (i32.const 21)))
  (func $read (export "read") (param $fd i32) (result i32)
    (i32.store (i32.const 0) (i32.const 16384))
    (i32.store (i32.const 4) (i32.const 4096))
    (call $fd_read (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)))

  ;; Opens a path for reading and prints the start of the file.
  (func $show (param $dir i32) (param $path i32) (param $length i32) (result i32)
    (local $error i32)
    (local.set $error (call $path_open (local.get $dir) (i32.const 1) (local.get $path)
      (local.get $length) (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 12)))
    (if (local.get $error) (then (return (local.get $error))))
    (local.set $error (call $read (i32.load (i32.const 12))))
    (if (local.get $error) (then (return (local.get $error))))
    (drop (call $output (i32.const 1) (i32.const 16384) (i32.load (i32.const 8))))
    (i32.const 0))
  (func (export "show") (param $dir i32) (result i32)
    (call $show (local.get $dir) (i32.const 1024) (i32.const 8)))
  (func (export "show_outside") (param $dir i32) (result i32)
    (call $show (local.get $dir) (i32.const 1088) (i32.const 14)))
  (func (export "show_absolute") (param $dir i32) (result i32)
    (call $show (local.get $dir) (i32.const 1120) (i32.const 11)))
  (func (export "show_link") (param $dir i32) (result i32)
    (call $show (local.get $dir) (i32.const 1152) (i32.const 4)))

  (func (export "create") (param $dir i32) (result i32)
    (local $error i32)
    (local.set $error (call $path_open (local.get $dir) (i32.const 0) (i32.const 1056) (i32.const 7)
      (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 12)))
    (if (local.get $error) (then (return (local.get $error))))
    (call $output (i32.load (i32.const 12)) (i32.const 1216) (i32.const 21)))
  (func (export "make_directory") (param $dir i32) (result i32)
    (call $path_create_directory (local.get $dir) (i32.const 1184) (i32.const 4)))
  (func (export "remove") (param $dir i32) (result i32)
    (call $path_unlink_file (local.get $dir) (i32.const 1024) (i32.const 8))))
