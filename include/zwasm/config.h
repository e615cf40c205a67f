/// What an Engine may be told: the proposals that are on, and how code runs.
#pragma once
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>

#include "zwasm/detail/export.h"

namespace zwasm ZWASM_PUBLIC {

/// The proposals that can be switched; `features()` describes each.
enum class Feature : uint8_t {
  mvp,
  mutable_globals,
  saturating_float_to_int,
  sign_extension,
  multi_value,
  reference_types,
  gc_types,
  bulk_memory,
  simd,
  relaxed_simd,
  extended_const,
  tail_call,
  multi_memory,
  memory64,
  exceptions,
  function_references,
  gc,
  threads,
  wide_arithmetic,
  custom_page_sizes,
  branch_hinting,
  legacy_exceptions,
};

struct FeatureInfo {
  Feature feature;
  std::string_view name;   ///< as in `-W name`
  uint8_t level;           ///< the specification's level 1, 2 or 3 that has it; 0: beyond 3.0
  bool in_default;         ///< on unless asked otherwise
  std::string_view since;  ///< the zwasm version that brought it
  std::string_view about;  ///< one line
  bool included;           ///< false: this build was made without it, see build_parts
};

/// Every proposal, in the order of the specification's levels. Thread-safe.
std::span<const FeatureInfo> features() noexcept;

/// A set of proposals.
class Features {
 public:
  /// All finished proposals.
  Features() noexcept;
  static Features none() noexcept { return Features(0, 0); }
  static Features all() noexcept;
  /// Exactly what level 1, 2 or 3 of the specification contains.
  static Features level(uint32_t level) noexcept;
  static std::optional<Feature> by_name(std::string_view name) noexcept;

  bool has(Feature f) const noexcept { return (bits_ >> static_cast<unsigned>(f) & 1) != 0; }
  Features& set(Feature f, bool on = true) noexcept {
    uint64_t bit = uint64_t{1} << static_cast<unsigned>(f);
    bits_ = on ? bits_ | bit : bits_ & ~bit;
    return *this;
  }
  uint64_t bits() const noexcept { return bits_; }
  friend bool operator==(Features, Features) = default;

 private:
  Features(uint64_t bits, int) noexcept : bits_(bits) {}
  uint64_t bits_;
};

/// Which ways of running code an engine uses. Results are the same with each.
enum class Tier : uint8_t {
  automatic,    ///< starts at once in the interpreter and compiles what is hot
  interpreter,  ///< never compiles
  compiled,     ///< compiles everything before it runs
};

/// Profilers that are told the names of compiled functions.
enum class CodeProfile : uint8_t {
  none,
  perfmap,  ///< /tmp/perf-PID.map, for `perf report` on the same machine
  jitdump,  ///< jit-PID.dump in the current directory, for `perf record -k 1`, `perf inject --jit`
};

/// How an engine runs code; fill it in by designated initializers:
///
///     zwasm::Engine engine({.fuel = true, .max_wasm_stack = 256 << 10});
struct Config {
  /// Where the engine's modules, their code for the interpreter, instances and tables take their
  /// memory from; null: the global `operator new`. It must be safe to use from several threads and
  /// outlive the engine, its modules and its stores. What is mapped from the system or belongs to
  /// the bookkeeping of handles does not come from it: see mapped_memory() and the guide.
  std::pmr::memory_resource* memory_resource = nullptr;
  Features features{};
  Tier tier = Tier::automatic;
  /// How hard the compiler tries: 0 (for finding its mistakes), 1 (fast to compile), 2.
  uint32_t opt_level = 2;
  /// The compiler checks its own work. For tests; slow.
  bool verify_code = false;
  CodeProfile code_profile = CodeProfile::none;
  /// Microseconds between samples of which functions guests are in, for Engine::samples; 0: none.
  uint32_t sample_us = 0;
  /// Tell native debuggers about compiled code: gdb shows functions of guests by name, and lines of
  /// their source if they carry DWARF. (Names only, when a debugger has started the process
  /// anyway.)
  bool debug_info = false;
  /// Keep compiled code of larger modules in the user's cache directory ($XDG_CACHE_HOME/zwasm) for
  /// the next run. Entries are sealed with a key that only the user can read; no guest sees either,
  /// whatever directories it was granted. (The command line has it on.)
  bool cache = false;
  /// Bytes that the cache may take on the disk; what was not used for longest goes first.
  uint64_t cache_bytes = uint64_t{1} << 30;
  /// Keep what happens to each function, for Module::explain.
  bool explain = false;
  /// Write every function that is compiled to stderr: its graph, its machine code, the graph behind
  /// each pass over it.
  bool dump_ir = false;
  bool dump_code = false;
  bool dump_passes = false;
  /// Compile on threads of our own, while the interpreter goes on. Off: whoever needs code waits.
  bool background_compilation = true;
  /// Tier::automatic: calls after which a function is compiled.
  uint32_t tier_calls = 400;
  /// Tier::automatic: milliseconds between looks for loops worth compiling; 0: at each iteration.
  uint32_t tier_loops_ms = 1;
  /// Stores meter fuel: see Store::set_fuel.
  bool fuel = false;
  /// Bytes of stack that guest code may use before it traps with "call stack exhausted".
  uint64_t max_wasm_stack = 8 << 20;
  /// Reserve address space behind memories so that they never move and need no bounds checks in
  /// compiled code. Off: memories are allocated as small as they are.
  bool guard_pages = true;
  /// Replace every NaN that an operation makes by the canonical one, for deterministic results.
  bool nan_canonicalization = false;
  /// Give relaxed vector operations their deterministic results.
  bool relaxed_simd_deterministic = false;
  /// Collect and move every object at every allocation and poll. For tests; very slow.
  bool gc_stress = false;
  /// Count executed opcodes and calls: see Store::profile.
  bool profile_ops = false;
};

/// What one store may use, and the threads its guest spawns with it; a limit that is reached makes
/// `memory.grow`, `table.grow` return -1 and instantiation fail.
struct StoreLimits {
  uint64_t max_memory_bytes = UINT64_MAX;    ///< of all linear memories together
  uint64_t max_table_elements = UINT64_MAX;  ///< of all tables together
  uint64_t max_instances = UINT64_MAX;
  uint64_t max_memories = UINT64_MAX;
  uint64_t max_tables = UINT64_MAX;
  uint64_t max_gc_heap = UINT64_MAX;  ///< bytes of the garbage-collected heap; never above 4 GiB
  uint32_t max_threads = 1024;        ///< of wasi-threads, alive at the same time
  /// Frames kept in a backtrace: the innermost and the outermost half of a longer one.
  uint32_t max_backtrace = 32;
  bool trap_on_grow_failure = false;  ///< trap instead of returning -1
};

}  // namespace zwasm ZWASM_PUBLIC
