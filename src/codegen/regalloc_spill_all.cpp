// The simplest allocator that is right: between instructions every value is in a slot of its own;
// each instruction loads what it uses and stores what it defines. It tells faults of lowering and
// emission from those of the real allocators, and takes what those give up on. Values that only one
// block knows take turns in their slots, so that frames of huge functions stay small.
#include <algorithm>

#include "codegen/parallel_moves.h"
#include "codegen/regalloc_internal.h"
#include "codegen/regalloc_liveness.h"

namespace zwasm::codegen {
namespace {

// A frame must leave room on the stack for others.
constexpr uint32_t kMostSlots = 1 << 17;

class SpillAll {
 public:
  explicit SpillAll(const MachineFunction& f) : f_(f), slot_(f.vregs.size(), 0) {
    result_.operands.resize(f.operands.size());
  }

  RegallocResult run() {
    assign_slots();
    for (uint32_t b = 0; b < f_.blocks.size(); ++b) {
      const auto& block = f_.blocks[b];
      if (block.predecessors.size() == 1) store_terminator_defs(block.predecessors[0], b);
      for (uint32_t i = block.first_inst; i < block.end_inst; ++i) {
        assign(f_.insts[i]);
        load_uses(i);
        if (i + 1 == block.end_inst) edge_moves(block, i);
        else store_defs(f_.insts[i], i, true);
      }
    }
    if (result_.spill_slots > kMostSlots) result_.refusal = "too many values live at once";
    else if (!list_roots()) result_.refusal = kTooManyRoots;
    result_.work += result_.edits.size();
    return std::move(result_);
  }

 private:
  Allocation slot_of(VReg v) const { return Allocation::of_slot(slot_[index(v)]); }
  std::span<const Operand> operands(const MachineInst& inst) const { return f_.operands_of(inst); }
  Allocation& place(const MachineInst& inst, size_t k) {
    return result_.operands[inst.first_operand + k];
  }

  // Wide values first, so that they are aligned and share no slot with narrow ones.
  void assign_slots() {
    find_extents();
    for (bool wide : {true, false}) {
      for (uint32_t v = 0; v < f_.vregs.size(); ++v)
        if (is_wide(v) == wide && extents_[v].block == kSeveral) slot_[v] = new_slot(wide);
      std::vector<uint32_t> free;
      for (const MachineBlock& block : f_.blocks)
        for (uint32_t i = block.first_inst; i < block.end_inst; ++i) take_turns(i, wide, free);
    }
  }

  // Where a value is mentioned: between two instructions of a block, or elsewhere too.
  static constexpr uint32_t kNowhere = ~0u, kSeveral = ~0u - 1;
  struct Extent {
    uint32_t block = kNowhere, first = 0, last = 0;
  };
  void find_extents() {
    extents_.resize(f_.vregs.size());
    auto several = [&](VReg v) { extents_[index(v)].block = kSeveral; };
    for (uint32_t b = 0; b < f_.blocks.size(); ++b) {
      const MachineBlock& block = f_.blocks[b];
      std::ranges::for_each(block.params, several);
      for (const Edge& e : block.successors)
        for (uint32_t k = 0; k < e.arg_count; ++k) several(f_.edge_args[e.first_arg + k]);
      for (uint32_t i = block.first_inst; i < block.end_inst; ++i)
        for (const Operand& op : operands(f_.insts[i])) {
          ++result_.work;
          if (op.vreg == VReg::none) continue;
          Extent& extent = extents_[index(op.vreg)];
          // What the last instruction defines is stored in another block.
          if (extent.block == kNowhere && i + 1 != block.end_inst) extent = {b, i, i};
          else if (extent.block != b) extent.block = kSeveral;
          extent.last = i;
        }
    }
  }
  bool is_wide(uint32_t v) const { return f_.vregs[v].size == 16; }
  uint32_t new_slot(bool wide) {
    const uint32_t slot = result_.spill_slots;
    result_.spill_slots += wide ? 2 : 1;
    return slot;
  }
  void take_turns(uint32_t i, bool wide, std::vector<uint32_t>& free) {
    for (bool ends : {false, true})
      for (const Operand& op : operands(f_.insts[i])) {
        if (op.vreg == VReg::none || is_wide(index(op.vreg)) != wide) continue;
        Extent& extent = extents_[index(op.vreg)];
        if (extent.block == kSeveral) continue;
        uint32_t& slot = slot_[index(op.vreg)];
        if (!ends && extent.first == i) {
          extent.first = kNowhere;  // it may be mentioned twice here, and in the end once
          if (free.empty()) slot = new_slot(wide);
          else slot = free.back(), free.pop_back();
        } else if (ends && extent.last == i) {
          extent.last = kNowhere;
          free.push_back(slot);
        }
      }
  }

  PReg pick(RegClass c, PRegSet busy) const {
    uint64_t half = c == RegClass::integer ? 0xFFFFFFFFu : ~uint64_t{0xFFFFFFFFu};
    uint64_t free = f_.allocatable.bits() & half & ~busy.bits();
    return {static_cast<uint8_t>(free == 0 ? 0xFF : __builtin_ctzll(free))};
  }

  // Fixed operands first, then those that span both points of the instruction, then the rest, of
  // which uses meet only uses and defs only defs: so no choice can block a later one.
  void assign(const MachineInst& inst) {
    PRegSet early, late = inst.clobbers;
    auto ops = operands(inst);
    auto take = [&](const Operand& op, PReg r) {
      if (op.role != Role::def) early.add(r);
      if (op.role != Role::use) late.add(r);
    };
    for (size_t k = 0; k < ops.size(); ++k)
      if (ops[k].constraint == Constraint::fixed) {
        place(inst, k) = Allocation::of(ops[k].preg);
        take(ops[k], ops[k].preg);
      }
    auto choose = [&](size_t k, PRegSet busy) {
      PReg r = pick(f_.vregs[index(ops[k].vreg)].reg_class, busy);
      place(inst, k) = Allocation::of(r);
      return r;
    };
    for (size_t k = 0; k < ops.size(); ++k) {
      if (ops[k].constraint != Constraint::tied) continue;
      size_t use = ops[k].tied;
      if (ops[use].constraint != Constraint::fixed)
        early.add(choose(use, PRegSet(early.bits() | late.bits())));
      place(inst, k) = place(inst, use);
      late.add(place(inst, use).preg);
    }
    for (size_t k = 0; k < ops.size(); ++k) {
      if (place(inst, k).kind != Allocation::Kind::none) continue;
      bool spans = ops[k].role != Role::use && ops[k].role != Role::def;
      if (ops[k].constraint == Constraint::any && ops[k].role != Role::temp)
        place(inst, k) = slot_of(ops[k].vreg);
      else if (spans) take(ops[k], choose(k, PRegSet(early.bits() | late.bits())));
    }
    for (size_t k = 0; k < ops.size(); ++k)
      if (place(inst, k).kind == Allocation::Kind::none)
        take(ops[k], choose(k, ops[k].role == Role::use ? early : late));
  }

  void load_uses(uint32_t i) {
    const auto& inst = f_.insts[i];
    for (size_t k = 0; k < operands(inst).size(); ++k) {
      const Operand& op = operands(inst)[k];
      Allocation to = place(inst, k);
      if (is_use(op.role) && to.is_reg()) edit(i, false, slot_of(op.vreg), to, op.vreg);
    }
  }

  void store_defs(const MachineInst& inst, uint32_t at, bool after) {
    for (size_t k = 0; k < operands(inst).size(); ++k) {
      const Operand& op = operands(inst)[k];
      Allocation from = place(inst, k);
      if (is_def(op.role) && from.is_reg() && op.vreg != VReg::none)
        edit(at, after, from, slot_of(op.vreg), op.vreg);
    }
  }

  void store_terminator_defs(uint32_t pred, uint32_t b) {
    const auto& term = f_.insts[f_.blocks[pred].end_inst - 1];
    if (f_.blocks[b].is_landing_pad) return;
    if (place_pending(term)) assign(term);
    store_defs(term, f_.blocks[b].first_inst, false);
  }
  // A predecessor later in the layout has no places yet; choosing twice gives the same.
  bool place_pending(const MachineInst& inst) {
    return inst.operand_count != 0 && place(inst, 0).kind == Allocation::Kind::none;
  }

  void edge_moves(const MachineBlock& block, uint32_t i) {
    for (const auto& e : block.successors) {
      std::vector<ParallelMove> moves;
      for (uint32_t k = 0; k < e.arg_count; ++k) {
        VReg arg = f_.edge_args[e.first_arg + k], param = f_.blocks[e.block].params[k];
        moves.push_back({slot_of(arg), slot_of(param), arg});
      }
      sequentialize(f_, moves, i, false, result_.edits);
    }
  }

  void edit(uint32_t i, bool after, Allocation from, Allocation to, VReg v) {
    result_.edits.push_back({i, after, from, to, move_size(f_.vregs[index(v)]), ~0u, v});
  }

  bool list_roots() {
    Liveness live(f_, true, live_walk_limit(f_));
    std::vector<LiveRoot> roots;
    if (!live.complete() || !live_roots(f_, live, roots)) return false;
    result_.work += live.work() + roots.size();
    for (uint32_t i = 0; i < f_.insts.size(); ++i)
      if (f_.insts[i].is_safepoint) result_.roots.push_back({i, {}, {}});
    auto at = result_.roots.begin();
    for (const LiveRoot& r : roots) {
      while (at->inst != r.inst) ++at;
      at->places.push_back(slot_of(r.vreg));
      at->vregs.push_back(r.vreg);
    }
    return true;
  }

  const MachineFunction& f_;
  std::vector<uint32_t> slot_;
  std::vector<Extent> extents_;  // by virtual register
  RegallocResult result_;
};

}  // namespace

RegallocResult spill_all(const MachineFunction& function) { return SpillAll(function).run(); }

}  // namespace zwasm::codegen
