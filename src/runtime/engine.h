// What modules and stores of one configuration share. Immutable but for the type registry and the
// deadline thread, which lock; used from any thread.
#pragma once
#include <cstdint>
#include <memory>
#include <memory_resource>

#include "isa/features.h"
#include "module/type_registry.h"
#include "runtime/interpreter.h"
#include "runtime/tiers.h"

namespace zwasm::runtime {

class DeadlineThread;
class GuestProfile;

struct EngineSettings {
  // Where modules, interpreter code, instances and tables take their memory from; never null. It
  // outlives the engine, its modules and its stores. Used by any thread.
  std::pmr::memory_resource* memory = std::pmr::new_delete_resource();
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
  // How code runs: interpreted, all compiled before it runs, or what is hot compiled meanwhile.
  enum class Tiering : uint8_t { interpret, compile, tiered };
  Tiering tiers = Tiering::interpret;
  // 0 keeps every value in memory, 1 compiles fast, 2 makes the fastest code.
  uint8_t opt_level = 2;
  // Tiering::tiered: calls of a function until it is compiled; how often interpreted loops look for
  // machine code (0: in every iteration); false: whoever wants code compiles it at once.
  uint32_t tier_calls = 400;
  uint32_t tier_loops_ms = 1;
  bool compile_in_background = true;
  // Profilers are told about machine code (jit/observers.h).
  enum class CodeProfile : uint8_t { none, perfmap, jitdump };
  CodeProfile code_profile = CodeProfile::none;
  // Native debuggers are told about machine code, with lines (jit/gdb.h).
  bool debug_info = false;
  // Microseconds between samples of what guests do (guest_profile.h); 0: none.
  uint32_t sample_us = 0;
  // Compiled code is kept in the user's cache directory for the next run (aot/cache.h).
  bool cache = false;
  uint64_t cache_bytes = uint64_t{1} << 30;  // that its entries may take on the disk
  // Keep what happened to each function, for Tiers::explain.
  bool explain = false;
  // Write each function that is compiled to stderr: its graph, its machine code, the graph behind
  // each pass.
  bool dump_ir = false, dump_code = false, dump_passes = false;
  // The compiler checks its own work after each pass.
  bool verify_code = false;
  // Bytes of stack for guest frames, per thread that runs guest code.
  uint64_t max_wasm_stack = uint64_t{8} << 20;
};

class Engine {
 public:
  static std::shared_ptr<Engine> create(const EngineSettings& settings,
                                        const InterpreterOps& interpreter,
                                        std::unique_ptr<Tiers> tiers = nullptr);
  ~Engine();

  const EngineSettings& settings() const { return settings_; }
  std::pmr::memory_resource& memory() const { return *settings_.memory; }
  const InterpreterOps& interpreter() const { return interpreter_; }
  module::TypeRegistry& types() { return types_; }
  const module::TypeRegistry& types() const { return types_; }
  DeadlineThread& deadlines() { return *deadlines_; }
  // Of EngineSettings::sample_us, or null.
  GuestProfile* guest_profile() const { return guest_profile_.get(); }
  // The compiler, or null.
  Tiers* tiers() const { return tiers_.get(); }

 private:
  Engine(const EngineSettings& settings, const InterpreterOps& interpreter,
         std::unique_ptr<Tiers> tiers);

  EngineSettings settings_;
  const InterpreterOps& interpreter_;
  module::TypeRegistry types_;
  std::unique_ptr<DeadlineThread> deadlines_;
  std::unique_ptr<GuestProfile> guest_profile_;
  std::unique_ptr<Tiers> tiers_;
};

}  // namespace zwasm::runtime
