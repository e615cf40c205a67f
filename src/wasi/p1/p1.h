// WASI Preview 1 and its predecessor: the face of the host core that `wasi_snapshot_preview1` and
// `wasi_unstable` modules import.
//
// This header is all that the runtime needs. It knows nothing of stores, instances or engines:
// a function gets the guest's memory, its raw arguments and the Context, and gives an errno.
//
//   const P1Function* f = find_p1_function("wasi_snapshot_preview1", "fd_write");
//   P1Call call{context, memory, wake};
//   uint32_t result = invoke(*f, call, args);     // args: one 64-bit slot per parameter
//   switch (call.outcome) {
//     case Outcome::returned:     push result
//     case Outcome::exited:       unwind, the program's status is call.exit_code
//     case Outcome::interrupted:  unwind with the trap that wake.reason() names
//   }
//
// Every pointer and length that a guest passes is checked against the memory, whose content may
// change under us when it is shared: each value is read once.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sys/wake.h"
#include "wasi/core/errno.h"

namespace zwasm::wasi {
class Context;
}

namespace zwasm::wasi::p1 {

// The guest's linear memory for the time of one call. `base` may be null when `size` is 0.
struct GuestMemory {
  uint8_t* base = nullptr;
  uint64_t size = 0;
  bool shared = false;
};

enum class Outcome : uint8_t {
  returned,     // the errno is the result
  exited,       // proc_exit, or proc_raise of a signal that ends the program
  interrupted,  // the wake handle fired while the call waited; it has no result
};

struct P1Call {
  Context& ctx;
  GuestMemory mem;
  sys::Wake& wake;
  Outcome outcome = Outcome::returned;
  uint32_t exit_code = 0;
  // Unless null, gets the strings as the body reads them, once, from memory that may change: for
  // those who describe the call (trace.h).
  std::vector<std::string>* strings_read = nullptr;
};

// What a function needs to be granted, apart from what the descriptors it is given allow.
enum class Capability : uint8_t { none, clock, random };

using P1Body = Errno (*)(P1Call& call, const uint64_t* args);

struct P1Function {
  std::string_view module;     // "wasi_snapshot_preview1" or "wasi_unstable"
  std::string_view name;       // "fd_write"
  std::string_view signature;  // parameters, ':', results; i is i32, I is i64: "iiii:i"
  Capability capability;
  std::string_view parameters;  // names and kinds for the trace, see p1.def
  P1Body body;                  // reached through `invoke` only
};

// The function of that name, or null. A function whose capability is not granted is found all the
// same: calling it gives `acces`.
const P1Function* find_p1_function(std::string_view module, std::string_view name);

// All 46 functions of `wasi_snapshot_preview1`, and the same rows for `wasi_unstable`, where a
// function that it lacks has no body.
std::span<const P1Function> preview1_functions();
std::span<const P1Function> snapshot0_functions();

// Runs one call: checks the capability, runs the body, writes the audit trace. The result is the
// errno; it means nothing unless `call.outcome` is `returned`. An i32 argument is the low half of
// its slot; the high half is ignored. Thread-safe.
uint32_t invoke(const P1Function& function, P1Call& call, const uint64_t* args);

}  // namespace zwasm::wasi::p1
