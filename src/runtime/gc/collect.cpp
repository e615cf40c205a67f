// The two collections over one tracing loop. A reference is traced to where its object is
// afterwards: a young object is copied into the old space (in both), an old one is left alone
// (minor), marked (major), or copied (major, evacuating). A copied object's header is replaced by
// its new place. Objects found wait in an explicit stack until their references are traced.
#include <algorithm>

#include "base/assert.h"
#include "runtime/gc/heap.h"

namespace zwasm::runtime {

using gc::Shape;
using gc::Storage;

namespace {
constexpr uint32_t kMaxNursery = kYoungLimit;
constexpr uint64_t kMinGrowth = 8u << 20;
constexpr bool is_forwarded(uint64_t header) { return (header & 1) != 0; }
constexpr uint64_t forwarded_to(GcRef ref) { return (uint64_t{ref} << 32) | 1; }
}  // namespace

static uint32_t object_size(const uint8_t* at, const Shape& shape) {
  if (shape.kind != Shape::Kind::array) return shape.size;
  uint32_t length;
  std::memcpy(&length, at + gc::kArrayLengthOffset, sizeof length);
  return gc::array_size(shape, length);
}

GcRef GcHeap::trace(GcRef ref) {
  if (ref == kNullRef || is_i31(ref)) return ref;
  bool young = ref < kYoungLimit;
  if (!young && !major_) return ref;
  uint64_t h = header(ref);
  if (is_forwarded(h)) return static_cast<GcRef>(h >> 32);
  if (young) return copy(ref, h);
  if (evacuate_ && old_.in_from_space(ref)) return copy(ref, h);
  if (((h >> kEpochShift) & 0xFF) != old_.epoch()) {
    const Shape& shape = *reinterpret_cast<const Shape*>(h & kShapeMask);
    uint32_t size = object_size(region_ + ref, shape);
    set_header(ref, (h & kShapeMask) | uint64_t{old_.epoch()} << kEpochShift);
    old_.mark_lines(ref, size);
    live_bytes_ += size;
    gray_.push_back(ref);
  }
  return ref;
}

GcRef GcHeap::copy(GcRef ref, uint64_t h) {
  const Shape& shape = *reinterpret_cast<const Shape*>(h & kShapeMask);
  uint32_t size = object_size(region_ + ref, shape);
  GcRef to = old_.allocate(size);
  if (to == kNullRef) {
    // The headroom makes this impossible for the nursery; an evacuation is only begun with enough
    // free blocks. Running on would leave a dangling reference.
    ZWASM_ASSERT(false && "no room to copy a live object");
    __builtin_trap();
  }
  std::memcpy(region_ + to, region_ + ref, size);
  set_header(to, (h & kShapeMask) | uint64_t{old_.epoch()} << kEpochShift);
  if (major_) {
    old_.mark_lines(to, size);
    live_bytes_ += size;
  }
  if (ref < kYoungLimit) stats_.promoted_bytes += size;
  set_header(ref, forwarded_to(to));
  gray_.push_back(to);
  return to;
}

void GcHeap::scan(GcRef object) {
  uint8_t* at = region_ + object;
  const Shape& shape = *reinterpret_cast<const Shape*>(header(object) & kShapeMask);
  auto trace_at = [&](uint8_t* place) {
    GcRef ref;
    std::memcpy(&ref, place, sizeof ref);
    GcRef moved = trace(ref);
    if (moved != ref) std::memcpy(place, &moved, sizeof moved);
  };
  switch (shape.kind) {
    case Shape::Kind::struct_:
    case Shape::Kind::exception:
      for (uint32_t offset : shape.refs) trace_at(at + offset);
      break;
    case Shape::Kind::array:
      if (shape.elem == Storage::ref) {
        uint32_t length = array_length(context_, object);
        for (uint32_t i = 0; i < length; ++i) trace_at(at + shape.elem_offset + size_t{i} * 4);
      }
      break;
    case Shape::Kind::host: break;
  }
}

void GcHeap::drain() {
  while (!gray_.empty()) {
    GcRef object = gray_.back();
    gray_.pop_back();
    scan(object);
  }
}

void GcHeap::visit_all_roots() {
  RootVisitor visitor(*this);
  for (GcRef& ref : handles_) visitor.visit(ref);
  for (Slot* slot : scoped_roots_) visitor.visit(*slot);
  visit_roots_(env_, visitor);
  frames_ = visitor.frames_;
}

// Host values whose references died are to be dropped; the others' back links follow the moves.
void GcHeap::sweep_host_values(bool major) {
  auto update = [&](uint32_t index) {
    HostValue& host = hosts_[index];
    if (host.object == kNullRef) return;
    bool young = host.object < kYoungLimit;
    if (!young && !major) return;
    // A block that this collection did not reach may have been given back already, so liveness is
    // looked up before from-space is released: see the callers.
    uint64_t h = header(host.object);
    if (is_forwarded(h)) {
      host.object = static_cast<GcRef>(h >> 32);
    } else if (young || ((h >> kEpochShift) & 0xFF) != old_.epoch()) {
      if (host.drop != nullptr) dead_hosts_.push_back({host.value, host.drop});
      host = {nullptr, nullptr, kNullRef, free_host_};
      free_host_ = index;
    }
  };
  if (major) {
    for (uint32_t i = 0; i < hosts_.size(); ++i) update(i);
  } else {
    for (uint32_t index : young_hosts_) update(index);
  }
  young_hosts_.clear();
}

void GcHeap::collect_minor() {
  ++stats_.minor;
  major_ = evacuate_ = false;
  uint64_t promoted = stats_.promoted_bytes;
  visit_all_roots();
  for (uint32_t slot : slots_) {
    GcRef ref;
    std::memcpy(&ref, region_ + slot, sizeof ref);
    GcRef moved = trace(ref);
    if (moved != ref) std::memcpy(region_ + slot, &moved, sizeof moved);
  }
  slots_.clear();
  for (GcRef object : objects_) {
    set_header(object, header(object) & ~kRemembered);
    scan(object);
  }
  objects_.clear();
  drain();
  sweep_host_values(false);
  // A nursery of which much survives wants to be larger, so that objects get time to die.
  if (stats_.promoted_bytes - promoted > nursery_size_ / 8)
    nursery_size_ = std::min(nursery_size_ * 2, kMaxNursery);
  reset_nursery();
}

void GcHeap::collect_major(bool evacuate) {
  ++stats_.major;
  // What lives cannot be more than what is in use; keep copying possible to the end.
  uint32_t nursery_blocks = config_.stress ? 0 : 2 * kYoungLimit / gc::kBlockSize;
  if (old_.free_blocks() < old_.used_blocks() * 5 / 4 + nursery_blocks + 1) evacuate = false;
  major_ = true;
  evacuate_ = evacuate;
  live_bytes_ = 0;
  slots_.clear();
  for (GcRef object : objects_) set_header(object, header(object) & ~kRemembered);
  objects_.clear();
  old_.begin_major(evacuate);
  visit_all_roots();
  drain();
  sweep_host_values(true);
  old_.finish_major();
  next_major_ = std::max(live_bytes_, kMinGrowth);
  reset_nursery();
}

// Code of the host's, which may use the store, and so come here again: then this goes on with what
// that adds, instead of going deeper.
bool GcHeap::drop_dead_hosts() {
  if (ended_ != nullptr) return true;
  bool ended = false;
  ended_ = &ended;
  while (!dead_hosts_.empty()) {
    const DeadHost dead = dead_hosts_.back();
    dead_hosts_.pop_back();
    dead.drop(dead.value);
    if (ended) return false;
  }
  ended_ = nullptr;
  return true;
}

void GcHeap::collect_full() { collect_major(config_.stress || old_.fragmented()); }

void GcHeap::collect() {
  if (region_ == nullptr) return;
  collect_full();
  drop_dead_hosts();
}

void GcHeap::poll() {
  if (!config_.stress || region_ == nullptr) return;
  // Frames walked per poll, on average: a stack of fewer is walked at every poll.
  constexpr uint64_t kFramesPerPoll = 64;
  if (polls_to_pass_ != 0) {
    --polls_to_pass_;
    return;
  }
  collect_major(true);
  polls_to_pass_ = frames_ / kFramesPerPoll;
}

}  // namespace zwasm::runtime
