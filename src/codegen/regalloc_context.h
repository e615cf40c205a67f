// What all parts of the greedy allocator look at.
//
// Their model: each virtual register has a home, a spill slot (or its rematerialization), and parts
// of its live range, the *ranges*, in which it is in a register; outside of them it is at home.
// A *bundle* is a set of ranges that want one register together. Since no register survives a call,
// the first ranges are those between calls (regalloc_ranges.cpp). Bundles connected by moves are
// merged (regalloc_coalesce.cpp), get registers or are split into smaller ones
// (regalloc_assign.cpp), and last the moves between ranges and homes follow (regalloc_resolve.cpp).
//
// Every mention of a register has a footprint, for which it needs a register whatever happens:
//
//   use              [gap, late)       the reload goes into the gap
//   late use         [gap, after)
//   def              [late, next gap)
//   early def        [early, next gap)
//   tied def         [gap, next gap)   what it is tied to is copied in the gap
//   temp             [early, after)
//   fixed use or def, tied use, argument, parameter: none, a move in a gap is all they need
#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "codegen/machine.h"
#include "codegen/regalloc.h"
#include "codegen/regalloc_liveness.h"

namespace zwasm::codegen {

// Part of a live range, within one block.
struct Range {
  Position from, to;
  VReg vreg;
  uint32_t block;
};

struct Footprint {
  Position from, to;   // equal: a move is all it needs
  bool counts = true;  // a reason to be in a register here (not so for arguments of parameters
                       // that start at home)
  bool is_def = false;
  bool slot_will_do = false;
  float cost = 1;  // of being at home here, in moves
};

struct AllocContext {
  explicit AllocContext(const MachineFunction& function);

  const MachineFunction& f;
  Liveness live;
  std::vector<float> frequency;        // of each block
  std::vector<uint32_t> barriers[2];   // by class: instructions that leave no register alone
  std::vector<uint8_t> starts_in_reg;  // by register: a parameter that gets a register at once
  uint64_t work = 0;                   // operations so far

  RegClass reg_class(VReg v) const { return f.vregs[index(v)].reg_class; }
  const Footprint& footprint(const Occurrence& o) const { return footprints_[live.number(o)]; }
  // The occurrences of `v` whose gaps (or entry) are in [from, to).
  std::span<const Occurrence> occurrences_between(VReg v, Position from, Position to) const;
  // The occurrences that belong to a range: those whose footprint it may hold.
  std::span<const Occurrence> occurrences_in(const Range& r) const {
    Position to = std::min((r.to & ~3u) + 1, live.end(r.block));
    return occurrences_between(r.vreg, r.from & ~3u, to);
  }
  // The register that the operand has if it is fixed or tied to a fixed one.
  PReg fixed_register(const MachineInst& inst, const Operand& op) const;
  // The instruction of an occurrence. Not for parameters.
  const MachineInst& inst_of(const Occurrence& o) const { return f.insts[live.inst_at(o.at)]; }

  void find_footprints();  // after a change of `starts_in_reg`

 private:
  void find_barriers();
  void find_parameters();
  Footprint footprint_of(VReg v, const Occurrence& o) const;

  std::vector<Footprint> footprints_;  // parallel to the occurrences
};

// Cuts parts of a live range (of one register, in order) down to what is worth a register: points
// that come from a mention and lead to one within the given parts. So a value is reloaded as late
// as possible but outside of loops, and left alone when nothing in the parts needs it. Where it
// comes to a join on the rarer edges only, it is let go: else the others would all load it.
class RangeCarver {
 public:
  explicit RangeCarver(AllocContext& c);
  // Appends ranges to `out`, and for each the number of its connected component.
  void carve(std::span<const Range> parts, std::vector<Range>& out,
             std::vector<uint32_t>& component);

 private:
  struct Part {
    Range range;
    Position first, last;  // footprints of the mentions that count
    bool mentioned = false, defined = false, only_slot_uses = true;
    bool at_entry = false, at_end = false;       // touches the ends of its block
    bool wanted_in = false, wanted_out = false;  // leads to a mention
    bool held_in = false, held_out = false;      // comes from one
    float held_freq = 0, lost_freq = 0;          // of the edges on which it comes, or does not
    uint32_t component = 0;
  };
  void describe(std::span<const Range> parts);
  void propagate();
  void let_go_at_joins();
  uint32_t part_at_entry(uint32_t block) const {
    return entry_stamp_[block] == stamp_ ? entry_part_[block] : ~0u;
  }
  uint32_t part_at_end(uint32_t block) const {
    return end_stamp_[block] == stamp_ ? end_part_[block] : ~0u;
  }
  bool trim(Part& p) const;
  uint32_t find(uint32_t p);

  AllocContext& c_;
  std::vector<Part> parts_;
  std::vector<uint32_t> entry_part_, end_part_, entry_stamp_, end_stamp_, work_;
  uint32_t stamp_ = 0;
};

struct Bundle {
  std::vector<Range> ranges;  // in order, disjoint
  RegClass reg_class = RegClass::integer;
  uint32_t family = 0;   // bundles that were one once, and should have one register
  float weight = 0;      // cost of being at home, for each instruction covered
  PReg preg;             // when assigned
  bool minimal = false;  // cannot be split: must get a register
  uint8_t cuts = 0;      // that it has come from, as far as they are counted
};

// The bundles to start from.
std::vector<Bundle> initial_bundles(AllocContext& c);
// Pairs of families that a move connects, where they could not be merged.
struct Affinity {
  uint32_t family, other;
  float weight;
};
std::vector<Affinity> coalesce(AllocContext& c, std::vector<Bundle>& bundles);

// Gives each bundle a register, splitting and dropping; nothing if that fails (then no register
// is left for an instruction, which takes a strange function, or the work limit is reached).
bool assign_registers(AllocContext& c, std::vector<Bundle>& bundles,
                      std::span<const Affinity> affinities, uint64_t work_limit);

RegallocResult resolve(AllocContext& c, const std::vector<Bundle>& bundles);

}  // namespace zwasm::codegen
