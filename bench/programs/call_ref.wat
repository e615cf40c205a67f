;; Typed function references: continuation passing through return_call_ref, and ordinary call_ref through a
;; struct of references that changes as it runs. No signature check is left to do at such a call.
(module
  ;; @prelude
  (rec
    (type $step (func (param i64 i64 (ref $step)) (result i64))))
  (type $operation (func (param i64) (result i64)))
  (type $operations
    (struct (field $first (mut (ref $operation))) (field $second (mut (ref $operation)))))
  (elem declare func $step_up $step_down $triple $mix $rotate)

  (func $step_up (type $step) (param $n i64) (param $x i64) (param $k (ref $step)) (result i64)
    (if (i64.eqz (local.get $n)) (then (return (local.get $x))))
    (return_call_ref $step (i64.sub (local.get $n) (i64.const 1))
      (i64.add (local.get $x) (i64.const 3)) (ref.func $step_up) (local.get $k)))
  (func $step_down (type $step) (param $n i64) (param $x i64) (param $k (ref $step)) (result i64)
    (if (i64.eqz (local.get $n)) (then (return (local.get $x))))
    (return_call_ref $step (i64.sub (local.get $n) (i64.const 1))
      (i64.sub (local.get $x) (i64.const 1)) (ref.func $step_down) (local.get $k)))

  (func $triple (type $operation) (i64.mul (local.get 0) (i64.const 3)))
  (func $mix (type $operation) (i64.xor (local.get 0) (i64.shr_u (local.get 0) (i64.const 7))))
  (func $rotate (type $operation) (i64.rotl (local.get 0) (i64.const 11)))

  (func $apply (param $n i64) (result i64)
    (local $x i64) (local $pair (ref $operations)) (local $swap (ref $operation))
    (local.set $pair (struct.new $operations (ref.func $triple) (ref.func $mix)))
    (local.set $x (i64.const 1))
    (loop $next
      (local.set $x
        (call_ref $operation
          (call_ref $operation (local.get $x) (struct.get $operations $first (local.get $pair)))
          (struct.get $operations $second (local.get $pair))))
      (if (i64.eqz (i64.and (local.get $n) (i64.const 1023)))
        (then
          (local.set $swap (struct.get $operations $first (local.get $pair)))
          (struct.set $operations $first (local.get $pair)
            (struct.get $operations $second (local.get $pair)))
          (struct.set $operations $second (local.get $pair)
            (if (result (ref $operation)) (i64.eqz (i64.and (local.get $n) (i64.const 2047)))
              (then (ref.func $rotate))
              (else (local.get $swap))))))
      (br_if $next
        (i64.ne (local.tee $n (i64.sub (local.get $n) (i64.const 1))) (i64.const 0))))
    (local.get $x))

  (func (export "_start")
    (local $n i64)
    (local.set $n (call $size))
    (call $print (call $step_up (local.get $n) (local.get $n) (ref.func $step_down)))
    (call $print (call $apply (local.get $n)))))
