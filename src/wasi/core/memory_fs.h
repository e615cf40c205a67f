// A file system in memory, so that an embedder can give a guest files that exist nowhere else and
// read what it wrote, without touching a disk.
//
//   auto fs = MemoryFs::create();
//   fs->add_file("etc/config", "verbose = 1\n");
//   … preopen it as "/", run the guest …
//   std::optional<std::string> report = fs->read_file("out/report.txt");
//
// Files, directories, hard and symbolic links, renames, times and listings behave as on a disk.
// Nodes live in one array and refer to each other by index: a directory has the indices of its
// entries, a node counts its names and its open files and is freed when both are 0. One lock
// guards the whole; no operation under it waits for anything. Space is bounded (`nospc`), since
// the guest spends the host's memory.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sys/error.h"
#include "wasi/core/file.h"

namespace zwasm::wasi {

struct MemoryFsLimits {
  uint64_t bytes = uint64_t{256} << 20;  // of all files together
  uint32_t nodes = 1 << 20;              // files, directories and links
};

class MemoryFs : public std::enable_shared_from_this<MemoryFs> {
 public:
  static std::shared_ptr<MemoryFs> create(MemoryFsLimits limits = {});

  // For the embedder; paths as those of a guest. Missing directories on the way are made.
  Errno add_file(const std::string& path, std::string_view content);
  Errno add_directory(const std::string& path);
  // Nothing if there is no such file.
  std::optional<std::string> read_file(const std::string& path);

  // The top directory, opened.
  FilePtr open_top(Access access);

 private:
  friend class MemoryFile;
  friend class MemoryDirectory;
  friend struct MemoryTree;

  using NodeId = uint32_t;
  static constexpr NodeId kTop = 0;

  struct DirectoryItem {
    std::string name;
    NodeId node;
  };
  struct Node {
    FileType type = FileType::unknown;
    uint32_t names = 0;  // directory entries that refer to it; the top has one of its own
    uint32_t opens = 0;  // open files
    uint64_t atim = 0, mtim = 0, ctim = 0;
    std::string content;  // of a file; the target of a link
    // Of a directory. Items are listed in the order of their cookies, which are never reused.
    NodeId parent = kTop;
    uint64_t next_cookie = 0;
    std::map<std::string, uint64_t, std::less<>> by_name;
    std::map<uint64_t, DirectoryItem> by_cookie;
  };
  // A name in a directory, and the node it refers to if there is one.
  struct Place {
    NodeId directory;
    std::string name;  // "." for the directory itself
    std::optional<NodeId> node;
    bool must_be_directory;
  };

  explicit MemoryFs(MemoryFsLimits limits);

  // All that follows: with the lock held.
  Node& node(NodeId id) { return nodes_[id]; }
  Result<NodeId> new_node(FileType type);
  void free_if_unused(NodeId id);
  std::optional<NodeId> find(NodeId directory, std::string_view name);
  void add_item(NodeId directory, const std::string& name, NodeId node);
  void remove_item(NodeId directory, std::string_view name);
  Result<Place> place(NodeId root, const std::string& path, Follow follow);
  // A place where something new can be put; `exist` if it is taken.
  Result<Place> free_place(NodeId root, const std::string& path, bool as_directory);
  bool is_below(NodeId node, NodeId ancestor);
  Errno resize(Node& file, uint64_t size);
  FileStat stat_of(NodeId id);
  void set_times(Node& n, const TimeChanges& changes);
  Errno make_parents(const std::string& path);

  std::mutex mutex_;
  const MemoryFsLimits limits_;
  const uint64_t device_;
  uint64_t used_bytes_ = 0;
  std::deque<Node> nodes_;  // references stay valid when it grows
  std::vector<NodeId> free_nodes_;
};

}  // namespace zwasm::wasi
