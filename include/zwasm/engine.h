/// An Engine is the root of everything: its configuration, the types of all its modules, the
/// threads it uses. Make one for the life of the process.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "zwasm/config.h"
#include "zwasm/detail/export.h"
#include "zwasm/error.h"

namespace zwasm ZWASM_PUBLIC {

namespace runtime {
class Engine;
}
namespace detail {
struct Internals;
}

/// One stack of guest functions, and how often it was seen.
struct GuestSample {
  std::vector<std::string> frames;  ///< outermost first: "module!function"
  uint64_t count = 0;
};

/// A shared handle: copies mean the same engine. Thread-safe.
class Engine {
 public:
  Engine();  ///< with the default Config
  /// Where the configuration asks for what this build was made without (`build_parts`), loading
  /// modules gives the error that `create` gives at once.
  explicit Engine(const Config& config);
  /// Error (limit): see above.
  static Result<Engine> create(const Config& config);

  Config config() const noexcept;
  /// What the sampler of Config::sample_us has seen so far, in all stores of the engine.
  /// Thread-safe.
  std::vector<GuestSample> samples() const;
  friend bool operator==(const Engine&, const Engine&) = default;

 private:
  friend struct detail::Internals;
  explicit Engine(std::shared_ptr<runtime::Engine> engine) : engine_(std::move(engine)) {}
  std::shared_ptr<runtime::Engine> engine_;
};

/// Bytes that the library has mapped from the system, past any allocator, for all engines of the
/// process. Address space that is reserved and cannot be accessed is not counted.
struct MappedMemory {
  uint64_t memories = 0;  ///< linear memories
  uint64_t tables = 0;    ///< tables of 256 KiB and more; smaller ones are allocated
  uint64_t heaps = 0;     ///< garbage-collected heaps
  uint64_t stacks = 0;    ///< stacks that guests run on; each thread that ran one keeps one
  uint64_t code = 0;      ///< machine code
};
/// Thread-safe; the numbers are read one after the other.
MappedMemory mapped_memory() noexcept;

}  // namespace zwasm ZWASM_PUBLIC
