// Threads: an engine and a module serve all of them, each has a store of its own, and a shared
// memory is one memory in every store.
#include <zwasm/zwasm.h>

#include <cstdio>
#include <thread>
#include <vector>

int main() {
  zwasm::Engine engine;
  auto module = zwasm::Module::from_wat(engine, R"((module
    (import "env" "memory" (memory 1 1 shared))
    (func (export "count") (param $n i32)
      (loop $next
        (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
        (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))))")
                    .value();
  auto memory =
      zwasm::SharedMemory::create(engine, {.limits = {.min = 1, .max = 1}, .shared = true}).value();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      zwasm::Store store(engine);
      zwasm::Linker linker(engine);
      linker.define("env", "memory", zwasm::Memory::from_shared(store, memory).value());
      auto instance = linker.instantiate(store, module).value();
      instance.get<void(int32_t)>("count").value()(10'000).value();
    });
  for (auto& thread : threads) thread.join();
  zwasm::Store store(engine);
  auto seen = zwasm::Memory::from_shared(store, memory).value();
  std::printf("4 threads counted to %u\n", *seen.read<uint32_t>(0));
}
