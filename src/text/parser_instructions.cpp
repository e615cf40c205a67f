// Pass 3: function bodies; instruction sequences, flat and folded.
//
// A folded form turns into a flat one by emitting an operator behind its operands:
//
//   (i32.add (local.get 0) (i32.const 1))   =>   local.get 0  i32.const 1  i32.add
//
// so the operator's bytes wait in `pending_` until its parenthesis closes. Constructs that hold
// instructions, flat or folded, are frames on a stack of our own; a million nested parentheses
// cost memory, not the machine's stack.
#include "base/format.h"
#include "text/module_parser.h"

namespace zwasm::text {

using isa::Op;

namespace {

bool opens_block(Op op) {
  return op == Op::block || op == Op::loop || op == Op::if_ || op == Op::try_ ||
         op == Op::try_table;
}

// What stands within a construct or ends it, and is no instruction by itself.
bool divides_block(Op op) {
  return op == Op::else_ || op == Op::catch_ || op == Op::catch_all || op == Op::delegate ||
         op == Op::end;
}

}  // namespace

void ModuleParser::parse_bodies() {
  for (const Field& field : fields_) {
    if (!cursor_.ok()) return;
    if (field.kind == FieldKind::func && field.index >= module_.imported_funcs) func_body(field);
  }
}

void ModuleParser::func_body(const Field& field) {
  cursor_.seek(field.contents);
  if (cursor_.at(TokenKind::id)) cursor_.take();
  name_annotation();
  while (cursor_.accept_form("export")) cursor_.skip_group();
  function_ = field.index;
  labels_seen_ = 0;
  locals_.clear();
  TypeUse use = type_use(ParamNames::declare);
  local_count_ = static_cast<uint32_t>(use.params.size());
  std::vector<module::LocalRun> runs;
  parse_locals(runs);

  map_.begin_body(field.offset);
  in_function_ = true;
  module::FuncBody body;
  module::ConstExpr code = const_expr_until_close();
  in_function_ = false;
  cursor_.expect_close();
  body.locals = module_.arena.copy(runs);
  body.code = code.code;
  body.offset = code.offset;
  module_.bodies.push_back(body);
}

void ModuleParser::parse_locals(std::vector<module::LocalRun>& runs) {
  while (cursor_.accept_form("local")) {
    bool named = cursor_.at(TokenKind::id);
    if (named) {
      Token id = cursor_.take();
      std::string_view text = id_text(id);
      if (!locals_.insert(text, local_count_)) {
        cursor_.fail(id.offset, fmt::format("duplicate local identifier ${}", text));
      }
      names_.set(NameKind::local, function_, local_count_, text);
    }
    if (auto name = name_annotation()) {
      named = true;
      names_.set(NameKind::local, function_, local_count_, *name);
    }
    while (named || !cursor_.at_close()) {
      isa::ValType type = val_type();
      ++local_count_;
      if (!runs.empty() && runs.back().type == type) ++runs.back().count;
      else runs.push_back({1, type});
      if (named) break;
    }
    cursor_.expect_close();
  }
}

// The instructions up to the parenthesis that closes whatever holds them.
module::ConstExpr ModuleParser::const_expr_until_close() {
  code_.clear();
  instructions();
  return finish_expr();
}

// `(offset e)`, or a single folded instruction.
module::ConstExpr ModuleParser::offset_expr() {
  if (!cursor_.accept_form("offset")) return folded_const_expr();
  module::ConstExpr expr = const_expr_until_close();
  cursor_.expect_close();
  return expr;
}

module::ConstExpr ModuleParser::folded_const_expr() {
  code_.clear();
  frames_.assign(1, Frame{});
  if (!cursor_.at(TokenKind::lparen)) cursor_.unexpected("an instruction in parentheses");
  only_folded_ = true;
  do {
    instruction();
  } while (cursor_.ok() && frames_.size() > 1);
  only_folded_ = false;
  return finish_expr();
}

module::ConstExpr ModuleParser::finish_expr() {
  module::write_op(code_, Op::end);
  labels_.clear();
  return {module_.arena.copy(code_), cursor_.offset()};
}

void ModuleParser::instructions() {
  frames_.assign(1, Frame{});
  labels_.clear();
  pending_.clear();
  if (in_function_) labels_.push({});  // of the function itself
  hint_ = kNoHint;
  while (cursor_.ok()) {
    if (frames_.size() == 1 && cursor_.at_close()) break;
    instruction();
  }
  if (hint_ != kNoHint) {
    cursor_.fail(hint_offset_,
                 "@metadata.code.branch_hint annotation: it must precede an instruction");
  }
}

// One step: an instruction, or the beginning, a part or the end of a construct.
void ModuleParser::instruction() {
  FrameKind kind = frames_.back().kind;
  if (cursor_.at(TokenKind::annotation)) {
    branch_hint();
  } else if (cursor_.at(TokenKind::rparen)) {
    close_folded();
  } else if (kind == FrameKind::folded_tail ||
             (kind == FrameKind::folded_if && cursor_.at_form("then"))) {
    folded_if_part();
  } else if (kind == FrameKind::folded_try) {
    folded_try_part();
  } else if (cursor_.at(TokenKind::lparen)) {
    folded_instruction();
  } else if (cursor_.at(TokenKind::keyword) && kind != FrameKind::folded_if &&
             !(kind == FrameKind::plain && only_folded_)) {
    // Flat instructions as operands of a folded one are no part of the specification, but other
    // tools read them in bodies: `(ref.i31 local.get 1)`.
    flat_instruction(cursor_.take());
  } else {
    cursor_.unexpected(kind == FrameKind::folded_if ? "`(then` or a folded instruction"
                       : kind == FrameKind::plain   ? "`)` or a folded instruction"
                                                    : "an instruction");
  }
}

void ModuleParser::flat_instruction(const Token& keyword) {
  std::optional<Op> op = isa::op_by_name(keyword.text);
  if (!op) {
    cursor_.seek(keyword.offset);
    cursor_.unexpected("an instruction");
    return;
  }
  if (opens_block(*op)) block_start(*op, keyword.offset, false);
  else if (*op == Op::end) flat_end(keyword);
  else if (*op == Op::else_) flat_else(keyword);
  else if (*op == Op::catch_ || *op == Op::catch_all) flat_catch(*op, keyword);
  else if (*op == Op::delegate) flat_delegate(keyword);
  else emit_op(*op, keyword.offset);
}

void ModuleParser::folded_instruction() {
  cursor_.take();
  Token keyword = cursor_.expect(TokenKind::keyword, "an instruction");
  if (!cursor_.ok()) return;
  std::optional<Op> op = isa::op_by_name(keyword.text);
  if (!op || divides_block(*op)) {
    cursor_.seek(keyword.offset);
    cursor_.unexpected("an instruction");
    return;
  }
  if (opens_block(*op)) {
    block_start(*op, keyword.offset, true);
    return;
  }
  Frame frame;
  frame.kind = FrameKind::plain;
  frame.folded = true;
  frame.hint = std::exchange(hint_, kNoHint);
  frame.offset = keyword.offset;
  frame.pending = pending_.size();
  parse_op(*op, pending_);
  frames_.push_back(frame);
}

void ModuleParser::emit_op(Op op, size_t offset) {
  note_op(offset, std::exchange(hint_, kNoHint));
  parse_op(op, code_);
}

// Called where an op is about to be appended to the code.
void ModuleParser::note_op(size_t offset, uint8_t hint) {
  if (!in_function_) return;
  map_.note_instruction(code_.size(), offset);
  if (hint != kNoHint) hints_.push_back({function_, static_cast<uint32_t>(code_.size()), hint});
}

void ModuleParser::emit_pending(Frame& frame) {
  note_op(frame.offset, frame.hint);
  code_.insert(code_.end(), pending_.begin() + static_cast<ptrdiff_t>(frame.pending),
               pending_.end());
  pending_.resize(frame.pending);
}

// --- blocks -----------------------------------------------------------------------------------

// An optional identifier and `@name` of a construct that is a label.
std::string_view ModuleParser::label_name() {
  std::string_view label, name;
  if (cursor_.at(TokenKind::id)) name = label = id_text(cursor_.take());
  bool named = !label.empty();
  if (auto given = name_annotation()) {
    name = *given;
    named = true;
  }
  if (named && in_function_) names_.set(NameKind::label, function_, labels_seen_, name);
  ++labels_seen_;
  return label;
}

void ModuleParser::block_start(Op op, size_t offset, bool folded) {
  Frame frame;
  frame.folded = folded;
  frame.offset = offset;
  frame.hint = std::exchange(hint_, kNoHint);
  frame.label = label_name();
  frame.pending = pending_.size();
  parse_op(op, pending_);
  if (!cursor_.ok()) return;
  if (op == Op::if_ && folded) {
    // The condition comes first, outside the label.
    frame.kind = FrameKind::folded_if;
    frames_.push_back(frame);
    return;
  }
  frame.kind = op == Op::if_    ? FrameKind::if_
               : op == Op::try_ ? (folded ? FrameKind::folded_try : FrameKind::try_)
                                : FrameKind::block;
  emit_pending(frame);
  frame.hint = kNoHint;
  labels_.push(frame.label);
  frames_.push_back(frame);
}

// `then`, and behind it `else`, of a folded `if`.
void ModuleParser::folded_if_part() {
  Frame& frame = frames_.back();
  if (frame.kind == FrameKind::folded_if) {
    cursor_.accept_form("then");
    emit_pending(frame);
    labels_.push(frame.label);
    frame.kind = FrameKind::folded_tail;
  } else if (!frame.has_else && cursor_.at_form("else")) {
    size_t offset = cursor_.offset();
    cursor_.accept_form("else");
    frame.has_else = true;
    note_op(offset, kNoHint);
    module::write_op(code_, Op::else_);
  } else {
    cursor_.unexpected(frame.has_else ? "`)`" : "`(else` or `)`");
    return;
  }
  Frame part;
  part.kind = FrameKind::folded_then;
  part.folded = true;
  frames_.push_back(part);
}

// The parts of a folded legacy `try`: do, then catch… and catch_all, or delegate.
void ModuleParser::folded_try_part() {
  Frame& frame = frames_.back();
  size_t offset = cursor_.offset();
  Frame part;
  part.kind = FrameKind::folded_part;
  part.folded = true;
  if (!frame.has_do && cursor_.accept_form("do")) {
    frame.has_do = true;
  } else if (frame.has_do && !frame.has_else && cursor_.accept_form("catch")) {
    frame.has_catch = true;
    note_op(offset, kNoHint);
    parse_op(Op::catch_, code_);
  } else if (frame.has_do && !frame.has_else && cursor_.accept_form("catch_all")) {
    frame.has_catch = frame.has_else = true;
    note_op(offset, kNoHint);
    parse_op(Op::catch_all, code_);
  } else if (frame.has_do && !frame.has_catch && cursor_.accept_form("delegate")) {
    frame.has_catch = frame.has_else = frame.delegated = true;
    note_op(offset, kNoHint);
    labels_.pop();
    parse_op(Op::delegate, code_);
    cursor_.expect_close();
    return;
  } else {
    cursor_.unexpected(frame.has_do ? "catch, catch_all, delegate or `)`" : "`(do`");
    return;
  }
  frames_.push_back(part);
}

// A `)` in a sequence of instructions: the end of the innermost folded form.
void ModuleParser::close_folded() {
  Frame frame = frames_.back();
  if (hint_ != kNoHint) {
    cursor_.fail(hint_offset_,
                 "@metadata.code.branch_hint annotation: it must precede an instruction");
    return;
  }
  switch (frame.kind) {
    case FrameKind::plain: emit_pending(frame); break;
    case FrameKind::folded_then:
    case FrameKind::folded_part: break;
    case FrameKind::folded_if: cursor_.unexpected("`(then`: control frames remain open"); return;
    case FrameKind::folded_try:
      if (!frame.has_do) {
        cursor_.unexpected("`(do`");
        return;
      }
      [[fallthrough]];
    case FrameKind::folded_tail:
    case FrameKind::block:
    case FrameKind::if_:
    case FrameKind::else_:
    case FrameKind::try_:
    case FrameKind::catch_:
    case FrameKind::catch_all:
    case FrameKind::body:
      if (!frame.folded) {
        cursor_.unexpected(frame.kind == FrameKind::body ? "an instruction" : "`end`");
        return;
      }
      if (!frame.delegated) {
        note_op(cursor_.offset(), kNoHint);
        module::write_op(code_, Op::end);
        labels_.pop();
      }
      break;
  }
  cursor_.take();
  frames_.pop_back();
}

// The identifier that may be repeated behind `end` and `else`.
void ModuleParser::closing_label(std::string_view label) {
  if (!cursor_.at(TokenKind::id)) return;
  Token id = cursor_.take();
  if (id_text(id) != label) {
    cursor_.fail(id.offset, fmt::format("mismatching label ${}", id_text(id)));
  }
}

void ModuleParser::flat_end(const Token& keyword) {
  Frame& frame = frames_.back();
  bool opened_flat = !frame.folded && frame.kind != FrameKind::body;
  if (!opened_flat) {
    cursor_.fail(keyword.offset,
                 "unexpected token `end`: no block is open here; operators remaining after end of "
                 "function");
    return;
  }
  note_op(keyword.offset, kNoHint);
  module::write_op(code_, Op::end);
  closing_label(frame.label);
  labels_.pop();
  frames_.pop_back();
}

void ModuleParser::flat_else(const Token& keyword) {
  Frame& frame = frames_.back();
  if (frame.folded || frame.kind != FrameKind::if_) {
    cursor_.fail(keyword.offset, "unexpected token `else`: no if is open here");
    return;
  }
  note_op(keyword.offset, kNoHint);
  module::write_op(code_, Op::else_);
  closing_label(frame.label);
  frame.kind = FrameKind::else_;
}

void ModuleParser::flat_catch(Op op, const Token& keyword) {
  Frame& frame = frames_.back();
  if (frame.folded || (frame.kind != FrameKind::try_ && frame.kind != FrameKind::catch_)) {
    cursor_.fail(keyword.offset,
                 fmt::format("unexpected token `{}`: no try is open here", keyword.text));
    return;
  }
  emit_op(op, keyword.offset);
  frame.kind = op == Op::catch_ ? FrameKind::catch_ : FrameKind::catch_all;
}

void ModuleParser::flat_delegate(const Token& keyword) {
  Frame& frame = frames_.back();
  if (frame.folded || frame.kind != FrameKind::try_) {
    cursor_.fail(keyword.offset, "unexpected token `delegate`: no try is open here");
    return;
  }
  labels_.pop();  // the label is counted from outside the try
  emit_op(Op::delegate, keyword.offset);
  frames_.pop_back();
}

// --- branch hints -----------------------------------------------------------------------------

void ModuleParser::branch_hint() {
  if (!cursor_.at_annotation("metadata.code.branch_hint")) {
    cursor_.unexpected();
    return;
  }
  size_t offset = cursor_.take().offset;
  constexpr std::string_view kWhere = "@metadata.code.branch_hint annotation: ";
  if (!in_function_) {
    cursor_.fail(offset, fmt::format("{}not in a function", kWhere));
    return;
  }
  if (hint_ != kNoHint) {
    cursor_.fail(offset, fmt::format("{}duplicate annotation", kWhere));
    return;
  }
  if (!cursor_.at(TokenKind::string)) {
    cursor_.fail(cursor_.offset(), fmt::format("{}expected a string", kWhere));
    return;
  }
  std::string_view value = string_bytes(cursor_.take());
  if (value.size() != 1 || (value[0] != 0 && value[0] != 1)) {
    cursor_.fail(offset, fmt::format("{}invalid value for branch hint, expected \"\\00\" or "
                                     "\"\\01\"",
                                     kWhere));
    return;
  }
  cursor_.expect_close();
  hint_ = static_cast<uint8_t>(value[0]);
  hint_offset_ = offset;
  // It stands right before the instruction that it is about.
  size_t ahead = cursor_.at(TokenKind::lparen) ? 1 : 0;
  const Token& target = cursor_.peek(ahead);
  if (target.kind != TokenKind::keyword) return;
  auto op = isa::op_by_name(target.text);
  if (!op || cursor_.at_form("then")) {
    cursor_.fail(offset, fmt::format("{}it must precede an instruction", kWhere));
  } else if (*op != Op::if_ && *op != Op::br_if) {
    cursor_.fail(offset,
                 fmt::format("{}invalid target: `{}` is neither if nor br_if", kWhere, target.text),
                 LoadError::Kind::invalid);
  }
}

}  // namespace zwasm::text
