// Many threads at once, through the public API: engine and modules are shared, a store belongs to a
// thread, memories may be shared between stores, interrupts come from anywhere. Sized so that the
// thread sanitizer gets through it.
#include <doctest/doctest.h>
#include <zwasm/zwasm.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "test_engine.h"

using namespace zwasm;
using namespace std::chrono_literals;

namespace {

template <class Work>
void in_threads(int count, Work work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
}

// doctest's checks are not for several threads; these are counted and checked at the end.
struct Failures {
  std::atomic<int> count{0};
  void unless(bool ok) { count += !ok; }
};

constexpr const char* kCounter = R"((module
  (import "env" "memory" (memory 1 1 shared))
  (func (export "add") (param i32) (result i32)
    (loop $l
      (drop (i32.atomic.rmw.add (i32.const 8) (i32.const 1)))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (i32.atomic.load (i32.const 8)))
  ;; Takes turns: waits until the word is `turn`, then makes it the next.
  (func (export "turn") (param $turn i32) (param $next i32) (param $rounds i32)
    (local $seen i32)
    (loop $round
      (block $mine
        (loop $wait
          (local.set $seen (i32.atomic.load (i32.const 16)))
          (br_if $mine (i32.eq (local.get $seen) (local.get $turn)))
          (drop (memory.atomic.wait32 (i32.const 16) (local.get $seen) (i64.const -1)))
          (br $wait)))
      (i32.atomic.store (i32.const 16) (local.get $next))
      (drop (memory.atomic.notify (i32.const 16) (i32.const -1)))
      (br_if $round (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1))))))
  (func (export "wait_forever")
    (drop (memory.atomic.wait32 (i32.const 24) (i32.const 0) (i64.const -1))))
  (func (export "spin") (loop $l (br $l))))
)";

Instance counter(Store& store, const Module& module, const SharedMemory& memory) {
  Linker linker(store.engine());
  linker.define("env", "memory", Memory::from_shared(store, memory).value());
  return linker.instantiate(store, module).value();
}

}  // namespace

TEST_CASE("threads compile and run the same functions for the first time") {
  for (int round = 0; round < 10; ++round) {
    TestEngine engine;
    std::string text = "(module (type $s (struct (field (mut i32))))";
    for (int i = 0; i < 50; ++i) {
      std::string n = std::to_string(i);
      text += "(func $f" + n + " (export \"f" + n + "\") (param i32) (result i32)" +
              "(if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (i32.const " + n +
              ")) (else (call $f" + n + " (i32.sub (local.get 0) (i32.const 1))))))";
    }
    Module module = Module::from_wat(engine, text + ")", "shared").value();
    Failures failures;
    in_threads(4, [&](int thread) {
      Store store(engine);
      Linker linker(engine);
      auto instance = linker.instantiate(store, module);
      failures.unless(instance.ok());
      for (int i = 0; i < 50; ++i) {
        int n = (i * 7 + thread) % 50;
        auto result = instance->call("f" + std::to_string(n), {5});
        failures.unless(result && (*result)[0].i32() == n);
      }
    });
    CHECK(failures.count == 0);
  }
}

TEST_CASE("threads load and drop modules with the same types") {
  TestEngine engine;
  Failures failures;
  in_threads(4, [&](int thread) {
    for (int i = 0; i < 40; ++i) {
      std::string text =
          "(module (rec (type $a (struct (field (ref null $b)))) (type $b (array (mut i" +
          std::string((i + thread) % 2 ? "32" : "64") +
          ")))) (func (export \"f\") (result i32) (ref.test (ref $a) (struct.new_default $a))))";
      auto module = Module::from_wat(engine, text, "types");
      failures.unless(module.ok());
      if (!module) continue;
      Store store(engine);
      auto instance = Linker(engine).instantiate(store, *module);
      auto result = instance ? instance->call("f") : Result<std::vector<Value>>(instance.error());
      failures.unless(result && (*result)[0].i32() == 1);
    }
  });
  CHECK(failures.count == 0);
}

TEST_CASE("stores share a memory") {
  TestEngine engine;
  Module module = Module::from_wat(engine, kCounter, "counter").value();
  MemoryType type{.limits = {.min = 1, .max = 1}, .shared = true};
  auto memory = SharedMemory::create(engine, type).value();
  Failures failures;
  in_threads(4, [&](int) {
    Store store(engine);
    failures.unless(counter(store, module, memory).call("add", {5000}).ok());
  });
  CHECK(failures.count == 0);
  Store store(engine);
  CHECK(counter(store, module, memory).call("add", {1}).value()[0].i32() == 20001);
}

TEST_CASE("threads wake each other in turn") {
  TestEngine engine;
  Module module = Module::from_wat(engine, kCounter, "counter").value();
  MemoryType type{.limits = {.min = 1, .max = 1}, .shared = true};
  auto memory = SharedMemory::create(engine, type).value();
  Failures failures;
  in_threads(3, [&](int thread) {
    Store store(engine);
    store.set_timeout(60s);
    auto done = counter(store, module, memory).call("turn", {thread, (thread + 1) % 3, 200});
    failures.unless(done.ok());
  });
  CHECK(failures.count == 0);
}

TEST_CASE("interrupts arrive wherever the guest is") {
  TestEngine engine;
  Module module = Module::from_wat(engine, kCounter, "counter").value();
  MemoryType type{.limits = {.min = 1, .max = 1}, .shared = true};
  auto memory = SharedMemory::create(engine, type).value();
  Failures failures;
  in_threads(2, [&](int thread) {
    Store store(engine);
    Instance instance = counter(store, module, memory);
    for (int i = 0; i < 60; ++i) {
      InterruptHandle handle = store.interrupt_handle();
      std::thread other([handle, i] {
        if (i % 4) std::this_thread::sleep_for(std::chrono::microseconds(i * 20));
        handle.interrupt();
        handle.interrupt();
      });
      auto result = instance.call((i + thread) % 2 ? "spin" : "wait_forever");
      failures.unless(!result && result.error().trap == Trap::interrupted);
      other.join();
      // Stays in force until it is cleared.
      failures.unless(!instance.call("add", {1}));
      store.clear_interrupt();
      failures.unless(instance.call("add", {1}).ok());
    }
  });
  CHECK(failures.count == 0);
}

TEST_CASE("timeouts of many stores at once") {
  TestEngine engine;
  Module module = Module::from_wat(engine, kCounter, "counter").value();
  MemoryType type{.limits = {.min = 1, .max = 1}, .shared = true};
  auto memory = SharedMemory::create(engine, type).value();
  Failures failures;
  in_threads(4, [&](int thread) {
    for (int i = 0; i < 5; ++i) {
      Store store(engine);
      Instance instance = counter(store, module, memory);
      store.set_timeout(5ms * (thread + 1));
      auto result = instance.call(i % 2 ? "spin" : "wait_forever");
      failures.unless(!result && result.error().trap == Trap::timeout);
    }
  });
  CHECK(failures.count == 0);
}

namespace {

// Starts as many threads as it is told; each adds to a word and says that it is done; the main
// thread waits for all. A negative number: threads that never end.
constexpr const char* kSpawner = R"((module
  (import "env" "memory" (memory 1 1 shared))
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (func (export "wasi_thread_start") (param $id i32) (param $arg i32) (local $i i32)
    (if (i32.lt_s (local.get $arg) (i32.const 0))
      (then (loop $l
        (drop (memory.atomic.wait32 (i32.const 32) (i32.const 0) (i64.const 1000)))
        (br $l))))
    (local.set $i (i32.const 100))
    (loop $l
      (drop (i32.atomic.rmw.add (i32.const 8) (local.get $arg)))
      (br_if $l (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (drop (i32.atomic.rmw.add (i32.const 16) (i32.const 1)))
    (drop (memory.atomic.notify (i32.const 16) (i32.const -1))))
  (func (export "run") (param $threads i32) (param $arg i32) (result i32)
    (local $i i32) (local $done i32)
    (i32.atomic.store (i32.const 8) (i32.const 0))
    (i32.atomic.store (i32.const 16) (i32.const 0))
    (local.set $i (local.get $threads))
    (loop $l
      (if (i32.lt_s (call $spawn (local.get $arg)) (i32.const 0)) (then unreachable))
      (br_if $l (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (block $all
      (loop $wait
        (local.set $done (i32.atomic.load (i32.const 16)))
        (br_if $all (i32.eq (local.get $done) (local.get $threads)))
        (drop (memory.atomic.wait32 (i32.const 16) (local.get $done) (i64.const -1)))
        (br $wait)))
    (i32.atomic.load (i32.const 8)))
  (func (export "trap_while_running") (param $threads i32)
    (loop $l
      (drop (call $spawn (i32.const -1)))
      (br_if $l (local.tee $threads (i32.sub (local.get $threads) (i32.const 1)))))
    unreachable))
)";

struct Spawner {
  explicit Spawner(const Engine& engine) : store(engine), linker(engine) {
    REQUIRE(store.set_wasi(WasiConfig().allow_threads()).ok());
    linker.wasi().wasi_threads();
  }
  Instance load(const Module& module) { return linker.instantiate(store, module).value(); }
  Store store;
  Linker linker;
};

}  // namespace

TEST_CASE("a guest spawns threads") {
  TestEngine engine;
  Module module = Module::from_wat(engine, kSpawner, "spawner").value();
  for (int round = 0; round < 10; ++round) {
    Spawner spawner(engine);
    Instance instance = spawner.load(module);
    spawner.store.set_timeout(60s);
    CHECK(instance.call("run", {8, 3}).value()[0].i32() == 8 * 100 * 3);
    CHECK(instance.call("run", {2, 1}).value()[0].i32() == 2 * 100);
  }
}

TEST_CASE("a guest's threads end with it") {
  TestEngine engine;
  Module module = Module::from_wat(engine, kSpawner, "spawner").value();
  SUBCASE("by an interrupt") {
    for (int round = 0; round < 10; ++round) {
      Spawner spawner(engine);
      Instance instance = spawner.load(module);
      InterruptHandle handle = spawner.store.interrupt_handle();
      std::thread other([handle, round] {
        std::this_thread::sleep_for(std::chrono::milliseconds(round));
        handle.interrupt();
      });
      CHECK(instance.call("run", {4, -1}).error().trap == Trap::interrupted);
      other.join();
    }
  }
  SUBCASE("by a timeout") {
    Spawner spawner(engine);
    Instance instance = spawner.load(module);
    spawner.store.set_timeout(20ms);
    CHECK(instance.call("run", {4, -1}).error().trap == Trap::timeout);
  }
  SUBCASE("by a trap, and the store going away") {
    for (int round = 0; round < 5; ++round) {
      Spawner spawner(engine);
      Instance instance = spawner.load(module);
      CHECK(instance.call("trap_while_running", {3}).error().trap == Trap::unreachable);
    }
  }
}

TEST_CASE("a function is called for the first time by many threads") {
  // Each counts as hot at once, which looks the code up by its address.
  constexpr int kFunctions = 300, kThreads = 8;
  Engine engine({.tier_calls = 1});
  std::string text = "(module";
  for (int i = 0; i < kFunctions; ++i)
    text += "(func (export \"" + std::to_string(i) + "\") (result i32) (i32.const " +
            std::to_string(i) + "))";
  text += ")";
  for (int round = 0; round < 5; ++round) {
    Module module = Module::from_wat(engine, text).value();
    Failures failures;
    std::atomic<int> ready{0};
    in_threads(kThreads, [&](int) {
      Store store(engine);
      Instance instance = Linker(engine).instantiate(store, module).value();
      ++ready;
      while (ready != kThreads) std::this_thread::yield();
      for (int i = 0; i < kFunctions; ++i) {
        auto result = instance.call(std::to_string(i), {});
        failures.unless(result.ok() && result.value()[0].i32() == i);
      }
    });
    CHECK(failures.count == 0);
  }
}
