#include "aot/cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "aot/private_files.h"

namespace zwasm::aot {
namespace {

std::string hex(const Digest& digest) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (uint8_t byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

bool is_entry(std::string_view name) {
  return name.size() == 2 * sizeof(Digest) &&
         name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

struct CodeCache::Entry {
  std::string name;
  timespec used;
  uint64_t bytes;
};

std::string CodeCache::directory() { return user_directory("XDG_CACHE_HOME", ".cache"); }

std::unique_ptr<CodeCache> CodeCache::open(uint64_t max_bytes) {
  std::unique_ptr<CodeCache> cache(new CodeCache);
  cache->directory_ = open_private_directory(directory());
  cache->max_bytes_ = max_bytes;
  if (!cache->directory_) return nullptr;
  return cache;
}

std::optional<std::vector<uint8_t>> CodeCache::load(const Digest& name) const {
  const std::string file = hex(name);
  auto bytes = read_private(directory_, file, max_bytes_);
  // Used now.
  if (bytes) ::utimensat(directory_.get(), file.c_str(), nullptr, AT_SYMLINK_NOFOLLOW);
  return bytes;
}

void CodeCache::store(const Digest& name, std::span<const uint8_t> bytes) const {
  if (bytes.size() > max_bytes_) return;
  write_private(directory_, hex(name), bytes, Existing::replace);
  trim();
}

void CodeCache::remove(const Digest& name) const {
  ::unlinkat(directory_.get(), hex(name).c_str(), 0);
}

std::vector<CodeCache::Entry> CodeCache::list() const {
  std::vector<Entry> entries;
  int copy = ::openat(directory_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* list = copy >= 0 ? ::fdopendir(copy) : nullptr;
  if (list == nullptr) {
    if (copy >= 0) ::close(copy);
    return entries;
  }
  while (const dirent* item = ::readdir(list)) {
    struct stat info;
    std::string name = item->d_name;
    // What a process that died left on its way counts, too.
    if (!is_entry(name) && !is_temporary(name)) continue;
    if (::fstatat(directory_.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    entries.push_back({std::move(name), info.st_mtim, static_cast<uint64_t>(info.st_size)});
  }
  ::closedir(list);
  return entries;
}

CodeCache::Usage CodeCache::usage() const {
  Usage usage;
  for (const Entry& entry : list()) {
    ++usage.entries;
    usage.bytes += entry.bytes;
  }
  return usage;
}

CodeCache::Usage CodeCache::clear() const {
  Usage gone;
  for (const Entry& entry : list()) {
    if (::unlinkat(directory_.get(), entry.name.c_str(), 0) != 0) continue;
    ++gone.entries;
    gone.bytes += entry.bytes;
  }
  return gone;
}

void CodeCache::trim() const {
  std::vector<Entry> entries = list();
  uint64_t total = 0;
  for (const Entry& entry : entries) total += entry.bytes;
  if (total <= max_bytes_) return;
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.used.tv_sec != b.used.tv_sec ? a.used.tv_sec < b.used.tv_sec
                                          : a.used.tv_nsec < b.used.tv_nsec;
  });
  // Some room, so that not every writer has to look again.
  for (const Entry& entry : entries) {
    if (total <= max_bytes_ / 4 * 3) break;
    if (::unlinkat(directory_.get(), entry.name.c_str(), 0) == 0) total -= entry.bytes;
  }
}

}  // namespace zwasm::aot
