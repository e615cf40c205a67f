;; Grows what can grow; each function returns the old size or -1.
(module
  (memory 1)
  (table $t 1 funcref)
  (func (export "memory") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "table") (param i32) (result i32) (table.grow $t (ref.null func) (local.get 0))))
