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
  void take(Position from, Position to, uint64_t reg) {
    const Chunks c = chunks(from, to);
    for_points(c, [&](size_t first, size_t end) {
      for (size_t p = first; p < end; ++p) points_[p].taken |= reg;
      note(leaves_ + first / kChunk, reg);
    });
    for_nodes(c, [&](size_t node) {
      tree_[node].full |= reg;
      note(node, reg);
    });
  }
  // The same range as it was taken for.
  void release(Position from, Position to, uint64_t reg) {
    const Chunks c = chunks(from, to);
    for_points(c, [&](size_t first, size_t end) {
      for (size_t p = first; p < end; ++p) points_[p].taken &= ~reg;
      look_again(first / kChunk);
    });
    for_nodes(c, [&](size_t node) { tree_[node].full &= ~reg, look_again_above(node); });
  }
  // All that is busy somewhere in the range.
  Sets busy(Position from, Position to) const {
    Sets all;
    const Chunks c = chunks(from, to);
    for_points(c, [&](size_t first, size_t end) {
      for (size_t p = first; p < end; ++p) add(points_[p], all);
      for (size_t n = leaves_ + first / kChunk; n != 0; n /= 2) all.taken |= tree_[n].full;
    });
    // What is marked above them is on the ways from the two ends.
    for_nodes(c, [&](size_t node) { add(tree_[node].any, all); });
    return all;
  }
  // Of a call for that range, at most.
  uint64_t steps(Position from, Position to) const {
    return 1 + std::min<uint64_t>((to - from) / 32, kChunk / 8 + std::bit_width(leaves_));
  }

 private:
  static constexpr size_t kChunk = 32;
  struct Node {
    Sets any;           // in the node's chunks, as far as it is not marked above
    uint64_t full = 0;  // taken throughout: marked here
  };

  // The points of a range, and its first and last chunk.
  struct Chunks {
    size_t first, end, l, r;
  };
  static Chunks chunks(Position from, Position to) {
    const size_t first = from / 2, end = (to + 1) / 2;
    return {first, end, first / kChunk, (end - 1) / kChunk};
  }
  // Calls `f` for the points in the chunks at the two ends, a chunk each.
  template <class F>
  static void for_points(const Chunks& c, F f) {
    if (c.l == c.r) return f(c.first, c.end);
    f(c.first, (c.l + 1) * kChunk);
    f(c.r * kChunk, c.end);
  }
  // Calls `f` for nodes that together are the chunks between them.
  template <class F>
  void for_nodes(const Chunks& c, F f) const {
    if (c.l == c.r) return;
    for (size_t a = leaves_ + c.l + 1, b = leaves_ + c.r; a < b; a /= 2, b /= 2) {
      if ((a & 1) != 0) f(a++);
      if ((b & 1) != 0) f(--b);
    }
  }

  static void add(const Sets& more, Sets& all) {
    all.taken |= more.taken;
    all.reserved |= more.reserved;
  }
  void note(size_t node, uint64_t reg) {
    for (; node != 0 && (tree_[node].any.taken & reg) == 0; node /= 2) tree_[node].any.taken |= reg;
  }
  void look_again(size_t chunk) {
    uint64_t taken = tree_[leaves_ + chunk].full;
    for (size_t p = chunk * kChunk; p < std::min((chunk + 1) * kChunk, points_.size()); ++p)
      taken |= points_[p].taken;
    tree_[leaves_ + chunk].any.taken = taken;
    look_again_above((leaves_ + chunk) / 2);
  }
  void look_again_above(size_t node) {
    if (node >= leaves_) return look_again(node - leaves_);
    for (; node != 0; node /= 2)
      tree_[node].any.taken =
          tree_[node].full | tree_[2 * node].any.taken | tree_[2 * node + 1].any.taken;
  }

  size_t leaves_ = 1;
  std::vector<Sets> points_;  // by position / 2
  std::vector<Node> tree_;    // node n has 2 n and 2 n + 1 below it; the chunks from leaves_ on
};

}  // namespace zwasm::codegen
