;; Richards: the kernel of a small operating system, simulated. Six tasks (an idle loop, a worker, two
;; handlers, two devices) send packets to each other's queues, and a scheduler runs whichever task of the
;; highest priority can run. The algorithm is Martin Richards's benchmark for systems languages (Cambridge,
;; 1980, then in BCPL); the classes are those that it is usually given in object-oriented languages. The size
;; is the number of kernels that are set up and run to their end.
;;
;; What it stresses: virtual calls through typed function references where the receiver changes all the time,
;; casts to the class of the receiver at the start of each method, tests of a packet's class, small objects
;; linked in lists that are changed all the time, and hardly any allocation.
;;
;; A kernel whose idle task runs a thousand times queues 2322 packets and holds 928 tasks, in any language:
;; the program traps when it counts anything else.
(module
  ;; @prelude
  (rec
    ;; A task gets a packet or none and says which block is to run next.
    (type $run (func (param (ref $task) (ref null $packet)) (result (ref null $block))))
    (type $digest (func (param (ref $task)) (result i32)))
    (type $vtable (struct (field $run (ref $run)) (field $digest (ref $digest))))

    (type $bytes (array (mut i8)))
    (type $packet (sub (struct
      (field $link (mut (ref null $packet))) (field $to (mut i32)) (field $datum (mut i32))
      (field $data (ref $bytes)))))
    (type $work_packet (sub final $packet (struct
      (field $link (mut (ref null $packet))) (field $to (mut i32)) (field $datum (mut i32))
      (field $data (ref $bytes)))))
    (type $device_packet (sub final $packet (struct
      (field $link (mut (ref null $packet))) (field $to (mut i32)) (field $datum (mut i32))
      (field $data (ref $bytes)))))

    ;; What the scheduler knows of a task. The state is a set of bits, see below.
    (type $block (struct
      (field $link (ref null $block)) (field $id i32) (field $priority i32)
      (field $queue (mut (ref null $packet))) (field $state (mut i32)) (field $task (ref $task))))
    (type $blocks (array (mut (ref null $block))))
    (type $scheduler (struct
      (field $blocks (ref $blocks)) (field $list (mut (ref null $block)))
      (field $current (mut (ref null $block))) (field $queued (mut i32)) (field $held (mut i32))))

    (type $task (sub (struct (field $vtable (ref $vtable)) (field $scheduler (ref $scheduler)))))
    (type $idle (sub final $task (struct
      (field $vtable (ref $vtable)) (field $scheduler (ref $scheduler))
      (field $random (mut i32)) (field $count (mut i32)))))
    (type $worker (sub final $task (struct
      (field $vtable (ref $vtable)) (field $scheduler (ref $scheduler))
      (field $handler (mut i32)) (field $letter (mut i32)))))
    (type $handler (sub final $task (struct
      (field $vtable (ref $vtable)) (field $scheduler (ref $scheduler))
      (field $work (mut (ref null $packet))) (field $devices (mut (ref null $packet))))))
    (type $device (sub final $task (struct
      (field $vtable (ref $vtable)) (field $scheduler (ref $scheduler))
      (field $pending (mut (ref null $packet))) (field $seen (mut i32))))))

  ;; States: 0 is running. A task with 3 was suspended, and a packet has come for it.
  (global $has_packet i32 (i32.const 1))
  (global $suspended i32 (i32.const 2))
  (global $suspended_with_packet i32 (i32.const 3))
  (global $on_hold i32 (i32.const 4))

  (global $id_idle i32 (i32.const 0))
  (global $id_worker i32 (i32.const 1))
  (global $id_handler_a i32 (i32.const 2))
  (global $id_handler_b i32 (i32.const 3))
  (global $id_device_a i32 (i32.const 4))
  (global $id_device_b i32 (i32.const 5))

  (global $idle_vtable (ref $vtable) (struct.new $vtable (ref.func $idle_run) (ref.func $idle_digest)))
  (global $worker_vtable (ref $vtable)
    (struct.new $vtable (ref.func $worker_run) (ref.func $worker_digest)))
  (global $handler_vtable (ref $vtable)
    (struct.new $vtable (ref.func $handler_run) (ref.func $no_digest)))
  (global $device_vtable (ref $vtable)
    (struct.new $vtable (ref.func $device_run) (ref.func $device_digest)))

  ;; ---- packets -------------------------------------------------------------------------------

  ;; The queue with the packet at its end.
  (func $append (param $packet (ref $packet)) (param $queue (ref null $packet)) (result (ref $packet))
    (local $last (ref $packet))
    (struct.set $packet $link (local.get $packet) (ref.null $packet))
    (block $empty
      (local.set $last (br_on_null $empty (local.get $queue)))
      (block $end
        (loop $next
          (local.set $last (br_on_null $end (struct.get $packet $link (local.get $last))))
          (br $next)))
      (struct.set $packet $link (local.get $last) (local.get $packet))
      (return (ref.as_non_null (local.get $queue))))
    (local.get $packet))

  (func $new_work (param $link (ref null $packet)) (param $to i32) (result (ref $packet))
    (struct.new $work_packet (local.get $link) (local.get $to) (i32.const 0)
      (array.new_default $bytes (i32.const 4))))

  (func $new_device_packet (param $link (ref null $packet)) (param $to i32) (result (ref $packet))
    (struct.new $device_packet (local.get $link) (local.get $to) (i32.const 0)
      (array.new_default $bytes (i32.const 4))))

  ;; ---- the scheduler, what tasks ask of it -------------------------------------------------------

  (func $current (param $self (ref $scheduler)) (result (ref $block))
    (ref.as_non_null (struct.get $scheduler $current (local.get $self))))

  (func $block_of (param $self (ref $scheduler)) (param $id i32) (result (ref $block))
    (ref.as_non_null
      (array.get $blocks (struct.get $scheduler $blocks (local.get $self)) (local.get $id))))

  ;; The current task waits for a packet.
  (func $wait (param $self (ref $scheduler)) (result (ref null $block))
    (local $block (ref $block))
    (local.set $block (call $current (local.get $self)))
    (struct.set $block $state (local.get $block)
      (i32.or (struct.get $block $state (local.get $block)) (global.get $suspended)))
    (local.get $block))

  ;; The current task does not run until another releases it.
  (func $hold (param $self (ref $scheduler)) (result (ref null $block))
    (local $block (ref $block))
    (local.set $block (call $current (local.get $self)))
    (struct.set $scheduler $held (local.get $self)
      (i32.add (struct.get $scheduler $held (local.get $self)) (i32.const 1)))
    (struct.set $block $state (local.get $block)
      (i32.or (struct.get $block $state (local.get $block)) (global.get $on_hold)))
    (struct.get $block $link (local.get $block)))

  (func $release (param $self (ref $scheduler)) (param $id i32) (result (ref null $block))
    (local $block (ref $block)) (local $current (ref $block))
    (local.set $block (call $block_of (local.get $self) (local.get $id)))
    (local.set $current (call $current (local.get $self)))
    (struct.set $block $state (local.get $block)
      (i32.and (struct.get $block $state (local.get $block))
               (i32.xor (global.get $on_hold) (i32.const -1))))
    (select (result (ref $block)) (local.get $block) (local.get $current)
      (i32.gt_s (struct.get $block $priority (local.get $block))
                (struct.get $block $priority (local.get $current)))))

  ;; Sends a packet to the task that it is addressed to, and names the sender in it. The receiver runs
  ;; next if this is its first packet and its priority is higher.
  (func $send (param $self (ref $scheduler)) (param $packet (ref $packet)) (result (ref null $block))
    (local $block (ref $block)) (local $current (ref $block))
    (local.set $block
      (call $block_of (local.get $self) (struct.get $packet $to (local.get $packet))))
    (local.set $current (call $current (local.get $self)))
    (struct.set $scheduler $queued (local.get $self)
      (i32.add (struct.get $scheduler $queued (local.get $self)) (i32.const 1)))
    (struct.set $packet $link (local.get $packet) (ref.null $packet))
    (struct.set $packet $to (local.get $packet) (struct.get $block $id (local.get $current)))
    (if (ref.is_null (struct.get $block $queue (local.get $block)))
      (then
        (struct.set $block $queue (local.get $block) (local.get $packet))
        (struct.set $block $state (local.get $block)
          (i32.or (struct.get $block $state (local.get $block)) (global.get $has_packet)))
        (if (i32.gt_s (struct.get $block $priority (local.get $block))
                      (struct.get $block $priority (local.get $current)))
          (then (return (local.get $block)))))
      (else
        (struct.set $block $queue (local.get $block)
          (call $append (local.get $packet) (struct.get $block $queue (local.get $block))))))
    (local.get $current))

  ;; ---- the tasks ---------------------------------------------------------------------------------

  ;; Releases a device, one of the two by a shift register, as often as the count says.
  (func $idle_run (type $run) (param $this (ref $task)) (param $packet (ref null $packet))
    (result (ref null $block))
    (local $self (ref $idle)) (local $count i32) (local $random i32)
    (local.set $self (ref.cast (ref $idle) (local.get $this)))
    (local.set $count (i32.sub (struct.get $idle $count (local.get $self)) (i32.const 1)))
    (struct.set $idle $count (local.get $self) (local.get $count))
    (if (i32.eqz (local.get $count))
      (then (return_call $hold (struct.get $task $scheduler (local.get $self)))))
    (local.set $random (struct.get $idle $random (local.get $self)))
    (if (result (ref null $block)) (i32.and (local.get $random) (i32.const 1))
      (then
        (struct.set $idle $random (local.get $self)
          (i32.xor (i32.shr_u (local.get $random) (i32.const 1)) (i32.const 0xD008)))
        (call $release (struct.get $task $scheduler (local.get $self)) (global.get $id_device_b)))
      (else
        (struct.set $idle $random (local.get $self) (i32.shr_u (local.get $random) (i32.const 1)))
        (call $release (struct.get $task $scheduler (local.get $self)) (global.get $id_device_a)))))

  (func $idle_digest (type $digest) (param $this (ref $task)) (result i32)
    (struct.get $idle $random (ref.cast (ref $idle) (local.get $this))))

  ;; Fills a packet with four letters and sends it to the handlers by turns.
  (func $worker_run (type $run) (param $this (ref $task)) (param $packet (ref null $packet))
    (result (ref null $block))
    (local $self (ref $worker)) (local $work (ref $packet)) (local $i i32) (local $letter i32)
    (local.set $self (ref.cast (ref $worker) (local.get $this)))
    (block $nothing
      (local.set $work (br_on_null $nothing (local.get $packet)))
      (struct.set $worker $handler (local.get $self)
        (i32.xor (struct.get $worker $handler (local.get $self))
                 (i32.xor (global.get $id_handler_a) (global.get $id_handler_b))))
      (struct.set $packet $to (local.get $work) (struct.get $worker $handler (local.get $self)))
      (struct.set $packet $datum (local.get $work) (i32.const 0))
      (local.set $letter (struct.get $worker $letter (local.get $self)))
      (loop $next
        (local.set $letter
          (select (i32.const 1) (i32.add (local.get $letter) (i32.const 1))
            (i32.eq (local.get $letter) (i32.const 26))))
        (array.set $bytes (struct.get $packet $data (local.get $work)) (local.get $i)
          (local.get $letter))
        (br_if $next
          (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4))))
      (struct.set $worker $letter (local.get $self) (local.get $letter))
      (return_call $send (struct.get $task $scheduler (local.get $self)) (local.get $work)))
    (return_call $wait (struct.get $task $scheduler (local.get $self))))

  (func $worker_digest (type $digest) (param $this (ref $task)) (result i32)
    (struct.get $worker $letter (ref.cast (ref $worker) (local.get $this))))

  ;; Passes on the letters of its work packets one by one, each in a device packet of its own, and sends a
  ;; work packet back when all of its letters are gone.
  (func $handler_run (type $run) (param $this (ref $task)) (param $packet (ref null $packet))
    (result (ref null $block))
    (local $self (ref $handler)) (local $work (ref $packet)) (local $device (ref $packet))
    (local $at i32)
    (local.set $self (ref.cast (ref $handler) (local.get $this)))
    (block $sorted
      (drop
        (block $device (result (ref $device_packet))
          (local.set $work
            (br_on_cast $device (ref $packet) (ref $device_packet)
              (br_on_null $sorted (local.get $packet))))
          (struct.set $handler $work (local.get $self)
            (call $append (local.get $work) (struct.get $handler $work (local.get $self))))
          (br $sorted)))
      (struct.set $handler $devices (local.get $self)
        (call $append (ref.as_non_null (local.get $packet))
          (struct.get $handler $devices (local.get $self)))))
    (block $idle
      (local.set $work (br_on_null $idle (struct.get $handler $work (local.get $self))))
      (local.set $at (struct.get $packet $datum (local.get $work)))
      (if (i32.ge_u (local.get $at) (i32.const 4))
        (then
          (struct.set $handler $work (local.get $self)
            (struct.get $packet $link (local.get $work)))
          (return_call $send (struct.get $task $scheduler (local.get $self)) (local.get $work))))
      (local.set $device (br_on_null $idle (struct.get $handler $devices (local.get $self))))
      (struct.set $handler $devices (local.get $self)
        (struct.get $packet $link (local.get $device)))
      (struct.set $packet $datum (local.get $device)
        (array.get_u $bytes (struct.get $packet $data (local.get $work)) (local.get $at)))
      (struct.set $packet $datum (local.get $work) (i32.add (local.get $at) (i32.const 1)))
      (return_call $send (struct.get $task $scheduler (local.get $self)) (local.get $device)))
    (return_call $wait (struct.get $task $scheduler (local.get $self))))

  (func $no_digest (type $digest) (param $this (ref $task)) (result i32) (i32.const 0))

  ;; Keeps a packet, is held, and sends it back once it is released.
  (func $device_run (type $run) (param $this (ref $task)) (param $packet (ref null $packet))
    (result (ref null $block))
    (local $self (ref $device)) (local $pending (ref $packet))
    (local.set $self (ref.cast (ref $device) (local.get $this)))
    (if (ref.is_null (local.get $packet))
      (then
        (block $nothing
          (local.set $pending (br_on_null $nothing (struct.get $device $pending (local.get $self))))
          (struct.set $device $pending (local.get $self) (ref.null $packet))
          (return_call $send (struct.get $task $scheduler (local.get $self)) (local.get $pending)))
        (return_call $wait (struct.get $task $scheduler (local.get $self)))))
    (struct.set $device $pending (local.get $self) (local.get $packet))
    (struct.set $device $seen (local.get $self)
      (i32.add (i32.mul (struct.get $device $seen (local.get $self)) (i32.const 31))
               (struct.get $packet $datum (ref.as_non_null (local.get $packet)))))
    (return_call $hold (struct.get $task $scheduler (local.get $self))))

  (func $device_digest (type $digest) (param $this (ref $task)) (result i32)
    (struct.get $device $seen (ref.cast (ref $device) (local.get $this))))

  ;; ---- a kernel ----------------------------------------------------------------------------------

  (func $add (param $self (ref $scheduler)) (param $id i32) (param $priority i32)
    (param $queue (ref null $packet)) (param $state i32) (param $task (ref $task))
    (local $block (ref $block))
    (local.set $block
      (struct.new $block (struct.get $scheduler $list (local.get $self)) (local.get $id)
        (local.get $priority) (local.get $queue) (local.get $state) (local.get $task)))
    (struct.set $scheduler $list (local.get $self) (local.get $block))
    (array.set $blocks (struct.get $scheduler $blocks (local.get $self)) (local.get $id)
      (local.get $block)))

  (func $new_kernel (result (ref $scheduler))
    (local $self (ref $scheduler)) (local $queue (ref null $packet))
    (local.set $self
      (struct.new $scheduler (array.new_default $blocks (i32.const 6)) (ref.null $block)
        (ref.null $block) (i32.const 0) (i32.const 0)))
    (call $add (local.get $self) (global.get $id_idle) (i32.const 0) (ref.null $packet) (i32.const 0)
      (struct.new $idle (global.get $idle_vtable) (local.get $self) (i32.const 1) (i32.const 1000)))
    (local.set $queue (call $new_work (ref.null $packet) (global.get $id_worker)))
    (local.set $queue (call $new_work (local.get $queue) (global.get $id_worker)))
    (call $add (local.get $self) (global.get $id_worker) (i32.const 1000) (local.get $queue)
      (global.get $suspended_with_packet)
      (struct.new $worker (global.get $worker_vtable) (local.get $self) (global.get $id_handler_a)
        (i32.const 0)))
    (local.set $queue (call $new_device_packet (ref.null $packet) (global.get $id_device_a)))
    (local.set $queue (call $new_device_packet (local.get $queue) (global.get $id_device_a)))
    (local.set $queue (call $new_device_packet (local.get $queue) (global.get $id_device_a)))
    (call $add (local.get $self) (global.get $id_handler_a) (i32.const 2000) (local.get $queue)
      (global.get $suspended_with_packet)
      (struct.new $handler (global.get $handler_vtable) (local.get $self) (ref.null $packet)
        (ref.null $packet)))
    (local.set $queue (call $new_device_packet (ref.null $packet) (global.get $id_device_b)))
    (local.set $queue (call $new_device_packet (local.get $queue) (global.get $id_device_b)))
    (local.set $queue (call $new_device_packet (local.get $queue) (global.get $id_device_b)))
    (call $add (local.get $self) (global.get $id_handler_b) (i32.const 3000) (local.get $queue)
      (global.get $suspended_with_packet)
      (struct.new $handler (global.get $handler_vtable) (local.get $self) (ref.null $packet)
        (ref.null $packet)))
    (call $add (local.get $self) (global.get $id_device_a) (i32.const 4000) (ref.null $packet)
      (global.get $suspended)
      (struct.new $device (global.get $device_vtable) (local.get $self) (ref.null $packet)
        (i32.const 0)))
    (call $add (local.get $self) (global.get $id_device_b) (i32.const 5000) (ref.null $packet)
      (global.get $suspended)
      (struct.new $device (global.get $device_vtable) (local.get $self) (ref.null $packet)
        (i32.const 0)))
    (local.get $self))

  ;; Gives a block's task its next packet when it was suspended for one.
  (func $run_block (param $block (ref $block)) (result (ref null $block))
    (local $packet (ref null $packet)) (local $task (ref $task))
    (if (i32.eq (struct.get $block $state (local.get $block)) (global.get $suspended_with_packet))
      (then
        (local.set $packet (struct.get $block $queue (local.get $block)))
        (struct.set $block $queue (local.get $block)
          (struct.get $packet $link (ref.as_non_null (local.get $packet))))
        (struct.set $block $state (local.get $block)
          (select (i32.const 0) (global.get $has_packet)
            (ref.is_null (struct.get $block $queue (local.get $block)))))))
    (local.set $task (struct.get $block $task (local.get $block)))
    (return_call_ref $run (local.get $task) (local.get $packet)
      (struct.get $vtable $run (struct.get $task $vtable (local.get $task)))))

  (func $schedule (param $self (ref $scheduler))
    (local $block (ref null $block)) (local $now (ref $block)) (local $state i32)
    (local.set $block (struct.get $scheduler $list (local.get $self)))
    (block $done
      (loop $next
        (local.set $now (br_on_null $done (local.get $block)))
        (struct.set $scheduler $current (local.get $self) (local.get $now))
        (local.set $state (struct.get $block $state (local.get $now)))
        (local.set $block
          (if (result (ref null $block))
              (i32.or (i32.and (local.get $state) (global.get $on_hold))
                      (i32.eq (local.get $state) (global.get $suspended)))
            (then (struct.get $block $link (local.get $now)))
            (else (call $run_block (local.get $now)))))
        (br $next))))

  ;; A number that depends on what all tasks of a kernel have seen.
  (func $digest_all (param $self (ref $scheduler)) (result i64)
    (local $id i32) (local $sum i64) (local $task (ref $task))
    (loop $next
      (local.set $task (struct.get $block $task (call $block_of (local.get $self) (local.get $id))))
      (local.set $sum
        (i64.add (i64.mul (local.get $sum) (i64.const 31))
          (i64.extend_i32_u
            (call_ref $digest (local.get $task)
              (struct.get $vtable $digest (struct.get $task $vtable (local.get $task)))))))
      (br_if $next
        (i32.lt_u (local.tee $id (i32.add (local.get $id) (i32.const 1))) (i32.const 6))))
    (local.get $sum))

  (func (export "_start")
    (local $rounds i64) (local $queued i64) (local $held i64) (local $sum i64)
    (local $kernel (ref $scheduler))
    (local.set $rounds (call $size))
    (loop $next
      (local.set $kernel (call $new_kernel))
      (call $schedule (local.get $kernel))
      (if (i32.or (i32.ne (struct.get $scheduler $queued (local.get $kernel)) (i32.const 2322))
                  (i32.ne (struct.get $scheduler $held (local.get $kernel)) (i32.const 928)))
        (then (unreachable)))
      (local.set $queued (i64.add (local.get $queued)
        (i64.extend_i32_u (struct.get $scheduler $queued (local.get $kernel)))))
      (local.set $held (i64.add (local.get $held)
        (i64.extend_i32_u (struct.get $scheduler $held (local.get $kernel)))))
      (local.set $sum (i64.add (i64.rotl (local.get $sum) (i64.const 1))
        (call $digest_all (local.get $kernel))))
      (br_if $next
        (i64.gt_s (local.tee $rounds (i64.sub (local.get $rounds) (i64.const 1))) (i64.const 0))))
    (call $print (local.get $queued))
    (call $print (local.get $held))
    (call $print (local.get $sum))))
