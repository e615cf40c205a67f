#include "ir/flow.h"

#include <algorithm>
#include <utility>

namespace zwasm::ir {

namespace {
constexpr uint32_t kNone = ~0u;
}

Dominators::Dominators(const Function& f) : order_(f.order) {
  number_.assign(f.blocks.size(), kNone);
  for (uint32_t i = 0; i < f.order.size(); ++i) number_[index(f.order[i])] = i;
  list_predecessors(f);
  for (uint32_t i = 1; i < f.order.size() && sound_; ++i)
    sound_ =
        std::ranges::any_of(predecessors_of(i), [&](Block p) { return number_[index(p)] < i; });
  if (!sound_) return;
  find_parents(f);
  number_tree();
}

void Dominators::list_predecessors(const Function& f) {
  first_.assign(f.order.size() + 1, 0);
  auto each = [&](auto add) {
    for (Block b : f.order)
      for (const Target& t : f.targets_of(f.terminator(b))) add(b, number_[index(t.block)]);
  };
  each([&](Block, uint32_t to) { ++first_[to + 1]; });
  for (size_t i = 1; i < first_.size(); ++i) first_[i] += first_[i - 1];
  predecessors_.resize(first_.back());
  std::vector<uint32_t> next(first_.begin(), first_.end() - 1);
  each([&](Block from, uint32_t to) { predecessors_[next[to]++] = from; });
}

// The algorithm of Lengauer and Tarjan (1979) with path compression, which takes edges times the
// logarithm of blocks: the iterative ones take the square where very many branches meet.
// Blocks go by their number in a depth-first walk here.
void Dominators::find_parents(const Function& f) {
  const auto n = static_cast<uint32_t>(order_.size());
  std::vector<uint32_t> visit(n, kNone), block, above;  // by number in the order; the rest by visit
  {
    struct Item {
      uint32_t block, above;
    };
    std::vector<Item> stack{{0, 0}};
    while (!stack.empty()) {
      const Item item = stack.back();
      stack.pop_back();
      if (visit[item.block] != kNone) continue;
      const uint32_t number = visit[item.block] = static_cast<uint32_t>(block.size());
      block.push_back(item.block);
      above.push_back(item.above);
      for (const Target& t : f.targets_of(f.terminator(order_[item.block])))
        if (uint32_t to = number_[index(t.block)]; visit[to] == kNone)
          stack.push_back({to, number});
    }
  }
  std::vector<uint32_t> semi(n), best(n), forest(n, kNone), idom(n, 0), path;
  std::vector<uint32_t> bucket(n, kNone), next(n, kNone);
  for (uint32_t v = 0; v < n; ++v) semi[v] = best[v] = v;
  // Of the forest's nodes above v, itself included but without the root: that with the least semi.
  auto eval = [&](uint32_t v) {
    if (forest[v] == kNone) return v;
    path.clear();
    for (; forest[forest[v]] != kNone; v = forest[v]) path.push_back(v);
    work_ += path.size() + 1;
    uint32_t least = best[v];
    for (size_t i = path.size(); i-- > 0;) {
      const uint32_t u = path[i];
      if (semi[least] < semi[best[u]]) best[u] = least;
      least = best[u];
      forest[u] = forest[v];
    }
    return least;
  };
  for (uint32_t w = n; w-- > 1;) {
    for (Block p : predecessors_of(block[w]))
      semi[w] = std::min(semi[w], semi[eval(visit[number_[index(p)]])]);
    next[w] = bucket[semi[w]];
    bucket[semi[w]] = w;
    forest[w] = above[w];
    for (uint32_t v = std::exchange(bucket[above[w]], kNone); v != kNone; v = next[v]) {
      const uint32_t u = eval(v);
      idom[v] = semi[u] < semi[v] ? u : above[w];
    }
  }
  idom_.assign(n, 0);
  for (uint32_t w = 1; w < n; ++w) {
    if (idom[w] != semi[w]) idom[w] = idom[idom[w]];
    idom_[block[w]] = block[idom[w]];
  }
  work_ += n + predecessors_.size();
}

// Numbers of a walk over the tree: a dominates b iff a's interval contains b's.
void Dominators::number_tree() {
  const auto n = static_cast<uint32_t>(order_.size());
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
  for (size_t i = f.order.size(); i-- > 0;) find_loop(f, dominators, f.order[i]);
  inside_.assign(loops_.size(), 1);
  nested_.resize(loops_.size());
  for (uint32_t l = 0; l < loops_.size(); ++l)
    if (uint32_t parent = loops_[l].parent; parent != Loop::kNone) inside_[parent] += inside_[l];
  std::vector<uint32_t> next(loops_.size());
  uint32_t outer = 0;
  for (uint32_t l = static_cast<uint32_t>(loops_.size()); l-- > 0;) {
    const uint32_t parent = loops_[l].parent;
    uint32_t& at = parent == Loop::kNone ? outer : next[parent];
    if (parent != Loop::kNone) loops_[l].depth = loops_[parent].depth + 1;
    nested_[l] = at;
    next[l] = at + 1;
    at += inside_[l];
  }
  for (Block b : f.order) {
    uint32_t l = of(b);
    for (uint32_t level = 0; l != Loop::kNone && level < Loop::kLevels; ++level, ++work_) {
      loops_[l].blocks.push_back(b);
      l = loops_[l].parent;
    }
  }
}

// Of the loops that were found, the outermost one around `loop`.
uint32_t Loops::outermost(uint32_t loop) {
  while (around_[loop] != loop) {
    loop = around_[loop] = around_[around_[loop]];
    ++work_;
  }
  return loop;
}

void Loops::find_loop(const Function& f, const Dominators& dominators, Block header) {
  std::vector<Block>& work = path_;
  work.clear();
  for (Block p : dominators.predecessors(header))
    if (dominators.dominates(header, p)) work.push_back(p);
  if (work.empty()) return;
  const auto number = static_cast<uint32_t>(loops_.size());
  Loop& loop = loops_.emplace_back();
  loop.header = header;
  around_.push_back(number);
  // Backwards from where the loop goes on; loops that were found before are passed as a whole.
  while (!work.empty()) {
    Block b = work.back();
    work.pop_back();
    ++work_;
    if (uint32_t inner = innermost_[index(b)]; inner != Loop::kNone) {
      inner = outermost(inner);
      if (inner == number) continue;
      loops_[inner].parent = around_[inner] = number;
      b = loops_[inner].header;
    } else {
      innermost_[index(b)] = number;
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
