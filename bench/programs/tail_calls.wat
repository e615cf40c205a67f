;; Tail calls: two functions with different numbers of parameters that alternate, and a state machine whose
;; every step is a return_call or return_call_indirect.
(module
  ;; @prelude
  (type $state (func (param i64 i64) (result i64)))
  (table $states funcref (elem $state_a $state_b $state_c $state_d))

  (func $even (param $n i64) (result i64)
    (if (i64.eqz (local.get $n)) (then (return (i64.const 1))))
    (return_call $odd (i64.sub (local.get $n) (i64.const 1)) (local.get $n) (i64.const 0)))
  (func $odd (param $n i64) (param $a i64) (param $b i64) (result i64)
    (if (i64.eqz (local.get $n)) (then (return (i64.const 0))))
    (return_call $even (i64.sub (local.get $n) (i64.const 1))))

  (func $state_a (type $state) (param $n i64) (param $sum i64) (result i64)
    (if (i64.eqz (local.get $n)) (then (return (local.get $sum))))
    (return_call_indirect $states (type $state)
      (i64.sub (local.get $n) (i64.const 1)) (i64.add (local.get $sum) (local.get $n))
      (i32.wrap_i64 (i64.and (local.get $sum) (i64.const 3)))))
  (func $state_b (type $state) (param $n i64) (param $sum i64) (result i64)
    (if (i64.eqz (local.get $n)) (then (return (local.get $sum))))
    (return_call_indirect $states (type $state)
      (i64.sub (local.get $n) (i64.const 1)) (i64.xor (local.get $sum) (i64.const 0x55))
      (i32.const 2)))
  (func $state_c (type $state) (param $n i64) (param $sum i64) (result i64)
    (if (i64.eqz (local.get $n)) (then (return (local.get $sum))))
    (return_call $state_d (i64.sub (local.get $n) (i64.const 1))
      (i64.rotl (local.get $sum) (i64.const 3))))
  (func $state_d (type $state) (param $n i64) (param $sum i64) (result i64)
    (if (i64.eqz (local.get $n)) (then (return (local.get $sum))))
    (return_call_indirect $states (type $state)
      (i64.sub (local.get $n) (i64.const 1)) (i64.add (local.get $sum) (i64.const 1))
      (i32.wrap_i64 (i64.and (i64.shr_u (local.get $sum) (i64.const 2)) (i64.const 3)))))

  (func (export "_start")
    (local $n i64)
    (local.set $n (call $size))
    (call $print (call $even (local.get $n)))
    (call $print (call $state_a (local.get $n) (i64.const 1)))))
