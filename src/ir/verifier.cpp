#include "ir/verifier.h"

#include <optional>

#include "base/format.h"
#include "ir/flow.h"
#include "ir/ops.h"
#include "isa/op_shape.h"

namespace zwasm::ir {

namespace {

class Verifier {
 public:
  explicit Verifier(const Function& f) : f_(f) {}

  std::string run() {
    structure();
    if (error_.empty()) dominators();
    if (error_.empty()) uses();
    if (error_.empty()) edges();
    if (error_.empty()) derived();
    return std::move(error_);
  }

 private:
  template <class... A>
  void fail(fmt::format_string<A...> format, A&&... args) {
    if (error_.empty()) error_ = fmt::format(format, std::forward<A>(args)...);
  }

  // Blocks and the lists of their instructions.
  void structure() {
    if (f_.order.empty() || f_.order[0] != static_cast<Block>(0))
      return fail("the order does not start with b0");
    number_.assign(f_.blocks.size(), kNone);
    for (uint32_t i = 0; i < f_.order.size(); ++i) {
      if (index(f_.order[i]) >= f_.blocks.size() || number_[index(f_.order[i])] != kNone)
        return fail("b{} stands twice in the order", index(f_.order[i]));
      number_[index(f_.order[i])] = i;
    }
    place_.assign(f_.insts.size(), kNone);
    bool has_predecessor = false;
    for (Block b : f_.order) {
      const BlockInfo& block = f_.block(b);
      if (block.last == InstId::none) return fail("b{} is empty", index(b));
      uint32_t n = 0;
      InstId previous = InstId::none;
      for (InstId id = block.first; id != InstId::none; id = f_.inst(id).next) {
        const Inst& i = f_.inst(id);
        if (i.block != b || i.prev != previous || place_[index(id)] != kNone)
          return fail("b{}: an instruction is not linked rightly", index(b));
        place_[index(id)] = n++;
        previous = id;
        bool ends = is_terminator_op(i.op) || i.is_invoke;
        if (ends != (id == block.last))
          return fail("b{}: {} does not stand where a block ends", index(b), op_text(i.op));
        if (!ends && i.target_count != 0)
          return fail("b{}: {} has targets", index(b), op_text(i.op));
        for (uint32_t r = 0; r < i.result_count; ++r) {
          const ValueInfo& v = f_.values[index(Function::result(i, r))];
          if (v.is_param || v.definer != index(id) || v.number != r)
            return fail("v{} is not known as a result", index(Function::result(i, r)));
        }
        for (const Target& t : f_.targets_of(i)) {
          if (index(t.block) >= f_.blocks.size() || number_[index(t.block)] == kNone)
            return fail("b{} leads to a block that is not in the order", index(b));
          has_predecessor |= t.block == static_cast<Block>(0);
        }
      }
      if (previous != block.last) return fail("b{}: the last instruction is another", index(b));
      for (uint32_t k = 0; k < block.params.size(); ++k) {
        const ValueInfo& v = f_.values[index(block.params[k])];
        if (!v.is_param || v.definer != index(b) || v.number != k)
          return fail("v{} is not known as a parameter", index(block.params[k]));
      }
    }
    if (has_predecessor) fail("something leads to the entry");
    if (f_.blocks[0].params.size() != f_.signature.params.size())
      fail("the entry's parameters are not the signature's");
  }

  void dominators() {
    dominators_.emplace(f_);
    if (!dominators_->sound()) fail("the order is not one from the entry on");
  }
  bool dominates(Block a, Block b) const { return dominators_->dominates(a, b); }

  // Is v defined before the instruction `place` of b?
  void check_use(Value v, Block b, uint32_t place, std::string_view what) {
    if (v == Value::none || index(v) >= f_.values.size())
      return fail("b{}: {} uses a value that is none", index(b), what);
    const ValueInfo& info = f_.values[index(v)];
    Block def = info.is_param ? static_cast<Block>(info.definer) : f_.insts[info.definer].block;
    if (!info.is_param && place_[info.definer] == kNone)
      return fail("b{}: {} uses v{}, which is nowhere", index(b), what, index(v));
    if (number_[index(def)] == kNone || !dominates(def, b) ||
        (def == b && !info.is_param && place_[info.definer] >= place))
      return fail("b{}: {} uses v{} of b{}, which does not come before", index(b), what, index(v),
                  index(def));
  }

  void expect(const Inst& i, uint32_t arg, Type type) {
    Type have = f_.type_of(f_.args(i)[arg]);
    if (have != type)
      fail("b{}: operand {} of {} (v{}) has type {}, not {}", index(i.block), arg, op_text(i.op),
           index(f_.args(i)[arg]), static_cast<int>(have), static_cast<int>(type));
  }

  void uses() {
    for (Block b : f_.order) {
      for (InstId id = f_.block(b).first; id != InstId::none; id = f_.inst(id).next) {
        const Inst& i = f_.inst(id);
        for (Value v : f_.args(i)) check_use(v, b, place_[index(id)], op_text(i.op));
        for (const Target& t : f_.targets_of(i))
          for (Value v : f_.args(t)) check_use(v, b, kNone, "an edge");
        if (!error_.empty()) return;
        types(i);
        if (!error_.empty()) return;
      }
    }
  }

  void types(const Inst& i) {
    if (is_wasm_op(i.op)) {
      const isa::OpShape& shape = isa::op_shape(wasm_op(i.op));
      if (!shape.simple || isa::op_info(wasm_op(i.op)).effect == isa::Effect::reads ||
          isa::op_info(wasm_op(i.op)).effect == isa::Effect::writes)
        return fail("{} is not an op of the graph", op_text(i.op));
      if (i.arg_count != shape.arg_count || i.result_count != shape.result_count)
        return fail("b{}: {} has {} operands", index(i.block), op_text(i.op), i.arg_count);
      for (uint32_t k = 0; k < i.arg_count; ++k) expect(i, k, type_of_kind(shape.args[k]));
      for (uint32_t k = 0; k < i.result_count; ++k)
        if (f_.type_of(Function::result(i, k)) != type_of_kind(shape.results[k]))
          return fail("b{}: the result of {} has another type", index(i.block), op_text(i.op));
      return;
    }
    const OwnOpInfo& info = own_op_info(i.op);
    if ((info.args != kAnyNumber && static_cast<int>(i.arg_count) != info.args) ||
        (info.results != kAnyNumber && static_cast<int>(i.result_count) != info.results))
      return fail("b{}: {} has {} operands, {} results", index(i.block), info.text, i.arg_count,
                  i.result_count);
    switch (i.op) {
      case Op::select:
        expect(i, 0, Type::i32);
        expect(i, 1, i.type);
        expect(i, 2, i.type);
        return;
      case Op::ref_eq: expect(i, 0, Type::ref), expect(i, 1, Type::ref); return;
      case Op::ref_bits: expect(i, 0, Type::ref); return;
      case Op::ref_of_bits: expect(i, 0, Type::i32); return;
      case Op::shuffle: expect(i, 0, Type::v128), expect(i, 1, Type::v128); return;
      case Op::trap_if:
      case Op::branch:
      case Op::switch_: expect(i, 0, Type::i32); return;
      case Op::return_:
        if (i.arg_count != f_.signature.results.size()) return fail("return has other results");
        for (uint32_t k = 0; k < i.arg_count; ++k) expect(i, k, f_.signature.results[k]);
        return;
      case Op::call_ref:
      case Op::tail_call_ref:
        if (i.arg_count == 0) return fail("{} has no callee", info.text);
        expect(i, 0, Type::i64);
        return;
      case Op::landing_pad:
        if (f_.block(i.block).first !=
            static_cast<InstId>(f_.values[index(i.first_result)].definer))
          fail("b{}: landing_pad is not the first", index(i.block));
        return;
      case Op::load:
      case Op::store:
      case Op::load_lane:
      case Op::store_lane:
      case Op::atomic_rmw:
      case Op::atomic_cmpxchg: return access(i);
      default: return;  // nothing more is to be said
    }
  }

  void access(const Inst& i) {
    uint32_t values = i.op == Op::load ? 0 : i.op == Op::atomic_cmpxchg ? 2 : 1;
    if (i.arg_count < 1 + values || i.arg_count > 2 + values)
      return fail("b{}: {} has {} operands", index(i.block), op_text(i.op), i.arg_count);
    expect(i, 0, Type::i64);
    if (i.arg_count == 2 + values) {
      Type t = f_.type_of(f_.args(i)[1]);
      if (t != Type::i32 && t != Type::i64) fail("b{}: an index is no integer", index(i.block));
    }
    if (i.access.faults && i.access.disp < 0) fail("b{}: negative offset", index(i.block));
    if (i.access.scale > 3) fail("b{}: scale", index(i.block));
    Type value = i.op == Op::load ? i.type : f_.type_of(f_.args(i)[i.arg_count - 1]);
    if (i.op == Op::load_lane || i.op == Op::store_lane) {
      if (value != Type::v128) fail("b{}: a lane of no vector", index(i.block));
      return;
    }
    bool fits = false;
    switch (i.access.kind) {
      case MemKind::i8_s:
      case MemKind::i8_u:
      case MemKind::i16_s:
      case MemKind::i16_u:
      case MemKind::i32_u: fits = value == Type::i32 || value == Type::i64; break;
      case MemKind::i32_s:
      case MemKind::i64: fits = value == Type::i64; break;
      case MemKind::f32: fits = value == Type::f32; break;
      case MemKind::f64: fits = value == Type::f64; break;
      case MemKind::ref: fits = value == Type::ref; break;
      case MemKind::v128:
      case MemKind::v8x8_s:
      case MemKind::v8x8_u:
      case MemKind::v16x4_s:
      case MemKind::v16x4_u:
      case MemKind::v32x2_s:
      case MemKind::v32x2_u:
      case MemKind::splat8:
      case MemKind::splat16:
      case MemKind::splat32:
      case MemKind::splat64:
      case MemKind::zero32:
      case MemKind::zero64: fits = value == Type::v128; break;
    }
    if (!fits) fail("b{}: {} of another type than its kind", index(i.block), op_text(i.op));
  }

  void edges() {
    for (Block b : f_.order) {
      const Inst& last = f_.terminator(b);
      for (const Target& t : f_.targets_of(last)) {
        const BlockInfo& to = f_.block(t.block);
        if (t.arg_count != to.params.size())
          return fail("b{} gives {} arguments to b{}, which has {} parameters", index(b),
                      t.arg_count, index(t.block), to.params.size());
        for (uint32_t k = 0; k < t.arg_count; ++k)
          if (f_.type_of(f_.args(t)[k]) != f_.type_of(to.params[k]))
            return fail("b{}: argument {} for b{} has another type", index(b), k, index(t.block));
        if (last.target_count > 1 && !to.params.empty() &&
            dominators_->predecessors(t.block).size() > 1)
          return fail("the edge from b{} to b{} is critical", index(b), index(t.block));
      }
      bool is_pad = f_.inst(f_.block(b).first).op == Op::landing_pad;
      for (Block p : dominators_->predecessors(b)) {
        const Inst& from = f_.terminator(p);
        bool unwinds = from.is_invoke && f_.targets_of(from)[1].block == b;
        if (unwinds != is_pad)
          return fail("b{}: landing pads and unwinding do not agree", index(b));
      }
    }
  }

  // Addresses made from a reference are used before anything can move its object.
  void derived() {
    std::vector<uint8_t> is_derived(f_.values.size(), false);
    bool any = false;
    for (Block b : f_.order)
      for (InstId id = f_.block(b).first; id != InstId::none; id = f_.inst(id).next) {
        const Inst& i = f_.inst(id);
        bool from = false;
        for (Value v : f_.args(i)) from |= is_derived[index(v)];
        bool address = i.op == Op::ref_bits ||
                       (from && (i.op == Op::lea || i.op == op_of(isa::Op::i64_extend_i32_u) ||
                                 i.op == op_of(isa::Op::i64_add)));
        if (address && i.result_count == 1) is_derived[index(i.first_result)] = any = true;
      }
    if (!any) return;
    for (Block b : f_.order)
      for (InstId id = f_.block(b).first; id != InstId::none; id = f_.inst(id).next)
        for (Value v : f_.args(f_.inst(id)))
          if (is_derived[index(v)]) unmoved(v, id);
  }

  // No safepoint between the definition of v and its use.
  void unmoved(Value v, InstId use) {
    auto def = static_cast<InstId>(f_.values[index(v)].definer);
    std::vector<uint8_t> seen(f_.blocks.size(), false);
    std::vector<InstId> work{f_.inst(use).prev};
    std::vector<Block> blocks{f_.inst(use).block};
    while (!blocks.empty()) {
      InstId id = work.back();
      Block b = blocks.back();
      work.pop_back();
      blocks.pop_back();
      while (id != InstId::none && id != def) {
        if (op_is_safepoint(f_.inst(id).op))
          return fail("v{}, an address in the heap, lives across {} in b{}", index(v),
                      op_text(f_.inst(id).op), index(b));
        id = f_.inst(id).prev;
      }
      if (id == def) continue;
      for (Block p : dominators_->predecessors(b)) {
        if (seen[index(p)]) continue;
        seen[index(p)] = true;
        work.push_back(f_.block(p).last);
        blocks.push_back(p);
      }
    }
  }

  static constexpr uint32_t kNone = ~0u;
  const Function& f_;
  std::string error_;
  std::vector<uint32_t> number_, place_;
  std::optional<Dominators> dominators_;
};

}  // namespace

std::string verify(const Function& function) { return Verifier(function).run(); }

}  // namespace zwasm::ir
