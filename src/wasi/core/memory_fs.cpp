#include "wasi/core/memory_fs.h"

#include <algorithm>
#include <atomic>

#include "sys/clocks.h"
#include "sys/files_walk.h"
#include "wasi/core/memory_files.h"

namespace zwasm::wasi {
namespace {

uint64_t now() {
  auto t = sys::clock_now(sys::Clock::realtime);
  return t ? *t : 0;
}

// Device numbers beyond those that hosts use, one for each file system.
uint64_t next_device() {
  static std::atomic<uint64_t> next{uint64_t{1} << 48};
  return next.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

// The steps of sys::walk in this tree.
struct MemoryTree {
  using Node = MemoryFs::NodeId;
  MemoryFs& fs;

  sys::SysResult<sys::WalkEntry<Node>> enter(Node directory, const std::string& name) {
    std::optional<Node> found = fs.find(directory, name);
    if (!found) return sys::fail(ENOENT);
    sys::WalkEntry<Node> entry;
    entry.node = *found;
    MemoryFs::Node& n = fs.node(*found);
    if (n.type == FileType::directory) entry.kind = sys::WalkEntry<Node>::Kind::directory;
    if (n.type == FileType::symbolic_link) {
      entry.kind = sys::WalkEntry<Node>::Kind::link;
      entry.target = n.content;
    }
    return entry;
  }
};

MemoryFs::MemoryFs(MemoryFsLimits limits) : limits_(limits), device_(next_device()) {
  Node& top = nodes_.emplace_back();
  top.type = FileType::directory;
  top.names = 1;
  top.atim = top.mtim = top.ctim = now();
}

std::shared_ptr<MemoryFs> MemoryFs::create(MemoryFsLimits limits) {
  return std::shared_ptr<MemoryFs>(new MemoryFs(limits));
}

// ---- nodes and names ----

Result<MemoryFs::NodeId> MemoryFs::new_node(FileType type) {
  NodeId id;
  if (!free_nodes_.empty()) {
    id = free_nodes_.back();
    free_nodes_.pop_back();
  } else {
    if (nodes_.size() >= limits_.nodes) return fail(Errno::nospc);
    id = static_cast<NodeId>(nodes_.size());
    nodes_.emplace_back();
  }
  Node& n = node(id);
  n = Node{};
  n.type = type;
  n.atim = n.mtim = n.ctim = now();
  return id;
}

void MemoryFs::free_if_unused(NodeId id) {
  Node& n = node(id);
  if (n.names > 0 || n.opens > 0) return;
  used_bytes_ -= n.content.size();
  n = Node{};
  free_nodes_.push_back(id);
}

std::optional<MemoryFs::NodeId> MemoryFs::find(NodeId directory, std::string_view name) {
  Node& d = node(directory);
  auto it = d.by_name.find(name);
  if (it == d.by_name.end()) return std::nullopt;
  return d.by_cookie.at(it->second).node;
}

void MemoryFs::add_item(NodeId directory, const std::string& name, NodeId id) {
  Node& d = node(directory);
  uint64_t cookie = d.next_cookie++;
  d.by_name.emplace(name, cookie);
  d.by_cookie.emplace(cookie, DirectoryItem{name, id});
  d.mtim = d.ctim = now();
  Node& n = node(id);
  ++n.names;
  n.ctim = d.ctim;
  if (n.type == FileType::directory) n.parent = directory;
}

void MemoryFs::remove_item(NodeId directory, std::string_view name) {
  Node& d = node(directory);
  auto it = d.by_name.find(name);
  NodeId id = d.by_cookie.at(it->second).node;
  d.by_cookie.erase(it->second);
  d.by_name.erase(it);
  d.mtim = d.ctim = now();
  Node& n = node(id);
  --n.names;
  n.ctim = d.ctim;
  free_if_unused(id);
}

// ---- paths ----

Result<MemoryFs::Place> MemoryFs::place(NodeId root, const std::string& path, Follow follow) {
  MemoryTree tree{*this};
  auto walked = sys::walk(tree, root, path, follow == Follow::yes);
  if (!walked) return fail(to_errno(walked.error()));
  std::optional<NodeId> found = walked->parent;
  if (walked->name != ".") found = find(walked->parent, walked->name);
  return Place{walked->parent, std::move(walked->name), found, walked->must_be_directory};
}

Result<MemoryFs::Place> MemoryFs::free_place(NodeId root, const std::string& path,
                                             bool as_directory) {
  // A slash at the end is allowed for a directory to be made and does not follow a link.
  size_t end = path.find_last_not_of('/');
  bool slash = end != std::string::npos && end + 1 < path.size();
  Result<Place> p = place(root, slash ? path.substr(0, end + 1) : path, Follow::no);
  if (!p) return p;
  if (p->node) return fail(Errno::exist);
  if (slash && !as_directory) return fail(Errno::noent);
  if (node(p->directory).names == 0) return fail(Errno::noent);  // removed, but still open
  if (p->name.size() > 255) return fail(Errno::nametoolong);
  return p;
}

bool MemoryFs::is_below(NodeId id, NodeId ancestor) {
  while (id != kTop) {
    if (id == ancestor) return true;
    id = node(id).parent;
  }
  return ancestor == kTop;
}

// ---- content and attributes ----

Errno MemoryFs::resize(Node& file, uint64_t size) {
  uint64_t others = used_bytes_ - file.content.size();
  if (size > limits_.bytes || others > limits_.bytes - size) return Errno::nospc;
  file.content.resize(size);
  used_bytes_ = others + size;
  file.mtim = file.ctim = now();
  return Errno::success;
}

FileStat MemoryFs::stat_of(NodeId id) {
  Node& n = node(id);
  return {.dev = device_,
          .ino = uint64_t{id} + 1,
          .type = n.type,
          .nlink = n.names,
          .size = n.content.size(),
          .atim = n.atim,
          .mtim = n.mtim,
          .ctim = n.ctim};
}

void MemoryFs::set_times(Node& n, const TimeChanges& changes) {
  uint64_t present = now();
  auto apply = [&](uint64_t& time, const TimeChange& change) {
    switch (change.kind) {
      case TimeChange::Kind::keep: break;
      case TimeChange::Kind::now: time = present; break;
      case TimeChange::Kind::value: time = change.nanoseconds; break;
    }
  };
  apply(n.atim, changes.atim);
  apply(n.mtim, changes.mtim);
  n.ctim = present;
}

// ---- the embedder's side ----

Errno MemoryFs::make_parents(const std::string& path) {
  for (size_t slash = path.find('/'); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    Result<Place> p = free_place(kTop, path.substr(0, slash), true);
    if (!p && p.error() == Errno::exist) continue;
    if (!p) return p.error();
    Result<NodeId> id = new_node(FileType::directory);
    if (!id) return id.error();
    add_item(p->directory, p->name, *id);
  }
  return Errno::success;
}

Errno MemoryFs::add_directory(const std::string& path) {
  if (Errno e = check_path(path); e != Errno::success) return e;
  if (path.front() == '/') return Errno::perm;
  std::lock_guard lock(mutex_);
  return make_parents(path + "/");
}

Errno MemoryFs::add_file(const std::string& path, std::string_view content) {
  if (Errno e = check_path(path); e != Errno::success) return e;
  if (path.front() == '/') return Errno::perm;
  std::lock_guard lock(mutex_);
  if (Errno e = make_parents(path); e != Errno::success) return e;
  Result<Place> p = place(kTop, path, Follow::yes);
  if (!p) return p.error();
  if (!p->node) {
    if (p->must_be_directory) return Errno::isdir;
    Result<NodeId> id = new_node(FileType::regular_file);
    if (!id) return id.error();
    add_item(p->directory, p->name, *id);
    p->node = *id;
  }
  Node& n = node(*p->node);
  if (n.type != FileType::regular_file) return Errno::isdir;
  if (Errno e = resize(n, content.size()); e != Errno::success) return e;
  n.content.assign(content);
  return Errno::success;
}

std::optional<std::string> MemoryFs::read_file(const std::string& path) {
  if (check_path(path) != Errno::success) return std::nullopt;
  std::lock_guard lock(mutex_);
  Result<Place> p = place(kTop, path, Follow::yes);
  if (!p || !p->node || node(*p->node).type != FileType::regular_file) return std::nullopt;
  return node(*p->node).content;
}

FilePtr MemoryFs::open_top(Access access) {
  std::lock_guard lock(mutex_);
  return std::make_shared<MemoryDirectory>(shared_from_this(), kTop, access, FdFlags::none);
}

}  // namespace zwasm::wasi
