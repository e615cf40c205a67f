// Modules that were validated and compiled once, kept as bytes: what is damaged or foreign is
// refused, and so is what somebody else sealed (the key is $XDG_STATE_HOME/zwasm/key).
#include <zwasm/zwasm.h>

#include <cstdio>
#include <vector>

int main() {
  zwasm::Engine engine;
  auto module = zwasm::Module::from_wat(engine, R"((module
    (func (export "answer") (result i32) (i32.const 42))))")
                    .value();
  std::vector<uint8_t> bytes = module.serialize();

  zwasm::Store store(engine);
  auto again = zwasm::Module::deserialize(engine, bytes).value();
  auto instance = zwasm::Instance::create(store, again, {}).value();
  std::printf("answer: %d\n", instance.get<int32_t()>("answer").value()().value());

  auto info = zwasm::compiled_info(bytes).value();
  std::printf("functions with machine code: %u, sealed by me: %s\n", info.functions,
              info.sealed ? "yes" : "no");

  bytes[bytes.size() / 2] ^= 1;
  auto damaged = zwasm::Module::deserialize(engine, bytes);
  std::printf("damaged: %s\n", damaged.error().message.c_str());
  auto foreign = zwasm::Module::deserialize(engine, module.bytes());
  std::printf("not serialized: %s\n", foreign.error().message.c_str());
}
