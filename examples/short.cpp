// The short way: a module in one call, its functions by name, plain C++ values.
#include <zwasm/zwasm.h>

#include <cstdio>

int main() {
  // Another module, and a function of ours, as imports.
  auto shapes = zwasm::WasmModule::from_wat(R"((module
    (func (export "area") (param f64 f64) (result f64) (f64.mul (local.get 0) (local.get 1)))))")
                    .value();
  std::printf("%g\n", shapes.call<double>("area", 3, 4.5).value());

  zwasm::LoadOptions options;
  options.imports = {{"shapes", shapes},
                     {"host", "print", [](double x) { std::printf("the guest says %g\n", x); }}};
  auto app = zwasm::WasmModule::from_wat(R"((module
    (import "shapes" "area" (func $area (param f64 f64) (result f64)))
    (import "host" "print" (func $print (param f64)))
    (func (export "run") (param f64) (call $print (call $area (local.get 0) (f64.const 2))))))",
                                         options)
                 .value();
  zwasm::WasmFn run = app.fn("run").value();  // looked up once
  for (int i = 1; i <= 3; ++i) run(i).value();

  // What does not fit is an error, not a surprise.
  auto wrong = shapes.call<int>("area", 1, 2);
  if (!wrong) std::printf("%s\n", wrong.error().message.c_str());
}
