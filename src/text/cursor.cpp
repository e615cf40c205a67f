#include "text/cursor.h"

#include <algorithm>

#include "base/format.h"
#include "isa/opcodes.h"
#include "text/type_names.h"

namespace zwasm::text {
namespace {

constexpr std::string_view kKnownAnnotations[] = {
    "custom", "name", "producers", "dylink.0", "metadata.code.branch_hint",
};

// The words of the grammar that are neither opcodes nor types.
constexpr std::string_view kWords[] = {
    "array",      "before",        "after",
    "catch",      "catch_all",     "catch_all_ref",
    "catch_ref",  "data",          "declare",
    "definition", "delegate",      "do",
    "elem",       "else",          "end",
    "export",     "extern",        "field",
    "final",      "first",         "func",
    "global",     "import",        "inf",
    "instance",   "item",          "last",
    "local",      "memory",        "module",
    "mut",        "nan",           "null",
    "offset",     "pagesize",      "param",
    "quote",      "binary",        "rec",
    "ref",        "result",        "shared",
    "start",      "struct",        "sub",
    "table",      "tag",           "then",
    "type",       "nan:canonical", "nan:arithmetic",
    "i8x16",      "i16x8",         "i32x4",
    "i64x2",      "f32x4",         "f64x2",
};

// A token as a message shows it: on one line and short.
std::string shown(const Token& token, std::string_view source) {
  std::string_view text = source.substr(token.offset, token.length);
  std::string out;
  for (char c : text.substr(0, 40)) out += static_cast<uint8_t>(c) < 0x20 ? ' ' : c;
  while (!out.empty() && text.size() > 40 && (out.back() & 0xC0) == 0x80) out.pop_back();
  return text.size() > 40 ? out + "…" : out;
}

}  // namespace

bool is_known_keyword(std::string_view word) {
  return std::find(std::begin(kWords), std::end(kWords), word) != std::end(kWords) ||
         isa::op_by_name(word) || type_by_name(word) || heap_by_name(word) ||
         word.starts_with("offset=") || word.starts_with("align=") ||
         number_form(word) != NumberForm::none;
}

const Token& Cursor::peek(size_t ahead) {
  if (ahead >= filled_) fill(ahead + 1);
  return window_[ahead];
}

Token Cursor::take() {
  Token token = peek();
  if (token.kind == TokenKind::eof) return token;
  previous_end_ = token.offset + token.length;
  window_[0] = window_[1];
  window_[1] = window_[2];
  --filled_;
  return token;
}

void Cursor::seek(size_t offset) {
  if (failed_) return;
  lexer_.seek(offset);
  filled_ = 0;
}

void Cursor::fill(size_t count) {
  while (filled_ < count) {
    Token token;
    if (failed_ || (filled_ > 0 && window_[filled_ - 1].kind == TokenKind::eof)) {
      token = {TokenKind::eof, source().size(), 0, {}};
    } else {
      token = lexer_.next();
    }
    if (token.kind == TokenKind::error) {
      fail(token.offset, lexer_.error());
      token = {TokenKind::eof, source().size(), 0, {}};
    }
    if (token.kind == TokenKind::annotation) {
      if (token.text.empty()) {
        fail(token.offset, "empty annotation id");
        continue;
      }
      std::string id = annotation_id(token);
      if (annotations_ == Annotations::skip ||
          std::find(std::begin(kKnownAnnotations), std::end(kKnownAnnotations), id) ==
              std::end(kKnownAnnotations)) {
        skip_annotation(token);
        continue;
      }
    }
    if (filled_ < count) window_[filled_++] = token;
  }
}

void Cursor::skip_annotation(Token open) {
  skipped_annotations_ = true;
  for (size_t depth = 1; depth > 0;) {
    Token token = lexer_.next();
    switch (token.kind) {
      case TokenKind::lparen:
      case TokenKind::annotation: ++depth; break;
      case TokenKind::rparen: --depth; break;
      case TokenKind::eof: fail(open.offset, "unclosed annotation"); return;
      case TokenKind::error: fail(token.offset, lexer_.error()); return;
      case TokenKind::keyword:
      case TokenKind::id:
      case TokenKind::integer:
      case TokenKind::floating:
      case TokenKind::string:
      case TokenKind::reserved: break;
    }
  }
}

bool Cursor::accept_keyword(std::string_view word) {
  if (!at_keyword(word)) return false;
  take();
  return true;
}

bool Cursor::accept_form(std::string_view word) {
  if (!at_form(word)) return false;
  take();
  take();
  return true;
}

bool Cursor::accept_annotation(std::string_view id) {
  if (!at_annotation(id)) return false;
  take();
  return true;
}

void Cursor::expect_open() {
  if (at(TokenKind::lparen)) take();
  else unexpected("`(`");
}

void Cursor::expect_close() {
  if (at(TokenKind::rparen)) take();
  else unexpected("`)`");
}

Token Cursor::expect(TokenKind kind, std::string_view what) {
  if (at(kind)) return take();
  unexpected(what);
  return {};
}

void Cursor::expect_form(std::string_view word) {
  if (!accept_form(word)) unexpected(fmt::format("`({}`", word));
}

void Cursor::skip_group() {
  if (failed_) return;
  size_t from = offset();
  lexer_.seek(from);
  filled_ = 0;
  if (lexer_.skip_group()) {
    previous_end_ = lexer_.offset();
  } else {
    // Read on token by token: that finds out what is wrong, be it only the end of the text.
    while (ok() && !at(TokenKind::eof)) take();
    unexpected("`)`");
  }
}

void Cursor::fail(size_t offset, std::string message, LoadError::Kind kind) {
  if (failed_) return;
  failed_ = true;
  error_.kind = kind;
  error_.message = std::move(message);
  error_.offset = offset;
  Token eof{TokenKind::eof, source().size(), 0, {}};
  window_.fill(eof);
  filled_ = window_.size();
}

void Cursor::unexpected(std::string_view wanted) {
  if (failed_) return;
  Token token = peek();
  if (failed_) return;
  std::string suffix = wanted.empty() ? std::string() : fmt::format(", expected {}", wanted);
  switch (token.kind) {
    case TokenKind::eof: fail(token.offset, "unexpected token: end of the text" + suffix); break;
    case TokenKind::reserved:
      fail(token.offset, fmt::format("unknown operator {}{}", shown(token, source()), suffix));
      break;
    case TokenKind::annotation:
      if (token.text == "custom" || token.text == "name") {
        fail(token.offset, fmt::format("misplaced @{} annotation", token.text));
      } else if (token.text == "metadata.code.branch_hint") {
        fail(token.offset, "@metadata.code.branch_hint annotation: it must precede an instruction");
      } else {
        fail(token.offset, fmt::format("misplaced @{} annotation{}", token.text, suffix));
      }
      break;
    case TokenKind::keyword:
      if (!is_known_keyword(token.text)) {
        fail(token.offset, fmt::format("unknown operator {}{}", shown(token, source()), suffix));
        break;
      }
      [[fallthrough]];
    case TokenKind::lparen:
    case TokenKind::rparen:
    case TokenKind::id:
    case TokenKind::integer:
    case TokenKind::floating:
    case TokenKind::string:
    case TokenKind::error:
      fail(token.offset, fmt::format("unexpected token `{}`{}", shown(token, source()), suffix));
      break;
  }
}

std::string Cursor::annotation_id(const Token& token) {
  std::string id;
  if (token.text.starts_with('"')) unescape(token.text.substr(1, token.text.size() - 2), id);
  else id = token.text;
  return id;
}

}  // namespace zwasm::text
