// The collected heap of a store: generational and moving.
//
//   region (reserved, up to 4 GiB)  | nursery, 4 MiB | old space …                        |
//
// New objects are bumped into the nursery; when it is full, a minor collection copies what lives
// into the old space. Stores of young references into old objects are remembered slot by slot.
// When the old space has grown by as much as lived after the last major collection, a major one
// marks it (or, when fragmented, copies it). Both cost what lives, never what died.
//
// Any allocation, and any poll, may move every object: C++ holds references across them only as
// handles (add_root) or in places that a root visitor visits.
//
// With `stress`, there is no nursery, every allocation and poll moves every object to new pages,
// and the old pages become inaccessible. Only under a deep stack some polls pass by in between, so
// that a recursion of n calls does not walk n * n frames.
//
// A heap belongs to one store and is used by one thread at a time.
#pragma once
#include <cstdint>
#include <cstring>
#include <vector>

#include "runtime/gc/old_space.h"
#include "runtime/gc/shape.h"
#include "runtime/layout.h"

namespace zwasm::runtime {

// References below this are in the nursery.
inline constexpr GcRef kYoungLimit = 4u << 20;

class GcHeap;

// Handed to root visitors: call one of these on every place that holds a reference.
class RootVisitor {
 public:
  void visit(GcRef& ref);
  void visit(Slot& slot) {
    GcRef ref = slot.ref;
    visit(ref);
    slot.u64 = ref;
  }
  // Called for every frame that is looked at, whether it holds references or not.
  void enter_frame() { ++frames_; }

 private:
  friend class GcHeap;
  explicit RootVisitor(GcHeap& heap) : heap_(heap) {}
  GcHeap& heap_;
  uint64_t frames_ = 0;
};

class GcHeap {
 public:
  struct Config {
    // Upper bound of live data, bytes; allocation beyond it fails. At most 4 GiB.
    uint64_t max_bytes = uint64_t{4} << 30;
    bool stress = false;
  };
  // Visits all roots of the store but those in handles and the remembered set.
  using VisitRoots = void (*)(void* env, RootVisitor& visitor);

  GcHeap(StoreContext& context, const Config& config, VisitRoots visit_roots, void* env);
  ~GcHeap();
  GcHeap(const GcHeap&) = delete;
  GcHeap& operator=(const GcHeap&) = delete;

  // --- allocation. Each may collect. The header is set, the rest uninitialized: the caller fills
  // it before the next allocation or poll. kNullRef: the heap is exhausted.
  static GcRef allocate(StoreContext& context, const gc::Shape& shape, uint32_t size) {
    uint8_t* at = context.nursery_next;
    if (size <= static_cast<size_t>(context.nursery_end - at)) [[likely]] {
      context.nursery_next = at + size;
      uint64_t header = reinterpret_cast<uintptr_t>(&shape);
      std::memcpy(at, &header, sizeof header);
      return static_cast<GcRef>(at - context.heap_base);
    }
    return context.heap->allocate_slow(shape, size);
  }
  static GcRef allocate(StoreContext& context, const gc::Shape& shape) {
    return allocate(context, shape, shape.size);
  }
  // Length is set, elements are not.
  static GcRef allocate_array(StoreContext& context, const gc::Shape& shape, uint64_t length) {
    uint32_t size = gc::array_size(shape, length);
    if (size == 0) return kNullRef;
    GcRef ref = allocate(context, shape, size);
    if (ref != kNullRef) {
      auto count = static_cast<uint32_t>(length);
      std::memcpy(context.heap_base + ref + gc::kArrayLengthOffset, &count, sizeof count);
    }
    return ref;
  }
  // An externref to a host value. `drop` (may be null) is called with `value` once a collection has
  // found the reference unreachable: not during the collection, but when the host next comes here
  // or to collect(), so that it may use the store, or end it; or in the heap's destructor, when it
  // may not.
  GcRef allocate_host(void* value, void (*drop)(void*));
  void* host_value(GcRef ref) const;

  // After filling a new object that allocate() may have put outside the nursery (larger than
  // gc::kMaxSmall, or under stress), and after bulk writes of references: remembers the object if
  // it is old, so that its young references are found.
  static void remember_object(StoreContext& context, GcRef object) {
    if (object >= kYoungLimit) context.heap->remember_slow(object);
  }

  // --- access
  static const gc::Shape& shape_of(const StoreContext& context, GcRef ref) {
    uint64_t header;
    std::memcpy(&header, context.heap_base + ref, sizeof header);
    return *reinterpret_cast<const gc::Shape*>(header & kShapeMask);
  }
  static uint32_t array_length(const StoreContext& context, GcRef ref) {
    uint32_t length;
    std::memcpy(&length, context.heap_base + ref + gc::kArrayLengthOffset, sizeof length);
    return length;
  }
  // Stores a GcRef into the object at `offset` bytes, with the write barrier.
  static void write_ref(StoreContext& context, GcRef object, uint32_t offset, GcRef value) {
    std::memcpy(context.heap_base + object + offset, &value, sizeof value);
    if (object >= kYoungLimit && value < kYoungLimit && value != kNullRef && !is_i31(value))
        [[unlikely]]
      context.heap->remember_slot(object + offset);
  }

  // Remembers that the old object's place at `slot`, an offset from the heap's base, holds a
  // younger reference.
  void remember_slot(uint32_t slot);

  // Reserves the region, which otherwise the first allocation does: from then on
  // StoreContext::heap_base does not change. False: refused.
  bool prepare() { return region_ != nullptr || init(); }

  // --- collection
  void collect();  // major, and drops the host values that died; for the host
  // Called at a poll when kPollCollect is set.
  void poll();

  // --- handles: roots held by C++
  using Handle = uint32_t;
  Handle add_root(GcRef ref);
  GcRef root(Handle handle) const { return handles_[handle]; }
  void set_root(Handle handle, GcRef ref) { handles_[handle] = ref; }
  void remove_root(Handle handle);
  // A slot of C++ that is a root until popped, in reverse order.
  void push_root(Slot& slot) { scoped_roots_.push_back(&slot); }
  void pop_root() { scoped_roots_.pop_back(); }

  struct Stats {
    uint64_t minor = 0, major = 0;
    uint64_t promoted_bytes = 0;   // copied out of the nursery
    uint64_t live_bytes = 0;       // after the last major collection
    uint64_t committed_bytes = 0;  // blocks in use now
  };
  Stats stats() const;

 private:
  friend class RootVisitor;
  static constexpr uint64_t kShapeMask = (uint64_t{1} << 48) - 1;
  static constexpr uint64_t kRemembered = uint64_t{1} << 56;
  static constexpr unsigned kEpochShift = 48;

  struct HostValue {
    void* value;
    void (*drop)(void*);
    GcRef object;  // kNullRef: free
    uint32_t next_free;
  };
  struct DeadHost {
    void* value;
    void (*drop)(void*);
  };

  GcRef allocate_slow(const gc::Shape& shape, uint32_t size);
  GcRef allocate_old(const gc::Shape& shape, uint32_t size);
  bool init();
  void remember_slow(GcRef object);

  void collect_minor();
  void collect_major(bool evacuate);
  void collect_full();
  void visit_all_roots();
  GcRef trace(GcRef ref);
  GcRef copy(GcRef ref, uint64_t header);
  void scan(GcRef object);
  void drain();
  void sweep_host_values(bool major);
  bool drop_dead_hosts();  // false: that has ended the heap
  void reset_nursery();
  uint64_t header(GcRef ref) const;
  void set_header(GcRef ref, uint64_t header);

  StoreContext& context_;
  Config config_;
  VisitRoots visit_roots_;
  void* env_;

  uint8_t* region_ = nullptr;
  size_t region_size_ = 0;
  gc::OldSpace old_;
  uint32_t nursery_size_ = 0;
  uint32_t limit_blocks_ = 0;
  uint64_t next_major_ = 0;  // old bytes allocated that start the next major collection
  uint64_t live_bytes_ = 0;
  bool major_ = false;  // tracing for a major collection
  bool evacuate_ = false;
  bool failed_ = false;         // could not reserve a region
  uint64_t frames_ = 0;         // walked by the last collection
  uint64_t polls_to_pass_ = 0;  // until one collects, under stress

  std::vector<GcRef> gray_;      // objects to scan
  std::vector<uint32_t> slots_;  // remembered slots, as offsets
  std::vector<GcRef> objects_;   // remembered objects
  std::vector<GcRef> handles_;
  std::vector<Handle> free_handles_;
  std::vector<Slot*> scoped_roots_;
  std::vector<HostValue> hosts_;
  uint32_t free_host_ = ~0u;
  std::vector<uint32_t> young_hosts_;
  std::vector<DeadHost> dead_hosts_;  // to be dropped
  bool* ended_ = nullptr;             // while that happens: what tells that the heap has ended
  Stats stats_;
};

inline void RootVisitor::visit(GcRef& ref) { ref = heap_.trace(ref); }

}  // namespace zwasm::runtime
