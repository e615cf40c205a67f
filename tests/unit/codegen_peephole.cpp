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

const uint64_t kCorners[] = {0, 1, 2, 3, 6, 0x80, 0xFF, 0x7FFF'FFFF, 0x8000'0000, 0xFFFF'FFFF,
                             0x1'0000'0000, 0x1'8000'0000, 0x7FFF'FFFF'FFFF'FFFF,
                             0x8000'0000'0000'0000, 0xFFFF'FFFF'FFFF'FFFF, 0xFFFF'FFFF'0000'0000};

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
    case Bits::without_left: return m.op(and_, {m.op(xor_, {y, ints.constant(m, ~uint64_t{0})}), x});
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
    for (Bits form : {Bits::without, Bits::without_left, Bits::lowest_out, Bits::lowest_out_sub,
                      Bits::lowest})
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
            CHECK((compiled.machine_text.find("andn") != std::string::npos ||
                   compiled.machine_text.find("bls") != std::string::npos) == settings.cpu.bmi1);
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

}  // namespace
