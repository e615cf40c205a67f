// Sieve of Eratosthenes over bytes: strided stores and a counting pass, one tight loop each.
#include "bench.h"

enum { kLimit = 1 << 20 };
static unsigned char composite[kLimit + 1];

int main(int argc, char** argv) {
  int rounds = (int)bench_size(argc, argv, 2);
  uint32_t total = 0;
  for (int round = 0; round < rounds; round++) {
    memset(composite, 0, sizeof composite);
    for (uint32_t i = 2; i * i <= kLimit; i++) {
      if (composite[i]) continue;
      for (uint32_t j = i * i; j <= kLimit; j += i) composite[j] = 1;
    }
    uint32_t count = 0;
    for (uint32_t i = 2 + (uint32_t)round; i <= kLimit; i++) count += !composite[i];
    total += count;
  }
  printf("primes below 2^20, %d rounds: %u\n", rounds, total);
  return 0;
}
