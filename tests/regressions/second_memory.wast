;; A load that is not from the first memory, or has an offset beyond 32 bits, must leave alone what is
;; still held in a register.
(module
  (memory 1) (memory 1)
  (data (memory 1) (i32.const 16) "\01\00\00\00\00\00\00\00\00\00\80\3f")
  (func (export "integers") (param i64) (result i64)
    local.get 0  i64.const 3  i64.rotl
    i32.const 16  i64.load 1
    i64.or)
  (func (export "floats") (param f32) (result f32)
    local.get 0  f32.const 3  f32.mul
    i32.const 16  f32.load 1 offset=8
    f32.add))
(assert_return (invoke "integers" (i64.const 0x7fffffffffffffff)) (i64.const -5))
(assert_return (invoke "floats" (f32.const 5)) (f32.const 16))

(module
  (memory i64 1)
  (func (export "far") (param i64) (result i64)
    local.get 0  i64.const 3  i64.rotl
    i64.const 0  i64.load offset=0x100000000
    i64.or)
  (func (export "near") (param i64) (result i64)
    local.get 0  i64.const 3  i64.rotl
    i64.const 0  i64.load offset=8
    i64.or))
(assert_trap (invoke "far" (i64.const 1)) "out of bounds memory access")
(assert_return (invoke "near" (i64.const 1)) (i64.const 8))
