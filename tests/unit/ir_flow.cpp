// Dominators and loops of random graphs, irreducible ones among them, against what follows from the
// definitions.
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "ir/flow.h"

using namespace zwasm;
using namespace zwasm::ir;

namespace {

// A function of blocks that only lead on; `order` is a reverse postorder of what is reachable.
Function graph_of(const std::vector<std::vector<uint32_t>>& successors) {
  Function f;
  f.blocks.resize(successors.size());
  for (uint32_t b = 0; b < successors.size(); ++b) {
    Inst inst;
    inst.op = successors[b].empty() ? Op::unreachable : Op::switch_;
    inst.first_target = static_cast<uint32_t>(f.targets.size());
    inst.target_count = static_cast<uint32_t>(successors[b].size());
    inst.block = static_cast<Block>(b);
    for (uint32_t to : successors[b]) f.targets.push_back({static_cast<Block>(to), 0, 0});
    f.blocks[b].first = f.blocks[b].last = static_cast<InstId>(f.insts.size());
    f.insts.push_back(inst);
  }
  std::vector<bool> seen(successors.size(), false);
  std::function<void(uint32_t)> visit = [&](uint32_t b) {
    seen[b] = true;
    for (uint32_t to : successors[b])
      if (!seen[to]) visit(to);
    f.order.push_back(static_cast<Block>(b));
  };
  visit(0);
  std::ranges::reverse(f.order);
  // What is not reachable has no place in the function.
  for (uint32_t b = 0; b < successors.size(); ++b)
    if (!seen[b]) f.insts[index(f.blocks[b].last)].target_count = 0;
  return f;
}

// Is `to` reached from the entry without passing `without`?
bool reached(const std::vector<std::vector<uint32_t>>& successors, uint32_t to, uint32_t without) {
  if (without == 0) return false;
  std::vector<bool> seen(successors.size(), false);
  std::vector<uint32_t> work{0};
  seen[0] = true;
  while (!work.empty()) {
    uint32_t b = work.back();
    work.pop_back();
    if (b == to) return true;
    for (uint32_t next : successors[b])
      if (!seen[next] && next != without) seen[next] = true, work.push_back(next);
  }
  return false;
}

}  // namespace

TEST_CASE("dominators are what every way from the entry passes") {
  uint64_t state = 99;
  auto random = [&](uint32_t n) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return static_cast<uint32_t>((state >> 11) % n);
  };
  for (int round = 0; round < 400; ++round) {
    const uint32_t n = 1 + random(16);
    std::vector<std::vector<uint32_t>> successors(n);
    for (auto& to : successors)
      for (uint32_t k = random(4); k > 0 && n > 1; --k) to.push_back(1 + random(n - 1));
    const Function f = graph_of(successors);
    const Dominators dominators(f);
    REQUIRE(dominators.sound());
    for (Block a : f.order)
      for (Block b : f.order)
        REQUIRE(dominators.dominates(a, b) == (a == b || !reached(successors, index(b), index(a))));
    const Loops loops(f, dominators);
    for (uint32_t l = 0; l < loops.all().size(); ++l) {
      const Loop& loop = loops.all()[l];
      for (Block b : f.order) {
        bool inside = false;
        for (uint32_t at = loops.of(b); at != Loop::kNone; at = loops.all()[at].parent)
          inside |= at == l;
        REQUIRE(loops.contains(l, b) == inside);
        REQUIRE((std::ranges::find(loop.blocks, b) != loop.blocks.end()) == inside);
      }
      uint32_t depth = 1;
      for (uint32_t at = loop.parent; at != Loop::kNone; at = loops.all()[at].parent) ++depth;
      REQUIRE(loop.depth == depth);
    }
  }
}
