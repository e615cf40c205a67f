// The shortest way: a module from text, one function of the host, one call.
#include <zwasm/zwasm.h>

#include <cstdio>

int main() {
  zwasm::Engine engine;
  zwasm::Store store(engine);
  zwasm::Linker linker(engine);
  linker.func("host", "hello", [] { std::puts("Hello from the host!"); });

  auto module = zwasm::Module::from_wat(engine, R"((module
    (import "host" "hello" (func $hello))
    (func (export "run") (call $hello))))");
  if (!module) {
    std::puts(module.error().to_string().c_str());
    return 1;
  }
  auto instance = linker.instantiate(store, *module).value();
  instance.get<void()>("run").value()().value();
}
