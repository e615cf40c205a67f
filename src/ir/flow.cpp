#include "ir/flow.h"

#include <algorithm>
#include <utility>

namespace zwasm::ir {

namespace {
constexpr uint32_t kNone = ~0u;
}

// Cooper, Harvey and Kennedy's algorithm.
Dominators::Dominators(const Function& f) : order_(f.order) {
  const auto n = static_cast<uint32_t>(f.order.size());
  number_.assign(f.blocks.size(), kNone);
  for (uint32_t i = 0; i < n; ++i) number_[index(f.order[i])] = i;
  predecessors_.resize(n);
  for (Block b : f.order)
    for (const Target& t : f.targets_of(f.terminator(b)))
      predecessors_[number_[index(t.block)]].push_back(b);
  idom_.assign(n, kNone);
  idom_[0] = 0;
  for (bool changed = true; changed;) {
    changed = false;
    for (uint32_t i = 1; i < n; ++i) {
      uint32_t dom = kNone;
      for (Block p : predecessors_[i]) {
        uint32_t a = number_[index(p)];
        if (idom_[a] == kNone) continue;
        if (dom == kNone) {
          dom = a;
          continue;
        }
        while (a != dom) {
          while (a > dom) a = idom_[a];
          while (dom > a) dom = idom_[dom];
        }
      }
      if (dom == kNone) {
        sound_ = false;
        return;
      }
      if (idom_[i] != dom) {
        idom_[i] = dom;
        changed = true;
      }
    }
  }
  // Numbers of a walk over the tree: a dominates b iff a's interval contains b's.
  std::vector<uint32_t> first_child(n, kNone), sibling(n, kNone);
  for (uint32_t i = n; i-- > 1;) {
    sibling[i] = first_child[idom_[i]];
    first_child[idom_[i]] = i;
  }
  in_.assign(n, 0);
  out_.assign(n, 0);
  uint32_t clock = 0, at = 0;
  in_[0] = clock++;
  while (true) {
    if (uint32_t child = first_child[at]; child != kNone) {
      first_child[at] = sibling[child];
      in_[child] = clock++;
      at = child;
      continue;
    }
    out_[at] = clock++;
    if (at == 0) break;
    at = idom_[at];
  }
}

Loops::Loops(const Function& f, const Dominators& dominators) {
  innermost_.assign(f.blocks.size(), Loop::kNone);
  std::vector<Block> work;
  for (size_t i = f.order.size(); i-- > 0;) {
    const Block header = f.order[i];
    work.clear();
    for (Block p : dominators.predecessors(header))
      if (dominators.dominates(header, p)) work.push_back(p);
    if (work.empty()) continue;
    const auto number = static_cast<uint32_t>(loops_.size());
    Loop& loop = loops_.emplace_back();
    loop.header = header;
    // Backwards from where the loop goes on; loops that were found before are passed as a whole.
    while (!work.empty()) {
      Block b = work.back();
      work.pop_back();
      uint32_t inner = innermost_[index(b)];
      if (inner != Loop::kNone) {
        while (inner != number && loops_[inner].parent != Loop::kNone) inner = loops_[inner].parent;
        if (inner == number) continue;
        loops_[inner].parent = number;
        b = loops_[inner].header;
      } else {
        innermost_[index(b)] = number;
        if (b == header) continue;
      }
      if (b == header) continue;
      for (Block p : dominators.predecessors(b))
        if (!(innermost_[index(b)] != number && dominators.dominates(b, p))) work.push_back(p);
    }
    innermost_[index(header)] = number;
    Block outside = Block::none;
    uint32_t count = 0;
    for (Block p : dominators.predecessors(header)) {
      if (dominators.dominates(header, p)) continue;
      outside = p;
      ++count;
    }
    if (count == 1 && f.terminator(outside).target_count == 1 && !f.terminator(outside).is_invoke)
      loop.preheader = outside;
  }
  for (size_t i = loops_.size(); i-- > 0;)
    if (loops_[i].parent != Loop::kNone) loops_[i].depth = loops_[loops_[i].parent].depth + 1;
  for (Block b : f.order)
    for (uint32_t l = of(b); l != Loop::kNone; l = loops_[l].parent) loops_[l].blocks.push_back(b);
}

void unlink(Function& f, InstId id) {
  Inst& inst = f.inst(id);
  BlockInfo& block = f.block(inst.block);
  if (inst.prev != InstId::none) f.inst(inst.prev).next = inst.next;
  else block.first = inst.next;
  if (inst.next != InstId::none) f.inst(inst.next).prev = inst.prev;
  else block.last = inst.prev;
  inst.next = inst.prev = InstId::none;
  inst.block = Block::none;
}

void insert_before(Function& f, InstId id, InstId before) {
  Inst& inst = f.inst(id);
  Inst& next = f.inst(before);
  inst.block = next.block;
  inst.next = before;
  inst.prev = next.prev;
  if (next.prev != InstId::none) f.inst(next.prev).next = id;
  else f.block(next.block).first = id;
  next.prev = id;
}

}  // namespace zwasm::ir
