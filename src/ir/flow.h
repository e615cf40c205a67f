// What passes ask about a finished function's flow: predecessors, dominators, loops.
#pragma once
#include <vector>

#include "ir/ir.h"

namespace zwasm::ir {

// Of the blocks in Function::order, which is a reverse postorder but for what that means inside
// irreducible parts (there are none).
class Dominators {
 public:
  explicit Dominators(const Function& f);
  // Is every block reached in order: none whose predecessors all come later?
  bool sound() const { return sound_; }
  bool dominates(Block a, Block b) const {
    uint32_t x = number_[index(a)], y = number_[index(b)];
    return in_[x] <= in_[y] && out_[y] <= out_[x];
  }
  const std::vector<Block>& predecessors(Block b) const { return predecessors_[number_[index(b)]]; }
  // Its place in the order; ~0u if it is not there.
  uint32_t number(Block b) const { return number_[index(b)]; }
  Block parent(Block b) const { return order_[idom_[number_[index(b)]]]; }  // of the entry: itself

 private:
  bool sound_ = true;
  const std::vector<Block>& order_;
  std::vector<uint32_t> number_, idom_, in_, out_;
  std::vector<std::vector<Block>> predecessors_;
};

struct Loop {
  static constexpr uint32_t kNone = ~0u;
  Block header = Block::none;
  // The only block before the loop that leads to it, and to nothing else; none if there is none.
  Block preheader = Block::none;
  uint32_t parent = kNone;     // the loop around, by number
  uint32_t depth = 1;
  std::vector<Block> blocks;   // with those of inner loops
};

// Natural loops, inner ones before those around them.
class Loops {
 public:
  Loops(const Function& f, const Dominators& dominators);
  const std::vector<Loop>& all() const { return loops_; }
  // The innermost loop that contains b, or kNone.
  uint32_t of(Block b) const { return innermost_[index(b)]; }
  bool contains(uint32_t loop, Block b) const {
    for (uint32_t l = of(b); l != Loop::kNone; l = loops_[l].parent)
      if (l == loop) return true;
    return false;
  }

 private:
  std::vector<Loop> loops_;
  std::vector<uint32_t> innermost_;
};

// Takes an instruction out of its block, or puts it before another; operands stay as they are.
void unlink(Function& f, InstId id);
void insert_before(Function& f, InstId id, InstId before);

}  // namespace zwasm::ir
