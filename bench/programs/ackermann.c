// Ackermann's function with a first argument of 3: recursion some 500 frames deep (engines with a
// default limit of 1,000 must run it too), so the guest's call stack is the work.
#include "bench.h"

static BENCH_NOINLINE uint32_t ackermann(uint32_t m, uint32_t n) {
  if (m == 0) return n + 1;
  if (n == 0) return ackermann(m - 1, 1);
  return ackermann(m - 1, ackermann(m, n - 1));
}

int main(int argc, char** argv) {
  uint32_t rounds = (uint32_t)bench_size(argc, argv, 1);
  uint32_t sum = 0;
  for (uint32_t i = 0; i < rounds; i++) sum += ackermann(3, 5 + i % 2);
  printf("ackermann(3, 5..6) x %u = %u\n", rounds, sum);
  return 0;
}
