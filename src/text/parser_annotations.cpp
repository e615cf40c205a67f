// Annotations between fields, and the custom sections that they and the branch hints make.
//
// Custom sections stand in this order where they share a place: `@dylink.0` first of all; then the
// placed ones as written; at the end of the module the name section, `@producers`, and what is
// placed `(after last)` or nowhere.
#include "base/format.h"
#include "base/leb128.h"
#include "base/utf8.h"
#include "module/branch_hints.h"
#include "module/sections.h"
#include "text/module_parser.h"

namespace zwasm::text {
namespace {

void write_name(std::vector<uint8_t>& out, std::string_view name) {
  write_uleb(out, name.size());
  out.insert(out.end(), name.begin(), name.end());
}

void append(std::vector<uint8_t>& out, const std::vector<uint8_t>& bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

using module::kLastSectionPosition;
constexpr uint8_t kBeforeCode = module::section_position(module::SectionId::code) - 1;

// The position of a section by its word in the text format.
std::optional<uint8_t> position_of(const Token& word) {
  if (word.kind != TokenKind::keyword) return std::nullopt;
  for (uint8_t id = 1; id < module::kSectionIdCount; ++id) {
    auto section = static_cast<module::SectionId>(id);
    if (word.text == module::section_name(section)) return module::section_position(section);
  }
  return std::nullopt;
}

size_t leb_size(uint64_t value) {
  size_t size = 1;
  while (value >>= 7) ++size;
  return size;
}

}  // namespace

// `(@custom "name" (before|after SECTION)? "contents"*)`
void ModuleParser::custom_annotation() {
  auto fail = [&](size_t offset, std::string_view what) {
    cursor_.fail(offset, fmt::format("@custom annotation: {}", what));
  };
  Token name = cursor_.peek();
  if (name.kind != TokenKind::string) return fail(name.offset, "missing section name");
  cursor_.take();
  module::CustomSection section;
  section.name = string_bytes(name);
  section.offset = name.offset;
  section.after = kLastSectionPosition;
  bool at_end = true;
  if (!is_utf8(section.name)) return fail(name.offset, "malformed UTF-8 encoding");
  if (cursor_.at(TokenKind::lparen)) {
    cursor_.take();
    bool before = cursor_.at_keyword("before");
    if (!before && !cursor_.at_keyword("after")) {
      return fail(cursor_.offset(), "malformed placement, expected `before` or `after`");
    }
    cursor_.take();
    Token word = cursor_.peek();
    auto position = position_of(word);
    bool first = before && word.is_keyword("first");
    at_end = !before && word.is_keyword("last");
    if (!position && !first && !at_end) return fail(word.offset, "malformed section kind");
    if (first) section.after = 0;
    if (position) section.after = static_cast<uint8_t>(*position - (before ? 1 : 0));
    cursor_.take();
    cursor_.expect_close();
  }
  std::string bytes, piece;
  while (cursor_.at(TokenKind::string)) {
    unescape(cursor_.take().text, piece);
    bytes += piece;
  }
  if (!cursor_.at(TokenKind::rparen)) return fail(cursor_.offset(), "unexpected token");
  cursor_.take();
  section.bytes = as_bytes(bytes);
  (at_end ? last_customs_ : customs_).push_back(section);
}

// `(@producers (language|sdk|processed-by "name" "version")*)`
void ModuleParser::producers_annotation() {
  static constexpr std::string_view kFields[] = {"language", "sdk", "processed-by"};
  std::vector<uint8_t> values[3];
  uint64_t counts[3] = {};
  while (!cursor_.at_close()) {
    bool known = false;
    for (size_t i = 0; i < 3; ++i) {
      if (!cursor_.accept_form(kFields[i])) continue;
      known = true;
      ++counts[i];
      write_name(values[i], name_string("a name"));
      write_name(values[i], name_string("a version"));
      cursor_.expect_close();
    }
    if (!known) {
      cursor_.fail(cursor_.offset(),
                   "@producers annotation: unexpected token, expected language, sdk or "
                   "processed-by");
    }
  }
  cursor_.expect_close();
  std::vector<uint8_t> bytes;
  write_uleb(bytes, (counts[0] != 0) + (counts[1] != 0) + (counts[2] != 0));
  for (size_t i = 0; i < 3; ++i) {
    if (counts[i] == 0) continue;
    write_name(bytes, kFields[i]);
    write_uleb(bytes, counts[i]);
    append(bytes, values[i]);
  }
  producers_.push_back({"producers", module_.arena.copy(bytes), kLastSectionPosition, 0});
}

// `(@dylink.0 …)`: the dynamic-linking section. Neighbours of the same kind share a subsection.
void ModuleParser::dylink_annotation() {
  enum : uint8_t { kMemInfo = 1, kNeeded, kExportInfo, kImportInfo, kRuntimePath };
  std::vector<uint8_t> bytes, items;
  uint8_t open = 0;
  uint64_t count = 0;
  auto flush = [&] {
    if (open == 0) return;
    std::vector<uint8_t> body;
    if (open != kMemInfo) write_uleb(body, count);
    append(body, items);
    bytes.push_back(open);
    write_uleb(bytes, body.size());
    append(bytes, body);
    items.clear();
    open = 0;
    count = 0;
  };
  auto begin = [&](uint8_t kind) {
    if (open != kind || kind == kMemInfo) flush();
    open = kind;
  };
  auto names = [&](uint8_t kind) {
    begin(kind);
    while (cursor_.at(TokenKind::string)) {
      write_name(items, name_string("a name"));
      ++count;
    }
  };
  while (!cursor_.at_close()) {
    if (cursor_.accept_form("mem-info")) {
      begin(kMemInfo);
      uint32_t sizes[4] = {};
      if (cursor_.accept_form("memory")) {
        sizes[0] = u32_index();
        sizes[1] = u32_index();
        cursor_.expect_close();
      }
      if (cursor_.accept_form("table")) {
        sizes[2] = u32_index();
        sizes[3] = u32_index();
        cursor_.expect_close();
      }
      for (uint32_t size : sizes) write_uleb(items, size);
    } else if (cursor_.accept_form("needed")) {
      names(kNeeded);
    } else if (cursor_.accept_form("runtime-path")) {
      names(kRuntimePath);
    } else if (cursor_.accept_form("export-info")) {
      begin(kExportInfo);
      ++count;
      write_name(items, name_string("a name"));
      write_uleb(items, symbol_flags());
    } else if (cursor_.accept_form("import-info")) {
      begin(kImportInfo);
      ++count;
      write_name(items, name_string("a module name"));
      write_name(items, name_string("a name"));
      write_uleb(items, symbol_flags());
    } else {
      cursor_.unexpected("mem-info, needed, export-info, import-info or runtime-path");
    }
    cursor_.expect_close();
  }
  cursor_.expect_close();
  flush();
  dylink_.push_back({"dylink.0", module_.arena.copy(bytes), 0, 0});
}

// Numbers and words, joined.
uint32_t ModuleParser::symbol_flags() {
  static constexpr struct {
    std::string_view word;
    uint32_t bit;
  } kFlags[] = {{"binding-weak", 1}, {"binding-local", 2}, {"visibility-hidden", 4},
                {"undefined", 0x10}, {"exported", 0x20},   {"explicit-name", 0x40},
                {"no-strip", 0x80},  {"tls", 0x100},       {"absolute", 0x200}};
  uint32_t flags = 0;
  while (!cursor_.at_close()) {
    bool known = false;
    for (const auto& [word, bit] : kFlags) {
      if (!cursor_.accept_keyword(word)) continue;
      flags |= bit;
      known = true;
    }
    if (!known) flags |= u32_index();
  }
  return flags;
}

// The hints by function, as a section in front of the code.
void ModuleParser::branch_hint_section() {
  if (hints_.empty()) return;
  std::vector<uint8_t> types;
  std::vector<module::BranchHint> hints;
  for (size_t i = 0; i < hints_.size();) {
    uint32_t function = hints_[i].function;
    // Offsets in the section count from the declarations of locals.
    const module::FuncBody& body = module_.bodies[function - module_.imported_funcs];
    size_t locals = leb_size(body.locals.size());
    types.clear();
    for (const module::LocalRun& run : body.locals) {
      locals += leb_size(run.count);
      module::write_val_type(types, run.type);
    }
    locals += types.size();
    hints.clear();
    for (; i < hints_.size() && hints_[i].function == function; ++i) {
      hints.push_back({static_cast<uint32_t>(locals + hints_[i].offset), hints_[i].likely != 0});
    }
    module_.branch_hints.push_back({function, module_.arena.copy(hints)});
  }
  std::vector<uint8_t> bytes = module::encode_branch_hints(module_.branch_hints);
  module_.customs.push_back(
      {module::kBranchHintSection, module_.arena.copy(bytes), kBeforeCode, 0});
}

void ModuleParser::place_customs() {
  auto add = [&](const std::vector<module::CustomSection>& sections) {
    module_.customs.insert(module_.customs.end(), sections.begin(), sections.end());
  };
  add(dylink_);
  branch_hint_section();
  add(customs_);
  if (write_names_) {
    module::Names names = names_.take();
    if (has_module_name_) names.module = module_name_;
    std::vector<uint8_t> bytes = module::encode_names(names);
    if (!bytes.empty()) {
      module_.customs.push_back(
          {module::kNameSection, module_.arena.copy(bytes), kLastSectionPosition, 0});
    }
  }
  add(producers_);
  add(last_customs_);
}

}  // namespace zwasm::text
