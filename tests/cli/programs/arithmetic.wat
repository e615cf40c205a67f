;; Functions for `--invoke`: one per type and shape.
(module
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "add64") (param i64 i64) (result i64) (i64.add (local.get 0) (local.get 1)))
  (func (export "half") (param f32) (result f32) (f32.div (local.get 0) (f32.const 2)))
  (func (export "square") (param f64) (result f64) (f64.mul (local.get 0) (local.get 0)))
  (func (export "swap") (param i32 i64) (result i64 i32) (local.get 1) (local.get 0))
  (func (export "nothing"))
  (func (export "same") (param i32) (result i32) (local.get 0))
  (func (export "same64") (param i64) (result i64) (local.get 0))
  (global (export "not a function") i32 (i32.const 1)))
