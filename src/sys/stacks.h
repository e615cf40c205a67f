// Stacks for guest code.
//
// Guest code never runs on the stack of the host's thread: its depth is then the same on every
// thread, measured exactly, and independent of what the host left. One mapping holds two stacks
// that grow towards each other, with a page without access below, between and above:
//
//   low                                                                          high
//   | guard | value stack: interpreter frames ->  | guard |  <- native frames | guard |
//
// Running out is a comparison against `value_limit` or `native_limit`, never a fault; the guards
// are there in case that comparison is ever forgotten. Below native_limit a reserve is left for
// helpers written in C++.
//
// A thread keeps the stack it used last, so that entering guest code usually maps nothing. A call
// of a store that has used it before need not even take it: it marks it as in use
// (HostThread::idle).
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

namespace zwasm::sys {

class GuestStack {
 public:
  // Room for helpers that run on the guest stack. Sanitizers make frames larger.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  static constexpr size_t kReserve = 512 << 10;
#else
  static constexpr size_t kReserve = 64 << 10;
#endif

  ~GuestStack();
  GuestStack(const GuestStack&) = delete;
  GuestStack& operator=(const GuestStack&) = delete;

  uint8_t* value_base() const { return value_base_; }
  uint8_t* value_limit() const { return value_limit_; }
  uint8_t* native_top() const { return native_top_; }      // 16-byte aligned
  uint8_t* native_limit() const { return native_limit_; }  // above the reserve
  uint8_t* native_bottom() const { return native_bottom_; }
  size_t size() const { return size_; }
  // No other stack of the process ever has the same.
  uint64_t id() const { return id_; }

  // A stack with `size` bytes for values and as many for native frames: this thread's cached one,
  // or a new one. Null: the system gives no memory.
  static std::unique_ptr<GuestStack> acquire(size_t size);
  // Hands it back to the thread. `used_deeply` gives what it has touched back to the system.
  static void release(std::unique_ptr<GuestStack> stack, bool used_deeply);
  // The thread's cached stack, whose id this is, is marked as in use, and the call has ended.
  static void release_marked(uint64_t id, bool used_deeply);

 private:
  GuestStack() = default;
  static std::unique_ptr<GuestStack> create(size_t size);
  void discard();

  uint8_t* mapping_ = nullptr;
  uint64_t mapped_ = 0;
  uint64_t committed_ = 0;
  size_t size_ = 0;
  uint64_t id_ = 0;
  uint8_t* value_base_ = nullptr;
  uint8_t* value_limit_ = nullptr;
  uint8_t* native_bottom_ = nullptr;
  uint8_t* native_limit_ = nullptr;
  uint8_t* native_top_ = nullptr;
};

// What each call into guest code needs to know of its thread. Looking for thread-local storage in a
// shared library takes longer than the rest of a short call: it is one variable, of the model that
// costs least.
struct HostThread {
  uintptr_t stack_limit = 0;  // of host_stack_limit(); 0: not asked yet
  GuestStack* cached = nullptr;
  uint64_t idle = 0;                 // the id of the cached stack, unless a call is using it
  bool prepared_for_faults = false;  // faults.h
  GuestStack* spare = nullptr;       // for calls inside the one that uses the cached stack
};
extern constinit thread_local HostThread host_thread __attribute__((tls_model("initial-exec")));

uintptr_t find_host_stack_limit();
// Lowest address that host code of this thread may use, asked once per thread.
inline uintptr_t host_stack_limit() {
  uintptr_t known = host_thread.stack_limit;
  return known != 0 ? known : find_host_stack_limit();
}

}  // namespace zwasm::sys
