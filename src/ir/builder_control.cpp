// Builder: blocks, branches, loops, on-stack replacement.

#include "ir/builder.h"

namespace zwasm::ir {

namespace {
// What the interpreter keeps between locals and operands (interp/frame.h).
constexpr uint32_t kSlotBytes = 8;
constexpr uint32_t kHeaderBytes = 3 * kSlotBytes;
}  // namespace

// ------------------------------------------------------------------------------------------------
// Blocks

void Builder::open(F& f) {
  f.control.parent = g_.current();
  f.control.begin = g_.now();
  f.control.scope = scope_;
}

void Builder::block(F& f, Es) {
  open(f);
  f.control.target = g_.add_block();
}

void Builder::poll() {
  g_.append(make(Op::poll), {});
  f_.makes_calls = true;
}

void Builder::loop(F& f, Es params) {
  const LoopInfo& info = loops_[loop_++];
  g_.set_position(info.position);
  open(f);
  g_.next_event();
  const bool here = info.begin == osr_event_;
  const bool around = osr_event_ != kNone && info.begin <= osr_event_ && osr_event_ < info.end;
  const auto below = decoder_.operand_count() - static_cast<uint32_t>(params.size());
  if (around) operands_to_variables(below);
  Block header = f.control.target = g_.add_block(), before = g_.current();
  g_.jump(header, use_all(params));
  if (here) {
    before = enter_from_frame(params, header);
  } else if (around) {
    g_.forget_path();
    before = Block::none;
  }
  g_.set_loop_depth(++loop_depth_);
  g_.enter_loop(header, before, info.begin, info.end);
  if (around && !here) constants_again(below);
  std::vector<Type> types;
  for (const E& e : params) types.push_back(type_of(e.type));
  g_.merge_values(header, types, values_);
  give(params, values_);
  new_charge();
  poll();
  if (settings_.fuel) charge_check();
}

void Builder::if_(F& f, E& cond, Es params) {
  op_begin();
  open(f);
  f.control.target = g_.add_block();
  f.control.otherwise = g_.add_block();
  f.control.saved = static_cast<uint32_t>(saved_.size());
  for (const E& e : params) saved_.push_back(use(e));
  Block then = g_.add_block();
  e_.branch(use(cond), then, f.control.otherwise, hint());
  g_.enter(then, f.control.parent);
  new_charge();
}

void Builder::else_(F& f, Es params) {
  new_charge();
  g_.enter(f.control.otherwise, f.control.parent);
  for (size_t i = 0; i < params.size(); ++i)
    params[i].value.v = g_.resolve(saved_[f.control.saved + i]);
  saved_.resize(f.control.saved);
}

// The code of a frame runs into its end, or its next arm.
void Builder::fallthrough(F& f, Es values) {
  Control& c = f.control;
  switch (f.kind) {
    case ControlKind::func: g_.end(make(Op::return_), use_all(values)); return;
    case ControlKind::loop: c.direct = true; break;
    case ControlKind::block:
    case ControlKind::else_: c.direct = g_.edge_count(c.target) == 0; break;
    case ControlKind::try_table:
      c.direct = g_.edge_count(c.target) == 0 && g_.edge_count(c.dispatch) == 0;
      c.used |= c.clause_count != 0;
      break;
    case ControlKind::if_: c.used |= !f.implicit_else; break;
    case ControlKind::try_:
    case ControlKind::catch_:
    case ControlKind::catch_all: c.used = true; break;
  }
  if (c.direct) {
    fall_ = use_all(values);
    return;
  }
  g_.jump(c.target, use_all(values));
}

void Builder::end(F& f, Es results) {
  Control& c = f.control;
  switch (f.kind) {
    case ControlKind::try_:
    case ControlKind::try_table:
    case ControlKind::catch_:
    case ControlKind::catch_all: end_scope(f); break;
    case ControlKind::func:
    case ControlKind::block:
    case ControlKind::loop:
    case ControlKind::if_:
    case ControlKind::else_: break;
  }
  if (f.kind == ControlKind::func) return;
  if (f.kind == ControlKind::loop) {
    g_.seal_loop(c.target);
    g_.set_loop_depth(--loop_depth_);
  } else if (c.used) {
    new_charge();
  }
  if (c.direct) return give(results, fall_);
  if (!f.end_live) return;
  g_.enter_merge(c.target, c.parent, c.begin, g_.now());
  std::vector<Type> types;
  for (const E& e : results) types.push_back(type_of(e.type));
  g_.merge_values(c.target, types, values_);
  give(results, values_);
}

// ------------------------------------------------------------------------------------------------
// Branches

Hint Builder::hint() {
  switch (decoder_.branch_hint()) {
    case validate::Hint::none: return Hint::none;
    case validate::Hint::unlikely: return Hint::unlikely;
    case validate::Hint::likely: return Hint::likely;
  }
  return Hint::none;
}

// Leaves for a label.
void Builder::go(F& target, std::span<const V> values) {
  if (target.kind == ControlKind::func) {
    g_.end(make(Op::return_), values);
  } else {
    target.control.used = true;
    g_.jump(target.control.target, values);
  }
}

// Branches if `cond` is not zero; the code goes on after it.
void Builder::conditional(V cond, F& target, std::span<const V> values, Hint hint) {
  Block parent = g_.current(), next = g_.add_block();
  if (target.kind == ControlKind::func) {
    Block leave = g_.add_block();
    e_.branch(cond, leave, next, hint);
    g_.enter(leave, parent);
    g_.end(make(Op::return_), values);
  } else {
    target.control.used = true;
    e_.branch(cond, target.control.target, next, hint, values);
  }
  g_.enter(next, parent);
  new_charge();
}

void Builder::br(F& target, uint32_t, Es values) {
  op_begin();
  go(target, use_all(values));
  new_charge();
}

void Builder::br_if(F& target, uint32_t, E& cond, Es values) {
  op_begin();
  V c = use(cond);
  conditional(c, target, use_all(values), hint());
}

void Builder::br_table(E& index, std::span<const uint32_t> depths, uint32_t last, Es values) {
  op_begin();
  V at = use(index);
  use_all(values);
  new_charge();
  if (auto c = e_.constant_of(at)) {
    auto i = static_cast<uint32_t>(c->lo);
    return go(decoder_.frame(i < depths.size() ? depths[i] : last), values_);
  }
  if (depths.empty()) return go(decoder_.frame(last), values_);
  // Each label that occurs gets one block, which then leaves for it.
  ++edge_epoch_;
  Block parent = g_.current();
  std::vector<uint32_t> distinct;
  switch_targets_.clear();
  auto add = [&](uint32_t depth) {
    Control& c = decoder_.frame(depth).control;
    if (c.edge_epoch != edge_epoch_) {
      c.edge_epoch = edge_epoch_;
      c.edge = g_.add_block();
      distinct.push_back(depth);
    }
    switch_targets_.push_back(c.edge);
  };
  for (uint32_t depth : depths) add(depth);
  add(last);
  if (distinct.size() == 1) return go(decoder_.frame(last), values_);
  g_.switch_to(at, switch_targets_);
  for (uint32_t depth : distinct) {
    F& target = decoder_.frame(depth);
    g_.enter(target.control.edge, parent);
    go(target, values_);
  }
}

void Builder::br_on_null(F& target, uint32_t, E& ref, Es values) {
  op_begin();
  V is_null = ref.type.is_ref() && !ref.type.nullable() ? e_.i32(0) : e_.is_null(use(ref));
  conditional(is_null, target, use_all(values));
}

void Builder::br_on_non_null(F& target, uint32_t, Es values) {
  op_begin();
  V not_null = e_.op(W::i32_eqz, {e_.is_null(use(values.back()))});
  conditional(not_null, target, use_all(values));
}

void Builder::return_(Es values) {
  op_begin();
  g_.end(make(Op::return_), use_all(values));
  new_charge();
}

void Builder::unreachable() {
  op_begin();
  e_.trap(Trap::unreachable);
  new_charge();
}

// ------------------------------------------------------------------------------------------------
// On-stack replacement

// The lowest `count` operands, and exceptions that open catches hold, become variables: from now
// on they may be what the interpreter had.
void Builder::operands_to_variables(uint32_t count) {
  g_.count(count + decoder_.control_depth());
  auto convert = [&](V& v) {
    if (v == V::none || index(v) >= kVariable) return;
    v = g_.resolve(v);
    if (e_.constant_of(v)) return;
    if (const Inst* inst = f_.definer(v); inst && inst->op == Op::null_ref) return;
    Var var = g_.declare_more(f_.type_of(v));
    g_.write(var, v);
    v = static_cast<V>(kVariable + var);
  };
  for (E& e : decoder_.operands().first(count)) convert(e.value.v);
  for (uint32_t depth = 0; depth < decoder_.control_depth(); ++depth)
    convert(decoder_.frame(depth).control.exception.v);
}

// Constants among them are made in the current block again.
void Builder::constants_again(uint32_t count) {
  g_.count(count);
  for (E& e : decoder_.operands().first(count)) {
    V& v = e.value.v;
    if (v == V::none || index(v) >= kVariable) continue;
    if (auto c = e_.constant_of(v)) v = e_.constant(f_.type_of(v), *c);
    else v = e_.null();
  }
}

// The block where the function starts when it goes on from the interpreter's frame; it ends with a
// jump to the loop's header.
Block Builder::enter_from_frame(Es params, Block header) {
  Block start = g_.add_block();
  g_.restart_at(start);
  g_.enter(start, Block::none);
  entry_ = start;
  V frame = g_.add_entry_param(start, Type::i64);
  auto load = [&](uint32_t slot, Type type) {
    return e_.load_field(frame, static_cast<int32_t>(slot), type, mem_kind_of(type), Region::frame);
  };
  // Parameters, locals: see Translator::begin_function.
  const module::FuncType& type = m_.func_type(decoder_.func_index());
  auto bytes = [](std::span<const ValType> types) {
    uint32_t n = 0;
    for (ValType t : types) n += isa::slots_of(t) * kSlotBytes;
    return n;
  };
  const uint32_t window = std::max(bytes(type.params), bytes(type.results));
  uint32_t at = 0;
  for (uint32_t i = 0; i < decoder_.locals().size(); ++i) {
    if (i == type.params.size()) at = window;
    ValType t = decoder_.locals()[i];
    g_.write(i, load(at, type_of(t)));
    at += isa::slots_of(t) * kSlotBytes;
  }
  at = std::max(at, window) + kHeaderBytes;
  // Operands, and below those of an open catch its exception.
  uint32_t outermost = decoder_.control_depth();
  auto pass_frames = [&](uint32_t height) {
    while (outermost > 0 && decoder_.frame(outermost - 1).height <= height) {
      F& f = decoder_.frame(--outermost);
      if (f.kind != ControlKind::catch_ && f.kind != ControlKind::catch_all) continue;
      V v = f.control.exception.v;
      if (v != V::none && index(v) >= kVariable)
        g_.write(index(v) - kVariable, load(at, Type::ref));
      at += kSlotBytes;
    }
  };
  Es operands = decoder_.operands();
  const size_t below = operands.size() - params.size();
  std::vector<V> values;
  for (uint32_t i = 0; i < operands.size(); ++i) {
    pass_frames(i);
    E& e = operands[i];
    Type t = type_of(e.type);
    V v = e.value.v;
    bool is_variable = v != V::none && index(v) >= kVariable;
    // The loop's parameters are at home whatever they were when it was entered first.
    if (i >= below) {
      values.push_back(load(at, t));
    } else if (is_variable) {
      g_.write(index(v) - kVariable, load(at, t));
    }
    at += isa::slots_of(e.type) * kSlotBytes;
  }
  constants_again(static_cast<uint32_t>(below));
  g_.jump(header, values);
  return start;
}

}  // namespace zwasm::ir
