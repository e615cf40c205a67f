// An interpreter inside the interpreter: a stack machine runs a sieve and a Collatz search. The
// loop over a dense switch becomes br_table; operands travel through linear memory.
#include "bench.h"

enum Op {
  kPush,
  kLoad,
  kStore,
  kFetch,
  kPut,
  kAdd,
  kSub,
  kMul,
  kShr,
  kAnd,
  kLess,
  kEqual,
  kJump,
  kJumpIfZero,
  kDup,
  kSwap,
  kDrop,
  kHalt
};

static int32_t memory[8192];
static uint64_t executed;

static BENCH_NOINLINE int32_t run(const int32_t* code) {
  int32_t stack[32], *sp = stack;
  const int32_t* pc = code;
  uint64_t count = 0;
  for (;;) {
    count++;
    switch ((enum Op) * pc++) {
      case kPush: *sp++ = *pc++; break;
      case kLoad: *sp++ = memory[*pc++]; break;
      case kStore: memory[*pc++] = *--sp; break;
      case kFetch: sp[-1] = memory[sp[-1]]; break;
      case kPut:
        sp -= 2;
        memory[sp[0]] = sp[1];
        break;
      case kAdd:
        sp--;
        sp[-1] += sp[0];
        break;
      case kSub:
        sp--;
        sp[-1] -= sp[0];
        break;
      case kMul:
        sp--;
        sp[-1] *= sp[0];
        break;
      case kShr:
        sp--;
        sp[-1] >>= sp[0];
        break;
      case kAnd:
        sp--;
        sp[-1] &= sp[0];
        break;
      case kLess:
        sp--;
        sp[-1] = sp[-1] < sp[0];
        break;
      case kEqual:
        sp--;
        sp[-1] = sp[-1] == sp[0];
        break;
      case kJump: pc = code + *pc; break;
      case kJumpIfZero: pc = *--sp == 0 ? code + *pc : pc + 1; break;
      case kDup:
        sp[0] = sp[-1];
        sp++;
        break;
      case kSwap: {
        int32_t t = sp[-1];
        sp[-1] = sp[-2];
        sp[-2] = t;
        break;
      }
      case kDrop: sp--; break;
      case kHalt: executed += count; return *--sp;
    }
  }
}

// Cells: 0 limit, 1 i, 2 j, 3 count; the flags start at cell 16.
static const int32_t sieve[] = {
    kPush,          2,      kStore, 1,     kPush, 0,           kStore,      3,
    /* 8 */ kLoad,  1,      kLoad,  0,     kLess, kJumpIfZero, 59,
    /* 15 */ kLoad, 1,      kPush,  16,    kAdd,  kFetch,      kJumpIfZero, 32,
    /* 23 */ kLoad, 1,      kPush,  1,     kAdd,  kStore,      1,           kJump, 8,
    /* 32 */ kLoad, 3,      kPush,  1,     kAdd,  kStore,      3,           kLoad, 1,      kDup,
    kAdd,           kStore, 2,
    /* 45 */ kLoad, 2,      kLoad,  0,     kLess, kJumpIfZero, 23,
    /* 52 */ kLoad, 2,      kPush,  16,    kAdd,  kJump,       62,
    /* 59 */ kLoad, 3,      kHalt,
    /* 62 */ kPush, 1,      kPut,   kLoad, 2,     kLoad,       1,           kAdd,  kStore, 2,
    kJump,          45};

// Cells: 0 limit, 1 start, 2 value, 3 steps, 4 longest.
static const int32_t collatz[] = {
    kPush,          1,  kStore, 1, kPush,  0,           kStore, 4,
    /* 8 */ kLoad,  1,  kLoad,  0, kLess,  kJumpIfZero, 88,
    /* 15 */ kLoad, 1,  kStore, 2, kPush,  0,           kStore, 3,
    /* 23 */ kLoad, 2,  kPush,  1, kEqual, kJumpIfZero, 32,     kJump, 68,
    /* 32 */ kLoad, 3,  kPush,  1, kAdd,   kStore,      3,      kLoad, 2,      kPush,  1,     kAnd,
    kJumpIfZero,    59,
    /* 46 */ kLoad, 2,  kPush,  3, kMul,   kPush,       1,      kAdd,  kStore, 2,      kJump, 23,
    /* 58 */ kHalt,
    /* 59 */ kLoad, 2,  kPush,  1, kShr,   kStore,      2,      kJump, 23,
    /* 68 */ kLoad, 4,  kLoad,  3, kLess,  kJumpIfZero, 79,     kLoad, 3,      kStore, 4,
    /* 79 */ kLoad, 1,  kPush,  1, kAdd,   kStore,      1,      kJump, 8,
    /* 88 */ kLoad, 4,  kHalt};

int main(int argc, char** argv) {
  long rounds = bench_size(argc, argv, 5);
  int32_t primes = 0, longest = 0;
  for (long round = 0; round < rounds; round++) {
    memset(memory, 0, sizeof memory);
    memory[0] = 8000;
    primes = run(sieve);
    memory[0] = 2000;
    longest = run(collatz);
  }
  printf("%d primes, longest %d, %llu executed\n", primes, longest, (unsigned long long)executed);
  return 0;
}
