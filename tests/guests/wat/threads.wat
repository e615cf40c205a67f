;; wasi-threads: eight threads add to one counter in shared memory, some atomically, some under a
;; lock made of wait and notify; the main thread waits for all of them and prints the sums.
(module
  (import "env" "memory" (memory 2 2 shared))
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (export "memory" (memory 0))

  (global $counter i32 (i32.const 1024))  ;; added to atomically
  (global $locked i32 (i32.const 1028))   ;; added to under the lock
  (global $lock i32 (i32.const 1032))     ;; 0 free, 1 taken, 2 taken and waited for
  (global $done i32 (i32.const 1036))     ;; threads that have finished
  (global $started i32 (i32.const 1040))  ;; sum of the start arguments
  (global $ids i32 (i32.const 1044))      ;; threads whose id was positive

  (func $take
    (local $state i32)
    (local.set $state (i32.atomic.rmw.cmpxchg (global.get $lock) (i32.const 0) (i32.const 1)))
    (block $taken
      (loop $again
        (br_if $taken (i32.eqz (local.get $state)))
        (if (i32.or (i32.eq (local.get $state) (i32.const 2))
                    (i32.ne (i32.atomic.rmw.cmpxchg (global.get $lock) (i32.const 1) (i32.const 2))
                            (i32.const 0)))
          (then (drop (memory.atomic.wait32 (global.get $lock) (i32.const 2) (i64.const -1)))))
        (local.set $state (i32.atomic.rmw.cmpxchg (global.get $lock) (i32.const 0) (i32.const 2)))
        (br $again))))

  (func $release
    (if (i32.ne (i32.atomic.rmw.sub (global.get $lock) (i32.const 1)) (i32.const 1))
      (then
        (i32.atomic.store (global.get $lock) (i32.const 0))
        (drop (memory.atomic.notify (global.get $lock) (i32.const 1))))))

  (func (export "wasi_thread_start") (param $id i32) (param $argument i32)
    (local $i i32)
    (drop (i32.atomic.rmw.add (global.get $started) (local.get $argument)))
    (drop (i32.atomic.rmw.add (global.get $ids) (i32.gt_s (local.get $id) (i32.const 0))))
    (loop $more
      (drop (i32.atomic.rmw.add (global.get $counter) (i32.const 1)))
      (call $take)
      (i32.store (global.get $locked) (i32.add (i32.load (global.get $locked)) (i32.const 1)))
      (call $release)
      (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 5000))))
    (drop (i32.atomic.rmw.add (global.get $done) (i32.const 1)))
    (drop (memory.atomic.notify (global.get $done) (i32.const 1))))

  (func $print (param $number i32)  ;; in decimal, with a newline
    (local $at i32)
    (local.set $at (i32.const 2047))
    (i32.store8 (local.get $at) (i32.const 10))
    (loop $digit
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at)
        (i32.add (i32.const 48) (i32.rem_u (local.get $number) (i32.const 10))))
      (br_if $digit (local.tee $number (i32.div_u (local.get $number) (i32.const 10)))))
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (i32.sub (i32.const 2048) (local.get $at)))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))

  (func (export "_start")
    (local $i i32)
    (local $seen i32)
    (loop $more
      (if (i32.le_s (call $spawn (i32.add (local.get $i) (i32.const 100))) (i32.const 0))
        (then (call $proc_exit (i32.const 1))))
      (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 8))))
    (block $all
      (loop $wait
        (local.set $seen (i32.atomic.load (global.get $done)))
        (br_if $all (i32.eq (local.get $seen) (i32.const 8)))
        (drop (memory.atomic.wait32 (global.get $done) (local.get $seen) (i64.const 1000000000)))
        (br $wait)))
    (call $print (i32.atomic.load (global.get $counter)))
    (call $print (i32.load (global.get $locked)))
    (call $print (i32.atomic.load (global.get $started)))
    (call $print (i32.atomic.load (global.get $ids)))
    ;; Nobody notifies: the wait ends by its timeout, with 2; a wrong expectation is 1.
    (call $print (memory.atomic.wait32 (i32.const 2048) (i32.const 0) (i64.const 1000000)))
    (call $print (memory.atomic.wait64 (i32.const 2048) (i64.const 5) (i64.const -1)))
    (call $print (memory.atomic.notify (i32.const 2048) (i32.const 10)))))
