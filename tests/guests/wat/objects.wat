;; The collector at work: binary trees are built and dropped, a list of lists lives on, arrays of
;; references are filled and sorted, i31 and casts; far more is allocated than ever lives.
(module
  (rec
    (type $node (sub (struct (field $left (ref null $node)) (field $right (ref null $node)))))
    (type $leaf (sub $node (struct (field (ref null $node)) (field (ref null $node)) (field $value i32)))))
  (type $cell (struct (field $head (mut (ref null $node))) (field $tail (mut (ref null $cell)))))
  (type $numbers (array (mut i64)))
  (type $anys (array (mut anyref)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)

  (func $tree (param $depth i32) (result (ref $node))
    (if (result (ref $node)) (local.get $depth)
      (then (struct.new $node
        (call $tree (i32.sub (local.get $depth) (i32.const 1)))
        (call $tree (i32.sub (local.get $depth) (i32.const 1)))))
      (else (struct.new $leaf (ref.null $node) (ref.null $node) (i32.const 1)))))

  (func $sum (param $node (ref null $node)) (result i32)
    (local $leaf (ref null $leaf))
    (block $inner (result (ref $node))
      (block $none
        (br_on_null $none (local.get $node))
        (br_on_cast_fail $inner (ref $node) (ref $leaf))
        (local.set $leaf)
        (return (struct.get $leaf $value (local.get $leaf))))
      (return (i32.const 0)))
    (drop)
    (i32.add (call $sum (struct.get $node $left (local.get $node)))
             (call $sum (struct.get $node $right (local.get $node)))))

  (func $print (param $number i64)
    (local $at i32)
    (local.set $at (i32.const 2047))
    (i32.store8 (local.get $at) (i32.const 10))
    (loop $digit
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i64.store8 (local.get $at)
        (i64.add (i64.const 48) (i64.rem_u (local.get $number) (i64.const 10))))
      (br_if $digit (i64.ne (i64.const 0)
        (local.tee $number (i64.div_u (local.get $number) (i64.const 10))))))
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (i32.sub (i32.const 2048) (local.get $at)))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))

  (func $trees
    (local $i i32) (local $total i64) (local $kept (ref null $cell))
    (loop $more
      (local.set $kept (struct.new $cell (call $tree (i32.const 6)) (local.get $kept)))
      (local.set $total (i64.add (local.get $total)
        (i64.extend_i32_u (call $sum (call $tree (i32.const 10))))))
      (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 400))))
    (call $print (local.get $total))
    (local.set $total (i64.const 0))
    (loop $walk
      (local.set $total (i64.add (local.get $total)
        (i64.extend_i32_u (call $sum (struct.get $cell $head (local.get $kept))))))
      (br_if $walk (i32.eqz (ref.is_null
        (local.tee $kept (struct.get $cell $tail (local.get $kept)))))))
    (call $print (local.get $total)))

  ;; An old list whose heads are replaced by young objects again and again.
  (func $old_to_young
    (local $i i32) (local $list (ref null $cell)) (local $at (ref null $cell)) (local $total i64)
    (loop $grow
      (local.set $list (struct.new $cell (ref.null $node) (local.get $list)))
      (br_if $grow (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))))
    (local.set $i (i32.const 0))
    (local.set $at (local.get $list))
    (loop $replace
      (struct.set $cell $head (local.get $at) (call $tree (i32.const 3)))
      (local.set $at (struct.get $cell $tail (local.get $at)))
      (if (ref.is_null (local.get $at)) (then (local.set $at (local.get $list))))
      (br_if $replace (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                                (i32.const 50000))))
    (local.set $at (local.get $list))
    (loop $walk
      (local.set $total (i64.add (local.get $total)
        (i64.extend_i32_u (call $sum (struct.get $cell $head (local.get $at))))))
      (br_if $walk (i32.eqz (ref.is_null (local.tee $at (struct.get $cell $tail (local.get $at)))))))
    (call $print (local.get $total)))

  (func $arrays
    (local $i i32) (local $anys (ref null $anys)) (local $numbers (ref null $numbers))
    (local $total i64) (local $any anyref)
    (local.set $anys (array.new_default $anys (i32.const 3000)))
    (loop $fill
      (array.set $anys (local.get $anys) (i32.rem_u (local.get $i) (i32.const 3000))
        (if (result anyref) (i32.and (local.get $i) (i32.const 1))
          (then (ref.i31 (local.get $i)))
          (else (array.new $numbers (i64.extend_i32_u (local.get $i)) (i32.const 20)))))
      (br_if $fill (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                             (i32.const 200000))))
    (local.set $i (i32.const 0))
    (loop $add
      (local.set $any (array.get $anys (local.get $anys) (local.get $i)))
      (local.set $total (i64.add (local.get $total)
        (if (result i64) (ref.test (ref i31) (local.get $any))
          (then (i64.extend_i32_u (i31.get_u (ref.cast (ref i31) (local.get $any)))))
          (else (array.get $numbers (ref.cast (ref $numbers) (local.get $any)) (i32.const 19))))))
      (br_if $add (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3000))))
    (call $print (local.get $total)))

  (func (export "_start")
    (call $trees)
    (call $old_to_young)
    (call $arrays)))
