#include "ir/graph.h"

#include <algorithm>

#include "base/assert.h"
#include "base/sort.h"
#include "ir/ops.h"

namespace zwasm::ir {

// ------------------------------------------------------------------------------------------------
// Assignments

void Assignments::index(uint32_t var_count) {
  first_.assign(var_count + 1, 0);
  for (const Event& e : events_) ++first_[e.var + 1];
  for (uint32_t i = 0; i < var_count; ++i) first_[i + 1] += first_[i];
  at_.resize(events_.size());
  std::vector<uint32_t> next(first_.begin(), first_.end());
  for (const Event& e : events_) at_[next[e.var]++] = e.at;
}

bool Assignments::any(Var var, uint32_t begin, uint32_t end) const {
  if (begin <= everything_ && everything_ < end) return true;
  if (var + 1 >= first_.size()) return true;  // not one of the locals
  auto first = at_.begin() + first_[var], last = at_.begin() + first_[var + 1];
  auto it = std::lower_bound(first, last, begin);
  return it != last && *it < end;
}

bool Assignments::quiet(Var var, uint32_t at, uint32_t& from, uint32_t& to) const {
  if (var + 1 >= first_.size()) return false;
  auto first = at_.begin() + first_[var], last = at_.begin() + first_[var + 1];
  auto it = std::lower_bound(first, last, at);
  from = it == first ? 0 : *std::prev(it) + 1;
  to = it == last ? ~0u : *it;
  if (everything_ < at) from = std::max(from, everything_ + 1);
  else to = std::min(to, everything_);
  return true;
}

// ------------------------------------------------------------------------------------------------
// Blocks and edges

Block Graph::add_block() {
  Block b = static_cast<Block>(f.blocks.size());
  f.blocks.emplace_back();
  blocks_.emplace_back();
  return b;
}

void Graph::enter(Block b, Block parent) {
  BuildBlock& block = blocks_[index(b)];
  ZWASM_ASSERT(block.order == kNone && current_ == Block::none);
  if (restart_ != Block::none && parent != Block::none &&
      blocks_[index(parent)].order < blocks_[index(restart_)].order)
    parent = restart_;
  block.parent = parent;
  // At an on-stack replacement everything is written: nothing is the same above.
  block.entered_at = b == restart_ ? event_ - 1 : event_;
  block.order = static_cast<uint32_t>(entered_.size());
  entered_.push_back(b);
  while (!path_.empty() && path_.back() != parent) {
    blocks_[index(path_.back())].on_path = false;
    path_.pop_back();
  }
  path_.push_back(b);
  block.on_path = true;
  f.block(b).loop_depth = loop_depth_;
  f.block(b).position = position_;
  current_ = b;
  ++epoch_;
  if (parent == Block::none) return;
  // Each jump is as long as the one before, or both and one more (Myers, 1983).
  const BuildBlock& above = blocks_[index(parent)];
  block.depth = above.depth + 1;
  block.jump = parent;
  block.jump_end = block.loop_end;
  if (above.jump == Block::none) return;
  const BuildBlock& far = blocks_[index(above.jump)];
  if (far.jump == Block::none ||
      above.depth - far.depth != far.depth - blocks_[index(far.jump)].depth)
    return;
  block.jump = far.jump;
  block.jump_end = std::max({block.loop_end, above.jump_end, far.jump_end});
}

void Graph::enter_merge(Block b, Block parent, uint32_t begin, uint32_t end) {
  enter(b, parent);
  BuildBlock& block = blocks_[index(b)];
  block.merge = true;
  block.begin = begin;
  block.end = end;
}

void Graph::enter_loop(Block b, Block parent, uint32_t begin, uint32_t end) {
  blocks_[index(b)].loop_end = end;
  enter_merge(b, parent, begin, end);
  blocks_[index(b)].open = true;
  f.block(b).is_loop_header = true;
}

void Graph::seal_loop(Block b) {
  BuildBlock& block = blocks_[index(b)];
  block.open = false;
  batch_.clear();
  for (uint32_t p = block.first_phi; p != kNone; p = phis_[p].next) {
    complete(p);
    batch_.push_back(p);
  }
  complete_pending();
}

// Completing makes parameters elsewhere, which may have to be completed themselves.
void Graph::complete_pending() {
  while (!pending_.empty()) {
    uint32_t p = pending_.back();
    pending_.pop_back();
    complete(p);
    batch_.push_back(p);
  }
  sort_by(batch_, [&](uint32_t p) { return blocks_[index(phis_[p].block)].order; });
  for (uint32_t p : batch_) simplify(p);
}

void Graph::forget_path() {
  for (Block b : path_) blocks_[index(b)].on_path = false;
  path_.clear();
}

void Graph::restart_at(Block b) {
  forget_path();
  restart_ = b;
  zeros_.assign(zeros_.size(), Value::none);
}

void Graph::link_last(Block b, InstId id) {
  BlockInfo& block = f.block(b);
  Inst& inst = f.inst(id);
  inst.block = b;
  inst.prev = block.last;
  if (block.last != InstId::none) f.inst(block.last).next = id;
  else block.first = id;
  block.last = id;
}

InstId Graph::append(Inst inst, std::span<const Value> args, Type result) {
  if (result == Type::none) return append(inst, args, std::span<const Type>{});
  return append(inst, args, std::span<const Type>(&result, 1));
}

InstId Graph::append(Inst inst, std::span<const Value> args, std::span<const Type> results) {
  ZWASM_ASSERT(current_ != Block::none);
  InstId id = static_cast<InstId>(f.insts.size());
  inst.first_arg = static_cast<uint32_t>(f.value_pool.size());
  inst.arg_count = static_cast<uint32_t>(args.size());
  f.value_pool.insert(f.value_pool.end(), args.begin(), args.end());
  inst.position = position_;
  inst.result_count = static_cast<uint32_t>(results.size());
  if (!results.empty()) {
    inst.type = results[0];
    inst.first_result = static_cast<Value>(f.values.size());
    for (uint32_t i = 0; i < results.size(); ++i) {
      f.values.push_back({results[i], false, index(id), i});
      forward_.push_back(Value::none);
    }
  }
  f.insts.push_back(inst);
  link_last(current_, id);
  if (op_is_safepoint(inst.op)) ++epoch_;
  return id;
}

Value Graph::new_value(Type type) {
  Value v = static_cast<Value>(f.values.size());
  f.values.push_back({type, true, 0, 0});
  forward_.push_back(Value::none);
  return v;
}

Value Graph::add_entry_param(Block b, Type type) {
  Value v = new_value(type);
  f.values[index(v)].definer = index(b);
  f.values[index(v)].number = static_cast<uint32_t>(f.block(b).params.size());
  f.block(b).params.push_back(v);
  return v;
}

// Zeros stand at the start of the first block, which dominates all others.
Value Graph::zero(Type type) {
  Block first = restart_ != Block::none ? restart_ : entered_.front();
  Value& v = zeros_[static_cast<size_t>(type)];
  if (v != Value::none) return v;
  Inst inst;
  inst.op = const_op(type);
  InstId id = static_cast<InstId>(f.insts.size());
  inst.type = type;
  inst.result_count = 1;
  inst.first_result = static_cast<Value>(f.values.size());
  f.values.push_back({type, false, index(id), 0});
  forward_.push_back(Value::none);
  BlockInfo& block = f.block(first);
  inst.block = first;
  inst.next = block.first;
  f.insts.push_back(inst);
  if (block.first != InstId::none) f.inst(block.first).prev = id;
  else block.last = id;
  block.first = id;
  return v = f.insts.back().first_result;
}

uint32_t Graph::add_target(Block to, Values args) {
  Target t;
  t.block = to;
  t.first_arg = static_cast<uint32_t>(f.value_pool.size());
  t.arg_count = static_cast<uint32_t>(args.size());
  f.value_pool.insert(f.value_pool.end(), args.begin(), args.end());
  f.targets.push_back(t);
  return static_cast<uint32_t>(f.targets.size() - 1);
}

void Graph::add_edge(Block from, uint32_t target) {
  BuildBlock& block = blocks_[index(f.targets[target].block)];
  ZWASM_ASSERT(block.order == kNone || block.open);
  uint32_t e = static_cast<uint32_t>(edges_.size());
  edges_.push_back({from, target, kNone});
  if (block.last_edge != kNone) edges_[block.last_edge].next = e;
  else block.first_edge = e;
  block.last_edge = e;
  ++block.edge_count;
}

void Graph::jump(Block to, Values args) {
  Inst inst;
  inst.op = Op::jump;
  inst.first_target = add_target(to, args);
  inst.target_count = 1;
  append(inst, {});
  add_edge(current_, inst.first_target);
  current_ = Block::none;
}

void Graph::branch(Value cond, Block then, Block otherwise, Hint hint, Values then_args,
                   Values otherwise_args) {
  Inst inst;
  inst.op = Op::branch;
  inst.hint = hint;
  inst.first_target = add_target(then, then_args);
  add_target(otherwise, otherwise_args);
  inst.target_count = 2;
  append(inst, {cond});
  add_edge(current_, inst.first_target);
  add_edge(current_, inst.first_target + 1);
  current_ = Block::none;
}

void Graph::switch_to(Value value, std::span<const Block> targets) {
  Inst inst;
  inst.op = Op::switch_;
  inst.first_target = static_cast<uint32_t>(f.targets.size());
  inst.target_count = static_cast<uint32_t>(targets.size());
  for (Block b : targets) add_target(b, {});
  append(inst, {value});
  // Targets are blocks of this switch only: one edge stands for all of the same block.
  for (uint32_t i = 0; i < targets.size(); ++i)
    if (blocks_[index(targets[i])].edge_count == 0) add_edge(current_, inst.first_target + i);
  current_ = Block::none;
}

InstId Graph::invoke(Inst inst, Values args, std::span<const Type> results, Block normal,
                     Block pad) {
  inst.is_invoke = true;
  inst.first_target = add_target(normal, {});
  add_target(pad, {});
  inst.target_count = 2;
  uint32_t first = inst.first_target;
  InstId id = append(inst, args, results);
  add_edge(current_, first);
  add_edge(current_, first + 1);
  current_ = Block::none;
  return id;
}

void Graph::end(Inst inst, Values args) {
  append(inst, args);
  current_ = Block::none;
}

// ------------------------------------------------------------------------------------------------
// Values

Value Graph::resolve(Value v) {
  Value to = v;
  while (forward_[index(to)] != Value::none) to = forward_[index(to)];
  for (; v != to; ++steps_) {
    Value next = forward_[index(v)];
    forward_[index(v)] = to;
    v = next;
  }
  return to;
}

uint32_t Graph::add_phi(Block b, Type type, Var var, uint32_t number) {
  uint32_t p = static_cast<uint32_t>(phis_.size());
  Value v = new_value(type);
  f.values[index(v)].definer = index(b);
  phis_.push_back({v, b, var, number});
  BuildBlock& block = blocks_[index(b)];
  if (block.last_phi != kNone) phis_[block.last_phi].next = p;
  else block.first_phi = p;
  block.last_phi = p;
  return p;
}

void Graph::merge_values(Block b, std::span<const Type> types, std::vector<Value>& out) {
  out.clear();
  const BuildBlock& block = blocks_[index(b)];
  for (uint32_t i = 0; i < types.size(); ++i) {
    if (block.edge_count == 0) {
      out.push_back(zero(types[i]));
      continue;
    }
    uint32_t p = add_phi(b, types[i], kNone, i);
    if (!blocks_[index(b)].open) {
      complete(p);
      simplify(p);
    }
    out.push_back(resolve(phis_[p].value));
  }
}

// Gives the parameter its operand for each edge.
void Graph::complete(uint32_t p) {
  uint32_t first = static_cast<uint32_t>(operands_.size());
  const uint32_t count = blocks_[index(phis_[p].block)].edge_count;
  operands_.resize(first + count);
  phis_[p].first_operand = first;
  phis_[p].operand_count = count;
  uint32_t i = first;
  for (uint32_t e = blocks_[index(phis_[p].block)].first_edge; e != kNone; e = edges_[e].next) {
    Value v;
    if (phis_[p].var == kNone) {
      const Target& t = f.targets[edges_[e].target];
      ZWASM_ASSERT(phis_[p].number < t.arg_count);
      v = f.value_pool[t.first_arg + phis_[p].number];
    } else {
      v = look_up(phis_[p].var, edges_[e].from);
    }
    operands_[i++] = v;
  }
  steps_ += count;
}

// A parameter that can only be one value is that value.
bool Graph::simplify(uint32_t p) {
  const Phi& phi = phis_[p];
  ++steps_;
  if (forward_[index(phi.value)] != Value::none) return false;
  Value same = Value::none;
  for (uint32_t i = 0; i < phi.operand_count; ++i, ++steps_) {
    Value v = operands_[phi.first_operand + i];
    if (v == Value::none) continue;  // of an edge that is never taken
    v = resolve(v);
    if (v == phi.value || v == same) continue;
    if (same != Value::none) return false;
    same = v;
  }
  if (same == Value::none) return false;
  forward_[index(phi.value)] = same;
  return true;
}

// The highest block above `b` at whose entry `var` has the value that it has at the entry of `b`:
// nothing between the two writes it, nor a loop that was entered between them.
Block Graph::same_above(Var var, Block b) {
  uint32_t from, to;
  if (!assignments_.quiet(var, blocks_[index(b)].entered_at, from, to)) return b;
  auto same = [&](Block above, uint32_t last_loop_end) {
    return above != Block::none && blocks_[index(above)].entered_at >= from && last_loop_end <= to;
  };
  for (;; ++steps_) {
    const BuildBlock& block = blocks_[index(b)];
    if (same(block.jump, block.jump_end)) b = block.jump;
    else if (same(block.parent, block.loop_end)) b = block.parent;
    else return b;
  }
}

// The value of `var` at the end of `b`. May make a parameter and leave it in pending_.
Value Graph::look_up(Var var, Block start) {
  Block b = start;
  Value v;
  bool highest = false;
  while (true) {
    ++steps_;
    uint32_t slot = def_slot(b, var);
    if (defs_[slot].key != ~uint64_t{0}) {
      v = defs_[slot].value;
      break;
    }
    if (!highest) {
      const Block above = same_above(var, b);
      highest = true;
      if (above != b) {
        b = above;
        continue;
      }
    }
    highest = false;
    const BuildBlock& block = blocks_[index(b)];
    if (block.edge_count == 0) {
      v = zero(var_types_[var]);
      break;
    }
    if (block.merge && !assignments_.any(var, block.begin, block.end)) {
      b = block.parent;
    } else if (block.edge_count == 1 && !block.open) {
      b = edges_[block.first_edge].from;
    } else {
      uint32_t p = add_phi(b, var_types_[var], var, 0);
      v = phis_[p].value;
      set_def(b, var, v);
      if (!blocks_[index(b)].open) pending_.push_back(p);
      break;
    }
  }
  if (b != start) set_def(start, var, v);
  return v;
}

Value Graph::read(Var var) {
  Value v = look_up(var, current_);
  if (!pending_.empty()) {
    batch_.clear();
    complete_pending();
  }
  return resolve(v);
}

uint32_t Graph::def_slot(Block b, Var var) {
  if (defs_.empty()) defs_.resize(256);
  uint64_t key = (uint64_t{index(b)} << 32) | var;
  uint64_t hash = key * 0x9E3779B97F4A7C15u;
  size_t mask = defs_.size() - 1;
  size_t at = (hash >> 32) & mask;
  while (defs_[at].key != key && defs_[at].key != ~uint64_t{0}) at = (at + 1) & mask;
  return static_cast<uint32_t>(at);
}

void Graph::set_def(Block b, Var var, Value v) {
  uint32_t slot = def_slot(b, var);
  if (defs_[slot].key == ~uint64_t{0}) {
    if ((def_count_ + 1) * 2 > defs_.size()) {
      grow_defs();
      slot = def_slot(b, var);
    }
    ++def_count_;
    defs_[slot].key = (uint64_t{index(b)} << 32) | var;
  }
  defs_[slot].value = v;
}

void Graph::grow_defs() {
  std::vector<Def> old = std::move(defs_);
  defs_.assign(old.size() * 2, {});
  for (const Def& d : old)
    if (d.key != ~uint64_t{0})
      defs_[def_slot(static_cast<Block>(d.key >> 32), static_cast<Var>(d.key))] = d;
}

}  // namespace zwasm::ir
