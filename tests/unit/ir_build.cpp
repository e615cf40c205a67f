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
