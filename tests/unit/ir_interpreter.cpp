#include "ir_interpreter.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "isa/semantics.h"
#include "isa/semantics_simd.h"

namespace zwasm::test {

using ir::MemKind;
using ir::Op;
using ir::Type;
using isa::V128;

namespace {

template <class T>
T from_word(V128 v) {
  T t;
  std::memcpy(&t, &v, sizeof t);
  return t;
}
template <class T>
V128 to_word(T t) {
  V128 v;
  std::memcpy(static_cast<void*>(&v), &t, sizeof t);
  return v;
}
template <class R, class... A, size_t... I>
Words apply(R (*f)(A...), const Words& args, std::index_sequence<I...>) {
  if constexpr (std::is_same_v<R, isa::sem::Wide>) {
    auto r = f(from_word<A>(args[I])...);
    return {to_word(r.lo), to_word(r.hi)};
  } else {
    return {to_word(f(from_word<A>(args[I])...))};
  }
}
template <class R, class... A>
Words run(R (*f)(A...), const Words& args) {
  return apply(f, args, std::index_sequence_for<A...>{});
}
template <class A, class R>
Words run(isa::Trap (*f)(A, R&), const Words& args) {
  R r{};
  f(from_word<A>(args[0]), r);
  return {to_word(r)};
}
// In the IR, division does not trap.
template <class A, class R>
Words run(isa::Trap (*f)(A, A, R&), const Words& args) {
  R r{};
  f(from_word<A>(args[0]), from_word<A>(args[1]), r);
  return {to_word(r)};
}

struct Row {
  isa::Op op;
  Words (*run)(const Words& args);
};
const Row kRows[] = {
#define NUM(name, prefix, code, text, sig, feature, effect) \
  {isa::Op::name, [](const Words& args) { return run(&isa::sem::name, args); }},
#define OP(...)
#include "isa/opcodes.def"
};

uint8_t* bytes_of(V128& v) { return reinterpret_cast<uint8_t*>(&v); }

// A lane of `width` bytes, sign- or zero-extended to `to` bytes.
V128 extract(V128 v, uint32_t width, uint32_t lane, bool is_signed, uint32_t to) {
  uint64_t bits = 0;
  std::memcpy(&bits, bytes_of(v) + lane * width, width);
  if (is_signed && width < 8 && (bits >> (8 * width - 1) & 1) != 0)
    bits |= ~uint64_t{0} << 8 * width;
  if (to < 8) bits &= (uint64_t{1} << 8 * to) - 1;
  return {bits, 0};
}
V128 replace(V128 v, uint32_t width, uint32_t lane, V128 value) {
  std::memcpy(bytes_of(v) + lane * width, &value, width);
  return v;
}

Words lane_op(isa::Op op, const Words& a, uint32_t lane) {
  using W = isa::Op;
  switch (op) {
    case W::i8x16_extract_lane_s: return {extract(a[0], 1, lane, true, 4)};
    case W::i8x16_extract_lane_u: return {extract(a[0], 1, lane, false, 4)};
    case W::i16x8_extract_lane_s: return {extract(a[0], 2, lane, true, 4)};
    case W::i16x8_extract_lane_u: return {extract(a[0], 2, lane, false, 4)};
    case W::i32x4_extract_lane:
    case W::f32x4_extract_lane: return {extract(a[0], 4, lane, false, 4)};
    case W::i64x2_extract_lane:
    case W::f64x2_extract_lane: return {extract(a[0], 8, lane, false, 8)};
    case W::i8x16_replace_lane: return {replace(a[0], 1, lane, a[1])};
    case W::i16x8_replace_lane: return {replace(a[0], 2, lane, a[1])};
    case W::i32x4_replace_lane:
    case W::f32x4_replace_lane: return {replace(a[0], 4, lane, a[1])};
    case W::i64x2_replace_lane:
    case W::f64x2_replace_lane: return {replace(a[0], 8, lane, a[1])};
    default: return {};
  }
}

V128 widened(uint64_t bits, uint32_t from, bool is_signed) {
  V128 in{bits, 0}, out{0, 0};
  for (uint32_t i = 0; i < 8 / from; ++i)
    out = replace(out, 2 * from, i, extract(in, from, i, is_signed, 8));
  return out;
}
V128 splat(uint64_t bits, uint32_t width) {
  V128 out{0, 0};
  for (uint32_t i = 0; i < 16 / width; ++i) out = replace(out, width, i, {bits, 0});
  return out;
}

V128 load(MemKind kind, Type type, const uint8_t* at) {
  V128 raw{0, 0};
  std::memcpy(bytes_of(raw), at, access_size(kind));
  uint32_t to = type == Type::i64 ? 8 : 4;
  switch (kind) {
    case MemKind::i8_s: return extract(raw, 1, 0, true, to);
    case MemKind::i16_s: return extract(raw, 2, 0, true, to);
    case MemKind::i32_s: return extract(raw, 4, 0, true, to);
    case MemKind::v8x8_s: return widened(raw.lo, 1, true);
    case MemKind::v8x8_u: return widened(raw.lo, 1, false);
    case MemKind::v16x4_s: return widened(raw.lo, 2, true);
    case MemKind::v16x4_u: return widened(raw.lo, 2, false);
    case MemKind::v32x2_s: return widened(raw.lo, 4, true);
    case MemKind::v32x2_u: return widened(raw.lo, 4, false);
    case MemKind::splat8: return splat(raw.lo, 1);
    case MemKind::splat16: return splat(raw.lo, 2);
    case MemKind::splat32: return splat(raw.lo, 4);
    case MemKind::splat64: return splat(raw.lo, 8);
    case MemKind::i8_u:
    case MemKind::i16_u:
    case MemKind::i32_u:
    case MemKind::i64:
    case MemKind::f32:
    case MemKind::f64:
    case MemKind::v128:
    case MemKind::ref:
    case MemKind::zero32:
    case MemKind::zero64: return raw;
  }
  return raw;
}

class Machine {
 public:
  Machine(const ir::Function& f, uint64_t steps) : f_(f), steps_(steps), values_(f.values.size()) {}

  Words run(const Words& args) {
    ir::Block block = f_.order[0];
    Words params = args;
    while (true) {
      const ir::BlockInfo& info = f_.block(block);
      for (size_t i = 0; i < info.params.size(); ++i) set(info.params[i], params[i]);
      for (ir::InstId id = info.first; id != ir::InstId::none; id = f_.inst(id).next) {
        if (steps_-- == 0) return {};
        const ir::Inst& inst = f_.inst(id);
        if (inst.op == Op::return_) return args_of(inst);
        if (!ir::is_terminator_op(inst.op)) {
          step(inst);
          continue;
        }
        uint32_t taken = 0;
        if (inst.op == Op::branch) taken = arg(inst, 0).lo == 0;
        if (inst.op == Op::switch_)
          taken = static_cast<uint32_t>(std::min<uint64_t>(arg(inst, 0).lo, inst.target_count - 1));
        const ir::Target& target = f_.targets_of(inst)[taken];
        params.clear();
        for (ir::Value v : f_.args(target)) params.push_back(values_[ir::index(v)]);
        block = target.block;
        break;
      }
    }
  }

 private:
  V128 arg(const ir::Inst& inst, uint32_t n) { return values_[ir::index(f_.args(inst)[n])]; }
  Words args_of(const ir::Inst& inst) {
    Words all;
    for (ir::Value v : f_.args(inst)) all.push_back(values_[ir::index(v)]);
    return all;
  }
  void set(ir::Value v, V128 value) {
    switch (f_.type_of(v)) {
      case Type::i32:
      case Type::f32:
      case Type::ref: value = {value.lo & 0xFFFFFFFF, 0}; break;
      case Type::i64:
      case Type::f64: value.hi = 0; break;
      case Type::none:
      case Type::v128: break;
    }
    values_[ir::index(v)] = value;
  }
  uint8_t* address(const ir::Inst& inst, uint32_t args) {
    uint64_t at = arg(inst, 0).lo + static_cast<uint64_t>(int64_t{inst.access.disp});
    if (args == 2) at += arg(inst, 1).lo << inst.access.scale;
    return reinterpret_cast<uint8_t*>(at);
  }

  void step(const ir::Inst& inst) {
    uint32_t n = inst.arg_count;
    MemKind kind = inst.access.kind;
    switch (inst.op) {
      case Op::const_i32:
      case Op::const_i64:
      case Op::const_f32:
      case Op::const_f64:
      case Op::const_v128:
      case Op::null_ref: return define(inst, {{inst.imm, inst.imm2}});
      case Op::select: return define(inst, {arg(inst, arg(inst, 0).lo != 0 ? 1 : 2)});
      case Op::ref_eq: return define(inst, {{arg(inst, 0).lo == arg(inst, 1).lo, 0}});
      case Op::ref_bits:
      case Op::ref_of_bits: return define(inst, {arg(inst, 0)});
      case Op::shuffle: {
        V128 both[2] = {arg(inst, 0), arg(inst, 1)}, lanes{inst.imm, inst.imm2}, out{0, 0};
        for (uint32_t i = 0; i < 16; ++i) bytes_of(out)[i] = bytes_of(both[0])[bytes_of(lanes)[i]];
        return define(inst, {out});
      }
      case Op::lea: return define(inst, {{reinterpret_cast<uint64_t>(address(inst, 2)), 0}});
      case Op::load: return define(inst, {load(kind, inst.type, address(inst, n))});
      case Op::store: {
        V128 value = arg(inst, n - 1);
        std::memcpy(address(inst, n - 1), &value, access_size(kind));
        return;
      }
      case Op::load_lane: {
        V128 lane{0, 0};
        std::memcpy(bytes_of(lane), address(inst, n - 1), access_size(kind));
        return define(inst, {replace(arg(inst, n - 1), access_size(kind), inst.access.lane, lane)});
      }
      case Op::store_lane: {
        V128 lane = extract(arg(inst, n - 1), access_size(kind), inst.access.lane, false, 8);
        std::memcpy(address(inst, n - 1), &lane, access_size(kind));
        return;
      }
      case Op::atomic_rmw: return rmw(inst);
      case Op::atomic_cmpxchg: {
        uint64_t old = 0, expected = arg(inst, n - 2).lo, fresh = arg(inst, n - 1).lo;
        uint8_t* at = address(inst, n - 2);
        const size_t size = std::min<size_t>(access_size(kind), sizeof old);
        std::memcpy(&old, at, size);
        if (old == expected) std::memcpy(at, &fresh, size);
        return define(inst, {{old, 0}});
      }
      case Op::fence:
      case Op::trap_if:
      case Op::poll: return;  // what is tested does not trap
      default: break;
    }
    define(inst, run_simple_op(ir::wasm_op(inst.op), args_of(inst), inst.aux));
  }

  void rmw(const ir::Inst& inst) {
    uint64_t old = 0, value = arg(inst, inst.arg_count - 1).lo, fresh = value;
    uint8_t* at = address(inst, inst.arg_count - 1);
    const size_t size = std::min<size_t>(access_size(inst.access.kind), sizeof old);
    std::memcpy(&old, at, size);
    switch (inst.access.rmw) {
      case ir::AtomicRmw::add: fresh = old + value; break;
      case ir::AtomicRmw::sub: fresh = old - value; break;
      case ir::AtomicRmw::and_: fresh = old & value; break;
      case ir::AtomicRmw::or_: fresh = old | value; break;
      case ir::AtomicRmw::xor_: fresh = old ^ value; break;
      case ir::AtomicRmw::xchg: break;
    }
    std::memcpy(at, &fresh, size);
    define(inst, {{old, 0}});
  }

  void define(const ir::Inst& inst, const Words& results) {
    for (uint32_t r = 0; r < inst.result_count; ++r) set(ir::Function::result(inst, r), results[r]);
  }

  const ir::Function& f_;
  uint64_t steps_;
  std::vector<V128> values_;
};

}  // namespace

Words run_simple_op(isa::Op op, const Words& args, uint32_t lane) {
  for (const Row& row : kRows)
    if (row.op == op) return row.run(args);
  return lane_op(op, args, lane);
}

Words interpret(const ir::Function& function, const Words& args, uint64_t steps) {
  return Machine(function, steps).run(args);
}

}  // namespace zwasm::test
