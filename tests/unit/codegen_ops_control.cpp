// Control, calls, memory, atomics, selects and shuffles: small functions, compiled and run.
#include <doctest/doctest.h>

#include <cstring>
#include <random>

#include "codegen_fixture.h"
#include "isa/semantics_simd.h"

namespace {

using namespace zwasm;
using namespace zwasm::test;
using ir::MemKind;
using ir::Type;
using isa::Op;
using isa::V128;

Words words(std::initializer_list<uint64_t> list) {
  Words w;
  for (uint64_t v : list) w.push_back({v, 0});
  return w;
}
uint64_t address_of(const void* p) { return reinterpret_cast<uint64_t>(p); }

template <class F>
void with_settings(const ir::Function& function, F check) {
  for (const codegen::CodegenSettings& settings : all_settings()) {
    CompiledFunction compiled(function, settings);
    REQUIRE_MESSAGE(compiled.ok(), compiled.error());
    check(compiled);
  }
}

TEST_CASE("codegen: a loop with parameters, its back edge critical") {
  // sum of 1..n, products too
  IrMaker m({Type::i32}, {Type::i32, Type::i64});
  ir::Block loop = m.block({Type::i32, Type::i32, Type::i64}), done = m.block();
  m.jump(loop, {m.param(0), m.i32(0), m.i64(1)});
  m.enter(loop);
  ir::Value n = m.param(loop, 0), sum = m.param(loop, 1), product = m.param(loop, 2);
  ir::Value sum2 = m.op(Op::i32_add, {sum, n});
  ir::Value product2 = m.op(Op::i64_mul, {product, m.op(Op::i64_extend_i32_u, {n})});
  ir::Value n2 = m.op(Op::i32_sub, {n, m.i32(1)});
  m.branch(m.op(Op::i32_ne, {n2, m.i32(0)}), loop, done, {n2, sum2, product2});
  m.f.block(loop).is_loop_header = true;
  m.f.block(loop).loop_depth = 1;
  m.enter(done);
  m.ret({sum2, product2});
  with_settings(m.f, [](CompiledFunction& f) {
    CHECK(f.call(words({10})) == words({55, 3628800}));
  });
}

TEST_CASE("codegen: edges that swap values") {
  IrMaker m({Type::i32, Type::i64, Type::i64}, {Type::i64, Type::i64});
  ir::Block loop = m.block({Type::i32, Type::i64, Type::i64}),
            done = m.block({Type::i64, Type::i64});
  m.jump(loop, {m.param(0), m.param(1), m.param(2)});
  m.enter(loop);
  ir::Value n = m.op(Op::i32_sub, {m.param(loop, 0), m.i32(1)});
  m.branch(m.op(Op::i32_eqz, {n}), done, loop, {m.param(loop, 1), m.param(loop, 2)},
           {n, m.param(loop, 2), m.param(loop, 1)});
  m.enter(done);
  m.ret({m.param(done, 0), m.param(done, 1)});
  with_settings(m.f, [](CompiledFunction& f) {
    CHECK(f.call(words({1, 5, 6})) == words({5, 6}));
    CHECK(f.call(words({2, 5, 6})) == words({6, 5}));
    CHECK(f.call(words({7, 5, 6})) == words({5, 6}));
  });
}

TEST_CASE("codegen: every comparison decides branches and selects") {
  struct Row {
    Op op;
    Type type;
  };
  std::vector<Row> rows;
  for (Op op : {Op::i32_eq, Op::i32_ne, Op::i32_lt_s, Op::i32_lt_u, Op::i32_gt_s, Op::i32_gt_u,
                Op::i32_le_s, Op::i32_le_u, Op::i32_ge_s, Op::i32_ge_u})
    rows.push_back({op, Type::i32});
  for (Op op : {Op::i64_eq, Op::i64_ne, Op::i64_lt_s, Op::i64_lt_u, Op::i64_gt_s, Op::i64_gt_u,
                Op::i64_le_s, Op::i64_le_u, Op::i64_ge_s, Op::i64_ge_u})
    rows.push_back({op, Type::i64});
  for (Op op : {Op::f32_eq, Op::f32_ne, Op::f32_lt, Op::f32_gt, Op::f32_le, Op::f32_ge})
    rows.push_back({op, Type::f32});
  for (Op op : {Op::f64_eq, Op::f64_ne, Op::f64_lt, Op::f64_gt, Op::f64_le, Op::f64_ge})
    rows.push_back({op, Type::f64});
  for (Row row : rows) {
    CAPTURE(isa::op_info(row.op).text);
    // the plain result; branch; negated branch; select of each type
    IrMaker m({row.type, row.type, Type::f64, Type::f64, Type::v128, Type::v128},
              {Type::i32, Type::i32, Type::i32, Type::i64, Type::f64, Type::v128});
    auto compare = [&] { return m.op(row.op, {m.param(0), m.param(1)}); };
    ir::Value plain = compare();
    ir::Block yes = m.block(), no = m.block(), next = m.block({Type::i32}), yes2 = m.block(),
              no2 = m.block(), last = m.block({Type::i32});
    m.branch(compare(), yes, no);
    m.enter(yes);
    m.jump(next, {m.i32(1)});
    m.enter(no);
    m.jump(next, {m.i32(0)});
    m.enter(next);
    m.branch(m.op(Op::i32_eqz, {compare()}), yes2, no2);
    m.enter(yes2);
    m.jump(last, {m.i32(0)});
    m.enter(no2);
    m.jump(last, {m.i32(1)});
    m.enter(last);
    ir::Value i = m.value(ir::Op::select, {compare(), m.i64(0x1'0000'0001), m.i64(7)}, Type::i64);
    ir::Value d = m.value(ir::Op::select, {compare(), m.param(2), m.param(3)}, Type::f64);
    ir::Value v = m.value(ir::Op::select, {compare(), m.param(4), m.param(5)}, Type::v128);
    m.ret({plain, m.param(next, 0), m.param(last, 0), i, d, v});
    with_settings(m.f, [&](CompiledFunction& f) {
      const double kNumbers[] = {0.0, -0.0, 1.0, -1.0, 2.5, __builtin_inf(), __builtin_nan("")};
      const uint64_t kInts[] = {0, 1, 2, 0x7FFF'FFFF, 0x8000'0000, 0xFFFF'FFFF};
      bool floats = row.type == Type::f32 || row.type == Type::f64;
      size_t count = floats ? std::size(kNumbers) : std::size(kInts);
      for (size_t x = 0; x < count; ++x)
        for (size_t y = 0; y < count; ++y) {
          auto word = [&](size_t n) -> V128 {
            if (row.type == Type::f32) {
              float narrow = static_cast<float>(kNumbers[n]);
              uint32_t bits;
              std::memcpy(&bits, &narrow, 4);
              return {bits, 0};
            }
            if (row.type == Type::f64) {
              uint64_t bits;
              std::memcpy(&bits, &kNumbers[n], 8);
              return {bits, 0};
            }
            return {kInts[n], 0};
          };
          Words args = {word(x), word(y), {10, 0}, {20, 0}, {1, 2}, {3, 4}};
          Words got = f.call(args);
          uint64_t is = got[0].lo;
          CHECK(is <= 1);
          CHECK(got[1].lo == is);
          CHECK(got[2].lo == is);
          CHECK(got[3].lo == (is ? 0x1'0000'0001u : 7u));
          CHECK(got[4].lo == (is ? 10u : 20u));
          CHECK(got[5] == (is ? V128{1, 2} : V128{3, 4}));
        }
    });
  }
}

TEST_CASE("codegen: switches, by comparisons and by table") {
  for (size_t count : {1u, 3u, 5u, 12u}) {
    IrMaker m({Type::i32}, {Type::i32});
    std::vector<ir::Block> blocks;
    ir::Block join = m.block({Type::i32});
    for (size_t i = 0; i <= count; ++i) blocks.push_back(m.block());
    ir::Inst& inst = m.add(ir::Op::switch_, {m.param(0)}, {});
    inst.first_target = static_cast<uint32_t>(m.f.targets.size());
    inst.target_count = static_cast<uint32_t>(count + 2);
    for (size_t i = 0; i <= count; ++i) m.f.targets.push_back({blocks[i], 0, 0});
    // the default has an argument and shares its target with nothing else
    ir::Value other = m.param(0);
    m.f.targets.push_back({join, static_cast<uint32_t>(m.f.value_pool.size()), 1});
    m.f.value_pool.push_back(other);
    for (size_t i = 0; i <= count; ++i) {
      m.enter(blocks[i]);
      m.jump(join, {m.i32(static_cast<uint32_t>(100 + i))});
    }
    m.enter(join);
    m.ret({m.param(join, 0)});
    with_settings(m.f, [&](CompiledFunction& f) {
      for (uint64_t v :
           {0u, 1u, 2u, 3u, 4u, 5u, 6u, 11u, 12u, 13u, 14u, 1000u, 0x8000'0000u, 0xFFFF'FFFFu})
        CHECK(f.call(words({v})) == words({v <= count ? 100 + v : v}));
    });
  }
}

TEST_CASE("codegen: arguments and results on the stack, recursion into itself") {
  // f(a0..a9, d0..d9, v) = n == 0 ? all : f(n - 1, …) with every value moved by one
  std::vector<Type> types;
  for (int i = 0; i < 11; ++i) types.push_back(i % 3 == 0 ? Type::i32 : Type::i64);
  for (int i = 0; i < 10; ++i) types.push_back(i % 2 == 0 ? Type::f64 : Type::f32);
  types.push_back(Type::v128);
  std::vector<Type> results(types.begin() + 1, types.end());
  for (bool tail : {false, true}) {
    IrMaker m(types, results);
    ir::Block zero = m.block(), more = m.block();
    m.branch(m.op(Op::i32_eqz, {m.param(0)}), zero, more);
    m.enter(zero);
    ir::Inst& ret = m.add(ir::Op::return_, {}, {});
    ret.first_arg = static_cast<uint32_t>(m.f.value_pool.size());
    ret.arg_count = static_cast<uint32_t>(results.size());
    for (size_t i = 1; i < types.size(); ++i) {
      ir::Value p = m.param(i);
      m.f.value_pool.push_back(p);
    }
    m.enter(more);
    std::vector<ir::Value> args;
    args.push_back(m.op(Op::i32_sub, {m.param(0), m.i32(1)}));
    for (size_t i = 1; i < types.size(); ++i) {
      ir::Value p = m.param(i);
      if (types[i] == Type::i32) p = m.op(Op::i32_add, {p, m.i32(1)});
      if (types[i] == Type::i64) p = m.op(Op::i64_add, {p, m.i64(1)});
      args.push_back(p);
    }
    ir::Inst& call =
        m.add(tail ? ir::Op::tail_call : ir::Op::call, {}, tail ? std::vector<Type>{} : results);
    call.aux = 7;
    call.first_arg = static_cast<uint32_t>(m.f.value_pool.size());
    call.arg_count = static_cast<uint32_t>(args.size());
    m.f.value_pool.insert(m.f.value_pool.end(), args.begin(), args.end());
    if (!tail) {
      uint32_t first = ir::index(call.first_result);
      ir::Inst& back = m.add(ir::Op::return_, {}, {});
      back.first_arg = static_cast<uint32_t>(m.f.value_pool.size());
      back.arg_count = static_cast<uint32_t>(results.size());
      for (uint32_t i = 0; i < results.size(); ++i)
        m.f.value_pool.push_back(static_cast<ir::Value>(first + i));
    }
    with_settings(m.f, [&](CompiledFunction& f) {
      for (uint64_t depth : {0u, 1u, 2u, 50u}) {
        Words in, out;
        for (size_t i = 0; i < types.size(); ++i) in.push_back({i == 0 ? depth : 1000 + i, 0});
        in.back().hi = 77;
        for (size_t i = 1; i < types.size(); ++i) {
          V128 v = in[i];
          if (types[i] == Type::i32 || types[i] == Type::i64) v.lo += depth;
          out.push_back(v);
        }
        CHECK(f.call(in) == out);
      }
    });
  }
}

TEST_CASE("codegen: every kind of load and store") {
  struct Row {
    MemKind kind;
    Type type;
    uint32_t bytes;
  };
  const Row kRows[] = {{MemKind::i8_s, Type::i32, 1},     {MemKind::i8_u, Type::i32, 1},
                       {MemKind::i16_s, Type::i32, 2},    {MemKind::i16_u, Type::i32, 2},
                       {MemKind::i32_u, Type::i32, 4},    {MemKind::i8_s, Type::i64, 1},
                       {MemKind::i8_u, Type::i64, 1},     {MemKind::i16_s, Type::i64, 2},
                       {MemKind::i16_u, Type::i64, 2},    {MemKind::i32_s, Type::i64, 4},
                       {MemKind::i32_u, Type::i64, 4},    {MemKind::i64, Type::i64, 8},
                       {MemKind::f32, Type::f32, 4},      {MemKind::f64, Type::f64, 8},
                       {MemKind::v128, Type::v128, 16},   {MemKind::v8x8_s, Type::v128, 8},
                       {MemKind::v8x8_u, Type::v128, 8},  {MemKind::v16x4_s, Type::v128, 8},
                       {MemKind::v16x4_u, Type::v128, 8}, {MemKind::v32x2_s, Type::v128, 8},
                       {MemKind::v32x2_u, Type::v128, 8}, {MemKind::splat8, Type::v128, 1},
                       {MemKind::splat16, Type::v128, 2}, {MemKind::splat32, Type::v128, 4},
                       {MemKind::splat64, Type::v128, 8}, {MemKind::zero32, Type::v128, 4},
                       {MemKind::zero64, Type::v128, 8}};
  uint8_t bytes[64];
  for (size_t i = 0; i < sizeof bytes; ++i) bytes[i] = static_cast<uint8_t>(i * 37 + 0x95);
  for (const Row& row : kRows) {
    CAPTURE(static_cast<int>(row.kind));
    for (uint8_t scale : {uint8_t{0}, uint8_t{3}}) {
      IrMaker m({Type::i64, Type::i32}, {row.type});
      ir::Access access;
      access.kind = row.kind;
      access.disp = -5;
      access.scale = scale;
      m.ret({m.load(access, row.type, {m.param(0), m.param(1)})});
      with_settings(m.f, [&](CompiledFunction& f) {
        const uint8_t* at = bytes + 3;
        uint64_t base = address_of(at) + 5 - (uint64_t{2} << scale);
        uint64_t raw = 0;
        std::memcpy(&raw, at, row.bytes < 8 ? row.bytes : 8);
        V128 expected{raw, 0};
        auto narrow = [&](uint64_t v) { return row.type == Type::i32 ? v & 0xFFFF'FFFF : v; };
        switch (row.kind) {
          case MemKind::i8_s:
            expected.lo = narrow(static_cast<uint64_t>(static_cast<int8_t>(raw)));
            break;
          case MemKind::i16_s:
            expected.lo = narrow(static_cast<uint64_t>(static_cast<int16_t>(raw)));
            break;
          case MemKind::i32_s:
            expected.lo = static_cast<uint64_t>(static_cast<int32_t>(raw));
            break;
          case MemKind::v128: std::memcpy(static_cast<void*>(&expected), at, 16); break;
          case MemKind::v8x8_s: expected = isa::sem::load_extend<int8_t, int16_t>(raw); break;
          case MemKind::v8x8_u: expected = isa::sem::load_extend<uint8_t, uint16_t>(raw); break;
          case MemKind::v16x4_s: expected = isa::sem::load_extend<int16_t, int32_t>(raw); break;
          case MemKind::v16x4_u: expected = isa::sem::load_extend<uint16_t, uint32_t>(raw); break;
          case MemKind::v32x2_s: expected = isa::sem::load_extend<int32_t, int64_t>(raw); break;
          case MemKind::v32x2_u: expected = isa::sem::load_extend<uint32_t, uint64_t>(raw); break;
          case MemKind::splat8: expected = isa::sem::splat(static_cast<uint8_t>(raw)); break;
          case MemKind::splat16: expected = isa::sem::splat(static_cast<uint16_t>(raw)); break;
          case MemKind::splat32: expected = isa::sem::splat(static_cast<uint32_t>(raw)); break;
          case MemKind::splat64: expected = isa::sem::splat(raw); break;
          default: break;
        }
        CHECK(f.call(words({base, 2})) == Words{expected});
      });
      if (row.bytes < 16 && row.type == Type::v128) continue;
      if (row.kind == MemKind::i8_s || row.kind == MemKind::i16_s || row.kind == MemKind::i32_s)
        continue;
      for (bool constant : {false, true}) {
        if (constant && row.type == Type::v128) continue;
        IrMaker s({Type::i64, Type::i32, row.type}, {});
        V128 value{0xFEDC'BA98'7654'3210, 0x0123'4567'89AB'CDEF};
        ir::Value v = !constant               ? s.param(2)
                      : row.type == Type::i32 ? s.i32(0x8765'4321)
                      : row.type == Type::i64 ? s.i64(static_cast<uint64_t>(-3))
                      : row.type == Type::f32
                          ? s.constant(ir::Op::const_f32, Type::f32, 0x3F80'0001)
                          : s.constant(ir::Op::const_f64, Type::f64, 0x3FF0'0000'0000'0001);
        if (constant)
          value = row.type == Type::i32   ? V128{0x8765'4321, 0}
                  : row.type == Type::i64 ? V128{static_cast<uint64_t>(-3), 0}
                  : row.type == Type::f32 ? V128{0x3F80'0001, 0}
                                          : V128{0x3FF0'0000'0000'0001, 0};
        s.store(access, {s.param(0), s.param(1), v});
        s.ret({});
        with_settings(s.f, [&](CompiledFunction& f) {
          uint8_t place[64], expected[64];
          std::memset(place, 0xCC, sizeof place);
          std::memset(expected, 0xCC, sizeof expected);
          std::memcpy(expected + 3, &value, row.bytes);
          f.call({{address_of(place) + 3 + 5 - (uint64_t{2} << scale), 0}, {2, 0}, value});
          CHECK(std::memcmp(place, expected, sizeof place) == 0);
        });
      }
    }
  }
}

TEST_CASE("codegen: lanes in memory") {
  for (MemKind kind : {MemKind::i8_u, MemKind::i16_u, MemKind::i32_u, MemKind::i64}) {
    uint32_t bytes = kind == MemKind::i8_u    ? 1
                     : kind == MemKind::i16_u ? 2
                     : kind == MemKind::i32_u ? 4
                                              : 8;
    for (uint32_t lane = 0; lane < 16 / bytes; ++lane) {
      ir::Access access;
      access.kind = kind;
      access.lane = static_cast<uint8_t>(lane);
      IrMaker m({Type::i64, Type::v128}, {Type::v128});
      m.add(ir::Op::load_lane, {m.param(0), m.param(1)}, {Type::v128}).access = access;
      m.ret({IrMaker::result(m.last(), 0)});
      with_settings(m.f, [&](CompiledFunction& f) {
        uint8_t place[16] = {1, 2, 3, 4, 5, 6, 7, 8};
        V128 v{~uint64_t{0}, ~uint64_t{0}}, expected = v;
        std::memcpy(reinterpret_cast<char*>(&expected) + lane * bytes, place, bytes);
        CHECK(f.call({{address_of(place), 0}, v}) == Words{expected});
      });
      IrMaker s({Type::i64, Type::v128}, {});
      s.add(ir::Op::store_lane, {s.param(0), s.param(1)}, {}).access = access;
      s.ret({});
      with_settings(s.f, [&](CompiledFunction& f) {
        uint8_t place[16] = {}, expected[16] = {};
        V128 v{0x0706'0504'0302'0100, 0x0F0E'0D0C'0B0A'0908};
        std::memcpy(expected, reinterpret_cast<char*>(&v) + lane * bytes, bytes);
        f.call({{address_of(place), 0}, v});
        CHECK(std::memcmp(place, expected, 16) == 0);
      });
    }
  }
}

TEST_CASE("codegen: lanes extracted and replaced") {
  struct Row {
    Op op;
    uint32_t bytes;
    bool replaces, is_signed;
    Type type;
  };
  const Row kRows[] = {{Op::i8x16_extract_lane_s, 1, false, true, Type::i32},
                       {Op::i8x16_extract_lane_u, 1, false, false, Type::i32},
                       {Op::i16x8_extract_lane_s, 2, false, true, Type::i32},
                       {Op::i16x8_extract_lane_u, 2, false, false, Type::i32},
                       {Op::i32x4_extract_lane, 4, false, false, Type::i32},
                       {Op::i64x2_extract_lane, 8, false, false, Type::i64},
                       {Op::f32x4_extract_lane, 4, false, false, Type::f32},
                       {Op::f64x2_extract_lane, 8, false, false, Type::f64},
                       {Op::i8x16_replace_lane, 1, true, false, Type::i32},
                       {Op::i16x8_replace_lane, 2, true, false, Type::i32},
                       {Op::i32x4_replace_lane, 4, true, false, Type::i32},
                       {Op::i64x2_replace_lane, 8, true, false, Type::i64},
                       {Op::f32x4_replace_lane, 4, true, false, Type::f32},
                       {Op::f64x2_replace_lane, 8, true, false, Type::f64}};
  V128 v{0xF0E1'D2C3'B4A5'9687, 0x7869'5A4B'3C2D'1E0F};
  for (const Row& row : kRows)
    for (uint32_t lane = 0; lane < 16 / row.bytes; ++lane) {
      CAPTURE(isa::op_info(row.op).text);
      CAPTURE(lane);
      IrMaker m({Type::v128, row.type}, {row.replaces ? Type::v128 : row.type});
      if (row.replaces) m.ret({m.op(row.op, {m.param(0), m.param(1)}, lane)});
      else m.ret({m.op(row.op, {m.param(0)}, lane)});
      with_settings(m.f, [&](CompiledFunction& f) {
        V128 value{0x1122'3344'5566'7788, 0}, expected{0, 0};
        if (row.replaces) {
          expected = v;
          std::memcpy(reinterpret_cast<char*>(&expected) + lane * row.bytes, &value, row.bytes);
        } else {
          std::memcpy(static_cast<void*>(&expected), reinterpret_cast<char*>(&v) + lane * row.bytes,
                      row.bytes);
          if (row.is_signed && row.bytes == 1)
            expected.lo = static_cast<uint32_t>(static_cast<int8_t>(expected.lo));
          if (row.is_signed && row.bytes == 2)
            expected.lo = static_cast<uint32_t>(static_cast<int16_t>(expected.lo));
        }
        CHECK(f.call({v, value}) == Words{expected});
      });
    }
}

TEST_CASE("codegen: shuffles of every pattern") {
  std::mt19937 random(7);
  std::vector<std::array<uint8_t, 16>> masks;
  auto add = [&](auto lane) {
    std::array<uint8_t, 16> mask;
    for (uint32_t i = 0; i < 16; ++i) mask[i] = static_cast<uint8_t>(lane(i));
    masks.push_back(mask);
  };
  for (uint32_t k = 0; k < 32; ++k) add([&](uint32_t i) { return (i + k) & 31; });
  for (uint32_t k = 0; k < 16; ++k) add([&](uint32_t i) { return (i + k) & 15; });
  for (uint32_t k = 0; k < 32; ++k) add([&](uint32_t) { return k; });
  for (uint32_t size : {1u, 2u, 4u, 8u})
    for (uint32_t half : {0u, 8u})
      for (uint32_t first : {0u, 16u})
        for (uint32_t second : {0u, 16u})
          add([&](uint32_t i) {
            uint32_t pair = i / (2 * size), in = i % (2 * size);
            return (in < size ? first : second) + half + pair * size + in % size;
          });
  for (int n = 0; n < 60; ++n) {
    uint32_t lanes[8], size = 1u << (n % 4);
    for (uint32_t& l : lanes) l = static_cast<uint32_t>(random() % (32 / size));
    bool one = n % 3 == 0;
    if (size >= 2)
      add([&](uint32_t i) { return ((lanes[i / size] * size) & (one ? 15 : 31)) + i % size; });
    else add([&](uint32_t) { return static_cast<uint32_t>(random()) & (one ? 15 : 31); });
    uint32_t swap = static_cast<uint32_t>(random() % 4);
    add([&](uint32_t i) { return i < 8 ? i : 8 + ((((i - 8) / 2 + swap) & 3) * 2) + i % 2; });
    add([&](uint32_t i) { return i >= 8 ? i : ((((i) / 2 + swap) & 3) * 2) + i % 2; });
    auto blend = static_cast<uint32_t>(random());
    add([&](uint32_t i) { return i + ((blend >> (i / 2)) & 1) * 16; });
    uint32_t a = static_cast<uint32_t>(random() & 1), b = static_cast<uint32_t>(random() & 1);
    add([&](uint32_t i) { return (lanes[i / 4] & 3) * 4 + i % 4 + (i < 8 ? a : b) * 16; });
  }
  V128 x{0x0706'0504'0302'0100, 0x0F0E'0D0C'0B0A'0908},
      y{0x1716'1514'1312'1110, 0x1F1E'1D1C'1B1A'1918};
  for (const auto& mask : masks)
    // Two, the same twice, a zero first, a zero second.
    for (int inputs = 0; inputs < 4; ++inputs) {
      IrMaker m({Type::v128, Type::v128}, {Type::v128});
      ir::Value zero = m.constant(ir::Op::const_v128, Type::v128, 0, 0);
      ir::Value a = inputs == 2 ? zero : m.param(0);
      ir::Value b = inputs == 1 ? m.param(0) : inputs == 3 ? zero : m.param(1);
      ir::Inst& inst = m.add(ir::Op::shuffle, {a, b}, {Type::v128});
      std::memcpy(&inst.imm, mask.data(), 8);
      std::memcpy(&inst.imm2, mask.data() + 8, 8);
      m.ret({IrMaker::result(inst, 0)});
      V128 expected = isa::sem::i8x16_shuffle(inputs == 2 ? V128{} : x,
                                              inputs == 1   ? x
                                              : inputs == 3 ? V128{}
                                                            : y,
                                              mask.data());
      with_settings(m.f, [&](CompiledFunction& f) { CHECK(f.call({x, y}) == Words{expected}); });
    }
}

TEST_CASE("codegen: atomic accesses of every width") {
  struct Row {
    MemKind kind;
    Type type;
    uint64_t mask;
  };
  const Row kRows[] = {
      {MemKind::i8_u, Type::i32, 0xFF},         {MemKind::i16_u, Type::i32, 0xFFFF},
      {MemKind::i32_u, Type::i32, 0xFFFF'FFFF}, {MemKind::i8_u, Type::i64, 0xFF},
      {MemKind::i16_u, Type::i64, 0xFFFF},      {MemKind::i32_u, Type::i64, 0xFFFF'FFFF},
      {MemKind::i64, Type::i64, ~uint64_t{0}}};
  const uint64_t kOld = 0xA1B2'C3D4'E5F6'0718, kValue = 0x1234'5678'9ABC'DEF0;
  for (const Row& row : kRows) {
    ir::Access access;
    access.kind = row.kind;
    access.atomic = true;
    for (ir::AtomicRmw rmw : {ir::AtomicRmw::add, ir::AtomicRmw::sub, ir::AtomicRmw::and_,
                              ir::AtomicRmw::or_, ir::AtomicRmw::xor_, ir::AtomicRmw::xchg}) {
      CAPTURE(static_cast<int>(rmw));
      access.rmw = rmw;
      IrMaker m({Type::i64, row.type}, {row.type});
      m.add(ir::Op::atomic_rmw, {m.param(0), m.param(1)}, {row.type}).access = access;
      m.ret({IrMaker::result(m.last(), 0)});
      with_settings(m.f, [&](CompiledFunction& f) {
        uint64_t place = kOld, changed = 0;
        switch (rmw) {
          case ir::AtomicRmw::add: changed = kOld + kValue; break;
          case ir::AtomicRmw::sub: changed = kOld - kValue; break;
          case ir::AtomicRmw::and_: changed = kOld & kValue; break;
          case ir::AtomicRmw::or_: changed = kOld | kValue; break;
          case ir::AtomicRmw::xor_: changed = kOld ^ kValue; break;
          case ir::AtomicRmw::xchg: changed = kValue; break;
        }
        CHECK(f.call(words({address_of(&place), kValue})) == words({kOld & row.mask}));
        CHECK(place == ((kOld & ~row.mask) | (changed & row.mask)));
      });
    }
    IrMaker m({Type::i64, row.type, row.type}, {row.type});
    m.add(ir::Op::atomic_cmpxchg, {m.param(0), m.param(1), m.param(2)}, {row.type}).access = access;
    m.ret({IrMaker::result(m.last(), 0)});
    with_settings(m.f, [&](CompiledFunction& f) {
      for (uint64_t expected : {kOld & row.mask, kOld, kValue, uint64_t{0}}) {
        uint64_t place = kOld;
        CHECK(f.call(words({address_of(&place), expected, kValue})) == words({kOld & row.mask}));
        uint64_t seen = row.type == Type::i32 ? expected & 0xFFFF'FFFF : expected;
        bool stored = seen == (kOld & row.mask);
        CHECK(place == (stored ? (kOld & ~row.mask) | (kValue & row.mask) : kOld));
      }
    });
    IrMaker s({Type::i64, row.type}, {row.type});
    s.store(access, {s.param(0), s.param(1)});
    s.add(ir::Op::fence, {}, {});
    s.ret({s.load(access, row.type, {s.param(0)})});
    with_settings(s.f, [&](CompiledFunction& f) {
      uint64_t place = kOld;
      CHECK(f.call(words({address_of(&place), kValue})) == words({kValue & row.mask}));
      CHECK(place == ((kOld & ~row.mask) | (kValue & row.mask)));
    });
  }
}

TEST_CASE("codegen: memory changed in place, and loads that may not move") {
  ir::Access access;
  access.kind = MemKind::i32_u;
  access.disp = 4;
  {
    IrMaker m({Type::i64, Type::i32}, {});
    ir::Value old = m.load(access, Type::i32, {m.param(0)});
    m.store(access, {m.param(0), m.op(Op::i32_add, {old, m.param(1)})});
    ir::Value again = m.load(access, Type::i32, {m.param(0)});
    m.store(access, {m.param(0), m.op(Op::i32_xor, {again, m.i32(0xFF)})});
    m.ret({});
    with_settings(m.f, [&](CompiledFunction& f) {
      uint32_t place[3] = {1, 2, 3};
      f.call(words({address_of(place), 40}));
      CHECK(place[0] == 1);
      CHECK(place[1] == (42 ^ 0xFF));
      CHECK(place[2] == 3);
    });
  }
  {  // the load stands before the store that changes its place
    IrMaker m({Type::i64, Type::i32}, {Type::i32});
    ir::Value old = m.load(access, Type::i32, {m.param(0)});
    m.store(access, {m.param(0), m.param(1)});
    m.ret({m.op(Op::i32_add, {m.param(1), old})});
    with_settings(m.f, [&](CompiledFunction& f) {
      uint32_t place[2] = {0, 100};
      CHECK(f.call(words({address_of(place), 7})) == words({107}));
      CHECK(place[1] == 7);
    });
  }
}

TEST_CASE("codegen: traps and polls without signals are calls, with their place") {
  IrMaker m({Type::i32}, {});
  m.add(ir::Op::poll, {}, {}).position = 3;
  ir::Inst& trap = m.add(ir::Op::trap_if, {m.op(Op::i32_eqz, {m.param(0)})}, {});
  trap.imm = static_cast<uint64_t>(isa::Trap::integer_divide_by_zero);
  trap.position = 5;
  m.ret({});
  for (codegen::CodegenSettings settings : all_settings()) {
    CompiledFunction with_signals(m.f, settings);
    const codegen::MachineCode& code = with_signals.machine_code();
    REQUIRE(code.traps.size() == 1);  // no check of the stack: it cannot recurse
    CHECK(code.calls.size() == 1);
    bool found = false;
    for (const codegen::TrapSite& site : code.traps) {
      if (settings.arch == codegen::Arch::x64) {  // ud2
        CHECK(code.bytes[site.offset] == 0x0F);
        CHECK(code.bytes[site.offset + 1] == 0x0B);
      } else {  // udf
        CHECK(code.bytes[site.offset + 2] == 0);
        CHECK(code.bytes[site.offset + 3] == 0);
      }
      found |= site.trap == isa::Trap::integer_divide_by_zero && site.position == 5;
    }
    CHECK(found);
    with_signals.call(words({1}));
    settings.signals = false;
    CompiledFunction without(m.f, settings);
    CHECK(without.machine_code().traps.empty());
    CHECK(without.machine_code().calls.size() == 2);
    without.call(words({1}));
  }
}

}  // namespace
