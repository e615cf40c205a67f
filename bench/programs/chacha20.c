// The ChaCha20 stream cipher (RFC 8439), scalar: 32-bit additions, xors and rotates on sixteen
// values that want to live in registers.
#include "bench.h"

static inline uint32_t rotate_left(uint32_t x, int by) { return x << by | x >> (32 - by); }

#define QUARTER(a, b, c, d)           \
  a += b, d = rotate_left(d ^ a, 16); \
  c += d, b = rotate_left(b ^ c, 12); \
  a += b, d = rotate_left(d ^ a, 8);  \
  c += d, b = rotate_left(b ^ c, 7)

static BENCH_NOINLINE void block(const uint32_t in[16], uint32_t out[16]) {
  uint32_t x[16];
  for (int i = 0; i < 16; i++) x[i] = in[i];
  for (int round = 0; round < 10; round++) {
    QUARTER(x[0], x[4], x[8], x[12]);
    QUARTER(x[1], x[5], x[9], x[13]);
    QUARTER(x[2], x[6], x[10], x[14]);
    QUARTER(x[3], x[7], x[11], x[15]);
    QUARTER(x[0], x[5], x[10], x[15]);
    QUARTER(x[1], x[6], x[11], x[12]);
    QUARTER(x[2], x[7], x[8], x[13]);
    QUARTER(x[3], x[4], x[9], x[14]);
  }
  for (int i = 0; i < 16; i++) out[i] = x[i] + in[i];
}

int main(int argc, char** argv) {
  long rounds = bench_size(argc, argv, 10);
  // The block of RFC 8439, section 2.3.2: its first word is e4e7f110.
  uint32_t state[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
  for (int i = 0; i < 8; i++) state[4 + i] = 0x03020100u + 0x04040404u * (uint32_t)i;
  state[12] = 1;
  state[13] = 0x09000000;
  state[14] = 0x4a000000;
  uint32_t key[16];
  block(state, key);
  printf("%08x ", key[0]);
  static uint32_t data[16384];
  for (long round = 0; round < rounds; round++) {
    for (size_t i = 0; i < 16384; i += 16) {
      block(state, key);
      for (size_t k = 0; k < 16; k++) data[i + k] ^= key[k];
      state[12]++;
    }
  }
  printf("%016llx\n", (unsigned long long)bench_hash(data, sizeof data));
  return 0;
}
