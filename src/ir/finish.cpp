// Graph::finish: from the graph under construction to the function.
//
//   1. what the entry reaches;
//   2. parameters that are one value after all, now that dead edges are known;
//   3. what effects need; the rest is dropped;
//   4. everything once more, in order: blocks as they were entered, which is a topological order
//      but for back edges, and keeps loops together; arguments on edges; critical edges split;
//      blocks that only jump on, passed over.
#include <algorithm>

#include "base/sort.h"
#include "ir/graph.h"
#include "ir/ops.h"

namespace zwasm::ir {

void Graph::find_reachable(Block entry) {
  reachable_.assign(f.blocks.size(), false);
  std::vector<Block> work{entry};
  reachable_[index(entry)] = true;
  while (!work.empty()) {
    Block b = work.back();
    work.pop_back();
    if (f.block(b).last == InstId::none) continue;
    for (const Target& t : f.targets_of(f.inst(f.block(b).last))) {
      if (reachable_[index(t.block)]) continue;
      reachable_[index(t.block)] = true;
      work.push_back(t.block);
    }
  }
}

// For a function that is entered in the middle. Of several successors the one that was entered
// first comes first.
std::vector<Block> Graph::reverse_postorder(Block entry, const std::vector<Block>& place) const {
  std::vector<Block> order;
  std::vector<uint8_t> seen(f.blocks.size(), false);
  struct Item {
    Block block;
    std::vector<Block> successors;  // the next is last
  };
  std::vector<Item> stack;
  auto open = [&](Block b) {
    seen[index(b)] = true;
    std::vector<Block> next;
    for (const Target& t : f.targets_of(f.inst(f.block(b).last)))
      next.push_back(place[index(t.block)]);
    sort_by(next, [&](Block x) { return blocks_[index(x)].order; });
    stack.push_back({b, std::move(next)});
  };
  open(entry);
  while (!stack.empty()) {
    Item& item = stack.back();
    if (item.successors.empty()) {
      order.push_back(item.block);
      stack.pop_back();
      continue;
    }
    Block next = item.successors.back();
    item.successors.pop_back();
    if (!seen[index(next)]) open(next);
  }
  std::reverse(order.begin(), order.end());
  return order;
}

// Operands of edges that are never taken are forgotten; then parameters are looked at again until
// nothing changes. Each round resolves at least one; few are needed, and to stop early is not
// wrong.
void Graph::drop_dead_operands() {
  for (Phi& phi : phis_) {
    if (!reachable_[index(phi.block)]) continue;
    uint32_t i = phi.first_operand;
    for (uint32_t e = blocks_[index(phi.block)].first_edge; e != kNone; e = edges_[e].next, ++i)
      if (!reachable_[index(edges_[e].from)]) operands_[i] = Value::none;
  }
  for (int round = 0; round < 16; ++round) {
    bool changed = false;
    for (uint32_t p = 0; p < phis_.size(); ++p)
      if (reachable_[index(phis_[p].block)]) changed |= simplify(p);
    if (!changed) break;
  }
}

bool Graph::has_effect(const Inst& inst) const {
  if (inst.op == Op::load || inst.op == Op::load_lane)
    return inst.access.faults || inst.access.atomic;
  return op_has_effect(inst.op) || inst.op == Op::landing_pad;
}

// Marks what must stay: effects, and all that they use.
void Graph::find_used(Block entry) {
  used_value_.assign(f.values.size(), false);
  used_inst_.assign(f.insts.size(), false);
  phi_of_.assign(f.values.size(), kNone);
  for (uint32_t p = 0; p < phis_.size(); ++p) phi_of_[index(phis_[p].value)] = p;
  work_.clear();
  auto need = [&](Value v) {
    if (v == Value::none) return;
    v = resolve(v);
    if (used_value_[index(v)]) return;
    used_value_[index(v)] = true;
    work_.push_back(v);
  };
  auto keep = [&](InstId id) {
    if (used_inst_[index(id)]) return;
    used_inst_[index(id)] = true;
    for (Value v : f.args(f.inst(id))) need(v);
  };
  for (Block b : entered_) {
    if (!reachable_[index(b)]) continue;
    for (InstId id = f.block(b).first; id != InstId::none; id = f.inst(id).next)
      if (has_effect(f.inst(id))) keep(id);
  }
  for (Value v : f.block(entry).params) used_value_[index(v)] = true;
  while (!work_.empty()) {
    Value v = work_.back();
    work_.pop_back();
    const ValueInfo& info = f.values[index(v)];
    if (!info.is_param) {
      keep(static_cast<InstId>(info.definer));
    } else if (uint32_t p = phi_of_[index(v)]; p != kNone) {
      for (uint32_t i = 0; i < phis_[p].operand_count; ++i)
        need(operands_[phis_[p].first_operand + i]);
    }
  }
}

namespace {

// Copies what stays into a new function.
class Copy {
 public:
  Copy(Function& from, Function& to) : from_(from), to_(to) {
    values_.assign(from.values.size(), Value::none);
  }
  Value define(Value old, Type type, bool is_param, uint32_t definer, uint32_t number) {
    Value v = static_cast<Value>(to_.values.size());
    to_.values.push_back({type, is_param, definer, number});
    values_[index(old)] = v;
    return v;
  }
  Value of(Value old) const { return values_[index(old)]; }
  InstId add(Block b, Inst inst) {
    InstId id = static_cast<InstId>(to_.insts.size());
    inst.block = b;
    inst.next = InstId::none;
    inst.prev = to_.block(b).last;
    if (inst.prev != InstId::none) to_.inst(inst.prev).next = id;
    else to_.block(b).first = id;
    to_.block(b).last = id;
    to_.insts.push_back(inst);
    return id;
  }

 private:
  Function& from_;
  Function& to_;
  std::vector<Value> values_;
};

}  // namespace

void Graph::finish(Block entry) {
  find_reachable(entry);
  drop_dead_operands();
  find_used(entry);

  // Parameters that stay, by block.
  auto kept = [&](const Phi& phi) {
    return used_value_[index(phi.value)] && forward_[index(phi.value)] == Value::none;
  };
  std::vector<uint32_t> param_count(f.blocks.size(), 0);
  for (const Phi& phi : phis_)
    if (kept(phi)) ++param_count[index(phi.block)];

  // A block that only jumps on without arguments gives its place to its target.
  std::vector<Block> place(f.blocks.size());
  for (size_t i = entered_.size(); i-- > 0;) {
    Block b = entered_[i];
    place[index(b)] = b;
    const BlockInfo& block = f.block(b);
    if (!reachable_[index(b)] || b == entry || block.is_loop_header || param_count[index(b)] != 0)
      continue;
    const Inst& last = f.inst(block.last);
    if (last.op != Op::jump) continue;
    bool empty = true;
    for (InstId id = block.first; id != block.last && empty; id = f.inst(id).next)
      empty = !used_inst_[index(id)];
    Block to = f.targets[last.first_target].block;
    // (a loop's header keeps the block before it: there things can be put that are to be done once)
    if (!empty || param_count[index(to)] != 0 || f.block(to).is_loop_header) continue;
    place[index(b)] = place[index(to)];
  }
  auto place_of = [&](Block b) { return place[index(b)]; };

  // How many edges come in, by place.
  std::vector<uint32_t> incoming(f.blocks.size(), 0);
  for (Block b : entered_) {
    if (!reachable_[index(b)] || place_of(b) != b) continue;
    for (const Target& t : f.targets_of(f.inst(f.block(b).last)))
      ++incoming[index(place_of(t.block))];
  }

  Function out;
  out.func_index = f.func_index;
  out.body_offset = f.body_offset;
  out.signature = f.signature;
  out.osr = f.osr;
  out.osr_position = f.osr_position;
  out.makes_calls = f.makes_calls;
  out.signatures = std::move(f.signatures);

  Copy copy(f, out);
  std::vector<Block> number(f.blocks.size(), Block::none);
  std::vector<Block> order;
  if (f.osr) {
    order = reverse_postorder(entry, place);
  } else {
    for (Block b : entered_)
      if (reachable_[index(b)] && place_of(b) == b) order.push_back(b);
  }
  out.blocks.resize(order.size());
  for (uint32_t i = 0; i < order.size(); ++i) {
    number[index(order[i])] = static_cast<Block>(i);
    const BlockInfo& from = f.block(order[i]);
    BlockInfo& to = out.blocks[i];
    to.is_loop_header = from.is_loop_header;
    to.cold = from.cold;
    to.position = from.position;
    to.loop_depth = from.loop_depth;
  }
  // Parameters and results first: a use can stand before its definition only around a loop.
  for (Value v : f.block(entry).params)
    out.blocks[0].params.push_back(
        copy.define(v, f.type_of(v), true, 0, static_cast<uint32_t>(out.blocks[0].params.size())));
  uint32_t next_inst = 0;
  for (uint32_t i = 0; i < order.size(); ++i) {
    const Block b = order[i];
    for (uint32_t p = blocks_[index(b)].first_phi; p != kNone; p = phis_[p].next) {
      if (!kept(phis_[p])) continue;
      BlockInfo& to = out.blocks[i];
      to.params.push_back(copy.define(phis_[p].value, f.type_of(phis_[p].value), true, i,
                                      static_cast<uint32_t>(to.params.size())));
    }
    for (InstId id = f.block(b).first; id != InstId::none; id = f.inst(id).next) {
      if (!used_inst_[index(id)]) continue;
      const Inst& inst = f.inst(id);
      for (uint32_t r = 0; r < inst.result_count; ++r) {
        Value v = static_cast<Value>(index(inst.first_result) + r);
        copy.define(v, f.type_of(v), false, next_inst, r);
      }
      ++next_inst;
    }
  }

  // Which phi operand belongs to which target: edges know their target, phis are parallel to them.
  std::vector<uint32_t> edge_of(f.targets.size(), kNone), edge_place(edges_.size(), 0);
  for (Block b : order) {
    uint32_t k = 0;
    for (uint32_t e = blocks_[index(b)].first_edge; e != kNone; e = edges_[e].next, ++k) {
      edge_of[edges_[e].target] = e;
      edge_place[e] = k;
    }
  }
  std::vector<Value> args;
  auto target_args = [&](uint32_t target) {
    args.clear();
    Block to = f.targets[target].block;
    uint32_t e = edge_of[target];
    if (e == kNone) return;
    for (uint32_t p = blocks_[index(to)].first_phi; p != kNone; p = phis_[p].next, ++out.work)
      if (kept(phis_[p]))
        args.push_back(copy.of(resolve(operands_[phis_[p].first_operand + edge_place[e]])));
  };
  auto add_target_to = [&](Block block, bool with_args) {
    Target t;
    t.block = block;
    t.first_arg = static_cast<uint32_t>(out.value_pool.size());
    if (with_args) {
      t.arg_count = static_cast<uint32_t>(args.size());
      out.value_pool.insert(out.value_pool.end(), args.begin(), args.end());
    }
    return t;
  };
  std::vector<Block> final_order;
  for (uint32_t i = 0; i < order.size(); ++i) {
    const Block b = order[i];
    const size_t first_split = pending_splits_.size();
    for (InstId id = f.block(b).first; id != InstId::none; id = f.inst(id).next) {
      if (!used_inst_[index(id)]) continue;
      const Inst& old = f.inst(id);
      Inst inst = old;
      inst.first_arg = static_cast<uint32_t>(out.value_pool.size());
      for (Value v : f.args(old)) out.value_pool.push_back(copy.of(resolve(v)));
      if (inst.result_count != 0) inst.first_result = copy.of(inst.first_result);
      std::vector<Target> targets;
      for (uint32_t t = 0; t < old.target_count; ++t) {
        Block to = place_of(f.targets[old.first_target + t].block);
        target_args(old.first_target + t);
        if (to != f.targets[old.first_target + t].block) args.clear();
        if (old.target_count > 1 && !args.empty() && incoming[index(to)] > 1) {
          Block middle = static_cast<Block>(out.blocks.size());
          out.blocks.emplace_back();
          out.blocks.back().cold = f.block(to).cold;
          out.blocks.back().position = old.position;
          out.blocks.back().loop_depth = std::min(f.block(to).loop_depth, f.block(b).loop_depth);
          pending_splits_.push_back({middle, old.first_target + t, old.position});
          args.clear();
          targets.push_back(add_target_to(middle, false));
        } else {
          targets.push_back(add_target_to(number[index(to)], true));
        }
      }
      inst.first_target = static_cast<uint32_t>(out.targets.size());
      out.targets.insert(out.targets.end(), targets.begin(), targets.end());
      copy.add(static_cast<Block>(i), inst);
    }
    final_order.push_back(static_cast<Block>(i));
    for (size_t k = first_split; k < pending_splits_.size(); ++k)
      final_order.push_back(pending_splits_[k].block);
  }
  // Instructions of blocks come first, as they were numbered; the jumps of split edges follow.
  for (const PendingSplit& s : pending_splits_) {
    Inst jump;
    jump.op = Op::jump;
    jump.position = s.position;
    target_args(s.target);
    Target t = add_target_to(number[index(place_of(f.targets[s.target].block))], true);
    jump.first_target = static_cast<uint32_t>(out.targets.size());
    jump.target_count = 1;
    out.targets.push_back(t);
    copy.add(s.block, jump);
  }

  // Cold: ends in a trap, or leads to nothing but cold blocks.
  for (size_t i = final_order.size(); i-- > 0;) {
    BlockInfo& block = out.block(final_order[i]);
    const Inst& last = out.inst(block.last);
    if (last.op == Op::trap || last.op == Op::unreachable) block.cold = true;
    if (last.target_count == 0 || block.is_loop_header) continue;
    bool all = true;
    for (const Target& t : out.targets_of(last)) all &= out.block(t.block).cold;
    if (all && final_order[i] != static_cast<Block>(0)) block.cold = true;
  }
  out.order = std::move(final_order);
  out.work += steps_ + f.insts.size() + f.values.size() + edges_.size();
  f = std::move(out);
}

}  // namespace zwasm::ir
