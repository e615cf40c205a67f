;; Objects as a compiled object-oriented language uses them: a class hierarchy with method tables of
;; typed function references, casts down the hierarchy, boxed i31 numbers, arrays that grow, and writes
;; of young objects into old ones.
(module
  ;; @prelude
  (rec
    (type $value_method (func (param (ref $shape)) (result i32)))
    (type $vtable (struct (field $value (ref $value_method))))
    (type $shape (sub (struct (field $vtable (ref $vtable)) (field $id (mut i32)))))
    (type $square (sub $shape
      (struct (field $vtable (ref $vtable)) (field $id (mut i32)) (field $side i32))))
    (type $pair (sub final $shape
      (struct (field $vtable (ref $vtable)) (field $id (mut i32))
              (field $first (mut (ref null $shape))) (field $second (mut (ref null $shape)))))))
  (type $shapes (array (mut (ref null $shape))))
  (type $boxes (array (mut (ref null eq))))

  (global $square_vtable (ref $vtable) (struct.new $vtable (ref.func $square_value)))
  (global $pair_vtable (ref $vtable) (struct.new $vtable (ref.func $pair_value)))
  (elem declare func $square_value $pair_value)

  (func $square_value (type $value_method) (param $self (ref $shape)) (result i32)
    (local $square (ref $square))
    (local.set $square (ref.cast (ref $square) (local.get $self)))
    (i32.mul (struct.get $square $side (local.get $square))
             (struct.get $square $side (local.get $square))))

  (func $value_of (param $shape (ref null $shape)) (result i32)
    (if (result i32) (ref.is_null (local.get $shape))
      (then (i32.const 1))
      (else
        (call_ref $value_method
          (ref.as_non_null (local.get $shape))
          (struct.get $vtable $value
            (struct.get $shape $vtable (ref.as_non_null (local.get $shape))))))))

  (func $pair_value (type $value_method) (param $self (ref $shape)) (result i32)
    (local $pair (ref $pair))
    (local.set $pair (ref.cast (ref $pair) (local.get $self)))
    (i32.add (i32.const 1)
      (i32.xor (call $value_of_square (struct.get $pair $first (local.get $pair)))
               (call $value_of_square (struct.get $pair $second (local.get $pair))))))

  ;; Only squares are followed: pairs may point at each other in cycles.
  (func $value_of_square (param $shape (ref null $shape)) (result i32)
    (block $other (result (ref null $shape))
      (return (call $value_of
        (br_on_cast_fail $other (ref null $shape) (ref $square) (local.get $shape)))))
    (drop)
    (i32.const 3))

  (func (export "_start")
    (local $rounds i32) (local $i i32) (local $sum i64) (local $shapes (ref $shapes))
    (local $boxes (ref $boxes)) (local $pair (ref null $pair)) (local $bits i32)
    (local.set $rounds (i32.wrap_i64 (call $size)))
    (local.set $shapes (array.new $shapes (ref.null $shape) (i32.const 4096)))
    (local.set $boxes (array.new $boxes (ref.i31 (i32.const 7)) (i32.const 1024)))
    (local.set $bits (i32.const 1))
    (loop $round
      (local.set $i (i32.const 0))
      (loop $each
        ;; A linear congruential step chooses what happens.
        (local.set $bits (i32.add (i32.mul (local.get $bits) (i32.const 1664525))
                                  (i32.const 1013904223)))
        (if (i32.and (local.get $bits) (i32.const 0x10000))
          (then
            (array.set $shapes (local.get $shapes) (local.get $i)
              (struct.new $square (global.get $square_vtable) (local.get $i)
                (i32.and (local.get $bits) (i32.const 63)))))
          (else
            (local.set $pair
              (struct.new $pair (global.get $pair_vtable) (local.get $i)
                (array.get $shapes (local.get $shapes)
                  (i32.shr_u (local.get $bits) (i32.const 20)))
                (ref.null $shape)))
            (struct.set $pair $second (ref.as_non_null (local.get $pair))
              (array.get $shapes (local.get $shapes) (local.get $i)))
            ;; Cut what the old object pointed at, so that chains stay short.
            (if (ref.test (ref $pair) (array.get $shapes (local.get $shapes) (local.get $i)))
              (then
                (struct.set $pair $first
                  (ref.cast (ref $pair) (array.get $shapes (local.get $shapes) (local.get $i)))
                  (ref.null $shape))
                (struct.set $pair $second
                  (ref.cast (ref $pair) (array.get $shapes (local.get $shapes) (local.get $i)))
                  (ref.null $shape))))
            (array.set $shapes (local.get $shapes) (local.get $i) (local.get $pair))))
        (array.set $boxes (local.get $boxes) (i32.and (local.get $i) (i32.const 1023))
          (ref.i31 (i32.and (local.get $bits) (i32.const 0xffff))))
        (local.set $sum
          (i64.add (local.get $sum)
            (i64.extend_i32_u
              (i32.add
                (call $value_of (array.get $shapes (local.get $shapes) (local.get $i)))
                (i31.get_u (ref.cast (ref i31)
                  (array.get $boxes (local.get $boxes)
                    (i32.and (i32.shr_u (local.get $bits) (i32.const 7)) (i32.const 1023)))))))))
        (br_if $each
          (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4096))))
      (br_if $round
        (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (call $print (local.get $sum))))
