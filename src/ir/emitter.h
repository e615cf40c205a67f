// Puts instructions into a graph under construction, better ones than it was asked for: constants
// are folded, identities applied, divisions by constants turned into multiplications, and a
// computation that a dominating block has made already is not made again.
#pragma once
#include <initializer_list>
#include <optional>
#include <span>
#include <vector>

#include "ir/fold.h"
#include "ir/graph.h"
#include "ir/ops.h"
#include "isa/op_shape.h"

namespace zwasm::ir {

class Emitter {
 public:
  // Without `optimize`, constants are folded still, but nothing else.
  Emitter(Graph& graph, bool optimize) : g(graph), f(graph.f), optimize_(optimize) {}

  // --- constants
  Value i32(uint32_t v) { return constant(Type::i32, {v, 0}); }
  Value i64(uint64_t v) { return constant(Type::i64, {v, 0}); }
  Value constant(Type type, Const bits);
  Value null() { return pure(make(Op::null_ref), {}, Type::ref); }
  std::optional<Const> constant_of(Value v) const;
  bool is_const(Value v, uint64_t bits) const;

  // --- values
  Value instance() { return pure(make(Op::instance), {}, Type::i64); }
  Value context() { return pure(make(Op::context), {}, Type::i64); }
  // A simple op of WebAssembly with one result that cannot trap: div, rem and the like after their
  // checks. `lane`: of lane ops.
  Value op(isa::Op op, std::initializer_list<Value> args, uint8_t lane = 0);
  // With two results (wide arithmetic).
  void op2(isa::Op op, std::span<const Value> args, Value results[2]);
  Value shuffle(Value a, Value b, const uint8_t lanes[16]);
  Value select(Value cond, Value a, Value b);
  Value ref_eq(Value a, Value b);
  Value ref_bits(Value ref);
  Value ref_of_bits(Value bits);
  // i32: is the reference (ref, or i64 of a function) null?
  Value is_null(Value ref);
  Value extend_u(Value v);  // i32 to i64; i64 as it is

  // --- memory. Loads of Region::invariant are values like others.
  // `state`: those of Region::memory_shape are the same as long as that is the same value.
  Value load(const Access& access, Type type, Value base, Value index = Value::none,
             Value state = Value::none);
  void store(const Access& access, Value base, Value index, Value value);
  Value load_field(Value base, int32_t offset, Type type, MemKind kind, Region region,
                   Value state = Value::none);
  // The same where the address is one only because of a check that stands before.
  Value load_guarded(Value base, int32_t offset, Type type, MemKind kind);
  void store_field(Value base, int32_t offset, Value value, MemKind kind, Region region);

  // --- traps
  void trap_if(Value cond, isa::Trap trap);
  void trap(isa::Trap trap);

  // --- ends of blocks
  void branch(Value cond, Block then, Block otherwise, Hint hint = Hint::none,
              Graph::Values then_args = {}, Graph::Values otherwise_args = {});

  // --- everything else
  static Inst make(Op op) {
    Inst inst;
    inst.op = op;
    return inst;
  }
  // An instruction without effects: made once.
  Value pure(const Inst& inst, std::initializer_list<Value> args, Type type);
  // The most that v, a 32- or 64-bit integer, can be.
  uint64_t upper_bound(Value v, int depth = 4) const;

  Graph& g;
  Function& f;

 private:
  using Values = std::span<const Value>;
  InstId pure_inst(const Inst& inst, Values args, std::span<const Type> results);
  const Inst* definer(Value v) const { return f.definer(v); }
  // Its first argument's definer, if v is `op` of something; null otherwise.
  const Inst* is_op(Value v, isa::Op op) const;
  Value arg(const Inst& inst, uint32_t i) const;
  Value plain(isa::Op op, std::initializer_list<Value> args, uint8_t lane = 0);

  // simplify.cpp. None: nothing simpler is known.
  Value simplify(isa::Op op, Value a, Value b, Value c);
  Value simplify_unary(isa::Op op, Value a);
  Value simplify_eqz(bool wide, Value a);
  Value simplify_int(isa::Op op32, bool wide, Value a, Value b);
  Value simplify_compare(isa::Op op32, bool wide, Value a, Value b);
  Value simplify_shift(isa::Op op32, bool wide, Value a, Value b);
  Value divide(isa::Op op32, bool wide, Value a, uint64_t d);
  Value divide_unsigned(bool wide, Value a, uint64_t d);
  Value divide_signed(bool wide, Value a, int64_t d);
  isa::Op widen(isa::Op op32, bool wide) const;
  Value num(bool wide, uint64_t v) { return wide ? i64(v) : i32(static_cast<uint32_t>(v)); }

  bool optimize_;
  std::vector<InstId> table_ = std::vector<InstId>(1024, InstId::none);
  size_t count_ = 0;
  std::vector<Block> checked_;  // by value: where trap_if has found it zero
};

}  // namespace zwasm::ir
