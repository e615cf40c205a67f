// A guest's memory: read, written, grown by host and guest alike.
#include <zwasm/zwasm.h>

#include <cstdio>

int main() {
  zwasm::Engine engine;
  zwasm::Store store(engine);
  auto module = zwasm::Module::from_wat(engine, R"((module
    (memory (export "memory") 1 3)
    (data (i32.const 0) "\01\02\03\04")
    (func (export "sum") (param $at i32) (param $n i32) (result i32) (local $sum i32)
      (loop $next
        (if (local.get $n) (then
          (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $at))))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br $next))))
      (local.get $sum))))")
                    .value();
  auto instance = zwasm::Instance::create(store, module, {}).value();
  auto memory = instance.memory().value();
  auto sum = instance.get<int32_t(uint32_t, uint32_t)>("sum").value();

  std::printf("%llu bytes, the first four sum up to %d\n",
              static_cast<unsigned long long>(memory.byte_size()), sum(0, 4).value());

  // Single numbers with a check of bounds …
  memory.write<uint32_t>(4, 0x40302010);
  std::printf("at 4: 0x%x; beyond the end: %s\n", *memory.read<uint32_t>(4),
              memory.read<uint32_t>(65533) ? "something" : "nothing");
  // … or all of it as a span, which the next call or growth may invalidate.
  auto data = memory.data();
  for (size_t i = 0; i < 10; ++i) data[100 + i] = static_cast<uint8_t>(i);
  std::printf("0 + 1 + … + 9 = %d\n", sum(100, 10).value());

  std::printf("grown from %llu page\n", static_cast<unsigned long long>(memory.grow(2).value()));
  auto refused = memory.grow(1);
  std::printf("now %llu; one more: %s\n", static_cast<unsigned long long>(memory.pages()),
              refused ? "granted" : "refused");
  std::printf("the guest's own access beyond its memory: %s\n",
              sum(3 * 65536 - 1, 2).error().message.c_str());
}
