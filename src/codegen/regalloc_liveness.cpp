#include "codegen/regalloc_liveness.h"

#include <algorithm>

#include "base/sort.h"

namespace zwasm::codegen {
namespace {

// Calls `f(vreg, occurrence)` for every mention, in the order of layout.
template <typename F>
void for_each_occurrence(const MachineFunction& fn, const Liveness& live, F f) {
  for (uint32_t b = 0; b < fn.blocks.size(); ++b) {
    const auto& block = fn.blocks[b];
    for (VReg p : block.params) f(p, Occurrence{live.entry(b), Occurrence::kParam});
    for (uint32_t i = block.first_inst; i < block.end_inst; ++i) {
      const auto& inst = fn.insts[i];
      for (uint32_t o = inst.first_operand; o < inst.first_operand + inst.operand_count; ++o)
        if (fn.operands[o].vreg != VReg::none) f(fn.operands[o].vreg, Occurrence{live.gap(i), o});
    }
    if (block.first_inst == block.end_inst) continue;
    for (const auto& e : block.successors)
      for (uint32_t k = 0; k < e.arg_count; ++k)
        f(fn.edge_args[e.first_arg + k],
          Occurrence{live.gap(block.end_inst - 1), Occurrence::kEdge, e.block, k});
  }
}

}  // namespace

Liveness::Liveness(const MachineFunction& function, bool refs_only, uint64_t limit)
    : function_(function), refs_only_(refs_only), limit_(limit) {
  number_blocks();
  collect_occurrences();
  find_segments();
}

void Liveness::number_blocks() {
  const auto& blocks = function_.blocks;
  block_of_.resize(function_.insts.size());
  block_at_.resize(function_.insts.size() + blocks.size() + 1);
  for (uint32_t b = 0; b < blocks.size(); ++b) {
    std::fill(block_of_.begin() + blocks[b].first_inst, block_of_.begin() + blocks[b].end_inst, b);
    std::fill(block_at_.begin() + blocks[b].first_inst + b,
              block_at_.begin() + blocks[b].end_inst + b + 1, b);
  }
}

void Liveness::collect_occurrences() {
  auto& start = occurrence_start_;
  start.assign(function_.vregs.size() + 1, 0);
  for_each_occurrence(function_, *this, [&](VReg v, Occurrence) { ++start[index(v) + 1]; });
  for (size_t v = 1; v < start.size(); ++v) start[v] += start[v - 1];
  occurrences_.resize(start.back());
  std::vector<uint32_t> next(start.begin(), start.end() - 1);
  for_each_occurrence(function_, *this,
                      [&](VReg v, Occurrence o) { occurrences_[next[index(v)]++] = o; });
}

void Liveness::find_segments() {
  const auto& fn = function_;
  constexpr uint32_t kNever = ~0u;
  // The last register for which a block was seen live at its entry, or its end.
  std::vector<uint32_t> live_in(fn.blocks.size(), kNever), live_out(fn.blocks.size(), kNever);
  std::vector<uint32_t> touched;  // blocks with an occurrence or live-through
  std::vector<uint32_t> work;     // blocks at whose entry it is live, to be walked up from
  segment_start_.assign(1, 0);
  segments_.reserve(fn.vregs.size());
  for (uint32_t n = 0; n < fn.vregs.size() && complete(); ++n) {
    if (refs_only_ && !fn.vregs[n].is_ref) {
      segment_start_.push_back(static_cast<uint32_t>(segments_.size()));
      continue;
    }
    auto occ = occurrences(VReg{n});
    Position def = ~0u;
    uint32_t def_block = ~0u;
    for (const auto& o : occ) {
      if (o.operand == Occurrence::kEdge) continue;
      if (o.operand != Occurrence::kParam && is_use(fn.operands[o.operand].role)) continue;
      bool early = o.operand != Occurrence::kParam && fn.operands[o.operand].role != Role::def;
      def = o.operand == Occurrence::kParam ? o.at : o.at + (early ? 1 : 2);
      def_block = block_of(o.at);
      break;
    }
    touched.clear();
    auto enter = [&](uint32_t b) {
      if (b == def_block || live_in[b] == n) return;
      live_in[b] = n;
      work.push_back(b);
    };
    for (const auto& o : occ) {
      uint32_t b = block_of(o.at);
      if (touched.empty() || touched.back() != b) touched.push_back(b);
      enter(b);
    }
    size_t mentioned = touched.size();
    while (!work.empty() && complete()) {
      uint32_t b = work.back();
      work.pop_back();
      for (uint32_t p : fn.blocks[b].predecessors) {
        ++work_;
        if (live_out[p] == n) continue;
        live_out[p] = n;
        touched.push_back(p);
        enter(p);
      }
    }
    if (touched.size() > mentioned) {
      std::sort(touched.begin(), touched.end());
      touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
    }
    size_t k = 0;
    for (uint32_t b : touched) {
      LiveSegment s{b, 0, 0, live_in[b] == n, live_out[b] == n};
      s.from = s.live_in ? entry(b) : def;
      s.to = s.from + 1;
      while (k < occ.size() && occ[k].at < end(b)) {
        const Occurrence& o = occ[k++];
        if (o.operand == Occurrence::kEdge) s.to = std::max(s.to, o.at);
        else if (o.operand != Occurrence::kParam) switch (fn.operands[o.operand].role) {
            case Role::use: s.to = std::max(s.to, o.at + 2); break;
            case Role::late_use:
            case Role::temp: s.to = std::max(s.to, o.at + 3); break;
            case Role::def:
            case Role::early_def: s.to = std::max(s.to, o.at + 4); break;
          }
      }
      if (s.live_out) s.to = end(b);
      segments_.push_back(s);
    }
    segment_start_.push_back(static_cast<uint32_t>(segments_.size()));
  }
}

const LiveSegment* Liveness::segment_in(VReg v, uint32_t block) const {
  auto all = segments(v);
  auto it = std::lower_bound(all.begin(), all.end(), block,
                             [](const LiveSegment& s, uint32_t b) { return s.block < b; });
  return it != all.end() && it->block == block ? &*it : nullptr;
}

bool live_roots(const MachineFunction& function, const Liveness& live,
                std::vector<LiveRoot>& roots) {
  const size_t most = 1'000'000 + 32 * function.insts.size();
  std::vector<uint32_t> safepoints;
  for (uint32_t i = 0; i < function.insts.size(); ++i)
    if (function.insts[i].is_safepoint) safepoints.push_back(i);
  for (uint32_t v = 0; v < function.vregs.size(); ++v) {
    if (!function.vregs[v].is_ref) continue;
    for (const auto& s : live.segments(VReg{v})) {
      auto it = std::lower_bound(safepoints.begin(), safepoints.end(),
                                 function.blocks[s.block].first_inst);
      for (; it != safepoints.end() && live.gap(*it) + 2 < s.to; ++it)
        if (s.from < live.gap(*it) + 1) roots.push_back({*it, VReg{v}});
      if (roots.size() > most) return false;
    }
  }
  sort_by(roots, [](const LiveRoot& r) { return sort_key(r.inst, index(r.vreg)); });
  return true;
}

}  // namespace zwasm::codegen
