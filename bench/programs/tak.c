// Takeuchi's function: calls with three arguments, most of which return at once.
#include "bench.h"

static BENCH_NOINLINE int tak(int x, int y, int z) {
  if (y >= x) return z;
  return tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y));
}

int main(int argc, char** argv) {
  int rounds = (int)bench_size(argc, argv, 1);
  long sum = 0;
  for (int i = 0; i < rounds; i++) sum += tak(18 + i % 2, 12, 6);
  printf("tak x %d = %ld\n", rounds, sum);
  return 0;
}
