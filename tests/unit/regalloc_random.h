// Random functions for the register allocators: structured control flow (so that every use is
// dominated by its definition) with loops, calls, invokes, and each kind of operand there is.
#pragma once
#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "codegen/machine.h"

namespace zwasm::codegen::test {

struct RandomOptions {
  uint64_t seed = 1;
  uint32_t statements = 40;             // about so many instructions
  uint32_t int_regs = 6, vec_regs = 4;  // allocatable; at least 5 and 4
  uint32_t call_percent = 8;
  uint32_t max_depth = 4;
  uint32_t far_percent = 40;  // uses of any value there is, not one of the last few
};

class RandomFunction {
 public:
  explicit RandomFunction(const RandomOptions& o)
      : o_(o), state_(o.seed * 0x9E3779B97F4A7C15u + 1) {}

  MachineFunction make() {
    for (uint32_t r = 0; r < o_.int_regs; ++r) f_.allocatable.add(int_reg(r));
    for (uint32_t r = 0; r < o_.vec_regs; ++r) f_.allocatable.add(vec_reg(r));
    f_.scratch_int = int_reg(14);
    f_.scratch_vec = vec_reg(15);
    all_ = f_.allocatable;
    all_.add(f_.scratch_int);
    all_.add(f_.scratch_vec);
    current_ = new_block(0);
    entry();
    budget_ = o_.statements;
    while (budget_ > 0) region(0);
    leave();
    return flatten();
  }

 private:
  struct Inst {
    MachineInst inst;
    std::vector<Operand> operands;
  };
  struct Block {
    std::vector<Inst> insts;
    std::vector<VReg> params;
    std::vector<std::pair<uint32_t, std::vector<VReg>>> successors;
    uint32_t depth = 0;
    bool cold = false, pad = false;
    uint32_t pad_block = ~0u;
  };

  uint32_t random(uint32_t n) {
    state_ ^= state_ << 13, state_ ^= state_ >> 7, state_ ^= state_ << 17;
    return static_cast<uint32_t>((state_ >> 11) % n);
  }
  bool percent(uint32_t p) { return random(100) < p; }

  uint32_t new_block(uint32_t depth, bool cold = false) {
    blocks_.push_back({});
    blocks_.back().depth = depth;
    blocks_.back().cold = cold;
    return static_cast<uint32_t>(blocks_.size() - 1);
  }
  Block& here() { return blocks_[current_]; }

  VReg new_vreg(VRegInfo info) {
    f_.vregs.push_back(info);
    return VReg{static_cast<uint32_t>(f_.vregs.size() - 1)};
  }
  VRegInfo random_type() {
    switch (random(8)) {
      case 0:
      case 1:
      case 2: return {RegClass::integer, 8, false, ~0u};
      case 3: return {RegClass::integer, 4, false, ~0u};
      case 4: return {RegClass::integer, 4, true, ~0u};
      case 5: return {RegClass::vector, 8, false, ~0u};
      case 6: return {RegClass::vector, 4, false, ~0u};
      default: return {RegClass::vector, 16, false, ~0u};
    }
  }
  VReg random_def(bool may_remat = false) {
    VRegInfo t = random_type();
    if (may_remat && !t.is_ref && percent(30)) t.remat = new_remat(t);
    VReg v = new_vreg(t);
    defined_.push_back(v);
    return v;
  }
  uint32_t new_remat(const VRegInfo& t) {
    MachineInst inst;
    inst.op = 99;
    inst.first_operand = static_cast<uint32_t>(f_.operands.size());
    inst.operand_count = 1;
    VReg v = new_vreg(t);
    f_.operands.push_back({v, Role::temp, Constraint::reg, 0, {}});
    f_.remats.push_back(inst);
    return static_cast<uint32_t>(f_.remats.size() - 1);
  }
  const VRegInfo& info(VReg v) const { return f_.vregs[index(v)]; }

  // A value that is available here, of the class, or one of any class.
  VReg pick() {
    uint32_t n = static_cast<uint32_t>(available_.size());
    if (!percent(o_.far_percent)) return available_[n - 1 - random(std::min(n, 8u))];
    return available_[random(n)];
  }
  VReg pick(RegClass c) {
    for (int tries = 0; tries < 20; ++tries) {
      VReg v = pick();
      if (info(v).reg_class == c) return v;
    }
    for (size_t k = available_.size(); k-- > 0;)
      if (info(available_[k]).reg_class == c) return available_[k];
    return available_[0];
  }
  VReg pick_like(const VRegInfo& t) {
    size_t n = available_.size();
    size_t back = percent(o_.far_percent) ? random(static_cast<uint32_t>(n)) : 0;
    for (size_t k = 0; k < n; ++k) {
      VReg v = available_[(2 * n - 1 - back - k) % n];
      const auto& i = info(v);
      if (i.reg_class == t.reg_class && i.size == t.size && i.is_ref == t.is_ref) return v;
    }
    return VReg::none;
  }

  Inst& emit(uint16_t op) {
    here().insts.push_back({});
    here().insts.back().inst.op = op;
    return here().insts.back();
  }
  void commit() {
    for (VReg v : defined_) available_.push_back(v);
    defined_.clear();
  }

  void entry() {
    Inst& i = emit(1);
    for (uint32_t r = 0; r < 3; ++r) {
      VReg v = new_vreg({RegClass::integer, 8, r == 2, ~0u});
      i.operands.push_back({v, Role::def, Constraint::fixed, 0, int_reg(r)});
      defined_.push_back(v);
    }
    for (uint32_t r = 0; r < 2; ++r) {
      VReg v = new_vreg({RegClass::vector, static_cast<uint8_t>(r == 0 ? 8 : 16), false, ~0u});
      i.operands.push_back({v, Role::def, Constraint::fixed, 0, vec_reg(r)});
      defined_.push_back(v);
    }
    commit();
  }

  void leave() {
    Inst& i = emit(2);
    i.operands.push_back({pick(RegClass::integer), Role::use, Constraint::fixed, 0, int_reg(0)});
    i.operands.push_back({pick(RegClass::vector), Role::use, Constraint::fixed, 0, vec_reg(0)});
  }

  void plain() {
    Inst& i = emit(3);
    uint32_t uses = random(4);
    for (uint32_t k = 0; k < uses; ++k)
      i.operands.push_back({pick(),
                            k == 2 && percent(30) ? Role::late_use : Role::use,
                            percent(30) ? Constraint::any : Constraint::reg,
                            0,
                            {}});
    if (uses > 0 && percent(50)) {  // two-address
      Operand& u = i.operands[0];
      if (u.constraint == Constraint::any) u.constraint = Constraint::reg;
      VRegInfo t = info(u.vreg);
      t.remat = ~0u;
      VReg d = new_vreg(t);
      defined_.push_back(d);
      i.operands.push_back({d, Role::def, Constraint::tied, 0, {}});
    } else if (percent(80)) {
      VReg d = random_def(uses == 0);
      Role r = percent(15) ? Role::early_def : Role::def;
      i.operands.push_back({d, r, percent(10) ? Constraint::any : Constraint::reg, 0, {}});
    }
    if (percent(15)) {
      VReg t = new_vreg(random_type());
      i.operands.push_back({t, Role::temp, Constraint::reg, 0, {}});
    }
    commit();
  }

  // Like x86-64's shifts and divisions.
  void fixed() {
    Inst& i = emit(4);
    switch (random(3)) {
      case 0: {
        VReg a = pick(RegClass::integer);
        i.operands.push_back({a, Role::use, Constraint::reg, 0, {}});
        i.operands.push_back(
            {pick(RegClass::integer), Role::use, Constraint::fixed, 0, int_reg(1)});
        VRegInfo t = info(a);
        t.remat = ~0u;
        VReg d = new_vreg(t);
        defined_.push_back(d);
        i.operands.push_back({d, Role::def, Constraint::tied, 0, {}});
        break;
      }
      case 1: {
        i.operands.push_back(
            {pick(RegClass::integer), Role::use, Constraint::fixed, 0, int_reg(0)});
        i.operands.push_back({pick(RegClass::integer),
                              Role::late_use,
                              percent(50) ? Constraint::any : Constraint::reg,
                              0,
                              {}});
        VReg d = new_vreg({RegClass::integer, 8, false, ~0u});
        defined_.push_back(d);
        i.operands.push_back({d, Role::def, Constraint::fixed, 0, int_reg(percent(50) ? 0 : 2)});
        i.operands.push_back({VReg::none, Role::temp, Constraint::fixed, 0, int_reg(3)});
        i.inst.clobbers.add(int_reg(0));
        i.inst.clobbers.add(int_reg(2));
        break;
      }
      default: {  // tied to a fixed use
        VReg a = pick(RegClass::integer);
        i.operands.push_back({a, Role::use, Constraint::fixed, 0, int_reg(0)});
        VRegInfo t = info(a);
        t.remat = ~0u;
        VReg d = new_vreg(t);
        defined_.push_back(d);
        i.operands.push_back({d, Role::def, Constraint::tied, 0, {}});
        i.operands.push_back({pick(), Role::use, Constraint::any, 0, {}});
        break;
      }
    }
    commit();
  }

  void move() {
    VReg a = pick();
    VRegInfo t = info(a);
    t.remat = ~0u;
    VReg d = new_vreg(t);
    Inst& i = emit(5);
    i.inst.is_move = true;
    i.operands.push_back({a, Role::use, Constraint::reg, 0, {}});
    i.operands.push_back({d, Role::def, Constraint::reg, 0, {}});
    defined_.push_back(d);
    commit();
  }

  Inst& call_operands(Inst& i) {
    i.inst.is_safepoint = true;
    i.inst.clobbers = all_;
    uint32_t ints = random(4), vecs = random(3);
    for (uint32_t r = 0; r < ints; ++r)
      i.operands.push_back({pick(RegClass::integer), Role::use, Constraint::fixed, 0, int_reg(r)});
    for (uint32_t r = 0; r < vecs; ++r)
      i.operands.push_back({pick(RegClass::vector), Role::use, Constraint::fixed, 0, vec_reg(r)});
    if (percent(30))
      i.operands.push_back({pick(RegClass::integer), Role::use, Constraint::reg, 0, {}});
    if (percent(20)) i.operands.push_back({pick(), Role::use, Constraint::any, 0, {}});
    if (percent(70)) {
      VReg d = new_vreg({RegClass::integer, 8, percent(30), ~0u});
      i.operands.push_back({d, Role::def, Constraint::fixed, 0, int_reg(0)});
      defined_.push_back(d);
    }
    if (percent(20)) {
      VReg d = new_vreg({RegClass::vector, 16, false, ~0u});
      i.operands.push_back({d, Role::def, Constraint::fixed, 0, vec_reg(0)});
      defined_.push_back(d);
    }
    return i;
  }
  void call() {
    call_operands(emit(6));
    commit();
  }
  void poll() { emit(7).inst.is_safepoint = true; }

  void jump(uint32_t to, std::vector<VReg> args) {
    emit(8);
    here().successors.push_back({to, std::move(args)});
  }
  // Ends the block with a branch to two new ones.
  std::pair<uint32_t, uint32_t> branch(bool cold) {
    Inst& i = emit(9);
    Constraint how = percent(30) ? Constraint::any : Constraint::reg;
    i.operands.push_back({pick(), Role::use, how, 0, {}});
    uint32_t a = new_block(here().depth, here().cold || cold);
    uint32_t b = new_block(here().depth, here().cold);
    here().successors = {{a, {}}, {b, {}}};
    return {a, b};
  }

  std::vector<VReg> arguments(const std::vector<VReg>& params) {
    std::vector<VReg> args;
    for (VReg p : params) args.push_back(pick_like(info(p)));
    return args;
  }
  // Parameters of types for which there is an argument here.
  std::vector<VReg> new_params(uint32_t block) {
    for (uint32_t n = random(4); n > 0; --n) {
      VRegInfo t = info(pick());
      t.remat = ~0u;
      blocks_[block].params.push_back(new_vreg(t));
    }
    return blocks_[block].params;
  }

  void region(uint32_t depth) {
    if (budget_ > 0) --budget_;
    uint32_t kind = random(100);
    if (depth < o_.max_depth && kind < 10) return if_else(depth);
    if (depth < o_.max_depth && kind < 18) return loop(depth);
    if (depth < o_.max_depth && kind < 21) return try_region(depth);
    if (kind >= 100 - o_.call_percent) return pads_.empty() || percent(30) ? call() : invoke();
    if (kind < 30) return fixed();
    if (kind < 34) return move();
    if (kind < 37) return poll();
    plain();
  }
  void body(uint32_t depth) {
    for (uint32_t n = 1 + random(6); n > 0; --n) region(depth + 1);
  }

  void if_else(uint32_t depth) {
    auto [a, b] = branch(percent(30));
    uint32_t join = new_block(here().depth, here().cold);
    std::vector<VReg> params = new_params(join);
    auto before = available_;
    for (uint32_t side : {a, b}) {
      current_ = side;
      available_ = before;
      if (percent(80)) body(depth);
      jump(join, arguments(params));
    }
    available_ = before;
    available_.insert(available_.end(), params.begin(), params.end());
    current_ = join;
  }

  void loop(uint32_t depth) {
    uint32_t d = here().depth + 1;
    uint32_t header = new_block(d, here().cold);
    std::vector<VReg> params = new_params(header);
    jump(header, arguments(params));
    available_.insert(available_.end(), params.begin(), params.end());
    current_ = header;
    auto before = available_;
    body(depth);
    auto [again, out] = branch(false);
    blocks_[out].depth = d - 1;
    current_ = again;
    jump(header, arguments(params));
    current_ = out;
    if (percent(50)) available_ = before;  // else values of the loop are used behind it
  }

  void try_region(uint32_t depth) {
    uint32_t pad = new_block(here().depth, true);
    blocks_[pad].pad = true;
    pads_.push_back({pad, available_, 0});
    body(depth);
    for (uint32_t n = 1 + random(3); n > 0; --n) invoke();
    auto caught = std::move(pads_.back());
    pads_.pop_back();
    uint32_t join = new_block(here().depth, here().cold);
    // Only what was there before the region: a parameter with arguments from both ways.
    auto after = available_;
    available_ = caught.available;
    std::vector<VReg> params = new_params(join);
    available_ = after;
    jump(join, arguments(params));
    current_ = pad;
    available_ = caught.available;
    Inst& i = emit(10);
    VReg e = new_vreg({RegClass::integer, 8, true, ~0u});
    i.operands.push_back({e, Role::def, Constraint::fixed, 0, int_reg(0)});
    available_.push_back(e);
    if (percent(70)) body(depth);
    jump(join, arguments(params));
    available_ = caught.available;
    available_.insert(available_.end(), params.begin(), params.end());
    current_ = join;
  }
  void invoke() {
    if (pads_.empty()) return call();
    call_operands(emit(11));
    uint32_t next = new_block(here().depth, here().cold);
    here().successors = {{next, {}}, {pads_.back().block, {}}};
    here().pad_block = pads_.back().block;
    current_ = next;
    commit();
  }

  MachineFunction flatten() {
    // The entry stays first; cold blocks go to the end.
    std::vector<uint32_t> order, number(blocks_.size());
    for (uint32_t pass = 0; pass < 2; ++pass)
      for (uint32_t b = 0; b < blocks_.size(); ++b)
        if ((blocks_[b].cold && b != 0) == (pass == 1)) order.push_back(b);
    for (uint32_t k = 0; k < order.size(); ++k) number[order[k]] = k;
    f_.blocks.resize(blocks_.size());
    for (uint32_t k = 0; k < order.size(); ++k) {
      Block& from = blocks_[order[k]];
      MachineBlock& to = f_.blocks[k];
      to.first_inst = static_cast<uint32_t>(f_.insts.size());
      for (Inst& i : from.insts) {
        i.inst.first_operand = static_cast<uint32_t>(f_.operands.size());
        i.inst.operand_count = static_cast<uint32_t>(i.operands.size());
        f_.operands.insert(f_.operands.end(), i.operands.begin(), i.operands.end());
        f_.insts.push_back(i.inst);
      }
      to.end_inst = static_cast<uint32_t>(f_.insts.size());
      to.params = from.params;
      to.loop_depth = from.depth;
      to.cold = from.cold;
      to.is_landing_pad = from.pad;
      if (from.pad_block != ~0u) to.landing_pad = number[from.pad_block];
      for (auto& [block, args] : from.successors) {
        to.successors.push_back({number[block], static_cast<uint32_t>(f_.edge_args.size()),
                                 static_cast<uint32_t>(args.size())});
        f_.edge_args.insert(f_.edge_args.end(), args.begin(), args.end());
        f_.blocks[number[block]].predecessors.push_back(k);
      }
    }
    return std::move(f_);
  }

  struct Pad {
    uint32_t block;
    std::vector<VReg> available;
    uint32_t unused;
  };

  RandomOptions o_;
  uint64_t state_;
  MachineFunction f_;
  PRegSet all_;
  std::vector<Block> blocks_;
  std::vector<VReg> available_, defined_;
  std::vector<Pad> pads_;
  uint32_t current_ = 0;
  uint32_t budget_ = 0;
};

inline MachineFunction random_function(const RandomOptions& o) { return RandomFunction(o).make(); }

}  // namespace zwasm::codegen::test
