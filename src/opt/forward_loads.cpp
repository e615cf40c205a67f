// Redundant loads: what a place in memory holds is known after it was loaded or stored, until
// something may have changed it.
//
// Blocks are walked in order. A block with one predecessor starts with what is known at that one's
// end; another one with nothing, except a loop's header: it starts with what is known before the
// loop and is not changed by it. What is known is a table of places, whose entries are undone when
// the walk leaves the part of the dominator tree where they hold.
//
// Two accesses of different regions never touch the same bytes. Of one region, they do not if they
// have the same base and index and their ranges are apart.
#include <algorithm>

#include "ir/flow.h"
#include "ir/ops.h"
#include "opt/optimize.h"

namespace zwasm::opt {

using namespace ir;

namespace {

constexpr uint32_t kRegions = static_cast<uint32_t>(Region::frame) + 1;
constexpr uint32_t bit(Region region) { return uint32_t{1} << static_cast<uint32_t>(region); }

struct Known {
  Value base, index, value;
  Access access;
  Type type;
};

class Forward {
 public:
  explicit Forward(Function& f) : f_(f), dominators_(f), loops_(f, dominators_) {
    forward_.resize(f.values.size());
    for (uint32_t i = 0; i < forward_.size(); ++i) forward_[i] = static_cast<Value>(i);
  }

  void run() {
    find_loop_effects();
    ends_.resize(f_.order.size());
    // Kept until the last block that may start with it has been visited.
    std::vector<uint32_t> waiting(f_.order.size(), 0);
    for (uint32_t i = 0; i < f_.order.size(); ++i)
      for (Block p : dominators_.predecessors(f_.order[i]))
        if (dominators_.number(p) < i) ++waiting[dominators_.number(p)];
    for (uint32_t i = 0; i < f_.order.size(); ++i) {
      Block b = f_.order[i];
      start(b);
      for (Block p : dominators_.predecessors(b)) {
        uint32_t at = dominators_.number(p);
        if (at < i && --waiting[at] == 0) std::vector<Known>().swap(ends_[at]);
      }
      visit(b);
      if (waiting[i] != 0) ends_[i] = known_;
    }
    if (changed_)
      for (Value& v : f_.value_pool)
        if (v != Value::none) v = forward_[index(v)];
    f_.work += work_ + dominators_.work() + loops_.work() + f_.insts.size();
  }

 private:
  // What the walk of a loop may change, by number of the loop.
  void find_loop_effects() {
    loop_written_.assign(loops_.all().size(), 0);
    for (uint32_t i = 0; i < loop_written_.size(); ++i) {
      for (Block b : loops_.all()[i].blocks) {
        ++work_;
        if (loops_.of(b) != i) continue;
        for (InstId id = f_.block(b).first; id != InstId::none; id = f_.inst(id).next)
          loop_written_[i] |= written_by(f_.inst(id));
      }
      if (uint32_t parent = loops_.all()[i].parent; parent != Loop::kNone)
        outer_.push_back({i, parent});
    }
    // Inner loops come first.
    for (auto [inner, parent] : outer_) loop_written_[parent] |= loop_written_[inner];
  }

  static uint32_t written_by(const Inst& inst) {
    if (is_wasm_op(inst.op)) return 0;
    // At a poll objects move; no other code of the guest runs.
    if (inst.op == Op::poll) return bit(Region::context);
    const uint8_t effects = effects_of(inst.op);
    if ((effects & kRunsCode) != 0) return ~bit(Region::invariant);
    if (inst.op == Op::fence) return bit(Region::linear);
    if (is_access_op(inst.op) && inst.access.atomic) return bit(Region::linear);
    if ((effects & kWrites) != 0) return bit(inst.access.region);
    return 0;
  }

  void start(Block b) {
    known_.clear();
    const auto& predecessors = dominators_.predecessors(b);
    if (predecessors.size() == 1) {
      known_ = ends_[dominators_.number(predecessors[0])];
      work_ += known_.size();
      return;
    }
    uint32_t l = loops_.of(b);
    if (l == Loop::kNone || loops_.all()[l].header != b || loops_.all()[l].preheader == Block::none)
      return;
    for (const Known& k : ends_[dominators_.number(loops_.all()[l].preheader)])
      if ((loop_written_[l] & bit(k.access.region)) == 0) known_.push_back(k);
  }

  Value resolve(Value v) { return v == Value::none ? v : forward_[index(v)]; }

  void visit(Block b) {
    for (InstId id = f_.block(b).first, next; id != InstId::none; id = next) {
      next = f_.inst(id).next;
      Inst& inst = f_.inst(id);
      if (changed_)
        for (Value& v : f_.args(inst)) v = resolve(v);
      if (is_wasm_op(inst.op)) continue;
      if (inst.op == Op::load && !inst.access.atomic) {
        load(id);
        continue;
      }
      uint32_t written = written_by(inst);
      if (written == 0) continue;
      if (inst.op == Op::store && !inst.access.atomic) {
        store(inst);
        continue;
      }
      std::erase_if(known_, [&](const Known& k) { return (written & bit(k.access.region)) != 0; });
    }
  }

  static Value index_of(const Function& f, const Inst& inst, uint32_t values) {
    return inst.arg_count == 2 + values ? f.args(inst)[1] : Value::none;
  }

  static bool same_place(const Known& k, Value base, Value index, const Access& a) {
    return k.base == base && k.index == index && k.access.region == a.region &&
           k.access.disp == a.disp && k.access.scale == a.scale;
  }

  void load(InstId id) {
    const Inst& inst = f_.inst(id);
    const Access& a = inst.access;
    // (what is invariant the builder has made only once on each way)
    if (a.region == Region::invariant || a.region == Region::fuel || a.region == Region::frame)
      return;
    Value base = f_.args(inst)[0], at = index_of(f_, inst, 0);
    for (size_t i = known_.size(); i-- > 0;) {
      const Known& k = known_[i];
      ++work_;
      if (!same_place(k, base, at, a) || k.access.kind != a.kind || k.type != inst.type) continue;
      forward_[index(inst.first_result)] = k.value;
      changed_ = true;
      unlink(f_, id);
      return;
    }
    remember({base, at, inst.first_result, a, inst.type});
  }

  void store(const Inst& inst) {
    const Access& a = inst.access;
    Value base = f_.args(inst)[0], at = index_of(f_, inst, 1), value = f_.args(inst).back();
    const int64_t first = a.disp, end = first + access_size(a.kind);
    std::erase_if(known_, [&](const Known& k) {
      if (k.access.region != a.region) return false;
      if (k.base == base && k.index == at && k.access.scale == a.scale)
        return k.access.disp < end && first < k.access.disp + int64_t{access_size(k.access.kind)};
      return true;
    });
    // The same bytes come back only where nothing is cut off or widened.
    Type type = f_.type_of(value);
    bool whole = (type == Type::i32 && a.kind == MemKind::i32_u) ||
                 (type == Type::i64 && a.kind == MemKind::i64) ||
                 (type == Type::f32 && a.kind == MemKind::f32) ||
                 (type == Type::f64 && a.kind == MemKind::f64) ||
                 (type == Type::v128 && a.kind == MemKind::v128) ||
                 (type == Type::ref && a.kind == MemKind::ref);
    if (whole && a.region != Region::fuel) remember({base, at, value, a, type});
  }

  void remember(const Known& k) {
    constexpr size_t kMost = 48;
    if (known_.size() == kMost) known_.erase(known_.begin());
    known_.push_back(k);
  }

  Function& f_;
  Dominators dominators_;
  Loops loops_;
  std::vector<uint32_t> loop_written_;
  std::vector<std::pair<uint32_t, uint32_t>> outer_;
  std::vector<Known> known_;
  std::vector<std::vector<Known>> ends_;
  std::vector<Value> forward_;
  bool changed_ = false;
  uint64_t work_ = 0;
};

}  // namespace

void forward_loads(Function& function) {
  if (function.insts.size() < 2'000'000) Forward(function).run();
}

}  // namespace zwasm::opt
