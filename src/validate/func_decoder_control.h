// FuncDecoder, continued: blocks, branches, exceptions, calls. Included by func_decoder.h only.
#pragma once
#include "base/concat.h"
#include "validate/func_decoder.h"

namespace zwasm::validate {

// ---- Blocks

template <class C, bool K>
bool FuncDecoder<C, K>::block_signature(TypeSpan& params, TypeSpan& results) {
  const module::BlockType& block = imm_.block;
  switch (block.kind) {
    case module::BlockType::Kind::empty: return true;
    case module::BlockType::Kind::value:
      if (bad_type(block.value)) return false;
      results = span_of(block.value);
      return true;
    case module::BlockType::Kind::type: break;
  }
  if constexpr (K) require_feature(isa::Feature::multi_value);
  const module::SubType* type = composite(block.type, module::CompositeKind::func);
  if (type == nullptr) return false;
  params = type->func.params;
  results = type->func.results;
  return reader_.ok();
}

template <class C, bool K>
auto FuncDecoder<C, K>::push_frame(Kind kind, TypeSpan params, TypeSpan results) -> Frame& {
  bool entered = live();
  Frame& frame = control_.emplace_back();
  frame.kind = kind;
  frame.live = frame.entered = entered;
  frame.height = static_cast<uint32_t>(top_ - base_) - static_cast<uint32_t>(params.size());
  frame.init_height = static_cast<uint32_t>(init_list_.size());
  frame.offset = op_offset_;
  frame.params = params;
  frame.results = results;
  frame_ = &frame;
  return frame;
}

template <class C, bool K>
void FuncDecoder<C, K>::open_block(Kind kind) {
  TypeSpan params, results;
  if (!block_signature(params, results)) return;
  room(params.size() + results.size() + kSlack);
  uint32_t count = static_cast<uint32_t>(params.size());
  Entry cond{};
  Entry* args;
  if (kind == Kind::if_) {
    args = need(count + 1, params);
    check(args, count, isa::kI32);
    cond = args[count];
    --top_;
  } else {
    args = need(count, params);
  }
  check_all(args, params);
  settle(args, params);
  if constexpr (K) {
    // The catches of try_table are outside its label.
    if (kind == Kind::try_table) check_catches();
    if (control_.size() > kMaxNesting) return fail(LoadError::Kind::limit, nesting_message());
  }
  if (!reader_.ok()) return;
  Frame& frame = push_frame(kind, params, results);
  if (!frame.live) return;
  Entries operands(args, count);
  switch (kind) {
    case Kind::block: consumer_.block(frame, operands); break;
    case Kind::loop: consumer_.loop(frame, operands); break;
    case Kind::if_: consumer_.if_(frame, cond, operands); break;
    case Kind::try_: consumer_.try_(frame, operands); break;
    case Kind::try_table:
      for (module::CatchClause& clause : storage_.catches) {
        ++clause.label;
        Frame& target = this->frame(clause.label);
        if (target.kind != Kind::loop) target.end_live = true;
      }
      consumer_.try_table(frame, operands, imm_.catches);
      break;
    case Kind::func:
    case Kind::else_:
    case Kind::catch_:
    case Kind::catch_all: break;
  }
}

template <class C, bool K>
void FuncDecoder<C, K>::check_catches() {
  const ValType exn = ValType::ref(isa::AbsHeap::exn, false);
  for (const module::CatchClause& clause : imm_.catches) {
    TypeSpan values;
    if (clause.has_tag()) {
      if (bad_index(clause.tag, module_.tags.size(), "tag")) return;
      values = tag_type(clause.tag).params;
    }
    Frame* target = branch_target(clause.label);
    if (target == nullptr) return;
    TypeSpan label = target->label_types();
    size_t count = values.size() + (clause.has_ref() ? 1 : 0);
    bool fits = label.size() == count;
    for (size_t i = 0; fits && i < values.size(); ++i) fits = matches(values[i], label[i]);
    if (fits && clause.has_ref()) fits = matches(exn, label.back());
    if (!fits) return type_mismatch("what a catch clause delivers does not fit its label");
  }
}

// Restarts the code of a frame: the next arm of if or try.
template <class C, bool K>
void FuncDecoder<C, K>::restart_frame(Kind kind, TypeSpan operands) {
  room(operands.size() + kSlack);
  frame_->kind = kind;
  frame_->live = frame_->entered;
  frame_->polymorphic = false;
  top_ = base_ + frame_->height;
  stage(operands);
  top_ += operands.size();
  forget_initialized();
}

// The code of the innermost frame ends: its results must be there and nothing else.
template <class C, bool K>
bool FuncDecoder<C, K>::fallthrough() {
  TypeSpan results = frame_->results;
  uint32_t count = static_cast<uint32_t>(results.size());
  room(count + kSlack);
  if constexpr (K) {
    uint32_t have = operand_count() - frame_->height;
    if (have > count || (have < count && !frame_->polymorphic)) {
      type_mismatch(
          concat({(have > count ? "block requires " : "instruction requires "),
                  type_list(results, count), " but stack has ", found_types(have), op_place(op_)}));
      return false;
    }
    check_all(need(count), results);
    if (!reader_.ok()) return false;
  }
  if (frame_->live) {
    frame_->end_live = true;
    consumer_.fallthrough(*frame_, Entries(top_ - count, count));
  }
  return reader_.ok();
}

template <class C, bool K>
void FuncDecoder<C, K>::forget_initialized() {
  if (!tracks_init_) return;
  while (init_list_.size() > frame_->init_height) {
    unset_[init_list_.back()] = true;
    init_list_.pop_back();
  }
}

template <class C, bool K>
void FuncDecoder<C, K>::do_else() {
  if (K && frame_->kind != Kind::if_)
    return reader_.malformed("illegal opcode 05: else without if");
  if (!fallthrough()) return;
  restart_frame(Kind::else_, frame_->params);
  if (frame_->entered)
    consumer_.else_(*frame_, Entries(base_ + frame_->height, frame_->params.size()));
}

template <class C, bool K>
void FuncDecoder<C, K>::do_catch() {
  if (K && frame_->kind != Kind::try_ && frame_->kind != Kind::catch_)
    return reader_.malformed("illegal opcode 07: catch without try");
  if (bad_index(imm_.index, module_.tags.size(), "tag")) return;
  if (!fallthrough()) return;
  TypeSpan values = tag_type(imm_.index).params;
  restart_frame(Kind::catch_, values);
  if (frame_->entered)
    consumer_.catch_(*frame_, imm_.index, Entries(base_ + frame_->height, values.size()));
}

template <class C, bool K>
void FuncDecoder<C, K>::do_catch_all() {
  if (K && frame_->kind != Kind::try_ && frame_->kind != Kind::catch_)
    return reader_.malformed("illegal opcode 19: catch_all without try");
  if (!fallthrough()) return;
  restart_frame(Kind::catch_all, {});
  if (frame_->entered) consumer_.catch_all(*frame_);
}

template <class C, bool K>
void FuncDecoder<C, K>::do_delegate() {
  if (K && frame_->kind != Kind::try_)
    return reader_.malformed("illegal opcode 18: delegate without try");
  // The label is counted from outside the try.
  if (bad_index(imm_.index, control_.size() - 1, "label")) return;
  if (!fallthrough()) return;
  if (frame_->entered) consumer_.delegate(*frame_, frame(imm_.index + 1));
  close_frame();
}

template <class C, bool K>
void FuncDecoder<C, K>::do_end() {
  if (frame_->kind == Kind::if_) {
    frame_->implicit_else = true;
    if (!fallthrough()) return;
    restart_frame(Kind::else_, frame_->params);
    if (frame_->entered)
      consumer_.else_(*frame_, Entries(base_ + frame_->height, frame_->params.size()));
  }
  if (!fallthrough()) return;
  close_frame();
}

template <class C, bool K>
void FuncDecoder<C, K>::close_frame() {
  TypeSpan results = frame_->results;
  top_ = base_ + frame_->height;
  room(results.size() + kSlack);
  stage(results);
  Entry* first = top_;
  top_ += results.size();
  forget_initialized();
  bool entered = frame_->entered, end_live = frame_->end_live;
  if (entered && reader_.ok()) consumer_.end(*frame_, Entries(first, results.size()));
  control_.pop_back();
  if (control_.empty()) {
    frame_ = nullptr;
    return;
  }
  frame_ = &control_.back();
  if (entered && !end_live) frame_->live = false;
}

// ---- Branches

template <class C, bool K>
auto FuncDecoder<C, K>::branch_target(uint32_t depth) -> Frame* {
  if (bad_index(depth, control_.size(), "label")) return nullptr;
  return &frame(depth);
}

// The operands that travel to `target`, checked, below `above` others; null after an error.
template <class C, bool K>
auto FuncDecoder<C, K>::branch_operands(Frame& target, uint32_t above) -> Entry* {
  TypeSpan types = target.label_types();
  uint32_t count = static_cast<uint32_t>(types.size());
  room(size_t{count} + above + kSlack);
  Entry* values = need(count + above, types);
  check_all(values, types);
  if (!reader_.ok()) return nullptr;
  if (live() && target.kind != Kind::loop) target.end_live = true;
  return values;
}

// Operands that stay behind a conditional branch or enter a block have the types declared there.
template <class C, bool K>
void FuncDecoder<C, K>::settle(Entry* values, TypeSpan types) {
  for (uint32_t i = 0; i < types.size(); ++i) values[i].type = types[i];
}

template <class C, bool K>
void FuncDecoder<C, K>::do_br() {
  Frame* target = branch_target(imm_.index);
  if (target == nullptr) return;
  Entry* values = branch_operands(*target, 0);
  if (values == nullptr) return;
  if (live()) consumer_.br(*target, imm_.index, Entries(values, target->label_types().size()));
  end_live_code();
}

template <class C, bool K>
void FuncDecoder<C, K>::do_br_if() {
  Frame* target = branch_target(imm_.index);
  if (target == nullptr) return;
  Entry* values = branch_operands(*target, 1);
  if (values == nullptr) return;
  TypeSpan types = target->label_types();
  uint32_t count = static_cast<uint32_t>(types.size());
  check(values, count, isa::kI32);
  Entry cond = values[count];
  --top_;
  if (live()) consumer_.br_if(*target, imm_.index, cond, Entries(values, count));
  settle(values, types);
}

template <class C, bool K>
void FuncDecoder<C, K>::do_br_table() {
  Frame* last = branch_target(imm_.index);
  if (last == nullptr) return;
  uint32_t count = static_cast<uint32_t>(last->label_types().size());
  room(size_t{count} + kSlack);
  Entry* values = need(count + 1);
  check(values, count, isa::kI32);
  Entry index = values[count];
  --top_;
  bool reported = live();
  // Labels repeat and frames share types: what was just checked is not checked again, so that the
  // work stays in proportion to the number of labels.
  TypeSpan checked;
  bool first = true;
  auto visit = [&](uint32_t depth) {
    Frame* target = branch_target(depth);
    if (target == nullptr) return;
    if (reported && target->kind != Kind::loop) target->end_live = true;
    if constexpr (K) {
      TypeSpan types = target->label_types();
      if (!first && types.data() == checked.data() && types.size() == checked.size()) return;
      if (types.size() != count)
        return type_mismatch("the labels of br_table take different numbers of values");
      check_all(values, types);
      checked = types;
      first = false;
    }
  };
  for (uint32_t depth : imm_.labels) {
    visit(depth);
    if (!reader_.ok()) return;
  }
  visit(imm_.index);
  if (live()) consumer_.br_table(index, imm_.labels, imm_.index, Entries(values, count));
  end_live_code();
}

template <class C, bool K>
void FuncDecoder<C, K>::do_br_on_null() {
  Frame* target = branch_target(imm_.index);
  if (target == nullptr) return;
  Entry* values = branch_operands(*target, 1);
  if (values == nullptr) return;
  TypeSpan types = target->label_types();
  uint32_t count = static_cast<uint32_t>(types.size());
  Entry& ref = values[count];
  if constexpr (K) {
    if (ref.type.is_bottom()) ref.type = ValType::ref(isa::HeapType::bottom(), false);
    if (!ref.type.is_ref())
      return type_mismatch("expected a reference, found " + isa::to_string(ref.type));
  }
  if (live()) consumer_.br_on_null(*target, imm_.index, ref, Entries(values, count));
  settle(values, types);
  ref.type = ref.type.as_non_null();
}

template <class C, bool K>
void FuncDecoder<C, K>::do_br_on_non_null() {
  Frame* target = branch_target(imm_.index);
  if (target == nullptr) return;
  TypeSpan types = target->label_types();
  if (K && (types.empty() || !types.back().is_ref()))
    return type_mismatch("the label of br_on_non_null does not take a reference");
  uint32_t count = static_cast<uint32_t>(types.size());
  room(size_t{count} + kSlack);
  Entry* values = need(count);
  Entry& ref = values[count - 1];
  if (K && ref.type.is_bottom()) ref.type = ValType::ref(isa::HeapType::bottom(), false);
  if (ref.type.is_ref()) ref.type = ref.type.as_non_null();
  check_all(values, types);
  if (!reader_.ok()) return;
  if (live()) {
    if (target->kind != Kind::loop) target->end_live = true;
    consumer_.br_on_non_null(*target, imm_.index, Entries(values, count));
  }
  settle(values, types);
  --top_;
}

template <class C, bool K>
void FuncDecoder<C, K>::do_br_on_cast(bool on_fail) {
  Frame* target = branch_target(imm_.index);
  if (target == nullptr) return;
  if (bad_type(imm_.from) || bad_type(imm_.to)) return;
  if (K && !matches(imm_.to, imm_.from))
    return type_mismatch(concat({"the cast from ", isa::to_string(imm_.from), " to ",
                                 isa::to_string(imm_.to), " does not go to a subtype"}));
  TypeSpan types = target->label_types();
  if (K && types.empty()) return type_mismatch("the label of a cast does not take a reference");
  uint32_t count = static_cast<uint32_t>(types.size());
  // What the reference is when the cast does not succeed.
  ValType rest = imm_.to.nullable() ? imm_.from.as_non_null() : imm_.from;
  ValType taken = on_fail ? rest : imm_.to;
  room(size_t{count} + kSlack);
  Entry* values = need(count);
  check_all(values, types.first(count - 1));
  check(values, count - 1, imm_.from);
  if (K && !matches(taken, types.back()))
    return type_mismatch(concat({"the label takes ", isa::to_string(types.back()),
                                 ", the branch brings ", isa::to_string(taken)}));
  if (live()) {
    if (target->kind != Kind::loop) target->end_live = true;
    Entries travel(values, count);
    if (on_fail) consumer_.br_on_cast_fail(*target, imm_.index, travel, imm_.from, imm_.to);
    else consumer_.br_on_cast(*target, imm_.index, travel, imm_.from, imm_.to);
  }
  settle(values, types.first(count - 1));
  values[count - 1].type = on_fail ? imm_.to : rest;
}

template <class C, bool K>
void FuncDecoder<C, K>::do_return() {
  TypeSpan types = control_.front().results;
  uint32_t count = static_cast<uint32_t>(types.size());
  room(size_t{count} + kSlack);
  Entry* values = need(count, types);
  check_all(values, types);
  if (live()) consumer_.return_(Entries(values, count));
  end_live_code();
}

// ---- Exceptions

template <class C, bool K>
void FuncDecoder<C, K>::do_throw() {
  if (bad_index(imm_.index, module_.tags.size(), "tag")) return;
  TypeSpan types = tag_type(imm_.index).params;
  uint32_t count = static_cast<uint32_t>(types.size());
  room(size_t{count} + kSlack);
  Entry* values = need(count, types);
  check_all(values, types);
  if (live()) consumer_.throw_(imm_.index, Entries(values, count));
  end_live_code();
}

template <class C, bool K>
void FuncDecoder<C, K>::do_throw_ref() {
  apply({isa::kExnRef}, [&](Entries args, Entries) { consumer_.throw_ref(args[0]); });
  end_live_code();
}

template <class C, bool K>
void FuncDecoder<C, K>::do_rethrow() {
  Frame* target = branch_target(imm_.index);
  if (target == nullptr) return;
  if (K && target->kind != Kind::catch_ && target->kind != Kind::catch_all)
    return invalid("invalid rethrow label: it must name a catch");
  if (live()) consumer_.rethrow(*target, imm_.index);
  end_live_code();
}

// ---- Calls

template <class C, bool K>
bool FuncDecoder<C, K>::tail_call_results(const module::FuncType& type) {
  if constexpr (K) {
    TypeSpan results = control_.front().results;
    bool fits = results.size() == type.results.size();
    for (size_t i = 0; fits && i < results.size(); ++i) fits = matches(type.results[i], results[i]);
    if (!fits) type_mismatch("the callee of a tail call returns something else than the caller");
  }
  return reader_.ok();
}

// `last` is the operand above the arguments (index or function reference); bottom: none.
template <class C, bool K>
template <class Hook>
void FuncDecoder<C, K>::do_call_with(const module::FuncType& type, ValType last, Hook&& hook) {
  uint32_t count = static_cast<uint32_t>(type.params.size());
  uint32_t extra = last.is_bottom() ? 0 : 1;
  uint32_t result_count = static_cast<uint32_t>(type.results.size());
  room(size_t{count} + result_count + kSlack);
  Entry* args = need(count + extra, type.params);
  if (extra != 0) check(args, count, last);
  check_all(args, type.params);
  stage(type.results);
  if (live()) hook(args[count], Entries(args, count), Entries(top_, result_count));
  finish(args, result_count);
}

template <class C, bool K>
template <class Hook>
void FuncDecoder<C, K>::do_return_call_with(const module::FuncType& type, ValType last,
                                            Hook&& hook) {
  uint32_t count = static_cast<uint32_t>(type.params.size());
  uint32_t extra = last.is_bottom() ? 0 : 1;
  room(size_t{count} + kSlack);
  Entry* args = need(count + extra, type.params);
  if (extra != 0) check(args, count, last);
  check_all(args, type.params);
  if (!tail_call_results(type)) return;
  if (live()) hook(args[count], Entries(args, count));
  end_live_code();
}

template <class C, bool K>
void FuncDecoder<C, K>::do_call(bool tail) {
  uint32_t func = imm_.index;
  if (bad_index(func, module_.funcs.size(), "function")) return;
  const module::FuncType& type = module_.func_type(func);
  if (tail) {
    do_return_call_with(type, {},
                        [&](Entry&, Entries args) { consumer_.return_call(func, type, args); });
  } else {
    do_call_with(type, {}, [&](Entry&, Entries args, Entries results) {
      consumer_.call(func, type, args, results);
    });
  }
}

template <class C, bool K>
void FuncDecoder<C, K>::do_call_indirect(bool tail) {
  uint32_t index = imm_.index, table = imm_.index2;
  if (K && table != 0 && !features_.has(isa::Feature::reference_types))
    return reader_.malformed("zero byte expected: reference-types support is not enabled");
  if (bad_index(table, module_.tables.size(), "table")) return;
  if (K && !matches(module_.tables[table].type.elem, isa::kFuncRef))
    return type_mismatch(concat({"table ", std::to_string(table), " does not hold functions"}));
  const module::SubType* sub = composite(index, module::CompositeKind::func);
  if (sub == nullptr) return;
  const module::FuncType& type = sub->func;
  ValType address = table_address(table);
  if (tail) {
    do_return_call_with(type, address, [&](Entry& at, Entries args) {
      consumer_.return_call_indirect(index, table, type, at, args);
    });
  } else {
    do_call_with(type, address, [&](Entry& at, Entries args, Entries results) {
      consumer_.call_indirect(index, table, type, at, args, results);
    });
  }
}

template <class C, bool K>
void FuncDecoder<C, K>::do_call_ref(bool tail) {
  uint32_t index = imm_.index;
  const module::SubType* sub = composite(index, module::CompositeKind::func);
  if (sub == nullptr) return;
  const module::FuncType& type = sub->func;
  ValType callee = ValType::ref(isa::HeapType::concrete(index), true);
  if (tail) {
    do_return_call_with(type, callee, [&](Entry& ref, Entries args) {
      consumer_.return_call_ref(index, type, ref, args);
    });
  } else {
    do_call_with(type, callee, [&](Entry& ref, Entries args, Entries results) {
      consumer_.call_ref(index, type, ref, args, results);
    });
  }
}

}  // namespace zwasm::validate
