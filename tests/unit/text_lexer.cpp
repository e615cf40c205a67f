// The lexer and the number literals: what is one token, what is none, and exact rounding.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "text/lexer.h"
#include "text/literals.h"

using namespace zwasm::text;

namespace {

std::string kinds(std::string_view source) {
  Lexer lexer(source);
  std::string out;
  for (;;) {
    Token token = lexer.next();
    switch (token.kind) {
      case TokenKind::lparen: out += '('; break;
      case TokenKind::rparen: out += ')'; break;
      case TokenKind::annotation: out += '@'; break;
      case TokenKind::keyword: out += 'k'; break;
      case TokenKind::id: out += '$'; break;
      case TokenKind::integer: out += '0'; break;
      case TokenKind::floating: out += '.'; break;
      case TokenKind::string: out += '"'; break;
      case TokenKind::reserved: out += '?'; break;
      case TokenKind::eof: return out;
      case TokenKind::error: return out + '!' + lexer.error();
    }
  }
}

std::string decoded(std::string_view text) {
  std::string out;
  unescape(text, out);
  return out;
}

}  // namespace

TEST_CASE("lexer: tokens and what separates them") {
  CHECK(kinds("(func $f(nop);;x\n\"s\")") == "(k$(k)\")");
  CHECK(kinds("i32.const 0x1_F -0 +1.5 1e3 0x1p-3 nan:0x7 -nan:0x7 inf +inf") == "k00...k.k.");
  CHECK(kinds("0$l") == "?");
  CHECK(kinds("\"a\"\"b\"") == "?");
  CHECK(kinds("data\"x\"") == "?");
  CHECK(kinds("$\"a b\" $\"a\"b") == "$?");
  CHECK(kinds("1_ _1 1__0 0x 0x_1 1.0_ 1._0 1e 0x1p 1e_1 0x1.p1 1.e1") == "??????????..");
  CHECK(kinds("a;b,c [] {}") == "???");
  CHECK(kinds("(; (; ;) \" ;) x ;; ;)\r y") == "kk");
  CHECK(kinds("(@id x) (@\"i d\")") == "@k)@)");
}

TEST_CASE("lexer: errors") {
  CHECK(kinds("$").starts_with("!empty identifier"));
  CHECK(kinds("$\"\"").starts_with("!empty identifier"));
  CHECK(kinds("$\"\\ef\"").starts_with("!malformed UTF-8"));
  CHECK(kinds("\"a").starts_with("!unclosed string"));
  CHECK(kinds("\"a\nb\"").starts_with("!unclosed string"));
  CHECK(kinds("\"\\x\"").starts_with("!illegal escape"));
  CHECK(kinds("\"\\u{110000}\"").starts_with("!illegal escape"));
  CHECK(kinds("\"\\u{d800}\"").starts_with("!illegal escape"));
  CHECK(kinds("\"\\u{}\"").starts_with("!illegal escape"));
  CHECK(kinds("\"\\u{fffffffffffffffffff}\"").starts_with("!illegal escape"));
  CHECK(kinds("\"\x01\"").starts_with("!illegal control"));
  CHECK(kinds("\x01").starts_with("!illegal character"));
  CHECK(kinds("\xC3\xA4").starts_with("!illegal character"));
  CHECK(kinds("\xFF").starts_with("!malformed UTF-8"));
  CHECK(kinds(";; \xE2\x80\xAE").starts_with("!likely-confusing"));
  CHECK(kinds("(; (; ;)").starts_with("!unterminated block comment"));
}

TEST_CASE("lexer: skipping a parenthesis") {
  std::string_view source = "( a \")\" ;; )\n (; ) ;) (b \"\\\")\") ) rest";
  Lexer lexer(source);
  lexer.next();
  CHECK(lexer.skip_group());
  CHECK(lexer.next().text == "rest");
  Lexer open("( ( )");
  open.next();
  CHECK(!open.skip_group());
}

TEST_CASE("lexer: escapes") {
  CHECK(decoded("a\\tb\\\"\\5C\\u{e9}\\u{1_F600}") == "a\tb\"\\\xC3\xA9\xF0\x9F\x98\x80");
}

TEST_CASE("literals: integers") {
  CHECK(parse_integer("4294967295", 32) == 0xFFFFFFFF);
  CHECK(parse_integer("-2147483648", 32) == 0x80000000);
  CHECK(parse_integer("-0x1", 32) == 0xFFFFFFFF);
  CHECK(parse_integer("+1_000", 32) == 1000u);
  CHECK(!parse_integer("4294967296", 32));
  CHECK(!parse_integer("-2147483649", 32));
  CHECK(parse_integer("0xFFFF_FFFF_FFFF_FFFF", 64) == ~0ull);
  CHECK(parse_integer("-9223372036854775808", 64) == 1ull << 63);
  CHECK(!parse_integer("18446744073709551616", 64));
  CHECK(parse_integer("-128", 8) == 0x80u);
  CHECK(!parse_integer("-129", 8));
  CHECK(!parse_integer("1.5", 32));
}

TEST_CASE("literals: floats round exactly") {
  auto f64 = [](std::string_view s) { return parse_f64(s).bits; };
  auto f32 = [](std::string_view s) { return static_cast<uint32_t>(parse_f32(s).bits); };
  CHECK(f64("1.") == 0x3FF0000000000000);
  CHECK(f64("0x1.91eb851eb851fp+1") == 0x40091EB851EB851F);
  CHECK(f64("3.14") == 0x40091EB851EB851F);
  CHECK(f64("-0") == 0x8000000000000000);
  CHECK(f64("4.9e-324") == 1);
  CHECK(f64("2e-324") == 0);
  CHECK(f64("0x1p-1074") == 1);
  CHECK(f64("0x1p-1075") == 0);
  CHECK(f64("0x1.00000000000001p-1075") == 1);
  CHECK(f64("0x0.0000000000001p-1022") == 1);
  CHECK(f64("0x1.fffffffffffff7p1023") == 0x7FEFFFFFFFFFFFFF);
  CHECK(parse_f64("0x1.fffffffffffff8p1023").status == FloatStatus::out_of_range);
  CHECK(parse_f64("1e309").status == FloatStatus::out_of_range);
  CHECK(parse_f64("1e99999999999999999999").status == FloatStatus::out_of_range);
  CHECK(f64("1e-99999999999999999999") == 0);
  CHECK(f64("0e99999999999999999999") == 0);
  CHECK(f32("16777217") == 0x4B800000);  // a tie, to even
  CHECK(f32("16777217.0000000000000000000000000000000000000001") == 0x4B800001);
  CHECK(f32("0x1.000001p0") == 0x3F800000);  // a tie, to even
  CHECK(f32("0x1.0000010000000000000000000001p0") == 0x3F800001);
  CHECK(f32("1e-45") == 1);
  CHECK(parse_f32("340282356779733661637539395458142568448").status == FloatStatus::out_of_range);
  CHECK(f32("nan:0x200000") == 0x7FA00000);
  CHECK(f32("-nan") == 0xFFC00000);
  CHECK(f32("-inf") == 0xFF800000);
  CHECK(parse_f32("nan:0x0").status == FloatStatus::out_of_range);
  CHECK(parse_f32("nan:0x800000").status == FloatStatus::out_of_range);
  CHECK(parse_f32("bla").status == FloatStatus::malformed);
}

TEST_CASE("literals: floats print so that they read back") {
  for (uint64_t bits : {0x40091EB851EB851Full, 1ull, 0x8000000000000000ull, 0x7FEFFFFFFFFFFFFFull,
                        0x7FF8000000000000ull, 0xFFF4000000000000ull, 0x7FF0000000000000ull,
                        0x3FF0000000000000ull, 0x000FFFFFFFFFFFFFull}) {
    CHECK(parse_f64(format_f64(bits)).bits == bits);
  }
  CHECK(format_f64(0x40091EB851EB851F) == "3.14");
  CHECK(format_f32(0x7FA00000) == "nan:0x200000");
  for (uint32_t i = 0; i < 4096; ++i) {
    uint32_t bits = i * 0x00100401u;
    CHECK(parse_f32(format_f32(bits)).bits == bits);
  }
}
