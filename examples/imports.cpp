// What a module can import: lambdas with state, functions that may fail, functions that see who
// calls them, exports of other instances, and a plain list without any names.
#include <zwasm/zwasm.h>

#include <cstdio>

constexpr const char* kLibrary = R"((module
  (func (export "square") (param f64) (result f64) (f64.mul (local.get 0) (local.get 0)))))";

constexpr const char* kProgram = R"((module
  (import "lib" "square" (func $square (param f64) (result f64)))
  (import "host" "count" (func $count (result i32)))
  (import "host" "half" (func $half (param i32) (result i32)))
  (import "host" "print" (func $print (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "text in the guest's memory")
  (func (export "run") (result f64)
    (drop (call $count)) (drop (call $count))
    (call $print (i32.const 16) (i32.const 26))
    (call $square (f64.convert_i32_s (call $half (i32.const 14)))))
  (func (export "fail") (result i32) (call $half (i32.const 7)))))";

int main() {
  zwasm::Engine engine;
  zwasm::Store store(engine);
  zwasm::Linker linker(engine);

  int calls = 0;
  linker.func("host", "count", [&calls]() -> int32_t { return ++calls; });
  linker.func("host", "half", [](int32_t x) -> zwasm::Result<int32_t> {
    if (x % 2 != 0) return zwasm::Error::host("an odd number has no half");
    return x / 2;
  });
  linker.func("host", "print",
              [](zwasm::Caller& caller, uint32_t at, uint32_t size) -> zwasm::Result<void> {
                auto memory = caller.memory();
                auto text = memory ? memory->read_string(at, size) : std::nullopt;
                if (!text) return zwasm::Error::from_trap(zwasm::Trap::memory_out_of_bounds);
                std::printf("%s\n", text->c_str());
                return {};
              });
  auto library = zwasm::Module::from_wat(engine, kLibrary).value();
  linker.instance("lib", linker.instantiate(store, library).value());

  auto program = zwasm::Module::from_wat(engine, kProgram).value();
  auto instance = linker.instantiate(store, program).value();
  std::printf("run: %g\n", instance.get<double()>("run").value()().value());
  std::printf("calls counted: %d\n", calls);

  auto failed = instance.call("fail");
  std::printf("fail: %s\n", failed.error().message.c_str());

  // Without names: one entry per import, in the module's order.
  auto alone = zwasm::Module::from_wat(engine, R"((module
    (import "" "f" (func $f (param i32) (result i32)))
    (func (export "g") (param i32) (result i32) (call $f (local.get 0)))))")
                   .value();
  const zwasm::Extern list[] = {zwasm::Func::wrap(store, [](int32_t x) { return x + 1; })};
  auto plain = zwasm::Instance::create(store, alone, list).value();
  std::printf("by position: %d\n", plain.get<int32_t(int32_t)>("g").value()(41).value());
}
