// What modules and stores of one configuration share. Immutable but for the type registry and the
// deadline thread, which lock; used from any thread.
#pragma once
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <vector>

#include "isa/features.h"
#include "module/type_registry.h"
#include "runtime/interpreter.h"

namespace zwasm::runtime {

class DeadlineThread;
struct NativeRange;

struct EngineSettings {
  isa::FeatureSet features = isa::FeatureSet::defaults();
  // Memories reserve address space with guard regions, where the system grants it.
  bool guard_pages = true;
  // Code counts fuel (Store::set_fuel); without this it costs nothing.
  bool fuel = false;
  bool nan_canonicalization = false;
  bool relaxed_simd_deterministic = false;
  // Collect and move every object at every allocation and poll.
  bool gc_stress = false;
  // Count opcodes and calls.
  bool profile_ops = false;
  // Bytes of stack for guest frames, per thread that runs guest code.
  uint64_t max_wasm_stack = uint64_t{8} << 20;
};

class Engine {
 public:
  static std::shared_ptr<Engine> create(const EngineSettings& settings,
                                        const InterpreterOps& interpreter);
  ~Engine();

  const EngineSettings& settings() const { return settings_; }
  const InterpreterOps& interpreter() const { return interpreter_; }
  module::TypeRegistry& types() { return types_; }
  const module::TypeRegistry& types() const { return types_; }
  DeadlineThread& deadlines() { return *deadlines_; }

  // Ranges of machine code that may stand on guest stacks. The range must live until removed.
  void add_native(const NativeRange* range);
  void remove_native(const NativeRange* range);
  // The range that `pc` (a return address) belongs to, or null.
  const NativeRange* find_native(const void* pc) const;

 private:
  Engine(const EngineSettings& settings, const InterpreterOps& interpreter);

  EngineSettings settings_;
  const InterpreterOps& interpreter_;
  module::TypeRegistry types_;
  std::unique_ptr<DeadlineThread> deadlines_;
  mutable std::shared_mutex native_mutex_;
  std::vector<const NativeRange*> native_;  // sorted by address
};

}  // namespace zwasm::runtime
