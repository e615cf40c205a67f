// A regular-expression matcher: patterns are compiled to a small program that is run over all
// threads of the automaton at once (Thompson's construction), so time is linear in text and
// pattern.
#include "bench.h"

typedef enum { kChar, kAny, kClass, kSplit, kJump, kMatch } Op;
typedef struct {
  Op op;
  unsigned char c;
  int x, y;
  uint32_t set[8];
} Instruction;

enum { kMaxProgram = 256 };
typedef struct {
  Instruction code[kMaxProgram];
  int size;
} Program;

static const char* pattern;
static Program* target;

static int emit(Op op) {
  if (target->size == kMaxProgram) exit(3);
  Instruction* i = &target->code[target->size];
  memset(i, 0, sizeof *i);
  i->op = op;
  return target->size++;
}

// Makes room for one instruction before those from `at` on; jumps inside move with their targets.
static void insert(int at, Op op) {
  emit(op);
  for (int i = target->size - 1; i > at; i--) {
    target->code[i] = target->code[i - 1];
    if (target->code[i].op == kSplit || target->code[i].op == kJump) {
      if (target->code[i].x >= at) target->code[i].x++;
      if (target->code[i].y >= at) target->code[i].y++;
    }
  }
  memset(&target->code[at], 0, sizeof target->code[at]);
  target->code[at].op = op;
}

static void parse_alternatives(void);

static void parse_atom(void) {
  char c = *pattern++;
  if (c == '(') {
    parse_alternatives();
    pattern++;  // ')'
  } else if (c == '[') {
    int at = emit(kClass);
    int negated = *pattern == '^';
    pattern += negated;
    while (*pattern != ']') {
      unsigned char low = (unsigned char)*pattern++, high = low;
      if (*pattern == '-' && pattern[1] != ']') {
        high = (unsigned char)pattern[1];
        pattern += 2;
      }
      for (unsigned b = low; b <= high; b++) target->code[at].set[b / 32] |= 1u << b % 32;
    }
    pattern++;
    if (negated) {
      for (int i = 0; i < 8; i++) target->code[at].set[i] = ~target->code[at].set[i];
    }
  } else if (c == '.') {
    emit(kAny);
  } else {
    if (c == '\\') c = *pattern++;
    target->code[emit(kChar)].c = (unsigned char)c;
  }
}

static void parse_sequence(void) {
  while (*pattern && *pattern != '|' && *pattern != ')') {
    int start = target->size;
    parse_atom();
    char repeat = *pattern;
    if (repeat != '*' && repeat != '+' && repeat != '?') continue;
    pattern++;
    if (repeat == '+') {
      int split = emit(kSplit);
      target->code[split].x = start;
      target->code[split].y = split + 1;
      continue;
    }
    insert(start, kSplit);
    target->code[start].x = start + 1;
    if (repeat == '*') target->code[emit(kJump)].x = start;
    target->code[start].y = target->size;
  }
}

static void parse_alternatives(void) {
  int start = target->size;
  parse_sequence();
  while (*pattern == '|') {
    pattern++;
    insert(start, kSplit);
    target->code[start].x = start + 1;
    int jump = emit(kJump);
    target->code[start].y = target->size;
    parse_sequence();
    target->code[jump].x = target->size;
  }
}

static void compile(const char* source, Program* program) {
  pattern = source;
  target = program;
  program->size = 0;
  parse_alternatives();
  emit(kMatch);
}

typedef struct {
  int at[kMaxProgram];
  int count;
} Threads;

static uint32_t seen[kMaxProgram], generation;

static void add_thread(const Program* program, Threads* threads, int pc) {
  if (seen[pc] == generation) return;
  seen[pc] = generation;
  const Instruction* i = &program->code[pc];
  if (i->op == kJump) {
    add_thread(program, threads, i->x);
  } else if (i->op == kSplit) {
    add_thread(program, threads, i->x);
    add_thread(program, threads, i->y);
  } else {
    threads->at[threads->count++] = pc;
  }
}

// The number of places in the text at which some match ends.
static BENCH_NOINLINE unsigned search(const Program* program, const char* text, size_t size) {
  static Threads lists[2];
  Threads *now = &lists[0], *then = &lists[1];
  unsigned matches = 0;
  now->count = 0;
  for (size_t i = 0; i < size; i++) {
    generation++;
    for (int t = 0; t < now->count; t++) seen[now->at[t]] = generation;
    add_thread(program, now, 0);
    generation++;
    then->count = 0;
    unsigned char c = (unsigned char)text[i];
    int matched = 0;
    for (int t = 0; t < now->count; t++) {
      const Instruction* in = &program->code[now->at[t]];
      int step = 0;
      switch (in->op) {
        case kChar: step = in->c == c; break;
        case kAny: step = c != '\n'; break;
        case kClass: step = in->set[c / 32] >> c % 32 & 1; break;
        case kMatch: matched = 1; break;
        case kSplit:
        case kJump: break;
      }
      if (step) add_thread(program, then, now->at[t] + 1);
    }
    matches += (unsigned)matched;
    Threads* swap = now;
    now = then;
    then = swap;
  }
  return matches;
}

int main(int argc, char** argv) {
  long rounds = bench_size(argc, argv, 1);
  static const char* const patterns[] = {"(func|table) \\$[a-z]+[0-9]*", "[0-9]+\\.[0-9]+",
                                         "i(32|64)\\.(add|sub|mul)", "(a|aa)+b?c*[^ ]z",
                                         "\\(.*\\)"};
  static const char* const pieces[] = {"func $main12 ", "i32.add ", "i64.mul",
                                       "aaaaaabccxz ",  "3.1415 ",  "(local.get 0)\n",
                                       "table $t",      " zzz\n"};
  enum { kSize = 32768 };
  static char text[kSize + 16];
  uint64_t seed = 17;
  size_t size = 0;
  while (size < kSize) {
    const char* piece = pieces[bench_random(&seed) % 8];
    size_t length = strlen(piece);
    memcpy(text + size, piece, length);
    size += length;
  }
  static Program program;
  for (int p = 0; p < 5; p++) {
    unsigned total = 0;
    compile(patterns[p], &program);
    for (long round = 0; round < rounds; round++) total += search(&program, text, kSize);
    printf("%d instructions, %u ends\n", program.size, total);
  }
  return 0;
}
