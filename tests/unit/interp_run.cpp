// The interpreter end to end: small programs in text.
#include "interp_fixture.h"

using namespace interp_test;

TEST_CASE("interp: arithmetic and locals read in place") {
  Machine m;
  Instance* i = m.load(R"((module
    (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
    (func (export "poly") (param i64) (result i64)
      (i64.add (i64.mul (local.get 0) (local.get 0)) (i64.mul (i64.const 3) (local.get 0))))
    (func (export "swap") (param i32 i32) (result i32 i32) local.get 1 local.get 0)
    (func (export "old") (param i32) (result i32)
      local.get 0  (local.set 0 (i32.const 100))  local.get 0 i32.sub)
    (func (export "f") (param f64 f32) (result f64)
      (f64.add (f64.mul (local.get 0) (f64.const 0.5)) (f64.promote_f32 (local.get 1))))
    (func (export "deep") (param i32 i32) (result i32)
      (i32.sub (i32.mul (i32.add (local.get 0) (i32.const 1)) (i32.add (local.get 1) (i32.const 2)))
               (i32.mul (i32.sub (local.get 0) (i32.const 3)) (i32.xor (local.get 1) (i32.const 5)))))
  ))");
  CHECK(m.call1(i, "add", {i32(40), i32(2)}) == 42);
  CHECK(m.call1(i, "add", {i32(~0u), i32(2)}) == 1);
  CHECK(m.call1(i, "poly", {i64(10)}) == 130);
  auto r = m.call(i, "swap", {i32(1), i32(2)});
  CHECK(r[0].u32 == 2);
  CHECK(r[1].u32 == 1);
  CHECK(m.call1(i, "old", {i32(7)}) == static_cast<uint32_t>(7 - 100));
  CHECK(m.call(i, "f", {f64(3), f32(0.25f)})[0].f64 == 1.75);
  CHECK(m.call1(i, "deep", {i32(10), i32(20)}) == static_cast<uint32_t>(11 * 22 - 7 * (20 ^ 5)));
}

TEST_CASE("interp: control flow") {
  Machine m;
  Instance* i = m.load(R"((module
    (func $fib (export "fib") (param i32) (result i32)
      (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
        (then (local.get 0))
        (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                       (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
    (func (export "sum") (param i32) (result i64) (local i64)
      (loop $l
        (local.set 1 (i64.add (local.get 1) (i64.extend_i32_u (local.get 0))))
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      local.get 1)
    (func (export "gcd") (param i32 i32) (result i32) (local i32)
      (block $done
        (loop $l
          (br_if $done (i32.eqz (local.get 1)))
          (local.set 2 (i32.rem_u (local.get 0) (local.get 1)))
          (local.set 0 (local.get 1))
          (local.set 1 (local.get 2))
          (br $l)))
      local.get 0)
    (func (export "table") (param i32) (result i32)
      (block $c (result i32)
        (block $b (result i32)
          (block $a (result i32)
            (i32.const 10) (local.get 0)
            (br_table $a $b $c))
          (i32.add (i32.const 1)))
        (i32.add (i32.const 100)))
      (i32.mul (i32.const 2)))
    (func (export "loopparam") (param i32) (result i32)
      (i32.const 1) (local.get 0)
      (loop $l (param i32 i32) (result i32)
        (local.set 0)
        (i32.mul (local.get 0))
        (i32.sub (local.get 0) (i32.const 1))
        (local.tee 0)
        (local.get 0) (i32.const 0) (i32.gt_s)
        (br_if $l)
        drop))
  ))");
  CHECK(m.call1(i, "fib", {i32(20)}) == 6765);
  CHECK(m.call1(i, "sum", {i32(1000)}) == 500500);
  CHECK(m.call1(i, "gcd", {i32(48), i32(36)}) == 12);
  CHECK(m.call1(i, "table", {i32(0)}) == 222);
  CHECK(m.call1(i, "table", {i32(1)}) == 220);
  CHECK(m.call1(i, "table", {i32(2)}) == 20);
  CHECK(m.call1(i, "table", {i32(9)}) == 20);
  CHECK(m.call1(i, "loopparam", {i32(5)}) == 120);
}

TEST_CASE("interp: memory") {
  Machine m;
  Instance* i = m.load(R"((module (memory 1)
    (func (export "rw") (param i32 i32) (result i32)
      (i32.store offset=4 (local.get 0) (local.get 1))
      (i32.load8_s offset=4 (local.get 0)))
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "index") (param i32 i32) (result i32)
      (i32.load offset=4 (i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 2)))))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "size") (result i32) (memory.size))
  ))");
  CHECK(m.call1(i, "rw", {i32(8), i32(0x180)}) == 0xFFFFFF80u);
  CHECK(m.call1(i, "index", {i32(0), i32(2)}) == 0x180);
  CHECK(m.trap(i, "load", {i32(65533)}) == Trap::memory_out_of_bounds);
  CHECK(m.trap(i, "load", {i32(~0u)}) == Trap::memory_out_of_bounds);
  CHECK(m.call1(i, "grow", {i32(2)}) == 1);
  CHECK(m.call1(i, "size") == 3);
  CHECK(m.call1(i, "load", {i32(65533)}) == 0);
}

TEST_CASE("interp: traps and stack exhaustion") {
  Machine m;
  Instance* i = m.load(R"((module
    (func (export "div") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
    (func $f (export "forever") (result i32) (i32.add (call $f) (i32.const 1)))
    (func (export "unreachable") unreachable)
  ))");
  CHECK(m.call1(i, "div", {i32(7), i32(2)}) == 3);
  CHECK(m.trap(i, "div", {i32(7), i32(0)}) == Trap::integer_divide_by_zero);
  CHECK(m.trap(i, "div", {i32(0x80000000u), i32(~0u)}) == Trap::integer_overflow);
  CHECK(m.trap(i, "forever") == Trap::stack_exhausted);
  CHECK(m.trap(i, "unreachable") == Trap::unreachable);
  CHECK(m.call1(i, "div", {i32(9), i32(3)}) == 3);
}

TEST_CASE("interp: tail calls in constant stack, across instances") {
  Machine m;
  Instance* a = m.load(R"((module
    (table (export "t") 2 funcref)
    (type $f (func (param i32 i64) (result i64)))
    (func (export "a") (type $f)
      (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
      (return_call_indirect (type $f) (i32.sub (local.get 0) (i32.const 1))
         (i64.add (local.get 1) (i64.const 1)) (i32.const 1)))
    (elem (i32.const 0) func 0)))");
  Instance* b = m.load(R"((module
    (type $f (func (param i32 i64) (result i64)))
    (import "a" "t" (table 2 funcref))
    (import "a" "a" (func $a (type $f)))
    (func (export "b") (type $f)
      (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
      (return_call $a (i32.sub (local.get 0) (i32.const 1)) (i64.add (local.get 1) (i64.const 2))))
    (elem (i32.const 1) func 1)))",
                       {*find_export(*a, "t"), *find_export(*a, "a")});
  CHECK(m.call1(b, "b", {i32(1000001), i64(0)}) == 1500002);
  CHECK(m.call1(a, "a", {i32(1000000), i64(0)}) == 1500000);
}

TEST_CASE("interp: exceptions") {
  Machine m;
  Instance* i = m.load(R"((module
    (tag $e (param i32))
    (func $throw (param i32) (if (local.get 0) (then (throw $e (local.get 0)))))
    (func (export "catch") (param i32) (result i32)
      (block $h (result i32)
        (try_table (catch $e $h) (call $throw (local.get 0)))
        (return (i32.const 5)))
      (i32.add (i32.const 1)))
    (func (export "legacy") (param i32) (result i32)
      (try (result i32)
        (do (call $throw (local.get 0)) (i32.const 5))
        (catch $e (i32.const 10) (i32.add))))
    (func (export "rethrow") (param i32) (result i32)
      (try (result i32)
        (do (try (result i32)
          (do (call $throw (local.get 0)) (i32.const 5))
          (catch $e (drop) (rethrow 0))))
        (catch_all (i32.const 77))))
  ))");
  CHECK(m.call1(i, "catch", {i32(0)}) == 5);
  CHECK(m.call1(i, "catch", {i32(41)}) == 42);
  CHECK(m.call1(i, "legacy", {i32(0)}) == 5);
  CHECK(m.call1(i, "legacy", {i32(3)}) == 13);
  CHECK(m.call1(i, "rethrow", {i32(3)}) == 77);
}

TEST_CASE("interp: objects of the collected heap survive collections") {
  for (bool stress : {false, true}) {
    EngineSettings settings;
    settings.gc_stress = stress;
    Machine m(settings);
    Instance* i = m.load(R"((module
      (type $list (struct (field i32) (field (ref null $list))))
      (func $make (param i32) (result (ref null $list)) (local (ref null $list))
        (loop $l
          (local.set 1 (struct.new $list (local.get 0) (local.get 1)))
          (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        local.get 1)
      (func (export "sum") (param i32) (result i32) (local $p (ref null $list)) (local $s i32)
        (local.set $p (call $make (local.get 0)))
        (block $done
          (loop $l
            (br_if $done (ref.is_null (local.get $p)))
            (local.set $s (i32.add (local.get $s) (struct.get $list 0 (local.get $p))))
            (local.set $p (struct.get $list 1 (local.get $p)))
            (br $l)))
        local.get $s)))");
    CHECK(m.call1(i, "sum", {i32(1000)}) == 500500);
  }
}
