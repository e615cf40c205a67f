// Memory that grows to hundreds of megabytes, many small blocks, large moves.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t state = 12345;
static uint32_t next(void) { return state = state * 1664525u + 1013904223u; }

int main(void) {
  enum { kMegabyte = 1 << 20 };
  size_t size = 1;
  unsigned char* block = malloc(size);
  block[0] = 7;
  while (size < 256u * kMegabyte) {  // doubling: each step moves what is there
    block = realloc(block, size * 2);
    if (!block) return puts("out of memory"), 1;
    memcpy(block + size, block, size);
    size *= 2;
  }
  unsigned long sevens = 0;
  for (size_t i = 0; i < size; i += 4093) sevens += block[i] == 7;
  printf("%lu of %lu\n", sevens, (unsigned long)(size / 4093 + 1));
  memmove(block + 1, block, size - 1);
  block[0] = 9;
  memset(block + size / 2, 3, size / 2);
  printf("%d %d %d\n", block[0], block[size / 2 - 1], block[size - 1]);
  free(block);

  enum { kBlocks = 20000 };
  static unsigned char* blocks[kBlocks];
  static uint32_t sizes[kBlocks];
  unsigned long wrong = 0;
  for (int round = 0; round < 200000; round++) {
    uint32_t i = next() % kBlocks;
    if (blocks[i]) {
      for (uint32_t j = 0; j < sizes[i]; j += 61) wrong += blocks[i][j] != (unsigned char)i;
      free(blocks[i]);
    }
    sizes[i] = next() % 2000 + 1;
    blocks[i] = malloc(sizes[i]);
    memset(blocks[i], (int)(unsigned char)i, sizes[i]);
  }
  printf("wrong bytes %lu\n", wrong);
  return 0;
}
