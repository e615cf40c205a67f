// The register allocators on random functions, under the symbolic checker; and the checker on
// allocations that were broken on purpose.
#include <doctest/doctest.h>

#include <string>

#include "codegen/regalloc.h"
#include "regalloc_random.h"

namespace {

using namespace zwasm::codegen;

// Empty, or what is wrong and where.
std::string allocate_and_check(const MachineFunction& f, Allocator a) {
  std::string wrong = check_machine_function(f);
  if (!wrong.empty()) return "the test's function: " + wrong;
  return check_allocation(f, allocate_registers(f, a));
}

void run_random(Allocator a, uint32_t count, test::RandomOptions o) {
  for (uint32_t seed = 1; seed <= count; ++seed) {
    o.seed = seed;
    MachineFunction f = test::random_function(o);
    std::string wrong = allocate_and_check(f, a);
    if (!wrong.empty()) {
      RegallocResult r = allocate_registers(f, a);
      FAIL("seed " << seed << ": " << wrong << "\n" << to_text(f, &r, nullptr));
    }
  }
}

}  // namespace

TEST_CASE("register allocation: every allocator is right on random functions") {
  for (Allocator a : {Allocator::spill_all, Allocator::linear_scan, Allocator::greedy}) {
    run_random(a, 1000, {.statements = 20});
    run_random(a, 300, {.statements = 60, .call_percent = 20});
    run_random(a, 300, {.statements = 80, .int_regs = 12, .vec_regs = 14, .call_percent = 2});
    run_random(a, 30, {.statements = 600, .int_regs = 12, .vec_regs = 14});
  }
}
