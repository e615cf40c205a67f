// Which parts of a live range deserve a register: the carver, and the bundles to start from.
#include <algorithm>

#include "codegen/regalloc_context.h"

namespace zwasm::codegen {

RangeCarver::RangeCarver(AllocContext& c) : c_(c) {
  size_t n = c.f.blocks.size();
  entry_part_.resize(n);
  end_part_.resize(n);
  entry_stamp_.assign(n, 0);
  end_stamp_.assign(n, 0);
}

void RangeCarver::describe(std::span<const Range> parts) {
  ++stamp_;
  parts_.clear();
  for (const Range& r : parts) {
    Part p;
    p.range = r;
    p.first = ~0u;
    p.last = 0;
    p.at_entry = r.from == c_.live.entry(r.block);
    p.at_end = r.to == c_.live.end(r.block);
    for (const auto& o : c_.occurrences_in(r)) {
      const Footprint& fp = c_.footprint(o);
      if (fp.from < r.from || fp.to > r.to || (!fp.counts && fp.from == fp.to)) continue;
      p.first = std::min(p.first, fp.from);
      p.last = std::max(p.last, fp.to);
      p.mentioned = true;
      p.defined |= fp.is_def;
      p.only_slot_uses &= fp.slot_will_do && !fp.is_def;
    }
    auto n = static_cast<uint32_t>(parts_.size());
    if (p.at_entry && !p.defined) entry_part_[r.block] = n, entry_stamp_[r.block] = stamp_;
    if (p.at_end) end_part_[r.block] = n, end_stamp_[r.block] = stamp_;
    p.component = n;
    parts_.push_back(p);
  }
  c_.work += parts.size();
}

void RangeCarver::propagate() {
  const auto& blocks = c_.f.blocks;
  // Backwards: what leads to a mention.
  for (uint32_t n = 0; n < parts_.size(); ++n)
    if (parts_[n].mentioned) work_.push_back(n);
  while (!work_.empty()) {
    Part& p = parts_[work_.back()];
    work_.pop_back();
    ++c_.work;
    if (p.wanted_in || !p.at_entry || p.defined) continue;
    p.wanted_in = true;
    if (blocks[p.range.block].is_landing_pad) continue;
    for (uint32_t b : blocks[p.range.block].predecessors) {
      uint32_t n = part_at_end(b);
      if (n == ~0u || parts_[n].wanted_out) continue;
      parts_[n].wanted_out = true;
      work_.push_back(n);
    }
  }
  // Forwards: what comes from one.
  for (uint32_t n = 0; n < parts_.size(); ++n)
    if (parts_[n].mentioned) work_.push_back(n);
  while (!work_.empty()) {
    Part& p = parts_[work_.back()];
    work_.pop_back();
    ++c_.work;
    if (p.held_out || !p.at_end) continue;
    p.held_out = true;
    for (const auto& e : blocks[p.range.block].successors) {
      uint32_t n = part_at_entry(e.block);
      if (n == ~0u || parts_[n].held_in || blocks[e.block].is_landing_pad) continue;
      parts_[n].held_in = true;
      work_.push_back(n);
    }
  }
}

void RangeCarver::let_go_at_joins() {
  const auto& blocks = c_.f.blocks;
  auto rare = [](const Part& p) { return p.held_in && p.lost_freq > p.held_freq; };
  for (uint32_t n = 0; n < parts_.size(); ++n) {
    Part& p = parts_[n];
    if (!p.held_in || !p.wanted_in) continue;
    for (uint32_t b : blocks[p.range.block].predecessors) {
      ++c_.work;
      uint32_t from = part_at_end(b);
      float freq = std::min(c_.frequency[b], c_.frequency[p.range.block]);
      (from != ~0u && parts_[from].held_out ? p.held_freq : p.lost_freq) += freq;
    }
    if (rare(p)) work_.push_back(n);
  }
  while (!work_.empty()) {
    Part& p = parts_[work_.back()];
    work_.pop_back();
    if (!p.held_in) continue;
    p.held_in = false;
    if (p.mentioned || !p.held_out) continue;
    p.held_out = false;
    for (const auto& e : blocks[p.range.block].successors) {
      ++c_.work;
      uint32_t n = part_at_entry(e.block);
      if (n == ~0u) continue;
      float freq = std::min(c_.frequency[p.range.block], c_.frequency[e.block]);
      parts_[n].held_freq -= freq;
      parts_[n].lost_freq += freq;
      if (rare(parts_[n])) work_.push_back(n);
    }
  }
  for (Part& p : parts_) {
    if (!p.held_out || !p.wanted_out) continue;
    p.wanted_out = false;
    for (const auto& e : blocks[p.range.block].successors) {
      uint32_t n = part_at_entry(e.block);
      p.wanted_out |= n != ~0u && parts_[n].held_in && parts_[n].wanted_in;
    }
  }
}

// Cuts off what is not both wanted and held. Whether anything is left.
bool RangeCarver::trim(Part& p) const {
  bool in = p.held_in && p.wanted_in;
  bool out = p.held_out && p.wanted_out;
  if (!p.mentioned && !(in && out)) return false;
  bool remat = c_.f.vregs[index(p.range.vreg)].remat != ~0u;
  if (p.mentioned && !in && !out && p.only_slot_uses && !remat &&
      p.last - p.first <= 3)  // a single instruction that can take it from the slot
    return false;
  p.at_entry = in;
  p.at_end = out;
  if (!in) p.range.from = p.first;
  if (!out) p.range.to = p.last;
  // A parameter has its footprint at the entry already.
  return p.range.from < p.range.to;
}

uint32_t RangeCarver::find(uint32_t p) {
  while (parts_[p].component != p) p = parts_[p].component = parts_[parts_[p].component].component;
  return p;
}

void RangeCarver::carve(std::span<const Range> parts, std::vector<Range>& out,
                        std::vector<uint32_t>& component) {
  describe(parts);
  if (parts_.size() > 1 || (parts_.size() == 1 && parts_[0].at_entry && parts_[0].at_end)) {
    propagate();
    let_go_at_joins();
  }
  std::vector<uint8_t> kept(parts_.size());
  for (uint32_t n = 0; n < parts_.size(); ++n) kept[n] = trim(parts_[n]);
  for (uint32_t n = 0; n < parts_.size(); ++n) {
    if (!kept[n] || !parts_[n].at_end) continue;
    for (const auto& e : c_.f.blocks[parts_[n].range.block].successors) {
      uint32_t m = part_at_entry(e.block);
      if (m != ~0u && kept[m] && parts_[m].at_entry && !c_.f.blocks[e.block].is_landing_pad)
        parts_[find(n)].component = find(m);
    }
  }
  for (uint32_t n = 0; n < parts_.size(); ++n) {
    if (!kept[n]) continue;
    out.push_back(parts_[n].range);
    component.push_back(find(n));
  }
}

namespace {

// The live range of `v`, cut at the calls: a use by the call itself is before the cut. Of the parts
// between two calls of a block only those in which it is mentioned: nothing else is worth a
// register there.
void cut_at_barriers(AllocContext& c, VReg v, std::vector<Range>& out) {
  const auto& stops = c.barriers[static_cast<size_t>(c.reg_class(v))];
  const auto mentions = c.live.occurrences(v);
  auto mention = mentions.begin();
  for (const auto& s : c.live.segments(v)) {
    // A tied def takes its register in the gap already.
    Position from = s.from;
    if (!s.live_in)
      for (const auto& o : c.occurrences_between(v, s.from & ~3u, (s.from & ~3u) + 1)) {
        const Footprint& fp = c.footprint(o);
        if (fp.is_def) from = fp.from;
      }
    const bool at_entry = from == c.live.entry(s.block);
    const auto end = std::lower_bound(stops.begin(), stops.end(), c.f.blocks[s.block].end_inst);
    auto stop = std::lower_bound(stops.begin(), end,
                                 at_entry ? c.f.blocks[s.block].first_inst : c.live.inst_at(from));
    for (; stop != end; ++stop) {
      const Position g = c.live.gap(*stop);
      ++c.work;
      if (g + 2 >= s.to) break;
      if (from >= g + 2) continue;
      out.push_back({from, g + 2, v, s.block});
      // On behind the last call before the next mention.
      while (mention != mentions.end() && mention->at <= g) ++mention;
      const Position next = mention != mentions.end() ? std::min(mention->at, s.to) : s.to;
      stop = std::prev(std::partition_point(std::next(stop), end,
                                            [&](uint32_t i) { return c.live.gap(i) < next; }));
      from = c.live.gap(*stop) + 4;
    }
    if (from < s.to) out.push_back({from, s.to, v, s.block});
  }
}

// The ranges of all registers, by register and position.
struct Carved {
  std::vector<Range> ranges;
  std::vector<uint32_t> component;  // among the ranges of the register
  std::vector<uint32_t> start;      // of each register's ranges

  bool holds(VReg v, Position p) const {
    auto first = ranges.begin() + start[index(v)], last = ranges.begin() + start[index(v) + 1];
    auto it = std::lower_bound(first, last, p, [](const Range& r, Position q) { return r.to < q; });
    return it != last && it->from < p;
  }
};

Carved carve_all(AllocContext& c) {
  Carved all;
  RangeCarver carver(c);
  std::vector<Range> parts;
  for (uint32_t n = 0; n < c.f.vregs.size(); ++n) {
    all.start.push_back(static_cast<uint32_t>(all.ranges.size()));
    parts.clear();
    cut_at_barriers(c, VReg{n}, parts);
    carver.carve(parts, all.ranges, all.component);
  }
  all.start.push_back(static_cast<uint32_t>(all.ranges.size()));
  return all;
}

// Parameters whose arguments are at home on most edges, by frequency, start at home too: else each
// of those edges would load what few ways onwards use. Whether there are any.
bool send_parameters_home(AllocContext& c, const Carved& all) {
  std::vector<float> in_reg(c.f.vregs.size(), 0.0f);
  for (uint32_t b = 0; b < c.f.blocks.size(); ++b)
    for (const auto& e : c.f.blocks[b].successors)
      for (uint32_t k = 0; k < e.arg_count; ++k) {
        VReg arg = c.f.edge_args[e.first_arg + k], param = c.f.blocks[e.block].params[k];
        bool held = c.f.vregs[index(arg)].remat != ~0u || all.holds(arg, c.live.end(b) - 4);
        float freq = std::min(c.frequency[b], c.frequency[e.block]);
        in_reg[index(param)] += held ? freq : -freq;
      }
  bool any = false;
  for (const auto& block : c.f.blocks)
    for (VReg p : block.params)
      if (c.starts_in_reg[index(p)] != 0 && in_reg[index(p)] < 0) {
        c.starts_in_reg[index(p)] = 0;
        any = true;
      }
  return any;
}

}  // namespace

std::vector<Bundle> initial_bundles(AllocContext& c) {
  Carved all = carve_all(c);
  if (send_parameters_home(c, all)) {
    c.find_footprints();
    all = carve_all(c);
  }
  std::vector<Bundle> bundles;
  std::vector<uint32_t> bundle_of;
  for (uint32_t n = 0; n < c.f.vregs.size(); ++n) {
    bundle_of.clear();
    for (uint32_t k = all.start[n]; k < all.start[n + 1]; ++k) {
      bundle_of.resize(std::max<size_t>(bundle_of.size(), all.component[k] + 1), ~0u);
      uint32_t& b = bundle_of[all.component[k]];
      if (b == ~0u) {
        b = static_cast<uint32_t>(bundles.size());
        bundles.push_back({});
        bundles[b].reg_class = c.reg_class(VReg{n});
        bundles[b].family = b;
      }
      bundles[b].ranges.push_back(all.ranges[k]);
    }
  }
  return bundles;
}

}  // namespace zwasm::codegen
