// Conway's game of life on a torus of bytes: nine loads, additions and a store per cell, and
// Levenshtein distances between its rows: a dynamic programme with min and select.
#include "bench.h"

enum { kWidth = 256, kHeight = 128 };
static uint8_t world[2][kHeight][kWidth];

static BENCH_NOINLINE void step(uint8_t (*from)[kWidth], uint8_t (*to)[kWidth]) {
  for (int y = 0; y < kHeight; y++) {
    const uint8_t *up = from[(y + kHeight - 1) % kHeight], *here = from[y],
                  *down = from[(y + 1) % kHeight];
    for (int x = 0; x < kWidth; x++) {
      int l = (x + kWidth - 1) % kWidth, r = (x + 1) % kWidth;
      int around = up[l] + up[x] + up[r] + here[l] + here[r] + down[l] + down[x] + down[r];
      to[y][x] = around == 3 || (around == 2 && here[x]);
    }
  }
}

static BENCH_NOINLINE int distance(const uint8_t* a, const uint8_t* b) {
  int row[kWidth + 1];
  for (int j = 0; j <= kWidth; j++) row[j] = j;
  for (int i = 1; i <= kWidth; i++) {
    int diagonal = row[0];
    row[0] = i;
    for (int j = 1; j <= kWidth; j++) {
      int best = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      if (row[j] + 1 < best) best = row[j] + 1;
      if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
      row[j] = best;
    }
  }
  return row[kWidth];
}

int main(int argc, char** argv) {
  long rounds = bench_size(argc, argv, 10);
  uint64_t seed = 8;
  for (int y = 0; y < kHeight; y++) {
    for (int x = 0; x < kWidth; x++) world[0][y][x] = bench_random(&seed) >> 62 == 0;
  }
  long apart = 0;
  for (long round = 0; round < rounds; round++) {
    step(world[round & 1], world[~round & 1]);
    int y = (int)(round % (kHeight - 1));
    apart += distance(world[~round & 1][y], world[~round & 1][y + 1]);
  }
  int alive = 0;
  for (int y = 0; y < kHeight; y++) {
    for (int x = 0; x < kWidth; x++) alive += world[rounds & 1][y][x];
  }
  printf("%d alive, %ld apart, %016llx\n", alive, apart,
         (unsigned long long)bench_hash(world[rounds & 1], sizeof world[0]));
  return 0;
}
