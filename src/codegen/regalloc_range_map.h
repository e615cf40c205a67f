// Which bundle has a register when: disjoint ranges in order, with fast search and insertion in
// the middle of a hundred thousand of them (a B-tree of two levels).
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "codegen/regalloc_liveness.h"

namespace zwasm::codegen {

class RangeMap {
 public:
  struct Entry {
    Position from, to;
    uint32_t bundle;
  };

  // Calls `f(entry)` for the entries that overlap [from, to), in order, until it returns false.
  template <typename F>
  void for_overlaps(Position from, Position to, F f) const {
    if (leaves_.empty()) return;
    size_t leaf = leaf_of(from);
    // Where entries were erased, the one that reaches `from` may be in the leaf before.
    if (leaf > 0 && leaves_[leaf][0].from > from) --leaf;
    for (; leaf < leaves_.size(); ++leaf) {
      const auto& entries = leaves_[leaf];
      auto it = std::lower_bound(entries.begin(), entries.end(), from,
                                 [](const Entry& e, Position p) { return e.to <= p; });
      for (; it != entries.end(); ++it)
        if (it->from >= to || !f(*it)) return;
    }
  }

  // `e` must not overlap any entry.
  void insert(const Entry& e) {
    if (leaves_.empty()) leaves_.push_back({}), first_.push_back(0);
    size_t leaf = leaf_of(e.from);
    auto& entries = leaves_[leaf];
    entries.insert(position(entries, e.from), e);
    if (entries.size() <= kLeaf) return;
    std::vector<Entry> upper(entries.begin() + kLeaf / 2, entries.end());
    entries.resize(kLeaf / 2);
    first_.insert(first_.begin() + static_cast<std::ptrdiff_t>(leaf) + 1, upper[0].from);
    leaves_.insert(leaves_.begin() + static_cast<std::ptrdiff_t>(leaf) + 1, std::move(upper));
  }
  void erase(Position from) {
    const size_t leaf = leaf_of(from);
    auto& entries = leaves_[leaf];
    entries.erase(position(entries, from));
    if (!entries.empty() || leaves_.size() == 1) return;
    leaves_.erase(leaves_.begin() + static_cast<std::ptrdiff_t>(leaf));
    first_.erase(first_.begin() + static_cast<std::ptrdiff_t>(leaf));
    first_[0] = 0;
  }

 private:
  static constexpr size_t kLeaf = 64;

  static std::vector<Entry>::iterator position(std::vector<Entry>& entries, Position from) {
    return std::lower_bound(entries.begin(), entries.end(), from,
                            [](const Entry& e, Position p) { return e.from < p; });
  }
  // The leaf for an entry that starts at `p`.
  size_t leaf_of(Position p) const {
    auto it = std::upper_bound(first_.begin() + 1, first_.end(), p);
    return static_cast<size_t>(it - first_.begin()) - 1;
  }

  std::vector<std::vector<Entry>> leaves_;
  std::vector<Position> first_;  // lower bound of the starts in each leaf, 0 for the first
};

}  // namespace zwasm::codegen
