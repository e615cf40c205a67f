// How much memory of each kind is mapped straight from the system, past any allocator: bytes that
// may be read and written (or run), not address space that is only reserved. Of the whole process.
#pragma once
#include <atomic>
#include <cstdint>

namespace zwasm::sys {

enum class Mapped : uint8_t { memories, tables, heaps, stacks, code };
inline constexpr uint32_t kMappedKinds = 5;

inline std::atomic<uint64_t> g_mapped[kMappedKinds];

inline void note_mapped(Mapped kind, uint64_t bytes) {
  g_mapped[static_cast<uint32_t>(kind)].fetch_add(bytes, std::memory_order_relaxed);
}
inline void note_unmapped(Mapped kind, uint64_t bytes) {
  g_mapped[static_cast<uint32_t>(kind)].fetch_sub(bytes, std::memory_order_relaxed);
}
inline uint64_t mapped_bytes(Mapped kind) {
  return g_mapped[static_cast<uint32_t>(kind)].load(std::memory_order_relaxed);
}

}  // namespace zwasm::sys
