;; Binary trees on the WasmGC heap: many short-lived trees beside one that lives long, built and walked
;; recursively. Allocation, tracing and reclaiming are the work.
(module
  ;; @prelude
  (type $tree (struct (field $left (ref null $tree)) (field $right (ref null $tree))))

  (func $build (param $depth i32) (result (ref $tree))
    (if (result (ref $tree)) (i32.eqz (local.get $depth))
      (then (struct.new $tree (ref.null $tree) (ref.null $tree)))
      (else
        (struct.new $tree
          (call $build (i32.sub (local.get $depth) (i32.const 1)))
          (call $build (i32.sub (local.get $depth) (i32.const 1)))))))

  (func $count (param $tree (ref $tree)) (result i32)
    (local $left (ref null $tree))
    (local.set $left (struct.get $tree $left (local.get $tree)))
    (if (result i32) (ref.is_null (local.get $left))
      (then (i32.const 1))
      (else
        (i32.add (i32.const 1)
          (i32.add (call $count (ref.as_non_null (local.get $left)))
                   (call $count (ref.as_non_null (struct.get $tree $right (local.get $tree)))))))))

  ;; For each even depth from 4 to the largest: as many trees as keep the number of nodes about equal.
  (func (export "_start")
    (local $most i32) (local $depth i32) (local $trees i32) (local $nodes i64)
    (local $long_lived (ref null $tree))
    (local.set $most (i32.wrap_i64 (call $size)))
    (call $print (i64.extend_i32_u
      (call $count (call $build (i32.add (local.get $most) (i32.const 1))))))
    (local.set $long_lived (call $build (local.get $most)))
    (local.set $depth (i32.const 4))
    (loop $next
      (local.set $trees
        (i32.shl (i32.const 1)
          (i32.add (i32.sub (local.get $most) (local.get $depth)) (i32.const 4))))
      (local.set $nodes (i64.const 0))
      (loop $again
        (local.set $nodes (i64.add (local.get $nodes)
          (i64.extend_i32_u (call $count (call $build (local.get $depth))))))
        (br_if $again
          (local.tee $trees (i32.sub (local.get $trees) (i32.const 1)))))
      (call $print (local.get $nodes))
      (local.set $depth (i32.add (local.get $depth) (i32.const 2)))
      (br_if $next (i32.le_u (local.get $depth) (local.get $most))))
    (call $print (i64.extend_i32_u
      (call $count (ref.as_non_null (local.get $long_lived)))))))
