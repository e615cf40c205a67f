// Disjoint ranges that grow by taking over others: kept as a few sorted runs, each at least twice
// as long as the next, so that every range is moved a logarithm of times, whatever the order in
// which sets are merged.
#pragma once
#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/sort.h"

namespace zwasm::codegen {

// T has `from` and `to`.
template <class T>
class RangeRuns {
 public:
  RangeRuns() = default;
  explicit RangeRuns(std::vector<T> sorted) : size_(sorted.size()) {
    if (!sorted.empty()) runs_.push_back(std::move(sorted));
  }
  size_t size() const { return size_; }

  // Whether any of ours meets one of the others, which had better be more. Adds its steps to
  // `work`.
  bool overlaps(const RangeRuns& others, uint64_t& work) const {
    for (const auto& own : runs_)
      for (const auto& run : others.runs_)
        if (overlap(own, run, work)) return true;
    return false;
  }
  // The others must not overlap ours.
  void take(RangeRuns&& others, uint64_t& work) {
    size_ += std::exchange(others.size_, 0);
    for (auto& run : others.runs_) {
      work += run.size();
      runs_.push_back(std::move(run));
      for (size_t k = runs_.size(); --k > 0 && runs_[k - 1].size() < runs_[k].size();)
        runs_[k - 1].swap(runs_[k]);
    }
    others.runs_.clear();
    for (size_t k = runs_.size(); k-- > 1;) {
      if (runs_[k - 1].size() >= 2 * runs_[k].size()) continue;
      merge_by(runs_[k - 1], runs_[k], from);
      work += runs_[k - 1].size();
      runs_.erase(runs_.begin() + static_cast<std::ptrdiff_t>(k));
    }
  }
  std::vector<T> sorted() && {
    std::vector<T> all;
    while (!runs_.empty()) {
      all.swap(runs_.back());
      merge_by(all, runs_.back(), from);
      runs_.pop_back();
    }
    return all;
  }

 private:
  static bool overlap(const std::vector<T>& small, const std::vector<T>& large, uint64_t& work) {
    auto at = large.begin();
    for (const T& r : small) {
      ++work;
      at = std::lower_bound(at, large.end(), r.from,
                            [](const T& x, uint32_t p) { return x.to <= p; });
      if (at == large.end()) return false;
      if (at->from < r.to) return true;
    }
    return false;
  }
  static uint32_t from(const T& r) { return r.from; }

  std::vector<std::vector<T>> runs_;
  size_t size_ = 0;
};

}  // namespace zwasm::codegen
