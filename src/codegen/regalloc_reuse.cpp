// Reads what a register still holds.
//
// Allocation decides for each live range where it is, and where ranges meet it loads and stores. So
// a value may be read from its slot although the register that it was just stored from, or loaded
// into, still has it: on today's processors that is a way through the store buffer of several
// cycles, in the middle of what may be a chain. This pass walks the code once, in layout order,
// knowing of each register whose slot's value it holds, and turns loads into moves, operands in
// slots into registers, and leaves out what is there already. A second walk, backwards, leaves out
// the stores that nobody reads any more.
//
// A form of local value numbering over places. Where paths meet, what all of them know is known; of
// a path that comes from below, a loop's back edge, nothing is. So one walk each is enough.
#include <algorithm>
#include <array>
#include <bit>

#include "codegen/regalloc_internal.h"

namespace zwasm::codegen {
namespace {

constexpr uint32_t kRegisters = 64;
constexpr uint32_t kNothing = ~0u;

// What a register holds, besides what it was allocated for.
struct Fact {
  uint32_t slot = kNothing;  // the value of this slot …
  uint8_t size = 0;          // … so many bytes of it
  bool is_ref = false;
  uint32_t remat = kNothing;  // or what this rematerialization makes
  bool known() const { return slot != kNothing || remat != kNothing; }
  friend bool operator==(const Fact&, const Fact&) = default;
};
using Facts = std::array<Fact, kRegisters>;

class Reuse {
 public:
  Reuse(const MachineFunction& f, RegallocResult& result)
      : f_(f),
        r_(result),
        holder_(result.spill_slots, kNothing),
        at_end_(f.blocks.size()),
        overwritten_(result.spill_slots) {}

  void run() {
    for (uint32_t b = 0; b < f_.blocks.size(); ++b) {
      enter(b);
      for (uint32_t i = f_.blocks[b].first_inst; i < f_.blocks[b].end_inst; ++i) {
        edits(i, false);
        instruction(i);
        edits(i, true);
      }
      leave(b);
    }
    drop_dead_stores();
    std::erase_if(r_.edits, [](const Edit& e) { return e.to.kind == Allocation::Kind::none; });
    r_.work += f_.insts.size() + r_.edits.size();
  }

 private:
  struct Known {
    uint8_t reg;
    Fact fact;
  };
  struct AtEnd {
    std::vector<Known> known;
    size_t readers = 0;  // edges to blocks below that have not been reached
  };

  // --- what is known

  // Scratch registers are changed by instructions that do not say so.
  void learn(uint32_t reg, const Fact& fact) {
    if (!f_.allocatable.has(PReg{static_cast<uint8_t>(reg)})) return;
    facts_[reg] = fact;
    if (fact.slot != kNothing) holder_[fact.slot] = reg;
  }
  void forget_register(uint32_t reg) { facts_[reg] = {}; }
  // `size` bytes at `slot` change: a v128 takes two, and is named by the even one.
  void forget_slot(uint32_t slot, uint32_t size) {
    const uint32_t pair = slot & ~1u;
    for (Fact& fact : facts_)
      if (fact.slot == slot || (fact.slot == pair && fact.size == 16) ||
          (size == 16 && fact.slot == (slot | 1)))
        fact.slot = kNothing;
  }
  // What is known of the copy of so many bytes.
  static Fact part_of(Fact fact, uint8_t size) {
    if (fact.size == 16 && size != 16) fact.slot = kNothing;
    fact.size = std::min(fact.size, size);
    return fact;
  }
  // The register of a class that holds `size` bytes of a slot, or kNothing.
  uint32_t holder_of(uint32_t slot, uint32_t size, RegClass reg_class) const {
    const uint32_t reg = holder_[slot];
    if (reg == kNothing) return kNothing;
    const Fact& fact = facts_[reg];
    // The halves of a v128 are not where those of its register would be stored.
    const bool holds = fact.slot == slot && fact.size >= size &&
                       (fact.size == 16) == (size == 16) &&
                       PReg{static_cast<uint8_t>(reg)}.reg_class() == reg_class;
    return holds ? reg : kNothing;
  }

  void enter(uint32_t b) {
    const MachineBlock& block = f_.blocks[b];
    facts_.fill({});
    const auto& before = block.predecessors;
    const bool all_known = !block.is_landing_pad && !before.empty() &&
                           std::ranges::all_of(before, [&](uint32_t p) { return p < b; });
    for (size_t p = 0; p < before.size(); ++p) {
      if (before[p] >= b) continue;
      if (all_known) {
        Facts there;
        for (const Known& k : at_end_[before[p]].known) there[k.reg] = k.fact;
        for (uint32_t reg = 0; reg < kRegisters; ++reg)
          if (p == 0) facts_[reg] = there[reg];
          else if (facts_[reg] != there[reg]) facts_[reg] = {};
      }
      if (--at_end_[before[p]].readers == 0) at_end_[before[p]] = {};
      ++r_.work;
    }
    for (uint32_t reg = 0; reg < kRegisters; ++reg)
      if (facts_[reg].slot != kNothing) holder_[facts_[reg].slot] = reg;
  }
  void leave(uint32_t b) {
    AtEnd& end = at_end_[b];
    for (const Edge& edge : f_.blocks[b].successors) end.readers += edge.block > b;
    if (end.readers == 0) return;
    for (uint8_t reg = 0; reg < kRegisters; ++reg)
      if (facts_[reg].known()) end.known.push_back({reg, facts_[reg]});
  }

  // --- the walk

  void edits(uint32_t inst, bool after) {
    while (next_ < r_.edits.size() && r_.edits[next_].inst == inst &&
           r_.edits[next_].after == after)
      edit(r_.edits[next_++]);
  }

  static void drop(Edit& e) { e.to = {}; }

  // After a move between a slot and a register. Of half a v128, or of what is in a register of the
  // other class on its way elsewhere, nothing is known.
  Fact fact_of(const Edit& e, uint32_t slot, PReg reg) const {
    if (e.vreg == VReg::none) return {};
    const VRegInfo& info = f_.vregs[index(e.vreg)];
    if (info.reg_class != reg.reg_class() || (info.size == 16) != (e.size == 16)) return {};
    return {slot, e.size, info.is_ref, kNothing};
  }

  void edit(Edit& e) {
    if (e.remat != kNothing) return rematerialize(e);
    if (e.to.is_slot()) return store(e);
    const uint32_t to = e.to.preg.number;
    Fact fact;
    if (e.from.is_slot()) {
      fact = fact_of(e, e.from.slot, e.to.preg);
      const uint32_t holder = holder_of(e.from.slot, e.size, e.to.preg.reg_class());
      if (holder == to) return drop(e);
      if (holder != kNothing) e.from = Allocation::of(PReg{static_cast<uint8_t>(holder)});
    } else if (e.from.preg.reg_class() == e.to.preg.reg_class()) {
      fact = part_of(facts_[e.from.preg.number], e.size);
    }
    forget_register(to);
    if (fact.known()) learn(to, fact);
  }

  void rematerialize(Edit& e) {
    const uint32_t to = e.to.preg.number;
    if (facts_[to].remat == e.remat) return drop(e);
    forget_register(to);
    learn(to, {kNothing, 0, false, e.remat});
  }

  void store(Edit& e) {
    const PReg from = e.from.preg;
    if (holder_of(e.to.slot, e.size, from.reg_class()) == from.number) return drop(e);
    forget_slot(e.to.slot, e.size);
    const Fact fact = fact_of(e, e.to.slot, from);
    if (fact.known()) learn(from.number, fact);
  }

  void instruction(uint32_t i) {
    const MachineInst& inst = f_.insts[i];
    const auto operands = f_.operands_of(inst);
    Allocation* places = r_.operands.data() + inst.first_operand;
    PRegSet written = inst.clobbers;
    for (size_t o = 0; o < operands.size(); ++o)
      if (operands[o].role != Role::use && operands[o].role != Role::late_use && places[o].is_reg())
        written.add(places[o].preg);
    for (size_t o = 0; o < operands.size(); ++o) {
      const Operand& operand = operands[o];
      if (operand.role != Role::use || operand.constraint != Constraint::any ||
          !places[o].is_slot())
        continue;
      const VRegInfo& info = f_.vregs[index(operand.vreg)];
      const uint32_t holder = holder_of(places[o].slot, info.size, info.reg_class);
      if (holder == kNothing) continue;
      const PReg reg{static_cast<uint8_t>(holder)};
      // What the instruction writes may be written before all is read.
      if (inst.is_move || !written.has(reg)) places[o] = Allocation::of(reg);
    }
    for (uint64_t bits = written.bits(); bits != 0; bits &= bits - 1)
      forget_register(static_cast<uint32_t>(std::countr_zero(bits)));
    for (size_t o = 0; o < operands.size(); ++o)
      if (operands[o].role != Role::use && operands[o].role != Role::late_use &&
          places[o].is_slot())
        forget_slot(places[o].slot, f_.vregs[index(operands[o].vreg)].size);
    // The collector moves objects, and writes where they are into the roots only.
    if (inst.is_safepoint)
      for (Fact& fact : facts_)
        if (fact.is_ref) fact = {};
  }

  // --- stores that are not needed: to slots that nobody reads, or not before the next store

  void drop_dead_stores() {
    live_out_.assign(holder_.size(), false);
    for_each_read([&](uint32_t slot) { live_out_[slot] = true; });
    std::vector<Edit>::iterator edit = r_.edits.end();
    auto roots = r_.roots.end();
    for (auto block = f_.blocks.rbegin(); block != f_.blocks.rend(); ++block) {
      ++walk_;
      for (uint32_t i = block->end_inst; i-- > block->first_inst;) {
        auto back_over = [&](bool after) {
          while (edit != r_.edits.begin() && std::prev(edit)->inst == i &&
                 std::prev(edit)->after == after)
            back(*--edit);
        };
        back_over(true);
        const MachineInst& inst = f_.insts[i];
        for (size_t o = inst.first_operand; o < inst.first_operand + inst.operand_count; ++o)
          read_operand(o, [&](uint32_t slot) { live(slot); });
        for (; roots != r_.roots.begin() && std::prev(roots)->inst == i; --roots)
          for (const Allocation& place : std::prev(roots)->places)
            if (place.is_slot()) live(place.slot);
        back_over(false);
      }
    }
  }

  template <class F>
  static void read_slots(const Allocation& place, uint32_t size, F f) {
    if (!place.is_slot()) return;
    f(place.slot);
    if (size == 16) f(place.slot | 1);
  }
  template <class F>
  void read_operand(size_t o, F f) const {
    const VReg v = f_.operands[o].vreg;
    if (v != VReg::none) read_slots(r_.operands[o], f_.vregs[index(v)].size, f);
  }
  template <class F>
  void for_each_read(F f) const {
    for (size_t o = 0; o < f_.operands.size(); ++o) read_operand(o, f);
    for (const Edit& e : r_.edits)
      if (e.to.kind != Allocation::Kind::none) read_slots(e.from, e.size, f);
    for (const SafepointRoots& roots : r_.roots)
      for (const Allocation& place : roots.places) read_slots(place, 8, f);
  }

  void live(uint32_t slot) { overwritten_[slot] = {}; }
  // So many bytes of what is in the slot now are read by nobody.
  uint32_t dead_bytes(uint32_t slot) const {
    if (!live_out_[slot]) return 16;
    return overwritten_[slot].walk == walk_ ? overwritten_[slot].bytes : 0;
  }
  void back(Edit& e) {
    if (e.to.is_slot()) {
      const bool wide = e.size == 16;
      const uint32_t bytes = wide ? 8 : e.size;
      if (dead_bytes(e.to.slot) >= bytes && (!wide || dead_bytes(e.to.slot | 1) >= bytes))
        return drop(e);
      for (uint32_t slot = e.to.slot; slot <= (wide ? e.to.slot | 1 : e.to.slot); ++slot)
        overwritten_[slot] = {walk_, bytes};
    }
    if (e.to.kind != Allocation::Kind::none)
      read_slots(e.from, e.size, [&](uint32_t s) { live(s); });
  }

  const MachineFunction& f_;
  RegallocResult& r_;
  Facts facts_;
  std::vector<uint32_t> holder_;  // by slot: the last register that held it; see facts_
  std::vector<AtEnd> at_end_;     // by block
  size_t next_ = 0;               // edit
  // Of the walk backwards, by slot.
  struct Overwritten {
    uint32_t walk = 0, bytes = 0;  // by a store further down in block number `walk`
  };
  std::vector<bool> live_out_;
  std::vector<Overwritten> overwritten_;
  uint32_t walk_ = 0;
};

}  // namespace

void reuse_registers(const MachineFunction& function, RegallocResult& result) {
  Reuse(function, result).run();
}

}  // namespace zwasm::codegen
