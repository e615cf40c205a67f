// Whatever a guest does, it can be ended: also where it has no loop. Public headers only.
#include <doctest/doctest.h>
#include <zwasm/zwasm.h>

#include <chrono>
#include <optional>
#include <thread>

using namespace zwasm;

namespace {

constexpr const char* kEndless = R"((module
  (func $tree (export "tree") (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
    (i32.add (call $tree (i32.sub (local.get 0) (i32.const 1)))
             (call $tree (i32.sub (local.get 0) (i32.const 1)))))
  (func $to (export "to") (param i32) (result i32) (return_call $fro (local.get 0)))
  (func $fro (param i32) (result i32) (return_call $to (local.get 0)))
  (table funcref (elem $self))
  (type $t (func (param i32) (result i32)))
  (func $self (export "self") (type $t)
    (return_call_indirect (type $t) (local.get 0) (i32.const 0)))
  (func (export "loop") (param i32) (result i32) (loop $l (br $l)) (i32.const 0))
  (func (export "short") (param i32) (result i32) (call $tree (local.get 0)))))";

}  // namespace

TEST_CASE("recursion, tail calls and loops without end are interrupted, and the store goes on") {
  for (Tier tier : {Tier::compiled, Tier::interpreter, Tier::automatic}) {
    Config config;
    config.tier = tier;
    Engine engine(config);
    Store store(engine);
    Instance instance =
        Instance::create(store, Module::from_wat(engine, kEndless).value(), {}).value();
    for (const char* name : {"tree", "to", "self", "loop"}) {
      auto endless = instance.get<int32_t(int32_t)>(name).value();
      auto brief = instance.get<int32_t(int32_t)>("short").value();
      CAPTURE(name);
      store.set_timeout(std::chrono::milliseconds(30));
      CHECK(endless(100).error().trap == Trap::timeout);
      CHECK(brief(3).error().trap == Trap::timeout);  // it is still in force
      store.set_timeout(std::chrono::nanoseconds(0));
      CHECK(brief(3).value() == 8);

      InterruptHandle handle = store.interrupt_handle();
      std::thread other([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        handle.interrupt();
      });
      CHECK(endless(100).error().trap == Trap::interrupted);
      other.join();
      store.clear_interrupt();
      CHECK(brief(4).value() == 16);
      handle.interrupt();  // before the call
      CHECK(brief(4).error().trap == Trap::interrupted);
      store.clear_interrupt();
    }
  }
}
