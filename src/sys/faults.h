// Hardware faults of generated code: the signals SIGSEGV, SIGBUS, SIGILL and SIGFPE.
//
// The handler acts only on instructions that its owner claims; everything else goes to whatever
// was installed before, or gets the system's default treatment. It runs on a stack of its own, so
// that it works however little is left of the one that faulted.
#pragma once
#include <cstdint>

#include "sys/stacks.h"

namespace zwasm::sys {

// Where the thread goes on: at `pc`, as if the faulting instruction had called it (its address is
// the return address) with `argument` in the platform's first argument register.
struct FaultTarget {
  void* pc = nullptr;
  uint64_t argument = 0;
  // x86-64: its function has set up no frame (docs/abi.md). There is one then, with its instance.
  bool frameless = false;
};
// Called in a signal handler. False: not ours.
using FaultHandler = bool (*)(const void* pc, FaultTarget& target);

// Once per process; later calls do nothing. False: the system refuses.
bool install_fault_handler(FaultHandler handler);
// Makes sure that this thread has a stack for signals.
bool give_thread_a_signal_stack();
inline bool prepare_thread_for_faults() {
  return host_thread.prepared_for_faults || give_thread_a_signal_stack();
}

}  // namespace zwasm::sys
