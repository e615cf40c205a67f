// Translator: operands, accumulators, moves; variables and select; what starts and ends a function.
#include "interp/translator.h"

#include <algorithm>

#include "base/assert.h"
#include "interp/frame.h"
#include "interp/translate.h"

namespace zwasm::interp {

namespace {
constexpr uint32_t kSlotBytes = sizeof(Slot);
constexpr uint32_t kMaxLazy = 64;
}  // namespace

Translator::Translator(runtime::LoadedModule& module)
    : module_(module),
      m_(module.module()),
      settings_(module.engine().settings()),
      decoder_(m_, module.types(), *this) {}

Code* Translator::translate(runtime::Function& function) {
  function_ = &function;
  body_ = &module_.body(function);
  as_.clear();
  recording_ = false;
  [[maybe_unused]] auto done = decoder_.run_function(function.index);
  ZWASM_ASSERT(done.ok());
  Code* code = as_.finish(module_.engine().memory());
  code->function = &function;
  code->body_offset = body_->offset;
  code->header_offset = header_offset_;
  code->frame_bytes = max_end_;
  return code;
}

const RootMap* Translator::record(const Code& code) {
  function_ = code.function;
  body_ = &module_.body(*function_);
  as_.clear();
  points_.clear();
  point_slots_.clear();
  recording_ = true;
  [[maybe_unused]] auto done = decoder_.run_function(function_->index);
  ZWASM_ASSERT(done.ok() && as_.size() == code.word_count);
  auto* map = new RootMap;
  map->locals.assign(ref_locals_.begin(), ref_locals_.end());
  map->points = points_;
  map->slots = point_slots_;
  return map;
}

// ------------------------------------------------------------------------------------------------
// Homes

uint32_t Translator::slots_size(std::span<const ValType> types) {
  uint32_t size = 0;
  for (ValType t : types) size += isa::slots_of(t) * kSlotBytes;
  return size;
}

void Translator::touch_height(uint32_t end) { max_end_ = std::max(max_end_, end); }

// Where the next operand's home is, as seen from a control frame whose operands are on top.
uint32_t Translator::top_home(uint32_t frame_depth) {
  const F& frame = decoder_.frame(frame_depth);
  if (decoder_.operand_count() == frame.height) return frame.control.inner;
  const E& top = decoder_.operands().back();
  return top.value.home + isa::slots_of(top.type) * kSlotBytes;
}

// The home of a result that replaces `args`.
uint32_t Translator::home_after(Es args) {
  return args.empty() ? top_home() : args.front().value.home;
}

// ------------------------------------------------------------------------------------------------
// Emission

// Every hook of an instruction that costs something begins with this.
void Translator::op_begin() {
  if (settings_.profile_ops) {
    start(Misc::count_op);
    as_.word(static_cast<uint32_t>(decoder_.op()));
  }
  if (settings_.fuel) {
    if (fuel_word_ == kNone) {
      start(Misc::charge);
      fuel_word_ = as_.size();
      as_.word(0);
    }
    ++as_[fuel_word_];
  }
}

uint32_t Translator::start(Handler handler) {
  ZWASM_ASSERT(handler != nullptr);
  last_insn_ = as_.size();
  home_insn_ = kNone;
  as_.op(handler);
  return last_insn_;
}

// For instructions that can trap, call or stop.
uint32_t Translator::start_at_position(Handler handler) {
  as_.position(static_cast<uint32_t>(decoder_.code_offset() - body_->offset));
  return start(handler);
}

void Translator::words(std::initializer_list<uint32_t> ws) {
  for (uint32_t w : ws) as_.word(w);
}

// ------------------------------------------------------------------------------------------------
// Accumulators

void Translator::store_pending(Class c) {
  AccState& a = acc(c);
  if (!a.pending) return;
  as_.set_op(a.insn, a.to_slot);
  as_[a.insn + 2] = a.slot;
  a.pending = false;
  // What absorbs the comparison would take the stored result away.
  if (c == Class::integer) compare_.begin = addition_.begin = kNone;
}

void Translator::forget_accs() {
  store_pending();
  acc_[0] = acc_[1] = {};
}

// Code from elsewhere may arrive here, or what is before must stay as it is.
void Translator::barrier() {
  forget_accs();
  last_insn_ = kNone;
  compare_.begin = addition_.begin = kNone;
}

void Translator::wrote(uint32_t slot) {
  for (AccState& a : acc_)
    if (a.slot == slot) a = {};
}

bool Translator::acc_holds(const E& e) {
  return e.value.slot != kConst && !e.type.is_vec() && acc(class_of(e.type)).slot == e.value.slot;
}

Translator::Operand Translator::operand(E& e, bool acc_ok, bool imm_ok) {
  if (e.value.slot == kConst) {
    if (imm_ok) return {Kind::imm, e.value.bits};
    to_home(e);
    return {Kind::slot, e.value.slot};
  }
  if (acc_holds(e)) {
    if (acc_ok) return {Kind::acc, 0};
    store_pending(class_of(e.type));
  }
  return {Kind::slot, e.value.slot};
}

void Translator::put(const Operand& o, ValType type) {
  if (o.kind == Kind::acc) return;
  as_.word(static_cast<uint32_t>(o.bits));
  if (o.kind == Kind::imm && (type == isa::kI64 || type == isa::kF64))
    as_.word(static_cast<uint32_t>(o.bits >> 32));
}

uint32_t Translator::in_slot(E& e) { return static_cast<uint32_t>(operand(e, false, false).bits); }

// The operand is popped by the instruction in progress.
void Translator::consume(const Operand& o, Class c) {
  if (o.kind == Kind::acc && acc(c).pending) acc(c) = {};
}

// The instruction at `insn` has its result in the accumulator; in a slot only if it must.
void Translator::result_in_acc(E& result, uint32_t home, ByDest handlers, uint32_t insn) {
  Class c = class_of(result.type);
  store_pending(c);
  wrote(home);
  acc(c) = {home, true, insn, handlers.to_slot};
  result.value = {0, home, home};
  touch_height(home + kSlotBytes);
}

// The instruction stores its result at home.
void Translator::result_at_home(E& result, uint32_t home) {
  wrote(home);
  if (result.type.is_vec()) wrote(home + kSlotBytes);
  result.value = {0, home, home};
  touch_height(home + isa::slots_of(result.type) * kSlotBytes);
}

// The same, and the last instruction is the one, and names its destination first.
void Translator::result_of_last(E& result, uint32_t home) {
  ZWASM_ASSERT(as_[last_insn_ + kHandlerWords] == home);
  result_at_home(result, home);
  home_insn_ = last_insn_;
}

// ------------------------------------------------------------------------------------------------
// Moves

void Translator::move_to(uint32_t to, const E& e) {
  const Value& v = e.value;
  if (v.slot == kConst) {
    if (v.bits >> 32 == 0) {
      start(Misc::move_i);
      words({to, static_cast<uint32_t>(v.bits)});
    } else {
      start(Misc::move_ii);
      as_.word(to);
      as_.word64(v.bits);
    }
    wrote(to);
    return;
  }
  if (v.slot == to) {
    if (acc_holds(e)) store_pending(class_of(e.type));
    return;
  }
  if (e.type.is_vec()) {
    start(Misc::move_v);
    words({to, v.slot});
    wrote(to);
    wrote(to + kSlotBytes);
    return;
  }
  if (acc_holds(e)) {
    start(e.type == isa::kF32 ? Misc::move_f : e.type == isa::kF64 ? Misc::move_d : Misc::move_a);
    as_.word(to);
    // The register holds it still; it mirrors the operand (pending) or the new slot.
    return;
  }
  if (last_insn_ != kNone && as_.size() == last_insn_ + 4 &&
      handler_at(&as_[last_insn_]) == misc_handler(Misc::move_s)) {
    as_.set_op(last_insn_, misc_handler(Misc::move2_s));
    words({to, v.slot});
  } else {
    start(Misc::move_s);
    words({to, v.slot});
  }
  wrote(to);
}

void Translator::to_home(E& e) {
  move_to(e.value.home, e);
  e.value.slot = e.value.home;
}

// All operands but the `above` topmost that refer to locals go home; nothing stays pending.
void Translator::flush(uint32_t above) {
  Es all = decoder_.operands();
  uint32_t end = static_cast<uint32_t>(all.size()) - above;
  for (uint32_t i = lazy_floor_; i < end; ++i) {
    Value& v = all[i].value;
    if (v.slot != kConst && v.slot != v.home) to_home(all[i]);
  }
  lazy_floor_ = std::max(lazy_floor_, end);
  store_pending();
}

// Operands that refer to a local go home before it changes.
void Translator::flush_all_locals_of(uint32_t local_slot) {
  Es all = decoder_.operands();
  for (size_t i = all.size(); i > lazy_floor_; --i)
    if (all[i - 1].value.slot == local_slot) to_home(all[i - 1]);
}

// Called before an operand that refers to a local is pushed.
void Translator::keep_few_lazy() {
  uint32_t count = decoder_.operand_count();
  lazy_floor_ = std::min(lazy_floor_, count);
  if (count - lazy_floor_ >= kMaxLazy) flush(kMaxLazy / 4);
}

// Puts entries to consecutive homes (theirs).
void Translator::at_home(Es entries) {
  for (E& e : entries) {
    if (e.value.slot != e.value.home) to_home(e);
    else if (acc_holds(e)) store_pending(class_of(e.type));
  }
}

// Would branch values stand where the target expects them if they were at home?
bool Translator::in_place(Es values, uint32_t base) {
  return values.empty() || values.front().value.home == base;
}

// Branch values go to the target's operands. In order: no home is overwritten before it is read,
// since sources are never below their destination.
void Translator::move_values(Es values, uint32_t base) {
  for (const E& e : values) {
    move_to(base, e);
    base += isa::slots_of(e.type) * kSlotBytes;
  }
}

// ------------------------------------------------------------------------------------------------
// Variables, select

void Translator::drop(E& value) {
  if (acc_holds(value) && acc(class_of(value.type)).pending) acc(class_of(value.type)) = {};
}

void Translator::local_get(uint32_t local, E& result) {
  op_begin();
  keep_few_lazy();
  uint32_t home = top_home();
  result.value = {0, home, local_slot_[local]};
  touch_height(home + isa::slots_of(result.type) * kSlotBytes);
}

// Lets the last instruction write the local `slot` instead of the home of the value that it makes.
bool Translator::redirect(uint32_t slot, const E& value) {
  if (home_insn_ == kNone || home_insn_ != last_insn_ || value.value.slot != value.value.home ||
      as_[home_insn_ + kHandlerWords] != value.value.home)
    return false;
  as_[home_insn_ + kHandlerWords] = slot;
  home_insn_ = kNone;
  bool held = acc_holds(value);
  wrote(slot);
  if (value.type.is_vec()) wrote(slot + kSlotBytes);
  if (held) acc(class_of(value.type)).slot = slot;
  return true;
}

void Translator::set_local(uint32_t slot, E& value) {
  const Value& v = value.value;
  if (v.slot == slot) return;
  flush_all_locals_of(slot);
  if (redirect(slot, value)) return;
  if (v.slot != kConst && !value.type.is_vec()) {
    AccState& a = acc(class_of(value.type));
    if (a.slot == v.slot) {
      if (a.pending && a.insn == last_insn_) {
        as_.set_op(a.insn, a.to_slot);
        as_[a.insn + 2] = slot;
        if (&a == &acc(Class::integer)) compare_.begin = addition_.begin = kNone;
      } else {
        move_to(slot, value);
      }
      bool pending = false;
      uint32_t insn = a.insn;
      wrote(slot);
      a = {slot, pending, insn, nullptr};
      return;
    }
  }
  move_to(slot, value);
  wrote(slot);
}

void Translator::local_set(uint32_t local, E& value) {
  op_begin();
  set_local(local_slot_[local], value);
}

void Translator::local_tee(uint32_t local, E& value, E& result) {
  op_begin();
  uint32_t home = value.value.home;
  set_local(local_slot_[local], value);
  lazy_floor_ = std::min(lazy_floor_, decoder_.operand_count() - 1);
  result.value = {0, home, local_slot_[local]};
}

void Translator::select(Es args, E& result) {
  op_begin();
  uint32_t home = args[0].value.home;
  uint32_t a = in_slot(args[0]), b = in_slot(args[1]);
  if (result.type.is_vec()) {
    uint32_t cond = in_slot(args[2]);
    start(Misc::select_v);
    words({home, a, b, cond});
    result_of_last(result, home);
    return;
  }
  Operand cond = operand(args[2], true, false);
  consume(cond, Class::integer);
  store_pending(Class::integer);
  start(cond.kind == Kind::acc ? Misc::select_a : Misc::select_s);
  words({home, a, b});
  put(cond, isa::kI32);
  acc(Class::integer) = {};
  result_of_last(result, home);
  if (class_of(result.type) == Class::integer) acc(Class::integer).slot = home;
}

void Translator::global_get(uint32_t global, E& result) {
  op_begin();
  uint32_t home = top_home();
  if (result.type.is_vec()) {
    start(Misc::global_get_v);
    words({home, global});
    result_of_last(result, home);
    return;
  }
  bool real = class_of(result.type) == Class::real;
  ByDest by = real ? ByDest{misc_handler(Misc::global_get_f_acc), misc_handler(Misc::global_get_f)}
                   : ByDest{misc_handler(Misc::global_get_acc), misc_handler(Misc::global_get)};
  uint32_t insn = start(by.to_acc);
  words({home, global});
  result_in_acc(result, home, by, insn);
}

void Translator::global_set(uint32_t global, E& value) {
  op_begin();
  if (value.type.is_vec()) {
    uint32_t slot = in_slot(value);
    start(Misc::global_set_v);
    words({slot, global});
    return;
  }
  Operand v = operand(value, class_of(value.type) == Class::integer, true);
  consume(v, Class::integer);
  if (v.kind == Kind::imm) {
    start(Misc::global_set_i);
    as_.word64(v.bits);
  } else {
    start(v.kind == Kind::acc ? Misc::global_set_a : Misc::global_set_s);
    put(v, value.type);
  }
  as_.word(global);
}

// ------------------------------------------------------------------------------------------------
// Functions

void Translator::begin_function(F& f) {
  validate::TypeSpan locals = decoder_.locals();
  const module::FuncType& type = m_.func_type(function_->index);
  uint32_t param_count = static_cast<uint32_t>(type.params.size());
  window_bytes_ = std::max(slots_size(type.params), slots_size(type.results));
  local_slot_.clear();
  ref_locals_.clear();
  uint32_t at = 0;
  for (uint32_t i = 0; i < locals.size(); ++i) {
    if (i == param_count) at = window_bytes_;
    local_slot_.push_back(at);
    if (is_root_type(locals[i])) ref_locals_.push_back(at);
    at += isa::slots_of(locals[i]) * kSlotBytes;
  }
  header_offset_ = std::max(at, window_bytes_);
  operands_base_ = header_offset_ + kHeaderSlots * kSlotBytes;
  max_end_ = operands_base_;
  lazy_floor_ = 0;
  acc_[0] = acc_[1] = {};
  last_insn_ = home_insn_ = fuel_word_ = kNone;
  compare_ = {};
  addition_ = {};
  try_depth_ = 0;
  edge_epoch_ = 0;
  catch_slots_.clear();

  f.control.label = as_.new_label();
  f.control.base = 0;
  f.control.inner = operands_base_;
  uint32_t zero_slots = (header_offset_ - window_bytes_) / kSlotBytes;
  start_at_position(zero_slots == 0   ? Misc::enter_plain
                    : zero_slots == 1 ? Misc::enter_one
                                      : Misc::enter);
  as_.word64(reinterpret_cast<uint64_t>(function_));
  words({header_offset_, 0, window_bytes_, zero_slots});
  safepoint(0);
  barrier();
  if (settings_.fuel) {
    start_at_position(Misc::charge_check);
    fuel_word_ = as_.size();
    as_.word(0);
  }
}

void Translator::end_function() { as_[5] = max_end_; }

bool Translator::is_root_type(ValType type) const {
  if (!type.is_ref()) return false;
  isa::HeapType heap = type.heap();
  if (heap.is_concrete()) return m_.types[heap.index()].kind != module::CompositeKind::func;
  return heap.abs() != isa::AbsHeap::func && heap.abs() != isa::AbsHeap::nofunc;
}

}  // namespace zwasm::interp
