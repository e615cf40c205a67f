// memory.atomic.wait and notify.
#include "runtime/builtins.h"
#include "runtime/instance.h"
#include "runtime/parking.h"

namespace zwasm::runtime::builtins {
namespace {

constexpr uint32_t kWoken = 0, kNotEqual = 1, kTimedOut = 2;

template <class T>
Trap check(const MemoryView& memory, uint64_t address) {
  if (address % sizeof(T) != 0) return Trap::unaligned_atomic;
  uint64_t length = memory.byte_length.load(std::memory_order_acquire);
  if (length < sizeof(T) || address > length - sizeof(T)) return Trap::memory_out_of_bounds;
  return Trap::none;
}

template <class T>
WaitResult wait(Instance& instance, uint32_t index, uint64_t address, T expected,
                int64_t timeout_ns) {
  auto& memory = *static_cast<Memory*>(instance.memories[index]);
  if (Trap trap = check<T>(memory, address); trap != Trap::none) return {0, trap};
  if (!memory.shared()) return {0, Trap::expected_shared_memory};
  Store& store = Store::of(instance);
  std::optional<uint64_t> timeout;
  if (timeout_ns >= 0) timeout = static_cast<uint64_t>(timeout_ns);
  const T* cell = reinterpret_cast<const T*>(memory.base + address);
  switch (park<T>(cell, expected, timeout, store.wake())) {
    case ParkOutcome::woken: return {kWoken, Trap::none};
    case ParkOutcome::not_equal: return {kNotEqual, Trap::none};
    case ParkOutcome::timed_out: return {kTimedOut, Trap::none};
    case ParkOutcome::interrupted: {
      Trap trap = store.on_poll();
      return {0, trap == Trap::none ? Trap::interrupted : trap};
    }
    case ParkOutcome::failed: break;
  }
  return {0, Trap::host_error};
}

}  // namespace

WaitResult memory_wait32(Instance& instance, uint32_t memory, uint64_t address, uint32_t expected,
                         int64_t timeout_ns) {
  return wait<uint32_t>(instance, memory, address, expected, timeout_ns);
}

WaitResult memory_wait64(Instance& instance, uint32_t memory, uint64_t address, uint64_t expected,
                         int64_t timeout_ns) {
  return wait<uint64_t>(instance, memory, address, expected, timeout_ns);
}

WaitResult memory_notify(Instance& instance, uint32_t index, uint64_t address, uint32_t count) {
  auto& memory = *static_cast<Memory*>(instance.memories[index]);
  if (Trap trap = check<uint32_t>(memory, address); trap != Trap::none) return {0, trap};
  // Nobody can wait at a memory of one thread.
  return {memory.shared() ? unpark(memory.base + address, count) : 0, Trap::none};
}

}  // namespace zwasm::runtime::builtins
