// Random functions, compiled and run against the meaning of the IR: operations of all kinds fed by
// each other (so that lowering finds something to merge), memory, branches, switches, loops, many
// parameters and results. The seed of a failure is printed; ZWASM_RANDOM_SEED runs it alone,
// ZWASM_RANDOM_ROUNDS and _FIRST make more and others.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string_view>

#include "codegen_fixture.h"
#include "ir/ops.h"
#include "ir_interpreter.h"
#include "isa/op_shape.h"

namespace {

using namespace zwasm;
using namespace zwasm::test;
using ir::MemKind;
using ir::Op;
using ir::Type;
using ir::Value;
using isa::V128;

constexpr size_t kMemory = 1 << 17, kMiddle = kMemory / 2;

// What gives the same bits on every processor: no NaNs are made here.
bool is_exact(isa::Op op) {
  const isa::OpInfo& info = isa::op_info(op);
  const isa::OpShape& shape = isa::op_shape(op);
  std::string_view text = info.text;
  auto has = [&](std::string_view part) { return text.find(part) != std::string_view::npos; };
  if (!shape.simple || (info.effect != isa::Effect::pure && !has("div") && !has("rem")))
    return false;
  bool float_op = text.starts_with("f32") || text.starts_with("f64");
  if (!float_op) return !has("madd");
  // Comparisons, and what moves bits.
  return has(".eq") || has(".ne") || has(".lt") || has(".gt") || has(".le") || has(".ge") ||
         has("abs") || has("copysign") || has("reinterpret") || has("convert") || has("pmin") ||
         has("pmax") || has("splat") || has("_lane");
}

std::vector<isa::Op> exact_ops() {
  std::vector<isa::Op> ops;
#define OP(name, ...)
#define NUM(name, prefix, code, text, sig, feature, effect) \
  if (is_exact(isa::Op::name)) ops.push_back(isa::Op::name);
#define VLANE(name, prefix, code, text, imm, sig, feature, lanes) ops.push_back(isa::Op::name);
#include "isa/opcodes.def"
  return ops;
}

class Generator {
 public:
  Generator(uint64_t seed, const std::vector<isa::Op>& ops)
      : random_(seed), ops_(ops), params_(make_params()), m_(params_, make_results()) {}

  ir::Function& make() {
    for (size_t i = 0; i < params_.size(); ++i) pool(params_[i]).push_back(m_.param(i));
    base_ = m_.param(0);
    pool(Type::i64).clear();  // addresses differ from run to run: the base is for accesses only
    for (size_t i = 1; i < params_.size(); ++i)
      if (params_[i] == Type::i64) pool(Type::i64).push_back(m_.param(i));
    segment(0);
    std::vector<Value> results;
    for (Type type : m_.f.signature.results) results.push_back(value(type));
    ir::Inst& last = m_.add(Op::return_, {}, {});
    last.first_arg = static_cast<uint32_t>(m_.f.value_pool.size());
    last.arg_count = static_cast<uint32_t>(results.size());
    m_.f.value_pool.insert(m_.f.value_pool.end(), results.begin(), results.end());
    return m_.f;
  }

  Words arguments(uint64_t base) {
    Words args{{base, 0}};
    for (size_t i = 1; i < params_.size(); ++i) {
      V128 v{bits(), bits()};
      if (params_[i] != Type::v128) v.hi = 0;
      if (params_[i] == Type::i32 || params_[i] == Type::f32) v.lo &= 0xFFFFFFFF;
      args.push_back(v);
    }
    return args;
  }

 private:
  uint64_t below(uint64_t n) { return random_() % n; }
  bool one_in(uint64_t n) { return below(n) == 0; }
  uint64_t bits() {
    static const uint64_t kCorners[] = {0,
                                        1,
                                        2,
                                        4,
                                        7,
                                        0x1F,
                                        0x7F,
                                        0x80,
                                        0xFF,
                                        0x100,
                                        0xFFF,
                                        0x1000,
                                        0x7FFF,
                                        0x8000,
                                        0xFFFF,
                                        0x10000,
                                        0x12345,
                                        0x7FFFFFFF,
                                        0x80000000,
                                        0xFFFFFFFF,
                                        0xFFFFF000,
                                        0x100000000,
                                        0x7FFFFFFFFFFFFFFF,
                                        0x8000000000000000,
                                        ~uint64_t{0},
                                        0xFFFFFFFF00000000,
                                        0xFF00FF00FF00FF00,
                                        0x5555555555555555};
    if (one_in(2)) return kCorners[below(std::size(kCorners))];
    return random_() >> below(64);
  }
  Type any_type() {
    static const Type kTypes[] = {Type::i32, Type::i32, Type::i32, Type::i64,
                                  Type::i64, Type::f32, Type::f64, Type::v128};
    return kTypes[below(std::size(kTypes))];
  }
  std::vector<Type> make_params() {
    std::vector<Type> types{Type::i64};
    for (uint64_t n = 2 + below(14); n-- > 0;) types.push_back(any_type());
    return types;
  }
  std::vector<Type> make_results() {
    std::vector<Type> types;
    for (uint64_t n = 1 + below(12); n-- > 0;) types.push_back(any_type());
    return types;
  }

  std::vector<Value>& pool(Type type) { return pools_[static_cast<size_t>(type)]; }
  Value keep(Value v) {
    pool(m_.f.type_of(v)).push_back(v);
    return v;
  }
  Value constant(Type type) {
    switch (type) {
      case Type::i32: return m_.i32(static_cast<uint32_t>(bits()));
      case Type::f32: return m_.constant(Op::const_f32, type, bits() & 0xFFFFFFFF);
      case Type::f64: return m_.constant(Op::const_f64, type, bits());
      case Type::v128: {
        uint64_t lo = bits();
        return m_.constant(Op::const_v128, type, lo, one_in(2) ? lo : bits());
      }
      default: return m_.i64(bits());
    }
  }
  // Mostly what was made last: chains of single uses.
  Value value(Type type) {
    std::vector<Value>& values = pool(type);
    if (values.empty() || one_in(5)) return constant(type);
    size_t recent = std::min<size_t>(values.size(), one_in(3) ? values.size() : 4);
    return values[values.size() - 1 - below(recent)];
  }

  void simple() {
    isa::Op op = ops_[below(ops_.size())];
    // Half of them integers: what a program consists of.
    if (one_in(2))
      while (std::string_view(isa::op_info(op).text).substr(0, 4) != "i32." &&
             std::string_view(isa::op_info(op).text).substr(0, 4) != "i64.")
        op = ops_[below(ops_.size())];
    const isa::OpShape& shape = isa::op_shape(op);
    std::string_view text = isa::op_info(op).text;
    std::vector<Value> args;
    for (uint8_t a = 0; a < shape.arg_count; ++a)
      args.push_back(value(ir::type_of_kind(shape.args[a])));
    if (text.find("div_") != text.npos || text.find("rem_") != text.npos) {
      bool wide = text.starts_with("i64");
      Value small = m_.op(wide ? isa::Op::i64_and : isa::Op::i32_and,
                          {args[1], wide ? m_.i64(0x7FFF) : m_.i32(0x7FFF)});
      args[1] =
          m_.op(wide ? isa::Op::i64_or : isa::Op::i32_or, {small, wide ? m_.i64(1) : m_.i32(1)});
    }
    uint32_t lane = shape.lanes != 0 ? static_cast<uint32_t>(below(shape.lanes)) : 0;
    switch (args.size()) {
      case 1: m_.op(op, {args[0]}, lane); break;
      case 2: m_.op(op, {args[0], args[1]}, lane); break;
      case 3: m_.op(op, {args[0], args[1], args[2]}, lane); break;
      default: m_.op(op, {args[0], args[1], args[2], args[3]}, lane); break;
    }
    ir::Inst inst = m_.last();
    for (uint32_t r = 0; r < inst.result_count; ++r) keep(ir::Function::result(inst, r));
  }

  // Base, perhaps index, and the rest of an address of which `align` low bits are zero.
  std::vector<Value> address(ir::Access& access, uint32_t align) {
    auto aligned = [&](uint64_t v) { return v >> align << align; };
    static const int32_t kDisps[] = {0,    0,    0,    4,     8,     16, 64,   248,  256,  260,
                                     1000, 4088, 4100, 16384, 20000, -8, -256, -260, -4096};
    int32_t disp = kDisps[below(std::size(kDisps))];
    access.disp = static_cast<int32_t>(aligned(static_cast<uint64_t>(disp)));
    if (one_in(4)) return {base_};
    access.scale = static_cast<uint8_t>(below(4));
    uint64_t mask = aligned(below(0x400));
    if (one_in(6)) return {base_, one_in(2) ? m_.i32(static_cast<uint32_t>(mask)) : m_.i64(mask)};
    Value narrow = m_.op(isa::Op::i32_and, {value(Type::i32), m_.i32(static_cast<uint32_t>(mask))});
    switch (below(4)) {
      case 0: return {base_, m_.op(isa::Op::i64_extend_i32_u, {narrow})};
      case 1: return {base_, m_.op(isa::Op::i64_extend_i32_s, {narrow})};
      default: return {base_, narrow};
    }
  }
  ir::Inst& access(Op op, ir::Access how, uint32_t align, std::vector<Value> more,
                   std::vector<Type> results) {
    std::vector<Value> args = address(how, align);
    args.insert(args.end(), more.begin(), more.end());
    ir::Inst& inst = m_.add(op, {}, std::move(results));
    inst.first_arg = static_cast<uint32_t>(m_.f.value_pool.size());
    inst.arg_count = static_cast<uint32_t>(args.size());
    m_.f.value_pool.insert(m_.f.value_pool.end(), args.begin(), args.end());
    inst.access = how;
    return inst;
  }
  MemKind memory_kind(Type type, bool load) {
    static const MemKind kI32[] = {MemKind::i32_u, MemKind::i8_u, MemKind::i16_u, MemKind::i8_s,
                                   MemKind::i16_s};
    static const MemKind kI64[] = {MemKind::i64,   MemKind::i8_u, MemKind::i16_u, MemKind::i32_u,
                                   MemKind::i32_s, MemKind::i8_s, MemKind::i16_s};
    static const MemKind kVec[] = {
        MemKind::v128,    MemKind::v8x8_s,  MemKind::v8x8_u, MemKind::v16x4_s, MemKind::v16x4_u,
        MemKind::v32x2_s, MemKind::v32x2_u, MemKind::splat8, MemKind::splat16, MemKind::splat32,
        MemKind::splat64, MemKind::zero32,  MemKind::zero64};
    switch (type) {
      case Type::i32: return kI32[below(load ? 5 : 3)];
      case Type::i64: return kI64[below(load ? 7 : 4)];
      case Type::f32: return MemKind::f32;
      case Type::f64: return MemKind::f64;
      default: return load ? kVec[below(std::size(kVec))] : MemKind::v128;
    }
  }
  void memory() {
    ir::Access how;
    Type type = any_type();
    switch (below(8)) {
      case 0:
      case 1:
      case 2:
        how.kind = memory_kind(type, true);
        keep(ir::Function::result(access(Op::load, how, 0, {}, {type})));
        return;
      case 3:
      case 4:
        how.kind = memory_kind(type, false);
        access(Op::store, how, 0, {value(type)}, {});
        return;
      case 5: {
        static const MemKind kLanes[] = {MemKind::i8_u, MemKind::i16_u, MemKind::i32_u,
                                         MemKind::i64};
        uint64_t width = below(4);
        how.kind = kLanes[width];
        how.lane = static_cast<uint8_t>(below(16u >> width));
        if (one_in(2))
          keep(ir::Function::result(
              access(Op::load_lane, how, 0, {value(Type::v128)}, {Type::v128})));
        else access(Op::store_lane, how, 0, {value(Type::v128)}, {});
        return;
      }
      default: break;
    }
    bool wide = one_in(2);
    type = wide ? Type::i64 : Type::i32;
    static const MemKind kAtomic[] = {MemKind::i8_u, MemKind::i16_u, MemKind::i32_u, MemKind::i64};
    how.kind = kAtomic[below(wide ? 4 : 3)];
    how.atomic = true;
    switch (below(4)) {
      case 0: keep(ir::Function::result(access(Op::load, how, 3, {}, {type}))); return;
      case 1: access(Op::store, how, 3, {value(type)}, {}); return;
      case 2:
        how.rmw = static_cast<ir::AtomicRmw>(below(6));
        keep(ir::Function::result(access(Op::atomic_rmw, how, 3, {value(type)}, {type})));
        return;
      default: {
        // So that it matches now and then: what is there, as far as it goes.
        Value expected = value(type), fresh = value(type);
        keep(ir::Function::result(access(Op::atomic_cmpxchg, how, 3, {expected, fresh}, {type})));
        return;
      }
    }
  }

  void step() {
    switch (below(16)) {
      case 0:
      case 1: {
        Type type = any_type();
        Value c = value(Type::i32), a = value(type), b = value(type);
        keep(m_.value(Op::select, {c, a, b}, type));
        return;
      }
      case 2:
      case 3:
      case 4: memory(); return;
      case 5: {
        Value a = value(Type::v128), b = one_in(4) ? a : value(Type::v128);
        ir::Inst& inst = m_.add(Op::shuffle, {a, b}, {Type::v128});
        inst.imm = shuffle_lanes();
        inst.imm2 = shuffle_lanes();
        keep(ir::Function::result(inst));
        return;
      }
      case 6: {
        // Never true.
        Value low = m_.op(isa::Op::i32_and, {value(Type::i32), m_.i32(7)});
        Value c = one_in(2) ? m_.op(isa::Op::i32_gt_u, {low, m_.i32(7)})
                            : m_.op(isa::Op::i32_and, {low, m_.i32(8)});
        m_.add(Op::trap_if, {c}, {}).imm = static_cast<uint64_t>(isa::Trap::unreachable);
        return;
      }
      default: simple(); return;
    }
  }
  uint64_t shuffle_lanes() {
    uint64_t lanes = 0;
    uint64_t first = below(32), by = below(3), group = uint64_t{1} << below(4);
    for (uint64_t i = 0; i < 8; ++i) {
      uint64_t lane = first / group * group + i % group + by * (i / group * group);
      if (by == 2) lane = below(32);
      lanes |= (lane & 31) << 8 * i;
    }
    return lanes;
  }

  // Straight code, and at times something that branches; values made inside do not come out.
  void segment(uint32_t depth) {
    for (uint64_t parts = 1 + below(3); parts-- > 0;) {
      for (uint64_t n = 1 + below(12); n-- > 0;) step();
      if (depth >= 3 || one_in(3)) continue;
      switch (below(3)) {
        case 0: diamond(depth); break;
        case 1: loop(depth); break;
        default: cases(depth); break;
      }
    }
  }
  template <class F>
  void scoped(F f) {
    auto saved = pools_;
    f();
    pools_ = saved;
  }
  std::vector<Type> some_types() {
    std::vector<Type> types;
    for (uint64_t n = below(4); n-- > 0;) types.push_back(any_type());
    return types;
  }
  void jump_with(ir::Block to, const std::vector<Type>& types, std::vector<Value> first = {}) {
    std::vector<Value> args = std::move(first);
    for (Type type : types) args.push_back(value(type));
    m_.jump(to);
    ir::Target& target = m_.f.targets.back();
    target.first_arg = static_cast<uint32_t>(m_.f.value_pool.size());
    target.arg_count = static_cast<uint32_t>(args.size());
    m_.f.value_pool.insert(m_.f.value_pool.end(), args.begin(), args.end());
  }
  void enter(ir::Block b) {
    m_.enter(b);
    for (Value v : m_.f.block(b).params) keep(v);
  }
  void diamond(uint32_t depth) {
    std::vector<Type> types = some_types();
    ir::Block yes = m_.block(), no = m_.block(), merged = m_.block(types);
    Value c = value(Type::i32);
    bool direct = one_in(3);  // the edge to the merging block is critical
    if (direct) {
      std::vector<Value> args;
      for (Type type : types) args.push_back(value(type));
      m_.branch(c, yes, merged);
      ir::Target& target = m_.f.targets.back();
      target.first_arg = static_cast<uint32_t>(m_.f.value_pool.size());
      target.arg_count = static_cast<uint32_t>(args.size());
      m_.f.value_pool.insert(m_.f.value_pool.end(), args.begin(), args.end());
    } else {
      m_.branch(c, yes, no);
    }
    scoped([&] {
      enter(yes);
      segment(depth + 1);
      jump_with(merged, types);
    });
    if (!direct)
      scoped([&] {
        enter(no);
        m_.f.block(no).cold = one_in(3);
        segment(depth + 1);
        jump_with(merged, types);
      });
    enter(merged);
  }
  // Counts a few rounds down.
  void loop(uint32_t depth) {
    std::vector<Type> types = some_types();
    std::vector<Type> params{Type::i32};
    params.insert(params.end(), types.begin(), types.end());
    ir::Block header = m_.block(params), after = m_.block();
    jump_with(header, types, {m_.i32(static_cast<uint32_t>(1 + below(4)))});
    ++loops_;
    enter(header);
    m_.f.block(header).is_loop_header = true;
    m_.f.block(header).loop_depth = loops_;
    Value count = m_.param(header, 0);
    // What the body defines is known behind the loop too: the header dominates it all.
    auto saved = pools_;
    segment(depth + 1);
    Value rest = m_.op(isa::Op::i32_sub, {count, m_.i32(1)});
    std::vector<Value> args{rest};
    for (Type type : types) args.push_back(value(type));
    Value c = one_in(2) ? rest : m_.op(isa::Op::i32_gt_s, {rest, m_.i32(0)});
    m_.branch(c, header, after);
    ir::Target& back = m_.f.targets[m_.f.targets.size() - 2];
    back.first_arg = static_cast<uint32_t>(m_.f.value_pool.size());
    back.arg_count = static_cast<uint32_t>(args.size());
    m_.f.value_pool.insert(m_.f.value_pool.end(), args.begin(), args.end());
    --loops_;
    pools_ = saved;
    enter(after);
  }
  void cases(uint32_t depth) {
    std::vector<Type> types = some_types();
    ir::Block merged = m_.block(types);
    size_t n = 2 + below(8);
    std::vector<ir::Block> blocks;
    for (size_t i = 0; i < n; ++i)
      blocks.push_back(i != 0 && one_in(4) ? blocks[below(i)] : m_.block());
    Value selector = value(Type::i32);
    if (!one_in(4)) selector = m_.op(isa::Op::i32_and, {selector, m_.i32(7)});
    m_.switch_to(selector, {});
    ir::Inst& inst = m_.last();
    inst.first_target = static_cast<uint32_t>(m_.f.targets.size());
    inst.target_count = static_cast<uint32_t>(n);
    for (ir::Block b : blocks) m_.f.targets.push_back({b, 0, 0});
    for (size_t i = 0; i < n; ++i) {
      if (std::find(blocks.begin(), blocks.begin() + static_cast<long>(i), blocks[i]) !=
          blocks.begin() + static_cast<long>(i))
        continue;
      scoped([&] {
        enter(blocks[i]);
        if (one_in(2)) segment(depth + 1);
        jump_with(merged, types);
      });
    }
    enter(merged);
  }

  std::mt19937_64 random_;
  const std::vector<isa::Op>& ops_;
  std::vector<Type> params_;
  IrMaker m_;
  Value base_ = Value::none;
  std::array<std::vector<Value>, 8> pools_;
  uint32_t loops_ = 0;
};

// `alone`: with the text of what fails.
void test_seed(uint64_t seed, const std::vector<isa::Op>& ops, bool alone) {
  Generator generator(seed, ops);
  const ir::Function& function = generator.make();
  for (const codegen::CodegenSettings& settings : all_settings()) {
    CompiledFunction compiled(function, settings);
    REQUIRE_MESSAGE(compiled.ok(), "seed ", seed, ": ", compiled.error(), "\n",
                    alone ? compiled.allocated_text : "");
    for (int round = 0; round < 4; ++round) {
      std::vector<uint8_t> expected_memory(kMemory), memory(kMemory);
      for (size_t i = 0; i < kMemory; ++i)
        expected_memory[i] = memory[i] = static_cast<uint8_t>((i * 0x9E3779B1u) >> 13);
      Words args = generator.arguments(0);
      args[0].lo = reinterpret_cast<uint64_t>(expected_memory.data() + kMiddle);
      Words expected = interpret(function, args, 1'000'000);
      REQUIRE_MESSAGE(!expected.empty(), "seed ", seed, " runs too long");
      args[0].lo = reinterpret_cast<uint64_t>(memory.data() + kMiddle);
      Words got = compiled.call(args);
      bool same = got.size() == expected.size() && memory == expected_memory;
      for (size_t i = 0; same && i < got.size(); ++i) same = got[i] == expected[i];
      if (same) continue;
      std::string text;
      for (size_t i = 0; i < got.size(); ++i) {
        char line[160];
        std::snprintf(line, sizeof line, "%zu: got %016llx%016llx expected %016llx%016llx\n", i,
                      static_cast<unsigned long long>(got[i].hi),
                      static_cast<unsigned long long>(got[i].lo),
                      static_cast<unsigned long long>(expected[i].hi),
                      static_cast<unsigned long long>(expected[i].lo));
        text += line;
      }
      if (memory != expected_memory) text += "memory differs\n";
      if (alone) text += compiled.machine_text;
      FAIL_CHECK("seed ", seed, " level ", int{settings.opt_level}, "\n", text);
      return;
    }
  }
}

TEST_CASE("codegen: random functions compute what their IR says") {
  std::vector<isa::Op> ops = exact_ops();
  if (const char* seed = std::getenv("ZWASM_RANDOM_SEED")) {
    test_seed(std::strtoull(seed, nullptr, 0), ops, true);
    return;
  }
  const char* rounds = std::getenv("ZWASM_RANDOM_ROUNDS");
  const char* first = std::getenv("ZWASM_RANDOM_FIRST");
  uint64_t count = rounds != nullptr ? std::strtoull(rounds, nullptr, 0) : 60;
  uint64_t from = first != nullptr ? std::strtoull(first, nullptr, 0) : 1;
  for (uint64_t seed = from; seed < from + count; ++seed) test_seed(seed, ops, false);
}

}  // namespace
