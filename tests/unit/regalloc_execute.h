// Executes an allocated function symbolically along one random path, by a model of its own: each
// execution of a definition makes a new token, safepoints give every reference a new one and update
// the roots alone, and each use must find its register's token where the allocation says. What goes
// wrong here is wrong beyond doubt, so the checker has to find it too.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "codegen/regalloc.h"

namespace zwasm::codegen::test {

class Executor {
 public:
  Executor(const MachineFunction& f, const RegallocResult& r, uint64_t seed)
      : f_(f),
        r_(r),
        state_(seed * 0x9E3779B97F4A7C15u + 1),
        env_(f.vregs.size(), 0),
        slots_(r.spill_slots + 2, 0) {}

  // Empty, or what went wrong within so many instructions.
  std::string run(uint32_t steps) {
    uint32_t block = 0;
    while (steps > 0 && error_.empty()) {
      const auto& b = f_.blocks[block];
      uint32_t next = ~0u, edge = 0;
      if (!b.successors.empty()) {
        edge = random(static_cast<uint32_t>(b.successors.size()));
        next = b.successors[edge].block;
      }
      bool throws = next != ~0u && f_.blocks[next].is_landing_pad;
      for (uint32_t i = b.first_inst; i < b.end_inst && error_.empty(); ++i) {
        edits(i, false);
        inst(i, throws && i + 1 == b.end_inst);
        edits(i, true);
        if (steps > 0) --steps;
      }
      if (next == ~0u) return error_;
      const auto& e = b.successors[edge];
      std::vector<uint64_t> args;
      for (uint32_t k = 0; k < e.arg_count; ++k)
        args.push_back(env_[index(f_.edge_args[e.first_arg + k])]);
      for (uint32_t k = 0; k < e.arg_count; ++k) env_[index(f_.blocks[next].params[k])] = args[k];
      block = next;
    }
    return error_;
  }

 private:
  static constexpr uint64_t kHigh = uint64_t{1} << 63;  // the upper half of a token's value

  uint32_t random(uint32_t n) {
    state_ ^= state_ << 13, state_ ^= state_ >> 7, state_ ^= state_ << 17;
    return static_cast<uint32_t>((state_ >> 11) % n);
  }
  uint64_t& unit(const Allocation& a, uint32_t half, uint8_t size) {
    if (a.is_reg()) return regs_[a.preg.number][half];
    uint32_t slot = a.slot + (size == 16 ? 1 - half : 0);
    return slot < slots_.size() ? slots_[slot] : nowhere_;
  }
  uint8_t size(VReg v) const { return f_.vregs[index(v)].size; }

  void write(const Allocation& a, VReg v) {
    if (a.is_reg()) regs_[a.preg.number][1] = 0;
    unit(a, 0, size(v)) = env_[index(v)];
    if (size(v) == 16) unit(a, 1, 16) = env_[index(v)] | kHigh;
  }
  void read(uint32_t i, const Allocation& a, VReg v) {
    bool right = unit(a, 0, size(v)) == env_[index(v)] &&
                 (size(v) != 16 || unit(a, 1, 16) == (env_[index(v)] | kHigh));
    if (!right && error_.empty())
      error_ = "instruction " + std::to_string(i) + " does not find v" + std::to_string(index(v));
  }

  void edits(uint32_t i, bool after) {
    for (; edit_of(i) < r_.edits.size() && r_.edits[at_].inst == i && r_.edits[at_].after == after;
         ++at_) {
      const Edit& e = r_.edits[at_];
      if (e.remat != ~0u) {
        write(e.to, e.vreg);
        continue;
      }
      uint64_t low = unit(e.from, 0, e.size), high = e.size == 16 ? unit(e.from, 1, 16) : 0;
      if (e.to.is_reg()) regs_[e.to.preg.number][1] = 0;
      unit(e.to, 0, e.size) = low;
      if (e.size == 16) unit(e.to, 1, 16) = high;
    }
  }
  // Sets `at_` to the first edit at instruction `i`, unless it is at one of them.
  size_t edit_of(uint32_t i) {
    if (current_ != i) {
      current_ = i;
      at_ = 0;
      size_t count = r_.edits.size();
      while (count > 0) {
        size_t half = count / 2;
        if (r_.edits[at_ + half].inst < i) at_ += half + 1, count -= half + 1;
        else count = half;
      }
    }
    return at_;
  }

  void inst(uint32_t i, bool throws) {
    const MachineInst& inst = f_.insts[i];
    auto ops = f_.operands_of(inst);
    auto place = [&](uint32_t k) { return r_.operands[inst.first_operand + k]; };
    for (uint32_t k = 0; k < ops.size(); ++k)
      if (ops[k].role == Role::use) read(i, place(k), ops[k].vreg);
    for (uint32_t k = 0; k < ops.size(); ++k)
      if (ops[k].role == Role::temp && place(k).is_reg()) scratch(place(k).preg);
    if (inst.is_safepoint) move_objects(i);
    for (uint32_t k = 0; k < ops.size(); ++k)
      if (ops[k].role == Role::late_use) read(i, place(k), ops[k].vreg);
    for (uint8_t n = 0; n < 64; ++n)
      if (inst.clobbers.has({n})) scratch({n});
    if (throws) return;
    for (uint32_t k = 0; k < ops.size(); ++k)
      if (ops[k].role == Role::def || ops[k].role == Role::early_def) {
        if (ops[k].vreg == VReg::none) {
          scratch(ops[k].preg);
          continue;
        }
        env_[index(ops[k].vreg)] = ++token_;
        write(place(k), ops[k].vreg);
      }
  }
  void scratch(PReg r) { regs_[r.number][0] = regs_[r.number][1] = 0; }

  void move_objects(uint32_t i) {
    std::map<uint64_t, uint64_t> moved;
    for (uint32_t v = 0; v < env_.size(); ++v) {
      if (!f_.vregs[v].is_ref || env_[v] == 0) continue;
      auto [it, fresh] = moved.insert({env_[v], 0});
      if (fresh) it->second = ++token_;
      env_[v] = it->second;
    }
    for (const auto& roots : r_.roots)
      if (roots.inst == i)
        for (const auto& p : roots.places) {
          auto it = moved.find(unit(p, 0, 8));
          if (it == moved.end()) {
            if (error_.empty()) error_ = "a root at " + std::to_string(i) + " is no reference";
          } else {
            unit(p, 0, 8) = it->second;
          }
        }
  }

  const MachineFunction& f_;
  const RegallocResult& r_;
  uint64_t state_;
  std::vector<uint64_t> env_;  // the token of each virtual register
  uint64_t regs_[64][2] = {};
  std::vector<uint64_t> slots_;
  uint64_t nowhere_ = 0;
  uint64_t token_ = 0;
  uint32_t current_ = ~0u;
  size_t at_ = 0;
  std::string error_;
};

}  // namespace zwasm::codegen::test
