// What follows an opcode, by the kind of immediate: never by the op itself.
#include <bit>

#include "base/format.h"
#include "text/module_parser.h"

namespace zwasm::text {

using isa::Imm;
using isa::Op;

void ModuleParser::parse_op(Op op, std::vector<uint8_t>& out) {
  module::Immediates imm;
  parse_immediates(op, imm);
  if (!cursor_.ok()) return;
  module::write_op(out, op);
  module::write_immediates(out, isa::op_info(op).imm, imm);
}

void ModuleParser::parse_immediates(Op& op, module::Immediates& imm) {
  auto sibling = [&] { op = static_cast<Op>(static_cast<uint16_t>(op) + 1); };
  switch (isa::op_info(op).imm) {
    case Imm::none:
      // `select` with types is another op of the same name, the next in the table.
      if (op == Op::select && cursor_.at_form("result")) {
        sibling();
        parse_immediates(op, imm);
      }
      break;
    case Imm::block_type: imm.block = block_type(); break;
    case Imm::try_table:
      imm.block = block_type();
      catch_clauses(imm);
      break;
    case Imm::label: imm.index = label_index(); break;
    case Imm::label_table: label_table(imm); break;
    case Imm::func: imm.index = index_of(Space::func); break;
    case Imm::type_table:
      if (cursor_.at_index()) imm.index2 = index_of(Space::table);
      imm.index = resolve_type_use(type_use(ParamNames::refuse));
      break;
    case Imm::type: imm.index = index_of(Space::type); break;
    case Imm::local:
      if (cursor_.at(TokenKind::id)) {
        Token id = cursor_.take();
        auto local = locals_.find(id_text(id));
        if (!local) cursor_.fail(id.offset, fmt::format("unknown local ${}", id_text(id)));
        imm.index = local.value_or(0);
      } else {
        if (!cursor_.at(TokenKind::integer)) cursor_.unexpected("a local index");
        imm.index = u32_index();
      }
      break;
    case Imm::global: imm.index = index_of(Space::global); break;
    case Imm::table:
      if (cursor_.at_index()) imm.index = index_of(Space::table);
      break;
    case Imm::table_table: index_pair(Space::table, Space::table, imm, true); break;
    case Imm::elem_table: index_pair(Space::table, Space::elem, imm, false); break;
    case Imm::elem: imm.index = index_of(Space::elem); break;
    case Imm::data:
      needs_data_count_ = true;
      imm.index = index_of(Space::data);
      break;
    case Imm::data_memory:
      needs_data_count_ = true;
      index_pair(Space::memory, Space::data, imm, false);
      break;
    case Imm::memory:
      if (cursor_.at_index()) imm.index = index_of(Space::memory);
      break;
    case Imm::memory_memory: index_pair(Space::memory, Space::memory, imm, true); break;
    case Imm::memarg: memarg(imm, isa::op_info(op).width, false); break;
    case Imm::memarg_lane:
      memarg(imm, isa::op_info(op).width, true);
      imm.lane = lane_index();
      break;
    case Imm::lane: imm.lane = lane_index(); break;
    case Imm::lanes:
      shuffle_lanes();
      imm.bytes = vector_.data();
      break;
    case Imm::v128_const:
      vector_constant(vector_);
      imm.bytes = vector_.data();
      break;
    case Imm::i32_const: imm.value = integer(32, "i32"); break;
    case Imm::i64_const: imm.value = integer(64, "i64"); break;
    case Imm::f32_const: imm.value = float_constant(32); break;
    case Imm::f64_const: imm.value = float_constant(64); break;
    case Imm::heap_type: imm.heap = heap_type(); break;
    case Imm::ref_type:
    case Imm::ref_type_null: {
      isa::ValType type = ref_type();
      if (type.is_ref()) {
        imm.heap = type.heap();
        if (type.nullable()) sibling();
      }
      break;
    }
    case Imm::br_cast:
      imm.index = label_index();
      imm.from = ref_type();
      imm.to = ref_type();
      break;
    case Imm::select_types:
      select_types_.clear();
      val_types("result", ParamNames::refuse, select_types_);
      imm.types = select_types_;
      break;
    case Imm::type_field: field_index(imm); break;
    case Imm::type_type:
      imm.index = index_of(Space::type);
      imm.index2 = index_of(Space::type);
      break;
    case Imm::type_count:
      imm.index = index_of(Space::type);
      imm.index2 = u32_index();
      break;
    case Imm::type_data:
      needs_data_count_ = true;
      imm.index = index_of(Space::type);
      imm.index2 = index_of(Space::data);
      break;
    case Imm::type_elem:
      imm.index = index_of(Space::type);
      imm.index2 = index_of(Space::elem);
      break;
    case Imm::tag: imm.index = index_of(Space::tag); break;
    case Imm::fence: break;
  }
}

// A label as its depth: a number is one already, an identifier is looked for from the inside.
uint32_t ModuleParser::label_index() {
  if (!cursor_.at(TokenKind::id)) {
    if (!cursor_.at(TokenKind::integer)) cursor_.unexpected("a label");
    return u32_index();
  }
  Token id = cursor_.take();
  std::string_view text = id_text(id);
  if (auto position = labels_.find(text)) {
    return static_cast<uint32_t>(labels_.size() - 1 - *position);
  }
  cursor_.fail(id.offset, fmt::format("unknown label ${}", text));
  return 0;
}

void ModuleParser::label_table(module::Immediates& imm) {
  label_list_.clear();
  do {
    label_list_.push_back(label_index());
  } while (cursor_.at_index());
  imm.index = label_list_.back();
  label_list_.pop_back();
  imm.labels = label_list_;
}

void ModuleParser::catch_clauses(module::Immediates& imm) {
  using Kind = module::CatchClause::Kind;
  static constexpr struct {
    std::string_view word;
    Kind kind;
  } kClauses[] = {{"catch", Kind::catch_},
                  {"catch_ref", Kind::catch_ref},
                  {"catch_all", Kind::catch_all},
                  {"catch_all_ref", Kind::catch_all_ref}};
  catches_.clear();
  for (bool more = true; more;) {
    more = false;
    for (const auto& [word, kind] : kClauses) {
      if (!cursor_.accept_form(word)) continue;
      module::CatchClause clause;
      clause.kind = kind;
      if (clause.has_tag()) clause.tag = index_of(Space::tag);
      clause.label = label_index();
      cursor_.expect_close();
      catches_.push_back(clause);
      more = true;
    }
  }
  imm.catches = catches_;
}

// `memory? offset=N? align=N?`. Where a lane index follows, a number is the memory only if another
// operand comes behind it.
void ModuleParser::memarg(module::Immediates& imm, uint32_t width, bool lane_follows) {
  bool has_memory = cursor_.at_index();
  if (has_memory && lane_follows && cursor_.at(TokenKind::integer)) {
    const Token& next = cursor_.peek(1);
    has_memory = next.kind == TokenKind::integer ||
                 (next.kind == TokenKind::keyword &&
                  (next.text.starts_with("offset=") || next.text.starts_with("align=")));
  }
  if (has_memory) imm.index = index_of(Space::memory);
  imm.align = static_cast<uint8_t>(std::countr_zero(width));
  auto number = [&](std::string_view prefix) -> std::optional<uint64_t> {
    if (!cursor_.at(TokenKind::keyword) || !cursor_.peek().text.starts_with(prefix)) {
      return std::nullopt;
    }
    Token token = cursor_.take();
    std::string_view digits = token.text.substr(prefix.size());
    bool sign = digits.starts_with('+') || digits.starts_with('-');
    if (sign || number_form(digits) != NumberForm::integer) {
      cursor_.fail(token.offset, fmt::format("unknown operator {}", token.text));
      return std::nullopt;
    }
    auto value = parse_unsigned(digits, 64);
    if (!value)
      cursor_.fail(token.offset, fmt::format("{}: i64 constant out of range", token.text));
    return value;
  };
  if (auto offset = number("offset=")) imm.value = *offset;
  size_t offset = cursor_.offset();
  if (auto align = number("align=")) {
    if (!std::has_single_bit(*align)) {
      cursor_.fail(offset, "alignment must be a power of two");
    } else {
      imm.align = static_cast<uint8_t>(std::countr_zero(*align));
    }
  }
}

// Two indices, in the text the container first. Both may be left out, or only the container
// (`memory.init $d`), which is then index 0. In the binary the segment comes first.
void ModuleParser::index_pair(Space first, Space second, module::Immediates& imm,
                              bool pair_needed) {
  if (pair_needed) {
    if (!cursor_.at_index()) return;
    imm.index = index_of(first);
    imm.index2 = index_of(second);
    return;
  }
  TokenKind next = cursor_.peek(1).kind;
  if (cursor_.at_index() && (next == TokenKind::integer || next == TokenKind::id)) {
    imm.index2 = index_of(first);
  }
  imm.index = index_of(second);
}

void ModuleParser::field_index(module::Immediates& imm) {
  imm.index = index_of(Space::type);
  if (!cursor_.at(TokenKind::id)) {
    if (!cursor_.at(TokenKind::integer)) cursor_.unexpected("a field index");
    imm.index2 = u32_index();
    return;
  }
  Token id = cursor_.take();
  std::optional<uint32_t> field;
  if (imm.index < field_ids_.size()) field = field_ids_[imm.index].find(id_text(id));
  if (!field) cursor_.fail(id.offset, fmt::format("unknown field ${}", id_text(id)));
  imm.index2 = field.value_or(0);
}

// An integer of so many bits, as the bit pattern extended with zeros.
uint64_t ModuleParser::integer(unsigned bits, std::string_view what) {
  Token token = cursor_.expect(TokenKind::integer, fmt::format("an {} number", what));
  if (!cursor_.ok()) return 0;
  auto value = parse_integer(token.text, bits);
  if (!value) {
    cursor_.fail(token.offset, fmt::format("{} constant out of range: {}", what, token.text));
  }
  return value.value_or(0);
}

uint8_t ModuleParser::lane_index() {
  Token token = cursor_.expect(TokenKind::integer, "a lane index");
  if (!cursor_.ok()) return 0;
  bool is_signed = token.text[0] == '+' || token.text[0] == '-';
  auto value = parse_unsigned(is_signed ? token.text.substr(1) : token.text, 8);
  if (is_signed) {
    cursor_.fail(token.offset,
                 fmt::format("unexpected token `{}`: a lane index has no sign", token.text));
  } else if (!value) {
    cursor_.fail(token.offset, fmt::format("i8 constant out of range: lane index {}", token.text));
  }
  return value ? static_cast<uint8_t>(*value) : uint8_t{0};
}

// The sixteen lane indices of a shuffle.
void ModuleParser::shuffle_lanes() {
  size_t offset = cursor_.offset(), count = 0;
  for (; at_number(); ++count) {
    Token token = cursor_.take();
    auto value = parse_unsigned(token.text, 8);
    if (!value) {
      cursor_.fail(token.offset,
                   fmt::format("i8 constant out of range: lane index {}", token.text));
    } else if (count < vector_.size()) {
      vector_[count] = static_cast<uint8_t>(*value);
    }
  }
  if (count != vector_.size()) {
    cursor_.fail(offset, "invalid lane length: a shuffle takes 16 lane indices");
  }
}

// At a number of any kind; `inf` and `nan` are keywords to the lexer.
bool ModuleParser::at_number() {
  const Token& token = cursor_.peek();
  return token.kind == TokenKind::integer || token.kind == TokenKind::floating ||
         (token.kind == TokenKind::keyword && number_form(token.text) != NumberForm::none);
}

uint64_t ModuleParser::float_constant(unsigned bits) {
  if (!at_number()) {
    cursor_.unexpected(fmt::format("an f{} number", bits));
    return 0;
  }
  Token number = cursor_.take();
  FloatBits value = bits == 32 ? parse_f32(number.text) : parse_f64(number.text);
  if (value.status != FloatStatus::ok) {
    cursor_.fail(number.offset, fmt::format("f{} constant out of range: {}", bits, number.text));
  }
  return value.bits;
}

// `i8x16 0 1 …` and so on: the shape, then its lanes.
void ModuleParser::vector_constant(std::array<uint8_t, 16>& bytes) {
  static constexpr struct {
    std::string_view name;
    std::string_view lane;
    uint8_t bits;
    bool is_float;
  } kShapes[] = {{"i8x16", "i8", 8, false},   {"i16x8", "i16", 16, false},
                 {"i32x4", "i32", 32, false}, {"i64x2", "i64", 64, false},
                 {"f32x4", "f32", 32, true},  {"f64x2", "f64", 64, true}};
  bytes.fill(0);
  for (const auto& shape : kShapes) {
    if (!cursor_.accept_keyword(shape.name)) continue;
    unsigned lanes = 128u / shape.bits, step = shape.bits / 8u;
    size_t start = cursor_.offset(), count = 0;
    for (; at_number(); ++count) cursor_.take();
    bool nonsense = cursor_.at(TokenKind::reserved) ||
                    (cursor_.at(TokenKind::keyword) && !is_known_keyword(cursor_.peek().text));
    if (count != lanes && nonsense) {
      cursor_.unexpected("a number");
    } else if (count != lanes) {
      cursor_.fail(
          start, fmt::format("wrong number of lane literals: {} has {} lanes", shape.name, lanes));
    }
    cursor_.seek(start);
    for (unsigned lane = 0; lane < lanes; ++lane) {
      uint64_t value =
          shape.is_float ? float_constant(shape.bits) : integer(shape.bits, shape.lane);
      for (unsigned i = 0; i < step; ++i) {
        bytes[lane * step + i] = static_cast<uint8_t>(value >> (8 * i));
      }
    }
    return;
  }
  cursor_.unexpected("i8x16, i16x8, i32x4, i64x2, f32x4 or f64x2");
}

}  // namespace zwasm::text
