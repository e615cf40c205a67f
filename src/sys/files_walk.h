// Resolving a path below a root, one component at a time.
//
// The root is a prison: neither `..`, nor a symbolic link, nor an absolute path may lead out of
// it, even while somebody else renames directories and replaces files by links. The walk keeps
// the directories it went through on a stack, so `..` is a step back on that stack and never a
// question to the file system, and it expands links itself, so a link can only name what lies
// below the root:
//
//   root/  a/b/../link/c   with link -> ../x
//   stack: root  root,a  root,a,b  root,a  (link: "../x/c" is what is left)  root  root,x  -> c
//
// The same walk serves the host's file system where the kernel cannot confine a path, and
// directories in memory. `Tree` gives the steps:
//   Tree::Node                                         an open directory
//   SysResult<WalkEntry<Node>> enter(const Node&, const std::string& name)
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sys/error.h"

namespace zwasm::sys {

inline constexpr int kMaxSymbolicLinks = 40;  // as Linux

template <class Node>
struct WalkEntry {
  enum class Kind : uint8_t { directory, link, other };
  Kind kind = Kind::other;
  Node node{};         // of a directory
  std::string target;  // of a link
};

// Where a path leads: the entry `name` of the directory `parent`; "." is `parent` itself. The
// entry may be missing. It is not a symbolic link if links in the last place were to be followed.
template <class Node>
struct Walked {
  Node parent;
  std::string name;
  bool must_be_directory = false;  // the path ended in a slash
};

// Errors: EPERM where the path would leave the root, ELOOP after too many links, and what the
// tree reports. A slash at the end follows a link in the last place whatever `follow_last` says.
template <class Tree>
SysResult<Walked<typename Tree::Node>> walk(Tree& tree, typename Tree::Node root,
                                            std::string_view path, bool follow_last) {
  using Node = typename Tree::Node;
  using Kind = typename WalkEntry<Node>::Kind;
  if (path.empty()) return fail(ENOENT);
  if (path.front() == '/') return fail(EPERM);

  std::string pending(path);
  size_t position = 0;
  int links = 0;
  std::vector<Node> stack;
  stack.push_back(std::move(root));
  auto here = [&] { return Walked<Node>{std::move(stack.back()), ".", true}; };

  for (;;) {
    position = pending.find_first_not_of('/', position);
    if (position == std::string::npos) return here();
    size_t end = pending.find('/', position);
    bool slash = end != std::string::npos;
    std::string name = pending.substr(position, slash ? end - position : std::string::npos);
    size_t next = slash ? pending.find_first_not_of('/', end) : std::string::npos;
    bool last = next == std::string::npos;

    if (name == "." || name == "..") {
      if (name == "..") {
        if (stack.size() == 1) return fail(EPERM);
        stack.pop_back();
      }
      if (last) return here();
      position = next;
      continue;
    }
    if (last && !slash && !follow_last) {
      return Walked<Node>{std::move(stack.back()), std::move(name), false};
    }

    SysResult<WalkEntry<Node>> entry = tree.enter(stack.back(), name);
    if (!entry) {
      if (!last || entry.error().number != ENOENT) return Err{entry.error()};
      return Walked<Node>{std::move(stack.back()), std::move(name), slash};
    }
    switch (entry->kind) {
      case Kind::directory:
        if (last) return Walked<Node>{std::move(stack.back()), std::move(name), slash};
        stack.push_back(std::move(entry->node));
        position = next;
        break;
      case Kind::link:
        if (++links > kMaxSymbolicLinks) return fail(ELOOP);
        if (entry->target.empty()) return fail(ENOENT);
        if (entry->target.front() == '/') return fail(EPERM);
        pending = entry->target + (slash ? pending.substr(end) : std::string());
        position = 0;
        break;
      case Kind::other:
        if (!last || slash) return fail(ENOTDIR);
        return Walked<Node>{std::move(stack.back()), std::move(name), false};
    }
  }
}

}  // namespace zwasm::sys
