// All solutions of the n queens problem by bit sets: recursion with three arguments, bit tricks, no
// memory.
#include "bench.h"

static uint32_t all;

static BENCH_NOINLINE uint32_t place(uint32_t columns, uint32_t left, uint32_t right) {
  if (columns == all) return 1;
  uint32_t solutions = 0;
  for (uint32_t free = all & ~(columns | left | right); free; free &= free - 1) {
    uint32_t bit = free & (0 - free);
    solutions += place(columns | bit, (left | bit) << 1, (right | bit) >> 1);
  }
  return solutions;
}

int main(int argc, char** argv) {
  uint32_t n = (uint32_t)bench_size(argc, argv, 8);
  if (n < 1 || n > 20) return 1;
  all = (1u << n) - 1;
  printf("%u queens: %u\n", n, place(0, 0, 0));
  return 0;
}
