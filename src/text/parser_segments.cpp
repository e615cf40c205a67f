// Element and data segments. The form that a segment is written in decides the form (the flags) it
// has in the binary: a table or memory that is named explicitly is encoded explicitly.
#include "base/format.h"
#include "text/module_parser.h"

namespace zwasm::text {
namespace {

// Flags of element segments, by the specification; data segments use the first two likewise.
constexpr uint32_t kNotActive = 1;
constexpr uint32_t kExplicit = 2;  // of an active one: the index is given; else: declarative
constexpr uint32_t kExprs = 4;

// What a list of function indices makes: none of them is null.
constexpr isa::ValType kFunctions = isa::ValType::ref(isa::AbsHeap::func, false);

void append_little_endian(std::string& bytes, uint64_t value, unsigned count) {
  for (unsigned i = 0; i < count; ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
}

}  // namespace

// (elem $id? …), in one of
//
//   (elem declare? LIST)                            passive, declarative
//   (elem (table x)? (offset e) LIST)               active; the offset may be one folded
//   instruction LIST: func i* | reftype (item e)* | i*          the last one only without `(table
//   x)`
void ModuleParser::elem_field(const Field& field) {
  using Mode = module::ElemSegment::Mode;
  module::ElemSegment segment;
  segment.offset = field.offset;
  if (cursor_.at(TokenKind::id)) cursor_.take();
  name_override(Space::elem, field.index);
  bool bare_indices = false;
  if (cursor_.accept_keyword("declare")) {
    segment.mode = Mode::declarative;
    segment.flags = kNotActive | kExplicit;
  } else if (cursor_.accept_form("table")) {
    segment.mode = Mode::active;
    segment.flags = kExplicit;
    segment.table = index_of(Space::table);
    if (segment.table == 0 && !explicit_indices()) segment.flags = 0;
    cursor_.expect_close();
  } else if (cursor_.at_index()) {  // the table as in version 1.0
    segment.mode = Mode::active;
    segment.table = index_of(Space::table);
    segment.flags = segment.table == 0 ? 0 : kExplicit;
    bare_indices = true;
  } else if (cursor_.at(TokenKind::lparen) && !cursor_.at_form("ref")) {
    segment.mode = Mode::active;
    bare_indices = true;
  } else {
    segment.flags = kNotActive;
  }
  if (segment.mode == Mode::active) segment.start = offset_expr();
  elem_list(segment, bare_indices);
  cursor_.expect_close();
  module_.elems.push_back(segment);
  map_.note(SourceMap::Space::elem, field.offset);
}

void ModuleParser::elem_list(module::ElemSegment& segment, bool bare_indices) {
  if (cursor_.accept_keyword("func") ||
      (bare_indices && (cursor_.at_index() || cursor_.at_close()))) {
    elem_indices(segment);
    return;
  }
  segment.type = ref_type();
  segment.uses_exprs = true;
  segment.flags |= kExprs;
  // Of an active segment that does not name its table, the binary form implies the type.
  if (segment.mode == module::ElemSegment::Mode::active && segment.type != isa::kFuncRef) {
    segment.flags |= kExplicit;
  }
  elem_exprs(segment);
}

void ModuleParser::elem_indices(module::ElemSegment& segment) {
  std::vector<uint32_t> funcs;
  while (cursor_.at_index()) funcs.push_back(index_of(Space::func));
  segment.funcs = module_.arena.copy(funcs);
  segment.type = kFunctions;
}

void ModuleParser::elem_exprs(module::ElemSegment& segment) {
  std::vector<module::ConstExpr> exprs;
  while (!cursor_.at_close()) {
    if (cursor_.accept_form("item")) {
      exprs.push_back(const_expr_until_close());
      cursor_.expect_close();
    } else {
      exprs.push_back(folded_const_expr());
    }
  }
  segment.exprs = module_.arena.copy(exprs);
}

// A constant expression of zero, of the address type.
module::ConstExpr ModuleParser::zero_offset(bool is64) {
  code_.clear();
  module::write_op(code_, is64 ? isa::Op::i64_const : isa::Op::i32_const);
  code_.push_back(0);
  return finish_expr();
}

// From behind `(table … reftype (elem`, up to the parenthesis.
void ModuleParser::inline_elems(uint32_t table, module::TableType& type) {
  module::ElemSegment segment;
  segment.offset = cursor_.offset();
  segment.mode = module::ElemSegment::Mode::active;
  segment.table = table;
  segment.flags = table == 0 ? 0 : kExplicit;
  bool functions = type.elem == isa::kFuncRef || type.elem == kFunctions;
  if (cursor_.at_index() || (cursor_.at_close() && functions)) {
    elem_indices(segment);
    if (!functions) {  // indices stand for ref.func expressions of the table's type
      std::vector<module::ConstExpr> exprs;
      for (uint32_t func : segment.funcs) {
        code_.clear();
        module::Immediates imm;
        imm.index = func;
        module::write_op(code_, isa::Op::ref_func);
        module::write_immediates(code_, isa::Imm::func, imm);
        exprs.push_back(finish_expr());
      }
      segment.exprs = module_.arena.copy(exprs);
      segment.funcs = {};
      segment.uses_exprs = true;
    }
  } else {
    segment.uses_exprs = true;
    elem_exprs(segment);
  }
  if (segment.uses_exprs) {
    segment.type = type.elem;
    segment.flags |= kExprs | (type.elem == isa::kFuncRef ? 0 : kExplicit);
  }
  segment.start = zero_offset(type.limits.is64);
  type.limits.min = segment.size();
  type.limits.max = segment.size();
  module_.elems.push_back(segment);
  map_.note(SourceMap::Space::elem, segment.offset);
}

// (data $id? ((memory x)? (offset e))? "…"*)
void ModuleParser::data_field(const Field& field) {
  module::DataSegment segment;
  segment.offset = field.offset;
  if (cursor_.at(TokenKind::id)) cursor_.take();
  name_override(Space::data, field.index);
  segment.flags = kNotActive;
  if (cursor_.accept_form("memory")) {
    segment.active = true;
    segment.flags = kExplicit;
    segment.memory = index_of(Space::memory);
    if (segment.memory == 0 && !explicit_indices()) segment.flags = 0;
    cursor_.expect_close();
  } else if (cursor_.at_index()) {  // the memory as in version 1.0
    segment.active = true;
    segment.memory = index_of(Space::memory);
    segment.flags = segment.memory == 0 ? 0 : kExplicit;
  } else if (cursor_.at(TokenKind::lparen) &&
             (cursor_.at_form("offset") || (cursor_.peek(1).kind == TokenKind::keyword &&
                                            isa::op_by_name(cursor_.peek(1).text)))) {
    segment.active = true;
    segment.flags = 0;
  }
  if (segment.active) segment.start = offset_expr();
  segment.bytes = data_bytes();
  cursor_.expect_close();
  module_.datas.push_back(segment);
  map_.note(SourceMap::Space::data, field.offset);
}

// Strings, and lists of numbers such as `(i16 1 -2)`, one behind the other.
std::span<const uint8_t> ModuleParser::data_bytes() {
  std::string bytes, piece;
  while (!cursor_.at_close()) {
    if (cursor_.at(TokenKind::string)) {
      unescape(cursor_.take().text, piece);
      bytes += piece;
    } else if (cursor_.at(TokenKind::lparen)) {
      cursor_.take();
      data_numbers(bytes);
    } else {
      cursor_.unexpected("a string");
    }
  }
  return as_bytes(bytes);
}

void ModuleParser::data_numbers(std::string& bytes) {
  Token type = cursor_.expect(TokenKind::keyword, "the type of the numbers");
  while (!cursor_.at_close()) {
    if (type.text == "i8") append_little_endian(bytes, integer(8, "i8"), 1);
    else if (type.text == "i16") append_little_endian(bytes, integer(16, "i16"), 2);
    else if (type.text == "i32") append_little_endian(bytes, integer(32, "i32"), 4);
    else if (type.text == "i64") append_little_endian(bytes, integer(64, "i64"), 8);
    else if (type.text == "f32") append_little_endian(bytes, float_constant(32), 4);
    else if (type.text == "f64") append_little_endian(bytes, float_constant(64), 8);
    else if (type.text == "v128") {
      vector_constant(vector_);
      bytes.append(vector_.begin(), vector_.end());
    } else {
      cursor_.fail(type.offset, fmt::format("unexpected token `{}`, expected i8, i16, i32, i64, "
                                            "f32, f64 or v128",
                                            type.text));
    }
  }
  cursor_.expect_close();
}

// From behind `(memory … (data`, up to the parenthesis.
void ModuleParser::inline_datas(uint32_t memory, module::MemoryType& type) {
  module::DataSegment segment;
  segment.offset = cursor_.offset();
  segment.active = true;
  segment.memory = memory;
  segment.flags = memory == 0 ? 0 : kExplicit;
  segment.bytes = data_bytes();
  segment.start = zero_offset(type.limits.is64);
  uint64_t page = uint64_t{1} << type.page_size_log2;
  type.limits.min = (segment.bytes.size() + page - 1) >> type.page_size_log2;
  type.limits.max = type.limits.min;
  module_.datas.push_back(segment);
  map_.note(SourceMap::Space::data, segment.offset);
}

}  // namespace zwasm::text
