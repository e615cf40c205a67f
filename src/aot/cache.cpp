#include "aot/cache.h"

#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <mutex>

#include "sys/random_bytes.h"

namespace zwasm::aot {
namespace {

constexpr size_t kKeyBytes = 32;
constexpr char kKeyName[] = "key";

std::string hex(const Digest& digest) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (uint8_t byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}
bool is_entry(std::string_view name) { return name.size() == 2 * sizeof(Digest); }

// Nobody else can have written it.
bool is_private(int fd, mode_t type) {
  struct stat info;
  return ::fstat(fd, &info) == 0 && (info.st_mode & S_IFMT) == type &&
         info.st_uid == ::geteuid() && (info.st_mode & 077) == 0;
}

bool write_all(int fd, std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n <= 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(n));
  }
  return true;
}

std::optional<std::vector<uint8_t>> read_all(int fd) {
  struct stat info;
  if (::fstat(fd, &info) != 0 || info.st_size < 0 ||
      static_cast<uint64_t>(info.st_size) > CodeCache::kMaxBytes)
    return std::nullopt;
  std::vector<uint8_t> bytes(static_cast<size_t>(info.st_size));
  for (size_t at = 0; at < bytes.size();) {
    ssize_t n = ::read(fd, bytes.data() + at, bytes.size() - at);
    if (n <= 0) return std::nullopt;
    at += static_cast<size_t>(n);
  }
  return bytes;
}

// A name of our own in the directory, for a file on its way.
std::string temporary_name() {
  uint64_t random = 0;
  // Only the name: what is there already is not opened.
  static_cast<void>(sys::fill_random({reinterpret_cast<uint8_t*>(&random), sizeof random}));
  return "new-" + std::to_string(::getpid()) + "-" + std::to_string(random);
}

// --- the note that the linker leaves in every program

struct Note {
  const void* inside;
  std::vector<uint8_t> id;
};

int find_note(dl_phdr_info* info, size_t, void* argument) {
  auto& wanted = *static_cast<Note*>(argument);
  auto at = reinterpret_cast<uintptr_t>(wanted.inside);
  std::span<const ElfW(Phdr)> segments(info->dlpi_phdr, info->dlpi_phnum);
  bool ours = std::any_of(segments.begin(), segments.end(), [&](const ElfW(Phdr) & s) {
    return s.p_type == PT_LOAD && at >= info->dlpi_addr + s.p_vaddr &&
           at < info->dlpi_addr + s.p_vaddr + s.p_memsz;
  });
  if (!ours) return 0;
  for (const ElfW(Phdr) & s : segments) {
    if (s.p_type != PT_NOTE) continue;
    const auto* note = reinterpret_cast<const uint8_t*>(info->dlpi_addr + s.p_vaddr);
    for (size_t left = s.p_memsz; left >= sizeof(ElfW(Nhdr));) {
      ElfW(Nhdr) head;
      std::memcpy(&head, note, sizeof head);
      size_t name = (head.n_namesz + 3) & ~size_t{3}, desc = (head.n_descsz + 3) & ~size_t{3};
      size_t size = sizeof head + name + desc;
      if (size > left) break;
      if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == 4 &&
          std::memcmp(note + sizeof head, "GNU", 4) == 0)
        wanted.id.assign(note + sizeof head + name, note + sizeof head + name + head.n_descsz);
      note += size;
      left -= size;
    }
  }
  return 1;
}

}  // namespace

std::span<const uint8_t> build_id() {
  static std::once_flag once;
  static uint8_t bytes[64];
  static size_t size = 0;
  std::call_once(once, [] {
    Note note{reinterpret_cast<const void*>(&build_id), {}};
    ::dl_iterate_phdr(find_note, &note);
    size = std::min(note.id.size(), sizeof bytes);
    std::copy_n(note.id.begin(), size, bytes);
  });
  return {bytes, size};
}

std::string CodeCache::directory() {
  // Not for programs that run with more rights than their caller.
  const char* base = ::secure_getenv("XDG_CACHE_HOME");
  if (base != nullptr && base[0] == '/') return std::string(base) + "/zwasm";
  const char* home = ::secure_getenv("HOME");
  if (home != nullptr && home[0] == '/') return std::string(home) + "/.cache/zwasm";
  return {};
}

std::unique_ptr<CodeCache> CodeCache::open() {
  std::string path = directory();
  if (path.empty() || build_id().empty()) return nullptr;
  std::unique_ptr<CodeCache> cache(new CodeCache);
  ::mkdir(path.substr(0, path.find_last_of('/')).c_str(), 0700);
  ::mkdir(path.c_str(), 0700);
  cache->directory_ =
      sys::UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!cache->directory_ || !is_private(cache->directory_.get(), S_IFDIR)) return nullptr;
  if (!cache->read_key() && (!cache->make_key() || !cache->read_key())) return nullptr;
  return cache;
}

bool CodeCache::read_key() {
  sys::UniqueFd file(
      ::openat(directory_.get(), kKeyName, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!file || !is_private(file.get(), S_IFREG)) return false;
  auto bytes = read_all(file.get());
  if (!bytes || bytes->size() != kKeyBytes) return false;
  key_ = std::move(*bytes);
  return true;
}

// Of several processes that make one, the first to link it wins.
bool CodeCache::make_key() const {
  std::vector<uint8_t> key(kKeyBytes);
  if (!sys::fill_random(key)) return false;
  std::string name = temporary_name();
  sys::UniqueFd file(::openat(directory_.get(), name.c_str(),
                              O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return false;
  if (write_all(file.get(), key) && ::fsync(file.get()) == 0)
    ::linkat(directory_.get(), name.c_str(), directory_.get(), kKeyName, 0);
  ::unlinkat(directory_.get(), name.c_str(), 0);
  return true;
}

std::optional<std::vector<uint8_t>> CodeCache::load(const Digest& name) const {
  sys::UniqueFd file(::openat(directory_.get(), hex(name).c_str(),
                              O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!file || !is_private(file.get(), S_IFREG)) return std::nullopt;
  ::futimens(file.get(), nullptr);  // used now
  return read_all(file.get());
}

void CodeCache::store(const Digest& name, std::span<const uint8_t> bytes) const {
  std::string temporary = temporary_name();
  sys::UniqueFd file(::openat(directory_.get(), temporary.c_str(),
                              O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return;
  if (!write_all(file.get(), bytes) || ::renameat(directory_.get(), temporary.c_str(),
                                                  directory_.get(), hex(name).c_str()) != 0)
    ::unlinkat(directory_.get(), temporary.c_str(), 0);
  trim();
}

void CodeCache::trim() const {
  int copy = ::openat(directory_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* list = copy >= 0 ? ::fdopendir(copy) : nullptr;
  if (list == nullptr) {
    if (copy >= 0) ::close(copy);
    return;
  }
  struct Entry {
    std::string name;
    timespec used;
    uint64_t bytes;
  };
  std::vector<Entry> entries;
  uint64_t total = 0;
  while (const dirent* item = ::readdir(list)) {
    struct stat info;
    std::string name = item->d_name;
    // What a process that died left on its way counts, too.
    if (!is_entry(name) && !name.starts_with("new-")) continue;
    if (::fstatat(directory_.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    entries.push_back({std::move(name), info.st_mtim, static_cast<uint64_t>(info.st_size)});
    total += entries.back().bytes;
  }
  ::closedir(list);
  if (total <= kMaxBytes) return;
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.used.tv_sec != b.used.tv_sec ? a.used.tv_sec < b.used.tv_sec
                                          : a.used.tv_nsec < b.used.tv_nsec;
  });
  for (const Entry& entry : entries) {
    if (total <= kMaxBytes / 4 * 3) break;
    if (::unlinkat(directory_.get(), entry.name.c_str(), 0) == 0) total -= entry.bytes;
  }
}

}  // namespace zwasm::aot
