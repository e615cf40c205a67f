// References: values of the host that a guest keeps and gives back, and functions as values.
#include <zwasm/zwasm.h>

#include <cstdio>
#include <string>

int main() {
  zwasm::Engine engine;
  zwasm::Store store(engine);
  auto module = zwasm::Module::from_wat(engine, R"((module
    (table $kept (export "kept") 4 externref)
    (table $ops (export "ops") 2 funcref)
    (func (export "keep") (param i32 externref) (table.set $kept (local.get 0) (local.get 1)))
    (func (export "get") (param i32) (result externref) (table.get $kept (local.get 0)))
    (func $double (export "double") (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1)))
    (elem (table $ops) (i32.const 0) func $double)
    (func (export "apply") (param $op i32) (param $x i32) (result i32)
      (call_indirect $ops (param i32) (result i32) (local.get $x) (local.get $op)))))")
                    .value();
  auto instance = zwasm::Instance::create(store, module, {}).value();
  auto keep = instance.get<void(int32_t, zwasm::ExternRef)>("keep").value();
  auto get = instance.get<zwasm::ExternRef(int32_t)>("get").value();

  // Any C++ value can be an externref; it is destroyed when nothing refers to it any more.
  zwasm::Ref text = zwasm::Ref::host(store, std::string("a string of the host")).value();
  keep(2, zwasm::ExternRef(text)).value();
  store.collect();
  zwasm::Ref back = get(2).value();
  std::printf("kept: %s, %s\n", back.as_host<std::string>()->c_str(),
              back == text ? "the same object" : "another object");
  std::printf("at 0: %s; as an int: %s\n", get(0).value().is_null() ? "null" : "something",
              back.as_host<int>() != nullptr ? "yes" : "no");

  // Functions are references too.
  auto apply = instance.get<int32_t(int32_t, int32_t)>("apply").value();
  auto ops = instance.table("ops").value();
  ops.set(1, zwasm::Func::wrap(store, [](int32_t x) { return -x; })).value();
  std::printf("double: %d, negate: %d\n", apply(0, 21).value(), apply(1, 42).value());
  std::printf("element 0 is \"%s\"\n", ops.get(0).value().as_func()->name().c_str());
}
