// The driver: from a text to its module.
#include "text/parser.h"

#include <fmt/format.h>

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

LoadResult<ParsedModule> parse_module(std::string_view text, isa::FeatureSet features,
                                      const ParseOptions& options) {
  ModuleParser parser(text, features, options);
  Cursor& cursor = parser.cursor();
  bool wrapped = cursor.accept_form("module");
  if (wrapped && options.origin == TextOrigin::script) cursor.accept_keyword("definition");
  if (wrapped) parser.parse_module_head();
  if (cursor.at_form("component")) {
    cursor.fail(cursor.offset(), "this is a component, expected a core module");
  }
  if (!wrapped && cursor.at(TokenKind::eof) && !cursor.skipped_annotations()) {
    cursor.fail(cursor.offset(), "the text is empty, expected a module");
  }
  parser.parse_fields();
  if (wrapped) cursor.expect_close();
  if (cursor.ok() && !cursor.at(TokenKind::eof)) cursor.unexpected("the end of the text");
  if (cursor.ok()) return parser.finish();

  LoadError error = cursor.error();
  LineColumn at = line_column(text, error.offset);
  error.line = at.line;
  error.column = at.column;
  return Err{std::move(error)};
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
