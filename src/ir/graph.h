// An SSA graph under construction: blocks, edges, variables.
//
// Variables (locals of the function) are written and read by number; reading finds the value that
// reaches the current place, making block parameters where different ones meet (the on-demand
// construction of Braun et al., 2013). Two facts of structured control keep it from being slow:
//
//   - A block is entered only when all its predecessors are known; only loop headers miss their
//     back edges, and there a scan made beforehand (`Assignments`) tells which variables the loop
//     changes: the others need no parameter.
//   - Likewise at the end of a block: a variable that nothing inside has written has the value
//     from before. So reading skips whole regions: in as many steps as the logarithm of the number
//     of blocks on the way, by pointers that jump over ever more ancestors.
//
// Each block has a `parent`: a dominator of it, not always the nearest. The parents of the current
// block are the `path`; a value computed in a block of the path can be used.
//
//        (a)            parent of b, c and d: a
//       /   \           reading x in d: if nothing between a and d wrote x, go on in a; else
//     (b)   (c)         a parameter of d with the values at the ends of b and c
//       \   /
//        (d)
//
// Parameters that turn out to be one value are forwarded to it: `resolve` what was remembered.
// finish() (finish.cpp) makes the function out of it: reachable blocks in order, arguments on
// edges, critical edges split, dead code gone.
#pragma once
#include <initializer_list>
#include <span>
#include <vector>

#include "ir/ir.h"

namespace zwasm::ir {

using Var = uint32_t;

// When which variable is written, in the order of the code: events are numbered from 0.
class Assignments {
 public:
  void clear() {
    events_.clear();
    count_ = 0;
  }
  uint32_t now() const { return count_; }
  void write(Var var) { events_.push_back({var, count_++}); }
  // An event that writes nothing, or (on-stack replacement) everything.
  void mark() { ++count_; }
  void everything_at(uint32_t event) { everything_ = event; }
  void index(uint32_t var_count);
  // Does an event of [begin, end) write `var`?
  bool any(Var var, uint32_t begin, uint32_t end) const;
  // What of the code around the event `at` leaves `var` alone: the events [from, to), which contain
  // `at` or are empty. False: it is not one of the locals.
  bool quiet(Var var, uint32_t at, uint32_t& from, uint32_t& to) const;

 private:
  struct Event {
    Var var;
    uint32_t at;
  };
  std::vector<Event> events_;
  uint32_t count_ = 0;
  uint32_t everything_ = ~0u;
  std::vector<uint32_t> first_, at_;  // by variable
};

class Graph {
 public:
  // `body_bytes`: of the code that the graph is made of.
  Graph(Function& function, const Assignments& assignments, size_t body_bytes = 0)
      : f(function),
        assignments_(assignments),
        most_steps_(kFewSteps + kStepsPerByte * body_bytes) {}

  Function& f;

  // The events that Assignments knows: how many there were, and one more.
  uint32_t now() const { return event_; }
  void next_event() { ++event_; }

  // --- blocks
  Block add_block();
  // Makes `b` the current block; all its edges are known unless it is a loop header.
  void enter(Block b, Block parent);
  // The current block became current under `parent` and merges what [begin, now) brought.
  void enter_merge(Block b, Block parent, uint32_t begin, uint32_t end);
  void enter_loop(Block b, Block parent, uint32_t begin, uint32_t end);
  void seal_loop(Block b);
  // On-stack replacement. A loop around the one that is entered: what was computed outside of it
  // is not there. Call before enter_loop().
  void forget_path();
  // `b`, which comes next, is where the function really starts.
  void restart_at(Block b);
  Block current() const { return current_; }
  bool on_path(Block b) const { return blocks_[index(b)].on_path; }
  uint32_t edge_count(Block b) const { return blocks_[index(b)].edge_count; }
  void set_loop_depth(uint32_t depth) { loop_depth_ = depth; }
  void set_position(uint32_t position) { position_ = position; }
  uint32_t position() const { return position_; }
  // Another number after each safepoint, and in each block.
  uint32_t epoch() const { return epoch_; }

  // --- instructions of the current block
  InstId append(Inst inst, std::span<const Value> args, Type result = Type::none);
  InstId append(Inst inst, std::span<const Value> args, std::span<const Type> results);
  InstId append(Inst inst, std::initializer_list<Value> args, Type result = Type::none) {
    return append(inst, std::span<const Value>(args.begin(), args.size()), result);
  }
  // At the beginning of the entry block, from wherever we are.
  Value zero(Type type);
  // Its value, if it has one.
  Value value_of(InstId id) const { return f.insts[index(id)].first_result; }

  // --- ends of the current block; afterwards there is none until enter()
  using Values = std::span<const Value>;
  void jump(Block to, Values args = {});
  void branch(Value cond, Block then, Block otherwise, Hint hint = Hint::none,
              Values then_args = {}, Values otherwise_args = {});
  void switch_to(Value index, std::span<const Block> targets);
  // Ends the block with a call that unwinds to `pad`.
  InstId invoke(Inst inst, Values args, std::span<const Type> results, Block normal, Block pad);
  void end(Inst inst, Values args = {});
  bool ended() const { return current_ == Block::none; }

  // --- values
  // Parameters of a merge that the edges' arguments feed, one for each; call when entered.
  void merge_values(Block b, std::span<const Type> types, std::vector<Value>& out);
  void declare(std::span<const Type> types) { var_types_.assign(types.begin(), types.end()); }
  Var declare_more(Type type) {
    var_types_.push_back(type);
    return static_cast<Var>(var_types_.size() - 1);
  }
  void write(Var var, Value value) { set_def(current_, var, value); }
  Value read(Var var);
  Value resolve(Value v);
  Value new_value(Type type);
  Value add_entry_param(Block b, Type type);

  // Work done so far is beyond reason; the function is given up.
  bool too_large() const {
    return steps_ > most_steps_ || f.value_pool.size() + operands_.size() > kMaxPool;
  }
  // More work, of the builder's own.
  void count(uint64_t steps) { steps_ += steps; }

  // Turns the graph into the finished function. `entry` is its first block.
  void finish(Block entry);

 private:
  static constexpr uint32_t kNone = ~0u;
  static constexpr uint64_t kFewSteps = 20'000'000, kStepsPerByte = 200;
  static constexpr size_t kMaxPool = 60'000'000;

  struct Edge {
    Block from;
    uint32_t target;  // in Function::targets
    uint32_t next;
  };
  struct BuildBlock {
    Block parent = Block::none;
    uint32_t first_edge = kNone, last_edge = kNone, edge_count = 0;
    uint32_t first_phi = kNone, last_phi = kNone;
    uint32_t begin = 0, end = 0;  // events since `parent`, for merges and loops
    uint32_t order = kNone;       // when it was entered
    uint32_t entered_at = 0;      // events before
    uint32_t loop_end = 0;        // of a loop's header: `end`
    // An ancestor farther up, such that any is reached in a logarithm of steps; of the blocks from
    // this one to below it, the last loop_end.
    Block jump = Block::none;
    uint32_t depth = 0, jump_end = 0;
    bool merge = false;  // begin and end mean something
    bool open = false;   // a loop header whose back edges are not all known
    bool on_path = false;
  };
  // A parameter. Operands are parallel to the edges of its block.
  struct Phi {
    Value value;
    Block block;
    Var var;  // kNone: argument number `number` of the edges
    uint32_t number;
    uint32_t first_operand = 0, operand_count = 0;
    uint32_t next = kNone;
  };

  void link_last(Block b, InstId id);
  uint32_t add_target(Block to, Values args);
  void add_edge(Block from, uint32_t target);
  uint32_t add_phi(Block b, Type type, Var var, uint32_t number);
  Value look_up(Var var, Block b);
  Block same_above(Var var, Block b);
  void complete_pending();
  void complete(uint32_t phi);
  bool simplify(uint32_t phi);
  uint32_t def_slot(Block b, Var var);
  void set_def(Block b, Var var, Value v);
  void grow_defs();

  // finish.cpp
  void find_reachable(Block entry);
  std::vector<Block> reverse_postorder(Block entry, const std::vector<Block>& place) const;
  void drop_dead_operands();
  void find_used(Block entry);
  bool has_effect(const Inst& inst) const;

  const Assignments& assignments_;
  const uint64_t most_steps_;
  uint32_t event_ = 0;
  Block current_ = Block::none;
  Block restart_ = Block::none;
  uint32_t position_ = 0;
  uint32_t loop_depth_ = 0;
  uint32_t epoch_ = 0;
  std::vector<BuildBlock> blocks_;
  std::vector<Block> entered_;
  std::vector<Block> path_;
  std::vector<Edge> edges_;
  std::vector<Phi> phis_;
  std::vector<Value> operands_;
  std::vector<Value> forward_;  // by value; none: itself
  std::vector<Type> var_types_;
  std::vector<Value> zeros_ = std::vector<Value>(8, Value::none);
  std::vector<uint32_t> pending_, batch_;
  uint64_t steps_ = 0;

  // (block, variable) -> value, open addressing.
  struct Def {
    uint64_t key = ~uint64_t{0};
    Value value = Value::none;
  };
  std::vector<Def> defs_;
  size_t def_count_ = 0;

  // finish.cpp
  std::vector<uint8_t> reachable_, used_value_, used_inst_;
  std::vector<Value> work_;
  std::vector<uint32_t> phi_of_;  // by value
  struct PendingSplit {
    Block block;
    uint32_t target, position;
  };
  std::vector<PendingSplit> pending_splits_;
};

}  // namespace zwasm::ir
