#include "jit/gdb.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <utility>
#include <vector>

#include "jit/debug_image.h"

// Names, layout and values are the debuggers' ("JIT Compilation Interface" in gdb's manual). They
// are looked up in each program and library by itself: ours are not to be another library's.
extern "C" {

#define ZWASM_FOR_DEBUGGERS __attribute__((visibility("protected"), used))

struct jit_code_entry {
  jit_code_entry* next_entry;
  jit_code_entry* prev_entry;
  const char* symfile_addr;
  uint64_t symfile_size;
};

struct jit_descriptor {
  uint32_t version;
  uint32_t action_flag;  // 0 nothing, 1 added, 2 about to go
  jit_code_entry* relevant_entry;
  jit_code_entry* first_entry;
};

ZWASM_FOR_DEBUGGERS jit_descriptor __jit_debug_descriptor = {1, 0, nullptr, nullptr};

ZWASM_FOR_DEBUGGERS __attribute__((noinline)) void __jit_debug_register_code() {
  __asm__ volatile("" ::: "memory");
}

}  // extern "C"

namespace zwasm::jit {
namespace {

constinit std::mutex mutex;

// One image, in the list for its life.
class Shown {
 public:
  explicit Shown(std::vector<uint8_t> image) : image_(std::move(image)) {
    entry_.symfile_addr = reinterpret_cast<const char*>(image_.data());
    entry_.symfile_size = image_.size();
    entry_.prev_entry = nullptr;
    std::lock_guard lock(mutex);
    entry_.next_entry = __jit_debug_descriptor.first_entry;
    if (entry_.next_entry != nullptr) entry_.next_entry->prev_entry = &entry_;
    __jit_debug_descriptor.first_entry = &entry_;
    tell(1);
  }
  Shown(const Shown&) = delete;
  Shown& operator=(const Shown&) = delete;
  ~Shown() {
    std::lock_guard lock(mutex);
    if (entry_.next_entry != nullptr) entry_.next_entry->prev_entry = entry_.prev_entry;
    if (entry_.prev_entry != nullptr) entry_.prev_entry->next_entry = entry_.next_entry;
    else __jit_debug_descriptor.first_entry = entry_.next_entry;
    tell(2);
  }

 private:
  void tell(uint32_t action) {
    __jit_debug_descriptor.relevant_entry = &entry_;
    __jit_debug_descriptor.action_flag = action;
    __jit_debug_register_code();
    __jit_debug_descriptor.action_flag = 0;
  }
  std::vector<uint8_t> image_;
  jit_code_entry entry_;
};

}  // namespace

bool under_debugger() {
  int fd = ::open("/proc/self/status", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  char text[2048];
  ssize_t n = ::read(fd, text, sizeof text - 1);
  ::close(fd);
  if (n <= 0) return false;
  text[n] = 0;
  constexpr const char* kKey = "TracerPid:";
  const char* at = std::strstr(text, kKey);
  return at != nullptr && std::strtol(at + std::strlen(kKey), nullptr, 10) != 0;
}

void show_to_debuggers(const runtime::LoadedModule& module, runtime::NativeCode& code) {
  code.keep(std::make_shared<Shown>(debug_image(module, code)));
}

}  // namespace zwasm::jit
