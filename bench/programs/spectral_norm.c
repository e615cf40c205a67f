// The spectral norm of an infinite matrix, cut to n x n, by power iteration: integer index
// arithmetic feeding f64 divisions in a doubly nested loop.
#include <math.h>

#include "bench.h"

static inline double element(int i, int j) { return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1); }

static BENCH_NOINLINE void multiply(int n, const double* in, double* out) {
  for (int i = 0; i < n; i++) {
    double sum = 0;
    for (int j = 0; j < n; j++) sum += element(i, j) * in[j];
    out[i] = sum;
  }
}

static BENCH_NOINLINE void multiply_transposed(int n, const double* in, double* out) {
  for (int i = 0; i < n; i++) {
    double sum = 0;
    for (int j = 0; j < n; j++) sum += element(j, i) * in[j];
    out[i] = sum;
  }
}

int main(int argc, char** argv) {
  int n = (int)bench_size(argc, argv, 100);
  double* u = malloc(sizeof(double) * (size_t)n);
  double* v = malloc(sizeof(double) * (size_t)n);
  double* between = malloc(sizeof(double) * (size_t)n);
  for (int i = 0; i < n; i++) u[i] = 1;
  for (int i = 0; i < 10; i++) {
    multiply(n, u, between);
    multiply_transposed(n, between, v);
    multiply(n, v, between);
    multiply_transposed(n, between, u);
  }
  double uv = 0, vv = 0;
  for (int i = 0; i < n; i++) {
    uv += u[i] * v[i];
    vv += v[i] * v[i];
  }
  printf("%.9f\n", sqrt(uv / vv));
  return 0;
}
