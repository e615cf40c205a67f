// The bulk operations on memories and tables: bounds first, then the work in pieces, with a poll
// after each, so that a guest that copies gigabytes can be interrupted.
#include <algorithm>
#include <cstring>

#include "runtime/builtins.h"
#include "runtime/instance.h"

namespace zwasm::runtime::builtins {
namespace {

constexpr uint64_t kPiece = uint64_t{1} << 20;

constexpr bool in_bounds(uint64_t at, uint64_t count, uint64_t size) {
  return count <= size && at <= size - count;
}

uint64_t length_of(const MemoryView& memory) {
  return memory.byte_length.load(std::memory_order_acquire);
}

// Calls work(offset, count) for [0, total) in pieces, from the end when `backwards`.
template <class Work>
Trap in_pieces(StoreContext& context, uint64_t total, uint64_t piece, bool backwards, Work work) {
  for (uint64_t done = 0; done < total;) {
    uint64_t count = std::min(piece, total - done);
    work(backwards ? total - done - count : done, count);
    done += count;
    if (done < total && context.poll.load(std::memory_order_relaxed) != 0) {
      Trap trap = on_poll(context);
      if (trap != Trap::none) return trap;
    }
  }
  return Trap::none;
}

template <class Grown>
GrowResult grown(Instance& instance, uint64_t previous) {
  bool traps =
      previous == Grown::kRefused && Store::of(instance).quota()->limits.trap_on_grow_failure;
  return {previous, traps ? Trap::grow_failed : Trap::none};
}

Table& table_of(Instance& instance, uint32_t index) {
  return *static_cast<Table*>(instance.tables[index]);
}

}  // namespace

GrowResult memory_grow(Instance& instance, uint32_t memory, uint64_t pages) {
  return grown<Memory>(instance, static_cast<Memory*>(instance.memories[memory])->grow(pages));
}

Trap memory_fill(Instance& instance, uint32_t memory, uint64_t to, uint8_t value, uint64_t count) {
  MemoryView& view = *instance.memories[memory];
  if (!in_bounds(to, count, length_of(view))) return Trap::memory_out_of_bounds;
  return in_pieces(*instance.context, count, kPiece, false, [&](uint64_t at, uint64_t size) {
    std::memset(view.base + to + at, value, size);
  });
}

Trap memory_copy(Instance& instance, uint32_t to_memory, uint32_t from_memory, uint64_t to,
                 uint64_t from, uint64_t count) {
  MemoryView& target = *instance.memories[to_memory];
  MemoryView& source = *instance.memories[from_memory];
  if (!in_bounds(to, count, length_of(target)) || !in_bounds(from, count, length_of(source)))
    return Trap::memory_out_of_bounds;
  bool backwards = &target == &source && from < to;
  return in_pieces(*instance.context, count, kPiece, backwards, [&](uint64_t at, uint64_t size) {
    std::memmove(target.base + to + at, source.base + from + at, size);
  });
}

std::span<const uint8_t> data_segment(Instance& instance, uint32_t segment) {
  if (instance.dropped_datas[segment]) return {};
  return instance.module->module().datas[segment].bytes;
}

Trap memory_init(Instance& instance, uint32_t memory, uint32_t segment, uint64_t to, uint32_t from,
                 uint32_t count) {
  MemoryView& view = *instance.memories[memory];
  std::span<const uint8_t> bytes = data_segment(instance, segment);
  if (!in_bounds(to, count, length_of(view)) || !in_bounds(from, count, bytes.size()))
    return Trap::memory_out_of_bounds;
  return in_pieces(*instance.context, count, kPiece, false, [&](uint64_t at, uint64_t size) {
    std::memcpy(view.base + to + at, bytes.data() + from + at, size);
  });
}

void data_drop(Instance& instance, uint32_t segment) { instance.dropped_datas[segment] = 1; }

GrowResult table_grow(Instance& instance, uint32_t table, Slot value, uint64_t count) {
  return grown<Table>(instance, table_of(instance, table).grow(count, value));
}

Trap table_fill(Instance& instance, uint32_t table, uint64_t to, Slot value, uint64_t count) {
  Table& target = table_of(instance, table);
  if (!in_bounds(to, count, target.size)) return Trap::table_out_of_bounds;
  // A poll may collect and move what `value` refers to: it is read back from the first element.
  if (count == 0) return Trap::none;
  target.set(to, value);
  return in_pieces(*instance.context, count, kPiece / sizeof(FuncEntry), false,
                   [&](uint64_t at, uint64_t size) { target.fill(to + at, target.get(to), size); });
}

Trap table_copy(Instance& instance, uint32_t to_table, uint32_t from_table, uint64_t to,
                uint64_t from, uint64_t count) {
  Table& target = table_of(instance, to_table);
  Table& source = table_of(instance, from_table);
  if (!in_bounds(to, count, target.size) || !in_bounds(from, count, source.size))
    return Trap::table_out_of_bounds;
  bool backwards = &target == &source && from < to;
  return in_pieces(
      *instance.context, count, kPiece / sizeof(FuncEntry), backwards,
      [&](uint64_t at, uint64_t size) {
        if (target.holds_funcs())
          std::memmove(target.funcs + to + at, source.funcs + from + at, size * sizeof(FuncEntry));
        else std::memmove(target.refs + to + at, source.refs + from + at, size * sizeof(GcRef));
      });
}

Trap table_init(Instance& instance, uint32_t table, uint32_t segment, uint64_t to, uint32_t from,
                uint32_t count) {
  Table& target = table_of(instance, table);
  const module::ElemSegment& elems = instance.module->module().elems[segment];
  uint64_t size = instance.dropped_elems[segment] ? 0 : elems.size();
  if (!in_bounds(to, count, target.size) || !in_bounds(from, count, size))
    return Trap::table_out_of_bounds;
  std::span<const Slot> values = record_of(instance).elem_values[segment];
  return in_pieces(*instance.context, count, kPiece / sizeof(FuncEntry), false,
                   [&](uint64_t at, uint64_t n) {
                     for (uint64_t i = at; i < at + n; ++i) {
                       Slot value{};
                       if (elems.uses_exprs) value = values[from + i];
                       else value.func = instance.funcs[elems.funcs[from + i]];
                       target.set(to + i, value);
                     }
                   });
}

std::span<const Slot> elem_segment(Instance& instance, uint32_t segment) {
  if (instance.dropped_elems[segment]) return {};
  const module::ElemSegment& elems = instance.module->module().elems[segment];
  std::span<Slot>& values = record_of(instance).elem_values[segment];
  if (!elems.uses_exprs && values.size() != elems.funcs.size()) {
    values = new_elem_values(*instance.module, elems.funcs.size());
    for (size_t i = 0; i < values.size(); ++i) values[i].func = instance.funcs[elems.funcs[i]];
  }
  return values;
}

void elem_drop(Instance& instance, uint32_t segment) {
  instance.dropped_elems[segment] = 1;
  // What the segment referred to may be collected.
  for (Slot& slot : record_of(instance).elem_values[segment]) slot.u64 = 0;
}

}  // namespace zwasm::runtime::builtins
