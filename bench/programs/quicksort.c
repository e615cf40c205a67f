// The C library's qsort and a quicksort of our own over records: comparisons through a function
// pointer (call_indirect), swaps of 16 bytes, recursion.
#include "bench.h"

typedef struct {
  uint64_t key;
  uint32_t payload, index;
} Record;

static int by_key(const void* left, const void* right) {
  uint64_t a = ((const Record*)left)->key, b = ((const Record*)right)->key;
  return a < b ? -1 : a > b;
}

static int by_payload(const void* left, const void* right) {
  uint32_t a = ((const Record*)left)->payload, b = ((const Record*)right)->payload;
  return a < b ? -1 : a > b;
}

static void swap(Record* a, Record* b) {
  Record t = *a;
  *a = *b;
  *b = t;
}

static BENCH_NOINLINE void sort(Record* low, Record* high,
                                int (*compare)(const void*, const void*)) {
  while (high - low > 1) {
    swap(low, low + (high - low) / 2);
    Record *i = low, *j = high;
    for (;;) {
      do i++;
      while (i < high && compare(i, low) < 0);
      do j--;
      while (compare(low, j) < 0);
      if (i >= j) break;
      swap(i, j);
    }
    swap(low, j);
    if (j - low < high - j) {
      sort(low, j, compare);
      low = j + 1;
    } else {
      sort(j + 1, high, compare);
      high = j;
    }
  }
}

int main(int argc, char** argv) {
  size_t count = (size_t)bench_size(argc, argv, 5000);
  Record* records = malloc(count * sizeof *records);
  uint64_t seed = 7;
  for (size_t i = 0; i < count; i++) {
    uint64_t key = bench_random(&seed);
    records[i] = (Record){key, (uint32_t)(bench_random(&seed) >> 40), (uint32_t)i};
  }
  sort(records, records + count, by_payload);
  uint64_t first = records[count / 3].payload;
  sort(records, records + count, by_key);
  for (size_t i = 1; i < count; i++) {
    if (records[i - 1].key > records[i].key) return 1;
  }
  qsort(records, count / 2, sizeof *records, by_payload);
  for (size_t i = 1; i < count / 2; i++) {
    if (records[i - 1].payload > records[i].payload) return 1;
  }
  printf("%zu records, %llu, %u\n", count, (unsigned long long)first, records[count - 1].index);
  return 0;
}
