// Dense f64 matrix product in the textbook order: one multiply-add per two loads, one with a large
// stride.
#include "bench.h"

int main(int argc, char** argv) {
  int n = (int)bench_size(argc, argv, 40);
  size_t cells = (size_t)n * (size_t)n;
  double* a = malloc(cells * sizeof(double));
  double* b = malloc(cells * sizeof(double));
  double* c = malloc(cells * sizeof(double));
  for (int i = 0; i < n; i++) {
    for (int j = 0; j < n; j++) {
      a[i * n + j] = (i - j) * (i + j) / (double)n;
      b[i * n + j] = (i + 2 * j) % 17 - 8;
    }
  }
  for (int i = 0; i < n; i++) {
    for (int j = 0; j < n; j++) {
      double sum = 0;
      for (int k = 0; k < n; k++) sum += a[i * n + k] * b[k * n + j];
      c[i * n + j] = sum;
    }
  }
  double trace = 0;
  for (int i = 0; i < n; i++) trace += c[i * n + i];
  printf("n %d trace %.6f corner %.6f\n", n, trace, c[cells - 1]);
  return 0;
}
