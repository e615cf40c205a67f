#include "codegen/lowering.h"

#include <algorithm>

#include "ir/ops.h"

namespace zwasm::codegen {
namespace {

using ir::effects_of;
using ir::Op;

bool is_access(Op op) {
  return op == Op::load || op == Op::store || op == Op::load_lane || op == Op::store_lane ||
         op == Op::atomic_rmw || op == Op::atomic_cmpxchg;
}
bool may_trap(const ir::Inst& inst) {
  return (effects_of(inst.op) & ir::kTraps) != 0 || (is_access(inst.op) && inst.access.faults);
}
bool writes(const ir::Inst& inst) {
  return (effects_of(inst.op) & ir::kWrites) != 0 || (is_access(inst.op) && inst.access.atomic);
}
bool has_effect(const ir::Inst& inst) {
  return writes(inst) || may_trap(inst) || inst.op == Op::landing_pad ||
         (effects_of(inst.op) & (ir::kEndsBlock | ir::kRunsCode)) != 0;
}

}  // namespace

LoweringBase::LoweringBase(const ir::Function& function, const CodegenSettings& settings,
                           const Batch& batch, LoweredFunction& lowered)
    : function_(function),
      settings_(settings),
      batch_(batch),
      lowered_(lowered),
      machine_(lowered.machine) {
  lowered.layout = call_layout(function.signature.params, function.signature.results);
  lowered.callees_leave = batch.tail_calls;
}

void LoweringBase::run() {
  find_edges();
  find_aliases();
  find_live();
  count_uses();
  number_effects();
  plan_blocks();
  vregs_.assign(function_.values.size(), VReg::none);
  clean_.assign(function_.values.size(), false);
  taken_.assign(function_.insts.size(), false);
  visited_.assign(function_.blocks.size(), false);
  for (size_t i = function_.order.size(); i-- > 0;) lower_block(function_.order[i]);
  finish();
}

// --- what there is ---

void LoweringBase::find_edges() {
  incoming_.resize(function_.blocks.size());
  for (ir::Block b : function_.order) {
    const ir::Inst& last = function_.terminator(b);
    for (uint32_t t = 0; t < last.target_count; ++t) {
      uint32_t target = last.first_target + t;
      incoming_[ir::index(function_.targets[target].block)].push_back({id_of(last), target});
    }
  }
}

void LoweringBase::find_aliases() {
  alias_.resize(function_.values.size());
  for (uint32_t v = 0; v < alias_.size(); ++v) alias_[v] = static_cast<ir::Value>(v);
  // Reverse postorder: a single predecessor has been visited before.
  for (ir::Block b : function_.order) {
    if (incoming_[ir::index(b)].size() != 1 || b == function_.order[0]) continue;
    const ir::Target& target = function_.targets[incoming_[ir::index(b)][0].target];
    auto args = function_.args(target);
    const auto& params = function_.block(b).params;
    for (size_t i = 0; i < params.size(); ++i) alias_[ir::index(params[i])] = resolve(args[i]);
  }
}

void LoweringBase::mark(ir::Value v) {
  v = resolve(v);
  if (live_[ir::index(v)]) return;
  live_[ir::index(v)] = true;
  ++lowered_.work;
  worklist_.push_back(v);
}

void LoweringBase::mark_args(const ir::Inst& inst) {
  for (ir::Value arg : function_.args(inst)) mark(arg);
}

void LoweringBase::find_live() {
  live_.assign(function_.values.size(), false);
  effectful_.assign(function_.insts.size(), false);
  for (ir::Block b : function_.order)
    for (auto id = function_.block(b).first; id != ir::InstId::none; id = function_.inst(id).next) {
      const ir::Inst& inst = function_.inst(id);
      if (!has_effect(inst)) continue;
      effectful_[ir::index(id)] = true;
      mark_args(inst);
    }
  while (!worklist_.empty()) {
    ir::Value v = worklist_.back();
    worklist_.pop_back();
    if (const ir::Inst* inst = function_.definer(v)) {
      if (!effectful_[id_of(*inst)]) mark_args(*inst);
      continue;
    }
    const ir::ValueInfo& info = function_.values[ir::index(v)];
    for (const EdgeRef& edge : incoming_[info.definer])
      mark(function_.args(function_.targets[edge.target])[info.number]);
  }
}

std::vector<ir::Value> LoweringBase::live_params(ir::Block b) const {
  std::vector<ir::Value> live;
  lowered_.work += function_.block(b).params.size();
  for (ir::Value v : function_.block(b).params)
    if (resolve(v) == v && live_[ir::index(v)]) live.push_back(v);
  return live;
}

void LoweringBase::count_uses() {
  uses_.assign(function_.values.size(), 0);
  auto count = [&](ir::Value v) { ++uses_[ir::index(resolve(v))]; };
  for (ir::Block b : function_.order) {
    for (auto id = function_.block(b).first; id != ir::InstId::none; id = function_.inst(id).next) {
      const ir::Inst& inst = function_.inst(id);
      bool wanted = effectful_[ir::index(id)];
      for (uint32_t r = 0; r < inst.result_count; ++r)
        wanted |= live_[ir::index(ir::Function::result(inst, r))];
      if (!wanted) continue;
      for (ir::Value arg : function_.args(inst)) count(arg);
    }
    for (ir::Value param : live_params(b))
      for (const EdgeRef& edge : incoming_[ir::index(b)])
        count(function_.args(
            function_.targets[edge.target])[function_.values[ir::index(param)].number]);
  }
}

void LoweringBase::number_effects() {
  writes_before_.assign(function_.insts.size(), 0);
  traps_before_.assign(function_.insts.size(), 0);
  uint32_t writes_so_far = 0, traps_so_far = 0;
  for (ir::Block b : function_.order)
    for (auto id = function_.block(b).first; id != ir::InstId::none; id = function_.inst(id).next) {
      const ir::Inst& inst = function_.inst(id);
      writes_before_[ir::index(id)] = writes_so_far;
      traps_before_[ir::index(id)] = traps_so_far;
      writes_so_far += writes(inst);
      traps_so_far += may_trap(inst);
    }
}

// --- blocks ---

void LoweringBase::plan_blocks() {
  block_number_.assign(function_.blocks.size(), ~0u);
  edge_number_.assign(function_.targets.size(), ~0u);
  case_of_.assign(function_.blocks.size(), ~0u);
  for (int pass = 0; pass < 2; ++pass) {
    bool cold_pass = pass == 1;
    for (ir::Block b : function_.order) {
      bool cold = function_.block(b).cold && b != function_.order[0];
      if (cold == cold_pass) {
        block_number_[ir::index(b)] = static_cast<uint32_t>(plan_.size());
        plan_.push_back({b, ~0u, ir::Block::none, cold, false, {}});
      }
      const ir::Inst& last = function_.terminator(b);
      if (last.target_count < 2) continue;
      for (uint32_t t = 0; t < last.target_count; ++t) {
        uint32_t index = last.first_target + t;
        const ir::Target& target = function_.targets[index];
        bool pad = last.is_invoke && t == 1;
        bool edge_cold = cold || pad || function_.block(target.block).cold;
        if (edge_cold != cold_pass) continue;
        // Any critical edge: the allocator may have moves for it, and those that stay empty are
        // not emitted.
        if (incoming_[ir::index(target.block)].size() <= 1) continue;
        // Cases of a switch that say the same as the first one to the block share its edge.
        uint32_t& first = case_of_[ir::index(target.block)];
        if (first != ~0u && first >= last.first_target && first < index && !last.is_invoke &&
            std::ranges::equal(function_.args(function_.targets[first]), function_.args(target))) {
          edge_number_[index] = edge_number_[first];
          continue;
        }
        first = index;
        edge_number_[index] = static_cast<uint32_t>(plan_.size());
        plan_.push_back({ir::Block::none, index, b, edge_cold, pad, {}});
      }
    }
  }
  machine_.blocks.resize(plan_.size());
  case_of_.assign(plan_.size(), ~0u);
}

void LoweringBase::add_edge(uint32_t machine_block, uint32_t target_index, VReg exception) {
  const ir::Target& target = function_.targets[target_index];
  Edge edge;
  edge.block = block_number_[ir::index(target.block)];
  edge.first_arg = static_cast<uint32_t>(machine_.edge_args.size());
  std::vector<VReg> args;
  if (exception != VReg::none) args.push_back(exception);
  for (ir::Value param : live_params(target.block)) {
    ir::Value arg = function_.args(target)[function_.values[ir::index(param)].number];
    // Only a loop's header has users that are yet to come.
    bool any = visited_[ir::index(target.block)] && !clean_requested(param) &&
               function_.type_of(param) == ir::Type::i32;
    args.push_back(any ? reg_of(arg) : clean_of(arg));
  }
  edge.first_arg = static_cast<uint32_t>(machine_.edge_args.size());
  edge.arg_count = static_cast<uint32_t>(args.size());
  machine_.edge_args.insert(machine_.edge_args.end(), args.begin(), args.end());
  machine_.blocks[machine_block].successors.push_back(edge);
}

// The successors of b's terminator, and the code of the blocks on its edges.
void LoweringBase::lower_edges(ir::Block b, const ir::Inst& last) {
  uint32_t self = block_number_[ir::index(b)];
  std::vector<uint32_t> cases;
  for (uint32_t t = 0; t < last.target_count; ++t) {
    uint32_t index = last.first_target + t;
    const ir::Target& target = function_.targets[index];
    uint32_t to = edge_number_[index];
    if (last.target_count == 1) {
      add_edge(self, index);
      return;
    }
    bool on_edge = to != ~0u;
    if (!on_edge) to = block_number_[ir::index(target.block)];
    auto& successors = machine_.blocks[self].successors;
    if (!last.is_invoke) {
      uint32_t& known = case_of_[to];
      const bool same = known < successors.size() && successors[known].block == to;
      if (!same) known = static_cast<uint32_t>(successors.size());
      cases.push_back(known);
      if (same) continue;
    }
    successors.push_back({to, 0, 0});
    if (last.is_invoke && t == 1) machine_.blocks[self].landing_pad = to;
    if (!on_edge) {
      if (last.is_invoke && t == 1) machine_.blocks[to].is_landing_pad = true;
      continue;
    }
    CodeRange& range = plan_[to].range;
    range.first = static_cast<uint32_t>(code_.size());
    VReg exception = VReg::none;
    if (plan_[to].pad) {
      machine_.blocks[to].is_landing_pad = true;
      exception = new_vreg(ir::Type::ref);
      lower_landing_pad(exception);
    }
    add_edge(to, index, exception);
    lower_jump();
    flush();
    range.end = static_cast<uint32_t>(code_.size());
  }
  if (last.op == Op::switch_) {
    switch_table_ = static_cast<uint32_t>(lowered_.switches.size());
    lowered_.switches.push_back(std::move(cases));
  }
}

void LoweringBase::lower_block(ir::Block b) {
  uint32_t number = block_number_[ir::index(b)];
  const ir::BlockInfo& block = function_.block(b);
  const ir::Inst& last = function_.inst(block.last);
  root_ = &last;
  // Edge blocks first: their code must not stand in the middle of this block's.
  bool single = last.target_count == 1;
  if (!single) lower_edges(b, last);
  CodeRange range;
  range.first = static_cast<uint32_t>(code_.size());
  if (single) lower_edges(b, last);  // arguments that are constants go in front of the jump
  // Whatever decides, it goes to the same place.
  bool decided = last.target_count > 1 && machine_.blocks[number].successors.size() == 1;
  if (decided) lower_jump();
  else lower_terminator(last);
  flush();
  if (last.is_invoke) {
    lower(last);
    flush();
  }
  for (auto id = last.prev; id != ir::InstId::none; id = function_.inst(id).prev) {
    const ir::Inst& inst = function_.inst(id);
    if (taken_[ir::index(id)]) continue;
    bool wanted = effectful_[ir::index(id)];
    for (uint32_t r = 0; r < inst.result_count; ++r)
      wanted |= requested(ir::Function::result(inst, r));
    if (!wanted) continue;
    root_ = &inst;
    if (inst.op == Op::landing_pad) {
      VReg exception = vregs_[ir::index(ir::Function::result(inst))];
      // Behind a pad for each call, the exception is this block's first parameter.
      if (incoming_[ir::index(b)].size() <= 1) lower_landing_pad(exception);
    } else {
      lower(inst);
    }
    flush();
  }
  if (b == function_.order[0]) {
    lower_entry();
    flush();
  }
  visited_[ir::index(b)] = true;  // only now: edges back to the block come before uses in it
  range.end = static_cast<uint32_t>(code_.size());
  plan_[number].range = range;
  std::vector<VReg>& params = machine_.blocks[number].params;
  if (b != function_.order[0]) {
    const ir::Inst& first = function_.inst(block.first);
    if (first.op == Op::landing_pad && incoming_[ir::index(b)].size() > 1)
      params.push_back(result(first));
    for (ir::Value param : live_params(b)) params.push_back(reg_of(param));
  }
}

// Instructions into their final order, predecessors, what else the allocator reads.
void LoweringBase::finish() {
  machine_.insts.reserve(code_.size());
  lowered_.loop_headers.resize(plan_.size());
  for (uint32_t n = 0; n < plan_.size(); ++n) {
    const MachineBlockPlan& plan = plan_[n];
    MachineBlock& block = machine_.blocks[n];
    block.first_inst = static_cast<uint32_t>(machine_.insts.size());
    for (uint32_t i = plan.range.end; i-- > plan.range.first;) machine_.insts.push_back(code_[i]);
    block.end_inst = static_cast<uint32_t>(machine_.insts.size());
    block.cold = plan.cold;
    if (plan.block != ir::Block::none) {
      block.loop_depth = function_.block(plan.block).loop_depth;
      lowered_.loop_headers[n] = function_.block(plan.block).is_loop_header;
    } else {
      block.loop_depth = std::min(function_.block(plan.from).loop_depth,
                                  function_.block(function_.targets[plan.edge].block).loop_depth);
    }
    for (const Edge& edge : block.successors) machine_.blocks[edge.block].predecessors.push_back(n);
  }
}

// --- values ---

bool LoweringBase::int_const(ir::Value v, int64_t& value) const {
  const ir::Inst* inst = def(v);
  if (inst == nullptr) return false;
  switch (inst->op) {
    case Op::const_i32: value = static_cast<int32_t>(inst->imm); return true;
    case Op::const_i64: value = static_cast<int64_t>(inst->imm); return true;
    case Op::null_ref: value = 0; return true;
    default: return false;
  }
}

const ir::Inst* LoweringBase::foldable_load(ir::Value v) const {
  v = resolve(v);
  const ir::Inst* inst = function_.definer(v);
  if (inst == nullptr || inst->op != Op::load || uses_[ir::index(v)] != 1 || requested(v) ||
      inst->access.atomic || inst->block != root_->block)
    return nullptr;
  uint32_t id = id_of(*inst), root = id_of(*root_);
  if (inst->access.region != ir::Region::invariant && writes_before_[id] != writes_before_[root])
    return nullptr;
  if (inst->access.faults && traps_before_[id] + 1 != traps_before_[root]) return nullptr;
  return inst;
}

bool LoweringBase::across_call(ir::Value a, ir::Value b) const {
  const ir::Inst* call = def(b);
  if (call == nullptr || (call->op != Op::call && call->op != Op::call_ref)) return false;
  const ir::Inst* other = def(a);
  if (other == nullptr) return true;
  return other->block != call->block ||
         writes_before_[id_of(*other)] < writes_before_[id_of(*call)];
}

VReg LoweringBase::reg_of(ir::Value v) {
  v = resolve(v);
  VReg& vreg = vregs_[ir::index(v)];
  if (vreg == VReg::none) {
    const ir::Inst* inst = function_.definer(v);
    // An i32 extended with zeros is the clean i32 itself.
    if (inst != nullptr && inst->op == ir::op_of(isa::Op::i64_extend_i32_u))
      return clean_of(function_.args(*inst)[0]);
    if (inst != nullptr && is_const_op(inst->op)) {
      VReg here = constant_at_use(*inst);
      if (here != VReg::none) return here;
    }
    vreg = new_vreg(function_.type_of(v));
  }
  return vreg;
}

VReg LoweringBase::clean_of(ir::Value v) {
  v = resolve(v);
  clean_[ir::index(v)] = true;
  return reg_of(v);
}

VReg LoweringBase::result(const ir::Inst& inst, uint32_t n) {
  VReg& vreg = vregs_[ir::index(ir::Function::result(inst, n))];
  if (vreg == VReg::none) vreg = new_vreg(function_.type_of(ir::Function::result(inst, n)));
  return vreg;
}

// --- calls ---

CallKind LoweringBase::call_kind(uint32_t func) const {
  if (func == function_.func_index && !function_.osr) return CallKind::self;
  if (batch_.contains != nullptr && batch_.contains(batch_.env, func)) return CallKind::batch;
  return CallKind::instance;
}

CallLayout LoweringBase::layout_of_call(const ir::Inst& inst, std::span<const ir::Value> args) {
  std::vector<ir::Type> params, results;
  for (ir::Value v : args) params.push_back(type_of(v));
  // Results of a tail call's callee are the function's own.
  bool tail = inst.op == Op::tail_call || inst.op == Op::tail_call_ref;
  if (tail) results = function_.signature.results;
  for (uint32_t r = 0; r < inst.result_count; ++r)
    results.push_back(function_.type_of(ir::Function::result(inst, r)));
  CallLayout layout = call_layout(params, results);
  machine_.makes_calls = machine_.calls_functions = true;
  lowered_.outgoing_bytes = std::max(lowered_.outgoing_bytes, layout.area());
  return layout;
}

// --- machine code ---

VReg LoweringBase::new_vreg(RegClass reg_class, uint8_t size) {
  machine_.vregs.push_back({reg_class, size, false, ~0u});
  return static_cast<VReg>(machine_.vregs.size() - 1);
}

VReg LoweringBase::new_vreg(ir::Type type) {
  switch (type) {
    case ir::Type::none:
    case ir::Type::i32:
    case ir::Type::i64: return new_vreg(RegClass::integer, 8);
    case ir::Type::f32: return new_vreg(RegClass::vector, 4);
    case ir::Type::f64: return new_vreg(RegClass::vector, 8);
    case ir::Type::v128: return new_vreg(RegClass::vector, 16);
    case ir::Type::ref: {
      VReg v = new_vreg(RegClass::integer, 8);
      info(v).is_ref = true;
      return v;
    }
  }
  return VReg::none;
}

MachineInst& LoweringBase::emit(uint16_t op, std::span<const Operand> operands) {
  MachineInst inst;
  inst.op = op;
  inst.position = root_->position;
  inst.first_operand = static_cast<uint32_t>(machine_.operands.size());
  inst.operand_count = static_cast<uint32_t>(operands.size());
  machine_.operands.insert(machine_.operands.end(), operands.begin(), operands.end());
  pending_.push_back(inst);
  return pending_.back();
}

void LoweringBase::add_operand(const Operand& operand) {
  machine_.operands.push_back(operand);
  ++pending_.back().operand_count;
}

void LoweringBase::make_late(uint32_t first) {
  const MachineInst& inst = pending_.back();
  for (uint32_t i = first; i < inst.operand_count; ++i)
    machine_.operands[inst.first_operand + i].role = Role::late_use;
}

void LoweringBase::rematerializable(VReg v) {
  info(v).remat = static_cast<uint32_t>(machine_.remats.size());
  machine_.remats.push_back(pending_.back());
}

uint32_t LoweringBase::constant_index(PoolConstant constant) {
  auto& pool = lowered_.constants;
  auto [found, added] = pool_.try_emplace(constant, static_cast<uint32_t>(pool.size()));
  if (added) pool.push_back(constant);
  return found->second;
}

void LoweringBase::flush() {
  lowered_.work += pending_.size() + 1;
  code_.insert(code_.end(), pending_.rbegin(), pending_.rend());
  pending_.clear();
}

}  // namespace zwasm::codegen
