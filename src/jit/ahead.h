// All functions of a module, compiled at once: before it runs, or for a file.
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "jit/compile_batch.h"

namespace zwasm::jit {

// Told how many functions are done; from any thread, one at a time. May be empty.
using Progress = std::function<void(size_t done, size_t all)>;

// By several threads, if `parallel`, that take the next function each.
std::vector<Compiled> compile_all(runtime::LoadedModule& module,
                                  const codegen::CodegenSettings& settings, bool parallel,
                                  const Show& show, const Progress& progress = {});

struct AheadResult {
  std::vector<uint8_t> object;  // aot/code_object.h, with the module in it
  size_t compiled = 0;
  // Functions that the compiler refused; they will be interpreted.
  struct Refused {
    uint32_t func;
    std::string why;
  };
  std::vector<Refused> refused;
};
// Sealed by the user's key. `settings` may be for another machine than this.
AheadResult compile_ahead(runtime::LoadedModule& module, const codegen::CodegenSettings& settings,
                          bool parallel, const Progress& progress = {});

}  // namespace zwasm::jit
