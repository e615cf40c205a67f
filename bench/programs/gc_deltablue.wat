;; DeltaBlue: an incremental solver of constraints of different strength, with the two problems that it is
;; always measured by: a chain of equalities, and a projection of many variables by a scale and an offset that
;; all of them share. The algorithm is B. N. Freeman-Benson's, J. Maloney's and A. Borning's ("An Incremental
;; Constraint Solver", CACM, January 1990). The size is the number of times that both problems, a hundred
;; variables each, are set up and solved.
;;
;; What it stresses: a class hierarchy three levels deep with ten virtual methods, each a typed function
;; reference in a table of the class, which begin with a cast of the receiver; lists of objects without a type
;; of their own, as compilers of languages with erased generics make them, hence a cast for each element; and
;; lists that live for the length of a call. Solutions are checked: a wrong one traps.
(module
  ;; @prelude
  (rec
    (type $object (sub (struct)))

    ;; A list that grows.
    (type $objects (array (mut (ref null $object))))
    (type $list (sub final $object
      (struct (field $items (mut (ref $objects))) (field $count (mut i32)))))

    (type $variable (sub final $object (struct
      (field $value (mut i32)) (field $constraints (ref $list))
      (field $determined_by (mut (ref null $constraint)))
      (field $mark (mut i32)) (field $walk_strength (mut i32)) (field $stay (mut i32)))))

    (type $action (func (param (ref $constraint))))
    (type $action_at (func (param (ref $constraint) i32)))
    (type $flag (func (param (ref $constraint)) (result i32)))
    (type $flag_at (func (param (ref $constraint) i32) (result i32)))
    (type $output (func (param (ref $constraint)) (result (ref $variable))))
    (type $vtable (struct
      (field $add_to_graph (ref $action))
      (field $remove_from_graph (ref $action))
      (field $is_input (ref $flag))
      (field $is_satisfied (ref $flag))
      (field $mark_unsatisfied (ref $action))
      (field $choose_method (ref $action_at))
      (field $mark_inputs (ref $action_at))
      (field $inputs_known (ref $flag_at))
      (field $output (ref $output))
      (field $recalculate (ref $action))
      (field $execute (ref $action))))
    (type $constraint (sub $object (struct
      (field $vtable (ref $vtable)) (field $strength i32))))

    ;; Of one variable: keep it as it is (stay), or change it from outside (edit).
    (type $unary (sub final $constraint (struct
      (field $vtable (ref $vtable)) (field $strength i32)
      (field $variable (ref $variable)) (field $satisfied (mut i32)))))

    ;; Of two variables, solved for either: direction 1 computes the second, -1 the first, 0 none.
    (type $binary (sub $constraint (struct
      (field $vtable (ref $vtable)) (field $strength i32)
      (field $first (ref $variable)) (field $second (ref $variable)) (field $direction (mut i32)))))
    ;; second = first * scale + offset.
    (type $scaled (sub final $binary (struct
      (field $vtable (ref $vtable)) (field $strength i32)
      (field $first (ref $variable)) (field $second (ref $variable)) (field $direction (mut i32))
      (field $scale (ref $variable)) (field $offset (ref $variable)))))

    (type $planner (struct (field $mark (mut i32)))))

  ;; Strengths: smaller is stronger.
  (global $required i32 (i32.const 0))
  (global $preferred i32 (i32.const 2))
  (global $strong_default i32 (i32.const 3))
  (global $normal i32 (i32.const 4))
  (global $weakest i32 (i32.const 6))

  (global $stay_vtable (ref $vtable) (struct.new $vtable
    (ref.func $unary_add_to_graph) (ref.func $unary_remove_from_graph) (ref.func $no)
    (ref.func $unary_is_satisfied) (ref.func $unary_mark_unsatisfied)
    (ref.func $unary_choose_method) (ref.func $nothing_at) (ref.func $yes_at)
    (ref.func $unary_output) (ref.func $unary_recalculate) (ref.func $nothing)))
  (global $edit_vtable (ref $vtable) (struct.new $vtable
    (ref.func $unary_add_to_graph) (ref.func $unary_remove_from_graph) (ref.func $yes)
    (ref.func $unary_is_satisfied) (ref.func $unary_mark_unsatisfied)
    (ref.func $unary_choose_method) (ref.func $nothing_at) (ref.func $yes_at)
    (ref.func $unary_output) (ref.func $unary_recalculate) (ref.func $nothing)))
  (global $equality_vtable (ref $vtable) (struct.new $vtable
    (ref.func $binary_add_to_graph) (ref.func $binary_remove_from_graph) (ref.func $no)
    (ref.func $binary_is_satisfied) (ref.func $binary_mark_unsatisfied)
    (ref.func $binary_choose_method) (ref.func $binary_mark_inputs)
    (ref.func $binary_inputs_known) (ref.func $binary_output) (ref.func $binary_recalculate)
    (ref.func $equality_execute)))
  (global $scaled_vtable (ref $vtable) (struct.new $vtable
    (ref.func $scaled_add_to_graph) (ref.func $scaled_remove_from_graph) (ref.func $no)
    (ref.func $binary_is_satisfied) (ref.func $binary_mark_unsatisfied)
    (ref.func $binary_choose_method) (ref.func $scaled_mark_inputs)
    (ref.func $scaled_inputs_known) (ref.func $binary_output) (ref.func $scaled_recalculate)
    (ref.func $scaled_execute)))

  ;; ---- lists -------------------------------------------------------------------------------------

  (func $new_list (result (ref $list))
    (struct.new $list (array.new_default $objects (i32.const 4)) (i32.const 0)))

  (func $append (param $self (ref $list)) (param $item (ref $object))
    (local $items (ref $objects)) (local $more (ref $objects)) (local $count i32)
    (local.set $items (struct.get $list $items (local.get $self)))
    (local.set $count (struct.get $list $count (local.get $self)))
    (if (i32.eq (local.get $count) (array.len (local.get $items)))
      (then
        (local.set $more
          (array.new_default $objects (i32.shl (local.get $count) (i32.const 1))))
        (array.copy $objects $objects (local.get $more) (i32.const 0) (local.get $items)
          (i32.const 0) (local.get $count))
        (struct.set $list $items (local.get $self) (local.get $more))
        (local.set $items (local.get $more))))
    (array.set $objects (local.get $items) (local.get $count) (local.get $item))
    (struct.set $list $count (local.get $self) (i32.add (local.get $count) (i32.const 1))))

  (func $item (param $self (ref $list)) (param $at i32) (result (ref null $object))
    (array.get $objects (struct.get $list $items (local.get $self)) (local.get $at)))
  (func $constraint_at (param $self (ref $list)) (param $at i32) (result (ref $constraint))
    (ref.cast (ref $constraint) (call $item (local.get $self) (local.get $at))))

  ;; Takes out the last element.
  (func $pop (param $self (ref $list)) (result (ref null $object))
    (local $item (ref null $object)) (local $last i32)
    (local.set $last (i32.sub (struct.get $list $count (local.get $self)) (i32.const 1)))
    (local.set $item (call $item (local.get $self) (local.get $last)))
    (array.set $objects (struct.get $list $items (local.get $self)) (local.get $last)
      (ref.null $object))
    (struct.set $list $count (local.get $self) (local.get $last))
    (local.get $item))

  ;; Takes out an element, wherever it is; the others keep their order.
  (func $take_out (param $self (ref $list)) (param $item (ref $object))
    (local $from i32) (local $to i32) (local $now (ref null $object))
    (block $done
      (loop $next
        (br_if $done
          (i32.eq (local.get $from) (struct.get $list $count (local.get $self))))
        (local.set $now (call $item (local.get $self) (local.get $from)))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (br_if $next (ref.eq (local.get $now) (local.get $item)))
        (array.set $objects (struct.get $list $items (local.get $self)) (local.get $to)
          (local.get $now))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (br $next)))
    (array.fill $objects (struct.get $list $items (local.get $self)) (local.get $to)
      (ref.null $object) (i32.sub (local.get $from) (local.get $to)))
    (struct.set $list $count (local.get $self) (local.get $to)))

  ;; ---- variables, and what all constraints do ----------------------------------------------------

  (func $new_variable (param $value i32) (result (ref $variable))
    (struct.new $variable (local.get $value) (call $new_list) (ref.null $constraint) (i32.const 0)
      (global.get $weakest) (i32.const 1)))

  (func $attach (param $self (ref $variable)) (param $constraint (ref $constraint))
    (call $append (struct.get $variable $constraints (local.get $self)) (local.get $constraint)))

  (func $detach (param $self (ref $variable)) (param $constraint (ref $constraint))
    (call $take_out (struct.get $variable $constraints (local.get $self)) (local.get $constraint))
    (if (ref.eq (struct.get $variable $determined_by (local.get $self)) (local.get $constraint))
      (then (struct.set $variable $determined_by (local.get $self) (ref.null $constraint)))))

  (func $stronger (param $a i32) (param $b i32) (result i32)
    (i32.lt_s (local.get $a) (local.get $b)))
  (func $weaker_of (param $a i32) (param $b i32) (result i32)
    (select (local.get $a) (local.get $b) (i32.gt_s (local.get $a) (local.get $b))))

  (func $is_satisfied (param $self (ref $constraint)) (result i32)
    (call_ref $flag (local.get $self)
      (struct.get $vtable $is_satisfied (struct.get $constraint $vtable (local.get $self)))))
  (func $output_of (param $self (ref $constraint)) (result (ref $variable))
    (call_ref $output (local.get $self)
      (struct.get $vtable $output (struct.get $constraint $vtable (local.get $self)))))
  (func $recalculate (param $self (ref $constraint))
    (call_ref $action (local.get $self)
      (struct.get $vtable $recalculate (struct.get $constraint $vtable (local.get $self)))))
  (func $mark_unsatisfied (param $self (ref $constraint))
    (call_ref $action (local.get $self)
      (struct.get $vtable $mark_unsatisfied (struct.get $constraint $vtable (local.get $self)))))

  ;; Puts a constraint into the graph and enforces it, if it is strong enough.
  (func $add_constraint (param $self (ref $constraint)) (param $planner (ref $planner))
    (call_ref $action (local.get $self)
      (struct.get $vtable $add_to_graph (struct.get $constraint $vtable (local.get $self))))
    (call $incremental_add (local.get $planner) (local.get $self)))

  (func $destroy (param $self (ref $constraint)) (param $planner (ref $planner))
    (if (call $is_satisfied (local.get $self))
      (then (call $incremental_remove (local.get $planner) (local.get $self)))
      (else
        (call_ref $action (local.get $self)
          (struct.get $vtable $remove_from_graph
            (struct.get $constraint $vtable (local.get $self)))))))

  ;; Tries to enforce a constraint; the one that had determined its output until now, if any.
  (func $satisfy (param $self (ref $constraint)) (param $mark i32) (param $planner (ref $planner))
    (result (ref null $constraint))
    (local $output (ref $variable)) (local $overridden (ref null $constraint))
    (call_ref $action_at (local.get $self) (local.get $mark)
      (struct.get $vtable $choose_method (struct.get $constraint $vtable (local.get $self))))
    (if (i32.eqz (call $is_satisfied (local.get $self)))
      (then
        (if (i32.eq (struct.get $constraint $strength (local.get $self)) (global.get $required))
          (then (unreachable)))
        (return (ref.null $constraint))))
    (call_ref $action_at (local.get $self) (local.get $mark)
      (struct.get $vtable $mark_inputs (struct.get $constraint $vtable (local.get $self))))
    (local.set $output (call $output_of (local.get $self)))
    (local.set $overridden (struct.get $variable $determined_by (local.get $output)))
    (block $free
      (call $mark_unsatisfied (br_on_null $free (local.get $overridden))))
    (struct.set $variable $determined_by (local.get $output) (local.get $self))
    (if (i32.eqz (call $add_propagate (local.get $planner) (local.get $self) (local.get $mark)))
      (then (unreachable)))
    (struct.set $variable $mark (local.get $output) (local.get $mark))
    (local.get $overridden))

  (func $yes (type $flag) (i32.const 1))
  (func $no (type $flag) (i32.const 0))
  (func $yes_at (type $flag_at) (i32.const 1))
  (func $nothing (type $action))
  (func $nothing_at (type $action_at))

  ;; ---- constraints of one variable ---------------------------------------------------------------

  (func $new_stay (param $variable (ref $variable)) (param $strength i32)
    (param $planner (ref $planner))
    (call $add_constraint
      (struct.new $unary (global.get $stay_vtable) (local.get $strength) (local.get $variable)
        (i32.const 0))
      (local.get $planner)))

  (func $new_edit (param $variable (ref $variable)) (param $planner (ref $planner))
    (result (ref $constraint))
    (local $edit (ref $constraint))
    (local.set $edit
      (struct.new $unary (global.get $edit_vtable) (global.get $preferred) (local.get $variable)
        (i32.const 0)))
    (call $add_constraint (local.get $edit) (local.get $planner))
    (local.get $edit))

  (func $unary_add_to_graph (type $action) (param $this (ref $constraint))
    (local $self (ref $unary))
    (local.set $self (ref.cast (ref $unary) (local.get $this)))
    (call $attach (struct.get $unary $variable (local.get $self)) (local.get $self))
    (struct.set $unary $satisfied (local.get $self) (i32.const 0)))

  (func $unary_remove_from_graph (type $action) (param $this (ref $constraint))
    (local $self (ref $unary))
    (local.set $self (ref.cast (ref $unary) (local.get $this)))
    (call $detach (struct.get $unary $variable (local.get $self)) (local.get $self))
    (struct.set $unary $satisfied (local.get $self) (i32.const 0)))

  (func $unary_is_satisfied (type $flag) (param $this (ref $constraint)) (result i32)
    (struct.get $unary $satisfied (ref.cast (ref $unary) (local.get $this))))

  (func $unary_mark_unsatisfied (type $action) (param $this (ref $constraint))
    (struct.set $unary $satisfied (ref.cast (ref $unary) (local.get $this)) (i32.const 0)))

  (func $unary_choose_method (type $action_at) (param $this (ref $constraint)) (param $mark i32)
    (local $self (ref $unary)) (local $variable (ref $variable))
    (local.set $self (ref.cast (ref $unary) (local.get $this)))
    (local.set $variable (struct.get $unary $variable (local.get $self)))
    (struct.set $unary $satisfied (local.get $self)
      (i32.and
        (i32.ne (struct.get $variable $mark (local.get $variable)) (local.get $mark))
        (call $stronger (struct.get $unary $strength (local.get $self))
          (struct.get $variable $walk_strength (local.get $variable))))))

  (func $unary_output (type $output) (param $this (ref $constraint)) (result (ref $variable))
    (struct.get $unary $variable (ref.cast (ref $unary) (local.get $this))))

  (func $unary_recalculate (type $action) (param $this (ref $constraint))
    (local $self (ref $unary)) (local $variable (ref $variable)) (local $stays i32)
    (local.set $self (ref.cast (ref $unary) (local.get $this)))
    (local.set $variable (struct.get $unary $variable (local.get $self)))
    (local.set $stays
      (i32.eqz
        (call_ref $flag (local.get $self)
          (struct.get $vtable $is_input (struct.get $unary $vtable (local.get $self))))))
    (struct.set $variable $walk_strength (local.get $variable)
      (struct.get $unary $strength (local.get $self)))
    (struct.set $variable $stay (local.get $variable) (local.get $stays))
    (if (local.get $stays)
      (then
        (call_ref $action (local.get $self)
          (struct.get $vtable $execute (struct.get $unary $vtable (local.get $self)))))))

  ;; ---- constraints of two variables --------------------------------------------------------------

  (func $new_equality (param $first (ref $variable)) (param $second (ref $variable))
    (param $planner (ref $planner))
    (call $add_constraint
      (struct.new $binary (global.get $equality_vtable) (global.get $required) (local.get $first)
        (local.get $second) (i32.const 0))
      (local.get $planner)))

  (func $input (param $self (ref $binary)) (result (ref $variable))
    (select (result (ref $variable))
      (struct.get $binary $first (local.get $self)) (struct.get $binary $second (local.get $self))
      (i32.gt_s (struct.get $binary $direction (local.get $self)) (i32.const 0))))

  (func $binary_output (type $output) (param $this (ref $constraint)) (result (ref $variable))
    (local $self (ref $binary))
    (local.set $self (ref.cast (ref $binary) (local.get $this)))
    (select (result (ref $variable))
      (struct.get $binary $second (local.get $self)) (struct.get $binary $first (local.get $self))
      (i32.gt_s (struct.get $binary $direction (local.get $self)) (i32.const 0))))

  (func $binary_add_to_graph (type $action) (param $this (ref $constraint))
    (local $self (ref $binary))
    (local.set $self (ref.cast (ref $binary) (local.get $this)))
    (call $attach (struct.get $binary $first (local.get $self)) (local.get $self))
    (call $attach (struct.get $binary $second (local.get $self)) (local.get $self))
    (struct.set $binary $direction (local.get $self) (i32.const 0)))

  (func $binary_remove_from_graph (type $action) (param $this (ref $constraint))
    (local $self (ref $binary))
    (local.set $self (ref.cast (ref $binary) (local.get $this)))
    (call $detach (struct.get $binary $first (local.get $self)) (local.get $self))
    (call $detach (struct.get $binary $second (local.get $self)) (local.get $self))
    (struct.set $binary $direction (local.get $self) (i32.const 0)))

  (func $binary_is_satisfied (type $flag) (param $this (ref $constraint)) (result i32)
    (i32.ne (struct.get $binary $direction (ref.cast (ref $binary) (local.get $this))) (i32.const 0)))

  (func $binary_mark_unsatisfied (type $action) (param $this (ref $constraint))
    (struct.set $binary $direction (ref.cast (ref $binary) (local.get $this)) (i32.const 0)))

  ;; Solves for the weaker of the two variables that is not marked yet, if the constraint is stronger.
  (func $binary_choose_method (type $action_at) (param $this (ref $constraint)) (param $mark i32)
    (local $self (ref $binary)) (local $first (ref $variable)) (local $second (ref $variable))
    (local $forward i32) (local $backward i32)
    (local.set $self (ref.cast (ref $binary) (local.get $this)))
    (local.set $first (struct.get $binary $first (local.get $self)))
    (local.set $second (struct.get $binary $second (local.get $self)))
    (local.set $forward
      (i32.and
        (i32.ne (struct.get $variable $mark (local.get $second)) (local.get $mark))
        (call $stronger (struct.get $binary $strength (local.get $self))
          (struct.get $variable $walk_strength (local.get $second)))))
    (local.set $backward
      (i32.and
        (i32.ne (struct.get $variable $mark (local.get $first)) (local.get $mark))
        (call $stronger (struct.get $binary $strength (local.get $self))
          (struct.get $variable $walk_strength (local.get $first)))))
    ;; An input that is marked already leaves no choice, nor does one that is too strong.
    (if (i32.and (local.get $forward) (local.get $backward))
      (then
        (if (call $stronger (struct.get $variable $walk_strength (local.get $second))
              (struct.get $variable $walk_strength (local.get $first)))
          (then (local.set $forward (i32.const 0)))
          (else (local.set $backward (i32.const 0))))))
    (struct.set $binary $direction (local.get $self)
      (i32.sub (local.get $forward) (local.get $backward))))

  (func $binary_mark_inputs (type $action_at) (param $this (ref $constraint)) (param $mark i32)
    (struct.set $variable $mark (call $input (ref.cast (ref $binary) (local.get $this)))
      (local.get $mark)))

  (func $is_known (param $self (ref $variable)) (param $mark i32) (result i32)
    (i32.or
      (i32.or (i32.eq (struct.get $variable $mark (local.get $self)) (local.get $mark))
              (struct.get $variable $stay (local.get $self)))
      (ref.is_null (struct.get $variable $determined_by (local.get $self)))))

  (func $binary_inputs_known (type $flag_at) (param $this (ref $constraint)) (param $mark i32)
    (result i32)
    (call $is_known (call $input (ref.cast (ref $binary) (local.get $this))) (local.get $mark)))

  (func $binary_recalculate (type $action) (param $this (ref $constraint))
    (local $self (ref $binary)) (local $input (ref $variable)) (local $output (ref $variable))
    (local.set $self (ref.cast (ref $binary) (local.get $this)))
    (local.set $input (call $input (local.get $self)))
    (local.set $output (call $output_of (local.get $self)))
    (struct.set $variable $walk_strength (local.get $output)
      (call $weaker_of (struct.get $binary $strength (local.get $self))
        (struct.get $variable $walk_strength (local.get $input))))
    (struct.set $variable $stay (local.get $output)
      (struct.get $variable $stay (local.get $input)))
    (if (struct.get $variable $stay (local.get $output))
      (then
        (call_ref $action (local.get $self)
          (struct.get $vtable $execute (struct.get $binary $vtable (local.get $self)))))))

  (func $equality_execute (type $action) (param $this (ref $constraint))
    (struct.set $variable $value (call $output_of (local.get $this))
      (struct.get $variable $value (call $input (ref.cast (ref $binary) (local.get $this))))))

  ;; ---- a linear constraint -----------------------------------------------------------------------

  (func $new_scaled (param $first (ref $variable)) (param $scale (ref $variable))
    (param $offset (ref $variable)) (param $second (ref $variable)) (param $planner (ref $planner))
    (call $add_constraint
      (struct.new $scaled (global.get $scaled_vtable) (global.get $required) (local.get $first)
        (local.get $second) (i32.const 0) (local.get $scale) (local.get $offset))
      (local.get $planner)))

  (func $scaled_add_to_graph (type $action) (param $this (ref $constraint))
    (local $self (ref $scaled))
    (local.set $self (ref.cast (ref $scaled) (local.get $this)))
    (call $binary_add_to_graph (local.get $self))
    (call $attach (struct.get $scaled $scale (local.get $self)) (local.get $self))
    (call $attach (struct.get $scaled $offset (local.get $self)) (local.get $self)))

  (func $scaled_remove_from_graph (type $action) (param $this (ref $constraint))
    (local $self (ref $scaled))
    (local.set $self (ref.cast (ref $scaled) (local.get $this)))
    (call $binary_remove_from_graph (local.get $self))
    (call $detach (struct.get $scaled $scale (local.get $self)) (local.get $self))
    (call $detach (struct.get $scaled $offset (local.get $self)) (local.get $self)))

  (func $scaled_mark_inputs (type $action_at) (param $this (ref $constraint)) (param $mark i32)
    (local $self (ref $scaled))
    (local.set $self (ref.cast (ref $scaled) (local.get $this)))
    (call $binary_mark_inputs (local.get $self) (local.get $mark))
    (struct.set $variable $mark (struct.get $scaled $scale (local.get $self)) (local.get $mark))
    (struct.set $variable $mark (struct.get $scaled $offset (local.get $self)) (local.get $mark)))

  (func $scaled_inputs_known (type $flag_at) (param $this (ref $constraint)) (param $mark i32)
    (result i32)
    (local $self (ref $scaled))
    (local.set $self (ref.cast (ref $scaled) (local.get $this)))
    (i32.and
      (call $binary_inputs_known (local.get $self) (local.get $mark))
      (i32.and
        (call $is_known (struct.get $scaled $scale (local.get $self)) (local.get $mark))
        (call $is_known (struct.get $scaled $offset (local.get $self)) (local.get $mark)))))

  (func $scaled_recalculate (type $action) (param $this (ref $constraint))
    (local $self (ref $scaled)) (local $input (ref $variable)) (local $output (ref $variable))
    (local.set $self (ref.cast (ref $scaled) (local.get $this)))
    (local.set $input (call $input (local.get $self)))
    (local.set $output (call $output_of (local.get $self)))
    (struct.set $variable $walk_strength (local.get $output)
      (call $weaker_of (struct.get $scaled $strength (local.get $self))
        (struct.get $variable $walk_strength (local.get $input))))
    (struct.set $variable $stay (local.get $output)
      (i32.and (struct.get $variable $stay (local.get $input))
        (i32.and
          (struct.get $variable $stay (struct.get $scaled $scale (local.get $self)))
          (struct.get $variable $stay (struct.get $scaled $offset (local.get $self))))))
    (if (struct.get $variable $stay (local.get $output))
      (then (call $scaled_execute (local.get $self)))))

  (func $scaled_execute (type $action) (param $this (ref $constraint))
    (local $self (ref $scaled)) (local $scale i32) (local $offset i32)
    (local.set $self (ref.cast (ref $scaled) (local.get $this)))
    (local.set $scale
      (struct.get $variable $value (struct.get $scaled $scale (local.get $self))))
    (local.set $offset
      (struct.get $variable $value (struct.get $scaled $offset (local.get $self))))
    (if (i32.gt_s (struct.get $scaled $direction (local.get $self)) (i32.const 0))
      (then
        (struct.set $variable $value (struct.get $scaled $second (local.get $self))
          (i32.add (local.get $offset)
            (i32.mul (local.get $scale)
              (struct.get $variable $value (struct.get $scaled $first (local.get $self)))))))
      (else
        (struct.set $variable $value (struct.get $scaled $first (local.get $self))
          (i32.div_s
            (i32.sub
              (struct.get $variable $value (struct.get $scaled $second (local.get $self)))
              (local.get $offset))
            (local.get $scale))))))

  ;; ---- the planner -------------------------------------------------------------------------------

  (func $new_mark (param $self (ref $planner)) (result i32)
    (struct.set $planner $mark (local.get $self)
      (i32.add (struct.get $planner $mark (local.get $self)) (i32.const 1)))
    (struct.get $planner $mark (local.get $self)))

  ;; Enforces a constraint, then the one that it has overridden in another way, and so on.
  (func $incremental_add (param $self (ref $planner)) (param $constraint (ref $constraint))
    (local $mark i32)
    (local.set $mark (call $new_mark (local.get $self)))
    (block $done
      (loop $next
        (local.set $constraint
          (br_on_null $done
            (call $satisfy (local.get $constraint) (local.get $mark) (local.get $self))))
        (br $next))))

  ;; Takes a constraint out, and lets those that could not be satisfied try again, the strongest first.
  (func $incremental_remove (param $self (ref $planner)) (param $constraint (ref $constraint))
    (local $output (ref $variable)) (local $unsatisfied (ref $list)) (local $strength i32)
    (local $i i32) (local $next (ref $constraint))
    (local.set $output (call $output_of (local.get $constraint)))
    (call $mark_unsatisfied (local.get $constraint))
    (call_ref $action (local.get $constraint)
      (struct.get $vtable $remove_from_graph
        (struct.get $constraint $vtable (local.get $constraint))))
    (local.set $unsatisfied (call $remove_propagate_from (local.get $output)))
    (loop $each_strength
      (local.set $i (i32.const 0))
      (block $done
        (loop $each
          (br_if $done
            (i32.eq (local.get $i) (struct.get $list $count (local.get $unsatisfied))))
          (local.set $next (call $constraint_at (local.get $unsatisfied) (local.get $i)))
          (if (i32.eq (struct.get $constraint $strength (local.get $next)) (local.get $strength))
            (then (call $incremental_add (local.get $self) (local.get $next))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $each)))
      (br_if $each_strength
        (i32.le_s (local.tee $strength (i32.add (local.get $strength) (i32.const 1)))
                  (global.get $weakest)))))

  ;; Adds those that compute something from a variable.
  (func $add_consumers (param $variable (ref $variable)) (param $to (ref $list))
    (local $all (ref $list)) (local $i i32) (local $constraint (ref $constraint))
    (local.set $all (struct.get $variable $constraints (local.get $variable)))
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $i) (struct.get $list $count (local.get $all))))
        (local.set $constraint (call $constraint_at (local.get $all) (local.get $i)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $next
          (ref.eq (local.get $constraint)
                  (struct.get $variable $determined_by (local.get $variable))))
        (if (call $is_satisfied (local.get $constraint))
          (then (call $append (local.get $to) (local.get $constraint))))
        (br $next))))

  ;; Recalculates all that depends on a constraint's output; 0 when that is its own input.
  (func $add_propagate (param $self (ref $planner)) (param $constraint (ref $constraint))
    (param $mark i32) (result i32)
    (local $todo (ref $list)) (local $next (ref $constraint)) (local $output (ref $variable))
    (local.set $todo (call $new_list))
    (call $append (local.get $todo) (local.get $constraint))
    (loop $more
      (local.set $next (ref.cast (ref $constraint) (call $pop (local.get $todo))))
      (local.set $output (call $output_of (local.get $next)))
      (if (i32.eq (struct.get $variable $mark (local.get $output)) (local.get $mark))
        (then
          (call $incremental_remove (local.get $self) (local.get $constraint))
          (return (i32.const 0))))
      (call $recalculate (local.get $next))
      (call $add_consumers (local.get $output) (local.get $todo))
      (br_if $more (struct.get $list $count (local.get $todo))))
    (i32.const 1))

  ;; Forgets what determined a variable, downstream too; the constraints that may now be satisfiable.
  (func $remove_propagate_from (param $variable (ref $variable)) (result (ref $list))
    (local $unsatisfied (ref $list)) (local $todo (ref $list)) (local $all (ref $list))
    (local $i i32) (local $constraint (ref $constraint))
    (local.set $unsatisfied (call $new_list))
    (local.set $todo (call $new_list))
    (struct.set $variable $determined_by (local.get $variable) (ref.null $constraint))
    (struct.set $variable $walk_strength (local.get $variable) (global.get $weakest))
    (struct.set $variable $stay (local.get $variable) (i32.const 1))
    (call $append (local.get $todo) (local.get $variable))
    (loop $more
      (local.set $variable (ref.cast (ref $variable) (call $pop (local.get $todo))))
      (local.set $all (struct.get $variable $constraints (local.get $variable)))
      (local.set $i (i32.const 0))
      (block $done
        (loop $next
          (br_if $done (i32.eq (local.get $i) (struct.get $list $count (local.get $all))))
          (local.set $constraint (call $constraint_at (local.get $all) (local.get $i)))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (if (i32.eqz (call $is_satisfied (local.get $constraint)))
            (then (call $append (local.get $unsatisfied) (local.get $constraint)))
            (else
              (br_if $next
                (ref.eq (local.get $constraint)
                        (struct.get $variable $determined_by (local.get $variable))))
              (call $recalculate (local.get $constraint))
              (call $append (local.get $todo) (call $output_of (local.get $constraint)))))
          (br $next)))
      (br_if $more (struct.get $list $count (local.get $todo))))
    (local.get $unsatisfied))

  ;; The constraints to execute, in order, when the variable of an edit constraint has changed.
  (func $make_plan (param $self (ref $planner)) (param $edit (ref $constraint)) (result (ref $list))
    (local $plan (ref $list)) (local $todo (ref $list)) (local $mark i32)
    (local $next (ref $constraint)) (local $output (ref $variable))
    (local.set $plan (call $new_list))
    (local.set $todo (call $new_list))
    (local.set $mark (call $new_mark (local.get $self)))
    (if (call $is_satisfied (local.get $edit))
      (then (call $append (local.get $todo) (local.get $edit))))
    (block $done
      (loop $more
        (br_if $done (i32.eqz (struct.get $list $count (local.get $todo))))
        (local.set $next (ref.cast (ref $constraint) (call $pop (local.get $todo))))
        (local.set $output (call $output_of (local.get $next)))
        (br_if $more
          (i32.eq (struct.get $variable $mark (local.get $output)) (local.get $mark)))
        (br_if $more
          (i32.eqz
            (call_ref $flag_at (local.get $next) (local.get $mark)
              (struct.get $vtable $inputs_known
                (struct.get $constraint $vtable (local.get $next))))))
        (call $append (local.get $plan) (local.get $next))
        (struct.set $variable $mark (local.get $output) (local.get $mark))
        (call $add_consumers (local.get $output) (local.get $todo))
        (br $more)))
    (local.get $plan))

  (func $execute_plan (param $plan (ref $list))
    (local $i i32) (local $constraint (ref $constraint))
    (global.set $executed (i64.add (global.get $executed)
      (i64.extend_i32_u (struct.get $list $count (local.get $plan)))))
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $i) (struct.get $list $count (local.get $plan))))
        (local.set $constraint (call $constraint_at (local.get $plan) (local.get $i)))
        (call_ref $action (local.get $constraint)
          (struct.get $vtable $execute (struct.get $constraint $vtable (local.get $constraint))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next))))

  ;; ---- the two problems --------------------------------------------------------------------------

  (global $executed (mut i64) (i64.const 0))
  (global $sum (mut i64) (i64.const 0))

  ;; Variables a hundred links apart are equal, whatever the first is set to.
  (func $chain (param $length i32)
    (local $planner (ref $planner)) (local $first (ref $variable)) (local $last (ref $variable))
    (local $next (ref $variable)) (local $edit (ref $constraint)) (local $plan (ref $list))
    (local $i i32)
    (local.set $planner (struct.new $planner (i32.const 0)))
    (local.set $first (call $new_variable (i32.const 0)))
    (local.set $last (local.get $first))
    (loop $link
      (local.set $next (call $new_variable (i32.const 0)))
      (call $new_equality (local.get $last) (local.get $next) (local.get $planner))
      (local.set $last (local.get $next))
      (br_if $link
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $length))))
    (call $new_stay (local.get $last) (global.get $strong_default) (local.get $planner))
    (local.set $edit (call $new_edit (local.get $first) (local.get $planner)))
    (local.set $plan (call $make_plan (local.get $planner) (local.get $edit)))
    (local.set $i (i32.const 0))
    (loop $change
      (struct.set $variable $value (local.get $first) (local.get $i))
      (call $execute_plan (local.get $plan))
      (if (i32.ne (struct.get $variable $value (local.get $last)) (local.get $i))
        (then (unreachable)))
      (br_if $change
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100))))
    (call $destroy (local.get $edit) (local.get $planner)))

  ;; Sets a variable, by an edit constraint that lives as long.
  (func $change (param $variable (ref $variable)) (param $value i32) (param $planner (ref $planner))
    (local $edit (ref $constraint)) (local $plan (ref $list)) (local $i i32)
    (local.set $edit (call $new_edit (local.get $variable) (local.get $planner)))
    (local.set $plan (call $make_plan (local.get $planner) (local.get $edit)))
    (loop $again
      (struct.set $variable $value (local.get $variable) (local.get $value))
      (call $execute_plan (local.get $plan))
      (br_if $again
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 10))))
    (call $destroy (local.get $edit) (local.get $planner)))

  ;; Every variable but the last must be its number times the scale plus the offset.
  (func $expect_all (param $all (ref $list)) (param $scale i32) (param $offset i32)
    (local $i i32) (local $value i32)
    (loop $next
      (local.set $value
        (struct.get $variable $value
          (ref.cast (ref $variable) (call $item (local.get $all) (local.get $i)))))
      (if (i32.ne (local.get $value)
            (i32.add (i32.mul (local.get $i) (local.get $scale)) (local.get $offset)))
        (then (unreachable)))
      (global.set $sum (i64.add (global.get $sum) (i64.extend_i32_u (local.get $value))))
      (br_if $next
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
          (i32.sub (struct.get $list $count (local.get $all)) (i32.const 1))))))

  (func $projection (param $count i32)
    (local $planner (ref $planner)) (local $scale (ref $variable)) (local $offset (ref $variable))
    (local $source (ref null $variable)) (local $target (ref null $variable))
    (local $targets (ref $list)) (local $i i32)
    (local.set $planner (struct.new $planner (i32.const 0)))
    (local.set $scale (call $new_variable (i32.const 10)))
    (local.set $offset (call $new_variable (i32.const 1000)))
    (local.set $targets (call $new_list))
    (loop $next
      (local.set $source (call $new_variable (local.get $i)))
      (local.set $target (call $new_variable (local.get $i)))
      (call $append (local.get $targets) (ref.as_non_null (local.get $target)))
      (call $new_stay (ref.as_non_null (local.get $source)) (global.get $normal)
        (local.get $planner))
      (call $new_scaled (ref.as_non_null (local.get $source)) (local.get $scale)
        (local.get $offset) (ref.as_non_null (local.get $target)) (local.get $planner))
      (br_if $next
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $count))))
    (call $change (ref.as_non_null (local.get $source)) (i32.const 17) (local.get $planner))
    (if (i32.ne (struct.get $variable $value (ref.as_non_null (local.get $target)))
                (i32.const 1170))
      (then (unreachable)))
    (call $change (ref.as_non_null (local.get $target)) (i32.const 1050) (local.get $planner))
    (if (i32.ne (struct.get $variable $value (ref.as_non_null (local.get $source)))
                (i32.const 5))
      (then (unreachable)))
    (call $change (local.get $scale) (i32.const 5) (local.get $planner))
    (call $expect_all (local.get $targets) (i32.const 5) (i32.const 1000))
    (call $change (local.get $offset) (i32.const 2000) (local.get $planner))
    (call $expect_all (local.get $targets) (i32.const 5) (i32.const 2000)))

  (func (export "_start")
    (local $rounds i64)
    (local.set $rounds (call $size))
    (loop $next
      (call $chain (i32.const 100))
      (call $projection (i32.const 100))
      (br_if $next
        (i64.gt_s (local.tee $rounds (i64.sub (local.get $rounds) (i64.const 1))) (i64.const 0))))
    (call $print (global.get $executed))
    (call $print (global.get $sum))))
