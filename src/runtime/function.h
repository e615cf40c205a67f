// A function of a loaded module, or of the host: what a call needs to know about its callee.
// Functions of a module belong to the LoadedModule and are shared by all its instances; host
// functions belong to their store or engine.
#pragma once
#include <atomic>
#include <cstdint>

#include "runtime/layout.h"

namespace zwasm::interp {
struct Code;  // translated register bytecode of one function
}

namespace zwasm::runtime {

// How a host function ended. `trap` is none on success.
struct HostOutcome {
  enum class Kind : uint8_t { returned, trapped, threw, failed, exited };
  Kind kind = Kind::returned;
  isa::Trap trap = isa::Trap::none;  // kind == trapped
  // threw: the exception object is in Store::pending_exception; failed: an error in
  // Store::pending_error
};

// A host function works on raw slots: arguments come in `slots` in order (a v128 takes two slots),
// results are left there from slot 0. `caller` is the instance whose code made the call, or null.
using HostEntry = HostOutcome (*)(void* env, Store& store, Instance* caller, Slot* slots);

struct Function {
  // What the interpreter does when the function is called: its translated code, or a static stub
  // whose only instruction translates, calls the host, or calls machine code (InterpreterOps): the
  // call path needs no null check. Published with release order.
  std::atomic<const interp::Code*> code{nullptr};
  // The translated code, once there is some: it stays in use where machine code cannot be.
  std::atomic<const interp::Code*> translated{nullptr};
  // The entry of its machine code, or null (native_code.h).
  std::atomic<const void*> native{nullptr};
  LoadedModule* module = nullptr;               // nullptr: host function
  uint32_t index = 0;                           // function index in its module
  uint32_t type_index = 0;                      // module type index of its signature
  const module::FuncType* signature = nullptr;  // canonical
  uint32_t param_slots = 0;
  uint32_t result_slots = 0;
  // Lossy counters. Calls start below zero by EngineSettings::tier_calls: the call that makes it
  // zero makes the function hot.
  std::atomic<uint32_t> calls{0};
  std::atomic<uint32_t> loops{0};
  std::atomic<uint8_t> tier{0};  // of Tiers: whether it has been asked for
  HostEntry host = nullptr;      // host functions only
  void* host_env = nullptr;
};

}  // namespace zwasm::runtime
