// What the runtime needs of the compiler's driver, which stands above this folder in the include
// order: src/jit derives from it, whoever makes an Engine passes it in. An engine without one
// interprets everything.
#pragma once
#include <cstdint>

#include "runtime/layout.h"

namespace zwasm::runtime {

class Tiers {
 public:
  virtual ~Tiers() = default;

  // Before an instance of the module runs; any thread, any number of times. Compiles it now, or
  // notes that it may become hot.
  virtual void prepare(LoadedModule& module) = 0;
};

}  // namespace zwasm::runtime
