// Every simple operation, compiled and run on corner cases and random operands, against
// isa/semantics.h: with operands in registers, as constants and in memory, with and without the
// processor's extensions.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <random>
#include <type_traits>

#include "codegen/x64/lower.h"
#include "codegen_fixture.h"
#include "ir/ops.h"
#include "isa/op_shape.h"
#include "isa/semantics.h"
#include "isa/semantics_simd.h"

namespace {

using namespace zwasm;
using namespace zwasm::test;
using isa::Op;
using isa::V128;

// --- the oracle: any function of semantics.h on words ---

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

struct Outcome {
  isa::Trap trap = isa::Trap::none;
  Words results;
};

template <class R, class... A, size_t... I>
Outcome apply(R (*f)(A...), const Words& args, std::index_sequence<I...>) {
  if constexpr (std::is_same_v<R, isa::sem::Wide>) {
    auto r = f(from_word<A>(args[I])...);
    return {isa::Trap::none, {to_word(r.lo), to_word(r.hi)}};
  } else {
    return {isa::Trap::none, {to_word(f(from_word<A>(args[I])...))}};
  }
}
template <class R, class... A>
Outcome run(R (*f)(A...), const Words& args) {
  return apply(f, args, std::index_sequence_for<A...>{});
}
template <class A, class R>
Outcome run(isa::Trap (*f)(A, R&), const Words& args) {
  R r{};
  isa::Trap trap = f(from_word<A>(args[0]), r);
  return {trap, {to_word(r)}};
}
template <class A, class R>
Outcome run(isa::Trap (*f)(A, A, R&), const Words& args) {
  R r{};
  isa::Trap trap = f(from_word<A>(args[0]), from_word<A>(args[1]), r);
  return {trap, {to_word(r)}};
}

struct Oracle {
  Op op;
  Outcome (*run)(const Words& args);
};
const Oracle kOracles[] = {
#define NUM(name, prefix, code, text, sig, feature, effect) \
  {Op::name, [](const Words& args) { return run(&isa::sem::name, args); }},
#define OP(...)
#include "isa/opcodes.def"
};

// --- operands ---

std::mt19937_64& random() {
  static std::mt19937_64 engine(20240229);
  return engine;
}

// clang-format off
const uint64_t kInts[] = {0, 1, 2, 3, 7, 31, 32, 63, 64, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF,
                          0x7FFF'FFFF, 0x8000'0000, 0xFFFF'FFFF, 0x1'0000'0000, 0x7FFF'FFFF'FFFF'FFFF,
                          0x8000'0000'0000'0000, 0xFFFF'FFFF'FFFF'FFFF, 0xFFFF'FFFF'8000'0000};
const double kDoubles[] = {0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 0.49999999999999994,
                           2147483647.0, 2147483648.0, -2147483648.0, -2147483649.0, 4294967295.0,
                           4294967296.0, 9223372036854775807.0, 9223372036854774784.0,
                           -9223372036854775808.0, 18446744073709551615.0, 18446744073709549568.0,
                           1e300, -1e300, 1e-310, INFINITY, -INFINITY, NAN, -0.9999999999};
// clang-format on

V128 random_operand(uint8_t kind) {
  auto pick = [](const auto& list) { return list[random()() % std::size(list)]; };
  bool corner = random()() % 2 == 0;
  switch (static_cast<isa::ValKind>(kind)) {
    case isa::ValKind::i32: return {static_cast<uint32_t>(corner ? pick(kInts) : random()()), 0};
    case isa::ValKind::i64: return {corner ? pick(kInts) : random()(), 0};
    case isa::ValKind::f32: {
      if (corner) return to_word(static_cast<float>(pick(kDoubles)));
      if (random()() % 2 == 0)
        return to_word(static_cast<float>(static_cast<int64_t>(random()()) >> (random()() % 64)));
      return {static_cast<uint32_t>(random()()), 0};
    }
    case isa::ValKind::f64: {
      if (corner) return to_word(pick(kDoubles));
      if (random()() % 2 == 0)
        return to_word(static_cast<double>(static_cast<int64_t>(random()()) >> (random()() % 64)));
      return {random()(), 0};
    }
    case isa::ValKind::v128: {
      V128 v;
      uint8_t lane = static_cast<uint8_t>(random()() % 5);
      for (uint64_t* half : {&v.lo, &v.hi}) {
        if (lane == 0) {
          *half = random()();
        } else if (lane == 1) {
          *half = std::bit_cast<uint64_t>(pick(kDoubles));
        } else if (lane == 2) {
          uint64_t lo = std::bit_cast<uint32_t>(static_cast<float>(pick(kDoubles)));
          uint64_t hi = std::bit_cast<uint32_t>(static_cast<float>(pick(kDoubles)));
          *half = lo | hi << 32;
        } else if (lane == 3) {
          *half = pick(kInts);
        } else {
          static const uint8_t kBytes[] = {0, 1, 2, 15, 16, 0x7F, 0x80, 0xFF};
          uint64_t bytes = 0;
          for (int i = 0; i < 8; ++i) bytes = bytes << 8 | pick(kBytes);
          *half = bytes;
        }
      }
      return v;
    }
    case isa::ValKind::ref:
    case isa::ValKind::i8:
    case isa::ValKind::i16:
    case isa::ValKind::bottom: break;
  }
  return {};
}

// --- comparing ---

// The lanes' type, when NaNs may differ in sign and payload.
enum class Lanes { bits, f32, f64 };
Lanes lanes_of(Op op) {
  std::string_view text = isa::op_info(op).text;
  auto ends = [&](std::string_view part) { return text.find(part) != std::string_view::npos; };
  if (ends("abs") || ends("neg") || ends("copysign") || ends("reinterpret") || ends("pmin") ||
      ends("pmax") || ends("splat") || ends("_lane"))
    return Lanes::bits;
  if (text.starts_with("f32")) return Lanes::f32;
  if (text.starts_with("f64")) return Lanes::f64;
  return Lanes::bits;
}
template <class F>
bool same_floats(V128 a, V128 b, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    F x, y;
    std::memcpy(&x, reinterpret_cast<const char*>(&a) + i * sizeof(F), sizeof(F));
    std::memcpy(&y, reinterpret_cast<const char*>(&b) + i * sizeof(F), sizeof(F));
    if (std::isnan(x) && std::isnan(y)) continue;
    if (std::memcmp(&x, &y, sizeof(F)) != 0) return false;
  }
  return true;
}
bool same(V128 a, V128 b, Lanes lanes, uint8_t kind) {
  bool vector = static_cast<isa::ValKind>(kind) == isa::ValKind::v128;
  if (static_cast<isa::ValKind>(kind) == isa::ValKind::i32) return a == b;
  switch (lanes) {
    case Lanes::bits: return a == b;
    case Lanes::f32: return same_floats<float>(a, b, vector ? 4 : 1);
    case Lanes::f64: return same_floats<double>(a, b, vector ? 2 : 1);
  }
  return false;
}

// How an operand reaches the operation.
enum class From { argument, constant, memory };

void test_op(const Oracle& oracle, const codegen::CodegenSettings& settings, From from,
             size_t which, int rounds) {
  const isa::OpShape& shape = isa::op_shape(oracle.op);
  std::vector<ir::Type> params, results;
  for (uint8_t a = 0; a < shape.arg_count; ++a) params.push_back(ir::type_of_kind(shape.args[a]));
  for (uint8_t r = 0; r < shape.result_count; ++r)
    results.push_back(ir::type_of_kind(shape.results[r]));
  V128 fixed = random_operand(shape.args[which]);
  std::vector<ir::Type> with_pointer = params;
  with_pointer.push_back(ir::Type::i64);
  IrMaker m(with_pointer, results);
  std::vector<ir::Value> args;
  for (size_t a = 0; a < params.size(); ++a) {
    if (a != which || from == From::argument) {
      args.push_back(m.param(a));
    } else if (from == From::constant) {
      args.push_back(m.constant(ir::const_op(params[a]), params[a], fixed.lo, fixed.hi));
    } else {
      ir::Access access;
      access.kind = ir::mem_kind_of(params[a]);
      args.push_back(m.load(access, params[a], {m.param(params.size())}));
    }
  }
  ir::Inst* inst = nullptr;
  switch (args.size()) {
    case 1: m.op(oracle.op, {args[0]}); break;
    case 2: m.op(oracle.op, {args[0], args[1]}); break;
    case 3: m.op(oracle.op, {args[0], args[1], args[2]}); break;
    default: m.op(oracle.op, {args[0], args[1], args[2], args[3]}); break;
  }
  inst = &m.last();
  ir::Value r0 = IrMaker::result(*inst, 0);
  if (results.size() == 2) m.ret({r0, IrMaker::result(*inst, 1)});
  else m.ret({r0});
  CompiledFunction compiled(m.f, settings);
  REQUIRE_MESSAGE(compiled.ok(), isa::op_info(oracle.op).text, ": ", compiled.error());
  for (int round = 0; round < rounds; ++round) {
    Words operands;
    for (uint8_t a = 0; a < shape.arg_count; ++a) operands.push_back(random_operand(shape.args[a]));
    if (round % 8 == 0 && operands.size() == 2 && shape.args[0] == shape.args[1])
      operands[1] = operands[0];
    if (from == From::constant) operands[which] = fixed;
    Outcome expected = oracle.run(operands);
    if (expected.trap != isa::Trap::none) continue;  // the IR checks before
    alignas(16) V128 place[2];
    std::memcpy(reinterpret_cast<char*>(place) + 8, &operands[which], 16);  // not aligned to 16
    Words with_place = operands;
    with_place.push_back({reinterpret_cast<uint64_t>(place) + 8, 0});
    Words got = compiled.call(with_place);
    for (size_t r = 0; r < got.size(); ++r) {
      if (same(got[r], expected.results[r], lanes_of(oracle.op), shape.results[r])) continue;
      FAIL_CHECK(isa::op_info(oracle.op).text, " operand ", which, " from ", static_cast<int>(from),
                 " args ", std::hex, operands[0].lo, ":", operands[0].hi, " ",
                 operands.size() > 1 ? operands[1].lo : 0, ":",
                 operands.size() > 1 ? operands[1].hi : 0, " got ", got[r].lo, ":", got[r].hi,
                 " expected ", expected.results[r].lo, ":", expected.results[r].hi, "\n",
                 compiled.allocated_text);
      return;
    }
  }
}

TEST_CASE("codegen: every simple operation computes what the semantics say") {
  for (const codegen::CodegenSettings& settings : all_settings())
    for (const Oracle& oracle : kOracles) {
      std::string_view text = isa::op_info(oracle.op).text;
      bool traps = isa::op_info(oracle.op).effect == isa::Effect::traps;
      bool checked = text.find("div") != text.npos || text.find("rem") != text.npos;
      if (traps && !checked) continue;  // trunc: the IR has trap_if and trunc_sat instead
      REQUIRE_MESSAGE(codegen::x64::Lowering::has_rule(oracle.op), text);
      bool fused = settings.arch != codegen::Arch::x64 || settings.cpu.fma;
      if (text.ends_with("madd") && !fused) continue;  // refused
      const isa::OpShape& shape = isa::op_shape(oracle.op);
      test_op(oracle, settings, From::argument, 0, 80);
      for (size_t which = 0; which < shape.arg_count; ++which) {
        for (int i = 0; i < 3; ++i) test_op(oracle, settings, From::constant, which, 12);
        test_op(oracle, settings, From::memory, which, 20);
      }
    }
}

}  // namespace
