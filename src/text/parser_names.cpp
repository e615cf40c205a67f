// Identifiers: declared once, looked up, and kept for the name section.
#include "base/format.h"
#include "base/utf8.h"
#include "text/module_parser.h"

namespace zwasm::text {
namespace {

NameKind name_kind(Space space) {
  switch (space) {
    case Space::type: return NameKind::type;
    case Space::func: return NameKind::func;
    case Space::table: return NameKind::table;
    case Space::memory: return NameKind::memory;
    case Space::global: return NameKind::global;
    case Space::tag: return NameKind::tag;
    case Space::elem: return NameKind::elem;
    case Space::data: return NameKind::data;
  }
  return NameKind::func;
}

// How the specification's tests call a space in "duplicate …".
std::string_view short_name(Space space) {
  return space == Space::func ? "func" : space_name(space);
}

}  // namespace

// The characters of an identifier: `$a` and `$"a"` are the same one.
std::string_view ModuleParser::id_text(const Token& id) {
  if (!id.text.starts_with('"')) return id.text;
  std::string decoded;
  unescape(id.text.substr(1, id.text.size() - 2), decoded);
  return module_.arena.copy(std::string_view(decoded));
}

std::string_view ModuleParser::string_bytes(const Token& token) {
  if (token.text.find('\\') == std::string_view::npos) return module_.arena.copy(token.text);
  std::string decoded;
  unescape(token.text, decoded);
  return module_.arena.copy(std::string_view(decoded));
}

std::string_view ModuleParser::name_string(std::string_view what) {
  Token token = cursor_.expect(TokenKind::string, what);
  std::string_view bytes = string_bytes(token);
  if (!is_utf8(bytes)) cursor_.fail(token.offset, "malformed UTF-8 encoding");
  return bytes;
}

uint32_t ModuleParser::declare(Space space) {
  IndexSpace& in = spaces_[static_cast<size_t>(space)];
  uint32_t index = in.count++;
  if (cursor_.at(TokenKind::id)) declare_id(space, index, cursor_.take());
  return index;
}

void ModuleParser::declare_id(Space space, uint32_t index, const Token& id) {
  std::string_view text = id_text(id);
  if (!spaces_[static_cast<size_t>(space)].ids.insert(text, index)) {
    cursor_.fail(id.offset, fmt::format("duplicate {} identifier ${}", short_name(space), text));
    return;
  }
  names_.set(name_kind(space), 0, index, text);
}

// `(@name "…")`, where a declaration may have one.
std::optional<std::string_view> ModuleParser::name_annotation() {
  if (!cursor_.accept_annotation("name")) return std::nullopt;
  if (!cursor_.at(TokenKind::string)) {
    cursor_.fail(cursor_.offset(), "@name annotation: expected a string");
    return std::nullopt;
  }
  std::string_view name = name_string("a string");
  cursor_.expect_close();
  return name;
}

void ModuleParser::name_override(Space space, uint32_t index) {
  if (auto name = name_annotation()) names_.set(name_kind(space), 0, index, *name);
}

std::optional<uint32_t> ModuleParser::find_id(Space space, std::string_view id) {
  return spaces_[static_cast<size_t>(space)].ids.find(id);
}

uint32_t ModuleParser::u32_index() {
  Token token = cursor_.expect(TokenKind::integer, "an index");
  auto value = parse_unsigned(token.text, 32);
  if (!value && cursor_.ok()) {
    bool is_signed = token.text[0] == '+' || token.text[0] == '-';
    cursor_.fail(token.offset,
                 is_signed ? fmt::format("unexpected token `{}`: an index has no sign", token.text)
                           : "i32 constant out of range");
  }
  return value ? static_cast<uint32_t>(*value) : 0;
}

// An index of the space, by number or by identifier.
uint32_t ModuleParser::index_of(Space space) {
  if (!cursor_.at(TokenKind::id)) {
    if (cursor_.at(TokenKind::integer)) return u32_index();
    cursor_.unexpected(fmt::format("a {} index", space_name(space)));
    return 0;
  }
  Token id = cursor_.take();
  auto index = find_id(space, id_text(id));
  if (!index)
    cursor_.fail(id.offset, fmt::format("unknown {} ${}", space_name(space), id_text(id)));
  return index.value_or(0);
}

}  // namespace zwasm::text
