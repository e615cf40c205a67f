// Pass 2: imports, definitions, exports and the start function; all but bodies.
#include "base/format.h"
#include "text/module_parser.h"

namespace zwasm::text {

using isa::ExternKind;

void ModuleParser::parse_declarations() {
  for (const Field& field : fields_) {
    if (!cursor_.ok()) return;
    cursor_.seek(field.contents);
    switch (field.kind) {
      case FieldKind::type:
      case FieldKind::rec: break;
      case FieldKind::import: import_field(field); break;
      case FieldKind::func: func_field(field); break;
      case FieldKind::table: table_field(field); break;
      case FieldKind::memory: memory_field(field); break;
      case FieldKind::global: global_field(field); break;
      case FieldKind::tag: tag_field(field); break;
      case FieldKind::export_: export_field(field); break;
      case FieldKind::start: start_field(field); break;
      case FieldKind::elem: elem_field(field); break;
      case FieldKind::data: data_field(field); break;
      case FieldKind::annotation:
        cursor_.seek(field.offset);
        if (cursor_.accept_annotation("custom")) custom_annotation();
        else if (cursor_.accept_annotation("producers")) producers_annotation();
        else if (cursor_.accept_annotation("dylink.0")) dylink_annotation();
        break;
    }
  }
}

// What is imported, from behind its identifier.
module::ExternDesc ModuleParser::extern_desc(ExternKind kind) {
  switch (kind) {
    case ExternKind::func: return module::FuncDecl{resolve_type_use(type_use(ParamNames::declare))};
    case ExternKind::table: return table_type();
    case ExternKind::memory: return memory_type();
    case ExternKind::global: return global_type();
    case ExternKind::tag: return module::TagDecl{resolve_type_use(type_use(ParamNames::ignore))};
  }
  return {};
}

void ModuleParser::add_import(module::Import import, uint32_t index, size_t offset) {
  import.offset = offset;
  map_.note(SourceMap::Space::import, offset);
  switch (import.kind()) {
    case ExternKind::func:
      module_.funcs.push_back(std::get<module::FuncDecl>(import.desc));
      module_.imported_funcs = index + 1;
      break;
    case ExternKind::table:
      module_.tables.push_back({std::get<module::TableType>(import.desc), std::nullopt});
      module_.imported_tables = index + 1;
      break;
    case ExternKind::memory:
      module_.memories.push_back({std::get<module::MemoryType>(import.desc)});
      module_.imported_memories = index + 1;
      break;
    case ExternKind::global:
      module_.globals.push_back({std::get<module::GlobalType>(import.desc), {}});
      module_.imported_globals = index + 1;
      break;
    case ExternKind::tag:
      module_.tags.push_back(std::get<module::TagDecl>(import.desc));
      module_.imported_tags = index + 1;
      break;
  }
  module_.imports.push_back(import);
}

void ModuleParser::import_field(const Field& field) {
  module::Import import;
  import.module = name_string("the module name of the import");
  import.name = name_string("the name of the import");
  cursor_.expect_open();
  const EntityWord* entity = find_entity(cursor_.take().text);
  if (entity == nullptr) return;  // pass 1 has complained
  if (cursor_.at(TokenKind::id)) cursor_.take();
  name_annotation();
  function_ = field.index;
  locals_.clear();
  import.desc = extern_desc(entity->kind);
  cursor_.expect_close();
  cursor_.expect_close();
  if (cursor_.ok()) add_import(import, field.index, field.offset);
}

// Identifier, inline exports and inline import of a definition. True where it is an import, which
// has then been read to its end.
bool ModuleParser::inline_export_import(ExternKind kind, uint32_t index, module::Import& import) {
  if (cursor_.at(TokenKind::id)) cursor_.take();
  name_annotation();
  for (;;) {
    size_t offset = cursor_.offset();
    if (!cursor_.accept_form("export")) break;
    std::string_view name = name_string("the name of the export");
    cursor_.expect_close();
    module_.exports.push_back({name, kind, index, offset});
    map_.note(SourceMap::Space::export_, offset);
  }
  if (!cursor_.accept_form("import")) return false;
  size_t offset = cursor_.offset();
  import.module = name_string("the module name of the import");
  import.name = name_string("the name of the import");
  cursor_.expect_close();
  function_ = index;
  locals_.clear();
  import.desc = extern_desc(kind);
  cursor_.expect_close();
  if (cursor_.ok()) add_import(import, index, offset);
  return true;
}

// The type of a function; its body is read in pass 3.
void ModuleParser::func_field(const Field& field) {
  module::Import import;
  if (inline_export_import(ExternKind::func, field.index, import)) return;
  module_.funcs.push_back({resolve_type_use(type_use(ParamNames::ignore))});
}

void ModuleParser::table_field(const Field& field) {
  module::Import import;
  if (inline_export_import(ExternKind::table, field.index, import)) return;
  module::TableDecl table;
  module::Limits head = limits_head();
  if (cursor_.at(TokenKind::integer)) {
    limits_bounds(head);
    head.shared = cursor_.accept_keyword("shared");
    table.type.limits = head;
    table.type.elem = ref_type();
    if (!cursor_.at_close()) table.init = const_expr_until_close();
  } else {
    table.type.limits = head;
    table.type.elem = ref_type();
    cursor_.expect_form("elem");
    inline_elems(field.index, table.type);
    cursor_.expect_close();
  }
  cursor_.expect_close();
  module_.tables.push_back(table);
}

void ModuleParser::memory_field(const Field& field) {
  module::Import import;
  if (inline_export_import(ExternKind::memory, field.index, import)) return;
  module::MemoryType type;
  type.limits = limits_head();
  if (cursor_.at_form("pagesize")) page_size(type);
  if (cursor_.accept_form("data")) {
    inline_datas(field.index, type);
    cursor_.expect_close();
  } else {
    limits_bounds(type.limits);
    type.limits.shared = cursor_.accept_keyword("shared");
    page_size(type);
  }
  cursor_.expect_close();
  module_.memories.push_back({type});
}

void ModuleParser::global_field(const Field& field) {
  module::Import import;
  if (inline_export_import(ExternKind::global, field.index, import)) return;
  module::GlobalDecl global;
  global.type = global_type();
  global.init = const_expr_until_close();
  cursor_.expect_close();
  map_.note(SourceMap::Space::global, global.init.offset);
  module_.globals.push_back(global);
}

void ModuleParser::tag_field(const Field& field) {
  module::Import import;
  if (inline_export_import(ExternKind::tag, field.index, import)) return;
  module_.tags.push_back({resolve_type_use(type_use(ParamNames::ignore))});
  cursor_.expect_close();
}

void ModuleParser::export_field(const Field& field) {
  module::Export exported;
  exported.name = name_string("the name of the export");
  exported.offset = field.offset;
  cursor_.expect_open();
  const EntityWord* entity = nullptr;
  if (cursor_.at(TokenKind::keyword)) entity = find_entity(cursor_.peek().text);
  if (entity == nullptr) {
    cursor_.unexpected("func, table, memory, global or tag");
    return;
  }
  cursor_.take();
  exported.kind = entity->kind;
  exported.index = index_of(entity->space);
  cursor_.expect_close();
  cursor_.expect_close();
  module_.exports.push_back(exported);
  map_.note(SourceMap::Space::export_, field.offset);
}

void ModuleParser::start_field(const Field&) {
  module_.start = index_of(Space::func);
  cursor_.expect_close();
}

}  // namespace zwasm::text
