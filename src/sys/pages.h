// Address space: reserving it, making parts of it usable, giving it back. Sizes and addresses are
// multiples of page_size().
#pragma once
#include <cstddef>
#include <cstdint>

namespace zwasm::sys {

size_t page_size();

constexpr uint64_t round_up(uint64_t value, uint64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// Address space without access, backed by nothing. Null: refused.
void* reserve_pages(uint64_t bytes);
// Zeroed pages, readable and writable, for [at, at + bytes) of a reservation. False: refused.
bool commit_pages(void* at, uint64_t bytes);
// Reserved and committed in one step. Null: refused.
void* map_pages(uint64_t bytes);
// Resizes what map_pages made; it may move. Null: refused, and nothing has changed.
void* remap_pages(void* at, uint64_t old_bytes, uint64_t new_bytes);
// Gives the contents back to the system: the pages are zero again, and stay usable.
void discard_pages(void* at, uint64_t bytes);
// Ends a reservation or mapping, all of it.
void release_pages(void* at, uint64_t bytes);

}  // namespace zwasm::sys
