// Loop-invariant code motion.
//
// What WebAssembly's producers could hoist they have hoisted. What is left is what the builder put
// into loops itself: bases and lengths of memories and tables, addresses of globals, type ids. An
// instruction moves before the loop if its operands are from outside and executing it in vain
// can do no harm: it has no effect, does not fault, and nothing in the loop changes what it reads.
//
// Inner loops come first, so that things move outwards step by step. Not everything is worth a
// register: constants are made where they are used; a loop with calls would spill what it is given,
// so loads stay in it; and each loop gets only so many values.
#include "ir/flow.h"
#include "ir/ops.h"
#include "opt/optimize.h"

namespace zwasm::opt {

using namespace ir;

namespace {

constexpr uint32_t kMaxHoisted = 10;

struct Effects {
  bool calls = false;
  uint32_t written = 0;  // regions, as bits
};
constexpr uint32_t bit(Region region) { return uint32_t{1} << static_cast<uint32_t>(region); }

class Hoist {
 public:
  explicit Hoist(Function& f) : f_(f), dominators_(f), loops_(f, dominators_) {}

  void run() {
    find_effects();
    for (uint32_t i = 0; i < loops_.all().size(); ++i)
      if (loops_.all()[i].preheader != Block::none) visit(i);
    f_.work += work_ + dominators_.work() + loops_.work();
  }

 private:
  void find_effects() {
    effects_.resize(loops_.all().size());
    for (Block b : f_.order)
      if (loops_.of(b) != Loop::kNone) add_effects(b, effects_[loops_.of(b)]);
    // Inner loops come first.
    for (uint32_t l = 0; l < effects_.size(); ++l) {
      if (loops_.all()[l].parent == Loop::kNone) continue;
      Effects& outer = effects_[loops_.all()[l].parent];
      outer.calls |= effects_[l].calls;
      outer.written |= effects_[l].written;
    }
  }

  void add_effects(Block b, Effects& effects) {
    for (InstId id = f_.block(b).first; id != InstId::none; id = f_.inst(id).next) {
      ++work_;
      const Inst& inst = f_.inst(id);
      if (is_wasm_op(inst.op) || inst.op == Op::poll) continue;
      const uint8_t of_op = effects_of(inst.op);
      // (a block that is cold is not why a loop keeps things in slots, but it may write)
      if ((of_op & kRunsCode) != 0) effects.calls = true, effects.written = ~0u;
      else if (inst.op == Op::fence || (is_access_op(inst.op) && inst.access.atomic))
        effects.written |= bit(Region::linear);
      else if ((of_op & kWrites) != 0) effects.written |= bit(inst.access.region);
    }
  }

  bool outside(uint32_t number, Value v) const {
    const ValueInfo& info = f_.values[index(v)];
    Block def = info.is_param ? static_cast<Block>(info.definer) : f_.insts[info.definer].block;
    return !loops_.contains(number, def);
  }

  // Worth a register around the loop, and harmless where it was not executed before.
  bool may_move(const Inst& inst, const Effects& effects) const {
    if (is_wasm_op(inst.op)) {
      isa::Op op = wasm_op(inst.op);
      return isa::op_info(op).effect == isa::Effect::pure && inst.result_count == 1;
    }
    switch (inst.op) {
      case Op::select:
      case Op::ref_eq:
      case Op::lea:
      case Op::shuffle: return true;
      case Op::load: {
        const Access& a = inst.access;
        if (a.faults || a.atomic || a.guarded || effects.calls) return false;
        if (a.region == Region::invariant) return true;
        return (a.region == Region::memory_shape || a.region == Region::global) &&
               (effects.written & bit(a.region)) == 0;
      }
      default: return false;  // effects; references' bits; constants and fixed places, free anyway
    }
  }

  // Constants and fixed places may be used before the loop: they are made there again.
  bool is_free(Value v) const {
    const Inst* inst = f_.definer(v);
    if (inst == nullptr) return false;
    return is_const_op(inst->op) || inst->op == Op::instance || inst->op == Op::context;
  }

  void visit(uint32_t number) {
    const Loop& loop = loops_.all()[number];
    const Effects& effects = effects_[number];
    uint32_t moved = 0;
    for (Block b : loop.blocks) {
      if (f_.block(b).cold) continue;
      for (InstId id = f_.block(b).first, next; id != InstId::none && moved < kMaxHoisted;
           id = next) {
        next = f_.inst(id).next;
        ++work_;
        if (!may_move(f_.inst(id), effects)) continue;
        bool invariant = f_.inst(id).arg_count != 0;
        bool all_free = true;
        for (Value v : f_.args(f_.inst(id))) {
          bool free = is_free(v);
          invariant &= free || outside(number, v);
          all_free &= free;
        }
        if (!invariant) continue;
        // A value of constants alone, but for loads, is one that lowering makes in place.
        if (all_free && f_.inst(id).op != Op::load) continue;
        const InstId before = f_.block(loop.preheader).last;
        for (Value v : f_.args(f_.inst(id)))
          if (is_free(v) && !outside(number, v))
            move(static_cast<InstId>(f_.values[index(v)].definer), before);
        move(id, before);
        ++moved;
      }
    }
  }

  void move(InstId id, InstId before) {
    unlink(f_, id);
    insert_before(f_, id, before);
  }

  Function& f_;
  Dominators dominators_;
  Loops loops_;
  std::vector<Effects> effects_;  // by loop: with those of the loops inside
  uint64_t work_ = 0;
};

}  // namespace

void hoist_invariants(Function& function) {
  if (function.insts.size() < 2'000'000) Hoist(function).run();
}

}  // namespace zwasm::opt
