;; Exceptions: try_table entered and left without a throw (which should cost nothing), throws caught in
;; the same function, throws that unwind several frames, and rethrows through a handler in between.
(module
  ;; @prelude
  (tag $number (param i32))
  (tag $other)

  (func $may_throw (param $x i32) (result i32)
    (if (i32.eqz (i32.and (local.get $x) (i32.const 7)))
      (then (throw $number (local.get $x))))
    (i32.add (local.get $x) (i32.const 1)))

  (func $deep (param $depth i32) (param $x i32) (result i32)
    (if (result i32) (local.get $depth)
      (then (i32.add (i32.const 1)
        (call $deep (i32.sub (local.get $depth) (i32.const 1)) (local.get $x))))
      (else (call $may_throw (local.get $x)))))

  (func $passes_on (param $x i32) (result i32)
    (local $e exnref)
    (block $caught (result exnref)
      (return
        (try_table (result i32) (catch_all_ref $caught)
          (call $deep (i32.const 4) (local.get $x)))))
    (local.set $e)
    (throw_ref (local.get $e)))

  (func $catches (param $x i32) (result i32)
    (block $number (result i32)
      (block $other
        (return
          (try_table (result i32) (catch $number $number) (catch $other $other)
            (call $passes_on (local.get $x)))))
      (i32.const 5))
    (i32.sub (i32.const 3)))

  (func $local (param $x i32) (result i32)
    (block $caught (result i32)
      (try_table (result i32) (catch $number $caught)
        (if (result i32) (i32.and (local.get $x) (i32.const 3))
          (then (local.get $x))
          (else (throw $number (i32.const 9)))))))

  (func (export "_start")
    (local $i i32) (local $sum i64)
    (local.set $i (i32.wrap_i64 (call $size)))
    (loop $next
      (local.set $sum (i64.add (local.get $sum)
        (i64.extend_i32_u (i32.add (call $catches (local.get $i)) (call $local (local.get $i))))))
      (br_if $next
        (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (call $print (local.get $sum))))
