// The library's memory: what comes from Config::memory_resource goes back to it, byte for byte, and
// what is mapped from the system is told by mapped_memory().
#include <doctest/doctest.h>
#include <zwasm/zwasm.h>

#include <atomic>
#include <memory_resource>
#include <new>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "test_engine.h"

using namespace zwasm;

namespace {

// Counts what is asked for; refuses large requests beyond a limit, as a resource may.
class Counting : public std::pmr::memory_resource {
 public:
  std::atomic<size_t> bytes{0}, peak{0}, blocks{0};
  std::atomic<size_t> largest{SIZE_MAX};

 private:
  void* do_allocate(size_t size, size_t align) override {
    if (size > largest) throw std::bad_alloc();
    size_t now = bytes += size;
    size_t seen = peak;
    while (now > seen && !peak.compare_exchange_weak(seen, now)) {
    }
    ++blocks;
    return std::pmr::new_delete_resource()->allocate(size, align);
  }
  void do_deallocate(void* at, size_t size, size_t align) override {
    bytes -= size;
    --blocks;
    std::pmr::new_delete_resource()->deallocate(at, size, align);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

constexpr const char* kModule = R"((module
  (type $s (struct (field i32)))
  (table (export "t") 10 funcref)
  (table $objects 4 anyref)
  (elem (i32.const 0) $f)
  (elem $e anyref (ref.i31 (i32.const 1)) (struct.new $s (i32.const 2)))
  (memory (export "memory") 1 4)
  (global (mut i64) (i64.const 5))
  (tag (param i32))
  (func $f (export "f") (param i32) (result i32)
    (table.init $objects $e (i32.const 0) (i32.const 0) (i32.const 2))
    (i32.add (local.get 0) (i32.const 1)))
  (func (export "grow") (param i32) (result i32)
    (table.grow 0 (ref.null func) (local.get 0)))))";

std::string large_module() {
  std::string text = "(module";
  for (int i = 0; i < 2000; ++i)
    text += "(func (export \"f" + std::to_string(i) +
            "\") (param i32) (result i32) (i32.mul (local.get 0) (i32.const " + std::to_string(i) +
            ")))";
  return text + ")";
}

}  // namespace

TEST_CASE("memory goes back to the resource it came from") {
  for (Tier tier : {Tier::interpreter, Tier::compiled, Tier::automatic}) {
    Counting counting;
    {
      // A compiler in the background might hold the module a moment longer.
      TestEngine engine({.memory_resource = &counting,
                         .tier = tier,
                         .background_compilation = false,
                         .tier_calls = 1});
      CHECK(engine.config().memory_resource == &counting);
      const size_t empty = counting.bytes;
      size_t with_module;
      {
        auto module = Module::from_wat(engine, kModule).value();
        with_module = counting.bytes;
        CHECK(with_module > empty + module.bytes().size());
        {
          Store store(engine);
          auto instance = Linker(engine).instantiate(store, module).value();
          CHECK(counting.bytes > with_module);
          for (int i = 0; i < 3; ++i) CHECK(instance.call("f", {i}).value()[0].i32() == i + 1);
          CHECK(instance.call("grow", {1000}).value()[0].i32() == 10);
          CHECK(instance.call("grow", {100'000}).value()[0].i32() == 1010);  // mapped from now on
        }
        // What is left is the module, and its code for the interpreter.
        CHECK(counting.bytes >= with_module);
        CHECK(counting.bytes < with_module + 20'000);
      }
      CHECK(counting.bytes == empty);
    }
    CHECK(counting.bytes == 0);
    CHECK(counting.blocks == 0);
  }
}

TEST_CASE("the resource sees what is large about a module") {
  Counting counting;
  TestEngine engine({.memory_resource = &counting, .tier = Tier::interpreter});
  auto module = Module::from_wat(engine, large_module()).value();
  // Its bytes, and a record of each function.
  CHECK(counting.bytes > module.bytes().size() + 2000 * 64);
  const size_t loaded = counting.bytes;
  {
    Store store(engine);
    auto instance = Linker(engine).instantiate(store, module).value();
    const size_t instantiated = counting.bytes;
    CHECK(instantiated > loaded + 2000 * 16);
    for (int i = 0; i < 2000; ++i)
      CHECK(instance.call("f" + std::to_string(i), {2}).value()[0].i32() == 2 * i);
    CHECK(counting.bytes > instantiated + 2000 * 32);  // the interpreter's code
  }
}

TEST_CASE("modules that are refused leave nothing behind") {
  Counting counting;
  TestEngine engine({.memory_resource = &counting});
  const size_t empty = counting.bytes;
  CHECK(!Module::from_wat(engine, "(module (func (result i32)))"));
  CHECK(!Module::from_wat(engine, "(module (func"));
  const uint8_t bytes[] = {0, 'a', 's', 'm', 1, 0, 0, 0, 1, 5, 1};
  CHECK(!Module::compile(engine, bytes));
  CHECK(counting.bytes == empty);
}

TEST_CASE("a resource that refuses an instance or a table gives an error") {
  Counting counting;
  TestEngine engine({.memory_resource = &counting, .tier = Tier::interpreter});
  auto module = Module::from_wat(engine, large_module()).value();
  auto table = Module::from_wat(engine, R"((module (table 100 funcref)
    (func (export "grow") (result i32) (table.grow (ref.null func) (i32.const 5000)))))")
                   .value();
  counting.largest = 20'000;
  Store store(engine);
  Linker linker(engine);
  auto instance = linker.instantiate(store, module);
  REQUIRE(!instance);
  CHECK(instance.error().kind == ErrorKind::limit);
  auto small = linker.instantiate(store, table);
  REQUIRE(small.ok());
  CHECK(small->call("grow").value()[0].i32() == -1);
  counting.largest = SIZE_MAX;
  CHECK(small->call("grow").value()[0].i32() == 100);
  CHECK(linker.instantiate(store, module).ok());
}

TEST_CASE("stores of several threads share a resource") {
  Counting counting;
  {
    TestEngine engine({.memory_resource = &counting, .background_compilation = false});
    std::vector<std::thread> threads;
    std::atomic<int> wrong{0};
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 10; ++i) {
          auto module = Module::from_wat(engine, kModule).value();
          Store store(engine);
          auto instance = Linker(engine).instantiate(store, module).value();
          wrong += instance.call("f", {i}).value()[0].i32() != i + 1;
        }
      });
    for (std::thread& thread : threads) thread.join();
    CHECK(wrong == 0);
  }
  CHECK(counting.bytes == 0);
}

TEST_CASE("mapped memory is told apart and goes back") {
  std::optional<Engine> engine(Config{.tier = Tier::compiled});
  {
    // This thread keeps the stack that it runs guests on.
    Store store(*engine);
    auto module = Module::from_wat(*engine, kModule).value();
    CHECK(Linker(*engine).instantiate(store, module)->call("f", {1}).ok());
  }
  const MappedMemory before = mapped_memory();
  CHECK(before.stacks > 0);
  {
    auto module = Module::from_wat(*engine, kModule).value();
    Store store(*engine);
    auto instance = Linker(*engine).instantiate(store, module).value();
    CHECK(mapped_memory().memories == before.memories + 65536);
    CHECK(instance.memory()->grow(2).value() == 1);
    CHECK(mapped_memory().memories == before.memories + 3 * 65536);
    CHECK(instance.call("f", {1}).ok());
    CHECK(mapped_memory().heaps > before.heaps);
    CHECK(mapped_memory().code >= before.code);
    CHECK(instance.call("grow", {100'000}).ok());
    CHECK(mapped_memory().tables > before.tables);
  }
  engine.reset();
  const MappedMemory after = mapped_memory();
  CHECK(after.memories == before.memories);
  CHECK(after.tables == before.tables);
  CHECK(after.heaps == before.heaps);
  CHECK(after.code <= before.code);
  CHECK(after.stacks == before.stacks);
}
