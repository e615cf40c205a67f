// The symbolic checker of register allocations.
//
// It walks each block backwards with a set of equations "virtual register v is expected at place
// p". A use adds one; a move from q to p turns those of p into those of q; a def, a clobber or a
// rematerialization must meet exactly the equations it satisfies, for else somebody reads a value
// that is not there. A block's equations at its entry go to its predecessors, until nothing
// changes; at the function's entry none may be left. Only what is read is checked, so copies,
// holes and shared slots need no special treatment.
//
// Places are counted in units of eight bytes, so that halves of a v128 may move one by one:
// a register is two units (low half first), a slot one (the low half of a pair is the second slot,
// which has the lower address).
#include <algorithm>

#include "base/concat.h"
#include "codegen/regalloc.h"
#include "codegen/regalloc_liveness.h"

namespace zwasm::codegen {
namespace {

constexpr uint32_t kFirstSlotUnit = 128;

std::string name(VReg v) { return v == VReg::none ? "nothing" : "v" + std::to_string(index(v)); }
std::string name(const Allocation& a) {
  switch (a.kind) {
    case Allocation::Kind::none: return "nowhere";
    case Allocation::Kind::reg:
      return (a.preg.reg_class() == RegClass::integer ? "i" : "f") +
             std::to_string(a.preg.encoding());
    case Allocation::Kind::slot: return concat({"[", std::to_string(a.slot), "]"});
  }
  return "";
}

using Value = uint32_t;     // virtual register * 2 + half
using Equation = uint64_t;  // unit << 32 | value

class Checker {
 public:
  Checker(const MachineFunction& f, const RegallocResult& r) : f_(f), r_(r) {}

  std::string run() {
    if (r_.operands.size() != f_.operands.size()) return "a place for each operand is missing";
    expected_.resize(kFirstSlotUnit + r_.spill_slots);
    for (uint32_t i = 0; i < f_.insts.size() && error_.empty(); ++i) check_operands(i);
    if (error_.empty()) check_edits();
    if (error_.empty()) check_roots();
    if (error_.empty()) solve();
    return error_;
  }

 private:
  void fail(uint32_t inst, const std::string& what) {
    if (error_.empty()) error_ = concat({"instruction ", std::to_string(inst), ": ", what});
  }

  // --- Places by themselves: what needs no flow -------------------------------------------------

  bool valid(const Allocation& a, uint8_t size) const {
    switch (a.kind) {
      case Allocation::Kind::none: return false;
      case Allocation::Kind::reg: return a.preg.valid();
      case Allocation::Kind::slot:
        return size == 16 ? a.slot % 2 == 0 && a.slot + 2 <= r_.spill_slots
                          : a.slot < r_.spill_slots;
    }
    return false;
  }

  void check_operands(uint32_t i) {
    const auto& inst = f_.insts[i];
    auto ops = f_.operands_of(inst);
    for (uint32_t k = 0; k < ops.size() && error_.empty(); ++k) {
      const Operand& op = ops[k];
      const Allocation& a = place(inst, k);
      std::string who = concat({"operand ", std::to_string(k), " (", name(op.vreg), ")"});
      if (op.constraint == Constraint::fixed) {
        if (a != Allocation::of(op.preg))
          fail(i, concat({who, " is in ", name(a), " instead of its fixed register"}));
        continue;
      }
      const VRegInfo& info = f_.vregs[index(op.vreg)];
      if (!valid(a, info.size)) fail(i, concat({who, " has no valid place: ", name(a)}));
      if (op.constraint != Constraint::any && !a.is_reg()) fail(i, who + " is not in a register");
      if (a.is_reg() && a.preg.reg_class() != info.reg_class)
        fail(i, who + " is in a register of the wrong class");
      if (op.constraint == Constraint::tied && a != place(inst, op.tied))
        fail(i, who + " is not in the register of the use it is tied to");
      bool tied_to_fixed =
          op.constraint == Constraint::tied && ops[op.tied].constraint == Constraint::fixed;
      if (a.is_reg() && !tied_to_fixed) {
        if (!f_.allocatable.has(a.preg)) fail(i, who + " is in a reserved register");
        if (op.role != Role::use && inst.clobbers.has(a.preg))
          fail(i, who + " is in a clobbered register");
      }
    }
    for (uint32_t k = 0; k < ops.size(); ++k)
      for (uint32_t m = 0; m < k; ++m)
        if (collide(inst, k, m))
          fail(i, concat({"operands ", std::to_string(m), " and ", std::to_string(k), " share ",
                          name(place(inst, k))}));
  }

  // Whether two operands need different registers. Uses of different values in one place are left
  // to the equations (the values may be known to be equal).
  bool collide(const MachineInst& inst, uint32_t k, uint32_t m) {
    if (place(inst, k) != place(inst, m)) return false;
    const Operand &a = f_.operands_of(inst)[k], &b = f_.operands_of(inst)[m];
    auto early = [](const Operand& o) { return o.role != Role::def; };
    auto late = [](const Operand& o) { return o.role != Role::use; };
    if (is_use(a.role) && is_use(b.role)) return false;
    return (early(a) && early(b)) || (late(a) && late(b));
  }

  void check_edits() {
    std::vector<uint8_t> is_terminator(f_.insts.size());
    for (const auto& b : f_.blocks)
      if (b.end_inst > b.first_inst) is_terminator[b.end_inst - 1] = true;
    for (size_t k = 0; k < r_.edits.size(); ++k) {
      const Edit& e = r_.edits[k];
      if (e.inst >= f_.insts.size()) return fail(e.inst, "a move beyond the last instruction");
      if (k > 0) {
        const Edit& p = r_.edits[k - 1];
        if (e.inst < p.inst || (e.inst == p.inst && e.after < p.after))
          fail(e.inst, "the moves are not sorted");
      }
      if (e.after && is_terminator[e.inst]) fail(e.inst, "a move after a terminator");
      if (!valid(e.to, e.size)) fail(e.inst, "a move to " + name(e.to));
      if (e.remat != ~0u) {
        if (!e.to.is_reg()) fail(e.inst, "a rematerialization into a slot");
        continue;
      }
      if (e.from.is_slot() && e.to.is_slot()) fail(e.inst, "a move between two slots");
      if (!valid(e.from, e.size)) fail(e.inst, "a move from " + name(e.from));
    }
  }

  void check_roots() {
    for (size_t k = 0; k < r_.roots.size(); ++k) {
      const auto& root = r_.roots[k];
      if (root.inst >= f_.insts.size() || (k > 0 && root.inst <= r_.roots[k - 1].inst))
        return fail(root.inst, "the roots are not sorted");
      if (root.vregs.size() != root.places.size())
        return fail(root.inst, "a root without its register");
      for (size_t n = 0; n < root.places.size(); ++n) {
        if (!f_.vregs[index(root.vregs[n])].is_ref)
          fail(root.inst, concat({"root ", name(root.vregs[n]), " is not a reference"}));
        if (!valid(root.places[n], 8)) fail(root.inst, "a root at " + name(root.places[n]));
      }
    }
  }

  // --- Equations --------------------------------------------------------------------------------

  const Allocation& place(const MachineInst& inst, uint32_t k) const {
    return r_.operands[inst.first_operand + k];
  }
  static uint32_t unit(const Allocation& a, uint32_t half, uint8_t size) {
    if (a.is_reg()) return a.preg.number * 2u + half;
    return kFirstSlotUnit + a.slot + (size == 16 ? 1 - half : 0);
  }
  void add(uint32_t unit, Value v) {
    auto& all = expected_[unit];
    if (std::find(all.begin(), all.end(), v) != all.end()) return;
    if (all.empty()) active_.push_back(unit);
    all.push_back(v);
  }
  void expect(VReg v, const Allocation& a) {
    uint8_t size = f_.vregs[index(v)].size;
    for (uint32_t half = 0; half < (size == 16 ? 2u : 1u); ++half)
      add(unit(a, half, size), index(v) * 2 + half);
  }
  // Something writes `unit`: with `v`, or kNothing. Anything else expected there is an error.
  static constexpr Value kNothing = ~0u;
  void write(uint32_t inst, uint32_t unit, Value v, const char* what) {
    for (Value e : expected_[unit])
      if (e != v)
        fail(inst,
             concat({name(VReg{e / 2}), " is expected in ", name_of_unit(unit), ", which ", what}));
    expected_[unit].clear();
  }
  static std::string name_of_unit(uint32_t u) {
    return u < kFirstSlotUnit ? name(Allocation::of({static_cast<uint8_t>(u / 2)}))
                              : name(Allocation::of_slot(u - kFirstSlotUnit));
  }
  void define(uint32_t inst, VReg v, const Allocation& a, const char* what) {
    bool wide = v != VReg::none && f_.vregs[index(v)].size == 16;
    uint32_t halves = a.is_reg() || wide ? 2 : 1;
    for (uint32_t half = 0; half < halves; ++half) {
      bool holds = v != VReg::none && (half == 0 || wide);
      write(inst, unit(a, half, wide ? 16 : 8), holds ? index(v) * 2 + half : kNothing, what);
    }
  }

  void edit_backwards(const Edit& e) {
    if (e.remat != ~0u) {
      bool same = f_.vregs[index(e.vreg)].remat == e.remat;
      return define(e.inst, same ? e.vreg : VReg::none, e.to, "a rematerialization writes");
    }
    uint32_t halves = e.size == 16 ? 2 : 1;
    std::vector<Value> moved[2];
    for (uint32_t half = 0; half < halves; ++half)
      moved[half].swap(expected_[unit(e.to, half, e.size)]);
    if (e.to.is_reg() && halves == 1)
      write(e.inst, unit(e.to, 1, 8), kNothing, "a move of its low half writes");
    for (uint32_t half = 0; half < halves; ++half)
      for (Value v : moved[half]) add(unit(e.from, half, e.size), v);
  }

  void safepoint_backwards(uint32_t i) {
    const MachineInst& inst = f_.insts[i];
    auto it = std::lower_bound(r_.roots.begin(), r_.roots.end(), i,
                               [](const SafepointRoots& r, uint32_t n) { return r.inst < n; });
    const SafepointRoots* roots = it != r_.roots.end() && it->inst == i ? &*it : nullptr;
    std::vector<uint32_t> listed;
    if (roots != nullptr)
      for (const auto& p : roots->places) {
        listed.push_back(unit(p, 0, 8));
        if (p.is_reg() && inst.clobbers.has(p.preg))
          fail(i, "a root in the clobbered register " + name(p));
      }
    std::sort(listed.begin(), listed.end());
    for (uint32_t u : active_)
      for (Value v : expected_[u])
        if (f_.vregs[v / 2].is_ref && !std::binary_search(listed.begin(), listed.end(), u))
          fail(i, concat({name(VReg{v / 2}), " is used later in ", name_of_unit(u), ", no root"}));
    if (roots == nullptr) return;
    for (size_t k = 0; k < roots->places.size(); ++k) expect(roots->vregs[k], roots->places[k]);
  }

  void inst_backwards(uint32_t i) {
    const MachineInst& inst = f_.insts[i];
    auto ops = f_.operands_of(inst);
    for (uint32_t k = 0; k < ops.size(); ++k)
      if (is_def(ops[k].role)) define(i, ops[k].vreg, place(inst, k), "the instruction defines");
    for (uint64_t bits = inst.clobbers.bits(); bits != 0; bits &= bits - 1)
      define(i, VReg::none, Allocation::of({static_cast<uint8_t>(__builtin_ctzll(bits))}),
             "the instruction clobbers");
    for (uint32_t k = 0; k < ops.size(); ++k)
      if (ops[k].role == Role::temp)
        define(i, VReg::none, place(inst, k), "is a temporary of the instruction");
    if (inst.is_safepoint) safepoint_backwards(i);
    for (uint32_t k = 0; k < ops.size(); ++k)
      if (ops[k].role == Role::late_use) expect(ops[k].vreg, place(inst, k));
    // An early def destroys whatever else is there before the uses are over: `collide` saw to that.
    for (uint32_t k = 0; k < ops.size(); ++k)
      if (ops[k].role == Role::use) expect(ops[k].vreg, place(inst, k));
  }

  void load(const std::vector<Equation>& equations) {
    for (Equation e : equations) add(static_cast<uint32_t>(e >> 32), static_cast<Value>(e));
  }

  // The equations at the end of `b`: those at its successors' entries.
  void enter_end(uint32_t b) {
    for (uint32_t u : active_) expected_[u].clear();
    active_.clear();
    for (const auto& edge : f_.blocks[b].successors) {
      const auto& params = f_.blocks[edge.block].params;
      if (params.empty()) {
        load(in_[edge.block]);
        continue;
      }
      for (size_t k = 0; k < params.size(); ++k)
        param_arg_[index(params[k])] = f_.edge_args[edge.first_arg + k];
      for (Equation e : in_[edge.block]) {
        Value v = static_cast<Value>(e);
        VReg arg = param_arg_[v / 2];
        add(static_cast<uint32_t>(e >> 32), arg == VReg::none ? v : index(arg) * 2 + (v & 1));
      }
      for (VReg p : params) param_arg_[index(p)] = VReg::none;
    }
  }

  void block_backwards(uint32_t b) {
    const auto& block = f_.blocks[b];
    enter_end(b);
    auto edit = std::lower_bound(r_.edits.begin(), r_.edits.end(), block.end_inst,
                                 [](const Edit& e, uint32_t i) { return e.inst < i; });
    for (uint32_t i = block.end_inst; i-- > block.first_inst && error_.empty();) {
      while (edit != r_.edits.begin() && std::prev(edit)->inst == i && std::prev(edit)->after)
        edit_backwards(*--edit);
      inst_backwards(i);
      while (edit != r_.edits.begin() && std::prev(edit)->inst == i) edit_backwards(*--edit);
      compact();
    }
  }

  // Units without equations leave the list, which must not grow with the block.
  void compact() {
    if (active_.size() < 2 * compacted_ + 64) return;
    std::sort(active_.begin(), active_.end());
    active_.erase(std::unique(active_.begin(), active_.end()), active_.end());
    std::erase_if(active_, [&](uint32_t u) { return expected_[u].empty(); });
    compacted_ = active_.size();
  }

  void solve() {
    in_.resize(f_.blocks.size());
    param_arg_.assign(f_.vregs.size(), VReg::none);
    std::vector<uint32_t> work;
    std::vector<uint8_t> queued(f_.blocks.size(), true);
    for (uint32_t b = 0; b < f_.blocks.size(); ++b) work.push_back(b);
    while (!work.empty() && error_.empty()) {
      uint32_t b = work.back();
      work.pop_back();
      queued[b] = false;
      block_backwards(b);
      std::vector<Equation> in;
      for (uint32_t u : active_)
        for (Value v : expected_[u]) in.push_back(uint64_t{u} << 32 | v);
      std::sort(in.begin(), in.end());
      in.erase(std::unique(in.begin(), in.end()), in.end());
      if (in == in_[b]) continue;
      in_[b] = std::move(in);
      if (f_.blocks[b].is_landing_pad) check_pad(b);
      for (uint32_t p : f_.blocks[b].predecessors)
        if (!queued[p]) {
          queued[p] = true;
          work.push_back(p);
        }
    }
    if (error_.empty() && !in_.empty() && !in_[0].empty()) {
      Equation e = in_[0][0];
      fail(0,
           concat({name(VReg{static_cast<Value>(e) / 2}), " is expected in ",
                   name_of_unit(static_cast<uint32_t>(e >> 32)), " when the function is entered"}));
    }
  }

  void check_pad(uint32_t b) {
    for (Equation e : in_[b])
      if (e >> 32 < kFirstSlotUnit)
        fail(f_.blocks[b].first_inst,
             name(VReg{static_cast<Value>(e) / 2}) + " is expected in a register by a landing pad");
  }

  const MachineFunction& f_;
  const RegallocResult& r_;
  std::string error_;
  std::vector<std::vector<Value>> expected_;  // by unit
  std::vector<uint32_t> active_;              // units with equations, and some without; may repeat
  size_t compacted_ = 0;
  std::vector<std::vector<Equation>> in_;  // at each block's entry, sorted
  std::vector<VReg> param_arg_;            // while an edge is crossed: parameter -> argument
};

}  // namespace

std::string check_allocation(const MachineFunction& function, const RegallocResult& result) {
  return Checker(function, result).run();
}

}  // namespace zwasm::codegen
