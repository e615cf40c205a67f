#include "jit/observers.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <mutex>
#include <string>

#include "base/concat.h"
#include "jit/debug_image.h"
#include "sys/pages.h"
#include "sys/unique_fd.h"

namespace zwasm::jit {
namespace {

using runtime::LoadedModule;
using runtime::NativeCode;
using runtime::NativeFunction;

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

class PerfMap : public CodeObserver {
 public:
  bool open() {
    std::string path = concat({"/tmp/perf-", std::to_string(::getpid()), ".map"});
    file_ = sys::UniqueFd(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    return static_cast<bool>(file_);
  }
  void added(const LoadedModule& module, const NativeCode& code) override {
    std::string lines;
    for (const NativeFunction& function : code.functions()) {
      char head[64];
      std::snprintf(
          head, sizeof head, "%llx %x ",
          static_cast<unsigned long long>(reinterpret_cast<uintptr_t>(code.entry(function))),
          function.end - function.begin);
      lines += concat({head, symbol_of(module, function), "\n"});
    }
    std::lock_guard lock(mutex_);
    write_all(file_.get(), lines);
  }

 private:
  std::mutex mutex_;
  sys::UniqueFd file_;
};

// The format of the kernel's tools/perf/Documentation/jitdump-specification.txt.
class JitDump : public CodeObserver {
 public:
  ~JitDump() override {
    if (marker_ != MAP_FAILED) ::munmap(marker_, sys::page_size());
  }

  bool open() {
    std::string path = concat({"jit-", std::to_string(::getpid()), ".dump"});
    file_ = sys::UniqueFd(
        ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file_) return false;
    struct {
      uint32_t magic = 0x4A695444, version = 1, size = 40;
#if defined(__aarch64__)
      uint32_t machine = 183;
#else
      uint32_t machine = 62;
#endif
      uint32_t pad = 0, pid = static_cast<uint32_t>(::getpid());
      uint64_t time = now(), flags = 0;
    } header;
    static_assert(sizeof header == 40);
    if (!write_all(file_.get(), {reinterpret_cast<const char*>(&header), sizeof header}))
      return false;
    // perf learns of the file by this mapping.
    marker_ = ::mmap(nullptr, sys::page_size(), PROT_READ | PROT_EXEC, MAP_PRIVATE, file_.get(), 0);
    return marker_ != MAP_FAILED;
  }

  void added(const LoadedModule& module, const NativeCode& code) override {
    for (const NativeFunction& function : code.functions()) {
      std::string name = symbol_of(module, function);
      const uint32_t size = function.end - function.begin;
      auto address = static_cast<uint64_t>(reinterpret_cast<uintptr_t>(code.entry(function)));
      std::lock_guard lock(mutex_);
      struct {
        uint32_t id = 0, total;
        uint64_t time = now();
        uint32_t pid = static_cast<uint32_t>(::getpid());
        uint32_t tid = static_cast<uint32_t>(::syscall(SYS_gettid));
        uint64_t virtual_address, code_address, code_size, index;
      } record;
      static_assert(sizeof record == 56);
      record.total = static_cast<uint32_t>(sizeof record + name.size() + 1 + size);
      record.virtual_address = record.code_address = address;
      record.code_size = size;
      record.index = count_++;
      std::string bytes(reinterpret_cast<const char*>(&record), sizeof record);
      bytes += name;
      bytes += '\0';
      bytes.append(reinterpret_cast<const char*>(code.entry(function)), size);
      write_all(file_.get(), bytes);
    }
  }

 private:
  static uint64_t now() {
    timespec t;
    ::clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(t.tv_nsec);
  }

  std::mutex mutex_;
  sys::UniqueFd file_;
  void* marker_ = MAP_FAILED;
  uint64_t count_ = 0;
};

template <class Observer>
std::unique_ptr<CodeObserver> opened(const char* what) {
  auto observer = std::make_unique<Observer>();
  if (observer->open()) return observer;
  std::fprintf(stderr, "zwasm: warning: the file for --profile %s cannot be written\n", what);
  return nullptr;
}

}  // namespace

std::unique_ptr<CodeObserver> CodeObserver::create(runtime::EngineSettings::CodeProfile kind) {
  using Kind = runtime::EngineSettings::CodeProfile;
  switch (kind) {
    case Kind::none: return nullptr;
    case Kind::perfmap: return opened<PerfMap>("perfmap");
    case Kind::jitdump: return opened<JitDump>("jitdump");
  }
  return nullptr;
}

}  // namespace zwasm::jit
