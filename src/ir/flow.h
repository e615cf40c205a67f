// What passes ask about a finished function's flow: predecessors, dominators, loops.
#pragma once
#include <span>
#include <vector>

#include "ir/ir.h"

namespace zwasm::ir {

// Of the blocks in Function::order, which is a reverse postorder but for what that means inside
// irreducible parts (those of a function that is entered in the middle of loops).
class Dominators {
 public:
  explicit Dominators(const Function& f);
  // Is every block reached in order: none whose predecessors all come later?
  bool sound() const { return sound_; }
  bool dominates(Block a, Block b) const {
    uint32_t x = number_[index(a)], y = number_[index(b)];
    return in_[x] <= in_[y] && out_[y] <= out_[x];
  }
  std::span<const Block> predecessors(Block b) const { return predecessors_of(number_[index(b)]); }
  // Its place in the order; ~0u if it is not there.
  uint32_t number(Block b) const { return number_[index(b)]; }
  Block parent(Block b) const { return order_[idom_[number_[index(b)]]]; }  // of the entry: itself
  uint64_t work() const { return work_; }

 private:
  std::span<const Block> predecessors_of(uint32_t number) const {
    return std::span(predecessors_).subspan(first_[number], first_[number + 1] - first_[number]);
  }
  void list_predecessors(const Function& f);
  void find_parents(const Function& f);
  void number_tree();

  bool sound_ = true;
  uint64_t work_ = 0;
  const std::vector<Block>& order_;
  std::vector<uint32_t> number_, idom_, in_, out_;
  std::vector<uint32_t> first_;  // of the predecessors of each
  std::vector<Block> predecessors_;
};

struct Loop {
  static constexpr uint32_t kNone = ~0u;
  // Of loops that nest deeper than this, Loop::blocks has the outer parts.
  static constexpr uint32_t kLevels = 8;
  Block header = Block::none;
  // The only block before the loop that leads to it, and to nothing else; none if there is none.
  Block preheader = Block::none;
  uint32_t parent = kNone;  // the loop around, by number
  uint32_t depth = 1;
  std::vector<Block> blocks;  // with those of the loops inside, kLevels deep
};

// Natural loops, inner ones before those around them.
class Loops {
 public:
  Loops(const Function& f, const Dominators& dominators);
  const std::vector<Loop>& all() const { return loops_; }
  // The innermost loop that contains b, or kNone.
  uint32_t of(Block b) const { return innermost_[index(b)]; }
  bool contains(uint32_t loop, Block b) const {
    uint32_t inner = of(b);
    return inner != Loop::kNone && nested_[inner] - nested_[loop] < inside_[loop];
  }
  uint64_t work() const { return work_; }

 private:
  void find_loop(const Function& f, const Dominators& dominators, Block header);
  uint32_t outermost(uint32_t loop);

  std::vector<Loop> loops_;
  std::vector<uint32_t> innermost_;
  // By loop: one around it, itself if none was found; how many it contains, and its number such
  // that theirs follow its own.
  std::vector<uint32_t> around_, inside_, nested_;
  std::vector<Block> path_;
  uint64_t work_ = 0;
};

// Takes an instruction out of its block, or puts it before another; operands stay as they are.
void unlink(Function& f, InstId id);
void insert_before(Function& f, InstId id, InstId before);

}  // namespace zwasm::ir
