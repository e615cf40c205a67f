#include "sys/reservations.h"

#include <sys/mman.h>

#include <cstddef>
#include <mutex>

#include "sys/pages.h"

namespace zwasm::sys {
namespace {

// Of one size: that of the memories that were given back last, which is nearly always the same.
struct Spare {
  static constexpr size_t kMax = 128;
  std::mutex mutex;
  uint64_t bytes = 0;
  size_t count = 0;
  Reservation kept[kMax];
};
// Never destroyed: memories may end after it.
constinit Spare spare;

// What took so much is worth giving back whole.
constexpr uint64_t kMaxKept = uint64_t{64} << 20;

void release_all_but(uint64_t bytes) {
  if (spare.bytes == bytes) return;
  for (size_t i = 0; i < spare.count; ++i) release_pages(spare.kept[i].at, spare.bytes);
  spare.count = 0;
  spare.bytes = bytes;
}

}  // namespace

Reservation take_reservation(uint64_t bytes) {
  {
    std::lock_guard lock(spare.mutex);
    if (spare.bytes == bytes && spare.count != 0) return spare.kept[--spare.count];
  }
  Reservation made{static_cast<uint8_t*>(reserve_pages(bytes)), 0};
  if (made.at != nullptr) return made;
  {
    std::lock_guard lock(spare.mutex);
    release_all_but(0);
  }
  made.at = static_cast<uint8_t*>(reserve_pages(bytes));
  return made;
}

bool commit_reservation(Reservation& reservation, uint64_t bytes) {
  if (bytes > reservation.committed) {
    if (!commit_pages(reservation.at + reservation.committed, bytes - reservation.committed))
      return false;
  } else if (bytes < reservation.committed) {
    if (::mprotect(reservation.at + bytes, reservation.committed - bytes, PROT_NONE) != 0)
      return false;
  }
  reservation.committed = bytes;
  return true;
}

void give_reservation(const Reservation& reservation, uint64_t bytes) {
  // The system may refuse to forget pages that someone has locked.
  const bool empty = reservation.committed <= kMaxKept &&
                     (reservation.committed == 0 ||
                      ::madvise(reservation.at, reservation.committed, MADV_DONTNEED) == 0);
  if (empty) {
    std::lock_guard lock(spare.mutex);
    if (spare.count == 0 || spare.bytes != bytes) release_all_but(bytes);
    if (spare.count < Spare::kMax) {
      spare.kept[spare.count++] = reservation;
      return;
    }
  }
  release_pages(reservation.at, bytes);
}

}  // namespace zwasm::sys
