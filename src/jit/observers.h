// Who wants to know about machine code: profilers that find names by address.
//
//   perfmap   /tmp/perf-PID.map: a line of address, size and name for each function
//   jitdump   jit-PID.dump in the current directory, with the code itself and times, for
//             `perf inject --jit` (record with `perf record -k 1`)
#pragma once
#include <memory>

#include "runtime/engine.h"
#include "runtime/loaded_module.h"
#include "runtime/native_code.h"

namespace zwasm::jit {

// Null when nobody is to be told, or the file cannot be written (which is said on stderr).
class CodeObserver {
 public:
  static std::unique_ptr<CodeObserver> create(runtime::EngineSettings::CodeProfile kind);
  virtual ~CodeObserver() = default;
  // Before the code runs. Any thread.
  virtual void added(const runtime::LoadedModule& module, const runtime::NativeCode& code) = 0;
};

}  // namespace zwasm::jit
