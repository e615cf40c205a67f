// The register allocators on random functions, under the symbolic checker; and the checker on
// allocations that were broken on purpose.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "codegen/regalloc.h"
#include "codegen/regalloc_busy_map.h"
#include "codegen/regalloc_context.h"
#include "codegen/regalloc_range_map.h"
#include "regalloc_execute.h"
#include "regalloc_random.h"

namespace {

using namespace zwasm::codegen;

// Empty, or what went wrong along one of some random paths.
std::string execute(const MachineFunction& f, const RegallocResult& r, uint32_t paths) {
  std::string wrong;
  for (uint32_t path = 0; path < paths && wrong.empty(); ++path)
    wrong = test::Executor(f, r, path).run(200);
  return wrong;
}

// Empty, or what is wrong and where.
std::string allocate_and_check(const MachineFunction& f, Allocator a) {
  std::string wrong = check_machine_function(f);
  if (!wrong.empty()) return "the test's function: " + wrong;
  RegallocResult r = allocate_registers(f, a);
  wrong = check_allocation(f, r);
  if (wrong.empty()) wrong = execute(f, r, 2);
  if (wrong.empty()) return wrong;
  return wrong + "\n" + to_text(f, &r, {});
}

void run_random(Allocator a, uint32_t count, test::RandomOptions o) {
  for (uint32_t seed = 1; seed <= count; ++seed) {
    o.seed = seed;
    MachineFunction f = test::random_function(o);
    std::string wrong = allocate_and_check(f, a);
    if (!wrong.empty()) FAIL("seed " << seed << ": " << wrong);
  }
}

// Breaks one thing in an allocation.
void mutate(const MachineFunction& f, RegallocResult& r, uint64_t seed) {
  uint64_t state = seed * 0x9E3779B97F4A7C15u + 7;
  auto random = [&](size_t n) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return static_cast<size_t>((state >> 11) % n);
  };
  auto other_place = [&](Allocation a) {
    if (a.is_slot()) return Allocation::of_slot(static_cast<uint32_t>(random(r.spill_slots)));
    uint8_t half = a.preg.number & 32;
    return Allocation::of({static_cast<uint8_t>(half + random(4))});
  };
  switch (random(6)) {
    case 0: {
      size_t k = random(r.operands.size());
      if (f.operands[k].constraint != Constraint::fixed) r.operands[k] = other_place(r.operands[k]);
      break;
    }
    case 1:
      if (!r.edits.empty())
        r.edits.erase(r.edits.begin() + static_cast<int>(random(r.edits.size())));
      break;
    case 2:
      if (!r.edits.empty()) {
        Edit& e = r.edits[random(r.edits.size())];
        if (e.remat == ~0u) e.from = other_place(e.from);
      }
      break;
    case 3:
      if (!r.edits.empty()) {
        Edit& e = r.edits[random(r.edits.size())];
        e.to = other_place(e.to);
      }
      break;
    case 4:
      if (!r.roots.empty()) {
        SafepointRoots& s = r.roots[random(r.roots.size())];
        if (!s.places.empty()) s.places.pop_back(), s.vregs.pop_back();
      }
      break;
    case 5:
      if (r.edits.size() > 1) {
        size_t k = random(r.edits.size() - 1);
        Edit &a = r.edits[k], &b = r.edits[k + 1];
        if (a.inst == b.inst && a.after == b.after) std::swap(a, b);
      }
      break;
  }
}

// Operations for each instruction, of a function of about so many.
double work_per_instruction(uint32_t statements, Allocator allocator) {
  MachineFunction f = test::random_function(
      {.seed = 3, .statements = statements, .int_regs = 12, .vec_regs = 14, .far_percent = 0});
  REQUIRE(AllocContext(f).live.complete());
  return static_cast<double>(allocate_registers(f, allocator).work) /
         static_cast<double>(f.insts.size());
}

}  // namespace

TEST_CASE("register allocation: work grows with the size of the function") {
  for (Allocator a : {Allocator::greedy, Allocator::linear_scan}) {
    double small = work_per_instruction(3000, a), large = work_per_instruction(60000, a);
    CHECK(small > 0);
    CHECK(large < 2 * small);
    CHECK(large < 200);
  }
}

TEST_CASE("register allocation: more live ranges than memory ends in slots, and is right") {
  // Each value is alive in every block: registers times blocks are too many.
  MachineFunction f = test::random_function({.seed = 5, .statements = 9000, .far_percent = 50});
  CHECK_FALSE(AllocContext(f).live.complete());
  RegallocResult r = allocate_registers(f, Allocator::greedy);
  CHECK(execute(f, r, 4) == "");
}

TEST_CASE("register allocation: the checker finds what goes wrong") {
  uint32_t broken = 0, found = 0;
  for (uint32_t seed = 1; seed <= 2000; ++seed) {
    MachineFunction f = test::random_function({.seed = seed, .statements = 30});
    RegallocResult r = allocate_registers(f, seed % 3 == 0   ? Allocator::spill_all
                                             : seed % 3 == 1 ? Allocator::greedy
                                                             : Allocator::linear_scan);
    mutate(f, r, seed);
    std::string complaint = check_allocation(f, r), wrong = execute(f, r, 8);
    found += !complaint.empty();
    broken += !wrong.empty();
    if (complaint.empty() && !wrong.empty())
      FAIL("seed " << seed << ": not found: " << wrong << "\n" << to_text(f, &r, {}));
  }
  CHECK(broken > 500);
  CHECK(found > broken);
}

TEST_CASE("register allocation: every allocator is right on random functions") {
  for (Allocator a : {Allocator::spill_all, Allocator::linear_scan, Allocator::greedy}) {
    run_random(a, 1000, {.statements = 20});
    run_random(a, 300, {.statements = 60, .call_percent = 20});
    run_random(a, 300, {.statements = 80, .int_regs = 12, .vec_regs = 14, .call_percent = 2});
    run_random(a, 30, {.statements = 600, .int_regs = 12, .vec_regs = 14});
  }
}

TEST_CASE("register allocation: the range map finds what overlaps, whatever was erased") {
  RangeMap map;
  std::vector<uint32_t> owner(4000, 0);  // by position; 0 is free
  uint64_t state = 12345;
  auto random = [&](uint32_t n) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return static_cast<uint32_t>((state >> 11) % n);
  };
  for (uint32_t step = 1; step < 30000; ++step) {
    uint32_t from = random(3900), to = from + 1 + random(step % 3 == 0 ? 90 : 6);
    std::vector<uint32_t> expected, found;
    for (uint32_t p = from; p < to; ++p)
      if (owner[p] != 0 && (expected.empty() || expected.back() != owner[p]))
        expected.push_back(owner[p]);
    map.for_overlaps(from, to, [&](const RangeMap::Entry& e) {
      found.push_back(e.bundle);
      return true;
    });
    REQUIRE(found == expected);
    if (expected.empty()) {
      map.insert({from, to, step});
      std::fill(owner.begin() + from, owner.begin() + to, step);
    } else if (random(2) == 0) {
      uint32_t first = from;
      while (owner[first] == 0) ++first;
      uint32_t victim = owner[first];
      first = static_cast<uint32_t>(std::find(owner.begin(), owner.end(), victim) - owner.begin());
      map.erase(first);
      std::replace(owner.begin(), owner.end(), victim, 0u);
    }
  }
}

TEST_CASE("register allocation: the busy map knows what is taken in ranges of any length") {
  constexpr Position kEnd = 6000;
  BusyMap map(kEnd);
  struct Taken {
    Position from, to;
    uint32_t reg;
  };
  std::vector<Taken> taken;
  std::vector<uint64_t> expected(kEnd / 2 + 1, 0), reserved(kEnd / 2 + 1, 0);
  uint64_t state = 4711;
  auto random = [&](uint32_t n) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return static_cast<uint32_t>((state >> 11) % n);
  };
  auto range = [&] {
    const Position from = 2 * random(kEnd / 2 - 1);
    const Position most = random(3) == 0 ? kEnd : random(2) == 0 ? 400 : 8;
    return std::pair{from, std::min(kEnd, from + 2 + 2 * random(most / 2))};
  };
  for (int i = 0; i < 50; ++i) {
    const auto [from, to] = range();
    const uint64_t reg = uint64_t{1} << random(64);
    map.reserve(from, std::min(to, from + 8), reg);
    for (Position p = from; p < std::min(to, from + 8); p += 2) reserved[p / 2] |= reg;
  }
  for (int step = 0; step < 20000; ++step) {
    const auto [from, to] = range();
    uint64_t all = 0, fixed = 0;
    for (Position p = from; p < to; p += 2) all |= expected[p / 2], fixed |= reserved[p / 2];
    const BusyMap::Sets found = map.busy(from, to);
    REQUIRE(found.taken == all);
    REQUIRE(found.reserved == fixed);
    const uint32_t reg = random(6);
    if ((all >> reg & 1) == 0) {
      map.take(from, to, uint64_t{1} << reg);
      for (Position p = from; p < to; p += 2) expected[p / 2] |= uint64_t{1} << reg;
      taken.push_back({from, to, reg});
    } else {
      const size_t k = random(static_cast<uint32_t>(taken.size()));
      const Taken t = taken[k];
      taken[k] = taken.back(), taken.pop_back();
      map.release(t.from, t.to, uint64_t{1} << t.reg);
      for (Position p = t.from; p < t.to; p += 2) expected[p / 2] &= ~(uint64_t{1} << t.reg);
    }
  }
}
