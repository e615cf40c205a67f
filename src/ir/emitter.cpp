#include "ir/emitter.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/assert.h"

namespace zwasm::ir {

// ------------------------------------------------------------------------------------------------
// Value numbering

namespace {

uint64_t mix(uint64_t h, uint64_t v) {
  h = (h ^ v) * 0x9E3779B97F4A7C15u;
  return h ^ (h >> 32);
}

uint64_t hash_of(const Inst& inst, std::span<const Value> args) {
  uint64_t h =
      mix(static_cast<uint64_t>(inst.op) << 8 | static_cast<uint64_t>(inst.type), inst.aux);
  h = mix(mix(h, inst.imm), inst.imm2);
  for (Value v : args) h = mix(h, index(v));
  return h;
}

}  // namespace

InstId Emitter::pure_inst(const Inst& wanted, Values args, std::span<const Type> results) {
  Inst inst = wanted;
  inst.type = results[0];
  size_t mask = table_.size() - 1;
  size_t at = hash_of(inst, args) & mask;
  g.count(1);
  // A short probe: what is not found is made again, which is never wrong.
  size_t free = at;
  for (int i = 0; i < 4; ++i, at = (at + 1) & mask) {
    if (table_[at] == InstId::none) {
      free = at;
      break;
    }
    const Inst& old = f.inst(table_[at]);
    if (!g.on_path(old.block)) {
      free = at;
      continue;
    }
    if (old.op == inst.op && old.type == inst.type && old.aux == inst.aux && old.imm == inst.imm &&
        old.imm2 == inst.imm2 && old.arg_count == args.size() &&
        std::equal(args.begin(), args.end(), f.args(old).begin()))
      return table_[at];
  }
  InstId id = g.append(inst, args, results);
  table_[free] = id;
  if (++count_ > table_.size() / 2 && table_.size() < (1u << 20)) {
    std::vector<InstId> old = std::move(table_);
    table_.assign(old.size() * 4, InstId::none);
    mask = table_.size() - 1;
    for (InstId entry : old) {
      if (entry == InstId::none) continue;
      const Inst& i = f.inst(entry);
      size_t to = hash_of(i, f.args(i)) & mask;
      for (int probe = 0; probe < 4; ++probe, to = (to + 1) & mask)
        if (table_[to] == InstId::none) {
          table_[to] = entry;
          break;
        }
    }
  }
  return id;
}

Value Emitter::pure(const Inst& inst, std::initializer_list<Value> args, Type type) {
  return f.inst(pure_inst(inst, {args.begin(), args.size()}, {&type, 1})).first_result;
}

// ------------------------------------------------------------------------------------------------
// Constants

Value Emitter::constant(Type type, Const bits) {
  Inst inst;
  inst.op = const_op(type);
  if (type == Type::i32 || type == Type::f32) bits.lo &= 0xFFFFFFFF;
  inst.imm = bits.lo;
  inst.imm2 = type == Type::v128 ? bits.hi : 0;
  return pure(inst, {}, type);
}

std::optional<Const> Emitter::constant_of(Value v) const {
  const Inst* inst = definer(v);
  if (inst == nullptr) return std::nullopt;
  switch (inst->op) {
    case Op::const_i32:
    case Op::const_i64:
    case Op::const_f32:
    case Op::const_f64: return Const{inst->imm, 0};
    case Op::const_v128: return Const{inst->imm, inst->imm2};
    default: return std::nullopt;  // Op is open
  }
}

bool Emitter::is_const(Value v, uint64_t bits) const {
  auto c = constant_of(v);
  return c && c->lo == bits;
}

// ------------------------------------------------------------------------------------------------
// Values

Value Emitter::arg(const Inst& inst, uint32_t i) const {
  return g.resolve(f.value_pool[inst.first_arg + i]);
}

const Inst* Emitter::is_op(Value v, isa::Op op) const {
  const Inst* inst = definer(v);
  return inst != nullptr && inst->op == op_of(op) ? inst : nullptr;
}

Value Emitter::plain(isa::Op op, std::initializer_list<Value> args, uint8_t lane) {
  Inst inst = make(op_of(op));
  inst.aux = lane;
  return pure(inst, args, type_of_kind(isa::op_shape(op).results[0]));
}

Value Emitter::op(isa::Op op, std::initializer_list<Value> in, uint8_t lane) {
  ZWASM_ASSERT(in.size() <= 4);
  Value args[4] = {Value::none, Value::none, Value::none, Value::none};
  Const bits[4];
  bool constants = true;
  size_t n = 0;
  for (Value v : in) {
    args[n] = g.resolve(v);
    if (auto c = constant_of(args[n])) bits[n] = *c;
    else constants = false;
    ++n;
  }
  const isa::OpShape& shape = isa::op_shape(op);
  if (constants && shape.imm == isa::Imm::none) {
    Const result[2];
    if (fold(op, {bits, n}, result)) return constant(type_of_kind(shape.results[0]), result[0]);
  }
  if (optimize_ && shape.imm == isa::Imm::none && n <= 3) {
    Value simpler =
        simplify(op, args[0], n > 1 ? args[1] : Value::none, n > 2 ? args[2] : Value::none);
    if (simpler != Value::none) return simpler;
  }
  switch (n) {
    case 1: return plain(op, {args[0]}, lane);
    case 2: return plain(op, {args[0], args[1]}, lane);
    case 3: return plain(op, {args[0], args[1], args[2]}, lane);
    default: return plain(op, {args[0], args[1], args[2], args[3]}, lane);
  }
}

void Emitter::op2(isa::Op op, std::span<const Value> in, Value results[2]) {
  Value args[4];
  Const bits[4], result[2];
  bool constants = true;
  size_t n = 0;
  for (Value v : in) {
    args[n] = g.resolve(v);
    if (auto c = constant_of(args[n])) bits[n] = *c;
    else constants = false;
    ++n;
  }
  if (constants && fold(op, {bits, n}, result)) {
    results[0] = i64(result[0].lo);
    results[1] = i64(result[1].lo);
    return;
  }
  static constexpr Type kTypes[2] = {Type::i64, Type::i64};
  const Inst& inst = f.inst(pure_inst(make(op_of(op)), {args, n}, kTypes));
  results[0] = Function::result(inst, 0);
  results[1] = Function::result(inst, 1);
}

Value Emitter::shuffle(Value a, Value b, const uint8_t lanes[16]) {
  Inst inst = make(Op::shuffle);
  std::memcpy(&inst.imm, lanes, 8);
  std::memcpy(&inst.imm2, lanes + 8, 8);
  return pure(inst, {g.resolve(a), g.resolve(b)}, Type::v128);
}

Value Emitter::select(Value cond, Value a, Value b) {
  cond = g.resolve(cond), a = g.resolve(a), b = g.resolve(b);
  if (a == b) return a;
  if (auto c = constant_of(cond)) return static_cast<uint32_t>(c->lo) != 0 ? a : b;
  if (optimize_) {
    // The condition is tested against zero: peel what only inverts or repeats that.
    while (const Inst* inst = is_op(cond, isa::Op::i32_eqz)) {
      cond = arg(*inst, 0);
      std::swap(a, b);
    }
    if (const Inst* inst = is_op(cond, isa::Op::i32_ne); inst && is_const(arg(*inst, 1), 0))
      cond = arg(*inst, 0);
    if (f.type_of(a) == Type::i32 && upper_bound(cond) <= 1) {
      if (is_const(a, 1) && is_const(b, 0)) return cond;
      if (is_const(a, 0) && is_const(b, 1)) return op(isa::Op::i32_eqz, {cond});
    }
  }
  return pure(make(Op::select), {cond, a, b}, f.type_of(a));
}

Value Emitter::ref_eq(Value a, Value b) {
  a = g.resolve(a), b = g.resolve(b);
  if (a == b) return i32(1);
  if (index(a) > index(b)) std::swap(a, b);
  return pure(make(Op::ref_eq), {a, b}, Type::i32);
}

Value Emitter::ref_bits(Value ref) {
  ref = g.resolve(ref);
  const Inst* inst = definer(ref);
  if (inst != nullptr && inst->op == Op::null_ref) return i32(0);
  // What the collector moves has other bits afterwards: they are made once only between safepoints.
  Inst bits = make(Op::ref_bits);
  bits.aux = g.epoch();
  return pure(bits, {ref}, Type::i32);
}

Value Emitter::ref_of_bits(Value bits) {
  return pure(make(Op::ref_of_bits), {g.resolve(bits)}, Type::ref);
}

Value Emitter::is_null(Value ref) {
  ref = g.resolve(ref);
  if (f.type_of(ref) == Type::i64) return op(isa::Op::i64_eqz, {ref});
  return ref_eq(ref, null());
}

Value Emitter::extend_u(Value v) {
  v = g.resolve(v);
  return f.type_of(v) == Type::i64 ? v : op(isa::Op::i64_extend_i32_u, {v});
}

// ------------------------------------------------------------------------------------------------
// Memory

Value Emitter::load(const Access& access, Type type, Value base, Value index, Value state) {
  Inst inst = make(Op::load);
  inst.access = access;
  if (state != Value::none) inst.aux = ir::index(g.resolve(state)) + 1;
  base = g.resolve(base);
  if (index != Value::none) index = g.resolve(index);
  if (access.region == Region::invariant || state != Value::none)
    return index == Value::none ? pure(inst, {base}, type) : pure(inst, {base, index}, type);
  InstId id =
      index == Value::none ? g.append(inst, {base}, type) : g.append(inst, {base, index}, type);
  return g.value_of(id);
}

void Emitter::store(const Access& access, Value base, Value index, Value value) {
  Inst inst = make(Op::store);
  inst.access = access;
  if (index == Value::none) g.append(inst, {base, value});
  else g.append(inst, {base, index, value});
}

Value Emitter::load_field(Value base, int32_t offset, Type type, MemKind kind, Region region,
                          Value state) {
  Access access;
  access.kind = kind;
  access.region = region;
  access.disp = offset;
  return load(access, type, base, Value::none, state);
}

Value Emitter::load_guarded(Value base, int32_t offset, Type type, MemKind kind) {
  Access access;
  access.kind = kind;
  access.region = Region::invariant;
  access.disp = offset;
  access.guarded = true;
  return load(access, type, base);
}

void Emitter::store_field(Value base, int32_t offset, Value value, MemKind kind, Region region) {
  Access access;
  access.kind = kind;
  access.region = region;
  access.disp = offset;
  store(access, base, Value::none, value);
}

// ------------------------------------------------------------------------------------------------
// Control

void Emitter::trap_if(Value cond, isa::Trap trap) {
  if (g.ended()) return;
  cond = g.resolve(cond);
  if (auto c = constant_of(cond)) {
    if (static_cast<uint32_t>(c->lo) == 0) return;
    // What follows is never reached, but the code goes on.
    Block dead = g.add_block(), parent = g.current();
    this->trap(trap);
    g.enter(dead, parent);
    return;
  }
  if (optimize_)
    if (const Inst* inst = is_op(cond, isa::Op::i32_ne); inst && is_const(arg(*inst, 1), 0))
      cond = arg(*inst, 0);
  // A check that a dominating block has made already.
  if (index(cond) >= checked_.size()) checked_.resize(f.values.size(), Block::none);
  Block& checked = checked_[index(cond)];
  if (checked != Block::none && g.on_path(checked)) return;
  checked = g.current();
  Inst inst = make(Op::trap_if);
  inst.imm = static_cast<uint64_t>(trap);
  g.append(inst, {cond});
}

void Emitter::trap(isa::Trap trap) {
  Inst inst = make(Op::trap);
  inst.imm = static_cast<uint64_t>(trap);
  g.end(inst);
}

void Emitter::branch(Value cond, Block then, Block otherwise, Hint hint, Values then_args,
                     Values otherwise_args) {
  cond = g.resolve(cond);
  if (auto c = constant_of(cond)) {
    if (static_cast<uint32_t>(c->lo) != 0) g.jump(then, then_args);
    else g.jump(otherwise, otherwise_args);
    return;
  }
  if (optimize_) {
    while (const Inst* inst = is_op(cond, isa::Op::i32_eqz)) {
      cond = arg(*inst, 0);
      std::swap(then, otherwise);
      std::swap(then_args, otherwise_args);
      if (hint != Hint::none) hint = hint == Hint::likely ? Hint::unlikely : Hint::likely;
    }
    if (const Inst* inst = is_op(cond, isa::Op::i32_ne); inst && is_const(arg(*inst, 1), 0))
      cond = arg(*inst, 0);
  }
  g.branch(cond, then, otherwise, hint, then_args, otherwise_args);
}

// The most that v can be: what masks and comparisons need not look at.
uint64_t Emitter::upper_bound(Value v, int depth) const {
  const bool wide = f.type_of(v) == Type::i64;
  const uint64_t all = wide ? ~uint64_t{0} : 0xFFFFFFFF;
  const Inst* inst = definer(v);
  if (inst == nullptr || depth == 0) return all;
  if (auto c = constant_of(v)) return c->lo;
  if (inst->op == Op::load) {
    switch (inst->access.kind) {
      case MemKind::i8_u: return 0xFF;
      case MemKind::i16_u: return 0xFFFF;
      case MemKind::i32_u: return 0xFFFFFFFF;
      default: return all;  // the other kinds fill the type
    }
  }
  if (inst->op == Op::ref_eq) return 1;
  if (inst->op == Op::select)
    return std::max(upper_bound(arg(*inst, 1), depth - 1), upper_bound(arg(*inst, 2), depth - 1));
  if (!is_wasm_op(inst->op)) return all;
  isa::Op o = wasm_op(inst->op);
  if (o >= isa::Op::i32_eqz && o <= isa::Op::f64_ge) return 1;
  switch (o) {
    case isa::Op::i32_and:
    case isa::Op::i64_and:
      return std::min(upper_bound(arg(*inst, 0), depth - 1), upper_bound(arg(*inst, 1), depth - 1));
    case isa::Op::i32_or:
    case isa::Op::i64_or:
    case isa::Op::i32_xor:
    case isa::Op::i64_xor: {
      uint64_t m = upper_bound(arg(*inst, 0), depth - 1) | upper_bound(arg(*inst, 1), depth - 1);
      return m == 0 ? 0 : ~uint64_t{0} >> std::countl_zero(m);
    }
    case isa::Op::i32_shr_u:
    case isa::Op::i64_shr_u:
      if (auto c = constant_of(arg(*inst, 1)))
        return upper_bound(arg(*inst, 0), depth - 1) >> (c->lo & (wide ? 63 : 31));
      return upper_bound(arg(*inst, 0), depth - 1);
    case isa::Op::i64_extend_i32_u: return upper_bound(arg(*inst, 0), depth - 1);
    case isa::Op::i32_wrap_i64: return std::min(all, upper_bound(arg(*inst, 0), depth - 1));
    case isa::Op::i32_clz:
    case isa::Op::i32_ctz:
    case isa::Op::i32_popcnt: return 32;
    case isa::Op::i64_clz:
    case isa::Op::i64_ctz:
    case isa::Op::i64_popcnt: return 64;
    default: return all;  // nothing is known
  }
}

}  // namespace zwasm::ir
