// Mandelbrot set on an n x n grid, 50 iterations: f64 arithmetic in registers, one branch per
// iteration.
#include "bench.h"

int main(int argc, char** argv) {
  int n = (int)bench_size(argc, argv, 64);
  uint64_t hash = 0xcbf29ce484222325ULL;
  long inside = 0;
  for (int py = 0; py < n; py++) {
    for (int px = 0; px < n; px++) {
      double cr = 2.0 * px / n - 1.5, ci = 2.0 * py / n - 1.0;
      double zr = 0, zi = 0, rr = 0, ii = 0;
      int i = 0;
      for (; i < 50 && rr + ii <= 4.0; i++) {
        zi = 2.0 * zr * zi + ci;
        zr = rr - ii + cr;
        rr = zr * zr;
        ii = zi * zi;
      }
      inside += i == 50;
      hash = (hash ^ (uint64_t)i) * 0x100000001b3ULL;
    }
  }
  printf("%d x %d: %ld inside, %016llx\n", n, n, inside, (unsigned long long)hash);
  return 0;
}
