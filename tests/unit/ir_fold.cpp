// What the emitter makes of operations on constants means the same as the operations themselves:
// chains of random ops with random constants, applied to random operands, against isa/semantics.h.
#include <doctest/doctest.h>

#include <optional>
#include <random>

#include "ir/emitter.h"
#include "ir/print.h"
#include "ir/verifier.h"

using namespace zwasm;
using ir::Const;
using ir::Type;
using W = isa::Op;

namespace {

// Runs straight-line code without memory.
std::vector<Const> run(const ir::Function& f, const std::vector<Const>& params) {
  std::vector<Const> values(f.values.size());
  const ir::BlockInfo& block = f.blocks[0];
  for (size_t i = 0; i < params.size(); ++i) values[ir::index(block.params[i])] = params[i];
  for (ir::InstId id = block.first; id != ir::InstId::none; id = f.inst(id).next) {
    const ir::Inst& inst = f.inst(id);
    std::vector<Const> args;
    for (ir::Value v : f.args(inst)) args.push_back(values[ir::index(v)]);
    Const results[2];
    switch (inst.op) {
      case ir::Op::const_i32:
      case ir::Op::const_i64:
      case ir::Op::const_f32:
      case ir::Op::const_f64:
      case ir::Op::const_v128: results[0] = {inst.imm, inst.imm2}; break;
      case ir::Op::select:
        results[0] = static_cast<uint32_t>(args[0].lo) != 0 ? args[1] : args[2];
        break;
      case ir::Op::return_: return args;
      default: {
        bool done = ir::is_wasm_op(inst.op) && ir::fold(ir::wasm_op(inst.op), args, results);
        // In the graph a division never traps.
        CHECK_MESSAGE(done, ir::print(f));
      }
    }
    for (uint32_t r = 0; r < inst.result_count; ++r)
      values[ir::index(ir::Function::result(inst, r))] = results[r];
  }
  return {};
}

class Random {
 public:
  uint64_t bits() { return engine_(); }
  uint32_t below(uint32_t n) { return static_cast<uint32_t>(bits() % n); }
  // Mostly what is special.
  uint64_t operand(bool wide) {
    static constexpr uint64_t kSpecial[] = {
        0,   1,      2,      3,      7,          8,          10,         24,          31,
        32,  33,     63,     64,     100,        127,        128,        255,         256,
        641, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x100000000, 6700417};
    uint64_t v = 0;
    switch (below(4)) {
      case 0: v = kSpecial[below(std::size(kSpecial))]; break;
      case 1: v = 0 - kSpecial[below(std::size(kSpecial))]; break;
      case 2: v = uint64_t{1} << below(64); break;
      default: v = bits() >> below(64); break;
    }
    if (below(8) == 0) v = ~v;
    if (!wide && below(4) == 0) v = 0x80000000;
    if (wide && below(16) == 0) v = uint64_t{1} << 63;
    return wide ? v : static_cast<uint32_t>(v);
  }

 private:
  std::mt19937_64 engine_{20240229};
};

std::vector<W> ops_from(W first, W last) {
  std::vector<W> ops;
  for (auto i = static_cast<uint32_t>(first); i <= static_cast<uint32_t>(last); ++i)
    ops.push_back(static_cast<W>(i));
  return ops;
}

bool wide_type(uint8_t kind) { return static_cast<isa::ValKind>(kind) == isa::ValKind::i64; }

}  // namespace

TEST_CASE("chains of integer operations keep their meaning") {
  std::vector<W> ops = ops_from(W::i32_eqz, W::i64_ge_u);
  for (W op : ops_from(W::i32_clz, W::i64_rotr)) ops.push_back(op);
  for (W op : {W::i32_wrap_i64, W::i64_extend_i32_s, W::i64_extend_i32_u, W::i32_extend8_s,
               W::i32_extend16_s, W::i64_extend8_s, W::i64_extend16_s, W::i64_extend32_s})
    ops.push_back(op);
  Random random;
  size_t shorter = 0, checked = 0;
  for (int round = 0; round < 30000; ++round) {
    const bool wide_param = random.below(2) != 0;
    ir::Function f;
    ir::Assignments none;
    ir::Graph g(f, none);
    ir::Emitter e(g, true);
    ir::Block entry = g.add_block();
    g.enter(entry, ir::Block::none);
    Type type = wide_param ? Type::i64 : Type::i32;
    f.signature.params = {type};
    ir::Value v = g.add_entry_param(entry, type);
    struct Step {
      W op;
      std::optional<Const> left, right;
    };
    std::vector<Step> steps;
    const size_t length = 1 + random.below(4);
    while (steps.size() < length) {
      W op = ops[random.below(static_cast<uint32_t>(ops.size()))];
      const isa::OpShape& shape = isa::op_shape(op);
      if (wide_type(shape.args[0]) != (type == Type::i64)) continue;
      Step step{op, {}, {}};
      auto num = [&](Const c) {
        return type == Type::i64 ? e.i64(c.lo) : e.i32(static_cast<uint32_t>(c.lo));
      };
      if (shape.arg_count == 1) {
        v = e.op(op, {v});
      } else {
        Const c{random.operand(type == Type::i64), 0};
        bool division = isa::op_info(op).effect == isa::Effect::traps;
        if (division || random.below(8) != 0) {
          if (division && (c.lo == 0 || c.lo == (type == Type::i64 ? ~uint64_t{0} : 0xFFFFFFFF)))
            continue;
          step.right = c;
          v = e.op(op, {v, num(c)});
        } else {
          step.left = c;
          v = e.op(op, {num(c), v});
        }
      }
      steps.push_back(step);
      type = wide_type(shape.results[0]) ? Type::i64 : Type::i32;
    }
    f.signature.results = {type};
    ir::Inst ret = ir::Emitter::make(ir::Op::return_);
    g.end(ret, {&v, 1});
    g.finish(entry);
    CHECK(ir::verify(f) == "");
    shorter += f.insts.size() < steps.size() + 1;
    for (int i = 0; i < 16; ++i) {
      Const value{random.operand(wide_param), 0};
      Const in = value;
      for (const Step& s : steps) {
        Const args[2] = {value, value}, result[2];
        size_t n = isa::op_shape(s.op).arg_count;
        if (s.right) args[1] = *s.right;
        if (s.left) args[0] = *s.left;
        REQUIRE(ir::fold(s.op, {args, n}, result));
        value = result[0];
      }
      auto got = run(f, {in});
      ++checked;
      if (got.size() != 1 || got[0] != value)
        FAIL_CHECK("of " << in.lo << ": " << got[0].lo << ", not " << value.lo << "\n"
                         << ir::print(f));
    }
  }
  CHECK(shorter > 5000);
  CHECK(checked == 480000);
}

TEST_CASE("divisions by all kinds of constants") {
  Random random;
  for (W op : {W::i32_div_s, W::i32_div_u, W::i32_rem_s, W::i32_rem_u, W::i64_div_s, W::i64_div_u,
               W::i64_rem_s, W::i64_rem_u}) {
    const bool wide = wide_type(isa::op_shape(op).args[0]);
    const uint64_t all = wide ? ~uint64_t{0} : 0xFFFFFFFF;
    for (int round = 0; round < 3000; ++round) {
      Const d{round < 300 ? static_cast<uint64_t>(round + 1) : random.operand(wide), 0};
      if (d.lo == 0) continue;
      ir::Function f;
      ir::Assignments none;
      ir::Graph g(f, none);
      ir::Emitter e(g, true);
      ir::Block entry = g.add_block();
      g.enter(entry, ir::Block::none);
      Type type = wide ? Type::i64 : Type::i32;
      f.signature.params = f.signature.results = {type};
      ir::Value p = g.add_entry_param(entry, type);
      ir::Value v = e.op(op, {p, wide ? e.i64(d.lo) : e.i32(static_cast<uint32_t>(d.lo))});
      g.end(ir::Emitter::make(ir::Op::return_), {&v, 1});
      g.finish(entry);
      for (const auto& inst : f.insts) CHECK(inst.op != ir::op_of(op));
      for (int i = 0; i < 24; ++i) {
        Const n{random.operand(wide), 0};
        if (i > 16) n.lo = (d.lo * random.bits() + random.below(3) - 1) & all;
        Const args[2] = {n, d}, expected[2];
        if (!ir::fold(op, args, expected)) continue;
        auto got = run(f, {n});
        if (got[0] != expected[0])
          FAIL_CHECK(n.lo << " by " << d.lo << ": " << got[0].lo << ", not " << expected[0].lo
                          << "\n"
                          << ir::print(f));
      }
    }
  }
}
