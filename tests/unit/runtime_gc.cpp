// The collected heap on its own: what lives survives unharmed, what died costs nothing, moves are
// seen by every root, and host values are dropped once.
#include <doctest/doctest.h>

#include <vector>

#include "runtime/gc/arrays.h"
#include "runtime/gc/casts.h"
#include "runtime/gc/fields.h"

namespace {

using namespace zwasm::runtime;
using gc::Shape;
using gc::Storage;

// list node: { ref next; i64 value }
struct NodeShape {
  Shape::Field fields[2] = {{8, Storage::ref, true}, {16, Storage::i64, true}};
  uint32_t refs[1] = {8};
  zwasm::module::CanonId display[1] = {7};
  Shape shape;
  NodeShape() {
    shape.kind = Shape::Kind::struct_;
    shape.size = 24;
    shape.type = 7;
    shape.fields = fields;
    shape.refs = refs;
    shape.display = display;
  }
};
const NodeShape kNode;

Shape ref_array() {
  Shape s;
  s.kind = Shape::Kind::array;
  s.elem = Storage::ref;
  s.elem_offset = 12;
  s.type = 8;
  return s;
}
const Shape kRefs = ref_array();

struct World {
  StoreContext context;
  std::vector<Slot> roots = std::vector<Slot>(16, Slot{.u64 = 0});
  size_t frames = 1;  // how deep the stack with the roots is
  GcHeap heap;

  explicit World(GcHeap::Config config = {})
      : heap(
            context, config,
            [](void* self, RootVisitor& visitor) {
              for (size_t i = static_cast<World*>(self)->frames; i != 0; --i) visitor.enter_frame();
              for (Slot& s : static_cast<World*>(self)->roots) visitor.visit(s);
            },
            this) {}

  // roots[root] = node(next = roots[next], value)
  bool push(size_t root, size_t next, int64_t value) {
    GcRef node = GcHeap::allocate(context, kNode.shape);
    if (node == kNullRef) return false;
    store_field<GcRef>(context, node, 8, roots[next].ref);
    store_field(context, node, 16, value);
    GcHeap::remember_object(context, node);
    roots[root].u64 = node;
    return true;
  }
  uint64_t sum(GcRef list) {
    uint64_t total = 0;
    for (; list != kNullRef; list = load_field<GcRef>(context, list, 8))
      total += load_field<uint64_t>(context, list, 16);
    return total;
  }
};

TEST_CASE("a list survives many minor and major collections") {
  World w;
  constexpr uint64_t kCount = 300'000;
  for (uint64_t i = 1; i <= kCount; ++i) {
    REQUIRE(w.push(0, 0, static_cast<int64_t>(i)));
    REQUIRE(w.push(1, 2, 5));  // garbage
  }
  CHECK(w.sum(w.roots[0].ref) == kCount * (kCount + 1) / 2);
  w.heap.collect();
  CHECK(w.sum(w.roots[0].ref) == kCount * (kCount + 1) / 2);
  CHECK(w.heap.stats().minor > 0);
  CHECK(w.heap.stats().live_bytes == (kCount + 1) * 24);
}

TEST_CASE("short-lived objects run in bounded memory") {
  World w;
  for (int i = 0; i < 20'000'000; ++i) w.push(1, 2, i);
  CHECK(w.heap.stats().committed_bytes < (32u << 20));
  CHECK(w.heap.stats().major == 0);
}

TEST_CASE("an old object keeps a young one alive") {
  World w;
  REQUIRE(w.push(0, 2, 1));
  w.heap.collect();
  GcRef old = w.roots[0].ref;
  REQUIRE(old >= kYoungLimit);
  REQUIRE(w.push(1, 2, 41));
  GcHeap::write_ref(w.context, old, 8, w.roots[1].ref);
  w.roots[1].u64 = 0;
  for (int i = 0; i < 1'000'000; ++i) w.push(1, 2, i);
  CHECK(w.sum(w.roots[0].ref) == 42);
}

TEST_CASE("arrays of references, large ones too") {
  World w;
  GcRef array = array_new(w.context, kRefs, 100'000, nullptr);
  REQUIRE(array >= kYoungLimit);
  w.roots[0].u64 = array;
  for (uint32_t i = 0; i < 100'000; ++i) {
    REQUIRE(w.push(1, 2, i));
    GcHeap::write_ref(w.context, w.roots[0].ref, 12 + i * 4, w.roots[1].ref);
  }
  w.roots[1].u64 = 0;
  w.heap.collect();
  uint64_t total = 0;
  for (uint32_t i = 0; i < 100'000; ++i)
    total += w.sum(load_field<GcRef>(w.context, w.roots[0].ref, 12 + i * 4));
  CHECK(total == 100'000ull * 99'999 / 2);
  CHECK(array_copy(w.context, w.roots[0].ref, 1, w.roots[0].ref, 0, 99'999) ==
        zwasm::isa::Trap::none);
  CHECK(array_copy(w.context, w.roots[0].ref, 1, w.roots[0].ref, 0, 100'000) ==
        zwasm::isa::Trap::array_out_of_bounds);
}

TEST_CASE("an array that was young once keeps its lines in the old space") {
  World w;
  // Copied first, so that the old space has a block with room when the array's turn comes.
  REQUIRE(w.push(3, 4, 1));
  constexpr uint32_t kLength = 4000;  // more than kMaxSmall bytes, yet room in the nursery
  GcRef array = GcHeap::allocate_array(w.context, kRefs, kLength);
  std::memset(w.context.heap_base + array + 12, 0, kLength * 4);
  w.roots[5].u64 = array;
  uint64_t i = 0;
  while (w.heap.stats().major < 4) {
    REQUIRE(w.push(1, 2, static_cast<int64_t>(i)));
    GcHeap::write_ref(w.context, w.roots[5].ref, 12 + 4 * static_cast<uint32_t>(i % kLength),
                      w.roots[1].ref);
    ++i;
  }
  bool sound = true;
  for (uint64_t n = i - kLength; n < i; ++n) {
    auto at = 12 + 4 * static_cast<uint32_t>(n % kLength);
    auto node = load_field<GcRef>(w.context, w.roots[5].ref, at);
    sound &= load_field<uint64_t>(w.context, node, 16) == n;
  }
  CHECK(sound);
}

TEST_CASE("exhaustion is reported, and passes when room comes back") {
  World w({.max_bytes = 16u << 20});
  uint64_t count = 0;
  while (w.push(0, 0, 1)) ++count;
  CHECK(count * 24 > (12u << 20));
  CHECK(w.sum(w.roots[0].ref) == count);
  w.roots[0].u64 = 0;
  CHECK(w.push(0, 0, 1));
  CHECK(array_new(w.context, kRefs, 1u << 29, nullptr) == kNullRef);
  CHECK(array_new(w.context, kRefs, ~0u, nullptr) == kNullRef);
}

TEST_CASE("a fragmented heap is compacted") {
  World w({.max_bytes = 64u << 20});
  // Keep one node in twenty of ever new lists; without reuse of holes this exhausts the heap.
  for (int round = 0; round < 40; ++round) {
    w.roots[3].u64 = 0;
    for (int i = 0; i < 100'000; ++i) {
      REQUIRE(w.push(4, 4, 1));
      if (i % 20 == 0) REQUIRE(w.push(3, 3, 2));
    }
    w.roots[4].u64 = 0;
  }
  CHECK(w.sum(w.roots[3].ref) == 10'000);
}

TEST_CASE("stress moves everything at every allocation") {
  World w({.stress = true});
  for (int i = 1; i <= 500; ++i) {
    GcRef before = w.roots[0].ref;
    REQUIRE(w.push(0, 0, i));
    if (i > 1) CHECK(load_field<GcRef>(w.context, w.roots[0].ref, 8) != before);
  }
  CHECK(w.sum(w.roots[0].ref) == 500 * 501 / 2);
  GcRef before = w.roots[0].ref;
  w.heap.poll();
  CHECK(w.roots[0].ref != before);
}

TEST_CASE("stress walks a deep stack in time that grows with the stack") {
  World w({.stress = true});
  REQUIRE(w.push(0, 0, 1));
  uint64_t before = w.heap.stats().major, walked = 0;
  for (w.frames = 1; w.frames <= 100'000; ++w.frames) {
    w.heap.poll();
    if (w.heap.stats().major != before) walked += w.frames;
    before = w.heap.stats().major;
  }
  CHECK(before > 60);  // each poll while the stack is shallow
  CHECK(walked < 100 * w.frames);
}

TEST_CASE("handles follow their objects; host values are dropped once") {
  static int dropped;
  dropped = 0;
  {
    World w;
    int value = 1;
    GcRef host = w.heap.allocate_host(&value, [](void*) { ++dropped; });
    GcHeap::Handle handle = w.heap.add_root(host);
    w.heap.allocate_host(&value, [](void*) { ++dropped; });
    w.heap.collect();
    CHECK(dropped == 1);
    CHECK(w.heap.root(handle) != host);
    CHECK(w.heap.host_value(w.heap.root(handle)) == &value);
    CHECK(object_is(w.context, w.heap.root(handle), zwasm::isa::AbsHeap::any, 0));
    CHECK(!object_is(w.context, w.heap.root(handle), zwasm::isa::AbsHeap::eq, 0));
    w.heap.remove_root(handle);
    w.heap.collect();
    CHECK(dropped == 2);
    w.heap.allocate_host(&value, [](void*) { ++dropped; });
  }
  CHECK(dropped == 3);
}

TEST_CASE("casts compare the display") {
  World w;
  REQUIRE(w.push(0, 0, 1));
  using zwasm::isa::HeapType;
  CHECK(object_is(w.context, w.roots[0].ref, HeapType::concrete(7), 0));
  CHECK(!object_is(w.context, w.roots[0].ref, HeapType::concrete(7), 1));
  CHECK(!object_is(w.context, w.roots[0].ref, HeapType::concrete(8), 0));
  CHECK(object_is(w.context, w.roots[0].ref, zwasm::isa::AbsHeap::struct_, 0));
  CHECK(object_is(w.context, (5u << 1) | 1, zwasm::isa::AbsHeap::i31, 0));
}

}  // namespace
