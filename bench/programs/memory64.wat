;; A 64-bit memory: a sieve, and a walk through a shuffled cycle with 64-bit indices. Every access has an
;; explicit bound to check where no reservation can cover the address space.
(module
  ;; @prelude
  (memory $big i64 64)

  (func $sieve (param $limit i64) (result i64)
    (local $i i64) (local $j i64) (local $count i64)
    (memory.fill $big (i64.const 0) (i32.const 0) (local.get $limit))
    (local.set $i (i64.const 2))
    (loop $next
      (if (i32.eqz (i32.load8_u $big (local.get $i)))
        (then
          (local.set $count (i64.add (local.get $count) (i64.const 1)))
          (local.set $j (i64.mul (local.get $i) (local.get $i)))
          (block $out
            (loop $strike
              (br_if $out (i64.ge_u (local.get $j) (local.get $limit)))
              (i32.store8 $big (local.get $j) (i32.const 1))
              (local.set $j (i64.add (local.get $j) (local.get $i)))
              (br $strike)))))
      (br_if $next
        (i64.lt_u (local.tee $i (i64.add (local.get $i) (i64.const 1))) (local.get $limit))))
    (local.get $count))

  ;; Links 2^18 cells of 8 bytes into one cycle (an odd step over a power of two) and follows it.
  (func $walk (param $steps i64) (result i64)
    (local $i i64) (local $at i64) (local $sum i64)
    (loop $link
      (i64.store $big (i64.add (i64.const 1048576) (i64.shl (local.get $i) (i64.const 3)))
        (i64.and (i64.add (i64.mul (local.get $i) (i64.const 5)) (i64.const 17317))
                 (i64.const 0x3ffff)))
      (br_if $link
        (i64.lt_u (local.tee $i (i64.add (local.get $i) (i64.const 1))) (i64.const 0x40000))))
    (loop $follow
      (local.set $at
        (i64.load $big offset=1048576 (i64.shl (local.get $at) (i64.const 3))))
      (local.set $sum (i64.add (local.get $sum) (local.get $at)))
      (br_if $follow
        (i64.ne (local.tee $steps (i64.sub (local.get $steps) (i64.const 1))) (i64.const 0))))
    (local.get $sum))

  (func (export "_start")
    (local $rounds i64) (local $sum i64)
    (local.set $rounds (call $size))
    (loop $again
      (local.set $sum (i64.add (local.get $sum) (call $sieve (i64.const 1000000))))
      (local.set $sum (i64.add (local.get $sum) (call $walk (i64.const 500000))))
      (br_if $again
        (i64.ne (local.tee $rounds (i64.sub (local.get $rounds) (i64.const 1))) (i64.const 0))))
    (call $print (local.get $sum))))
