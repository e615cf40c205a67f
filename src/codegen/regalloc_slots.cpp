#include "codegen/regalloc_slots.h"

#include <algorithm>
#include <queue>

#include "base/sort.h"
#include "codegen/regalloc_runs.h"

namespace zwasm::codegen {
namespace {

// Homes in one slot. Positions in between the segments are not reused: sharing by hull is simple,
// and slots are cheap.
struct SlotSet {
  RangeRuns<LiveSegment> segments;  // only of sets that were looked at
  Position from = ~0u, to = 0;
  uint32_t merged_into = 0;
};

class SlotAssigner {
 public:
  SlotAssigner(const MachineFunction& f, const Liveness& live, std::vector<Home>& homes)
      : f_(f), live_(live), homes_(homes) {
    sets_.resize(homes.size());
    for (uint32_t v = 0; v < homes.size(); ++v) {
      sets_[v].merged_into = v;
      if (!homes[v].read) continue;
      auto segments = live.segments(VReg{v});
      sets_[v].from = segments.front().from;
      sets_[v].to = segments.back().to;
    }
  }

  uint32_t run(uint64_t& work) {
    share_along_edges();
    work += work_ + homes_.size();
    std::vector<uint32_t> order;
    for (uint32_t v = 0; v < homes_.size(); ++v)
      if (homes_[v].read && sets_[v].merged_into == v) order.push_back(v);
    sort_by(order, [&](uint32_t v) { return sets_[v].from; });
    uint32_t wide = color(order, true), narrow = color(order, false);
    for (uint32_t v = 0; v < homes_.size(); ++v) {
      if (!homes_[v].read) continue;
      homes_[v].slot = homes_[find(v)].slot;
    }
    for (uint32_t v = 0; v < homes_.size(); ++v)
      homes_[v].slot = is_wide(v) ? homes_[v].slot * 2 : homes_[v].slot + wide * 2;
    return wide * 2 + narrow;
  }

 private:
  bool is_wide(uint32_t v) const { return f_.vregs[v].size == 16; }

  uint32_t find(uint32_t v) {
    while (sets_[v].merged_into != v)
      v = sets_[v].merged_into = sets_[sets_[v].merged_into].merged_into;
    return v;
  }

  void share_along_edges() {
    const auto& f = f_;
    struct Pair {
      float weight;
      uint32_t arg, param;
    };
    std::vector<Pair> pairs;
    for (uint32_t b = 0; b < f.blocks.size(); ++b)
      for (const auto& e : f.blocks[b].successors)
        for (uint32_t k = 0; k < e.arg_count; ++k) {
          uint32_t arg = index(f.edge_args[e.first_arg + k]);
          uint32_t param = index(f.blocks[e.block].params[k]);
          if (homes_[arg].read && homes_[param].read && is_wide(arg) == is_wide(param))
            pairs.push_back({frequency_of(f.blocks[b]), arg, param});
        }
    sort_by(pairs, [](const Pair& p) { return highest_first(p.weight); });
    for (const auto& p : pairs) {
      uint32_t a = find(p.arg), b = find(p.param);
      if (a != b && work_ < kWorkLimit * (f.insts.size() + 1000)) merge(a, b);
    }
  }

  // Sets of one have their segments in the liveness only.
  RangeRuns<LiveSegment>& segments(uint32_t v) {
    auto& own = sets_[v].segments;
    if (own.size() == 0) {
      auto all = live_.segments(VReg{v});
      own = RangeRuns(std::vector<LiveSegment>(all.begin(), all.end()));
    }
    return own;
  }

  void merge(uint32_t a, uint32_t b) {
    if (segments(a).size() < segments(b).size()) std::swap(a, b);
    if (segments(b).overlaps(segments(a), work_)) return;
    segments(a).take(std::move(segments(b)), work_);
    sets_[b].merged_into = a;
    sets_[a].from = std::min(sets_[a].from, sets_[b].from);
    sets_[a].to = std::max(sets_[a].to, sets_[b].to);
  }

  // Numbers from 0 for the sets of one size; returns how many.
  uint32_t color(const std::vector<uint32_t>& order, bool wide) {
    using Ending = std::pair<Position, uint32_t>;  // end, slot
    std::priority_queue<Ending, std::vector<Ending>, std::greater<>> active;
    std::priority_queue<uint32_t, std::vector<uint32_t>, std::greater<>> free;
    uint32_t count = 0;
    for (uint32_t v : order) {
      if (is_wide(v) != wide) continue;
      while (!active.empty() && active.top().first <= sets_[v].from) {
        free.push(active.top().second);
        active.pop();
      }
      uint32_t slot = free.empty() ? count++ : free.top();
      if (!free.empty()) free.pop();
      homes_[v].slot = slot;
      active.push({sets_[v].to, slot});
    }
    return count;
  }

  // Steps for each instruction.
  static constexpr uint64_t kWorkLimit = 100;

  const MachineFunction& f_;
  const Liveness& live_;
  std::vector<Home>& homes_;
  std::vector<SlotSet> sets_;
  uint64_t work_ = 0;
};

}  // namespace

uint32_t assign_slots(const MachineFunction& function, const Liveness& live,
                      std::vector<Home>& homes, uint64_t& work) {
  return SlotAssigner(function, live, homes).run(work);
}

}  // namespace zwasm::codegen
