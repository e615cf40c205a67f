// Doubly recursive Fibonacci: nothing but direct calls, compares and additions.
#include "bench.h"

static BENCH_NOINLINE uint32_t fib(uint32_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

int main(int argc, char** argv) {
  uint32_t n = (uint32_t)bench_size(argc, argv, 27);
  printf("fib(%u) = %u\n", n, fib(n));
  return 0;
}
