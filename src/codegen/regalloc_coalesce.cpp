// Merging bundles that moves connect: two-address instructions, moves, and the arguments of
// blocks. A merged bundle gets one register, and the moves inside it vanish. Bundles whose ranges
// overlap stay apart, with an affinity: the one assigned later tries the register of the other.
#include <algorithm>

#include "base/sort.h"
#include "codegen/regalloc_context.h"
#include "codegen/regalloc_runs.h"

namespace zwasm::codegen {
namespace {

struct Candidate {
  float weight;
  uint32_t a, b;
};

// Finds the bundle of a register at a position, before anything is split.
class BundleIndex {
 public:
  BundleIndex(const AllocContext& c, const std::vector<Bundle>& bundles) {
    start_.assign(c.f.vregs.size() + 1, 0);
    for (const auto& b : bundles)
      for (const auto& r : b.ranges) ++start_[index(r.vreg) + 1];
    for (size_t v = 1; v < start_.size(); ++v) start_[v] += start_[v - 1];
    entries_.resize(start_.back());
    std::vector<uint32_t> next(start_.begin(), start_.end() - 1);
    for (uint32_t n = 0; n < bundles.size(); ++n)
      for (const auto& r : bundles[n].ranges) entries_[next[index(r.vreg)]++] = {r.from, r.to, n};
    for (size_t v = 0; v + 1 < start_.size(); ++v)
      sort_by(std::span(entries_).subspan(start_[v], start_[v + 1] - start_[v]),
              [](const Entry& e) { return e.from; });
  }
  // The bundle that holds `v` at `p`, or up to `p` if `ending`.
  uint32_t at(VReg v, Position p, bool ending) const {
    auto first = entries_.begin() + start_[index(v)];
    auto last = entries_.begin() + start_[index(v) + 1];
    auto it = std::upper_bound(first, last, p, [ending](Position q, const Entry& e) {
      return ending ? q <= e.from : q < e.from;
    });
    if (it == first) return ~0u;
    --it;
    return p < it->to || (ending && p == it->to) ? it->bundle : ~0u;
  }

 private:
  struct Entry {
    Position from, to;
    uint32_t bundle;
  };
  std::vector<uint32_t> start_;
  std::vector<Entry> entries_;
};

class Coalescer {
 public:
  Coalescer(AllocContext& c, std::vector<Bundle>& bundles)
      : c_(c), bundles_(bundles), most_work_(c.work + kMostWork * (c.f.insts.size() + 1000)) {
    merged_into_.resize(bundles.size());
    for (uint32_t n = 0; n < bundles.size(); ++n) merged_into_[n] = n;
  }

  std::vector<Affinity> run() {
    collect();
    sets_.reserve(bundles_.size());
    for (Bundle& bundle : bundles_) sets_.emplace_back(std::move(bundle.ranges));
    sort_by(candidates_, [](const Candidate& c) { return highest_first(c.weight); });
    std::vector<Candidate> apart;
    for (const auto& k : candidates_) {
      uint32_t a = find(k.a), b = find(k.b);
      if (a != b && !merge(a, b)) apart.push_back(k);
    }
    std::vector<uint32_t> number(bundles_.size());
    std::vector<Bundle> kept;
    for (uint32_t n = 0; n < bundles_.size(); ++n) {
      if (merged_into_[n] != n) continue;
      number[n] = static_cast<uint32_t>(kept.size());
      bundles_[n].ranges = std::move(sets_[n]).sorted();
      kept.push_back(std::move(bundles_[n]));
      kept.back().family = number[n];
    }
    std::vector<Affinity> affinities;
    for (const auto& k : apart) {
      uint32_t a = number[find(k.a)], b = number[find(k.b)];
      affinities.push_back({a, b, k.weight});
      affinities.push_back({b, a, k.weight});
    }
    bundles_ = std::move(kept);
    return affinities;
  }

 private:
  void candidate(float weight, uint32_t a, uint32_t b) {
    if (a == ~0u || b == ~0u || a == b) return;
    if (bundles_[a].reg_class == bundles_[b].reg_class) candidates_.push_back({weight, a, b});
  }

  void collect() {
    BundleIndex find(c_, bundles_);
    const auto& f = c_.f;
    for (uint32_t n = 0; n < f.blocks.size(); ++n) {
      const auto& block = f.blocks[n];
      for (uint32_t i = block.first_inst; i < block.end_inst; ++i) {
        const auto& inst = f.insts[i];
        auto ops = f.operands_of(inst);
        Position g = c_.live.gap(i);
        for (const Operand& op : ops)
          if (op.constraint == Constraint::tied)
            candidate(c_.frequency[n], find.at(ops[op.tied].vreg, g, true),
                      find.at(op.vreg, g + 2, false));
        if (inst.is_move && ops.size() == 2)
          candidate(c_.frequency[n], find.at(ops[0].vreg, g + 1, true),
                    find.at(ops[1].vreg, g + 2, false));
      }
      for (const auto& e : block.successors)
        for (uint32_t k = 0; k < e.arg_count; ++k) {
          float weight = std::min(c_.frequency[n], c_.frequency[e.block]);
          candidate(weight, find.at(f.edge_args[e.first_arg + k], c_.live.end(n) - 4, true),
                    find.at(f.blocks[e.block].params[k], c_.live.entry(e.block), false));
        }
    }
  }

  uint32_t find(uint32_t n) {
    while (merged_into_[n] != n) n = merged_into_[n] = merged_into_[merged_into_[n]];
    return n;
  }

  bool merge(uint32_t a, uint32_t b) {
    if (sets_[a].size() < sets_[b].size()) std::swap(a, b);
    if (c_.work > most_work_ || sets_[b].overlaps(sets_[a], c_.work)) return false;
    sets_[a].take(std::move(sets_[b]), c_.work);
    merged_into_[b] = a;
    return true;
  }

  // Steps for each instruction: bounds what functions with many parameters cost.
  static constexpr uint64_t kMostWork = 200;

  AllocContext& c_;
  std::vector<Bundle>& bundles_;
  std::vector<uint32_t> merged_into_;
  std::vector<Candidate> candidates_;
  std::vector<RangeRuns<Range>> sets_;  // by bundle: its ranges, meanwhile
  const uint64_t most_work_;
};

}  // namespace

std::vector<Affinity> coalesce(AllocContext& c, std::vector<Bundle>& bundles) {
  return Coalescer(c, bundles).run();
}

}  // namespace zwasm::codegen
