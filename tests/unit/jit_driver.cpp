// The same programs in every way of running code: interpreted, compiled before they run, and with
// frames moving from the interpreter to machine code at every chance.
#include "interp_fixture.h"
#include "jit/driver.h"
#include "runtime/builtins.h"

#if defined(__x86_64__) || defined(__aarch64__)

using namespace interp_test;
namespace builtins = zwasm::runtime::builtins;

namespace {

using Tiering = EngineSettings::Tiering;

EngineSettings settings_for(Tiering tiers, bool gc_stress = false) {
  EngineSettings settings;
  settings.features = isa::FeatureSet::all();
  settings.tiers = tiers;
  settings.verify_code = true;
  settings.opt_level = 0;
  settings.gc_stress = gc_stress;
  settings.tier_calls = 1;
  settings.tier_loops_ms = 0;
  settings.compile_in_background = false;
  return settings;
}

struct Tiered : Machine {
  explicit Tiered(Tiering tiers, bool gc_stress = false) : Machine(settings_for(tiers, gc_stress)) {
    EngineSettings settings = settings_for(tiers, gc_stress);
    engine = Engine::create(settings, interp::kInterpreter, jit::make_tiers(settings));
    store = Store::create(engine, std::make_shared<Quota>(Limits{}));
  }
};

constexpr Tiering kAll[] = {Tiering::interpret, Tiering::compile, Tiering::tiered};

}  // namespace

TEST_CASE("calls, loops and recursion give the same in every tier") {
  for (Tiering tiers : kAll) {
    Tiered m(tiers);
    Instance* i = m.load(R"((module
      (func $fib (export "fib") (param i32) (result i32)
        (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
          (then (local.get 0))
          (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                         (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
      (func (export "sum") (param i64) (result i64) (local i64)
        (loop $l (local.set 1 (i64.add (local.get 1) (local.get 0)))
          (br_if $l (i32.wrap_i64 (local.tee 0 (i64.sub (local.get 0) (i64.const 1))))))
        (local.get 1))
      (func (export "under") (param i32) (result i32)
        (i32.const 1000)
        (call $fib (i32.const 10))
        (loop $l (param i32) (result i32)
          (i32.add (i32.const 3))
          (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (i32.add))))");
    CHECK(m.call1(i, "fib", {i32(15)}) == 610);
    CHECK(m.call1(i, "sum", {i64(1000)}) == 500500);
    CHECK(m.call1(i, "under", {i32(20)}) == 1000 + 55 + 60);
    CHECK(m.call1(i, "under", {i32(20)}) == 1000 + 55 + 60);
    if (tiers != Tiering::interpret) CHECK(builtins::runs_native(*m.func(i, "fib")));
  }
}

TEST_CASE("a frame that is replaced in its loop traps with the same backtrace") {
  for (Tiering tiers : kAll) {
    Tiered m(tiers);
    Instance* i = m.load(R"((module
      (func $inner (param i32) (result i32)
        (loop $l (result i32)
          (drop (i32.div_s (i32.const 1) (local.get 0)))
          (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
          (br $l)))
      (func (export "outer") (param i32) (result i32)
        (loop $l (drop (call $inner (local.get 0))) (br $l))
        (i32.const 0))))");
    FuncRef* outer = m.func(i, "outer");
    for (int round = 0; round < 3; ++round) {
      Slot slots[2] = {i32(5)};
      CallStatus status = m.store->call(outer, slots);
      REQUIRE(status == CallStatus::trapped);
      Failure failure = m.store->take_failure(status);
      CHECK(failure.trap == Trap::integer_divide_by_zero);
      REQUIRE(failure.backtrace.frames.size() == 2);
      CHECK(failure.backtrace.frames[0].function == 0);
      CHECK(failure.backtrace.frames[1].function == 1);
    }
    CHECK(m.store->context().boundary == nullptr);
    CHECK(m.store->context().activation == nullptr);
  }
}

TEST_CASE("exceptions and collected objects pass through tiers") {
  for (Tiering tiers : kAll)
    for (bool stress : {false, true}) {
      Tiered m(tiers, stress);
      Instance* i = m.load(R"((module
        (type $list (struct (field i32) (field (ref null $list))))
        (tag $t (param i32 (ref null $list)))
        (func $push (param i32 (ref null $list)) (result (ref null $list))
          (struct.new $list (local.get 0) (local.get 1)))
        (func $thrower (param i32) (local (ref null $list))
          (loop $l
            (local.set 1 (call $push (local.get 0) (local.get 1)))
            (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
          (throw $t (i32.const 7) (local.get 1)))
        (func (export "run") (param i32) (result i32) (local i32 (ref null $list))
          (block $h (result i32 (ref null $list))
            (try_table (catch $t $h) (call $thrower (local.get 0)))
            (unreachable))
          (local.set 2)
          (local.set 1)
          (loop $l
            (local.set 1 (i32.add (local.get 1) (struct.get $list 0 (local.get 2))))
            (br_if $l (i32.eqz (ref.is_null
              (local.tee 2 (struct.get $list 1 (local.get 2)))))))
          (local.get 1))))");
      for (int round = 0; round < 3; ++round) CHECK(m.call1(i, "run", {i32(30)}) == 7 + 465);
    }
}

#endif
