// Block copies, fills, moves and compares of many sizes: memory.copy and memory.fill against loops
// in the guest's C library (memcmp, memchr).
#include "bench.h"

enum { kArena = 1 << 20 };
static unsigned char from[kArena], to[kArena];

int main(int argc, char** argv) {
  long rounds = bench_size(argc, argv, 2000);
  uint64_t seed = 5;
  size_t equal = 0, where = 0;
  for (size_t i = 0; i < kArena; i++) from[i] = (unsigned char)(i % 251);
  for (long round = 0; round < rounds; round++) {
    uint64_t bits = bench_random(&seed);
    // Sizes are spread over the powers of two: most are small, as in real programs.
    size_t size = (bits & 0xffff) >> (bits >> 16 & 15);
    size_t source = (bits >> 20) % (kArena - 65536), target = (bits >> 40) % (kArena - 65536);
    memcpy(to + target, from + source, size);
    memmove(from + target / 2, from + target / 2 + 7, size / 2);
    memset(to + source, (int)(bits >> 60), size / 4);
    equal += memcmp(to + target, from + source, size / 8) == 0;
    unsigned char* hit = memchr(from + source, 250, 512);
    where += hit != NULL ? (size_t)(hit - from) - source : 512;
  }
  printf("%zu equal, %zu, %016llx %016llx\n", equal, where,
         (unsigned long long)bench_hash(from, kArena), (unsigned long long)bench_hash(to, kArena));
  return 0;
}
