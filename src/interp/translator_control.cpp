// Translator: structure, branches, calls, exceptions' tables.

#include "interp/translator.h"

namespace zwasm::interp {

using validate::ControlKind;

namespace {
constexpr uint32_t kSlotBytes = sizeof(Slot);
}

// ------------------------------------------------------------------------------------------------
// Labels and blocks

// A new basic block begins: it is charged by itself.
void Translator::new_block() { fuel_word_ = kNone; }

void Translator::bind(uint32_t label) {
  if (as_.label(label).uses != 0) {
    barrier();
    new_block();
    // A jump to the next instruction does nothing.
  }
  as_.bind(label);
}

void Translator::open(F& f, Es params) {
  flush();
  f.control.label = as_.new_label();
  f.control.base = params.empty() ? top_home(1) : params.front().value.home;
  f.control.inner = f.control.base;
  f.control.depth = try_depth_;
}

void Translator::block(F& f, Es params) { open(f, params); }

void Translator::loop(F& f, Es params) {
  open(f, params);
  at_home(params);
  barrier();
  as_.bind(f.control.label);
  as_.loop(static_cast<uint32_t>(decoder_.code_offset() - body_->offset));
  new_block();
  safepoint(decoder_.operand_count());
  if (settings_.fuel) {
    start_at_position(Misc::charge_check);
    fuel_word_ = as_.size();
    as_.word(0);
  }
}

void Translator::if_(F& f, E& cond, Es params) {
  op_begin();
  open_keeping(f, params, cond);
  f.control.else_label = as_.new_label();
  conditional(cond, false, f.control.else_label, false);
  new_block();
}

// As open, but the condition of an `if`, which is not an operand any more, is still needed.
void Translator::open_keeping(F& f, Es params, E& cond) {
  // Comparisons that the branch may absorb must stay the last instruction: operands go home
  // before them only if there is something to move.
  Es all = decoder_.operands();
  bool moves = false;
  for (uint32_t i = lazy_floor_; i < all.size(); ++i) {
    const Value& v = all[i].value;
    moves |= v.slot != kConst && v.slot != v.home;
  }
  for (const E& p : params) moves |= p.value.slot == kConst;
  if (moves) {
    flush();
    at_home(params);
  } else {
    store_pending(Class::real);
    AccState& a = acc(Class::integer);
    if (a.slot != cond.value.slot) store_pending(Class::integer);
    lazy_floor_ = std::max(lazy_floor_, decoder_.operand_count());
  }
  f.control.label = as_.new_label();
  f.control.base = params.empty() ? top_home(1) : params.front().value.home;
  f.control.inner = f.control.base;
  f.control.depth = try_depth_;
}

void Translator::fallthrough(F& f, Es values) {
  switch (f.kind) {
    case ControlKind::func: return_values(values); return;
    case ControlKind::if_:
      at_home(values);
      if (!f.implicit_else) jump(f.control.label);
      return;
    case ControlKind::try_:
    case ControlKind::catch_:
    case ControlKind::catch_all:
      move_values(values, f.control.base);
      jump(f.control.label);
      return;
    case ControlKind::try_table:
      at_home(values);
      if (f.control.pads != 0) jump(f.control.label);
      return;
    case ControlKind::block:
    case ControlKind::loop:
    case ControlKind::else_: at_home(values); return;
  }
}

void Translator::jump(uint32_t label) {
  start(Misc::jump);
  as_.displacement(label);
}

// Fresh operands of a frame stand from `home` on.
void Translator::fresh(Es entries, uint32_t home) {
  for (E& e : entries) {
    e.value = {0, home, home};
    home += isa::slots_of(e.type) * kSlotBytes;
  }
  touch_height(home);
  lazy_floor_ = std::min(lazy_floor_, decoder_.operand_count());
}

void Translator::else_(F& f, Es params) {
  barrier();
  new_block();
  as_.bind(f.control.else_label);
  fresh(params, f.control.base);
}

void Translator::end(F& f, Es results) {
  if (f.kind == ControlKind::try_table) close_try_table(f);
  if (f.kind == ControlKind::try_) close_try(f);
  if (f.kind == ControlKind::catch_ || f.kind == ControlKind::catch_all) catch_slots_.pop_back();
  if (f.kind == ControlKind::func) {
    if (as_.label(f.control.label).uses != 0) {
      barrier();
      as_.bind(f.control.label);
      start(Misc::return_none);
      as_.word(header_offset_);
    }
    return;
  }
  if (f.kind != ControlKind::loop) bind(f.control.label);
  else store_pending();
  fresh(results, f.control.base);
}

// ------------------------------------------------------------------------------------------------
// Branches

void Translator::branch_to(F& target) {
  start(target.kind == ControlKind::loop ? Misc::jump_back : Misc::jump);
  as_.displacement(target.control.label);
}

void Translator::br(F& target, uint32_t, Es values) {
  op_begin();
  if (target.kind == ControlKind::func) {
    return_values(values);
  } else {
    move_values(values, target.control.base);
    branch_to(target);
  }
  new_block();
}

// A conditional branch to a label of this function, without values.
void Translator::conditional(E& cond, bool sense, uint32_t label, bool back) {
  AccState& a = acc(Class::integer);
  bool held = acc_holds(cond);
  if (cond.value.slot == kConst) {
    if ((static_cast<uint32_t>(cond.value.bits) != 0) == sense) {
      store_pending();
      start(back ? Misc::jump_back : Misc::jump);
      as_.displacement(label);
    }
    return;
  }
  if (held && a.pending && compare_.begin != kNone && compare_.end == as_.size()) {
    absorb_compare(sense, label, back);
    return;
  }
  // References test all of the slot, as do zero-extended integers.
  Operand c = operand(cond, true, false);
  consume(c, Class::integer);
  static constexpr Misc kMisc[2][2][2] = {
      {{Misc::branch_z_s, Misc::branch_z_a}, {Misc::branch_nz_s, Misc::branch_nz_a}},
      {{Misc::branch_z_back_s, Misc::branch_z_back_a},
       {Misc::branch_nz_back_s, Misc::branch_nz_back_a}}};
  Misc m = kMisc[back][sense][c.kind == Kind::acc];
  if (back) start_at_position(m);
  else start(m);
  put(c, isa::kI32);
  as_.displacement(label);
}

// The last instruction is a comparison that only this branch uses: one instruction for both.
void Translator::absorb_compare(bool sense, uint32_t label, bool back) {
  Compare c = compare_;
  as_.truncate(c.begin);
  last_insn_ = kNone;
  acc(Class::integer) = c.before;
  compare_.begin = kNone;
  bool inverted = c.inverted == sense;
  ValType type = c.type;
  if (c.unary) {
    // i32.eqz or i64.eqz of something
    static constexpr Misc kMisc[2][2][2] = {
        {{Misc::branch_nz_s, Misc::branch_nz_a}, {Misc::branch_z_s, Misc::branch_z_a}},
        {{Misc::branch_nz_back_s, Misc::branch_nz_back_a},
         {Misc::branch_z_back_s, Misc::branch_z_back_a}}};
    Misc m = kMisc[back][!inverted][c.a.kind == Kind::acc];
    if (back) start_at_position(m);
    else start(m);
    put(c.a, type);
    as_.displacement(label);
    return;
  }
  const CompareBranchRow* row = compare_branch_row(c.op, inverted);
  const uint32_t kinds = c.a.kind == Kind::acc    ? 3
                         : c.b.kind == Kind::slot ? 0
                         : c.b.kind == Kind::acc  ? 1
                                                  : 2;
  if (back) start_at_position(row->by[kinds][1]);
  else start(row->by[kinds][0]);
  put(c.a, type);
  put(c.b, type);
  as_.displacement(label);
}

void Translator::br_if(F& target, uint32_t, E& cond, Es values) {
  op_begin();
  branch_with(target, values, [&](bool sense, uint32_t label, bool back) {
    conditional(cond, sense, label, back);
  });
  new_block();
}

void Translator::br_table(E& index, std::span<const uint32_t> depths, uint32_t last, Es values) {
  op_begin();
  at_home(values);
  Operand i = operand(index, true, false);
  consume(i, Class::integer);
  forget_accs();
  ++edge_epoch_;
  start(i.kind == Kind::acc ? Misc::branch_table_a : Misc::branch_table_s);
  put(i, isa::kI32);
  as_.word(static_cast<uint32_t>(depths.size()));
  // Targets that need moves, a poll or a return get an edge of their own, once.
  edges_.clear();
  auto target = [&](uint32_t depth) {
    F& f = decoder_.frame(depth);
    bool direct =
        f.kind != ControlKind::loop &&
        (values.empty() || (f.kind != ControlKind::func && in_place(values, f.control.base)));
    if (direct) {
      as_.displacement(f.control.label);
      return;
    }
    if (f.control.edge_epoch != edge_epoch_) {
      f.control.edge_epoch = edge_epoch_;
      f.control.edge_label = as_.new_label();
      edges_.push_back(depth);
    }
    as_.displacement(f.control.edge_label);
  };
  for (uint32_t depth : depths) target(depth);
  target(last);
  for (uint32_t depth : edges_) {
    F& f = decoder_.frame(depth);
    barrier();
    as_.bind(f.control.edge_label);
    if (f.kind == ControlKind::func) {
      return_values(values);
    } else {
      move_values(values, f.control.base);
      branch_to(f);
    }
  }
  barrier();
  new_block();
}

void Translator::return_(Es values) {
  op_begin();
  return_values(values);
  new_block();
}

void Translator::unreachable() {
  op_begin();
  start_at_position(Misc::unreachable);
  new_block();
}

// Emits the return of `values`. Entries keep their values: the code may go on after a skip.
void Translator::return_values(Es values) {
  if (values.empty()) {
    start(Misc::return_none);
    as_.word(header_offset_);
    return;
  }
  if (values.size() == 1 && !values[0].type.is_vec()) {
    E e = values[0];
    bool real = class_of(e.type) == Class::real;
    bool imm_ok = !real && e.value.slot == kConst && e.value.bits >> 32 == 0;
    Operand o = operand(e, true, imm_ok);
    Misc m = o.kind == Kind::imm    ? Misc::return_i
             : o.kind == Kind::slot ? (real ? Misc::return_fs : Misc::return_s)
             : !real                ? Misc::return_a
             : e.type == isa::kF32  ? Misc::return_f
                                    : Misc::return_d;
    start(m);
    as_.word(header_offset_);
    if (o.kind != Kind::acc) as_.word(static_cast<uint32_t>(o.bits));
    return;
  }
  // Results overwrite parameters: those that are still to be read go home first.
  store_pending();
  uint32_t to = 0;
  saved_values_.assign(values.begin(), values.end());
  uint32_t end = 0;
  for (const E& e : values) end += isa::slots_of(e.type) * kSlotBytes;
  for (E& e : saved_values_) {
    if (e.value.slot != kConst && e.value.slot < end && e.value.slot != to) to_home(e);
    to += isa::slots_of(e.type) * kSlotBytes;
  }
  move_values(saved_values_, 0);
  start(Misc::return_none);
  as_.word(header_offset_);
}

// ------------------------------------------------------------------------------------------------
// Safepoints

// Before the instruction that comes next; the operands below `live` are alive.
void Translator::safepoint(uint32_t live) {
  if (recording_) record_point(2 * as_.size(), live);
}
// In the call that has just been emitted.
void Translator::call_safepoint(uint32_t live) {
  if (recording_) record_point(2 * as_.size() - 1, live);
}

void Translator::record_point(uint32_t key, uint32_t live) {
  Safepoint point{key, static_cast<uint32_t>(point_slots_.size()), 0};
  for (const E& e : decoder_.operands().first(live))
    if (e.value.slot == e.value.home && is_root_type(e.type)) point_slots_.push_back(e.value.home);
  for (uint32_t slot : catch_slots_) point_slots_.push_back(slot);
  point.count = static_cast<uint32_t>(point_slots_.size()) - point.first;
  if (!points_.empty() && points_.back().word == key) points_.pop_back();
  points_.push_back(point);
}

// ------------------------------------------------------------------------------------------------
// Calls

bool Translator::own_function(uint32_t func) const { return func >= m_.imported_funcs; }

void Translator::finish_call(uint32_t home, Es results, uint32_t live) {
  start(Misc::reload);
  words({header_offset_, home});
  call_safepoint(live);
  last_insn_ = kNone;
  acc_[0] = acc_[1] = {};
  for (E& r : results) {
    r.value = {0, home, home};
    home += isa::slots_of(r.type) * kSlotBytes;
  }
  touch_height(home);
  if (results.size() == 1 && !results[0].type.is_vec())
    acc(class_of(results[0].type)).slot = results[0].value.home;
}

void Translator::call(uint32_t func, FuncType, Es args, Es results) {
  op_begin();
  uint32_t home = home_after(args);
  at_home(args);
  forget_accs();
  if (own_function(func)) {
    start_at_position(Misc::call);
    as_.word64(reinterpret_cast<uint64_t>(&module_.function(func)));
  } else {
    start_at_position(Misc::call_import);
    as_.word(func);
  }
  as_.word(home);
  finish_call(home, results, decoder_.operand_count() - static_cast<uint32_t>(args.size()));
}

void Translator::call_indirect(uint32_t type, uint32_t table, FuncType, E& index, Es args,
                               Es results) {
  op_begin();
  uint32_t home = args.empty() ? index.value.home : args.front().value.home;
  at_home(args);
  Operand i = operand(index, true, false);
  consume(i, Class::integer);
  store_pending();
  start_at_position(i.kind == Kind::acc ? Misc::call_indirect_a : Misc::call_indirect_s);
  words({module_.types().id(type), table});
  put(i, index.type);
  as_.word(home);
  finish_call(home, results, decoder_.operand_count() - static_cast<uint32_t>(args.size()) - 1);
}

void Translator::call_ref(uint32_t, FuncType, E& ref, Es args, Es results) {
  op_begin();
  uint32_t home = args.empty() ? ref.value.home : args.front().value.home;
  at_home(args);
  uint32_t slot = in_slot(ref);
  forget_accs();
  start_at_position(Misc::call_ref);
  words({slot, home});
  finish_call(home, results, decoder_.operand_count() - static_cast<uint32_t>(args.size()) - 1);
}

// Arguments of a tail call take the place of this frame.
void Translator::tail_moves(Es args, FuncType type) {
  touch_height(std::max(slots_size(type.params), slots_size(type.results)));
  uint32_t end = 0;
  for (const E& e : args) end += isa::slots_of(e.type) * kSlotBytes;
  // From locals, which moves could overwrite.
  uint32_t to = 0;
  for (E& e : args) {
    if (e.value.slot != kConst && e.value.slot < end && e.value.slot != to) to_home(e);
    to += isa::slots_of(e.type) * kSlotBytes;
  }
  forget_accs();
  start(Misc::tail_prepare);
  as_.word(header_offset_);
  move_values(args, 0);
}

void Translator::return_call(uint32_t func, FuncType type, Es args) {
  op_begin();
  tail_moves(args, type);
  if (own_function(func)) {
    start_at_position(Misc::tail_call);
    as_.word64(reinterpret_cast<uint64_t>(&module_.function(func)));
  } else {
    start_at_position(Misc::tail_call_import);
    as_.word(func);
  }
  new_block();
}

void Translator::return_call_indirect(uint32_t type, uint32_t table, FuncType func_type, E& index,
                                      Es args) {
  op_begin();
  uint32_t slot = in_slot(index);
  start_at_position(Misc::resolve_indirect);
  words({index.value.home, slot, module_.types().id(type), table});
  wrote(index.value.home);
  tail_moves(args, func_type);
  start_at_position(Misc::tail_call_ref);
  as_.word(index.value.home);
  new_block();
}

void Translator::return_call_ref(uint32_t, FuncType func_type, E& ref, Es args) {
  op_begin();
  to_home(ref);
  start_at_position(Misc::check_func_ref);
  as_.word(ref.value.home);
  tail_moves(args, func_type);
  start_at_position(Misc::tail_call_ref);
  as_.word(ref.value.home);
  new_block();
}

}  // namespace zwasm::interp
