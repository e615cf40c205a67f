// Code that one does not trust: memory, fuel and time are limited, and another thread can stop it.
#include <zwasm/zwasm.h>

#include <chrono>
#include <cstdio>
#include <thread>

using namespace std::chrono_literals;

int main() {
  zwasm::Engine engine({.fuel = true, .max_wasm_stack = 256 << 10});
  auto module = zwasm::Module::from_wat(engine, R"((module
    (memory (export "memory") 1)
    (func (export "grow") (result i32) (memory.grow (i32.const 1000)))
    (func $deep (export "recurse") (call $deep))
    (func (export "forever") (loop $again (br $again)))))")
                    .value();
  zwasm::Store store(engine);
  store.set_limits({.max_memory_bytes = 1 << 20});
  store.set_fuel(1'000'000).value();
  auto instance = zwasm::Instance::create(store, module, {}).value();
  auto why = [&](const char* name) { return instance.call(name).error().message; };

  std::printf("growing to 64 MB: %d\n", instance.call("grow").value()[0].i32());
  std::printf("endless recursion: %s\n", why("recurse").c_str());
  std::printf("fuel: %s\n", why("forever").c_str());

  store.set_fuel(UINT64_MAX / 2).value();
  store.set_timeout(20ms);
  std::printf("time: %s\n", why("forever").c_str());

  store.clear_interrupt();
  store.set_timeout(0s);
  auto handle = store.interrupt_handle();  // may be used by any thread, and by signal handlers
  std::thread other([handle] {
    std::this_thread::sleep_for(20ms);
    handle.interrupt();
  });
  auto stopped = instance.call("forever");
  other.join();
  std::printf("another thread: %s\n", stopped.error().message.c_str());
  store.clear_interrupt();
  std::printf("the store lives on: %d\n", instance.call("grow").value()[0].i32());
}
