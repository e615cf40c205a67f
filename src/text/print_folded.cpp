// The folded form: a tree for each body, then the tree as text.
#include <algorithm>

#include "base/format.h"
#include "isa/op_shape.h"
#include "module/reader.h"
#include "text/print_code.h"

namespace zwasm::text {

using isa::Imm;
using isa::Op;

namespace {

constexpr size_t kLineWidth = 72;
constexpr std::string_view kHintText = "(@metadata.code.branch_hint \"\\0";

}  // namespace

// --- what instructions take and leave ---------------------------------------------------------

CodePrinter::Arity CodePrinter::call_arity(uint32_t type, size_t extra) const {
  const module::FuncType* func = text_.func_type(type);
  if (func == nullptr) return {};
  return {func->params.size() + extra, func->results.size()};
}

CodePrinter::Arity CodePrinter::block_arity(const module::BlockType& block) const {
  switch (block.kind) {
    case module::BlockType::Kind::empty: return {0, 0};
    case module::BlockType::Kind::value: return {0, 1};
    case module::BlockType::Kind::type: return call_arity(block.type, 0);
  }
  return {};
}

size_t CodePrinter::label_arity(uint32_t depth) const {
  return depth < blocks_.size() ? blocks_[blocks_.size() - 1 - depth].label_arity : 0;
}

CodePrinter::Arity CodePrinter::arity(Op op, const module::Immediates& imm) const {
  const isa::OpShape& shape = isa::op_shape(op);
  if (shape.simple) return {shape.arg_count, shape.result_count};
  // The ops with typing of their own, as far as it does not depend on more than their immediates.
  static constexpr struct {
    Op op;
    uint8_t args, results;
  } kFixed[] = {
      {Op::throw_ref, 1, 0},
      {Op::drop, 1, 0},
      {Op::select, 3, 1},
      {Op::select_t, 3, 1},
      {Op::local_get, 0, 1},
      {Op::local_set, 1, 0},
      {Op::local_tee, 1, 1},
      {Op::global_get, 0, 1},
      {Op::global_set, 1, 0},
      {Op::table_get, 1, 1},
      {Op::table_set, 2, 0},
      {Op::table_size, 0, 1},
      {Op::table_grow, 2, 1},
      {Op::table_fill, 3, 0},
      {Op::table_copy, 3, 0},
      {Op::table_init, 3, 0},
      {Op::memory_init, 3, 0},
      {Op::memory_copy, 3, 0},
      {Op::memory_fill, 3, 0},
      {Op::ref_null, 0, 1},
      {Op::ref_is_null, 1, 1},
      {Op::ref_func, 0, 1},
      {Op::ref_eq, 2, 1},
      {Op::ref_as_non_null, 1, 1},
      {Op::br_on_null, 1, 1},
      {Op::br_on_non_null, 1, 0},
      {Op::br_on_cast, 1, 1},
      {Op::br_on_cast_fail, 1, 1},
      {Op::struct_new_default, 0, 1},
      {Op::struct_get, 1, 1},
      {Op::struct_get_s, 1, 1},
      {Op::struct_get_u, 1, 1},
      {Op::struct_set, 2, 0},
      {Op::array_new, 2, 1},
      {Op::array_new_default, 1, 1},
      {Op::array_new_data, 2, 1},
      {Op::array_new_elem, 2, 1},
      {Op::array_get, 2, 1},
      {Op::array_get_s, 2, 1},
      {Op::array_get_u, 2, 1},
      {Op::array_set, 3, 0},
      {Op::array_len, 1, 1},
      {Op::array_fill, 4, 0},
      {Op::array_copy, 5, 0},
      {Op::array_init_data, 4, 0},
      {Op::array_init_elem, 4, 0},
      {Op::ref_test, 1, 1},
      {Op::ref_test_null, 1, 1},
      {Op::ref_cast, 1, 1},
      {Op::ref_cast_null, 1, 1},
      {Op::any_convert_extern, 1, 1},
      {Op::extern_convert_any, 1, 1},
      {Op::ref_i31, 1, 1},
      {Op::i31_get_s, 1, 1},
      {Op::i31_get_u, 1, 1},
  };
  for (const auto& fixed : kFixed) {
    if (fixed.op == op) return {fixed.args, fixed.results};
  }
  if (op == Op::call || op == Op::return_call) {
    return imm.index < module_.funcs.size() ? call_arity(module_.funcs[imm.index].type, 0)
                                            : Arity{};
  }
  if (op == Op::call_indirect || op == Op::return_call_indirect || op == Op::call_ref ||
      op == Op::return_call_ref) {
    return call_arity(imm.index, 1);
  }
  if (op == Op::throw_) {
    return imm.index < module_.tags.size()
               ? Arity{call_arity(module_.tags[imm.index].type, 0).args, 0}
               : Arity{};
  }
  if (op == Op::return_) return {blocks_.front().label_arity, 0};
  if (op == Op::br) return {label_arity(imm.index), 0};
  if (op == Op::br_table) return {label_arity(imm.index) + 1, 0};
  if (op == Op::br_if) {
    size_t values = label_arity(imm.index);
    return {values + 1, values};
  }
  if (op == Op::struct_new && imm.index < module_.types.size()) {
    return {module_.types[imm.index].fields.size(), 1};
  }
  if (op == Op::array_new_fixed) return {imm.index2, 1};
  return {};
}

// --- building ---------------------------------------------------------------------------------

uint32_t CodePrinter::add_node(std::string text, size_t results) {
  Node node;
  node.begin = texts_.size();
  texts_ += text;
  node.end = texts_.size();
  node.width = text.size() + 2;
  node.results = results;
  nodes_.push_back(node);
  return static_cast<uint32_t>(nodes_.size() - 1);
}

void CodePrinter::add_child(uint32_t parent, uint32_t child) {
  Node& node = nodes_[parent];
  if (node.first == kNone) node.first = child;
  else nodes_[node.last].next = child;
  node.last = child;
  node.width += nodes_[child].width + 1;
}

// The values right before an instruction become its operands, as many as it takes.
void CodePrinter::take_operands(uint32_t node, size_t count) {
  std::vector<uint32_t>& items = blocks_.back().items;
  size_t first = items.size();
  while (count-- > 0 && first > 0 && nodes_[items[first - 1]].results == 1) --first;
  for (size_t i = first; i < items.size(); ++i) add_child(node, items[i]);
  items.resize(first);
}

void CodePrinter::open_block(Op op, const module::Immediates& imm, int8_t hint) {
  Arity types = block_arity(imm.block);
  std::string text;
  text_.append(text, op, imm);
  uint32_t node = add_node(std::move(text), types.results);
  nodes_[node].hint = hint;
  if (op == Op::if_) take_operands(node, 1);
  Block block;
  block.node = node;
  block.results = types.results;
  block.label_arity = op == Op::loop ? types.args : types.results;
  if (op == Op::if_) block.part = add_node("then", 0);
  if (op == Op::try_) block.part = add_node("do", 0);
  blocks_.push_back(std::move(block));
}

void CodePrinter::close_part() {
  Block& block = blocks_.back();
  uint32_t into = block.part == kNone ? block.node : block.part;
  for (uint32_t item : block.items) add_child(into, item);
  block.items.clear();
  if (block.part != kNone) add_child(block.node, block.part);
  block.part = kNone;
}

void CodePrinter::close_block() {
  close_part();
  uint32_t node = blocks_.back().node;
  blocks_.pop_back();
  blocks_.back().items.push_back(node);
}

void CodePrinter::build_instruction(Op op, const module::Immediates& imm, int8_t hint) {
  std::string text;
  if (opens_block(op)) {
    open_block(op, imm, hint);
  } else if (op == Op::end) {
    close_block();
    text_.leave();
  } else if (op == Op::else_ || op == Op::catch_ || op == Op::catch_all) {
    close_part();
    text_.append(text, op, imm);
    blocks_.back().part = add_node(std::move(text), 0);
  } else if (op == Op::delegate) {
    close_part();
    text_.leave();
    text_.append(text, op, imm);
    blocks_.back().part = add_node(std::move(text), 0);
    close_block();
  } else {
    Arity types = arity(op, imm);
    text_.append(text, op, imm);
    uint32_t node = add_node(std::move(text), types.results);
    nodes_[node].hint = hint;
    take_operands(node, types.args);
    blocks_.back().items.push_back(node);
  }
}

void CodePrinter::build(std::span<const uint8_t> code, uint64_t offset,
                        std::span<const PrintHint> hints) {
  texts_.clear();
  nodes_.clear();
  blocks_.assign(1, Block{});
  module::Reader reader(code, offset);
  while (ok_) {
    uint64_t at = reader.offset();
    Op op = module::read_op(reader);
    module::Immediates imm;
    module::read_immediates(reader, isa::op_info(op).imm, imm, storage_);
    if (!reader.ok()) return fail(reader.error());
    bool within = op == Op::end || op == Op::delegate || op == Op::else_ || op == Op::catch_ ||
                  op == Op::catch_all;
    if (within && blocks_.size() == 1) {
      if (op == Op::end) break;
      return fail({LoadError::Kind::malformed,
                   fmt::format("`{}` outside of a block", isa::op_info(op).text), at});
    }
    while (!hints.empty() && hints.front().offset < at - offset) hints = hints.subspan(1);
    int8_t hint = -1;
    if (!hints.empty() && hints.front().offset == at - offset) hint = hints.front().likely;
    build_instruction(op, imm, hint);
  }
  if (ok_ && !reader.at_end()) {
    fail(
        {LoadError::Kind::malformed, "operators remaining after end of function", reader.offset()});
  }
}

// --- writing ----------------------------------------------------------------------------------

void CodePrinter::write(std::span<const uint32_t> roots, size_t depth, bool one_line) {
  struct Open {
    uint32_t next;  // child
    bool one_line;
  };
  std::vector<Open> open;
  auto begin = [&](uint32_t index) {
    const Node& node = nodes_[index];
    if (node.hint >= 0) out_.put("{}{}\") ", kHintText, int{node.hint});
    out_.put("({}", std::string_view(texts_).substr(node.begin, node.end - node.begin));
    open.push_back({node.first, one_line || (!open.empty() && open.back().one_line) ||
                                    node.width <= kLineWidth});
  };
  for (uint32_t root : roots) {
    if (one_line) out_.put(" ");
    else out_.line(depth);
    begin(root);
    while (!open.empty()) {
      uint32_t child = open.back().next;
      if (child == kNone) {
        out_.put(")");
        open.pop_back();
        continue;
      }
      open.back().next = nodes_[child].next;
      if (open.back().one_line) out_.put(" ");
      else out_.line(depth + open.size());
      begin(child);
    }
  }
}

void CodePrinter::folded(std::span<const uint8_t> code, uint64_t offset,
                         std::span<const PrintHint> hints, size_t depth) {
  build(code, offset, hints);
  if (ok_) write(blocks_.front().items, depth, false);
}

void CodePrinter::constant(const module::ConstExpr& expr, std::string_view wrapper) {
  text_.begin(InstructionText::kNoFunction);
  build(expr.code, expr.offset, {});
  if (!ok_) return;
  const std::vector<uint32_t>& items = blocks_.front().items;
  bool wrap = items.size() != 1 && !wrapper.empty();
  if (wrap) out_.put(" ({}", wrapper);
  write(items, 0, true);
  if (wrap) out_.put(")");
}

}  // namespace zwasm::text
