// Allocation, handles and host values; the collections are in collect.cpp.
#include "runtime/gc/heap.h"

#include <sys/mman.h>

#include <algorithm>

#include "sys/mapped.h"

namespace zwasm::runtime {

namespace gc {
const Shape kHostShape = [] {
  Shape s;
  s.kind = Shape::Kind::host;
  s.size = 16;
  return s;
}();
}  // namespace gc

using gc::kBlockSize;
using gc::Shape;

namespace {
constexpr uint32_t kFirstNursery = 1u << 20;
constexpr uint64_t kMinGrowth = 8u << 20;
// Blocks kept back so that a minor collection always finds room for the whole nursery.
constexpr uint32_t kHeadroomBlocks = 2 * kYoungLimit / kBlockSize;
constexpr size_t kMaxRememberedSlots = 1u << 16;
}  // namespace

GcHeap::GcHeap(StoreContext& context, const Config& config, VisitRoots visit_roots, void* env)
    : context_(context), config_(config), visit_roots_(visit_roots), env_(env) {
  context_.heap = this;
}

GcHeap::~GcHeap() {
  if (ended_ != nullptr) *ended_ = true;
  for (const DeadHost& dead : dead_hosts_) dead.drop(dead.value);
  for (HostValue& host : hosts_)
    if (host.object != kNullRef && host.drop != nullptr) host.drop(host.value);
  if (region_ == nullptr) return;
  ::munmap(region_, region_size_);
  if (nursery_size_ != 0) sys::note_unmapped(sys::Mapped::heaps, kYoungLimit);
}

// The region is reserved at the first allocation, or for the first instance whose code may
// allocate: a store that never does costs nothing.
bool GcHeap::init() {
  if (failed_) return false;
  uint64_t wanted = std::min(config_.max_bytes, uint64_t{4} << 30) + kYoungLimit +
                    uint64_t{kHeadroomBlocks} * kBlockSize;
  // References are 32 bits: the region ends below 4 GiB.
  wanted = std::min(wanted, (uint64_t{4} << 30) - kBlockSize) / kBlockSize * kBlockSize;
  constexpr uint64_t kSmallest = uint64_t{64} << 20;
  for (;;) {
    void* at =
        ::mmap(nullptr, wanted, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at != MAP_FAILED) {
      region_ = static_cast<uint8_t*>(at);
      break;
    }
    if (wanted <= kSmallest) return failed_ = true, false;
    wanted = std::max(wanted / 2 / kBlockSize * kBlockSize, kSmallest);
  }
  region_size_ = wanted;
  auto blocks = static_cast<uint32_t>(wanted / kBlockSize);
  uint32_t first = kYoungLimit / kBlockSize;
  if (!old_.init(region_, first, blocks, config_.stress)) return failed_ = true, false;
  limit_blocks_ = static_cast<uint32_t>(
      std::min<uint64_t>(blocks - first - kHeadroomBlocks, config_.max_bytes / kBlockSize));
  next_major_ = kMinGrowth;
  context_.heap_base = region_;
  if (!config_.stress) {
    if (::mprotect(region_, kYoungLimit, PROT_READ | PROT_WRITE) != 0) return failed_ = true, false;
    nursery_size_ = kFirstNursery;
    sys::note_mapped(sys::Mapped::heaps, kYoungLimit);
    reset_nursery();
  } else {
    context_.poll.fetch_or(kPollCollect, std::memory_order_relaxed);
  }
  return true;
}

// The first eight bytes stay unused, since offset 0 is null.
void GcHeap::reset_nursery() {
  if (config_.stress) return;
  context_.nursery_next = region_ + 8;
  context_.nursery_end = region_ + nursery_size_;
}

uint64_t GcHeap::header(GcRef ref) const {
  uint64_t h;
  std::memcpy(&h, region_ + ref, sizeof h);
  return h;
}
void GcHeap::set_header(GcRef ref, uint64_t h) { std::memcpy(region_ + ref, &h, sizeof h); }

GcRef GcHeap::allocate_old(const Shape& shape, uint32_t size) {
  uint32_t blocks = size > gc::kMaxSmall ? (size + kBlockSize - 1) / kBlockSize : 1;
  if (old_.used_blocks() + blocks > limit_blocks_) return kNullRef;
  GcRef ref = old_.allocate(size);
  if (ref != kNullRef)
    set_header(ref, reinterpret_cast<uintptr_t>(&shape) | uint64_t{old_.epoch()} << kEpochShift);
  return ref;
}

GcRef GcHeap::allocate_slow(const Shape& shape, uint32_t size) {
  if (region_ == nullptr) {
    if (!init()) return kNullRef;
    if (!config_.stress && size <= gc::kMaxSmall) return allocate(context_, shape, size);
  }
  if (config_.stress) {
    collect_major(true);
    return allocate_old(shape, size);
  }
  if (size > gc::kMaxSmall) {
    if (old_.allocated() + size > next_major_) collect_full();
    GcRef ref = allocate_old(shape, size);
    if (ref != kNullRef) return ref;
    collect_major(true);
    return allocate_old(shape, size);
  }
  // Over the limit already: only a major collection can help, and must bring it below.
  if (old_.used_blocks() > limit_blocks_) {
    collect_full();
    if (old_.used_blocks() > limit_blocks_) collect_major(true);
    if (old_.used_blocks() > limit_blocks_) return kNullRef;
  } else if (old_.allocated() > next_major_) {
    collect_full();
  } else {
    collect_minor();
  }
  if (size > static_cast<size_t>(context_.nursery_end - context_.nursery_next)) return kNullRef;
  return allocate(context_, shape, size);
}

void GcHeap::remember_slot(uint32_t slot) {
  slots_.push_back(slot);
  // Duplicates are not looked for; a full buffer just brings the next collection forward.
  if (slots_.size() >= kMaxRememberedSlots) context_.nursery_end = context_.nursery_next;
}

void GcHeap::remember_slow(GcRef object) {
  uint64_t h = header(object);
  if (h & kRemembered) return;
  set_header(object, h | kRemembered);
  objects_.push_back(object);
}

GcHeap::Handle GcHeap::add_root(GcRef ref) {
  if (free_handles_.empty()) {
    handles_.push_back(ref);
    return static_cast<Handle>(handles_.size() - 1);
  }
  Handle handle = free_handles_.back();
  free_handles_.pop_back();
  handles_[handle] = ref;
  return handle;
}

void GcHeap::remove_root(Handle handle) {
  handles_[handle] = kNullRef;
  free_handles_.push_back(handle);
}

GcRef GcHeap::allocate_host(void* value, void (*drop)(void*)) {
  if (!drop_dead_hosts()) return kNullRef;
  GcRef ref = allocate(context_, gc::kHostShape);
  if (ref == kNullRef) return kNullRef;
  uint32_t index = free_host_;
  if (index != ~0u) {
    free_host_ = hosts_[index].next_free;
  } else {
    index = static_cast<uint32_t>(hosts_.size());
    hosts_.emplace_back();
  }
  hosts_[index] = {value, drop, ref, ~0u};
  if (ref < kYoungLimit) young_hosts_.push_back(index);
  uint64_t word = index;
  std::memcpy(region_ + ref + gc::kHostIndexOffset, &word, sizeof word);
  return ref;
}

void* GcHeap::host_value(GcRef ref) const {
  uint64_t index;
  std::memcpy(&index, region_ + ref + gc::kHostIndexOffset, sizeof index);
  return hosts_[index].value;
}

GcHeap::Stats GcHeap::stats() const {
  Stats s = stats_;
  s.live_bytes = live_bytes_;
  s.committed_bytes = uint64_t{old_.used_blocks()} * kBlockSize + nursery_size_;
  return s;
}

}  // namespace zwasm::runtime
