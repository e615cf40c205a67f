// Signals: Ctrl-C ends the guest, not us; a fault of our own says so.
#pragma once
#include <zwasm/store.h>

namespace zwasm::cli {

// A crash prints one line and exits with status 70.
void catch_own_faults();

// From now on Ctrl-C interrupts this store; a second one ends the process.
void interrupt_on_ctrl_c(const InterruptHandle& handle);
bool was_interrupted();

}  // namespace zwasm::cli
