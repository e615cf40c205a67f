// What a guest does: counts of opcodes, calls and loop iterations.
#include <zwasm/zwasm.h>

#include <cstdio>

int main() {
  zwasm::Engine engine({.profile_ops = true});
  zwasm::Store store(engine);
  auto module = zwasm::Module::from_wat(engine, R"((module $example
    (func $fib (export "fib") (param i32) (result i32)
      (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
        (then (local.get 0))
        (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                       (call $fib (i32.sub (local.get 0) (i32.const 2)))))))))")
                    .value();
  auto instance = zwasm::Instance::create(store, module, {}).value();
  std::printf("fib(15) = %d\n", instance.get<int32_t(int32_t)>("fib").value()(15).value());
  zwasm::Profile profile = store.profile();
  for (const auto& function : profile.functions)
    std::printf("%s!%s was called %llu times\n", function.module.c_str(), function.name.c_str(),
                static_cast<unsigned long long>(function.calls));
  for (const auto& op : profile.ops)
    if (op.name == "i32.add" || op.name == "call")
      std::printf("%s: %llu\n", op.name.c_str(), static_cast<unsigned long long>(op.count));
}
