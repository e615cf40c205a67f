#include "codegen/regalloc_context.h"

#include <algorithm>

#include "base/sort.h"

namespace zwasm::codegen {

AllocContext::AllocContext(const MachineFunction& function)
    : f(function), live(function, false, live_walk_limit(function)) {
  if (!live.complete()) return;
  for (const auto& b : f.blocks) frequency.push_back(frequency_of(b));
  work = live.work();
  find_barriers();
  find_parameters();
  find_footprints();
}

void AllocContext::find_barriers() {
  for (uint32_t b = 0; b < f.blocks.size(); ++b)
    for (uint32_t i = f.blocks[b].first_inst; i < f.blocks[b].end_inst; ++i) {
      uint64_t spared = f.allocatable.bits() & ~f.insts[i].clobbers.bits();
      bool invoke = i + 1 == f.blocks[b].end_inst && f.blocks[b].landing_pad != ~0u;
      if ((spared & 0xFFFFFFFFu) == 0 || invoke) barriers[0].push_back(i);
      if ((spared >> 32) == 0 || invoke) barriers[1].push_back(i);
    }
}

PReg AllocContext::fixed_register(const MachineInst& inst, const Operand& op) const {
  const Operand* o = &op;
  if (o->constraint == Constraint::tied) o = &f.operands_of(inst)[o->tied];
  return o->constraint == Constraint::fixed ? o->preg : PReg{};
}

Footprint AllocContext::footprint_of(VReg v, const Occurrence& o) const {
  Position g = o.at;
  if (o.operand == Occurrence::kParam) return {g, g, starts_in_reg[index(v)] != 0, true, false, 1};
  if (o.operand == Occurrence::kEdge) {
    VReg param = f.blocks[o.edge_target].params[o.edge_index];
    return {g, g, starts_in_reg[index(param)] != 0, false, false, 1};
  }
  const Operand& op = f.operands[o.operand];
  const MachineInst& inst = inst_of(o);
  bool fixed = fixed_register(inst, op).valid();
  // What can be computed again has no slot.
  bool any = op.constraint == Constraint::any && f.vregs[index(v)].remat == ~0u;
  switch (op.role) {
    case Role::temp: return {g + 1, g + 3, true, true, false, 1};
    case Role::early_def: return {g + 1, fixed ? g + 1 : g + 4, true, true, false, 1};
    case Role::def:
      if (fixed) return {g + 2, g + 2, true, true, false, 1};
      return {
          op.constraint == Constraint::tied ? g : g + 2, g + 4, true, true, any, any ? 0.7f : 1};
    case Role::late_use: return {g, fixed ? g : g + 3, true, false, any, any ? 0.7f : 1};
    case Role::use: break;
  }
  if (fixed) return {g, g, true, false, false, 0.9f};
  // The register that a tied def or a fixed use of the same value gets holds it at the early
  // point, and does for all plain uses.
  for (const Operand& other : f.operands_of(inst)) {
    bool tied_to_it =
        other.constraint == Constraint::tied && f.operands_of(inst)[other.tied].vreg == v;
    bool fixed_use = is_use(other.role) && other.vreg == v && other.constraint == Constraint::fixed;
    if (tied_to_it || fixed_use) return {g, g, true, false, false, 0.9f};
  }
  return {g, g + 2, true, false, any, any ? 0.7f : 1};
}

void AllocContext::find_footprints() {
  footprints_.clear();
  for (uint32_t v = 0; v < f.vregs.size(); ++v)
    for (const auto& o : live.occurrences(VReg{v})) footprints_.push_back(footprint_of(VReg{v}, o));
}

std::span<const Occurrence> AllocContext::occurrences_between(VReg v, Position from,
                                                              Position to) const {
  auto all = live.occurrences(v);
  auto less = [](const Occurrence& o, Position p) { return o.at < p; };
  auto a = std::lower_bound(all.begin(), all.end(), from, less);
  auto b = std::lower_bound(a, all.end(), to, less);
  return {a, b};
}

// Parameters for which a register at the block's entry pays: from there a use is reached without a
// call between, or the argument for a parameter of that kind.
void AllocContext::find_parameters() {
  starts_in_reg.assign(f.vregs.size(), 0);
  std::vector<std::pair<uint32_t, uint32_t>> feeds;  // (parameter fed, parameter that feeds it)
  std::vector<uint32_t> work_list, seen(f.blocks.size(), ~0u), wanted;
  for (uint32_t home = 0; home < f.blocks.size(); ++home)
    for (VReg p : f.blocks[home].params) {
      const auto& stops = barriers[static_cast<size_t>(reg_class(p))];
      bool used = false;
      work_list.assign(1, home);
      seen[home] = index(p);
      while (!work_list.empty() && !used) {
        uint32_t b = work_list.back();
        work_list.pop_back();
        ++work;
        const LiveSegment* s = live.segment_in(p, b);
        if (s == nullptr) continue;
        auto stop = std::lower_bound(stops.begin(), stops.end(), f.blocks[b].first_inst);
        bool stopped = stop != stops.end() && *stop < f.blocks[b].end_inst;
        Position end = stopped ? live.gap(*stop) + 1 : live.end(b);
        for (const auto& o : occurrences_between(p, live.entry(b), end)) {
          if (o.operand == Occurrence::kParam) continue;
          if (o.operand == Occurrence::kEdge)
            feeds.push_back({index(f.blocks[o.edge_target].params[o.edge_index]), index(p)});
          else used = true;
        }
        if (stopped || !s->live_out) continue;
        for (const auto& e : f.blocks[b].successors) {
          if (seen[e.block] == index(p) || f.blocks[e.block].is_landing_pad) continue;
          const LiveSegment* next = live.segment_in(p, e.block);
          if (next == nullptr || !next->live_in) continue;
          seen[e.block] = index(p);
          work_list.push_back(e.block);
        }
      }
      if (used) {
        starts_in_reg[index(p)] = 1;
        wanted.push_back(index(p));
      }
    }
  sort_by(feeds, [](const auto& f) { return sort_key(f.first, f.second); });
  while (!wanted.empty()) {
    uint32_t p = wanted.back();
    wanted.pop_back();
    for (auto it = std::lower_bound(feeds.begin(), feeds.end(), std::pair{p, 0u});
         it != feeds.end() && it->first == p; ++it)
      if (starts_in_reg[it->second] == 0) {
        starts_in_reg[it->second] = 1;
        wanted.push_back(it->second);
      }
  }
}

}  // namespace zwasm::codegen
