// Linear scan: registers for a function in one walk over its layout. It is what -O1 uses, and what
// takes functions on which the greedy allocator would spend too long.
//
// At each point a virtual register is in at most one register. Where it is not, it is in its slot,
// which is right from the definition on: a value that has to leave its register is just forgotten
// there, and because it is defined once, one store behind the definition fills the slot for all
// points that follow. What can be computed again needs neither.
//
//     v1 = load         →   r3 = load; [s0] = r3     (the call makes v1 leave: found out later)
//     call              →   call
//     v2 = add v1, v0   →   r1 = [s0]; r1 = add r1, …
//
// The first edge that reaches a block says what is in which register at its entry; the others
// arrange themselves, by moves at their ends. A loop's header keeps what the loop will want before
// it calls, and loads it in front of the loop. Of several values the one that is mentioned farthest
// ahead in the layout leaves.
//
// Time: instructions, plus live ranges in blocks, each times a constant (the registers).
#include <algorithm>
#include <array>
#include <bit>

#include "base/sort.h"
#include "codegen/parallel_moves.h"
#include "codegen/regalloc_internal.h"
#include "codegen/regalloc_liveness.h"
#include "codegen/regalloc_slots.h"

namespace zwasm::codegen {
namespace {

constexpr uint64_t bit(PReg r) { return uint64_t{1} << r.number; }
template <class F>
void for_each_bit(uint64_t bits, F f) {
  for (; bits != 0; bits &= bits - 1) f(PReg{static_cast<uint8_t>(std::countr_zero(bits))});
}

class LinearScan {
 public:
  explicit LinearScan(const MachineFunction& f)
      : f_(f),
        live_(f, false, live_walk_limit(f)),
        reg_(f.vregs.size()),
        next_(f.vregs.size(), 0),
        lives_on_(f.vregs.size(), kNone),
        homes_(f.vregs.size()),
        states_(f.blocks.size()) {}

  std::optional<RegallocResult> run() {
    if (!live_.complete()) return std::nullopt;
    result_.operands.resize(f_.operands.size());
    list_by_block();
    find_barriers();
    for (uint32_t b = 0; b < f_.blocks.size(); ++b)
      if (!block(b)) return std::nullopt;
    result_.spill_slots = assign_slots(f_, live_, homes_, result_.work);
    for (Allocation& place : result_.operands) place = final(place);
    write_edits();
    if (!list_roots()) result_.refusal = kTooManyRoots;
    result_.work += live_.work() + result_.edits.size();
    return std::move(result_);
  }

 private:
  static constexpr uint32_t kNone = ~0u;

  // A value in a register at a block's entry; `param`: its number if it is one of the block's.
  struct Held {
    VReg vreg;
    PReg preg;
    uint32_t param;
  };
  struct State {
    bool known = false;
    std::vector<Held> held;
  };
  // What an instruction occupies up to its early point, from its late point on, and what it leaves
  // without the value it had.
  struct Busy {
    uint64_t early = 0, late = 0, gone = 0;
  };
  struct Item {
    uint32_t inst;
    bool at_once;  // with the others there: the moves of an edge
    ParallelMove move;
  };
  struct Def {
    uint32_t inst;
    bool after;
    VReg vreg;
    PReg preg;
  };
  struct HeldRoot {
    uint32_t inst;
    VReg vreg;
    PReg preg;
  };

  // --- What there is ----------------------------------------------------------------------------

  void list_by_block() {
    by_block_start_.assign(f_.blocks.size() + 1, 0);
    auto each = [&](auto f) {
      for (uint32_t v = 0; v < f_.vregs.size(); ++v)
        for (const LiveSegment& s : live_.segments(VReg{v})) f(VReg{v}, s);
    };
    each([&](VReg, const LiveSegment& s) { ++by_block_start_[s.block + 1]; });
    for (size_t b = 1; b < by_block_start_.size(); ++b)
      by_block_start_[b] += by_block_start_[b - 1];
    by_block_.resize(by_block_start_.back());
    std::vector<uint32_t> next(by_block_start_.begin(), by_block_start_.end() - 1);
    each([&](VReg v, const LiveSegment& s) {
      by_block_[next[s.block]++] = {v, s.live_in, s.live_out};
    });
    result_.work += by_block_.size();
  }
  struct InBlock {
    VReg vreg;
    bool live_in, live_out;
  };
  std::span<const InBlock> in_block(uint32_t b) const {
    return std::span(by_block_).subspan(by_block_start_[b],
                                        by_block_start_[b + 1] - by_block_start_[b]);
  }

  void find_barriers() {
    for (uint32_t i = 0; i < f_.insts.size(); ++i)
      if ((f_.allocatable.bits() & ~f_.insts[i].clobbers.bits()) == 0) barriers_.push_back(i);
  }
  // Where the next call at or behind instruction `i` is.
  Position barrier_from(uint32_t i) const {
    auto it = std::lower_bound(barriers_.begin(), barriers_.end(), i);
    return it == barriers_.end() ? kNone : live_.gap(*it);
  }

  const VRegInfo& info(VReg v) const { return f_.vregs[index(v)]; }
  bool has_remat(VReg v) const { return info(v).remat != ~0u; }
  uint64_t class_bits(VReg v) const {
    uint64_t half = info(v).reg_class == RegClass::integer ? 0xFFFF'FFFFu : ~uint64_t{0xFFFF'FFFFu};
    return f_.allocatable.bits() & half;
  }
  static Allocation slot(VReg v) { return Allocation::of_slot(index(v)); }  // until slots are known
  Allocation final(const Allocation& a) const {
    return a.is_slot() ? Allocation::of_slot(homes_[a.slot].slot) : a;
  }

  // The next mention behind the current instruction, or kNone.
  Position next_mention(VReg v) {
    auto all = live_.occurrences(v);
    uint32_t& n = next_[index(v)];
    while (n < all.size() && all[n].at <= here_) ++n, ++result_.work;
    return n < all.size() ? all[n].at : kNone;
  }
  Position mention_from(VReg v, Position p) const {
    auto all = live_.occurrences(v);
    auto it = std::lower_bound(all.begin(), all.end(), p,
                               [](const Occurrence& o, Position q) { return o.at < q; });
    return it != all.end() ? it->at : kNone;
  }
  // Whether the value is wanted behind the current instruction.
  bool lives_on(VReg v) { return lives_on_[index(v)] == block_ || next_mention(v) < block_end_; }

  // --- Registers --------------------------------------------------------------------------------

  void hold(VReg v, PReg r) {
    reg_[index(v)] = r;
    holder_[r.number] = v;
    held_ |= bit(r);
  }
  void release(VReg v) {
    PReg& r = reg_[index(v)];
    if (r.valid()) held_ &= ~bit(r);
    r = {};
  }
  void need_slot(VReg v) {
    if (!has_remat(v)) homes_[index(v)].read = true;
  }
  void drop(VReg v) {
    release(v);
    need_slot(v);
  }

  void fetch(uint32_t inst, VReg v, Allocation to, bool at_once = false) {
    if (reg_[index(v)].valid()) return move(inst, v, Allocation::of(reg_[index(v)]), to, at_once);
    if (has_remat(v)) return items_.push_back({inst, at_once, {{}, to, v, info(v).remat}});
    need_slot(v);
    move(inst, v, slot(v), to, at_once);
  }
  void move(uint32_t inst, VReg v, Allocation from, Allocation to, bool at_once) {
    if (from != to) items_.push_back({inst, at_once, {from, to, v, ~0u}});
  }

  // A register for `v` outside of `avoid`; what is in it leaves.
  PReg pick(VReg v, uint64_t avoid, PReg hint = {}) {
    uint64_t usable = class_bits(v) & ~avoid;
    uint64_t free = usable & ~held_;
    if (hint.valid() && (free & bit(hint)) != 0) return hint;
    if (free != 0) {
      // The first ones are those that calls and divisions want.
      constexpr uint64_t kOftenFixed = 0x7;
      uint64_t best = (free & ~kOftenFixed) != 0 ? free & ~kOftenFixed : free;
      return {static_cast<uint8_t>(std::countr_zero(best))};
    }
    PReg farthest;
    Position distance = 0;
    for_each_bit(usable & held_, [&](PReg r) {
      Position p = next_mention(holder_[r.number]);
      if (!farthest.valid() || p > distance) farthest = r, distance = p;
    });
    if (farthest.valid()) drop(holder_[farthest.number]);
    return farthest;
  }

  // Out of its register, into another one that is free outside of `avoid`, or home.
  void relocate(VReg v, uint64_t avoid) {
    uint64_t free = class_bits(v) & ~avoid & ~held_;
    if (free == 0) return drop(v);
    PReg to{static_cast<uint8_t>(std::countr_zero(free))};
    fetch(inst_, v, Allocation::of(to));
    release(v);
    hold(v, to);
  }

  // Where `v` will be wanted: the register of its next mention, if that is fixed.
  PReg hint_for(VReg v) {
    if (next_mention(v) == kNone) return {};
    const Occurrence& o = live_.occurrences(v)[next_[index(v)]];
    if (o.operand >= Occurrence::kParam)
      return o.operand == Occurrence::kEdge ? edge_hint(o) : PReg{};
    const Operand& op = f_.operands[o.operand];
    return op.constraint == Constraint::fixed ? op.preg : PReg{};
  }
  PReg edge_hint(const Occurrence& o) const {
    for (const Held& h : states_[o.edge_target].held)
      if (h.param == o.edge_index) return h.preg;
    return {};
  }

  // --- One instruction --------------------------------------------------------------------------

  bool instruction(uint32_t i) {
    const MachineInst& inst = f_.insts[i];
    auto ops = f_.operands_of(inst);
    inst_ = i;
    here_ = live_.gap(i);
    result_.work += 1 + ops.size();
    Busy busy;
    busy.late = busy.gone = inst.clobbers.bits();
    for (const Operand& op : ops) {
      PReg fixed = fixed_register(inst, op);
      if (!fixed.valid()) continue;
      if (op.role != Role::def) busy.early |= bit(fixed);
      if (op.role != Role::use) busy.late |= bit(fixed);
      if (!is_use(op.role)) busy.gone |= bit(fixed);
    }
    bring_fixed(inst, busy);
    if (!bring_tied(inst, busy) || !bring_uses(inst, busy)) return false;
    for_each_bit(busy.gone & held_, [&](PReg r) {
      VReg v = holder_[r.number];
      if (lives_on(v)) relocate(v, busy.early | busy.late);
    });
    if (!place_results(inst, busy)) return false;
    if (inst.is_safepoint)
      for_each_bit(held_, [&](PReg r) {
        if (info(holder_[r.number]).is_ref) held_roots_.push_back({i, holder_[r.number], r});
      });
    return true;
  }

  PReg fixed_register(const MachineInst& inst, const Operand& op) const {
    const Operand& o = op.constraint == Constraint::tied ? f_.operands_of(inst)[op.tied] : op;
    return o.constraint == Constraint::fixed ? o.preg : PReg{};
  }
  Allocation& place(const MachineInst& inst, size_t k) {
    return result_.operands[inst.first_operand + k];
  }

  void bring_fixed(const MachineInst& inst, const Busy& busy) {
    auto ops = f_.operands_of(inst);
    auto is_own = [&](PReg r) {
      for (const Operand& op : ops)
        if (op.constraint == Constraint::fixed && op.preg == r && is_use(op.role))
          return op.vreg == holder_[r.number];
      return false;
    };
    for_each_bit(busy.early & held_, [&](PReg r) {
      if (is_own(r)) return;
      VReg v = holder_[r.number];
      relocate(v, busy.early | (lives_on(v) ? busy.late : 0));
    });
    for (size_t k = 0; k < ops.size(); ++k) {
      const Operand& op = ops[k];
      if (op.constraint != Constraint::fixed) continue;
      place(inst, k) = Allocation::of(op.preg);
      if (!is_use(op.role) || reg_[index(op.vreg)] == op.preg) continue;
      fetch(inst_, op.vreg, Allocation::of(op.preg));
      bool stays = !reg_[index(op.vreg)].valid() && (busy.gone & bit(op.preg)) == 0;
      if (stays && lives_on(op.vreg)) hold(op.vreg, op.preg);
    }
  }

  // Uses whose register a definition takes over.
  bool bring_tied(const MachineInst& inst, Busy& busy) {
    auto ops = f_.operands_of(inst);
    for (size_t k = 0; k < ops.size(); ++k) {
      if (ops[k].constraint != Constraint::tied) continue;
      const Operand& use = ops[ops[k].tied];
      if (use.constraint == Constraint::fixed) {
        place(inst, k) = Allocation::of(use.preg);
        continue;
      }
      PReg own = reg_[index(use.vreg)], to = own;
      bool read_late = std::ranges::any_of(
          ops, [&](const Operand& op) { return op.role == Role::late_use && op.vreg == use.vreg; });
      if (!own.valid() || read_late || lives_on(use.vreg) ||
          ((busy.early | busy.late) & bit(own)) != 0) {
        uint64_t avoid = busy.early | busy.late | (own.valid() ? bit(own) : 0);
        to = pick(use.vreg, avoid | read_by(inst), hint_for(ops[k].vreg));
        if (!to.valid()) return false;
        fetch(inst_, use.vreg, Allocation::of(to));
      }
      place(inst, k) = place(inst, ops[k].tied) = Allocation::of(to);
      busy.early |= bit(to);
      busy.late |= bit(to);
      busy.gone |= bit(to);
    }
    return true;
  }
  // Registers that already hold what the instruction uses.
  uint64_t read_by(const MachineInst& inst) const {
    uint64_t bits = 0;
    for (const Operand& op : f_.operands_of(inst))
      if (op.vreg != VReg::none && is_use(op.role) && reg_[index(op.vreg)].valid())
        bits |= bit(reg_[index(op.vreg)]);
    return bits;
  }

  bool bring_uses(const MachineInst& inst, Busy& busy) {
    auto ops = f_.operands_of(inst);
    uint64_t read = read_by(inst);
    for (size_t k = 0; k < ops.size(); ++k) {
      const Operand& op = ops[k];
      if (!is_use(op.role) || place(inst, k).kind != Allocation::Kind::none) continue;
      bool late = op.role == Role::late_use;
      PReg own = reg_[index(op.vreg)], to = own;
      if (!own.valid() && op.constraint == Constraint::any && !has_remat(op.vreg) &&
          next_mention(op.vreg) >= std::min(block_end_, barrier_from(inst_))) {
        need_slot(op.vreg);
        place(inst, k) = slot(op.vreg);
        continue;
      }
      if (!own.valid() || (late && (busy.gone & bit(own)) != 0)) {
        uint64_t avoid = busy.early | read | (late ? busy.late : 0);
        bool on = lives_on(op.vreg);
        if (on && (class_bits(op.vreg) & ~(avoid | busy.late) & ~held_) != 0) avoid |= busy.late;
        to = pick(op.vreg, avoid);
        if (!to.valid()) return false;
        fetch(inst_, op.vreg, Allocation::of(to));
        release(op.vreg);
        hold(op.vreg, to);
      }
      place(inst, k) = Allocation::of(to);
      busy.early |= bit(to);
      if (late) busy.late |= bit(to);
    }
    return true;
  }

  bool place_results(const MachineInst& inst, Busy& busy) {
    auto ops = f_.operands_of(inst);
    for (size_t k = 0; k < ops.size(); ++k) {
      if ((ops[k].role != Role::temp && ops[k].role != Role::early_def) ||
          place(inst, k).kind != Allocation::Kind::none)
        continue;
      PReg to = pick(ops[k].vreg, busy.early | busy.late);
      if (!to.valid()) return false;
      place(inst, k) = Allocation::of(to);
      busy.early |= bit(to);
      busy.late |= bit(to);
    }
    PReg moved = inst.is_move ? reg_[index(ops[0].vreg)] : PReg{};
    for (const Operand& op : ops)
      if (op.vreg != VReg::none && is_use(op.role) && !lives_on(op.vreg)) release(op.vreg);
    for (size_t k = 0; k < ops.size(); ++k) {
      if (ops[k].role != Role::def || place(inst, k).kind != Allocation::Kind::none) continue;
      PReg hint = hint_for(ops[k].vreg);
      PReg to = pick(ops[k].vreg, busy.late, hint.valid() ? hint : moved);
      if (!to.valid()) return false;
      place(inst, k) = Allocation::of(to);
      busy.late |= bit(to);
    }
    for (size_t k = 0; k < ops.size(); ++k) {
      if (!is_def(ops[k].role) || ops[k].vreg == VReg::none || !lives_on(ops[k].vreg)) continue;
      hold(ops[k].vreg, place(inst, k).preg);
      defined(ops[k].vreg);
    }
    return true;
  }

  void defined(VReg v) {
    PReg r = reg_[index(v)];
    const MachineBlock& block = f_.blocks[block_];
    if (inst_ + 1 != block.end_inst) return defs_.push_back({inst_, true, v, r});
    for (const Edge& e : block.successors) {  // a call that may unwind
      const LiveSegment* s = live_.segment_in(v, e.block);
      if (s != nullptr && s->live_in && !f_.blocks[e.block].is_landing_pad)
        defs_.push_back({f_.blocks[e.block].first_inst, false, v, r});
    }
  }

  // --- Blocks -----------------------------------------------------------------------------------

  bool block(uint32_t b) {
    const MachineBlock& block = f_.blocks[b];
    for_each_bit(held_, [&](PReg r) { release(holder_[r.number]); });
    block_ = b;
    block_end_ = live_.end(b);
    here_ = live_.entry(b);
    if (!states_[b].known || block.is_landing_pad) enter_from_slots(b);
    for (const Held& h : states_[b].held) {
      hold(h.vreg, h.preg);
      if (h.param != kNone) defs_.push_back({block.first_inst, false, h.vreg, h.preg});
    }
    for (const InBlock& l : in_block(b))
      if (l.live_out) lives_on_[index(l.vreg)] = b;
    for (uint32_t i = block.first_inst; i < block.end_inst; ++i)
      if (!instruction(i)) return false;
    leave(b);
    return true;
  }

  // Nobody has been there who could say better.
  void enter_from_slots(uint32_t b) {
    states_[b].known = true;
    states_[b].held.clear();
    for (const InBlock& l : in_block(b))
      if (l.live_in) need_slot(l.vreg);
    for (VReg p : f_.blocks[b].params)
      if (is_read(p)) need_slot(p);
  }
  bool is_read(VReg param) const { return live_.occurrences(param).size() > 1; }

  void leave(uint32_t b) {
    const MachineBlock& block = f_.blocks[b];
    if (block.successors.size() == 1) {
      const Edge& e = block.successors[0];
      if (!states_[e.block].known) choose_state(e);
      return arrange(block.end_inst - 1, e);
    }
    for (const Edge& e : block.successors) {
      State& to = states_[e.block];
      if (to.known || f_.blocks[e.block].is_landing_pad) continue;
      to.known = true;
      result_.work += in_block(e.block).size();
      for (const InBlock& l : in_block(e.block))
        if (l.live_in && reg_[index(l.vreg)].valid())
          to.held.push_back({l.vreg, reg_[index(l.vreg)], kNone});
    }
  }

  // What the target of the edge finds in registers.
  void choose_state(const Edge& e) {
    const MachineBlock& target = f_.blocks[e.block];
    State& state = states_[e.block];
    state.known = true;
    uint32_t last = *std::ranges::max_element(target.predecessors);
    bool loop = last >= e.block;
    Position loop_end = loop ? live_.end(last) : 0, barrier = barrier_from(target.first_inst);
    uint64_t taken = 0;
    std::vector<VReg> to_load;
    result_.work += in_block(e.block).size() + target.predecessors.size();
    for (const InBlock& l : in_block(e.block)) {
      if (!l.live_in) continue;
      PReg r = reg_[index(l.vreg)];
      Position next = mention_from(l.vreg, live_.entry(e.block));
      bool soon = next < barrier && (!loop || next < loop_end);
      if (r.valid()) {
        bool costs_a_store = !homes_[index(l.vreg)].read && !has_remat(l.vreg);
        if (soon || (costs_a_store && !(loop && barrier < loop_end))) {
          state.held.push_back({l.vreg, r, kNone});
          taken |= bit(r);
        } else {
          need_slot(l.vreg);
        }
      } else if (loop && soon) {
        to_load.push_back(l.vreg);
      }
    }
    for (uint32_t k = 0; k < target.params.size(); ++k) {
      VReg param = target.params[k];
      if (!is_read(param)) continue;
      PReg r = reg_[index(f_.edge_args[e.first_arg + k])];  // taken over if it is not needed
      uint64_t free = class_bits(param) & ~taken;
      if (!r.valid() || (free & bit(r)) == 0) {
        uint64_t unused = free & ~held_;
        if (unused != 0) free = unused;
        r = free != 0 ? PReg{static_cast<uint8_t>(std::countr_zero(free))} : PReg{};
      }
      if (!r.valid()) {
        need_slot(param);
        continue;
      }
      state.held.push_back({param, r, k});
      taken |= bit(r);
    }
    for (VReg v : to_load) {
      uint64_t free = class_bits(v) & ~taken;
      // Some are left for the loop itself.
      if (std::popcount(free) <= 3) continue;
      PReg r{static_cast<uint8_t>(std::countr_zero(free))};
      state.held.push_back({v, r, kNone});
      taken |= bit(r);
    }
  }

  // The moves of an edge.
  void arrange(uint32_t inst, const Edge& e) {
    const MachineBlock& target = f_.blocks[e.block];
    const State& state = states_[e.block];
    result_.work += state.held.size() + target.params.size();
    in_reg_.assign(target.params.size(), false);
    for (const Held& h : state.held) {
      if (h.param != kNone) in_reg_[h.param] = true;
      VReg from = h.param != kNone ? f_.edge_args[e.first_arg + h.param] : h.vreg;
      fetch(inst, from, Allocation::of(h.preg), true);
    }
    for (uint32_t k = 0; k < target.params.size(); ++k)
      if (!in_reg_[k] && is_read(target.params[k]))
        fetch(inst, f_.edge_args[e.first_arg + k], slot(target.params[k]), true);
  }

  // --- Results ----------------------------------------------------------------------------------

  void write_edits() {
    std::erase_if(defs_, [&](const Def& d) { return !homes_[index(d.vreg)].read; });
    sort_by(defs_, [](const Def& d) { return sort_key(d.inst, d.after ? 1 : 0); });
    auto def = defs_.begin();
    auto store_up_to = [&](uint32_t inst) {  // those in front of `inst` are first there
      for (; def != defs_.end() && (def->inst < inst || (def->inst == inst && !def->after)); ++def)
        result_.edits.push_back({def->inst, def->after, Allocation::of(def->preg),
                                 final(slot(def->vreg)), move_size(info(def->vreg)), ~0u,
                                 def->vreg});
    };
    std::vector<ParallelMove> group;
    for (size_t k = 0; k < items_.size();) {
      const Item& first = items_[k];
      store_up_to(first.inst);
      group.clear();
      do {
        ParallelMove m = items_[k++].move;
        m.from = final(m.from), m.to = final(m.to);
        group.push_back(m);
      } while (first.at_once && k < items_.size() && items_[k].inst == first.inst &&
               items_[k].at_once);
      sequentialize(f_, group, first.inst, false, result_.edits);
    }
    store_up_to(kNone);
  }

  bool list_roots() {
    std::vector<LiveRoot> roots;
    if (!live_roots(f_, live_, roots)) return false;
    result_.work += roots.size();
    for (uint32_t i = 0; i < f_.insts.size(); ++i)
      if (f_.insts[i].is_safepoint) result_.roots.push_back({i, {}, {}});
    auto row = result_.roots.begin();
    auto add = [&](uint32_t inst, VReg v, Allocation place) {
      while (row->inst != inst) ++row;
      row->places.push_back(place);
      row->vregs.push_back(v);
    };
    sort_by(held_roots_, [](const HeldRoot& h) { return sort_key(h.inst, index(h.vreg)); });
    auto held = held_roots_.begin();
    for (const LiveRoot& root : roots) {
      // Those that the instruction itself defines are not among them.
      while (held != held_roots_.end() &&
             (held->inst < root.inst || (held->inst == root.inst && held->vreg < root.vreg)))
        ++held;
      if (held != held_roots_.end() && held->inst == root.inst && held->vreg == root.vreg)
        add(root.inst, root.vreg, Allocation::of(held->preg));
      if (homes_[index(root.vreg)].read) add(root.inst, root.vreg, final(slot(root.vreg)));
    }
    return true;
  }

  const MachineFunction& f_;
  const Liveness live_;
  std::vector<uint32_t> barriers_;  // instructions that leave no register alone
  std::vector<uint32_t> by_block_start_;
  std::vector<InBlock> by_block_;

  std::vector<PReg> reg_;  // by virtual register: where it is now
  std::array<VReg, 64> holder_{};
  uint64_t held_ = 0;               // registers with a holder
  std::vector<uint32_t> next_;      // by virtual register: the next occurrence
  std::vector<uint32_t> lives_on_;  // by virtual register: the last block at whose end it is live
  uint32_t block_ = 0, inst_ = 0;
  Position here_ = 0, block_end_ = 0;

  std::vector<Home> homes_;  // `read`: it has a slot
  std::vector<State> states_;
  std::vector<Item> items_;
  std::vector<Def> defs_;
  std::vector<HeldRoot> held_roots_;
  std::vector<uint8_t> in_reg_;
  RegallocResult result_;
};

}  // namespace

std::optional<RegallocResult> linear_scan(const MachineFunction& function) {
  return LinearScan(function).run();
}

}  // namespace zwasm::codegen
