// The tables agree with themselves: every op is found by its code and by its name, and its packed
// shape says what its row says.
#include <doctest/doctest.h>

#include <set>
#include <string>

#include "isa/features.h"
#include "isa/op_shape.h"
#include "isa/opcodes.h"
#include "isa/types.h"

using namespace zwasm::isa;

TEST_CASE("ops by code and by name") {
  std::set<std::pair<uint8_t, uint32_t>> codes;
  for (uint32_t i = 0; i < kOpCount; ++i) {
    Op op = static_cast<Op>(i);
    const OpInfo& info = op_info(op);
    CAPTURE(info.text);
    CHECK(codes.insert({info.prefix, info.code}).second);
    CHECK(op_by_code(info.prefix, info.code) == op);
    std::optional<Op> named = op_by_name(info.text);
    REQUIRE(named);
    CHECK(op_info(*named).text == info.text);
    if (info.prefix == 0) CHECK(kOneByteOps[info.code] == i);
  }
  CHECK(!op_by_code(0, 0xFF));
  CHECK(!op_by_code(0xFC, 0x7FFFFFFF));
  CHECK(!op_by_code(0x12, 0));
  CHECK(!op_by_name("i32.unknown"));
  CHECK(kOneByteOps[0xFC] == kNoOneByteOp);
}

TEST_CASE("packed shapes") {
  for (uint32_t i = 0; i < kOpCount; ++i) {
    const OpInfo& info = op_info(static_cast<Op>(i));
    const OpShape& shape = kOpShapes[i];
    CAPTURE(info.text);
    CHECK(shape.imm == info.imm);
    CHECK(shape.feature == info.feature);
    CHECK(shape.simple == (info.sig != "*"));
    if (info.width != 0) CHECK((1u << shape.align) == info.width);
    if (shape.simple) {
      size_t colon = info.sig.find(':');
      CHECK(shape.arg_count == colon);
      CHECK(shape.result_count == info.sig.size() - colon - 1);
    }
    bool has_lane = shape.imm == Imm::lane || shape.imm == Imm::memarg_lane;
    if (has_lane) CHECK(shape.lanes > 0);
  }
  CHECK(op_shape(Op::i8x16_extract_lane_s).lanes == 16);
  CHECK(op_shape(Op::v128_load64_lane).lanes == 2);
  CHECK(op_shape(Op::i8x16_shuffle).lanes == 32);
}

TEST_CASE("types in messages") {
  CHECK(to_string(kI32) == "i32");
  CHECK(to_string(kV128) == "v128");
  CHECK(to_string(ValType(ValKind::i8)) == "i8");
  CHECK(to_string(kFuncRef) == "funcref");
  CHECK(to_string(ValType::ref(AbsHeap::none, true)) == "nullref");
  CHECK(to_string(ValType::ref(AbsHeap::extern_, false)) == "(ref extern)");
  CHECK(to_string(ValType::ref(HeapType::concrete(7), true)) == "(ref null 7)");
  CHECK(to_string(ValType::ref(HeapType::concrete(7), false)) == "(ref 7)");
}

TEST_CASE("levels contain what their specification does") {
  FeatureSet one = FeatureSet::level(1), two = FeatureSet::level(2), three = FeatureSet::level(3);
  CHECK(one.has(Feature::mvp));
  CHECK(one.has(Feature::mutable_globals));
  CHECK(!one.has(Feature::simd));
  CHECK(two.has(Feature::simd));
  CHECK(two.has(Feature::reference_types));
  CHECK(!two.has(Feature::gc));
  CHECK(three.has(Feature::gc));
  CHECK(three.has(Feature::tail_call));
  CHECK(!three.has(Feature::threads));
  CHECK((one.bits() & ~two.bits()) == 0);
  CHECK((two.bits() & ~three.bits()) == 0);
}

TEST_CASE("switches are applied from left to right") {
  FeatureSet set = FeatureSet::defaults();
  CHECK(!set.has(Feature::legacy_exceptions));
  CHECK(set.apply("legacy-exceptions", true));
  CHECK(set.has(Feature::legacy_exceptions));
  CHECK(set.apply("mvp", true));
  CHECK(!set.has(Feature::mutable_globals));
  CHECK(!set.has(Feature::legacy_exceptions));
  CHECK(set.apply("wasm2", true));
  CHECK(set == FeatureSet::level(2));
  CHECK(set.apply("simd", false));
  CHECK(!set.has(Feature::simd));
  CHECK(set.apply("all-proposals", true));
  CHECK(set == FeatureSet::all());
  CHECK(set.apply("all-proposals", false));
  CHECK(set == FeatureSet::level(1));
  CHECK(!set.apply("no-such-proposal", true));
  CHECK(!set.apply("no-such-proposal", false));
  CHECK(!set.apply("stack-switching", true));
  CHECK(set.apply("stack-switching", false));
  for (uint32_t i = 0; i < kFeatureCount; ++i) {
    Feature feature = static_cast<Feature>(i);
    CHECK(feature_by_name(feature_info(feature).name) == feature);
  }
}
