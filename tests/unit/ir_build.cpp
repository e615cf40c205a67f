// The graph builder: what it makes of functions.
#include <doctest/doctest.h>

#include "ir/build.h"
#include "ir/print.h"
#include "ir/verifier.h"
#include "module_fixture.h"

using namespace zwasm;
using namespace zwasm::test;

namespace {

struct Built {
  ir::Function function;
  std::string error;
  std::string text() const { return error.empty() ? ir::print(function) : "error: " + error; }
};

Built build_function(std::string_view text, uint32_t func = 0,
                     const ir::BuildSettings& settings = {}) {
  Bytes bytes = assemble(text);
  auto decoded = module::decode(std::span<const uint8_t>(bytes), isa::FeatureSet::all());
  REQUIRE(decoded.ok());
  module::TypeRegistry registry;
  auto types = validate::validate_module(*decoded, registry, isa::FeatureSet::all(), 1);
  REQUIRE(types.ok());
  Built built;
  if (ir::build(*decoded, *types, func, settings, built.function, built.error))
    CHECK(ir::verify(built.function) == "");
  return built;
}

}  // namespace

TEST_CASE("a loop has parameters for what it changes, and nothing else") {
  Built b = build_function(R"((module (func (param i32 i32) (result i32) (local i32)
    (loop (local.set 2 (i32.add (local.get 2) (local.get 1)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 2))))");
  CHECK(b.text() == R"(func 0 (i32, i32) -> (i32)
b0(v0: i32, v1: i32):
  v2: i32 = const.i32 0x0
  jump -> b1(v2, v0)
b1(v3: i32, v4: i32) loop depth 1:
  poll
  v5: i32 = i32.add v1, v3
  v6: i32 = const.i32 0xffffffff
  v7: i32 = i32.add v4, v6
  branch v7 -> b3, b2
b3 depth 1:
  jump -> b1(v5, v7)
b2 depth 1:
  return v5
)");
}

TEST_CASE("immutable globals with a constant for initializer are that constant") {
  Built b = build_function(R"((module
    (import "m" "g" (global i32))
    (global i32 (i32.const -5)) (global i64 (i64.const -6)) (global f32 (f32.const nan:0x200001))
    (global f64 (f64.const -0.5)) (global v128 (v128.const i64x2 7 -8))
    (func (result i32 i64 f32 f64 v128)
      (global.get 1) (global.get 2) (global.get 3) (global.get 4) (global.get 5))))");
  CHECK(b.text() == R"(func 0 () -> (i32, i64, f32, f64, v128)
b0:
  v0: i32 = const.i32 0xfffffffb
  v1: i64 = const.i64 0xfffffffffffffffa
  v2: f32 = const.f32 0x7fa00001
  v3: f64 = const.f64 0xbfe0000000000000
  v4: v128 = const.v128 0x7:0xfffffffffffffff8
  return v0, v1, v2, v3, v4
)");
  // Not what somebody else defines or may write, nor what is computed.
  for (const char* global :
       {"(import \"m\" \"g\" (global i32))", "(global (mut i32) (i32.const 1))",
        "(global i32 (i32.add (i32.const 1) (i32.const 2)))"}) {
    Built other =
        build_function("(module " + std::string(global) + "(func (result i32) (global.get 0)))");
    CHECK(other.text().find("load") != std::string::npos);
  }
}

TEST_CASE("references that are not null by their type are not compared with null") {
  auto comparisons = [](std::string_view null) {
    Built b = build_function("(module (type $f (func)) (func (param (ref " + std::string(null) +
                             " $f)) (drop (block (result i32)"
                             " (call_ref $f (local.get 0))"
                             " (drop (ref.as_non_null (local.get 0)))"
                             " (drop (br_on_null 0 (i32.const 1) (local.get 0)))))"
                             " (return_call_ref $f (local.get 0))))");
    size_t count = 0;
    const std::string text = b.text();
    REQUIRE(text.find("call_ref") != std::string::npos);
    for (size_t at = 0; (at = text.find("i64.eqz", at)) != std::string::npos; ++at) ++count;
    return count;
  };
  CHECK(comparisons("null") > 0);
  CHECK(comparisons("") == 0);
}
