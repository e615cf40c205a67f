#include "text/lexer.h"

#include <array>

#include "base/format.h"
#include "base/utf8.h"
#include "text/literals.h"

namespace zwasm::text {
namespace {

enum CharClass : uint8_t { kNone = 0, kIdChar = 1, kPunct = 2, kSpace = 4 };

constexpr std::array<uint8_t, 256> kClass = [] {
  std::array<uint8_t, 256> table{};
  for (int c = 0x21; c < 0x7F; ++c) table[static_cast<size_t>(c)] = kIdChar;
  for (char c : std::string_view("\"(),;[]{}")) table[static_cast<uint8_t>(c)] = kNone;
  for (char c : std::string_view(",;[]{}")) table[static_cast<uint8_t>(c)] = kPunct;
  for (char c : std::string_view(" \t\n\r")) table[static_cast<uint8_t>(c)] = kSpace;
  return table;
}();

uint8_t class_of(char c) { return kClass[static_cast<uint8_t>(c)]; }

bool is_bidi_control(uint32_t c) {
  return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x206C;
}

}  // namespace

Token Lexer::fail(size_t offset, std::string message) {
  error_ = std::move(message);
  Token token{TokenKind::error, offset, offset < source_.size() ? 1u : 0u, {}};
  at_ = source_.size();
  return token;
}

// Steps over one character of a comment or string that is not ASCII.
bool Lexer::check_char(size_t& at, Token& failure) {
  Utf8Char c = decode_utf8(source_.substr(at));
  if (c.length == 0) {
    failure = fail(at, "malformed UTF-8 encoding");
    return false;
  }
  if (bidi_ == BidiControls::refuse && is_bidi_control(c.code)) {
    failure = fail(at, fmt::format("likely-confusing Unicode character U+{:04X}: it changes the "
                                   "order in which the text is displayed; write it as \\u{{{:x}}}",
                                   c.code, c.code));
    return false;
  }
  at += c.length;
  return true;
}

bool Lexer::skip_block_comment(Token& failure) {
  size_t start = at_, depth = 0;
  while (at_ < source_.size()) {
    char c = source_[at_];
    if (static_cast<uint8_t>(c) >= 0x80) {
      if (!check_char(at_, failure)) return false;
      continue;
    }
    std::string_view two = source_.substr(at_, 2);
    if (two == "(;") {
      ++depth;
      at_ += 2;
    } else if (two == ";)") {
      at_ += 2;
      if (--depth == 0) return true;
    } else {
      ++at_;
    }
  }
  failure = fail(start, "unterminated block comment: its closing `;)` is missing");
  return false;
}

bool Lexer::skip_space(Token& failure) {
  while (at_ < source_.size()) {
    char c = source_[at_];
    if (class_of(c) == kSpace) {
      ++at_;
    } else if (c == ';' && source_.substr(at_, 2) == ";;") {
      while (at_ < source_.size() && source_[at_] != '\n' && source_[at_] != '\r') {
        if (static_cast<uint8_t>(source_[at_]) < 0x80) {
          ++at_;
        } else if (!check_char(at_, failure)) {
          return false;
        }
      }
    } else if (c == '(' && source_.substr(at_, 2) == "(;") {
      if (!skip_block_comment(failure)) return false;
    } else {
      break;
    }
  }
  return true;
}

Token Lexer::next() {
  Token failure;
  if (!skip_space(failure)) return failure;
  if (at_ >= source_.size()) return {TokenKind::eof, at_, 0, {}};
  size_t start = at_;
  if (source_[start] == ')') {
    ++at_;
    return {TokenKind::rparen, start, 1, source_.substr(start, 1)};
  }
  if (source_[start] != '(') return run();
  ++at_;
  if (at_ >= source_.size() || source_[at_] != '@') {
    return {TokenKind::lparen, start, 1, source_.substr(start, 1)};
  }
  // An annotation. Its id follows without space: a run of its own, or a string.
  ++at_;
  size_t id = at_;
  if (at_ < source_.size() && source_[at_] == '"') {
    if (!take_string(at_, failure)) {
      if (failure.kind == TokenKind::error && error_.starts_with("unclosed")) {
        error_ = "empty annotation id";
      }
      return failure;
    }
    std::string decoded;
    unescape(source_.substr(id + 1, at_ - id - 2), decoded);
    if (!is_utf8(decoded)) return fail(id, "malformed UTF-8 encoding in annotation id");
    if (decoded.empty()) return fail(id, "empty annotation id");
  } else {
    while (at_ < source_.size() && class_of(source_[at_]) == kIdChar) ++at_;
  }
  return {TokenKind::annotation, start, at_ - start, source_.substr(id, at_ - id)};
}

// Moves `at` from an opening quote to behind the closing one.
bool Lexer::take_string(size_t& at, Token& failure) {
  size_t start = at++;
  auto hex = [&](size_t i) { return i < source_.size() && hex_digit(source_[i]) >= 0; };
  while (at < source_.size()) {
    char c = source_[at];
    if (c == '"') {
      ++at;
      return true;
    }
    if (static_cast<uint8_t>(c) >= 0x80) {
      if (!check_char(at, failure)) return false;
      continue;
    }
    if (c == '\n') {
      failure = fail(start, "unclosed string: a string ends on the line where it starts");
      return false;
    }
    if (static_cast<uint8_t>(c) < 0x20 || c == 0x7F) {
      failure = fail(at, fmt::format("illegal control character in string: write it as \\{:02x}",
                                     static_cast<uint8_t>(c)));
      return false;
    }
    if (c != '\\') {
      ++at;
      continue;
    }
    size_t escape = at++;
    if (at >= source_.size()) break;
    c = source_[at];
    if (std::string_view("tnr\"'\\").find(c) != std::string_view::npos) {
      ++at;
    } else if (hex(at) && hex(at + 1)) {
      at += 2;
    } else if (c == 'u') {
      ++at;
      size_t open = at;
      if (at >= source_.size() || source_[at] != '{') {
        failure =
            fail(escape, "illegal escape in string: `\\u` must be followed by `{hex digits}`");
        return false;
      }
      ++at;
      uint32_t value = 0;
      bool too_big = false, digit = false;
      while (at < source_.size() && (hex(at) || (source_[at] == '_' && digit && hex(at + 1)))) {
        digit = source_[at] != '_';
        if (digit) value = value << 4 | static_cast<uint32_t>(hex_digit(source_[at]));
        too_big |= value > 0x10FFFF;
        if (too_big) value = 0;
        ++at;
      }
      if (at == open + 1 || at >= source_.size() || source_[at] != '}') {
        failure =
            fail(escape, "illegal escape in string: `\\u` must be followed by `{hex digits}`");
        return false;
      }
      ++at;
      if (too_big || (value >= 0xD800 && value <= 0xDFFF)) {
        failure = fail(escape, "illegal escape in string: not a Unicode scalar value");
        return false;
      }
    } else {
      failure = fail(escape, "illegal escape in string");
      return false;
    }
  }
  failure = fail(start, "unclosed string: its closing quote is missing");
  return false;
}

// The longest run of id characters, punctuation and strings.
Token Lexer::run() {
  size_t start = at_, strings = 0, first_quote = 0;
  Token failure;
  while (at_ < source_.size()) {
    char c = source_[at_];
    if (class_of(c) == kIdChar) {
      ++at_;
    } else if (c == '"') {
      size_t quote = at_;
      if (strings++ == 0) first_quote = at_ - start;
      if (!take_string(at_, failure)) {
        // `$"a` newline: what is missing is the identifier.
        if (source_[start] == '$' && quote == start + 1 &&
            (error_.starts_with("unclosed") || error_.starts_with("illegal control"))) {
          error_ = "empty identifier";
        }
        return failure;
      }
    } else if (class_of(c) == kPunct && source_.substr(at_, 2) != ";;") {
      ++at_;
    } else {
      break;
    }
  }
  if (at_ > start) return classify(start, at_, strings, first_quote);
  size_t at = at_;
  if (static_cast<uint8_t>(source_[at]) >= 0x80 && decode_utf8(source_.substr(at)).length == 0) {
    return fail(at, "malformed UTF-8 encoding");
  }
  return fail(at, "illegal character");
}

Token Lexer::classify(size_t start, size_t end, size_t strings, size_t first_quote) {
  std::string_view text = source_.substr(start, end - start);
  Token token{TokenKind::reserved, start, end - start, text};
  if (strings == 1 && text.back() == '"') {
    if (first_quote == 0) {
      token.kind = TokenKind::string;
      token.text = text.substr(1, text.size() - 2);
      return token;
    }
    if (first_quote == 1 && text[0] == '$') {
      std::string decoded;
      unescape(text.substr(2, text.size() - 3), decoded);
      if (decoded.empty()) return fail(start, "empty identifier");
      if (!is_utf8(decoded)) return fail(start, "malformed UTF-8 encoding in identifier");
      token.kind = TokenKind::id;
      token.text = text.substr(1);
      return token;
    }
  }
  if (strings != 0) return token;
  for (char c : text) {
    if (class_of(c) != kIdChar) return token;
  }
  if (text[0] == '$') {
    if (text.size() == 1) return fail(start, "empty identifier");
    token.kind = TokenKind::id;
    token.text = text.substr(1);
  } else if (text[0] >= 'a' && text[0] <= 'z') {
    token.kind = TokenKind::keyword;
  } else {
    switch (number_form(text)) {
      case NumberForm::none: break;
      case NumberForm::integer: token.kind = TokenKind::integer; break;
      case NumberForm::floating: token.kind = TokenKind::floating; break;
    }
  }
  return token;
}

bool Lexer::skip_group() {
  size_t at = at_, depth = 1;
  while (at < source_.size()) {
    switch (source_[at]) {
      case '"':
        for (++at; at < source_.size() && source_[at] != '"'; ++at) {
          if (source_[at] == '\\') ++at;
        }
        break;
      case ';':
        if (source_.substr(at, 2) == ";;") {
          while (at < source_.size() && source_[at] != '\n' && source_[at] != '\r') ++at;
        }
        break;
      case '(':
        if (source_.substr(at, 2) == "(;") {
          Token failure;
          size_t from = at_;
          at_ = at;
          bool ok = skip_block_comment(failure);
          at = at_;
          at_ = from;
          if (!ok) return false;
          continue;
        }
        ++depth;
        break;
      case ')':
        if (--depth == 0) {
          at_ = at + 1;
          return true;
        }
        break;
    }
    ++at;
  }
  return false;
}

void unescape(std::string_view text, std::string& out) {
  out.clear();
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out.push_back(text[i]);
      continue;
    }
    switch (text[++i]) {
      case 't': out.push_back('\t'); break;
      case 'n': out.push_back('\n'); break;
      case 'r': out.push_back('\r'); break;
      case '"':
      case '\'':
      case '\\': out.push_back(text[i]); break;
      case 'u': {
        uint32_t code = 0;
        for (i += 2; text[i] != '}'; ++i) {
          if (text[i] != '_') code = code << 4 | static_cast<uint32_t>(hex_digit(text[i]));
        }
        append_utf8(out, code);
        break;
      }
      default:  // two hexadecimal digits
        out.push_back(static_cast<char>(hex_digit(text[i]) << 4 | hex_digit(text[i + 1])));
        ++i;
    }
  }
}

NumberForm number_form(std::string_view text) {
  size_t at = 0;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
  std::string_view magnitude = text.substr(at);
  if (magnitude == "inf" || magnitude == "nan") return NumberForm::floating;
  bool nan = magnitude.starts_with("nan:0x");
  if (nan) at += 4;
  bool hex = text.substr(at, 2) == "0x";
  if (hex) at += 2;
  auto digits = [&](bool any_base) {  // digits with single underscores between them
    size_t start = at;
    auto is_digit = [&](size_t i) {
      if (i >= text.size()) return false;
      return any_base ? hex_digit(text[i]) >= 0 : text[i] >= '0' && text[i] <= '9';
    };
    while (is_digit(at) || (at > start && at < text.size() && text[at] == '_' && is_digit(at - 1) &&
                            is_digit(at + 1))) {
      ++at;
    }
    return at > start;
  };
  if (!digits(hex)) return NumberForm::none;
  if (nan) return at == text.size() ? NumberForm::floating : NumberForm::none;
  if (at == text.size()) return NumberForm::integer;
  if (text[at] == '.') {
    ++at;
    digits(hex);
  }
  if (at < text.size() &&
      (hex ? text[at] == 'p' || text[at] == 'P' : text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (!digits(false)) return NumberForm::none;
  }
  return at == text.size() ? NumberForm::floating : NumberForm::none;
}

}  // namespace zwasm::text
