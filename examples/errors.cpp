// Errors are values, with places and backtraces; those who like C++ exceptions call value().
#include <zwasm/zwasm.h>

#include <cstdio>

int main() {
  zwasm::Engine engine;
  zwasm::Store store(engine);

  auto typo = zwasm::Module::from_wat(engine, "(module\n  (func i32.addd))", "typo.wat");
  std::printf("%s\n\n", typo.error().to_string().c_str());

  auto invalid = zwasm::Module::from_wat(engine, "(module (func (result i32) i64.const 1))");
  std::printf("%s\n\n", invalid.error().message.c_str());

  auto module = zwasm::Module::from_wat(engine, R"((module $example
    (func $divide (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
    (func (export "run") (result i32) (call $divide (i32.const 1) (i32.const 0)))))")
                    .value();
  auto instance = zwasm::Instance::create(store, module, {}).value();
  auto result = instance.call("run");
  if (result.error().trap == zwasm::Trap::integer_divide_by_zero)
    std::puts("a division by zero in");
  for (const zwasm::Frame& frame : result.error().backtrace)
    std::printf("  %s!%s\n", frame.module.c_str(), frame.func_name.c_str());

  auto wrong = instance.get<int64_t(int32_t)>("run");
  std::printf("\n%s\n", wrong.error().message.c_str());
  try {
    instance.func("rnu").value();
  } catch (const zwasm::Exception& e) {
    std::printf("%s\n", e.what());
  }
}
