// MachineFunctions as text, and whether they are well formed.

#include "base/concat.h"
#include "codegen/regalloc.h"
#include "codegen/regalloc_liveness.h"

namespace zwasm::codegen {
namespace {

std::string vreg_name(VReg v) { return v == VReg::none ? "_" : "v" + std::to_string(index(v)); }
std::string reg_name(PReg r) {
  return (r.reg_class() == RegClass::integer ? "i" : "f") + std::to_string(r.encoding());
}
std::string place_name(const Allocation& a) {
  switch (a.kind) {
    case Allocation::Kind::none: return "?";
    case Allocation::Kind::reg: return reg_name(a.preg);
    case Allocation::Kind::slot: return concat({"[", std::to_string(a.slot), "]"});
  }
  return "";
}

class Printer {
 public:
  Printer(const MachineFunction& f, const RegallocResult* r, MachineOps ops)
      : f_(f), r_(r), ops_(ops) {}

  std::string run() {
    for (uint32_t b = 0; b < f_.blocks.size(); ++b) block(b);
    if (r_ != nullptr) out_ += concat({"spill slots: ", std::to_string(r_->spill_slots), "\n"});
    return std::move(out_);
  }

 private:
  void list(const std::vector<VReg>& all) {
    out_ += "(";
    for (size_t k = 0; k < all.size(); ++k) out_ += (k == 0 ? "" : ", ") + vreg_name(all[k]);
    out_ += ")";
  }

  void block(uint32_t b) {
    const auto& block = f_.blocks[b];
    out_ += "block" + std::to_string(b);
    if (!block.params.empty()) list(block.params);
    if (block.loop_depth != 0) out_ += " depth " + std::to_string(block.loop_depth);
    if (block.cold) out_ += " cold";
    if (block.is_landing_pad) out_ += " landing_pad";
    out_ += ":\n";
    for (uint32_t i = block.first_inst; i < block.end_inst; ++i) {
      edits(i, false);
      inst(i);
      edits(i, true);
    }
    for (const auto& e : block.successors) {
      out_ += "        -> block" + std::to_string(e.block);
      if (e.arg_count != 0)
        list(
            {f_.edge_args.begin() + e.first_arg, f_.edge_args.begin() + e.first_arg + e.arg_count});
      out_ += "\n";
    }
  }

  void edits(uint32_t i, bool after) {
    if (r_ == nullptr) return;
    while (edit_ < r_->edits.size() && r_->edits[edit_].inst == i &&
           r_->edits[edit_].after == after) {
      const Edit& e = r_->edits[edit_++];
      out_ += concat({"        ", place_name(e.to), " <- "});
      out_ += e.remat != ~0u ? "remat " + std::to_string(e.remat) : place_name(e.from);
      out_ += concat({" ; ", vreg_name(e.vreg), "\n"});
    }
  }

  void operand(const MachineInst& inst, uint32_t k) {
    const Operand& op = f_.operands[inst.first_operand + k];
    out_ += k == 0 ? " " : ", ";
    switch (op.role) {
      case Role::use: break;
      case Role::late_use: out_ += "late "; break;
      case Role::def: out_ += "def "; break;
      case Role::early_def: out_ += "early def "; break;
      case Role::temp: out_ += "temp "; break;
    }
    out_ += vreg_name(op.vreg);
    switch (op.constraint) {
      case Constraint::reg: break;
      case Constraint::any: out_ += " any"; break;
      case Constraint::fixed: out_ += " @" + reg_name(op.preg); break;
      case Constraint::tied: out_ += " tied " + std::to_string(op.tied); break;
    }
    if (r_ != nullptr) out_ += "=" + place_name(r_->operands[inst.first_operand + k]);
  }

  void inst(uint32_t i) {
    const MachineInst& inst = f_.insts[i];
    std::string number = std::to_string(i);
    out_ += concat({std::string(number.size() < 5 ? 5 - number.size() : 0, ' '), number, "  "});
    out_ += !ops_.empty() ? std::string(ops_[inst.op].name) : "op" + std::to_string(inst.op);
    for (uint32_t k = 0; k < inst.operand_count; ++k) operand(inst, k);
    if (inst.imm != 0) out_ += " imm " + std::to_string(inst.imm);
    if (inst.disp != 0) out_ += " disp " + std::to_string(inst.disp);
    if (!inst.clobbers.empty()) clobbers(inst.clobbers);
    if (inst.is_safepoint) roots(i);
    out_ += "\n";
  }

  void clobbers(PRegSet set) {
    out_ += " clobbers ";
    if ((f_.allocatable.bits() & ~set.bits()) == 0) {
      out_ += "all";
      return;
    }
    for (uint8_t n = 0; n < 64; ++n)
      if (set.has({n})) out_ += reg_name({n}) + " ";
  }

  void roots(uint32_t i) {
    out_ += " safepoint";
    if (r_ == nullptr) return;
    while (root_ < r_->roots.size() && r_->roots[root_].inst < i) ++root_;
    if (root_ == r_->roots.size() || r_->roots[root_].inst != i) return;
    const auto& r = r_->roots[root_];
    for (size_t k = 0; k < r.places.size(); ++k)
      out_ += concat({" ", place_name(r.places[k]), ":", vreg_name(r.vregs[k])});
  }

  const MachineFunction& f_;
  const RegallocResult* r_;
  MachineOps ops_;
  size_t edit_ = 0, root_ = 0;
  std::string out_;
};

class Verifier {
 public:
  explicit Verifier(const MachineFunction& f) : f_(f), defs_(f.vregs.size(), 0) {}

  std::string run() {
    uint32_t next = 0;
    for (uint32_t b = 0; b < f_.blocks.size() && error_.empty(); ++b) {
      const auto& block = f_.blocks[b];
      if (block.first_inst != next || block.end_inst <= block.first_inst)
        fail(b, "does not follow the block before, or is empty");
      next = block.end_inst;
      for (VReg p : block.params) define(b, p);
      if (block.is_landing_pad && !block.params.empty()) fail(b, "a landing pad with parameters");
      if (next <= f_.insts.size()) {
        for (uint32_t i = block.first_inst; i < next && error_.empty(); ++i) inst(b, i);
        edges(b);
      }
    }
    if (error_.empty() && next != f_.insts.size()) return "instructions behind the last block";
    for (const auto& r : f_.remats)
      if (r.operand_count != 1) return "a rematerialization does not have one operand";
    for (uint32_t b = 0; b < f_.blocks.size() && error_.empty(); ++b) uses(b);
    return error_;
  }

 private:
  void fail(uint32_t b, const std::string& what) {
    if (error_.empty()) error_ = concat({"block ", std::to_string(b), ": ", what});
  }
  void define(uint32_t b, VReg v) {
    if (index(v) >= defs_.size()) return fail(b, "no such register");
    if (++defs_[index(v)] > 1) fail(b, vreg_name(v) + " is defined twice");
  }

  void inst(uint32_t b, uint32_t i) {
    auto ops = f_.operands_of(f_.insts[i]);
    std::string at = concat({"instruction ", std::to_string(i), ": "});
    for (uint32_t k = 0; k < ops.size() && error_.empty(); ++k) {
      const Operand& op = ops[k];
      if (op.vreg == VReg::none) {
        if (op.constraint != Constraint::fixed || is_use(op.role))
          fail(b, at + "an operand without a register");
        continue;
      }
      if (!is_use(op.role)) define(b, op.vreg);
      if (op.constraint == Constraint::fixed) {
        if (!op.preg.valid()) fail(b, at + "a fixed operand without its register");
        for (uint32_t m = 0; m < k; ++m)
          if (ops[m].constraint == Constraint::fixed && ops[m].preg == op.preg &&
              is_use(ops[m].role) == is_use(op.role) && ops[m].vreg != op.vreg)
            fail(b, concat({at, "two operands in ", reg_name(op.preg)}));
      }
      if (op.constraint == Constraint::tied &&
          (op.tied >= ops.size() || ops[op.tied].role != Role::use || op.role != Role::def ||
           ops[op.tied].constraint == Constraint::tied))
        fail(b, at + "a tied operand must be a def, tied to an early use");
    }
  }

  void edges(uint32_t b) {
    const auto& block = f_.blocks[b];
    const auto& term = f_.insts[block.end_inst - 1];
    if (block.successors.size() == 1 && term.operand_count != 0)
      fail(b, "the terminator of a block with one successor has operands");
    for (const auto& e : block.successors) {
      if (e.block >= f_.blocks.size()) return fail(b, "an edge to no block");
      const auto& to = f_.blocks[e.block];
      if (e.arg_count != to.params.size()) fail(b, "arguments do not match parameters");
      if (block.successors.size() > 1 && to.predecessors.size() > 1 && !to.is_landing_pad)
        fail(b, "a critical edge to block " + std::to_string(e.block));
      if (block.successors.size() > 1 && e.arg_count != 0)
        fail(b, "arguments on one of several edges");
      size_t found = 0, edges = 0;
      for (uint32_t p : to.predecessors) found += p == b;
      for (const auto& other : block.successors) edges += other.block == e.block;
      if (found != edges) fail(b, "predecessors and successors do not match");
    }
  }

  void uses(uint32_t b) {
    const auto& block = f_.blocks[b];
    for (uint32_t i = block.first_inst; i < block.end_inst; ++i)
      for (const Operand& op : f_.operands_of(f_.insts[i]))
        if (is_use(op.role)) use(b, op.vreg);
    for (const auto& e : block.successors)
      for (uint32_t k = 0; k < e.arg_count; ++k) use(b, f_.edge_args[e.first_arg + k]);
  }
  void use(uint32_t b, VReg v) {
    if (index(v) >= defs_.size() || defs_[index(v)] == 0)
      fail(b, vreg_name(v) + " is used and never defined");
  }

  const MachineFunction& f_;
  std::vector<uint32_t> defs_;
  std::string error_;
};

}  // namespace

std::string check_machine_function(const MachineFunction& function) {
  return Verifier(function).run();
}

std::string to_text(const MachineFunction& function, const RegallocResult* result, MachineOps ops) {
  return Printer(function, result, ops).run();
}

}  // namespace zwasm::codegen
