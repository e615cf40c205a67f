// An embedder that is built in every mode: with and without C++ exceptions and RTTI, at each level
// of optimization. Errors are values; with the argument `value` it asks for the value of an error,
// which ends a program without exceptions, with a message.
#include <zwasm/zwasm.h>

#include <cstdio>
#include <cstring>

namespace {

int failures = 0;

void expect(bool ok, const char* what) {
  if (ok) return;
  ++failures;
  std::printf("FAIL %s\n", what);
}

struct Account {
  int balance;
};

}  // namespace

int main(int count, char** args) {
  zwasm::Engine engine;
  if (count > 1 && std::strcmp(args[1], "value") == 0)
    return static_cast<int>(zwasm::Module::load(engine, "no such file").value().func_count());

  zwasm::Store store(engine, {.max_memory_bytes = 1 << 20});
  zwasm::Linker linker(engine);
  linker.func(
      "host", "pay",
      [](zwasm::Caller& caller, zwasm::ExternRef who, int32_t sum) -> zwasm::Result<int32_t> {
        auto* account = who.as_host<Account>();
        if (account == nullptr) return zwasm::Error::from_trap(zwasm::Trap::cast_failure);
        if (account->balance < sum) return zwasm::Error::host("not enough");
        static_cast<void>(caller);
        return account->balance -= sum;
      });
  auto module = zwasm::Module::from_wat(engine, R"((module
    (import "host" "pay" (func $pay (param externref i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "pay") (param externref i32) (result i32) (call $pay (local.get 0) (local.get 1)))
    (func (export "trap") (drop (i32.div_s (i32.const 1) (i32.const 0))))
    (func (export "deep") (result i32) (i32.add (call 3) (i32.const 1)))))");
  if (!module) return std::printf("%s\n", module.error().to_string().c_str()), 1;
  auto instance = linker.instantiate(store, *module);
  if (!instance) return std::printf("%s\n", instance.error().to_string().c_str()), 1;
  auto pay = instance->get<int32_t(zwasm::ExternRef, int32_t)>("pay");
  auto account = zwasm::Ref::host(store, Account{100});
  auto other = zwasm::Ref::host(store, 5);
  if (!pay || !account || !other) return 1;
  for (int i = 0; i < 3000; ++i) pay->func().call({*account, 0}).ok();
  auto left = (*pay)(zwasm::ExternRef(*account), 30);
  expect(left && *left == 70, "a host value in a callback");
  auto refused = (*pay)(zwasm::ExternRef(*account), 300);
  expect(!refused && refused.error().kind == zwasm::ErrorKind::host, "an error of the host's");
  expect(refused.error().message == "not enough", "its message");
  auto cast = (*pay)(zwasm::ExternRef(*other), 1);
  expect(!cast && cast.error().trap == zwasm::Trap::cast_failure, "a host value of another type");
  auto trap = instance->call("trap");
  expect(!trap && trap.error().trap == zwasm::Trap::integer_divide_by_zero, "a trap");
  auto deep = instance->call("deep");
  expect(!deep && deep.error().trap == zwasm::Trap::stack_exhausted, "an exhausted stack");
  auto wrong = instance->call("pay", {1});
  expect(!wrong && wrong.error().kind == zwasm::ErrorKind::usage, "a wrong call");
  auto memory = zwasm::Memory::create(store, {.limits = {.min = 17}});
  expect(!memory && memory.error().kind == zwasm::ErrorKind::limit, "memory that is not to be had");
  std::puts(failures == 0 ? "all as expected" : "not as expected");
  return failures != 0;
}
