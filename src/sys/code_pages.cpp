#include "sys/code_pages.h"

#include <linux/membarrier.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <map>
#include <mutex>
#include <new>

#include "sys/mapped.h"
#include "sys/pages.h"

namespace zwasm::sys {
namespace {

// A page of the region is handed out once and comes back as a run.
class Region {
 public:
  Region();
  CodeRegion region() const { return {base_, bytes_}; }
  const uint8_t* add(std::span<const uint8_t> code);
  void remove(const uint8_t* at, size_t bytes);

 private:
  bool take(size_t bytes, size_t& offset);
  void give_back(size_t offset, size_t bytes);
  bool fill(size_t offset, size_t size, std::span<const uint8_t> code);

  uint8_t* base_ = nullptr;
  size_t bytes_ = 0;
  std::mutex mutex_;
  std::map<size_t, size_t> free_;  // runs by offset
};

// Where the region should stand: at random in the same 64 GiB as the program. Processors follow a
// branch less quickly when upper bits of its target are not its own: AMD's of 2021 take two cycles
// more from bit 37 on, and compiled code mostly calls functions of the program, or is called by
// them.
void* near_program() {
  constexpr uintptr_t kGiB = uintptr_t{1} << 30, kBlock = 64 * kGiB;
  const auto program = static_cast<uintptr_t>(::getauxval(AT_PHDR));
  uint64_t random = 0;
  if (program == 0 || ::getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random)
    return nullptr;
  const uintptr_t block = program / kBlock * kBlock, below = program - block;
  // Behind the program its heap grows.
  const uintptr_t at = below > 4 * kGiB ? block + random % (below - 2 * kGiB)
                                        : program + 16 * kGiB + random % (16 * kGiB);
  return reinterpret_cast<void*>(at & ~uintptr_t{0xFFFF});
}

Region::Region() {
  constexpr size_t kMost = size_t{1} << 30, kLeast = size_t{16} << 20;
  void* const wanted = near_program();
  for (size_t bytes = kMost; bytes >= kLeast; bytes /= 4) {
    auto reserve = [&](void* place) {  // or anywhere, where that is not free
      return ::mmap(place, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    };
    void* at = reserve(wanted);
    if (at == MAP_FAILED) at = reserve(nullptr);
    if (at == MAP_FAILED) continue;
    base_ = static_cast<uint8_t*>(at);
    bytes_ = bytes;
    free_[0] = bytes;
    break;
  }
#if defined(__aarch64__)
  ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0);
#endif
}

bool Region::take(size_t bytes, size_t& offset) {
  std::lock_guard lock(mutex_);
  for (auto it = free_.begin(); it != free_.end(); ++it) {
    if (it->second < bytes) continue;
    offset = it->first;
    size_t rest = it->second - bytes;
    free_.erase(it);
    if (rest != 0) free_[offset + bytes] = rest;
    return true;
  }
  return false;
}

void Region::give_back(size_t offset, size_t bytes) {
  std::lock_guard lock(mutex_);
  auto after = free_.upper_bound(offset);
  if (after != free_.end() && after->first == offset + bytes) {
    bytes += after->second;
    after = free_.erase(after);
  }
  if (after != free_.begin()) {
    auto before = std::prev(after);
    if (before->first + before->second == offset) {
      before->second += bytes;
      return;
    }
  }
  free_[offset] = bytes;
}

bool Region::fill(size_t offset, size_t size, std::span<const uint8_t> code) {
  uint8_t* run = base_ + offset;
  if (::mprotect(run, size, PROT_READ | PROT_WRITE) != 0) return false;
  std::memcpy(run, code.data(), code.size());
  if (::mprotect(run, size, PROT_READ | PROT_EXEC) != 0) return false;
#if defined(__aarch64__)
  __builtin___clear_cache(reinterpret_cast<char*>(run), reinterpret_cast<char*>(run + code.size()));
  // Other processors may have fetched what stood at these addresses before.
  ::syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0);
#endif
  return true;
}

const uint8_t* Region::add(std::span<const uint8_t> code) {
  if (base_ == nullptr || code.empty()) return nullptr;
  size_t size = round_up(code.size(), page_size()), offset = 0;
  if (!take(size, offset)) return nullptr;
  note_mapped(Mapped::code, size);
  if (fill(offset, size, code)) return base_ + offset;
  remove(base_ + offset, code.size());
  return nullptr;
}

// The pages' contents go back to the system; whoever gets them next finds zeros.
void Region::remove(const uint8_t* at, size_t bytes) {
  auto offset = static_cast<size_t>(at - base_);
  size_t size = round_up(bytes, page_size());
  ::mmap(base_ + offset, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED,
         -1, 0);
  give_back(offset, size);
  note_unmapped(Mapped::code, size);
}

// Never destroyed: code may be freed as late as static objects are.
Region& region() {
  alignas(Region) static unsigned char storage[sizeof(Region)];
  static Region* r = new (storage) Region;
  return *r;
}

}  // namespace

CodeRegion code_region() { return region().region(); }
const uint8_t* add_code(std::span<const uint8_t> code) { return region().add(code); }
void remove_code(const uint8_t* at, size_t bytes) { region().remove(at, bytes); }

}  // namespace zwasm::sys
