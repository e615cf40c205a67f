// One run of the handler loop. Activations of a store form a chain, newest first, known to the
// collector, to backtraces and to the search for exception handlers.
#pragma once
#include "interp/insn.h"
#include "isa/traps.h"

namespace zwasm::interp {

struct Activation {
  Activation* previous;
  // Where the innermost frame stands: valid while the activation is left (a host call, a slow
  // path that may collect, a trap). `in_call`: ip is a return address.
  Ip ip = nullptr;
  Slot* fp = nullptr;
  Instance* inst = nullptr;
  bool in_call = false;
  bool stopped = false;  // the loop ends, with this status:
  runtime::CallStatus status = runtime::CallStatus::returned;

  // The machine state between two instructions, where handlers return to a loop.
  struct State {
    Ip ip;
    Slot* fp;
    Instance* inst;
    uint8_t* mem;
    uint64_t len;
    uint64_t acc;
    Facc facc;
  } state{};
};

inline Activation& activation_of(StoreContext& context) {
  return *static_cast<Activation*>(context.activation);
}

}  // namespace zwasm::interp
