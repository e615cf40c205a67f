#include "aot/private_files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/concat.h"
#include "sys/make_directories.h"
#include "sys/random_bytes.h"

namespace zwasm::aot {
namespace {

constexpr std::string_view kTemporary = "new-";

bool is_private(int fd, mode_t type, struct stat& info) {
  return ::fstat(fd, &info) == 0 && (info.st_mode & S_IFMT) == type && info.st_uid == ::geteuid() &&
         (info.st_mode & 077) == 0;
}

bool write_all(int fd, std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(n));
  }
  return true;
}

std::string temporary_name() {
  uint64_t random = 0;
  // Only a name: what is there already is never opened.
  static_cast<void>(sys::fill_random({reinterpret_cast<uint8_t*>(&random), sizeof random}));
  return concat({kTemporary, std::to_string(::getpid()), "-", std::to_string(random)});
}

}  // namespace

std::string user_directory(const char* variable, std::string_view below_home) {
  const char* base = ::secure_getenv(variable);
  if (base != nullptr && base[0] == '/') return std::string(base) + "/zwasm";
  const char* home = ::secure_getenv("HOME");
  if (home != nullptr && home[0] == '/') return concat({home, "/", below_home, "/zwasm"});
  return {};
}

sys::UniqueFd open_private_directory(const std::string& path) {
  if (path.empty()) return {};
  auto open = [&] {
    return sys::UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  };
  sys::UniqueFd directory = open();
  if (!directory && errno == ENOENT) {
    sys::make_directories(path);
    directory = open();
  }
  struct stat info;
  if (!directory || !is_private(directory.get(), S_IFDIR, info)) return {};
  return directory;
}

std::optional<std::vector<uint8_t>> read_private(const sys::UniqueFd& directory,
                                                 const std::string& name, uint64_t limit) {
  sys::UniqueFd file(
      ::openat(directory.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  struct stat info;
  if (!file || !is_private(file.get(), S_IFREG, info) ||
      static_cast<uint64_t>(info.st_size) > limit)
    return std::nullopt;
  std::vector<uint8_t> bytes(static_cast<size_t>(info.st_size));
  for (size_t at = 0; at < bytes.size();) {
    ssize_t n = ::read(file.get(), bytes.data() + at, bytes.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return std::nullopt;
    at += static_cast<size_t>(n);
  }
  return bytes;
}

bool write_private(const sys::UniqueFd& directory, const std::string& name,
                   std::span<const uint8_t> bytes, Existing existing) {
  const std::string temporary = temporary_name();
  sys::UniqueFd file(::openat(directory.get(), temporary.c_str(),
                              O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return false;
  bool done = write_all(file.get(), bytes);
  if (done && existing == Existing::keep) {
    // It is for long, so it is on the disk before it has its name.
    done = ::fsync(file.get()) == 0 &&
           (::linkat(directory.get(), temporary.c_str(), directory.get(), name.c_str(), 0) == 0 ||
            errno == EEXIST);
  } else if (done &&
             ::renameat(directory.get(), temporary.c_str(), directory.get(), name.c_str()) == 0) {
    return true;
  } else {
    done = false;
  }
  ::unlinkat(directory.get(), temporary.c_str(), 0);
  return done;
}

bool is_temporary(std::string_view name) { return name.starts_with(kTemporary); }

}  // namespace zwasm::aot
