#include "runtime/table.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>

#include "base/memory.h"
#include "sys/mapped.h"
#include "sys/pages.h"

namespace zwasm::runtime {
namespace {

// Above this the elements are mapped, so that null elements never touched cost nothing and growth
// moves page tables instead of bytes.
constexpr uint64_t kMapFrom = 256 * 1024;

void unmap(void* at, uint64_t bytes) {
  sys::release_pages(at, bytes);
  sys::note_unmapped(sys::Mapped::tables, bytes);
}

void release(std::pmr::memory_resource& memory, void* at, uint64_t bytes) {
  if (at == nullptr) return;
  if (bytes >= kMapFrom) unmap(at, sys::round_up(bytes, sys::page_size()));
  else memory.deallocate(at, bytes);
}

void* resize(std::pmr::memory_resource& memory, void* at, uint64_t old_bytes, uint64_t new_bytes) {
  const uint64_t page = sys::page_size();
  uint64_t mapped = sys::round_up(new_bytes, page);
  if (old_bytes >= kMapFrom) {
    const uint64_t old_mapped = sys::round_up(old_bytes, page);
    void* moved = sys::remap_pages(at, old_mapped, mapped);
    if (moved != nullptr) sys::note_mapped(sys::Mapped::tables, mapped - old_mapped);
    return moved;
  }
  const bool maps = new_bytes >= kMapFrom;
  void* fresh =
      maps ? sys::map_pages(mapped) : try_allocate(memory, new_bytes, alignof(std::max_align_t));
  if (fresh == nullptr) return nullptr;
  if (maps) sys::note_mapped(sys::Mapped::tables, mapped);
  else std::memset(fresh, 0, new_bytes);
  if (at != nullptr) std::memcpy(fresh, at, old_bytes);
  release(memory, at, old_bytes);
  return fresh;
}

}  // namespace

bool is_func_ref(isa::ValType type, const module::TypeRegistry& types) {
  if (!type.is_ref()) return false;
  isa::HeapType heap = type.heap();
  if (heap.is_concrete()) return types.type(heap.index()).kind == module::CompositeKind::func;
  return heap.abs() == isa::AbsHeap::func || heap.abs() == isa::AbsHeap::nofunc;
}

std::unique_ptr<Table> Table::create(const module::TableType& type, bool holds_funcs, Slot initial,
                                     std::shared_ptr<Quota> quota,
                                     std::pmr::memory_resource& memory) {
  std::unique_ptr<Table> table(new (std::nothrow) Table);
  if (!table) return nullptr;
  table->funcs = nullptr;
  table->size = 0;
  table->type_ = type;
  table->funcs_ = holds_funcs;
  table->quota_ = std::move(quota);
  table->memory_ = &memory;
  if (table->grow(type.limits.min, initial) == kRefused) return nullptr;
  return table;
}

Table::~Table() {
  quota_->table_elements.give_back(size);
  release(*memory_, holds_funcs() ? static_cast<void*>(funcs) : refs, capacity_ * element_size());
}

Slot Table::get(uint64_t index) const {
  Slot slot{};
  if (funcs_) slot.func = funcs[index].ref;
  else slot.ref = refs[index];
  return slot;
}

void Table::set(uint64_t index, Slot value) {
  if (funcs_) funcs[index] = entry_of(value.func);
  else refs[index] = value.ref;
}

void Table::fill(uint64_t index, Slot value, uint64_t count) {
  if (funcs_) std::fill_n(funcs + index, count, entry_of(value.func));
  else std::fill_n(refs + index, count, value.ref);
}

uint64_t Table::grow(uint64_t delta, Slot value) {
  uint64_t limit = std::min(type_.limits.max.value_or(~uint64_t{0}), kMaxElements);
  if (delta > limit || size > limit - delta) return kRefused;
  uint64_t old_size = size;
  if (delta == 0) return old_size;
  if (!quota_->table_elements.take(delta)) return kRefused;
  uint64_t wanted = size + delta;
  if (wanted > capacity_) {
    uint64_t roomy = std::min(std::max(wanted, capacity_ + capacity_ / 2), limit);
    void* grown = nullptr;
    uint64_t tries[] = {size == 0 ? wanted : roomy, wanted};
    for (uint64_t capacity : tries) {
      grown = resize(*memory_, funcs_ ? static_cast<void*>(funcs) : refs,
                     capacity_ * element_size(), capacity * element_size());
      if (grown == nullptr) continue;
      capacity_ = capacity;
      break;
    }
    if (grown == nullptr) {
      quota_->table_elements.give_back(delta);
      return kRefused;
    }
    if (funcs_) funcs = static_cast<FuncEntry*>(grown);
    else refs = static_cast<GcRef*>(grown);
  }
  size = wanted;
  if (value.u64 != 0) fill(old_size, value, delta);
  return old_size;
}

}  // namespace zwasm::runtime
