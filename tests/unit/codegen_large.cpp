// Functions so large that branches, traps and constants are out of the reach of the short forms:
// arm64's conditional branches and loads of constants reach 1 MiB, those on a bit 32 KiB.
#include <doctest/doctest.h>

#include <bit>

#include "codegen_fixture.h"

namespace {

using namespace zwasm;
using namespace zwasm::test;
using ir::Type;
using ir::Value;
using isa::Op;

// Branches over `steps` additions of constants of 64 bits, 20 bytes of code each.
void test_size(uint32_t steps, codegen::CodegenSettings settings) {
  IrMaker m({Type::i32, Type::i64, Type::f64}, {Type::i64, Type::f64});
  ir::Block far = m.block(), near = m.block(), more = m.block();
  ir::Block done = m.block({Type::i64});
  ir::Inst& trap = m.add(ir::Op::trap_if, {m.op(Op::i32_gt_u, {m.param(0), m.i32(100)})}, {});
  trap.imm = static_cast<uint64_t>(isa::Trap::unreachable);
  Value constant = m.constant(ir::Op::const_f64, Type::f64, std::bit_cast<uint64_t>(1.2345));
  Value pi = m.constant(ir::Op::const_v128, Type::v128, 0x0123456789ABCDEF, 0xFEDCBA9876543210);
  Value sum = m.op(Op::f64_add, {m.param(2), constant});
  Value lane = m.op(Op::i64x2_extract_lane, {pi}, 1);
  m.branch(m.op(Op::i32_and, {m.param(0), m.i32(4)}), more, near);  // on a bit
  m.enter(more);
  m.branch(m.param(0), far, near);  // on a register
  m.enter(far);
  Value x = m.param(1);
  uint64_t expected_sum = 0;
  for (uint32_t i = 0; i < steps; ++i) {
    uint64_t step = (i + 1) * 0x9E3779B97F4A7C15;
    expected_sum += step;
    x = m.op(Op::i64_add, {x, m.i64(step)});
  }
  m.branch(m.op(Op::i32_lt_s, {m.param(0), m.i32(50)}), done, near, {x});  // on the flags
  m.enter(near);
  m.jump(done, {lane});
  m.enter(done);
  m.ret({m.param(done, 0), sum});
  CompiledFunction compiled(m.f, settings);
  REQUIRE_MESSAGE(compiled.ok(), compiled.error());
  auto result = [&](uint32_t a) {
    Words got = compiled.call({{a, 0}, {1000, 0}, {std::bit_cast<uint64_t>(1.0), 0}});
    CHECK(std::bit_cast<double>(got[1].lo) == 1.0 + 1.2345);
    return got[0].lo;
  };
  CHECK(result(4) == 1000 + expected_sum);
  CHECK(result(1) == 0xFEDCBA9876543210);
  CHECK(result(0) == 0xFEDCBA9876543210);
  CHECK(result(52) == 0xFEDCBA9876543210);
}

TEST_CASE("codegen: branches over more than the short forms reach") {
  codegen::CodegenSettings settings;
  settings.opt_level = 1;
  test_size(10, settings);
  test_size(3'000, settings);
  test_size(60'000, settings);
}

}  // namespace
