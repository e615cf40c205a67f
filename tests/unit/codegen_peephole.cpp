// What several operations become one instruction for: compiled, looked at, and run on corner cases.
#include <doctest/doctest.h>

#include <cstring>

#include "codegen_fixture.h"
#include "isa/semantics.h"

namespace {

using namespace zwasm;
using namespace zwasm::test;
using ir::Type;
using ir::Value;
using isa::Op;

const uint64_t kCorners[] = {0,
                             1,
                             2,
                             3,
                             6,
                             0x80,
                             0xFF,
                             0x7FFF'FFFF,
                             0x8000'0000,
                             0xFFFF'FFFF,
                             0x1'0000'0000,
                             0x1'8000'0000,
                             0x7FFF'FFFF'FFFF'FFFF,
                             0x8000'0000'0000'0000,
                             0xFFFF'FFFF'FFFF'FFFF,
                             0xFFFF'FFFF'0000'0000};

struct Ints {
  bool wide;
  Type type() const { return wide ? Type::i64 : Type::i32; }
  Op op(Op narrow, Op wide_op) const { return wide ? wide_op : narrow; }
  Value constant(IrMaker& m, uint64_t v) const {
    return wide ? m.i64(v) : m.i32(static_cast<uint32_t>(v));
  }
  uint64_t cut(uint64_t v) const { return wide ? v : static_cast<uint32_t>(v); }
  int64_t extended(uint64_t v) const {
    return wide ? static_cast<int64_t>(v) : static_cast<int32_t>(static_cast<uint32_t>(v));
  }
};

enum class Bits { without, without_left, lowest_out, lowest_out_sub, lowest };
Value make_bits(IrMaker& m, Ints ints, Bits form, Value x, Value y) {
  const Op and_ = ints.op(Op::i32_and, Op::i64_and), xor_ = ints.op(Op::i32_xor, Op::i64_xor);
  const Op add = ints.op(Op::i32_add, Op::i64_add), sub = ints.op(Op::i32_sub, Op::i64_sub);
  switch (form) {
    case Bits::without: return m.op(and_, {x, m.op(xor_, {y, ints.constant(m, ~uint64_t{0})})});
    case Bits::without_left:
      return m.op(and_, {m.op(xor_, {y, ints.constant(m, ~uint64_t{0})}), x});
    case Bits::lowest_out: return m.op(and_, {x, m.op(add, {x, ints.constant(m, ~uint64_t{0})})});
    case Bits::lowest_out_sub: return m.op(and_, {m.op(sub, {x, ints.constant(m, 1)}), x});
    case Bits::lowest: return m.op(and_, {x, m.op(sub, {ints.constant(m, 0), x})});
  }
  return Value::none;
}
uint64_t bits_of(Bits form, uint64_t x, uint64_t y) {
  switch (form) {
    case Bits::without:
    case Bits::without_left: return x & ~y;
    case Bits::lowest_out:
    case Bits::lowest_out_sub: return x & (x - 1);
    case Bits::lowest: return x & (0 - x);
  }
  return 0;
}

TEST_CASE("codegen: and with a complement, the lowest bit set") {
  for (bool wide : {false, true})
    for (Bits form :
         {Bits::without, Bits::without_left, Bits::lowest_out, Bits::lowest_out_sub, Bits::lowest})
      for (bool from_memory : {false, true}) {
        CAPTURE(static_cast<int>(form));
        CAPTURE(wide);
        Ints ints{wide};
        IrMaker m({ints.type(), ints.type(), Type::i64}, {ints.type(), Type::i32});
        Value x = m.param(0), y = m.param(1);
        if (from_memory) {
          ir::Access access;
          access.kind = ir::mem_kind_of(ints.type());
          x = m.load(access, ints.type(), {m.param(2)});
        }
        Value bits = make_bits(m, ints, form, x, y);
        // The same as a condition that nobody else wants.
        Value again = make_bits(m, ints, form, m.param(0), y);
        Value none = m.op(ints.op(Op::i32_eqz, Op::i64_eqz), {again});
        m.ret({bits, m.value(ir::Op::select, {none, m.i32(5), m.i32(6)}, Type::i32)});
        for (const codegen::CodegenSettings& settings : all_settings()) {
          CompiledFunction compiled(m.f, settings);
          REQUIRE_MESSAGE(compiled.ok(), compiled.error());
          if (settings.arch == codegen::Arch::x64)
            CHECK((compiled.machine_text.find("andn") != std::string::npos) ==
                  (settings.cpu.bmi1 && (form == Bits::without || form == Bits::without_left)));
          for (uint64_t a : kCorners)
            for (uint64_t b : kCorners) {
              a = ints.cut(a), b = ints.cut(b);
              uint64_t expected = ints.cut(bits_of(form, a, b));
              Words got = compiled.call({{a, 0}, {b, 0}, {reinterpret_cast<uint64_t>(&a), 0}});
              CHECK(got[0].lo == expected);
              CHECK(got[1].lo == (expected == 0 ? 5 : 6));
            }
        }
      }
}

// --- conditions on a result ---

// Tests of a register against itself among the bytes.
size_t count_tests(const codegen::MachineCode& code) {
  size_t count = 0;
  for (size_t i = 0; i + 1 < code.bytes.size(); ++i) {
    uint8_t modrm = code.bytes[i + 1];
    count += code.bytes[i] == 0x85 && modrm >= 0xC0 && (modrm >> 3 & 7) == (modrm & 7);
  }
  return count;
}

struct Operation {
  Op narrow, wide;
  bool by_constant;
};
const Operation kOperations[] = {
    {Op::i32_add, Op::i64_add, false},    {Op::i32_add, Op::i64_add, true},
    {Op::i32_sub, Op::i64_sub, false},    {Op::i32_and, Op::i64_and, false},
    {Op::i32_or, Op::i64_or, false},      {Op::i32_xor, Op::i64_xor, false},
    {Op::i32_shl, Op::i64_shl, true},     {Op::i32_shr_u, Op::i64_shr_u, true},
    {Op::i32_shr_s, Op::i64_shr_s, true}, {Op::i32_rotl, Op::i64_rotl, true},
    {Op::i32_mul, Op::i64_mul, false},
};
struct Relation {
  Op narrow, wide;
  bool (*holds)(int64_t);
};
const Relation kRelations[] = {
    {Op::i32_eq, Op::i64_eq, [](int64_t v) { return v == 0; }},
    {Op::i32_ne, Op::i64_ne, [](int64_t v) { return v != 0; }},
    {Op::i32_lt_s, Op::i64_lt_s, [](int64_t v) { return v < 0; }},
    {Op::i32_ge_s, Op::i64_ge_s, [](int64_t v) { return v >= 0; }},
    {Op::i32_le_s, Op::i64_le_s, [](int64_t v) { return v <= 0; }},
    {Op::i32_gt_s, Op::i64_gt_s, [](int64_t v) { return v > 0; }},
    {Op::i32_le_u, Op::i64_le_u, [](int64_t v) { return v == 0; }},
    {Op::i32_gt_u, Op::i64_gt_u, [](int64_t v) { return v != 0; }},
    {Op::i32_lt_u, Op::i64_lt_u, [](int64_t) { return false; }},
    {Op::i32_ge_u, Op::i64_ge_u, [](int64_t) { return true; }},
};
uint64_t computed(Ints ints, Op narrow, uint64_t a, uint64_t b) {
  auto x = static_cast<uint32_t>(a), y = static_cast<uint32_t>(b);
  switch (narrow) {
    case Op::i32_add: return ints.cut(a + b);
    case Op::i32_sub: return ints.cut(a - b);
    case Op::i32_and: return a & b;
    case Op::i32_or: return a | b;
    case Op::i32_xor: return a ^ b;
    case Op::i32_mul: return ints.cut(a * b);
    case Op::i32_shl: return ints.cut(a << b);
    case Op::i32_shr_u: return a >> b;
    case Op::i32_shr_s: return ints.cut(static_cast<uint64_t>(ints.extended(a) >> b));
    default: return ints.wide ? isa::sem::i64_rotl(a, b) : isa::sem::i32_rotl(x, y);
  }
}

TEST_CASE("codegen: conditions on a result that has just been computed") {
  for (bool wide : {false, true})
    for (const Operation& operation : kOperations)
      for (const Relation& relation : kRelations) {
        CAPTURE(isa::op_info(operation.narrow).text);
        CAPTURE(isa::op_info(relation.narrow).text);
        CAPTURE(wide);
        Ints ints{wide};
        IrMaker m({ints.type(), ints.type()}, {ints.type(), Type::i32});
        const uint64_t by = 3;
        Value v = m.op(ints.op(operation.narrow, operation.wide),
                       {m.param(0), operation.by_constant ? ints.constant(m, by) : m.param(1)});
        ir::Block yes = m.block(), no = m.block();
        m.branch(m.op(ints.op(relation.narrow, relation.wide), {v, ints.constant(m, 0)}), yes, no);
        m.enter(yes);
        m.ret({v, m.i32(1)});
        m.enter(no);
        m.ret({v, m.i32(0)});
        for (const codegen::CodegenSettings& settings : all_settings()) {
          CompiledFunction compiled(m.f, settings);
          REQUIRE_MESSAGE(compiled.ok(), compiled.error());
          for (uint64_t a : kCorners)
            for (uint64_t b : kCorners) {
              a = ints.cut(a), b = operation.by_constant ? by : ints.cut(b);
              uint64_t expected = computed(ints, operation.narrow, a, b);
              Words got = compiled.call({{a, 0}, {b, 0}});
              CHECK(got[0].lo == expected);
              CHECK(got[1].lo == (relation.holds(ints.extended(expected)) ? 1 : 0));
            }
          if (settings.arch != codegen::Arch::x64 || settings.opt_level != 2) continue;
          const bool sets = operation.narrow != Op::i32_mul && operation.narrow != Op::i32_rotl;
          const bool simple = relation.narrow == Op::i32_eq || relation.narrow == Op::i32_ge_s;
          if (sets && simple) CHECK(count_tests(compiled.machine_code()) == 0);
          if (!sets) CHECK(count_tests(compiled.machine_code()) == 1);
        }
      }
}

}  // namespace
