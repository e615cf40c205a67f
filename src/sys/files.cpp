#include "sys/files.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <cstdio>

#include "sys/files_walk.h"

namespace zwasm::sys {
namespace {

SysResult<void> checked(int result) {
  if (result < 0) return last_error();
  return {};
}

SysResult<std::string> read_link_at(int fd, const char* name) {
  char target[PATH_MAX];
  ssize_t n = ::readlinkat(fd, name, target, sizeof target);
  if (n < 0) return last_error();
  return std::string(target, static_cast<size_t>(n));
}

// ---- openat2 ----

int openat2(int dirfd, const char* path, uint64_t flags, uint64_t mode, uint64_t resolve) {
  open_how how{};
  how.flags = flags;
  how.mode = mode;
  how.resolve = resolve;
  return static_cast<int>(::syscall(SYS_openat2, dirfd, path, &how, sizeof how));
}

// Old kernels have no openat2, and some containers refuse it with an error of their own choice,
// so the question is put once, with a path that must work.
bool kernel_confines() {
  static std::atomic<int> answer{-1};
  int known = answer.load(std::memory_order_relaxed);
  if (known < 0) {
    UniqueFd probe(openat2(AT_FDCWD, "/", O_PATH | O_CLOEXEC, 0, RESOLVE_NO_MAGICLINKS));
    known = probe ? 1 : 0;
    answer.store(known, std::memory_order_relaxed);
  }
  return known == 1;
}

// ---- the walk ----

struct HostTree {
  // The root is borrowed, directories entered below it are owned.
  struct Node {
    UniqueFd owned;
    int fd = -1;
  };

  const Withheld* withheld;

  SysResult<WalkEntry<Node>> enter(const Node& directory, const std::string& name) {
    UniqueFd fd(::openat(directory.fd, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct stat st;
    if (!fd || ::fstat(fd.get(), &st) != 0) return last_error();
    if (withheld != nullptr && withheld->hides(st)) return fail(EACCES);
    WalkEntry<Node> entry;
    if (S_ISDIR(st.st_mode)) {
      entry.kind = WalkEntry<Node>::Kind::directory;
      entry.node.fd = fd.get();
      entry.node.owned = std::move(fd);
    } else if (S_ISLNK(st.st_mode)) {
      SysResult<std::string> target = read_link_at(fd.get(), "");
      if (!target) return Err{target.error()};
      entry.kind = WalkEntry<Node>::Kind::link;
      entry.target = std::move(*target);
    }
    return entry;
  }
};

SysResult<UniqueFd> open_by_walk(Root root, const std::string& path, int flags, mode_t mode,
                                 bool follow) {
  if ((flags & O_CREAT) && (flags & O_EXCL)) follow = false;
  HostTree tree{root.withheld};
  HostTree::Node start;
  start.fd = root.fd;
  auto walked = walk(tree, std::move(start), path, follow);
  if (!walked) return Err{walked.error()};
  if (walked->must_be_directory) {
    if (flags & O_CREAT) return fail(EISDIR);
    flags |= O_DIRECTORY;
  }
  struct stat st;
  if (root.withheld != nullptr &&
      ::fstatat(walked->parent.fd, walked->name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0 &&
      root.withheld->hides(st))
    return fail(EACCES);
  // If somebody has just put a link in the place of what the walk saw, O_NOFOLLOW refuses it.
  UniqueFd fd(
      ::openat(walked->parent.fd, walked->name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!fd) return last_error();
  return fd;
}

// ---- a name in its parent directory ----

struct Place {
  UniqueFd owned;  // the parent, unless it is the root
  int parent = -1;
  std::string name;  // keeps one slash at its end if the path had any
};

SysResult<Place> find_place(Root root, const std::string& path) {
  if (path.empty()) return fail(ENOENT);
  if (path.front() == '/') return fail(EPERM);
  size_t end = path.find_last_not_of('/') + 1;
  size_t slash = path.rfind('/', end - 1);
  size_t begin = slash == std::string::npos ? 0 : slash + 1;

  Place place;
  place.name = path.substr(begin, end - begin);
  if (place.name == "..") {
    // The operations refuse this name each in its own way, but first it must not lead out.
    auto inside = open_beneath(root, path, O_PATH, 0, true);
    if (!inside) return Err{inside.error()};
  }
  place.parent = root.fd;
  if (begin > 0) {
    auto parent = open_beneath(root, path.substr(0, begin), O_PATH | O_DIRECTORY, 0, true);
    if (!parent) return Err{parent.error()};
    place.owned = std::move(*parent);
    place.parent = place.owned.get();
  }
  struct stat st;
  if (root.withheld != nullptr &&
      ::fstatat(place.parent, place.name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0 &&
      root.withheld->guards(st))
    return fail(EACCES);
  if (end < path.size()) place.name += '/';
  return place;
}

// The name by which the kernel lets us act on what a descriptor refers to, even a link.
struct DescriptorName {
  char text[32];
  explicit DescriptorName(int fd) { std::snprintf(text, sizeof text, "/proc/self/fd/%d", fd); }
};

}  // namespace

SysResult<UniqueFd> open_root(const std::string& host_path) {
  UniqueFd fd(::open(host_path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return last_error();
  return fd;
}

SysResult<UniqueFd> open_beneath(Root root, const std::string& path, int flags, mode_t mode,
                                 bool follow) {
  if (path.empty()) return fail(ENOENT);
  // What is withheld is looked for at each step.
  if (root.resolver == Resolver::walk || root.withheld != nullptr || !kernel_confines()) {
    return open_by_walk(root, path, flags, mode, follow);
  }
  auto how = static_cast<uint64_t>(flags | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));
  // The kernel gives up when a rename elsewhere makes a `..` uncertain; that passes.
  for (int attempt = 0; attempt < 16; ++attempt) {
    UniqueFd fd(openat2(root.fd, path.c_str(), how, (flags & O_CREAT) ? mode : 0,
                        RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS));
    if (fd) return fd;
    if (errno == EXDEV) return fail(EPERM);
    if (errno != EAGAIN && errno != EINTR) return last_error();
  }
  return open_by_walk(root, path, flags, mode, follow);
}

SysResult<struct stat> stat_beneath(Root root, const std::string& path, bool follow) {
  auto fd = open_beneath(root, path, O_PATH, 0, follow);
  if (!fd) return Err{fd.error()};
  struct stat st;
  if (::fstat(fd->get(), &st) != 0) return last_error();
  return st;
}

SysResult<void> set_times_beneath(Root root, const std::string& path, bool follow,
                                  const timespec times[2]) {
  auto fd = open_beneath(root, path, O_PATH, 0, follow);
  if (!fd) return Err{fd.error()};
  if (::utimensat(fd->get(), "", times, AT_EMPTY_PATH) == 0) return {};
  if (errno != EINVAL) return last_error();
  // Kernels before 5.8 know no AT_EMPTY_PATH here.
  return checked(::utimensat(AT_FDCWD, DescriptorName(fd->get()).text, times, 0));
}

SysResult<std::string> read_link_beneath(Root root, const std::string& path) {
  auto fd = open_beneath(root, path, O_PATH, 0, false);
  if (!fd) return Err{fd.error()};
  struct stat st;
  if (::fstat(fd->get(), &st) != 0) return last_error();
  if (!S_ISLNK(st.st_mode)) return fail(EINVAL);
  return read_link_at(fd->get(), "");
}

SysResult<void> make_directory_beneath(Root root, const std::string& path) {
  auto place = find_place(root, path);
  if (!place) return Err{place.error()};
  return checked(::mkdirat(place->parent, place->name.c_str(), 0777));
}

SysResult<void> remove_directory_beneath(Root root, const std::string& path) {
  auto place = find_place(root, path);
  if (!place) return Err{place.error()};
  return checked(::unlinkat(place->parent, place->name.c_str(), AT_REMOVEDIR));
}

SysResult<void> unlink_beneath(Root root, const std::string& path) {
  auto place = find_place(root, path);
  if (!place) return Err{place.error()};
  return checked(::unlinkat(place->parent, place->name.c_str(), 0));
}

SysResult<void> rename_beneath(Root from, const std::string& old_path, Root to,
                               const std::string& new_path) {
  auto old_place = find_place(from, old_path);
  if (!old_place) return Err{old_place.error()};
  auto new_place = find_place(to, new_path);
  if (!new_place) return Err{new_place.error()};
  return checked(::renameat(old_place->parent, old_place->name.c_str(), new_place->parent,
                            new_place->name.c_str()));
}

SysResult<void> link_beneath(Root from, const std::string& old_path, bool follow, Root to,
                             const std::string& new_path) {
  auto new_place = find_place(to, new_path);
  if (!new_place) return Err{new_place.error()};
  if (follow || old_path.ends_with('/')) {
    // linkat would follow a link by its own rules, out of the root; so the file is opened first.
    auto fd = open_beneath(from, old_path, O_PATH, 0, true);
    if (!fd) return Err{fd.error()};
    return checked(::linkat(AT_FDCWD, DescriptorName(fd->get()).text, new_place->parent,
                            new_place->name.c_str(), AT_SYMLINK_FOLLOW));
  }
  auto old_place = find_place(from, old_path);
  if (!old_place) return Err{old_place.error()};
  return checked(::linkat(old_place->parent, old_place->name.c_str(), new_place->parent,
                          new_place->name.c_str(), 0));
}

SysResult<void> symlink_beneath(const std::string& target, Root root, const std::string& path) {
  auto place = find_place(root, path);
  if (!place) return Err{place.error()};
  return checked(::symlinkat(target.c_str(), place->parent, place->name.c_str()));
}

}  // namespace zwasm::sys
