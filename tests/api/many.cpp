// Many of everything: instances in one store, stores on several threads. How long the threads work
// is $ZWASM_STRESS_SECONDS, a moment if it is not set.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zwasm/zwasm.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "test_engine.h"

using namespace zwasm;

namespace {

constexpr const char* kModule = R"((module
  (import "env" "add" (func $add (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (table 10 funcref) (elem (i32.const 0) $f)
  (global $g (mut i32) (i32.const 0))
  (type $s (struct (field i32)))
  (func $f (export "f") (param i32) (result i32)
    (i32.store (i32.const 16) (local.get 0))
    (global.set $g (struct.get $s 0 (struct.new $s (local.get 0))))
    (call $add (i32.load (i32.const 16)) (global.get $g)))))";

size_t resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6));
  return 0;
}

}  // namespace

TEST_CASE("ten thousand instances are alive at once") {
  TestEngine engine;
  Store store(engine);
  Linker linker(engine);
  linker.func("env", "add", [](int32_t a, int32_t b) { return a + b; });
  auto module = Module::from_wat(engine, kModule).value();
  constexpr int kCount = 10'000;
  std::vector<TypedFunc<int32_t(int32_t)>> functions;
  for (int i = 0; i < kCount; ++i) {
    auto instance = linker.instantiate(store, module);
    if (!instance) MESSAGE(instance.error().to_string());
    REQUIRE(instance.ok());
    functions.push_back(instance->get<int32_t(int32_t)>("f").value());
  }
  int wrong = 0;
  for (int i = 0; i < kCount; ++i) wrong += functions[static_cast<size_t>(i)](i).value() != 2 * i;
  CHECK(wrong == 0);
}

TEST_CASE("stores on eight threads: compile, instantiate, call, drop") {
  const char* seconds = std::getenv("ZWASM_STRESS_SECONDS");
  const auto length =
      std::chrono::milliseconds(seconds != nullptr ? 1000 * std::atoi(seconds) : 200);
  const MappedMemory start = mapped_memory();
  std::optional<Engine> kept = TestEngine();
  const Engine& engine = *kept;
  std::atomic<int> wrong = 0, rounds = 0;
  auto work = [&](std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
      auto module = Module::from_wat(engine, kModule).value();
      Linker linker(engine);
      linker.func("env", "add", [](int32_t a, int32_t b) { return a + b; });
      for (int i = 0; i < 10; ++i) {
        Store store(engine, {.max_memory_bytes = 1 << 20});
        auto instance = linker.instantiate(store, module).value();
        auto f = instance.get<int32_t(int32_t)>("f").value();
        for (int n = 0; n < 20; ++n) wrong += f(n).value() != 2 * n;
        ++rounds;
      }
    }
  };
  auto run = [&](std::chrono::milliseconds time) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) threads.emplace_back(work, time);
    for (auto& thread : threads) thread.join();
  };
  run(length / 4);
  const size_t before = resident_kib();
  run(length);
  const size_t after = resident_kib();
  CHECK(wrong == 0);
  CHECK(rounds > 0);
  MESSAGE(rounds.load(), " stores; resident memory ", before, " KiB, then ", after, " KiB");
  CHECK(after < before + before / 2 + 20'000);
  if (seconds != nullptr) CHECK(rounds >= 1000);
  // What is mapped is back to the byte; the threads' stacks ended with them.
  kept.reset();
  MappedMemory end = mapped_memory();
  // The compiler in the background may hold a module a moment longer.
  for (int i = 0; i < 1000 && end.code != start.code; ++i, end = mapped_memory())
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  CHECK(end.memories == start.memories);
  CHECK(end.tables == start.tables);
  CHECK(end.heaps == start.heaps);
  CHECK(end.stacks == start.stacks);
  CHECK(end.code == start.code);
}

#if !defined(__SANITIZE_THREAD__)
TEST_CASE("forked processes have machine code of their own") {
  // The parent has compiled something, so that its children begin with the same memory for code.
  auto compute = [](int n) {
    Engine engine(Config{.tier = Tier::compiled});
    Store store(engine);
    std::string body;
    for (int i = 0; i <= n % 50; ++i) body += "(i32.add (i32.const 1) ";
    body += "(i32.const 0)" + std::string(static_cast<size_t>(n % 50) + 1, ')');
    std::string text =
        "(module (memory 1) (func (export \"f\") (result i32) "
        "(i32.store (i32.const 0) (i32.const 7)) " +
        body + "))";
    auto instance = Linker(engine).instantiate(store, Module::from_wat(engine, text).value());
    return instance.value().get<int32_t()>("f").value()().value() == n % 50 + 1;
  };
  REQUIRE(compute(1));
  std::vector<pid_t> children;
  for (int child = 0; child < 4; ++child) {
    pid_t pid = ::fork();
    if (pid == 0) {
      bool right = true;
      for (int n = 0; n < 100; ++n) right &= compute(13 * child + n);
      ::_exit(right ? 0 : 1);
    }
    REQUIRE(pid > 0);
    children.push_back(pid);
  }
  for (pid_t pid : children) {
    int status = -1;
    CHECK(::waitpid(pid, &status, 0) == pid);
    CHECK(status == 0);
  }
}
#endif
