// Everything that threads may share, at once: an engine with its cache, modules compiled and
// serialized, shared memories, linkers, interrupt handles, stores that move from thread to thread.
// How long is $ZWASM_STRESS_SECONDS, a moment if it is not set; meant for the thread sanitizer.
#include <doctest/doctest.h>
#include <zwasm/zwasm.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "test_engine.h"

using namespace zwasm;

namespace {

constexpr const char* kModule = R"((module
  (import "env" "add" (func $add (param i32 i32) (result i32)))
  (import "env" "shared" (memory 1 4 shared))
  (type $s (struct (field i32)))
  (tag $t (param i32))
  (global $kept (mut externref) (ref.null extern))
  (func (export "sum") (param i32) (result i32)
    (struct.get $s 0 (struct.new $s (call $add (local.get 0) (i32.const 1)))))
  (func (export "bump") (result i32) (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
  (func (export "keep") (param externref) (global.set $kept (local.get 0)))
  (func (export "throw") (throw $t (i32.const 3)))
  (func (export "spin") (loop (br 0)))))";

// Stores that wait for whichever thread takes them next.
class Parked {
 public:
  struct World {
    Store store;
    Instance instance;
  };
  void put(std::unique_ptr<World> world) {
    std::lock_guard lock(mutex_);
    worlds_.push_back(std::move(world));
  }
  std::unique_ptr<World> take() {
    std::lock_guard lock(mutex_);
    if (worlds_.empty()) return nullptr;
    auto world = std::move(worlds_.front());
    worlds_.pop_front();
    return world;
  }

 private:
  std::mutex mutex_;
  std::deque<std::unique_ptr<World>> worlds_;
};

// The interrupt handles of the stores that live, and of some that are gone.
class Handles {
 public:
  void put(InterruptHandle handle) {
    std::lock_guard lock(mutex_);
    handles_.push_back(std::move(handle));
    if (handles_.size() > 16) handles_.pop_front();
  }
  void interrupt_all() {
    std::lock_guard lock(mutex_);
    for (const InterruptHandle& handle : handles_) handle.interrupt();
  }

 private:
  std::mutex mutex_;
  std::deque<InterruptHandle> handles_;
};

}  // namespace

TEST_CASE("everything that threads share, at once") {
  const char* seconds = std::getenv("ZWASM_STRESS_SECONDS");
  const auto end = std::chrono::steady_clock::now() +
                   std::chrono::milliseconds(seconds != nullptr ? 1000 * std::atoi(seconds) : 200);
  TestEngine engine(Config{.cache = true, .tier_calls = 2});
  const Module module = Module::from_wat(engine, kModule).value();
  const std::vector<uint8_t> compiled = module.serialize();
  const SharedMemory memory =
      SharedMemory::create(engine, {.limits = {.min = 1, .max = 4}, .shared = true}).value();
  Parked parked;
  Handles handles;
  std::atomic<int> wrong = 0, bumps = 0, ends = 0;
  std::atomic<bool> done = false;
  struct AtEnd {
    std::shared_ptr<std::atomic<int>*> counter;
    ~AtEnd() {
      if (counter) ++**counter;
    }
    AtEnd(AtEnd&&) = default;
    explicit AtEnd(std::atomic<int>& of) : counter(std::make_shared<std::atomic<int>*>(&of)) {}
  };

  auto make = [&](int round) -> std::unique_ptr<Parked::World> {
    Store store(engine, {.max_gc_heap = 8 << 20});
    Linker linker(engine);
    linker.func("env", "add", [](int32_t a, int32_t b) { return a + b; });
    linker.define("env", "shared", Memory::from_shared(store, memory).value());
    Module of = round % 3 == 0   ? Module::from_wat(engine, kModule).value()
                : round % 3 == 1 ? Module::deserialize(engine, compiled).value()
                                 : module;
    Instance instance = linker.instantiate(store, of).value();
    handles.put(store.interrupt_handle());
    return std::make_unique<Parked::World>(Parked::World{std::move(store), std::move(instance)});
  };
  auto work = [&](int thread) {
    for (int round = thread; std::chrono::steady_clock::now() < end; ++round) {
      std::unique_ptr<Parked::World> world = round % 2 == 0 ? parked.take() : nullptr;
      if (world == nullptr) world = make(round);
      Store& store = world->store;
      const Instance& instance = world->instance;
      // An interrupt may come at any time: then the store goes on.
      auto call = [&](const auto& function, const auto& right) {
        auto result = function();
        if (result.ok()) return right(*result);
        store.clear_interrupt();
        return result.error().trap == Trap::interrupted;
      };
      auto sum = instance.get<int32_t(int32_t)>("sum").value();
      for (int n = 0; n < 10; ++n)
        wrong += !call([&] { return sum(n); }, [&](int32_t got) { return got == n + 1; });
      wrong += !call([&] { return instance.get<int32_t()>("bump").value()(); },
                     [&](int32_t) { return ++bumps > 0; });
      if (auto thrown = instance.call("throw"); !thrown && thrown.error().exception)
        wrong += thrown.error().exception->payload().value()[0].i32() != 3;
      store.clear_interrupt();
      auto host = Ref::host(store, AtEnd(ends));
      static_cast<void>(instance.call("keep", {host.value()}));
      store.clear_interrupt();
      if (round % 16 == 0) {
        store.set_timeout(std::chrono::milliseconds(1));
        wrong += instance.call("spin").ok();
        store.clear_interrupt();
      }
      if (round % 8 == 0) store.collect();
      if (round % 4 != 0) parked.put(std::move(world));
    }
  };
  std::thread interrupter([&] {
    while (!done) {
      handles.interrupt_all();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
  done = true;
  interrupter.join();
  while (parked.take() != nullptr) {
  }
  CHECK(wrong == 0);
  CHECK(bumps > 0);
  CHECK(ends > 0);
  uint32_t bumped = 0;
  std::memcpy(&bumped, memory.data().data(), sizeof bumped);
  CHECK(bumped >= static_cast<uint32_t>(bumps));  // what was interrupted may have counted, too
}
