// What the runtime needs of the compiler's driver, which stands above this folder in the include
// order: src/jit derives from it, whoever makes an Engine passes it in. An engine without one
// interprets everything.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "isa/features.h"
#include "module/module.h"
#include "runtime/layout.h"

namespace zwasm::runtime {

// What is known of a module from before: its machine code, and that it is valid. From the cache, or
// from a compiled file.
class Kept {
 public:
  virtual ~Kept() = default;
  // Who kept it had validated the module with these proposals, and nobody else can have written it.
  virtual bool validated(isa::FeatureSet features) const = 0;
};

class Tiers {
 public:
  virtual ~Tiers() = default;

  // Before a module is validated: what is known of it, or null.
  virtual std::unique_ptr<Kept> find(const module::Module& module) = 0;
  // Before an instance of the module runs; any thread, any number of times. Puts in place what was
  // kept (LoadedModule::kept), or compiles it now, or notes that it may become hot.
  virtual void prepare(LoadedModule& module) = 0;
  // What has happened to a function, a line each (EngineSettings::explain).
  virtual std::vector<std::string> explain(const Function& function) = 0;

  // The function has been called as often as EngineSettings::tier_calls says.
  virtual void hot(Function& function) = 0;
  // Where machine code continues an interpreted frame that stands at the `loop` at `position`
  // (from the start of the body's code), or null: there is none yet, or never will be.
  virtual const void* loop_entry(Function& function, uint32_t position) = 0;
  // The module ends.
  virtual void forget(LoadedModule& module) = 0;
  // The process ends soon: compiles what is still wanted, as far as the time allows, and keeps what
  // is to be kept.
  virtual void settle(LoadedModule& module, std::chrono::nanoseconds budget) = 0;

  // A store begins and ends. From time to time its poll word gets kPollTier, so that interpreted
  // loops look for machine code.
  virtual void add_store(StoreContext& context) = 0;
  virtual void remove_store(StoreContext& context) = 0;
  // The store has seen it.
  virtual void ticked(StoreContext& context) = 0;
};

}  // namespace zwasm::runtime
