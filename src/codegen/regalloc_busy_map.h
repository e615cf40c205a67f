// Which registers are free throughout a range, asked for all registers at once: sets of registers
// by position. A range may be as long as the function, so positions are gathered in chunks, and
// chunks are the leaves of a tree: what is in the way of a range, or marks it, takes the positions
// of two chunks and a path in the tree, however long the range is.
#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "codegen/regalloc_liveness.h"

namespace zwasm::codegen {

class BusyMap {
 public:
  struct Sets {
    uint64_t taken = 0;     // of bundles, which come and go
    uint64_t reserved = 0;  // of fixed operands and clobbers
  };

  // For positions below `end`.
  explicit BusyMap(Position end) : points_(end / 2 + 1) {
    const size_t chunks = (points_.size() + kChunk - 1) / kChunk;
    points_.resize(chunks * kChunk);
    leaves_ = std::bit_ceil(chunks);
    tree_.resize(2 * leaves_);
  }

  void reserve(Position from, Position to, uint64_t reg) {
    for (size_t p = from / 2; p < (to + 1) / 2; ++p) {
      points_[p].reserved |= reg;
      for (size_t n = leaves_ + p / kChunk; n != 0 && (tree_[n].any.reserved & reg) == 0; n /= 2)
        tree_[n].any.reserved |= reg;
    }
  }
  // Takes the register, or gives it back: for the same range.
  void mark(Position from, Position to, uint64_t reg) {
    size_t first = from / 2, end = (to + 1) / 2;
    size_t l = first / kChunk, r = (end - 1) / kChunk;
    if (l == r) return mark_points(first, end, reg), update(l);
    mark_points(first, (l + 1) * kChunk, reg), update(l);
    mark_points(r * kChunk, end, reg), update(r);
    if (l + 1 == r) return;
    size_t a = leaves_ + l + 1, b = leaves_ + r;
    for (; a < b; a /= 2, b /= 2) {
      if ((a & 1) != 0) toggle(a++, reg);
      if ((b & 1) != 0) toggle(--b, reg);
    }
    climb(leaves_ + l + 1);
    climb(leaves_ + r - 1);
  }
  // All that is busy somewhere in the range.
  Sets busy(Position from, Position to) const {
    Sets all;
    size_t first = from / 2, end = (to + 1) / 2;
    size_t l = first / kChunk, r = (end - 1) / kChunk;
    add_path(leaves_ + l, all);
    if (l == r) return add_points(first, end, all), all;
    add_points(first, (l + 1) * kChunk, all);
    add_points(r * kChunk, end, all);
    add_path(leaves_ + r, all);
    size_t a = leaves_ + l + 1, b = leaves_ + r;
    for (; a < b; a /= 2, b /= 2) {
      if ((a & 1) != 0) add(tree_[a++].any, all);
      if ((b & 1) != 0) add(tree_[--b].any, all);
    }
    // Between them the paths of the two ends pass all that is above.
    return all;
  }
  // Of a call of mark() or busy(), at most.
  uint64_t steps(Position from, Position to) const {
    return 1 + std::min<uint64_t>((to - from) / 32, kChunk / 8 + std::bit_width(leaves_));
  }

 private:
  static constexpr size_t kChunk = 32;
  struct Node {
    Sets any;           // in the node's chunks, as far as it is not marked above
    uint64_t full = 0;  // taken throughout: marked here
  };

  static void add(const Sets& more, Sets& all) {
    all.taken |= more.taken;
    all.reserved |= more.reserved;
  }
  void add_points(size_t first, size_t end, Sets& all) const {
    for (size_t p = first; p < end; ++p) add(points_[p], all);
  }
  void add_path(size_t node, Sets& all) const {
    for (; node != 0; node /= 2) all.taken |= tree_[node].full;
  }
  void mark_points(size_t first, size_t end, uint64_t reg) {
    for (size_t p = first; p < end; ++p) points_[p].taken ^= reg;
  }
  void toggle(size_t node, uint64_t reg) {
    tree_[node].full ^= reg;
    tree_[node].any.taken ^= reg;
  }
  // After a change of the chunk's points.
  void update(size_t chunk) {
    uint64_t taken = tree_[leaves_ + chunk].full;
    for (size_t p = chunk * kChunk; p < (chunk + 1) * kChunk; ++p) taken |= points_[p].taken;
    tree_[leaves_ + chunk].any.taken = taken;
    climb(leaves_ + chunk);
  }
  void climb(size_t node) {
    for (node /= 2; node != 0; node /= 2)
      tree_[node].any.taken =
          tree_[node].full | tree_[2 * node].any.taken | tree_[2 * node + 1].any.taken;
  }

  size_t leaves_ = 1;
  std::vector<Sets> points_;  // by position / 2
  std::vector<Node> tree_;    // node n has 2 n and 2 n + 1 below it; the chunks from leaves_ on
};

}  // namespace zwasm::codegen
