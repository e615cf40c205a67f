// Heapsort of 32-bit numbers: data-dependent loads and compares, little locality.
#include "bench.h"

static BENCH_NOINLINE void sift_down(uint32_t* heap, size_t root, size_t count) {
  uint32_t value = heap[root];
  for (size_t child; (child = 2 * root + 1) < count; root = child) {
    if (child + 1 < count && heap[child] < heap[child + 1]) child++;
    if (value >= heap[child]) break;
    heap[root] = heap[child];
  }
  heap[root] = value;
}

int main(int argc, char** argv) {
  size_t count = (size_t)bench_size(argc, argv, 20000);
  uint32_t* values = malloc(count * sizeof *values);
  uint64_t seed = 42;
  for (size_t i = 0; i < count; i++) values[i] = (uint32_t)bench_random(&seed);
  for (size_t i = count / 2; i-- > 0;) sift_down(values, i, count);
  for (size_t end = count; end-- > 1;) {
    uint32_t top = values[0];
    values[0] = values[end];
    values[end] = top;
    sift_down(values, 0, end);
  }
  for (size_t i = 1; i < count; i++) {
    if (values[i - 1] > values[i]) return 1;
  }
  printf("%zu sorted, median %u, %016llx\n", count, values[count / 2],
         (unsigned long long)bench_hash(values, count * sizeof *values));
  return 0;
}
