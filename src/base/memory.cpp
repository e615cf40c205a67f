#include "base/memory.h"

namespace zwasm {

void* try_allocate(std::pmr::memory_resource& memory, size_t bytes, size_t align) noexcept {
#if defined(__cpp_exceptions)
  try {
    return memory.allocate(bytes, align);
  } catch (...) {
    return nullptr;
  }
#else
  return memory.allocate(bytes, align);
#endif
}

}  // namespace zwasm
