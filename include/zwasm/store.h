/// A Store owns what runs: instances, memories, the garbage-collected heap, limits, fuel and the
/// WASI state. Everything made in it dies with it; handles that outlive it give errors.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "zwasm/config.h"
#include "zwasm/detail/export.h"
#include "zwasm/detail/store_ptr.h"
#include "zwasm/engine.h"
#include "zwasm/error.h"

namespace zwasm ZWASM_PUBLIC {

class WasiConfig;

namespace runtime {
class InterruptHandle;
}

/// Stops a store's running code from outside. Copies mean the same store; may outlive it.
class InterruptHandle {
 public:
  /// The guest's current call, or its next one if none is running, ends with Trap::interrupted,
  /// also when it is blocked in a WASI call. Stays in force until Store::clear_interrupt.
  /// Callable from any thread and from signal handlers.
  void interrupt() const noexcept;

 private:
  friend struct detail::Internals;
  explicit InterruptHandle(std::shared_ptr<runtime::InterruptHandle> handle)
      : handle_(std::move(handle)) {}
  std::shared_ptr<runtime::InterruptHandle> handle_;
};

/// Counts of executed opcodes and calls; see Config::profile_ops.
struct Profile {
  struct Op {
    std::string name;
    uint64_t count;
  };
  struct Function {
    std::string module;
    uint32_t index;
    std::string name;
    uint64_t calls;
    uint64_t loops;  ///< iterations of its loops
  };
  std::vector<Op> ops;              ///< most frequent first
  std::vector<Function> functions;  ///< most called first
};

class CallInfo;

/// Where control passes between host and guest; see Store::set_call_hook.
enum class CallEvent : uint8_t {
  calling_wasm,         ///< the host calls a function of a guest
  returning_from_wasm,  ///< and it returned or failed
  calling_host,         ///< a guest calls a host function, WASI included
  returning_from_host,
};

/// Movable, not copyable. Used by one thread at a time; moving to another thread is fine.
class Store {
 public:
  explicit Store(const Engine& engine, const StoreLimits& limits = {});
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  Engine engine() const noexcept;

  /// Limits for what is made or grown from now on (but max_gc_heap, which
  /// only the constructor sets).
  void set_limits(const StoreLimits& limits);
  StoreLimits limits() const noexcept;

  /// Gives the guest so much fuel; an instruction costs about one unit. Error (usage): the engine
  /// does not meter fuel (Config::fuel).
  Result<void> set_fuel(uint64_t fuel);
  /// What is left; 0 when the engine does not meter fuel.
  uint64_t fuel() const noexcept;

  /// From now on the guest has this much wall-clock time, then its call ends with Trap::timeout,
  /// also when it is blocked in a WASI call; so do later calls. Zero or less: no limit (default).
  void set_timeout(std::chrono::nanoseconds timeout);

  InterruptHandle interrupt_handle() const;
  /// Allows calls again after an interrupt or a timeout.
  void clear_interrupt() noexcept;

  /// What WASI functions of this store's guests may do; without it they are granted nothing.
  /// Errors: io (a directory cannot be opened), usage.
  Result<void> set_wasi(const WasiConfig& wasi);

  /// Collects the garbage-collected heap now.
  void collect();
  /// Bytes that live in the garbage-collected heap.
  uint64_t heap_bytes() const noexcept;

  /// Gets every passage between host and guest, on the thread of the call: which function, with
  /// what, and how it ended (call_info.h), for example to measure the guest's own time. It may take
  /// a CallEvent, if that is enough. An empty function takes it away; without one, calls cost
  /// nothing more. It must not throw, and not call functions of the store. (Threads that the guest
  /// spawns have stores of their own, without a hook.)
  void set_call_hook(std::function<void(const CallInfo&)> hook);

  /// Counts so far; empty without Config::profile_ops.
  Profile profile() const;

  /// What instances, memories and globals hold now, and where `error` says that the program stood:
  /// a core dump in the common format of WebAssembly tools. `program` names it.
  std::vector<uint8_t> core_dump(const Error& error, std::string_view program = {}) const;

  /// A pointer of the embedder's, for its host functions (Caller::store).
  void set_data(void* data) noexcept;
  void* data() const noexcept;

 private:
  friend struct detail::Internals;
  friend class Caller;
  explicit Store(detail::StorePtr state) noexcept : state_(std::move(state)), owner_(false) {}
  detail::StorePtr state_;
  bool owner_ = true;
};

}  // namespace zwasm ZWASM_PUBLIC
