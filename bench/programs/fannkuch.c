// Fannkuch: flips prefixes of every permutation of n numbers. Small arrays, short loops, hard
// branches.
#include "bench.h"

enum { kMax = 16 };

int main(int argc, char** argv) {
  int n = (int)bench_size(argc, argv, 7);
  if (n < 2 || n > kMax) return 1;
  int permutation[kMax], work[kMax], count[kMax];
  for (int i = 0; i < n; i++) permutation[i] = i;
  int most_flips = 0, checksum = 0, r = n;
  for (long index = 0;; index++) {
    for (; r != 1; r--) count[r - 1] = r;
    for (int i = 0; i < n; i++) work[i] = permutation[i];
    int flips = 0;
    for (int first; (first = work[0]) != 0; flips++) {
      for (int low = 0, high = first; low < high; low++, high--) {
        int swap = work[low];
        work[low] = work[high];
        work[high] = swap;
      }
    }
    if (flips > most_flips) most_flips = flips;
    checksum += index % 2 == 0 ? flips : -flips;
    for (;; r++) {
      if (r == n) {
        printf("%d\nfannkuch(%d) = %d\n", checksum, n, most_flips);
        return 0;
      }
      int first = permutation[0];
      for (int i = 0; i < r; i++) permutation[i] = permutation[i + 1];
      permutation[r] = first;
      if (--count[r] > 0) break;
    }
  }
}
