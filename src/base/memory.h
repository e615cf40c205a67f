// Memory of an embedder's resource for what a guest's demands make large, and whose absence is an
// error of the guest's, not the end of the process.
#pragma once
#include <cstddef>
#include <memory_resource>

namespace zwasm {

// Null: refused, however the resource says so.
void* try_allocate(std::pmr::memory_resource& memory, size_t bytes, size_t align) noexcept;

}  // namespace zwasm
