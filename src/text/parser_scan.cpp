// Pass 1: which fields there are, what they add to the index spaces, and what it is called.
#include "base/format.h"
#include "text/module_parser.h"

namespace zwasm::text {
namespace {

constexpr EntityWord kEntities[] = {
    {"func", Space::func, isa::ExternKind::func},
    {"table", Space::table, isa::ExternKind::table},
    {"memory", Space::memory, isa::ExternKind::memory},
    {"global", Space::global, isa::ExternKind::global},
    {"tag", Space::tag, isa::ExternKind::tag},
};

constexpr FieldWord kFields[] = {
    {"type", FieldKind::type},     {"rec", FieldKind::rec},     {"import", FieldKind::import},
    {"func", FieldKind::func},     {"table", FieldKind::table}, {"memory", FieldKind::memory},
    {"global", FieldKind::global}, {"tag", FieldKind::tag},     {"export", FieldKind::export_},
    {"start", FieldKind::start},   {"elem", FieldKind::elem},   {"data", FieldKind::data},
};

}  // namespace

const EntityWord* find_entity(std::string_view word) {
  for (const EntityWord& entity : kEntities) {
    if (entity.word == word) return &entity;
  }
  return nullptr;
}

std::string_view space_name(Space space) {
  switch (space) {
    case Space::type: return "type";
    case Space::func: return "function";
    case Space::table: return "table";
    case Space::memory: return "memory";
    case Space::global: return "global";
    case Space::tag: return "tag";
    case Space::elem: return "elem segment";
    case Space::data: return "data segment";
  }
  return {};
}

void ModuleParser::scan_fields() {
  while (!cursor_.at_close()) {
    if (cursor_.at(TokenKind::annotation)) scan_annotation();
    else scan_field();
  }
}

// Annotations between fields are read later, in their order; what is misplaced is found here.
void ModuleParser::scan_annotation() {
  if (cursor_.at_annotation("name")) {
    cursor_.fail(cursor_.offset(), fields_.empty() && has_module_name_
                                       ? "@name annotation: multiple module names"
                                       : "misplaced @name annotation");
    return;
  }
  if (cursor_.at_annotation("metadata.code.branch_hint")) {
    cursor_.fail(cursor_.offset(),
                 "@metadata.code.branch_hint annotation: not in a function, "
                 "expected valid module field");
    return;
  }
  Token open = cursor_.take();
  fields_.push_back({FieldKind::annotation, open.offset, cursor_.offset(), 0});
  cursor_.skip_group();
}

void ModuleParser::scan_field() {
  size_t offset = cursor_.offset();
  cursor_.expect_open();
  if (!cursor_.ok()) return;
  const FieldWord* found = nullptr;
  for (const FieldWord& field : kFields) {
    if (cursor_.at_keyword(field.word)) found = &field;
  }
  if (found == nullptr) {
    cursor_.unexpected("a module field");
    return;
  }
  Token word = cursor_.take();
  Field field{found->kind, offset, cursor_.offset(), 0};
  switch (field.kind) {
    case FieldKind::rec: scan_rec(); break;
    case FieldKind::type: field.index = declare(Space::type); break;
    case FieldKind::import: scan_import(field); break;
    case FieldKind::func:
    case FieldKind::table:
    case FieldKind::memory:
    case FieldKind::global:
    case FieldKind::tag: scan_entity(field, *find_entity(word.text)); break;
    case FieldKind::elem: field.index = declare(Space::elem); break;
    case FieldKind::data: field.index = declare(Space::data); break;
    case FieldKind::export_:
    case FieldKind::annotation: break;
    case FieldKind::start:
      if (has_start_) cursor_.fail(offset, "multiple start sections");
      has_start_ = true;
      break;
  }
  fields_.push_back(field);
  cursor_.skip_group();
}

void ModuleParser::scan_rec() {
  while (!cursor_.at_close()) {
    cursor_.expect_form("type");
    if (!cursor_.ok()) return;
    declare(Space::type);
    cursor_.skip_group();
  }
}

// A definition, or an import in the form of one: `(func $f (export "a")* (import "m" "n")? …)`.
void ModuleParser::scan_entity(Field& field, const EntityWord& entity) {
  field.index = declare(entity.space);
  name_override(entity.space, field.index);
  while (cursor_.accept_form("export")) cursor_.skip_group();
  if (cursor_.at_form("import")) {
    check_import_order(field.offset);
    return;
  }
  if (first_definition_.empty()) first_definition_ = entity.word;
  // Inline segments add to the index spaces too.
  if (entity.space != Space::table && entity.space != Space::memory) return;
  while (!cursor_.at_close()) {
    if (entity.space == Space::table && cursor_.at_form("elem"))
      ++spaces_[size_t(Space::elem)].count;
    if (entity.space == Space::memory && cursor_.at_form("data")) {
      ++spaces_[size_t(Space::data)].count;
    }
    if (cursor_.take().kind == TokenKind::lparen) cursor_.skip_group();
  }
}

void ModuleParser::scan_import(Field& field) {
  check_import_order(field.offset);
  cursor_.expect(TokenKind::string, "the module name of the import");
  cursor_.expect(TokenKind::string, "the name of the import");
  cursor_.expect_open();
  const EntityWord* entity = nullptr;
  if (cursor_.at(TokenKind::keyword)) entity = find_entity(cursor_.peek().text);
  if (entity == nullptr) {
    cursor_.unexpected("func, table, memory, global or tag");
    return;
  }
  cursor_.take();
  field.index = declare(entity->space);
  name_override(entity->space, field.index);
  cursor_.skip_group();
}

void ModuleParser::check_import_order(size_t offset) {
  if (first_definition_.empty()) return;
  std::string_view word = first_definition_ == "func" ? "function" : first_definition_;
  cursor_.fail(offset, fmt::format("import after {}", word));
}

}  // namespace zwasm::text
