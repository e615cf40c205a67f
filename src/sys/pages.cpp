#include "sys/pages.h"

#include <sys/mman.h>
#include <unistd.h>

namespace zwasm::sys {
namespace {

void* map(uint64_t bytes, int protection) {
  if (bytes == 0 || bytes > SIZE_MAX / 2) return nullptr;
  // Without MAP_NORESERVE the kernel would count a reservation as memory promised.
  void* at = ::mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return at == MAP_FAILED ? nullptr : at;
}

}  // namespace

size_t page_size() {
  static const size_t size = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

void* reserve_pages(uint64_t bytes) { return map(bytes, PROT_NONE); }

bool commit_pages(void* at, uint64_t bytes) {
  return bytes == 0 || ::mprotect(at, bytes, PROT_READ | PROT_WRITE) == 0;
}

void* map_pages(uint64_t bytes) { return map(bytes, PROT_READ | PROT_WRITE); }

void* remap_pages(void* at, uint64_t old_bytes, uint64_t new_bytes) {
  if (new_bytes > SIZE_MAX / 2) return nullptr;
  void* moved = ::mremap(at, old_bytes, new_bytes, MREMAP_MAYMOVE);
  return moved == MAP_FAILED ? nullptr : moved;
}

void discard_pages(void* at, uint64_t bytes) {
  if (bytes != 0) ::madvise(at, bytes, MADV_DONTNEED);
}

void release_pages(void* at, uint64_t bytes) {
  if (at != nullptr) ::munmap(at, bytes);
}

}  // namespace zwasm::sys
