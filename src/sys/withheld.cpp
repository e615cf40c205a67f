#include "sys/withheld.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

#include "sys/files_walk.h"
#include "sys/make_directories.h"
#include "sys/unique_fd.h"

namespace zwasm::sys {
namespace {

UniqueFd open_entry(int directory, const char* name) {
  return UniqueFd(::openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
}

}  // namespace

bool Withheld::contains(const std::vector<Identity>& list, const struct stat& st) {
  return std::any_of(list.begin(), list.end(), [&](const Identity& known) {
    return known.dev == st.st_dev && known.ino == st.st_ino;
  });
}

// Goes the whole way, links too, and notes everything that is on it.
Withheld::Found Withheld::add(const std::string& path) {
  std::string pending = path;
  int links = 0;
  struct stat st;
  UniqueFd here;
  auto start = [&] {
    here = open_entry(AT_FDCWD, "/");
    if (here && ::fstat(here.get(), &st) == 0) guarded_.push_back({st.st_dev, st.st_ino});
  };
  start();
  size_t at = 0;
  while (here) {
    at = pending.find_first_not_of('/', at);
    if (at == std::string::npos) break;
    const size_t end = std::min(pending.find('/', at), pending.size());
    const std::string name = pending.substr(at, end - at);
    at = end;
    UniqueFd next = open_entry(here.get(), name.c_str());
    if (!next || ::fstat(next.get(), &st) != 0) return Found::in_part;
    guarded_.push_back({st.st_dev, st.st_ino});
    if (!S_ISLNK(st.st_mode)) {
      here = std::move(next);
      continue;
    }
    char target[PATH_MAX];
    const ssize_t size = ::readlinkat(next.get(), "", target, sizeof target);
    if (size <= 0 || ++links > kMaxSymbolicLinks) return Found::in_part;
    pending = std::string(target, static_cast<size_t>(size)) + pending.substr(at);
    at = 0;
    if (pending[0] == '/') start();
  }
  if (!here || ::fstat(here.get(), &st) != 0) return Found::in_part;
  hidden_.push_back({st.st_dev, st.st_ino});
  return Found::whole;
}

SysResult<std::shared_ptr<const Withheld>> Withheld::in_tree(
    int top, std::span<const std::string> directories) {
  const std::shared_ptr<const Withheld> none;
  struct stat top_st;
  if (::fstat(top, &top_st) != 0) return last_error();
  auto withheld = std::make_shared<Withheld>();
  bool covers = false;
  for (const std::string& path : directories) {
    if (path.empty() || path[0] != '/') continue;
    Withheld way;
    Found found = way.add(path);
    if (way.guards(top_st) && found == Found::in_part) {
      // Where we cannot make it, the guest, which is the same user, cannot either.
      make_directories(path);
      way = Withheld();
      way.add(path);
    }
    covers |= way.guards(top_st);
    withheld->hidden_.insert(withheld->hidden_.end(), way.hidden_.begin(), way.hidden_.end());
    withheld->guarded_.insert(withheld->guarded_.end(), way.guarded_.begin(), way.guarded_.end());
  }
  // The tree's top must not lie in what is hidden.
  UniqueFd above(::fcntl(top, F_DUPFD_CLOEXEC, 0));
  struct stat before = top_st;
  for (int depth = 0; above && depth < PATH_MAX; ++depth) {
    if (withheld->hides(before)) return fail(EACCES);
    UniqueFd next = open_entry(above.get(), "..");
    struct stat st;
    if (!next || ::fstat(next.get(), &st) != 0) break;
    if (st.st_dev == before.st_dev && st.st_ino == before.st_ino) break;
    before = st;
    above = std::move(next);
  }
  if (!covers) return none;
  return std::shared_ptr<const Withheld>(std::move(withheld));
}

}  // namespace zwasm::sys
