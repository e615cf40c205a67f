// A register for each bundle, by priority, eviction and splitting.
//
// Large bundles first. A bundle takes a free register, preferably one that a fixed operand
// or a moved value asks for; else the register whose bundles together are cheapest to put off, if
// they are cheaper than itself (by the cost of being at home for each instruction covered); else
// it is split where the best register's conflicts begin. The pieces are carved again, so that what
// nothing needs any more vanishes. (To split off all blocks in which one register is free was
// tried: it costs an eighth more loads on real programs, in values that come and go between
// regions.)
#include <algorithm>
#include <array>
#include <queue>

#include "base/sort.h"
#include "codegen/regalloc_busy_map.h"
#include "codegen/regalloc_context.h"
#include "codegen/regalloc_range_map.h"

namespace zwasm::codegen {
namespace {

constexpr float kInfinite = 1e30f;
constexpr Position kNoConflict = ~0u;

// A bundle from which so many parts have been cut off is halved, as long as it is longer than this:
// each cut looks at all of it.
constexpr int kMostCuts = 16;
constexpr Position kLongBundle = 4 * 128;

// Ranges of a register that fixed operands and clobbers keep for themselves.
struct Reservation {
  Position from, to;
  VReg owner;  // whose value is there anyway
};

class Assigner {
 public:
  Assigner(AllocContext& c, std::vector<Bundle>& bundles, std::span<const Affinity> affinities,
           uint64_t work_limit)
      : c_(c),
        bundles_(bundles),
        carver_(c),
        busy_(static_cast<Position>(4 * (c.f.insts.size() + c.f.blocks.size() + 1))) {
    affinities_.assign(affinities.begin(), affinities.end());
    sort_by(affinities_, [](const Affinity& a) { return a.family; });
    family_reg_.resize(bundles.size());
    limit_ = c.work + work_limit;
    for (uint64_t bits = c.f.allocatable.bits(); bits != 0; bits &= bits - 1) {
      PReg r{static_cast<uint8_t>(__builtin_ctzll(bits))};
      allocatable_[static_cast<size_t>(r.reg_class())].push_back(r);
    }
  }

  bool run() {
    reserve_fixed();
    // Most bundles are done at once: sorting them is faster than a heap of them all.
    std::vector<Queued> first;
    first.reserve(bundles_.size());
    for (auto b = static_cast<uint32_t>(bundles_.size()); b-- > 0;) {
      measure(bundles_[b]);
      first.push_back({priority(bundles_[b]), b});
    }
    sort_by(first, [](const Queued& q) { return q.priority; });
    while (!first.empty() || !queue_.empty()) {
      bool sorted = queue_.empty() || (!first.empty() && queue_.top() < first.back());
      uint32_t b = sorted ? first.back().bundle : queue_.top().bundle;
      if (sorted) first.pop_back();
      else queue_.pop();
      if (!process(b) || c_.work > limit_) return false;
    }
    return true;
  }

 private:
  struct Queued {
    uint64_t priority;
    uint32_t bundle;
    bool operator<(const Queued& o) const {
      return priority != o.priority ? priority < o.priority : bundle > o.bundle;
    }
  };
  struct Probe {
    Position first_conflict = kNoConflict;
    float weight = 0;  // of the heaviest bundle in the way; infinite when fixed
    std::vector<uint32_t> in_the_way;
  };

  // --- What a bundle is worth -------------------------------------------------------------------

  uint64_t priority(const Bundle& b) const {
    uint64_t size = 0;
    for (const auto& r : b.ranges) size += r.to - r.from;
    return size;
  }
  void push(uint32_t b) { queue_.push({priority(bundles_[b]), b}); }

  void measure(Bundle& b) {
    float cost = 0;
    Position length = 0;
    bool must = false;
    for (const auto& r : b.ranges) {
      length += r.to - r.from;
      float scale = c_.f.vregs[index(r.vreg)].remat != ~0u ? 0.5f : 1.0f;
      for (const auto& o : c_.occurrences_in(r)) {
        const Footprint& fp = c_.footprint(o);
        if (fp.from < r.from || fp.to > r.to || !fp.counts) continue;
        cost += c_.frequency[r.block] * fp.cost * scale;
        must |= fp.from != fp.to && !fp.slot_will_do;
        ++c_.work;
      }
    }
    const Range& first = b.ranges[0];
    b.minimal = must && b.ranges.size() == 1 && first.from / 4 == (first.to - 1) / 4;
    b.weight = b.minimal ? kInfinite : cost / (static_cast<float>(length) / 4 + 1);
  }

  // --- Registers --------------------------------------------------------------------------------

  void reserve(PReg r, Position from, Position to, VReg owner) {
    auto& all = reserved_[r.number];
    if (!all.empty() && all.back().to > from) {
      // The same instruction again: a second use of the value, or a clobber after its use.
      from = all.back().to;
      if (from >= to) return;
    }
    all.push_back({from, to, owner});
    busy_.reserve(from, to, uint64_t{1} << r.number);
  }

  void reserve_fixed() {
    const auto& f = c_.f;
    for (uint32_t i = 0; i < f.insts.size(); ++i) {
      const auto& inst = f.insts[i];
      Position g = c_.live.gap(i);
      auto ops = f.operands_of(inst);
      for (const Operand& op : ops)
        if (op.constraint == Constraint::fixed && op.role != Role::def) {
          Position to = op.role == Role::use ? g + 2 : op.role == Role::early_def ? g + 4 : g + 3;
          reserve(op.preg, is_use(op.role) ? g : g + 1, to, op.vreg);
        }
      for (const Operand& op : ops)
        if (op.role == Role::def && c_.fixed_register(inst, op).valid())
          reserve(c_.fixed_register(inst, op), g + 2, g + 4, op.vreg);
      // Nothing lives across an instruction that clobbers all.
      uint64_t clobbers = inst.clobbers.bits();
      if ((f.allocatable.bits() & ~clobbers) == 0) continue;
      for (; clobbers != 0; clobbers &= clobbers - 1)
        reserve({static_cast<uint8_t>(__builtin_ctzll(clobbers))}, g + 2, g + 3, VReg::none);
    }
  }

  // The registers that are not free throughout the bundle.
  BusyMap::Sets busy(std::span<const Range> ranges) {
    BusyMap::Sets all;
    for (const auto& r : ranges) {
      c_.work += busy_.steps(r.from, r.to);
      const BusyMap::Sets one = busy_.busy(r.from, r.to);
      all.taken |= one.taken;
      all.reserved |= one.reserved;
    }
    return all;
  }
  void take(const Range& range, PReg r) {
    c_.work += busy_.steps(range.from, range.to);
    busy_.take(range.from, range.to, uint64_t{1} << r.number);
  }
  void release(const Range& range, PReg r) {
    c_.work += busy_.steps(range.from, range.to);
    busy_.release(range.from, range.to, uint64_t{1} << r.number);
  }

  // What is in the way of `b` in `r`. Stops early at something heavier than `enough`, when only
  // lighter ones are of interest.
  void probe(const Bundle& b, PReg r, float enough, bool need_position, Probe& p) {
    p.first_conflict = kNoConflict;
    p.weight = 0;
    p.in_the_way.clear();
    const auto& reserved = reserved_[r.number];
    auto at = reserved.begin();
    for (const auto& range : b.ranges) {
      at = std::lower_bound(at, reserved.end(), range.from,
                            [](const Reservation& x, Position q) { return x.to <= q; });
      ++c_.work;
      for (; at != reserved.end() && at->from < range.to; ++at) {
        if (at->owner == range.vreg) continue;
        p.weight = kInfinite * 2;
        p.first_conflict = std::max(at->from, range.from);
        break;
      }
      if (p.first_conflict != kNoConflict) break;
      // The next range may meet the same reservation.
      if (at != reserved.begin()) --at;
    }
    if (p.first_conflict != kNoConflict && !need_position) return;
    for (const auto& range : b.ranges) {
      if (range.from >= p.first_conflict && p.weight >= kInfinite) return;
      bool go_on = true;
      taken_[r.number].for_overlaps(range.from, range.to, [&](const RangeMap::Entry& e) {
        ++c_.work;
        p.first_conflict = std::min(p.first_conflict, std::max(e.from, range.from));
        if (p.in_the_way.empty() || p.in_the_way.back() != e.bundle)
          p.in_the_way.push_back(e.bundle);
        p.weight = std::max(p.weight, bundles_[e.bundle].weight);
        go_on = p.weight < enough;
        return go_on;
      });
      if (!go_on) return;
    }
  }

  void assign(uint32_t n, PReg r) {
    Bundle& b = bundles_[n];
    b.preg = r;
    for (const auto& range : b.ranges) {
      taken_[r.number].insert({range.from, range.to, n});
      take(range, r);
    }
    PReg& family = family_reg_[b.family];
    if (!family.valid() || !b.minimal) family = r;
    c_.work += b.ranges.size();
  }
  void evict(uint32_t n) {
    Bundle& b = bundles_[n];
    for (const auto& range : b.ranges) {
      taken_[b.preg.number].erase(range.from);
      release(range, b.preg);
    }
    b.preg = {};
    c_.work += b.ranges.size();
    push(n);
  }

  // The allocatable registers of the class, those asked for first.
  std::span<const PReg> order(const Bundle& b) {
    auto want = [&](PReg r, float weight) {
      if (score_[r.number] == 0) wanted_.push_back(r);
      score_[r.number] += weight;
    };
    wanted_.clear();
    c_.work += b.ranges.size();
    for (const auto& r : b.ranges)
      for (const auto& o : c_.occurrences_in(r)) {
        ++c_.work;
        if (o.operand >= Occurrence::kParam) continue;
        const Footprint& fp = c_.footprint(o);
        if (fp.from != fp.to) continue;  // not fixed
        PReg fixed = c_.fixed_register(c_.inst_of(o), c_.f.operands[o.operand]);
        if (fixed.valid()) want(fixed, c_.frequency[r.block]);
      }
    auto first = std::lower_bound(affinities_.begin(), affinities_.end(), b.family,
                                  [](const Affinity& a, uint32_t n) { return a.family < n; });
    for (int n = 0; first != affinities_.end() && first->family == b.family && n < 64; ++first, ++n)
      if (family_reg_[first->other].valid()) want(family_reg_[first->other], first->weight);
    if (family_reg_[b.family].valid()) want(family_reg_[b.family], 0.5f);
    const auto& all = allocatable_[static_cast<size_t>(b.reg_class)];
    if (wanted_.empty()) return all;
    sort_by(wanted_, [&](PReg r) { return sort_key(highest_first(score_[r.number]), r.number); });
    order_.clear();
    for (PReg r : wanted_)
      if (c_.f.allocatable.has(r)) order_.push_back(r);
    for (PReg r : all)
      if (score_[r.number] == 0) order_.push_back(r);
    for (PReg r : wanted_) score_[r.number] = 0;
    return order_;
  }

  // --- One bundle -------------------------------------------------------------------------------

  bool process(uint32_t n) {
    const BusyMap::Sets in_use = busy(bundles_[n].ranges);
    auto candidates = order(bundles_[n]);
    Probe& p = probe_;
    for (size_t k = 0; k < candidates.size(); ++k) {
      PReg r = candidates[k];
      if (PRegSet(in_use.taken).has(r)) continue;
      if (PRegSet(in_use.reserved).has(r)) {
        // For the bundle's own operands, perhaps: then it is among those asked for.
        if (k >= wanted_.size()) continue;
        probe(bundles_[n], r, kInfinite, false, p);
        if (p.first_conflict != kNoConflict) continue;
      }
      assign(n, r);
      return true;
    }
    return make_room(n, candidates);
  }

  // No register is free for the bundle.
  bool make_room(uint32_t n, std::span<const PReg> candidates) {
    PReg best;
    float best_weight = bundles_[n].weight;
    PReg farthest;
    Position farthest_conflict = 0;
    bool splittable = !bundles_[n].minimal;
    Probe& p = probe_;
    for (PReg r : candidates) {
      probe(bundles_[n], r, best_weight, splittable, p);
      if (p.weight < best_weight) best = r, best_weight = p.weight;
      if (p.first_conflict > farthest_conflict) farthest = r, farthest_conflict = p.first_conflict;
    }
    if (best.valid()) {
      probe(bundles_[n], best, kInfinite, true, p);
      for (uint32_t other : p.in_the_way)
        if (bundles_[other].preg.valid()) evict(other);
      assign(n, best);
      return true;
    }
    if (!splittable) return false;
    split(n, farthest_conflict);
    return true;
  }

  // --- Splitting --------------------------------------------------------------------------------

  void split(uint32_t n, Position conflict) {
    if (!split_at(n, conflict)) split_to_minimal(n);
  }

  // Carves `parts` (of one side of a split) and makes a bundle of what is left.
  void add_side(uint32_t n, std::vector<Range>& parts) {
    if (parts.empty()) return;
    sort_by_vreg(parts);
    std::vector<Range> kept;
    components_.clear();
    for (size_t k = 0; k < parts.size();) {
      size_t end = k;
      while (end < parts.size() && parts[end].vreg == parts[k].vreg) ++end;
      carver_.carve({parts.data() + k, end - k}, kept, components_);
      k = end;
    }
    if (kept.empty()) return;
    sort_by(kept, [](const Range& r) { return r.from; });
    add_bundle(n, std::move(kept));
    push(static_cast<uint32_t>(bundles_.size() - 1));
  }
  // A part of bundle `n`.
  void add_bundle(uint32_t n, std::vector<Range> ranges) {
    Bundle part;
    part.ranges = std::move(ranges);
    part.reg_class = bundles_[n].reg_class;
    part.family = bundles_[n].family;
    part.cuts = static_cast<uint8_t>(std::min(bundles_[n].cuts + 1, kMostCuts));
    measure(part);
    bundles_.push_back(std::move(part));
  }
  static void sort_by_vreg(std::vector<Range>& parts) {
    sort_by(parts, [](const Range& r) { return sort_key(index(r.vreg), r.from); });
  }
  void drop(uint32_t n) { std::vector<Range>().swap(bundles_[n].ranges); }

  static Position middle_of(const std::vector<Range>& ranges) {
    Position half = (ranges.front().from + ranges.back().to) / 2;
    if (ranges.size() > 1) half = ranges[ranges.size() / 2].from;
    return half & ~3u;
  }

  // Before and after the conflict; when nothing is before it, after the first instruction.
  bool split_at(uint32_t n, Position conflict) {
    const auto& ranges = bundles_[n].ranges;
    Position start = ranges.front().from, end = ranges.back().to;
    Position cut = conflict & ~3u;
    if (bundles_[n].cuts == kMostCuts && end - start > kLongBundle)
      cut = conflict = middle_of(ranges);
    else if (conflict % 4 == 2 && only_early_uses(n, cut)) cut = conflict;
    if (cut <= start || !mentioned_before(n, cut)) {
      cut = first_mention_end(n);
      cut = (cut + 3) & ~3u;
    }
    if (cut <= start || cut >= end) return false;
    std::vector<Range> before, after;
    Position resume = (cut + 3) & ~3u;
    for (const auto& r : ranges) {
      if (r.from < cut) before.push_back({r.from, std::min(r.to, cut), r.vreg, r.block});
      if (r.to > resume) after.push_back({std::max(r.from, resume), r.to, r.vreg, r.block});
    }
    drop(n);
    add_side(n, before);
    add_side(n, after);
    return true;
  }
  // Whether all the bundle has to do with the instruction at `gap` is over at its late point.
  bool only_early_uses(uint32_t n, Position gap) {
    for (const auto& r : bundles_[n].ranges)
      if (r.from < gap + 4 && gap < r.to)
        for (const auto& o : c_.occurrences_between(r.vreg, gap, gap + 1))
          if (c_.footprint(o).to > gap + 2 || c_.footprint(o).is_def) return false;
    return true;
  }
  bool mentioned_before(uint32_t n, Position cut) {
    Position first = first_mention_end(n);
    return first != kNoConflict && first <= cut;
  }
  // Where the footprint of the bundle's first mention ends.
  Position first_mention_end(uint32_t n) {
    Position first = kNoConflict;
    for (const auto& r : bundles_[n].ranges) {
      if (r.from >= first) break;
      for (const auto& o : c_.occurrences_in(r)) {
        const Footprint& fp = c_.footprint(o);
        ++c_.work;
        if (fp.from < r.from || fp.to > r.to || !fp.counts || fp.to == r.from) continue;
        first = std::min(first, std::max(fp.to, fp.from + 1));
        break;
      }
    }
    return first;
  }

  // What each mention needs by itself; the rest is at home.
  void split_to_minimal(uint32_t n) {
    std::vector<Range> ranges = bundles_[n].ranges, one(1);
    drop(n);
    for (const auto& r : ranges) {
      Position done = 0;
      for (const auto& o : c_.occurrences_in(r)) {
        Footprint fp = c_.footprint(o);
        if (fp.from < r.from || fp.to > r.to || fp.from == fp.to || fp.from < done) continue;
        if (fp.slot_will_do) continue;
        // All uses by one instruction together.
        for (const auto& other : c_.occurrences_between(r.vreg, o.at, o.at + 1))
          if (other.operand < Occurrence::kParam)
            fp.to = std::max(fp.to, std::min(r.to, c_.footprint(other).to));
        done = fp.to;
        one.assign(1, {fp.from, fp.to, r.vreg, r.block});
        add_side(n, one);
      }
    }
  }

  AllocContext& c_;
  std::vector<Bundle>& bundles_;
  RangeCarver carver_;
  uint64_t limit_;
  std::vector<Affinity> affinities_;  // sorted by family
  std::vector<PReg> family_reg_;      // the register last given to one of the family
  std::array<std::vector<Reservation>, 64> reserved_;
  std::array<RangeMap, 64> taken_;
  BusyMap busy_;  // the same, for all registers at once
  std::priority_queue<Queued> queue_;
  Probe probe_;
  std::array<std::vector<PReg>, 2> allocatable_;
  std::vector<PReg> order_, wanted_;
  std::array<float, 64> score_{};
  std::vector<uint32_t> components_;
};

}  // namespace

bool assign_registers(AllocContext& c, std::vector<Bundle>& bundles,
                      std::span<const Affinity> affinities, uint64_t work_limit) {
  return Assigner(c, bundles, affinities, work_limit).run();
}

}  // namespace zwasm::codegen
