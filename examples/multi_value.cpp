// Several results are a std::tuple, in both directions.
#include <zwasm/zwasm.h>

#include <cstdio>
#include <tuple>

int main() {
  zwasm::Engine engine;
  zwasm::Store store(engine);
  zwasm::Linker linker(engine);
  linker.func("host", "divide", [](int32_t a, int32_t b) { return std::tuple(a / b, a % b); });
  auto module = zwasm::Module::from_wat(engine, R"((module
    (import "host" "divide" (func $divide (param i32 i32) (result i32 i32)))
    (func (export "clock") (param $seconds i32) (result i32 i32 i32) (local $left i32)
      (call $divide (local.get $seconds) (i32.const 3600))
      (local.set $left)
      (call $divide (local.get $left) (i32.const 60)))))")
                    .value();
  auto instance = linker.instantiate(store, module).value();
  auto clock = instance.get<std::tuple<int32_t, int32_t, int32_t>(int32_t)>("clock").value();
  auto [hours, minutes, seconds] = clock(40271).value();
  std::printf("%02d:%02d:%02d\n", hours, minutes, seconds);
}
