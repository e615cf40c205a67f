;; A splay tree whose nodes carry trees of small objects: eight thousand nodes, some four hundred thousand
;; objects, live all the time, and each step replaces a node by a new one, with new objects. The tree is
;; D. D. Sleator's and R. E. Tarjan's ("Self-Adjusting Binary Search Trees", JACM 1985, top-down); to keep a
;; large one alive in order to test collectors is an old idea. The size is the number of nodes replaced
;; (and that of live nodes, when it is below eight thousand).
;;
;; What it stresses: allocation beside a heap that is large and lives long, old objects that point at new
;; ones (each step rewrites the links along a path), and unpredictable branches. A copying collector that
;; expects most objects to die young has no easy life with it.
(module
  ;; @prelude
  (type $numbers (array (mut i32)))
  (rec
    ;; What a node carries: a binary tree whose leaves have ten numbers and a boxed one.
    (type $payload (sub (struct)))
    (type $leaf (sub final $payload (struct (field $numbers (ref $numbers)) (field $tag (ref eq)))))
    (type $branch (sub final $payload
      (struct (field $first (ref $payload)) (field $second (ref $payload)))))
    (type $node (struct
      (field $key i64) (field $payload (ref null $payload))
      (field $left (mut (ref null $node))) (field $right (mut (ref null $node)))))
    (type $tree (struct (field $root (mut (ref null $node)))))
    (type $nodes (array (mut (ref null $node)))))

  (global $most_live i32 (i32.const 8000))
  (global $payload_depth i32 (i32.const 4))
  (global $random_state (mut i64) (i64.const 49734321))

  ;; George Marsaglia's xorshift; the lowest 52 bits.
  (func $random (result i64)
    (local $x i64)
    (local.set $x (global.get $random_state))
    (local.set $x (i64.xor (local.get $x) (i64.shl (local.get $x) (i64.const 13))))
    (local.set $x (i64.xor (local.get $x) (i64.shr_u (local.get $x) (i64.const 7))))
    (local.set $x (i64.xor (local.get $x) (i64.shl (local.get $x) (i64.const 17))))
    (global.set $random_state (local.get $x))
    (i64.and (local.get $x) (i64.const 0xfffffffffffff)))

  (func $new_payload (param $depth i32) (param $key i32) (result (ref $payload))
    (local $numbers (ref $numbers)) (local $i i32)
    (if (local.get $depth)
      (then
        (return
          (struct.new $branch
            (call $new_payload (i32.sub (local.get $depth) (i32.const 1)) (local.get $key))
            (call $new_payload (i32.sub (local.get $depth) (i32.const 1))
              (i32.add (local.get $key) (i32.const 1)))))))
    (local.set $numbers (array.new_default $numbers (i32.const 10)))
    (loop $next
      (array.set $numbers (local.get $numbers) (local.get $i)
        (i32.add (local.get $key) (local.get $i)))
      (br_if $next
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 10))))
    (struct.new $leaf (local.get $numbers) (ref.i31 (local.get $key))))

  ;; A number made of all that a payload holds.
  (func $digest (param $payload (ref null $payload)) (result i32)
    (local $leaf (ref $leaf)) (local $branch (ref $branch)) (local $i i32) (local $sum i32)
    (block $is_branch (result (ref $branch))
      (local.set $leaf
        (ref.cast (ref $leaf)
          (br_on_cast $is_branch (ref null $payload) (ref $branch) (local.get $payload))))
      (local.set $sum (i31.get_s (ref.cast (ref i31) (struct.get $leaf $tag (local.get $leaf)))))
      (loop $next
        (local.set $sum
          (i32.add (i32.mul (local.get $sum) (i32.const 31))
            (array.get $numbers (struct.get $leaf $numbers (local.get $leaf)) (local.get $i))))
        (br_if $next
          (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                    (array.len (struct.get $leaf $numbers (local.get $leaf))))))
      (return (local.get $sum)))
    (local.set $branch)
    (i32.add
      (i32.mul (call $digest (struct.get $branch $first (local.get $branch))) (i32.const 17))
      (call $digest (struct.get $branch $second (local.get $branch)))))

  ;; Brings the node with the key, or the last one on the way to where it would be, to the root.
  (func $splay (param $tree (ref $tree)) (param $key i64)
    (local $now (ref $node)) (local $child (ref $node))
    (local $header (ref $node)) (local $smaller (ref $node)) (local $greater (ref $node))
    (block $done
      (local.set $now (br_on_null $done (struct.get $tree $root (local.get $tree))))
      ;; What is smaller than the key hangs at the header's right, what is greater at its left.
      (local.set $header
        (struct.new $node (i64.const 0) (ref.null $payload) (ref.null $node) (ref.null $node)))
      (local.set $smaller (local.get $header))
      (local.set $greater (local.get $header))
      (block $found
        (loop $down
          (if (i64.lt_u (local.get $key) (struct.get $node $key (local.get $now)))
            (then
              (local.set $child (br_on_null $found (struct.get $node $left (local.get $now))))
              (if (i64.lt_u (local.get $key) (struct.get $node $key (local.get $child)))
                (then
                  (struct.set $node $left (local.get $now)
                    (struct.get $node $right (local.get $child)))
                  (struct.set $node $right (local.get $child) (local.get $now))
                  (local.set $now (local.get $child))
                  (local.set $child
                    (br_on_null $found (struct.get $node $left (local.get $now))))))
              (struct.set $node $left (local.get $greater) (local.get $now))
              (local.set $greater (local.get $now))
              (local.set $now (local.get $child))
              (br $down)))
          (if (i64.gt_u (local.get $key) (struct.get $node $key (local.get $now)))
            (then
              (local.set $child (br_on_null $found (struct.get $node $right (local.get $now))))
              (if (i64.gt_u (local.get $key) (struct.get $node $key (local.get $child)))
                (then
                  (struct.set $node $right (local.get $now)
                    (struct.get $node $left (local.get $child)))
                  (struct.set $node $left (local.get $child) (local.get $now))
                  (local.set $now (local.get $child))
                  (local.set $child
                    (br_on_null $found (struct.get $node $right (local.get $now))))))
              (struct.set $node $right (local.get $smaller) (local.get $now))
              (local.set $smaller (local.get $now))
              (local.set $now (local.get $child))
              (br $down)))))
      (struct.set $node $right (local.get $smaller) (struct.get $node $left (local.get $now)))
      (struct.set $node $left (local.get $greater) (struct.get $node $right (local.get $now)))
      (struct.set $node $left (local.get $now) (struct.get $node $right (local.get $header)))
      (struct.set $node $right (local.get $now) (struct.get $node $left (local.get $header)))
      (struct.set $tree $root (local.get $tree) (local.get $now))))

  (func $root (param $tree (ref $tree)) (result (ref $node))
    (ref.as_non_null (struct.get $tree $root (local.get $tree))))

  ;; Whether there was no such key yet.
  (func $insert (param $tree (ref $tree)) (param $key i64) (result i32)
    (local $root (ref $node)) (local $node (ref $node))
    (call $splay (local.get $tree) (local.get $key))
    (block $empty
      (local.set $root (br_on_null $empty (struct.get $tree $root (local.get $tree))))
      (if (i64.eq (local.get $key) (struct.get $node $key (local.get $root)))
        (then (return (i32.const 0)))))
    (local.set $node
      (struct.new $node (local.get $key)
        (call $new_payload (global.get $payload_depth) (i32.wrap_i64 (local.get $key)))
        (ref.null $node) (ref.null $node)))
    (block $empty
      (local.set $root (br_on_null $empty (struct.get $tree $root (local.get $tree))))
      (if (i64.gt_u (local.get $key) (struct.get $node $key (local.get $root)))
        (then
          (struct.set $node $left (local.get $node) (local.get $root))
          (struct.set $node $right (local.get $node) (struct.get $node $right (local.get $root)))
          (struct.set $node $right (local.get $root) (ref.null $node)))
        (else
          (struct.set $node $right (local.get $node) (local.get $root))
          (struct.set $node $left (local.get $node) (struct.get $node $left (local.get $root)))
          (struct.set $node $left (local.get $root) (ref.null $node)))))
    (struct.set $tree $root (local.get $tree) (local.get $node))
    (i32.const 1))

  ;; Takes out a node, which must be there.
  (func $remove (param $tree (ref $tree)) (param $key i64)
    (local $node (ref $node)) (local $left (ref $node))
    (call $splay (local.get $tree) (local.get $key))
    (local.set $node (call $root (local.get $tree)))
    (if (i64.ne (local.get $key) (struct.get $node $key (local.get $node))) (then (unreachable)))
    (block $no_left
      (local.set $left (br_on_null $no_left (struct.get $node $left (local.get $node))))
      (struct.set $tree $root (local.get $tree) (local.get $left))
      (call $splay (local.get $tree) (local.get $key))
      (struct.set $node $right (call $root (local.get $tree))
        (struct.get $node $right (local.get $node)))
      (return))
    (struct.set $tree $root (local.get $tree) (struct.get $node $right (local.get $node))))

  ;; The greatest key below the given one, which is in the tree; itself when it is the smallest.
  (func $predecessor (param $tree (ref $tree)) (param $key i64) (result i64)
    (local $node (ref $node))
    (call $splay (local.get $tree) (local.get $key))
    (block $smallest
      (local.set $node
        (br_on_null $smallest (struct.get $node $left (call $root (local.get $tree)))))
      (block $end
        (loop $next
          (local.set $node (br_on_null $end (struct.get $node $right (local.get $node))))
          (br $next)))
      (return (struct.get $node $key (local.get $node))))
    (local.get $key))

  (func $insert_new (param $tree (ref $tree)) (result i64)
    (local $key i64)
    (loop $again
      (local.set $key (call $random))
      (br_if $again (i32.eqz (call $insert (local.get $tree) (local.get $key)))))
    (local.get $key))

  ;; Walks the tree in order, with a stack of its own, since it can be as deep as it is large. Keys must
  ;; grow, and there must be as many as were put in.
  (func $check (param $tree (ref $tree)) (param $live i32) (result i64)
    (local $stack (ref $nodes)) (local $height i32) (local $now (ref null $node))
    (local $node (ref $node)) (local $count i32) (local $last i64) (local $sum i64)
    (local.set $stack (array.new_default $nodes (i32.add (local.get $live) (i32.const 1))))
    (local.set $now (struct.get $tree $root (local.get $tree)))
    (block $done
      (loop $next
        (block $bottom
          (loop $left
            (local.set $node (br_on_null $bottom (local.get $now)))
            (array.set $nodes (local.get $stack) (local.get $height) (local.get $node))
            (local.set $height (i32.add (local.get $height) (i32.const 1)))
            (local.set $now (struct.get $node $left (local.get $node)))
            (br $left)))
        (br_if $done (i32.eqz (local.get $height)))
        (local.set $height (i32.sub (local.get $height) (i32.const 1)))
        (local.set $node
          (ref.as_non_null (array.get $nodes (local.get $stack) (local.get $height))))
        (if (i64.le_u (struct.get $node $key (local.get $node)) (local.get $last))
          (then (unreachable)))
        (local.set $last (struct.get $node $key (local.get $node)))
        (local.set $count (i32.add (local.get $count) (i32.const 1)))
        (local.set $sum
          (i64.add (i64.rotl (i64.xor (local.get $sum) (local.get $last)) (i64.const 5))
            (i64.extend_i32_u (call $digest (struct.get $node $payload (local.get $node))))))
        (local.set $now (struct.get $node $right (local.get $node)))
        (br $next)))
    (if (i32.ne (local.get $count) (local.get $live)) (then (unreachable)))
    (local.get $sum))

  (func (export "_start")
    (local $tree (ref $tree)) (local $steps i64) (local $live i32) (local $i i64) (local $key i64)
    (local.set $tree (struct.new $tree (ref.null $node)))
    (local.set $steps (call $size))
    (if (i64.eqz (local.get $steps)) (then (local.set $steps (i64.const 1))))
    (local.set $live
      (select (global.get $most_live) (i32.wrap_i64 (local.get $steps))
        (i64.gt_u (local.get $steps) (i64.extend_i32_u (global.get $most_live)))))
    (local.set $i (i64.extend_i32_u (local.get $live)))
    (loop $grow
      (drop (call $insert_new (local.get $tree)))
      (br_if $grow
        (i64.ne (local.tee $i (i64.sub (local.get $i) (i64.const 1))) (i64.const 0))))
    (call $print (call $check (local.get $tree) (local.get $live)))
    (loop $step
      (local.set $key (call $insert_new (local.get $tree)))
      (call $remove (local.get $tree) (call $predecessor (local.get $tree) (local.get $key)))
      (br_if $step
        (i64.ne (local.tee $steps (i64.sub (local.get $steps) (i64.const 1))) (i64.const 0))))
    (call $print (call $check (local.get $tree) (local.get $live)))))
