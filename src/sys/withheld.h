// Directories of our own that no guest may see into, though they lie in a tree that it was granted:
// the cache of compiled code, and the key that seals it. Who could read the key, or replace either
// directory by one of his own making, could have us run machine code of his.
//
//   /  home  user  .cache  zwasm      `zwasm` is hidden: it cannot be entered, opened or changed.
//   `----- guarded ------´            What leads there can be used as ever, but not be renamed,
//                                     removed or replaced; a symbolic link on the way neither.
//
// Both are told by their identity on the file system, never by name, so that no other way to the
// same directory helps. Trees that hold none of them pay nothing.
#pragma once
#include <sys/stat.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sys/error.h"

namespace zwasm::sys {

class Withheld {
 public:
  // For the tree below the open directory `top`, of the directories with these absolute paths.
  // Null: there is none of them in the tree. One that is not there yet, but would be in the tree,
  // is made (0700), so that the guest cannot make it. EACCES: `top` is one of them, or lies in one.
  static SysResult<std::shared_ptr<const Withheld>> in_tree(
      int top, std::span<const std::string> directories);

  bool hides(const struct stat& st) const { return contains(hidden_, st); }
  // Whether an entry must stay where it is: hidden, or on the way to what is.
  bool guards(const struct stat& st) const { return contains(guarded_, st); }

 private:
  struct Identity {
    dev_t dev;
    ino_t ino;
  };
  enum class Found : uint8_t { whole, in_part };
  Found add(const std::string& path);
  static bool contains(const std::vector<Identity>& list, const struct stat& st);

  std::vector<Identity> hidden_, guarded_;
};

}  // namespace zwasm::sys
