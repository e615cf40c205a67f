// Builds a JSON document, then parses it into a tree and prints it again: byte-wise scanning,
// number conversion, an arena of nodes, recursion.
#include "bench.h"

typedef enum { kNull, kTrue, kFalse, kNumber, kString, kArray, kObject } Kind;

typedef struct Node {
  Kind kind;
  uint32_t size;  // of a string
  const char *text, *key;
  uint32_t key_size;
  double number;
  struct Node *first, *next;
} Node;

enum { kNodes = 1 << 16, kText = 1 << 20 };
static Node nodes[kNodes];
static size_t used;
static char text[kText], printed[kText];

static Node* new_node(Kind kind) {
  if (used == kNodes) exit(3);
  Node* node = &nodes[used++];
  memset(node, 0, sizeof *node);
  node->kind = kind;
  return node;
}

typedef struct {
  const char *at, *end;
} Reader;

static void skip_space(Reader* in) {
  while (in->at < in->end && (*in->at == ' ' || *in->at == '\n' || *in->at == '\t')) in->at++;
}

static char take(Reader* in) { return in->at < in->end ? *in->at++ : 0; }

static const char* read_string(Reader* in, uint32_t* size) {
  const char* start = in->at;
  for (char c; (c = take(in)) != '"';) {
    if (c == 0) exit(4);
    if (c == '\\') take(in);
  }
  *size = (uint32_t)(in->at - 1 - start);
  return start;
}

static double read_number(Reader* in) {
  double sign = 1, value = 0, scale = 1;
  if (*in->at == '-') sign = -1, in->at++;
  while (*in->at >= '0' && *in->at <= '9') value = value * 10 + (*in->at++ - '0');
  if (*in->at == '.') {
    in->at++;
    while (*in->at >= '0' && *in->at <= '9') {
      value = value * 10 + (*in->at++ - '0');
      scale *= 10;
    }
  }
  return sign * value / scale;
}

static Node* read_value(Reader* in, int depth) {
  if (depth > 64) exit(4);
  skip_space(in);
  Node* node;
  switch (*in->at) {
    case '{':
    case '[': {
      int object = take(in) == '{';
      node = new_node(object ? kObject : kArray);
      Node** link = &node->first;
      skip_space(in);
      if (*in->at == '}' || *in->at == ']') {
        in->at++;
        return node;
      }
      for (;;) {
        const char* key = NULL;
        uint32_t key_size = 0;
        if (object) {
          skip_space(in);
          if (take(in) != '"') exit(4);
          key = read_string(in, &key_size);
          skip_space(in);
          if (take(in) != ':') exit(4);
        }
        Node* child = read_value(in, depth + 1);
        child->key = key;
        child->key_size = key_size;
        *link = child;
        link = &child->next;
        skip_space(in);
        char c = take(in);
        if (c == ',') continue;
        if (c == '}' || c == ']') return node;
        exit(4);
      }
    }
    case '"':
      in->at++;
      node = new_node(kString);
      node->text = read_string(in, &node->size);
      return node;
    case 't': in->at += 4; return new_node(kTrue);
    case 'f': in->at += 5; return new_node(kFalse);
    case 'n': in->at += 4; return new_node(kNull);
    default:
      node = new_node(kNumber);
      node->number = read_number(in);
      return node;
  }
}

static char* put(char* out, const char* bytes, size_t size) {
  memcpy(out, bytes, size);
  return out + size;
}

static char* put_integer(char* out, uint64_t value) {
  char digits[24];
  int count = 0;
  do digits[count++] = (char)('0' + value % 10);
  while ((value /= 10) != 0);
  while (count > 0) *out++ = digits[--count];
  return out;
}

// Numbers of the document have at most three decimals, so printing in thousandths is exact.
static char* put_number(char* out, double number) {
  if (number < 0) *out++ = '-', number = -number;
  uint64_t thousandths = (uint64_t)(number * 1000 + 0.5);
  out = put_integer(out, thousandths / 1000);
  unsigned rest = (unsigned)(thousandths % 1000);
  if (rest != 0) {
    *out++ = '.';
    *out++ = (char)('0' + rest / 100);
    if (rest % 100 != 0) *out++ = (char)('0' + rest / 10 % 10);
    if (rest % 10 != 0) *out++ = (char)('0' + rest % 10);
  }
  return out;
}

static char* print_value(char* out, const Node* node) {
  switch (node->kind) {
    case kNull: return put(out, "null", 4);
    case kTrue: return put(out, "true", 4);
    case kFalse: return put(out, "false", 5);
    case kNumber: return put_number(out, node->number);
    case kString:
      *out++ = '"';
      out = put(out, node->text, node->size);
      *out++ = '"';
      return out;
    case kArray:
    case kObject: break;
  }
  *out++ = node->kind == kObject ? '{' : '[';
  for (const Node* child = node->first; child; child = child->next) {
    if (child != node->first) *out++ = ',';
    if (node->kind == kObject) {
      *out++ = '"';
      out = put(out, child->key, child->key_size);
      *out++ = '"';
      *out++ = ':';
    }
    out = print_value(out, child);
  }
  *out++ = node->kind == kObject ? '}' : ']';
  return out;
}

static size_t generate(int records) {
  uint64_t seed = 99;
  char* out = text;
  out = put(out, "{ \"records\": [\n", 15);
  for (int i = 0; i < records; i++) {
    uint64_t bits = bench_random(&seed);
    out += sprintf(out,
                   "%s  {\"id\": %d, \"name\": \"item-%x\", \"price\": %u.%u5, \"tags\": "
                   "[\"a\\\"b\", \"%c%c\", "
                   "null], \"ok\": %s, \"at\": {\"x\": -%u, \"y\": %u}}",
                   i ? ",\n" : "", i, (unsigned)(bits & 0xffff), (unsigned)(bits >> 16 & 1023),
                   (unsigned)(bits >> 26 & 7), 'a' + (int)(bits >> 30 & 15),
                   'k' + (int)(bits >> 34 & 7), bits >> 40 & 1 ? "true" : "false",
                   (unsigned)(bits >> 41 & 255), (unsigned)(bits >> 50 & 4095));
  }
  out = put(out, "\n]}", 3);
  return (size_t)(out - text);
}

int main(int argc, char** argv) {
  long rounds = bench_size(argc, argv, 5);
  size_t size = generate(1000);
  size_t out_size = 0;
  for (long round = 0; round < rounds; round++) {
    used = 0;
    Reader in = {text, text + size};
    const Node* root = read_value(&in, 0);
    out_size = (size_t)(print_value(printed, root) - printed);
    // What was printed is the next round's input: a fixed point after the first.
    memcpy(text, printed, size = out_size);
  }
  printf("%zu nodes, %zu bytes, %016llx\n", used, out_size,
         (unsigned long long)bench_hash(printed, out_size));
  return 0;
}
