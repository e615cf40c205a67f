// A hand-written scanner for a small language: a switch on every character (br_table), a table of
// states for numbers, keywords by perfect comparison. Branch-heavy code with little arithmetic.
#include "bench.h"

typedef enum {
  kEnd,
  kName,
  kKeyword,
  kNumberToken,
  kText,
  kOperator,
  kComment,
  kBad,
  kKinds
} Token;

static const char* const kKeywords[] = {"if",     "else", "while", "return",
                                        "struct", "int",  "for",   "case"};

static BENCH_NOINLINE Token next(const char** cursor, uint32_t* hash) {
  const char* p = *cursor;
  Token token = kBad;
again:
  switch (*p) {
    case 0: token = kEnd; break;
    case ' ':
    case '\t':
    case '\n':
    case '\r': p++; goto again;
    case 'a':
    case 'b':
    case 'c':
    case 'd':
    case 'e':
    case 'f':
    case 'g':
    case 'h':
    case 'i':
    case 'j':
    case 'k':
    case 'l':
    case 'm':
    case 'n':
    case 'o':
    case 'p':
    case 'q':
    case 'r':
    case 's':
    case 't':
    case 'u':
    case 'v':
    case 'w':
    case 'x':
    case 'y':
    case 'z':
    case '_': {
      const char* start = p;
      while ((*p >= 'a' && *p <= 'z') || *p == '_' || (*p >= '0' && *p <= '9')) {
        *hash = *hash * 33 + (unsigned char)*p++;
      }
      token = kName;
      for (int i = 0; i < 8; i++) {
        if (kKeywords[i][0] == *start && strlen(kKeywords[i]) == (size_t)(p - start) &&
            memcmp(kKeywords[i], start, (size_t)(p - start)) == 0) {
          token = kKeyword;
          break;
        }
      }
      break;
    }
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9': {
      int state = 0;  // whole, fraction, exponent sign, exponent
      for (;; p++) {
        switch (state) {
          case 0:
            if (*p >= '0' && *p <= '9') continue;
            if (*p == '.') {
              state = 1;
              continue;
            }
            if (*p == 'e') {
              state = 2;
              continue;
            }
            break;
          case 1:
            if (*p >= '0' && *p <= '9') continue;
            if (*p == 'e') {
              state = 2;
              continue;
            }
            break;
          case 2:
            state = 3;
            if (*p == '-' || *p == '+' || (*p >= '0' && *p <= '9')) continue;
            break;
          case 3:
            if (*p >= '0' && *p <= '9') continue;
            break;
        }
        break;
      }
      token = kNumberToken;
      break;
    }
    case '"':
      for (p++; *p && *p != '"'; p++) {
        if (*p == '\\') p++;
        *hash += (unsigned char)*p;
      }
      p += *p == '"';
      token = kText;
      break;
    case '/':
      if (p[1] == '/') {
        while (*p && *p != '\n') p++;
        token = kComment;
        break;
      }
      p++;
      token = kOperator;
      break;
    case '=':
    case '<':
    case '>':
    case '!':
      p += 1 + (p[1] == '=');
      token = kOperator;
      break;
    case '&':
    case '|':
      p += 1 + (p[1] == p[0]);
      token = kOperator;
      break;
    case '+':
    case '-':
    case '*':
    case '%':
    case '(':
    case ')':
    case '{':
    case '}':
    case '[':
    case ']':
    case ';':
    case ',':
    case '.':
    case ':':
    case '?':
      p++;
      token = kOperator;
      break;
    default:
      p++;
      token = kBad;
      break;
  }
  *cursor = p;
  return token;
}

int main(int argc, char** argv) {
  long rounds = bench_size(argc, argv, 20);
  static const char* const lines[] = {
      "int count = 0; // how many\n",
      "for (i = 0; i <= 12.5e-3; i += step) {\n",
      "  if (name_1 && !done || x != \"a \\\"text\\\" here\") return y % 7;\n",
      "}\n",
      "struct pair { int first, second[16]; };\n",
      "  while (next_token(&cursor) >= 0x1f) total *= 3;\n",
      "case 42: value = table[index + 1].field ? 1 : 2; @\n"};
  enum { kSize = 30000 };
  static char text[kSize + 128];
  uint64_t seed = 13;
  size_t size = 0;
  while (size < kSize) {
    const char* line = lines[bench_random(&seed) % 7];
    size_t length = strlen(line);
    memcpy(text + size, line, length);
    size += length;
  }
  text[size] = 0;
  uint32_t counts[kKinds] = {0}, hash = 5381;
  for (long round = 0; round < rounds; round++) {
    const char* cursor = text;
    Token token;
    while ((token = next(&cursor, &hash)) != kEnd) counts[token]++;
  }
  for (int i = kName; i < kKinds; i++) printf("%u ", counts[i]);
  printf("%08x\n", hash);
  return 0;
}
