// The driver: from a text to its module.
#include "text/parser.h"

#include "base/format.h"
#include "module/decoder.h"
#include "module/encoder.h"
#include "text/module_parser.h"

namespace zwasm::text {

void ModuleParser::parse_module_head() {
  if (cursor_.at(TokenKind::id)) {
    module_name_ = id_text(cursor_.take());
    has_module_name_ = true;
  }
  if (auto name = name_annotation()) {
    module_name_ = *name;
    has_module_name_ = true;
  }
}

void ModuleParser::parse_fields() {
  scan_fields();
  size_t end = cursor_.offset();
  parse_types();
  parse_declarations();
  parse_bodies();
  cursor_.seek(end);
}

ParsedModule ModuleParser::finish() {
  place_customs();
  if (needs_data_count_) module_.data_count = static_cast<uint32_t>(module_.datas.size());
  return {std::move(module_), std::move(map_)};
}

namespace {

Err<LoadError> error_in(std::string_view text, LoadError error) {
  LineColumn at = line_column(text, error.offset);
  error.line = at.line;
  error.column = at.column;
  return Err{std::move(error)};
}

// The strings of `(module binary "…")` and `(module quote "…")`, through the end of the text.
std::string module_strings(Cursor& cursor) {
  std::string bytes, piece;
  cursor.take();
  while (cursor.at(TokenKind::string)) {
    unescape(cursor.take().text, piece);
    bytes += piece;
  }
  cursor.expect_close();
  if (!cursor.at(TokenKind::eof)) cursor.unexpected("the end of the text");
  return bytes;
}

// A module within a string has no place of its own in the text: the string's is given.
Err<LoadError> error_in_string(std::string_view text, size_t offset, LoadError inner,
                               std::string_view what) {
  inner.message =
      fmt::format("{} (at {} {} of the {})", inner.message, inner.line != 0 ? "line" : "offset",
                  inner.line != 0 ? inner.line : inner.offset, what);
  inner.offset = offset;
  return error_in(text, std::move(inner));
}

LoadResult<ParsedModule> parse_binary(std::string_view text, size_t offset, std::string_view bytes,
                                      isa::FeatureSet features) {
  auto owned = std::make_shared<const module::KeptBytes>(bytes.begin(), bytes.end());
  auto decoded = module::decode(std::move(owned), features);
  if (!decoded) return error_in_string(text, offset, std::move(decoded.error()), "binary module");
  return ParsedModule{std::move(*decoded), {}};
}

LoadResult<ParsedModule> parse_text(std::string_view text, isa::FeatureSet features,
                                    const ParseOptions& options, bool quoted) {
  ModuleParser parser(text, features, options);
  Cursor& cursor = parser.cursor();
  bool wrapped = cursor.accept_form("module");
  if (wrapped && options.origin == TextOrigin::script) cursor.accept_keyword("definition");
  if (wrapped) parser.parse_module_head();
  size_t offset = cursor.offset();
  if (wrapped && cursor.at_keyword("binary")) {
    std::string bytes = module_strings(cursor);
    if (!cursor.ok()) return error_in(text, cursor.error());
    return parse_binary(text, offset, bytes, features);
  }
  if (wrapped && !quoted && cursor.at_keyword("quote")) {
    std::string inner = module_strings(cursor);
    if (!cursor.ok()) return error_in(text, cursor.error());
    auto parsed = parse_text(inner, features, {options.origin, 0, options.names}, true);
    if (!parsed) return error_in_string(text, offset, std::move(parsed.error()), "quoted module");
    parsed->source_map = {};
    return parsed;
  }
  if (cursor.at_form("component")) {
    cursor.fail(cursor.offset(), "this is a component, expected a core module");
  }
  if (!wrapped && cursor.at(TokenKind::eof) && !cursor.skipped_annotations()) {
    cursor.fail(cursor.offset(), "the text is empty, expected a module");
  }
  parser.parse_fields();
  if (wrapped) cursor.expect_close();
  if (cursor.ok() && !cursor.at(TokenKind::eof)) cursor.unexpected("the end of the text");
  if (!cursor.ok()) return error_in(text, cursor.error());
  return parser.finish();
}

}  // namespace

LoadResult<ParsedModule> parse_module(std::string_view text, isa::FeatureSet features,
                                      const ParseOptions& options) {
  return parse_text(text, features, options, false);
}

LoadResult<AssembledModule> assemble(std::string_view text, isa::FeatureSet features,
                                     const ParseOptions& options) {
  auto parsed = parse_module(text, features, options);
  if (!parsed) return Err{std::move(parsed.error())};
  AssembledModule out{module::encode(parsed->module), std::move(parsed->source_map)};
  // Declarations get their offsets from being read back; what does not decode is validation's to
  // complain about.
  if (auto decoded = module::decode(std::span<const uint8_t>(out.bytes), isa::FeatureSet::all())) {
    out.source_map.bind(*decoded);
  }
  return out;
}

std::string render_error(std::string_view file, std::string_view text, const LoadError& error) {
  if (error.line == 0) return fmt::format("{}: error: {}", file, error.message);
  std::string out =
      fmt::format("{}:{}:{}: error: {}", file, error.line, error.column, error.message);
  if (error.offset == LoadError::kNoOffset || error.offset > text.size()) return out;

  // The line, cut to what a terminal shows where it is very long.
  constexpr size_t kWidth = 120;
  size_t offset = error.offset, column = error.column - 1;
  size_t start = offset - std::min(column, offset);
  size_t end = std::min(text.find_first_of("\r\n", start), text.size());
  if (column > kWidth - 20) start = offset - (kWidth / 2);
  std::string_view line = text.substr(start, std::min(end - std::min(start, end), kWidth));
  std::string shown, gap;
  for (size_t i = 0; i < line.size(); ++i) {
    auto c = static_cast<uint8_t>(line[i]);
    bool control = c < 0x20 || c == 0x7F;
    shown += control ? ' ' : line[i];
    if (start + i < offset && (c & 0xC0) != 0x80) gap += ' ';
  }
  return fmt::format("{}\n{:>5} | {}\n      | {}^", out, error.line, shown, gap);
}

}  // namespace zwasm::text
