// The token cursor that the grammar rules read from: two tokens of lookahead, and an error that
// sticks.
//
// After the first error the cursor stands at the end of the text for good: every test for a token
// is false, every loop over a group ends, values are zero. So rules read on without looking, and
// whoever started them asks ok() once. An annotation nobody knows is skipped here; the ones the
// format gives a meaning to are delivered like parentheses.
#pragma once
#include <array>
#include <string>
#include <string_view>

#include "base/error.h"
#include "text/lexer.h"

namespace zwasm::text {

class Cursor {
 public:
  // Scripts skip all annotations, module texts see the known ones.
  enum class Annotations : uint8_t { skip, known };

  Cursor(std::string_view source, BidiControls bidi, Annotations annotations)
      : lexer_(source, bidi), annotations_(annotations) {}

  std::string_view source() const { return lexer_.source(); }
  bool ok() const { return !failed_; }
  const LoadError& error() const { return error_; }

  const Token& peek(size_t ahead = 0);
  Token take();
  size_t offset() { return peek().offset; }
  // Where the last token or group that was taken ends.
  size_t previous_end() const { return previous_end_; }
  bool skipped_annotations() const { return skipped_annotations_; }
  // Continues at `offset`, where a token starts.
  void seek(size_t offset);

  bool at(TokenKind kind) { return peek().kind == kind; }
  bool at_keyword(std::string_view word) { return peek().is_keyword(word); }
  // At `(word`.
  bool at_form(std::string_view word) { return at(TokenKind::lparen) && peek(1).is_keyword(word); }
  // At `(@id`; an id written as a string counts too.
  bool at_annotation(std::string_view id) {
    return at(TokenKind::annotation) && annotation_id(peek()) == id;
  }
  // Nothing more in this group, or the end of the text: what loops over a group ask.
  bool at_close() { return at(TokenKind::rparen) || at(TokenKind::eof); }
  bool at_index() { return at(TokenKind::integer) || at(TokenKind::id); }

  // These take the tokens if they are there.
  bool accept_keyword(std::string_view word);
  bool accept_form(std::string_view word);
  bool accept_annotation(std::string_view id);

  // These fail if they are not.
  void expect_open();
  void expect_close();
  Token expect(TokenKind kind, std::string_view what);
  void expect_form(std::string_view word);

  // From inside a group: moves behind the `)` that closes it.
  void skip_group();

  void fail(size_t offset, std::string message, LoadError::Kind kind = LoadError::Kind::malformed);
  // The error that the current token does not fit: "unexpected token …" or "unknown operator …".
  void unexpected(std::string_view wanted = {});

  // The words between `(@` and the contents, unescaped.
  static std::string annotation_id(const Token& token);

 private:
  void fill(size_t count);
  void skip_annotation(Token open);

  Lexer lexer_;
  Annotations annotations_;
  std::array<Token, 3> window_;
  size_t filled_ = 0;
  size_t previous_end_ = 0;
  bool failed_ = false;
  bool skipped_annotations_ = false;
  LoadError error_;
};

// Whether the module grammar or a script knows the word somewhere: what is not known at all is an
// unknown operator, what stands in the wrong place an unexpected token.
bool is_known_keyword(std::string_view word);

}  // namespace zwasm::text
