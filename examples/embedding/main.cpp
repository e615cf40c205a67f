// A host with a function of its own and a guest that calls it: the smallest useful embedding.
#include <zwasm/zwasm.h>

#include <cstdio>

int main() {
  zwasm::Engine engine;
  auto module = zwasm::Module::from_wat(engine, R"(
    (module
      (import "host" "square" (func $square (param i32) (result i32)))
      (func (export "sum_of_squares") (param $n i32) (result i32)
        (local $sum i32)
        (loop $next
          (local.set $sum (i32.add (local.get $sum) (call $square (local.get $n))))
          (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum))))");
  if (!module) {
    std::fprintf(stderr, "%s\n", module.error().to_string().c_str());
    return 1;
  }

  zwasm::Store store(engine);
  zwasm::Linker linker(engine);
  linker.func("host", "square", [](int32_t x) { return x * x; });
  auto instance = linker.instantiate(store, *module).value();
  auto sum = instance.get<int32_t(int32_t)>("sum_of_squares").value();
  std::printf("%d\n", sum(10).value());
}
