// Address space for linear memories, kept for the next one.
//
// Mapping and unmapping gigabytes of address space, most of it without access, takes the kernel
// several times as long as everything else that an instance needs. So reservations that a memory
// has given up stay mapped, without contents, for the next memory of the same kind. A few of them:
// what is kept is address space and page tables, not memory.
#pragma once
#include <cstdint>

namespace zwasm::sys {

struct Reservation {
  uint8_t* at = nullptr;   // null: refused
  uint64_t committed = 0;  // bytes at its beginning that are readable, writable and zero
};

// Of this size, or a new one. Any thread.
Reservation take_reservation(uint64_t bytes);
// Changes what is accessible to exactly the first `bytes`. False: refused.
bool commit_reservation(Reservation& reservation, uint64_t bytes);
// Gives it back, of the same size; its contents are gone. Any thread.
void give_reservation(const Reservation& reservation, uint64_t bytes);

}  // namespace zwasm::sys
