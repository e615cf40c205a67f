#include "runtime/memory.h"

#include <algorithm>
#include <new>

#include "sys/mapped.h"
#include "sys/pages.h"
#include "sys/reservations.h"

namespace zwasm::runtime {
namespace {

constexpr uint64_t kAllOf32 = uint64_t{1} << 32;

// The most pages that a memory of this type may have: what addresses can reach and memory.size can
// report, where all ones means a refusal of memory.grow. 64-bit memories end where a byte count no
// longer fits a signed number.
uint64_t addressable_pages(const module::MemoryType& type) {
  if (type.limits.is64) return (uint64_t{1} << 62) >> type.page_size_log2;
  return type.page_size_log2 == 16 ? 65536 : kAllOf32 - 2;
}

}  // namespace

std::shared_ptr<Memory> Memory::create(const module::MemoryType& type, const Options& options) {
  std::shared_ptr<Memory> memory(new (std::nothrow) Memory);
  if (!memory) return nullptr;
  memory->base = nullptr;
  memory->byte_length.store(0, std::memory_order_relaxed);
  memory->type_ = type;
  memory->max_pages_ = std::min(type.limits.max.value_or(~uint64_t{0}), addressable_pages(type));
  if (type.limits.min > memory->max_pages_) return nullptr;
  uint64_t bytes = type.limits.min << type.page_size_log2;
  if (!options.quota->memory_bytes.take(bytes)) return nullptr;
  if (!memory->allocate(bytes, options)) {
    options.quota->memory_bytes.give_back(bytes);
    return nullptr;
  }
  memory->quota_ = options.quota;
  memory->byte_length.store(bytes, std::memory_order_release);
  sys::note_mapped(sys::Mapped::memories, memory->mapped_bytes());
  return memory;
}

bool Memory::allocate(uint64_t bytes, const Options& options) {
  const bool byte_pages = type_.page_size_log2 < 16;
  const uint64_t page = sys::page_size();
  uint64_t max_bytes = max_pages_ << type_.page_size_log2;
  sys::Reservation reservation;
  if (!type_.limits.is64 && !byte_pages && options.guard_pages) {
    reservation = sys::take_reservation(kAllOf32 + kGuard);
    base = reservation.at;
    if (base != nullptr) {
      reserved_bytes_ = kAllOf32 + kGuard;
      grow_limit_ = max_bytes;
    }
  } else if (type_.limits.is64 && !byte_pages && options.guard_pages &&
             max_bytes <= kMaxReservation) {
    uint64_t wanted = sys::round_up(std::max<uint64_t>(max_bytes, 1), page) + page;
    base = static_cast<uint8_t*>(sys::reserve_pages(wanted));
    if (base != nullptr) {
      reserved_bytes_ = wanted;
      grow_limit_ = max_bytes;
    }
  }
  if (base == nullptr && shared()) {
    // Other threads use it while it grows: what cannot be reserved cannot be had later.
    uint64_t least = sys::round_up(std::max<uint64_t>(bytes, 1), page);
    uint64_t wanted =
        sys::round_up(std::max(std::min(max_bytes, std::max(kMaxReservation, bytes)), least), page);
    while ((base = static_cast<uint8_t*>(sys::reserve_pages(wanted))) == nullptr) {
      if (wanted == least) return false;
      wanted = std::max(sys::round_up(wanted / 2, page), least);
    }
    reserved_bytes_ = wanted;
    grow_limit_ = std::min(max_bytes, wanted);
  }
  if (base == nullptr) return resize_explicit(bytes);
  reservation.at = base;
  if (sys::commit_reservation(reservation, sys::round_up(bytes, page))) return true;
  sys::release_pages(base, reserved_bytes_);
  base = nullptr;
  reserved_bytes_ = 0;
  return false;
}

// Room for `bytes`: exactly what is asked for first, half as much again when growing, so that a
// guest that grows by one page at a time moves its memory a logarithmic number of times.
bool Memory::resize_explicit(uint64_t bytes) {
  if (bytes <= capacity_) return true;
  const uint64_t page = sys::page_size();
  uint64_t max_bytes = sys::round_up(max_pages_ << type_.page_size_log2, page);
  uint64_t wanted = sys::round_up(bytes, page);
  uint64_t roomy = std::min(std::max(wanted, capacity_ + capacity_ / 2), max_bytes);
  for (uint64_t capacity : {sys::round_up(roomy, page), wanted}) {
    void* moved =
        capacity_ == 0 ? sys::map_pages(capacity) : sys::remap_pages(base, capacity_, capacity);
    if (moved == nullptr) continue;
    base = static_cast<uint8_t*>(moved);
    capacity_ = capacity;
    return true;
  }
  return false;
}

uint64_t Memory::grow(uint64_t delta) {
  std::unique_lock<std::mutex> lock(grow_mutex_, std::defer_lock);
  if (shared()) lock.lock();
  uint64_t old_bytes = byte_length.load(std::memory_order_relaxed);
  uint64_t old_pages = old_bytes >> type_.page_size_log2;
  if (delta > max_pages_ || old_pages > max_pages_ - delta) return kRefused;
  if (delta == 0) return old_pages;
  uint64_t bytes = (old_pages + delta) << type_.page_size_log2;
  if (reserved_bytes_ != 0 && bytes > grow_limit_) return kRefused;
  if (!quota_->memory_bytes.take(bytes - old_bytes)) return kRefused;
  const uint64_t mapped = mapped_bytes();
  bool grown;
  if (reserved_bytes_ != 0) {
    uint64_t have = sys::round_up(old_bytes, sys::page_size());
    uint64_t need = sys::round_up(bytes, sys::page_size());
    grown = sys::commit_pages(base + have, need - have);
  } else {
    grown = resize_explicit(bytes);
  }
  if (!grown) {
    quota_->memory_bytes.give_back(bytes - old_bytes);
    return kRefused;
  }
  byte_length.store(bytes, std::memory_order_seq_cst);
  sys::note_mapped(sys::Mapped::memories, mapped_bytes() - mapped);
  return old_pages;
}

uint64_t Memory::mapped_bytes() const {
  if (reserved_bytes_ == 0) return capacity_;
  return sys::round_up(byte_length.load(std::memory_order_relaxed), sys::page_size());
}

Memory::~Memory() {
  if (quota_) sys::note_unmapped(sys::Mapped::memories, mapped_bytes());
  if (covers_32_bits() && !type_.limits.is64)
    sys::give_reservation({base, mapped_bytes()}, reserved_bytes_);
  else sys::release_pages(base, reserved_bytes_ != 0 ? reserved_bytes_ : capacity_);
  if (quota_) quota_->memory_bytes.give_back(byte_length.load(std::memory_order_relaxed));
}

}  // namespace zwasm::runtime
