// From registers for ranges to what the emitter needs: a place for each operand, the moves, the
// slots, the roots.
//
// Outside of its ranges a register is at home. A home is filled in one of two ways, whichever is
// cheaper for the register: *at the definition*, once, and then the slot is right everywhere; or
// *at the exits*, whenever a range ends and the home is needed after it (the value is defined in a
// loop, and the call is on a cold path). A value that can be rematerialized has no slot: to load it
// from home is to compute it again.
//
// Moves at one point happen at once, except for these, in this order: results of an invoke come
// first in its successor, then the moves of the edge, then parameters are stored to their homes,
// then what the block's first instruction needs. Before a jump, the edge's moves are last.
#include <algorithm>

#include "base/sort.h"
#include "codegen/parallel_moves.h"
#include "codegen/regalloc_context.h"
#include "codegen/regalloc_slots.h"

namespace zwasm::codegen {
namespace {

enum class Phase : uint8_t { invoke_results, edge_in, param_store, inst, edge_out, after_inst };

struct Placed {
  Position from, to;
  PReg preg;
};

struct PendingMove {
  uint32_t inst;
  Phase phase;
  ParallelMove move;
};

class Resolver {
 public:
  Resolver(AllocContext& c, const std::vector<Bundle>& bundles)
      : c_(c), f_(c.f), live_(c.live), homes_(f_.vregs.size()) {
    index_ranges(bundles);
    result_.operands.resize(f_.operands.size());
    for (size_t o = 0; o < f_.operands.size(); ++o)  // also those without a virtual register
      if (f_.operands[o].constraint == Constraint::fixed)
        result_.operands[o] = Allocation::of(f_.operands[o].preg);
  }

  RegallocResult run() {
    for (uint32_t v = 0; v < f_.vregs.size(); ++v) scan_homes(VReg{v});
    result_.spill_slots = assign_slots(f_, live_, homes_, c_.work);
    for (uint32_t v = 0; v < f_.vregs.size(); ++v) place_vreg(VReg{v});
    for (uint32_t b = 0; b < f_.blocks.size(); ++b) pass_arguments(b);
    emit_moves();
    if (!list_roots()) result_.refusal = kTooManyRoots;
    c_.work += moves_.size() + result_.edits.size();
    return std::move(result_);
  }

 private:
  // --- Look-up ----------------------------------------------------------------------------------

  void index_ranges(const std::vector<Bundle>& bundles) {
    placed_start_.assign(f_.vregs.size() + 1, 0);
    for (const auto& b : bundles)
      for (const auto& r : b.ranges) ++placed_start_[index(r.vreg) + 1];
    for (size_t v = 1; v < placed_start_.size(); ++v) placed_start_[v] += placed_start_[v - 1];
    placed_.resize(placed_start_.back());
    std::vector<uint32_t> next(placed_start_.begin(), placed_start_.end() - 1);
    for (const auto& b : bundles)
      for (const auto& r : b.ranges) placed_[next[index(r.vreg)]++] = {r.from, r.to, b.preg};
    for (size_t v = 0; v + 1 < placed_start_.size(); ++v)
      sort_by(std::span(placed_).subspan(placed_start_[v], placed_start_[v + 1] - placed_start_[v]),
              [](const Placed& p) { return p.from; });
  }
  std::span<const Placed> placed(VReg v) const {
    return std::span<const Placed>(placed_).subspan(
        placed_start_[index(v)], placed_start_[index(v) + 1] - placed_start_[index(v)]);
  }
  // The range of `v` that contains `p`, or null.
  const Placed* at(VReg v, Position p) const {
    auto all = placed(v);
    auto it = std::upper_bound(all.begin(), all.end(), p,
                               [](Position q, const Placed& r) { return q < r.from; });
    return it != all.begin() && p < std::prev(it)->to ? &*std::prev(it) : nullptr;
  }
  const VRegInfo& info(VReg v) const { return f_.vregs[index(v)]; }
  bool has_remat(VReg v) const { return info(v).remat != ~0u; }
  Home& home(VReg v) { return homes_[index(v)]; }
  Allocation slot(VReg v) { return Allocation::of_slot(home(v).slot); }
  bool is_terminator(uint32_t i) const {
    return i + 1 == f_.blocks[live_.block_of_inst(i)].end_inst;
  }

  // Where the moves of an edge stand.
  std::pair<uint32_t, Phase> edge_point(uint32_t from, uint32_t to) const {
    const auto& pred = f_.blocks[from];
    if (pred.successors.size() == 1) return {pred.end_inst - 1, Phase::edge_out};
    return {f_.blocks[to].first_inst, Phase::edge_in};
  }

  // Where values are when the edges' moves read them. Before a jump they are one with the moves for
  // ranges that would start there.
  Position last_point(uint32_t block) const {
    bool jump = f_.blocks[block].successors.size() == 1;
    return live_.end(block) - (jump ? 5 : 1);
  }

  // --- What is read from homes, and how to fill them --------------------------------------------

  void scan_homes(VReg v) {
    if (has_remat(v) || live_.occurrences(v).empty()) return;
    Home& h = home(v);
    auto ranges = placed(v);
    c_.work += live_.occurrences(v).size() + live_.segments(v).size();
    for (const auto& o : live_.occurrences(v)) {
      if (o.operand == Occurrence::kParam) {
        h.def_cost = at(v, o.at) != nullptr ? c_.frequency[live_.block_of(o.at)] : 0;
        continue;
      }
      if (o.operand == Occurrence::kEdge) {
        if (at(v, o.at - 1) == nullptr) h.read = true;
        continue;
      }
      const Operand& op = f_.operands[o.operand];
      const Footprint& fp = c_.footprint(o);
      if (is_def(op.role)) {
        bool direct = fp.slot_will_do && at(v, fp.from) == nullptr;
        h.def_cost = direct ? 0 : c_.frequency[live_.block_of(o.at)];
        if (direct) h.read = true;
      } else if (is_use(op.role)) {
        bool in_reg = fp.from == fp.to ? at(v, o.at - 1) != nullptr || at(v, o.at) != nullptr
                                       : at(v, o.at + 1) != nullptr;
        if (!in_reg) h.read = true;
      }
    }
    for (const auto& r : ranges)
      if (starts_from_home(v, r)) h.read = true;
    for (const auto& s : live_.segments(v))
      if (s.live_in)
        for (uint32_t p : f_.blocks[s.block].predecessors) {
          bool from = at(v, last_point(p)) != nullptr;
          bool to = at(v, live_.entry(s.block)) != nullptr;
          if (!from && to) h.read = true;
        }
    if (!h.read) return;
    for_each_exit(
        v, [&](uint32_t, Phase, uint32_t block, PReg) { h.exit_cost += c_.frequency[block]; });
    // Of equals the exits: there may be ways around them.
    h.at_def = h.def_cost < h.exit_cost;
  }

  // A range that starts with a load (not at a definition, an edge, or the end of another).
  bool starts_from_home(VReg v, const Placed& r) const {
    if (r.from % 4 != 0 || live_.is_entry(r.from)) return false;
    if (is_defined_at(v, r.from)) return false;
    return at(v, r.from - 1) == nullptr;
  }
  bool is_defined_at(VReg v, Position p) const {
    for (const auto& o : c_.occurrences_between(v, p & ~3u, (p & ~3u) + 1))
      if (c_.footprint(o).is_def) return true;
    return false;
  }

  // Calls `f(inst, phase, block, register)` where `v` leaves a register and is needed at home
  // afterwards: the point of the store, the block in which that is, and where the value is.
  template <typename F>
  void for_each_exit(VReg v, F f) const {
    for (const auto& r : placed(v)) {
      uint32_t b = live_.block_of(r.from);
      const LiveSegment* s = live_.segment_in(v, b);
      ++c_.work;
      if (s == nullptr || r.to == live_.end(b) || at(v, r.to) != nullptr) continue;
      bool needed = s->live_out;
      for (const auto& o : c_.occurrences_between(v, r.to & ~3u, live_.end(b))) {
        // A use in the gap where the range ends still finds the register.
        const Footprint& fp = c_.footprint(o);
        needed |= o.at > r.to || (o.at == r.to && fp.from != fp.to);
        ++c_.work;
        if (needed) break;
      }
      if (!needed) continue;
      Position store = r.to & ~3u;
      const Placed* from = r.from == store ? at(v, store - 1) : &r;
      // Null: loaded from home for this instruction alone.
      if (from != nullptr) f(live_.inst_at(store), Phase::inst, b, from->preg);
    }
    for (const auto& s : live_.segments(v)) {
      if (!s.live_in || at(v, live_.entry(s.block)) != nullptr) continue;
      for (uint32_t p : f_.blocks[s.block].predecessors)
        if (const Placed* r = at(v, last_point(p))) {
          auto [inst, phase] = edge_point(p, s.block);
          f(inst, phase, phase == Phase::edge_out ? p : s.block, r->preg);
        }
    }
  }

  // --- Operands and the moves around them -------------------------------------------------------

  void move(uint32_t inst, Phase phase, VReg v, Allocation from, Allocation to) {
    if (from == to) return;
    moves_.push_back({inst, phase, {from, to, v, ~0u}});
  }
  // To a register or slot from wherever `v` is just before `p`.
  void fetch(uint32_t inst, Phase phase, VReg v, Position p, Allocation to) {
    if (const Placed* r = at(v, p - 1)) return move(inst, phase, v, Allocation::of(r->preg), to);
    fetch_home(inst, phase, v, to);
  }
  void fetch_home(uint32_t inst, Phase phase, VReg v, Allocation to) {
    if (has_remat(v)) moves_.push_back({inst, phase, {{}, to, v, info(v).remat}});
    else move(inst, phase, v, slot(v), to);
  }

  void place_vreg(VReg v) {
    for (const auto& o : live_.occurrences(v)) {
      if (o.operand == Occurrence::kParam) place_param(v, o);
      else if (o.operand != Occurrence::kEdge) place_operand(v, o);
    }
    for (const auto& r : placed(v)) start_range(v, r);
    cross_edges(v);
    if (!has_remat(v) && home(v).read && !home(v).at_def) store_at_exits(v);
  }

  void place_param(VReg v, const Occurrence& o) {
    const Placed* r = at(v, o.at);
    if (r != nullptr && home(v).read && home(v).at_def && !has_remat(v))
      move(f_.blocks[live_.block_of(o.at)].first_inst, Phase::param_store, v,
           Allocation::of(r->preg), slot(v));
  }

  void place_operand(VReg v, const Occurrence& o) {
    const Operand& op = f_.operands[o.operand];
    uint32_t i = live_.inst_at(o.at);
    const MachineInst& inst = f_.insts[i];
    Allocation& place = result_.operands[o.operand];
    const Footprint& fp = c_.footprint(o);
    PReg fixed = c_.fixed_register(inst, op);
    if (is_use(op.role)) {
      if (fp.from != fp.to) {
        const Placed* r = at(v, o.at + 1);
        place = r != nullptr ? Allocation::of(r->preg) : slot(v);
        return;
      }
      place = Allocation::of(fixed.valid() ? fixed : shared_register(v, o));
      const Placed* here = at(v, o.at + 1);
      if (here != nullptr && here->preg == place.preg) return;  // the range sees to it
      fetch(i, Phase::inst, v, o.at, place);
      return;
    }
    const Placed* r = at(v, fp.from == fp.to ? o.at + 3 : fp.from);
    if (fixed.valid()) place = Allocation::of(fixed);
    else place = r != nullptr ? Allocation::of(r->preg) : slot(v);
    if (op.role != Role::temp) after_def(v, i, place, r);
  }

  // The register in which a plain or tied use finds its value because a tied def or a fixed use of
  // the same instruction puts it there.
  PReg shared_register(VReg v, const Occurrence& o) const {
    const MachineInst& inst = c_.inst_of(o);
    auto ops = f_.operands_of(inst);
    auto own = o.operand - inst.first_operand;
    auto register_of_def = [&](const Operand& def) {
      const Placed* r = at(def.vreg, o.at + 2);
      return r != nullptr ? r->preg : PReg{};
    };
    for (const Operand& op : ops)
      if (op.constraint == Constraint::tied && op.tied == own) return register_of_def(op);
    for (const Operand& op : ops) {
      if (is_use(op.role) && op.vreg == v && op.constraint == Constraint::fixed) return op.preg;
      if (op.constraint == Constraint::tied && ops[op.tied].vreg == v) return register_of_def(op);
    }
    return {};
  }

  // From where the instruction defines `v` to its range, and to its home.
  void after_def(VReg v, uint32_t i, Allocation defined, const Placed* r) {
    bool store = !has_remat(v) && home(v).read && (home(v).at_def || r == nullptr);
    auto both = [&](uint32_t inst, Phase phase) {
      if (r != nullptr) move(inst, phase, v, defined, Allocation::of(r->preg));
      if (store) move(inst, phase, v, defined, slot(v));
    };
    if (!is_terminator(i)) return both(i, Phase::after_inst);
    for (const auto& e : f_.blocks[live_.block_of_inst(i)].successors) {
      const LiveSegment* s = live_.segment_in(v, e.block);
      if (s != nullptr && s->live_in && !f_.blocks[e.block].is_landing_pad)
        both(f_.blocks[e.block].first_inst, Phase::invoke_results);
    }
  }

  void start_range(VReg v, const Placed& r) {
    if (r.from % 4 != 0 || live_.is_entry(r.from) || is_defined_at(v, r.from)) return;
    if (r.from == last_point(live_.block_of(r.from)) + 1) return;
    fetch(live_.inst_at(r.from), Phase::inst, v, r.from, Allocation::of(r.preg));
  }

  void cross_edges(VReg v) {
    for (const auto& s : live_.segments(v)) {
      if (!s.live_in || f_.blocks[s.block].is_landing_pad) continue;
      const Placed* to = at(v, live_.entry(s.block));
      if (to == nullptr) continue;
      for (uint32_t p : f_.blocks[s.block].predecessors) {
        auto [inst, phase] = edge_point(p, s.block);
        fetch(inst, phase, v, last_point(p) + 1, Allocation::of(to->preg));
      }
    }
  }

  void store_at_exits(VReg v) {
    for_each_exit(v, [&](uint32_t inst, Phase phase, uint32_t, PReg from) {
      move(inst, phase, v, Allocation::of(from), slot(v));
    });
  }

  void pass_arguments(uint32_t b) {
    for (const auto& e : f_.blocks[b].successors)
      for (uint32_t k = 0; k < e.arg_count; ++k) {
        VReg arg = f_.edge_args[e.first_arg + k], param = f_.blocks[e.block].params[k];
        const Placed* to = at(param, live_.entry(e.block));
        if (to == nullptr && !home(param).read) continue;  // nobody reads it
        auto [inst, phase] = edge_point(b, e.block);
        fetch(inst, phase, arg, last_point(b) + 1,
              to != nullptr ? Allocation::of(to->preg) : slot(param));
      }
  }

  // --- Results ----------------------------------------------------------------------------------

  void emit_moves() {
    sort_by(moves_,
            [](const PendingMove& m) { return sort_key(m.inst, static_cast<uint32_t>(m.phase)); });
    std::vector<ParallelMove> group;
    for (size_t k = 0; k < moves_.size();) {
      group.clear();
      const PendingMove first = moves_[k];
      auto in_group = [&](const PendingMove& m) {
        return m.inst == first.inst && m.phase == first.phase;
      };
      for (; k < moves_.size() && in_group(moves_[k]); ++k)
        if (first.phase != Phase::inst || !has_destination(group, moves_[k].move.to))
          group.push_back(moves_[k].move);
      sequentialize(f_, group, first.inst, first.phase == Phase::after_inst, result_.edits);
    }
  }
  // The same move may be asked for twice: by two uses that share a register.
  static bool has_destination(const std::vector<ParallelMove>& group, const Allocation& to) {
    return std::any_of(group.begin(), group.end(),
                       [&](const ParallelMove& m) { return m.to == to; });
  }

  bool list_roots() {
    std::vector<LiveRoot> roots;
    if (!live_roots(f_, live_, roots)) return false;
    c_.work += roots.size();
    for (uint32_t i = 0; i < f_.insts.size(); ++i)
      if (f_.insts[i].is_safepoint) result_.roots.push_back({i, {}, {}});
    auto row = result_.roots.begin();
    for (const LiveRoot& root : roots) {
      while (row->inst != root.inst) ++row;
      const Placed* r = at(root.vreg, live_.gap(root.inst) + 2);
      Home& h = home(root.vreg);
      if (r != nullptr) {
        row->places.push_back(Allocation::of(r->preg));
        row->vregs.push_back(root.vreg);
      }
      if (h.read && (h.at_def || r == nullptr)) {
        row->places.push_back(slot(root.vreg));
        row->vregs.push_back(root.vreg);
      }
    }
    return true;
  }

  AllocContext& c_;
  const MachineFunction& f_;
  const Liveness& live_;
  std::vector<Home> homes_;
  std::vector<Placed> placed_;
  std::vector<uint32_t> placed_start_;
  std::vector<PendingMove> moves_;
  RegallocResult result_;
};

}  // namespace

RegallocResult resolve(AllocContext& c, const std::vector<Bundle>& bundles) {
  return Resolver(c, bundles).run();
}

}  // namespace zwasm::codegen
