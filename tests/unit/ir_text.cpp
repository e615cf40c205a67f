// The text form: what is printed can be read back, and what is wrong has a line.
#include <doctest/doctest.h>

#include "ir/parse.h"
#include "ir/print.h"
#include "ir/verifier.h"
#include "opt/optimize.h"

using namespace zwasm;

namespace {

ir::Function parsed(std::string_view text) {
  ir::Function f;
  std::string error;
  CHECK_MESSAGE(ir::parse(text, f, error), error);
  CHECK(ir::verify(f) == "");
  return f;
}

std::string error_of(std::string_view text) {
  ir::Function f;
  std::string error;
  return ir::parse(text, f, error) ? "no error" : error;
}

}  // namespace

TEST_CASE("the text form of the graph is read as it is printed") {
  constexpr std::string_view kText = R"(func 7 (i32, i64) -> (i32, ref)
b0(v0: i32, v1: i64):
  v2: i64 = instance
  v3: i64 = load [i64 invariant disp 88] v2
  v4: v128 = const.v128 0x1:0x2
  v5: v128 = load_lane [i8_u linear disp 4 lane 3 faults] v3, v0, v4
  store [v128 linear scale 3] v3, v1, v5
  v6: i32 = atomic.rmw [i32_u linear xchg atomic] v3, v0, v0
  trap_if <unreachable> v6
  v7: i64, v8: i64 = i64.mul_wide_u v1, v1
  v9: i32 = i32x4.extract_lane #2 v4
  jump -> b1(v9, v7)
b1(v10: i32, v11: i64) loop depth 1:
  poll
  v12: i32 = call @12 v10, v11 -> b2, b4
b2 depth 1:
  branch likely v12 -> b5, b3
b5 depth 1:
  jump -> b1(v12, v8)
b3:
  v13: ref = call_helper @exception_new v2, v10
  return v12, v13
b4 cold:
  v14: ref = landing_pad
  call_helper @throw_ v2, v14
  unreachable
)";
  CHECK(ir::print(parsed(kText)).substr(0, 200) == std::string(kText).substr(0, 200));
  std::string once = ir::print(parsed(kText));
  CHECK(ir::print(parsed(once)) == once);
}

TEST_CASE("errors of the text form name the line") {
  CHECK(error_of("func 0 () -> ()\nb0:\n  nothing\n") == "line 3: 'nothing' is no op");
  CHECK(error_of("func 0 () -> ()\nb0:\n  jump -> b7\n") == "line 3: b7 is not there");
  CHECK(error_of("func 0 () -> (i32)\nb0:\n  return v1\n") == "line 3: v1 is not defined");
}

TEST_CASE("loads are forwarded, and what does not change leaves the loop") {
  ir::Function f = parsed(R"(func 0 (i32, i32) -> (i32)
b0(v0: i32, v1: i32):
  jump -> b1(v0)
b1(v2: i32) loop depth 1:
  poll
  v3: i64 = instance
  v4: i64 = load [i64 invariant disp 88] v3
  v5: i32 = load [i32_u linear faults] v4, v1
  store [i32_u linear disp 4 faults] v4, v1, v2
  v6: i32 = load [i32_u linear faults] v4, v1
  v7: i32 = load [i32_u linear disp 4 faults] v4, v1
  v8: i32 = i32.add v5, v6
  v9: i32 = i32.sub v8, v7
  branch v9 -> b2, b3
b2 depth 1:
  jump -> b1(v9)
b3 depth 1:
  return v8
)");
  opt::optimize(f, 2);
  CHECK(ir::verify(f) == "");
  CHECK(ir::print(f) == R"(func 0 (i32, i32) -> (i32)
b0(v0: i32, v1: i32):
  v3: i64 = instance
  v4: i64 = load [i64 invariant disp 88] v3
  jump -> b1(v0)
b1(v2: i32) loop depth 1:
  poll
  v5: i32 = load [i32_u linear faults] v4, v1
  store [i32_u linear disp 4 faults] v4, v1, v2
  v8: i32 = i32.add v5, v5
  v9: i32 = i32.sub v8, v2
  branch v9 -> b2, b3
b2 depth 1:
  jump -> b1(v9)
b3:
  return v8
)");
}
