// The lexical format: characters to tokens.
//
// The rule that catches people out is that everything between two delimiters (space, comment,
// parenthesis) is ONE token, strings included: `0$l`, `"a""b"` and `(data"x")` each hold a token
// of the kind `reserved`, which no grammar rule accepts. So the lexer first takes the longest run
// and then says what it is:
//
//   (func $f (export "a") i32.const -1_0 0x1p3)
//   ( keyword id ( keyword string ) keyword integer floating )
//
// An annotation `(@id …)` is delivered as a token that stands for `(@id`; the cursor above skips
// the annotations that nobody asked for. Inside one, characters are legal that are not outside.
//
// Tokens are made on demand and hold views of the source: a large text costs no memory here.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace zwasm::text {

enum class TokenKind : uint8_t {
  lparen,
  rparen,
  annotation,  // `(@id`; text is the id as written, without `(@`
  keyword,     // starts with a-z; `nan`, `inf` and `offset=1` are keywords here
  id,          // text is what follows the `$`; with its quotes where quoted
  integer,
  floating,
  string,    // text is what stands between the quotes, escapes not yet replaced
  reserved,  // well-formed characters, but no token of the language
  eof,
  error,  // see Lexer::error
};

struct Token {
  TokenKind kind = TokenKind::eof;
  size_t offset = 0;  // in the source
  size_t length = 0;
  std::string_view text;

  bool is_keyword(std::string_view word) const {
    return kind == TokenKind::keyword && text == word;
  }
};

// Whether the text may hold characters that change the visible order of what surrounds them
// (U+202A and its like). They are legal, and the standard way to hide code from a reader; so files
// are refused, while the specification's own tests of names need them.
enum class BidiControls : uint8_t { refuse, allow };

class Lexer {
 public:
  explicit Lexer(std::string_view source, BidiControls bidi = BidiControls::refuse)
      : source_(source), bidi_(bidi) {}

  Token next();
  // Continues at another place, which must be the start of a token.
  void seek(size_t offset) { at_ = offset; }
  size_t offset() const { return at_; }
  std::string_view source() const { return source_; }

  // From within a parenthesis: moves behind the `)` that closes it, reading only what is needed to
  // find it. False at the end of the text; nothing has moved then.
  bool skip_group();

  // Set along with a token of kind `error`; the place is the token's.
  const std::string& error() const { return error_; }

 private:
  bool skip_space(Token& failure);
  bool skip_block_comment(Token& failure);
  Token run();
  bool take_string(size_t& at, Token& failure);
  Token classify(size_t start, size_t end, size_t strings, size_t first_quote);
  Token fail(size_t offset, std::string message);
  bool check_char(size_t& at, Token& failure);

  std::string_view source_;
  size_t at_ = 0;
  BidiControls bidi_;
  std::string error_;
};

// Replaces the escapes of a string token's text. The lexer has checked their form.
void unescape(std::string_view text, std::string& out);

// True where `text` is an unsigned decimal or hexadecimal number, a signed one, or a float.
enum class NumberForm : uint8_t { none, integer, floating };
NumberForm number_form(std::string_view text);

}  // namespace zwasm::text
