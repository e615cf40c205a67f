// ChaCha20 again, a row of the state in each 128-bit vector: adds, xors, shifts and shuffles of
// 32-bit lanes.
#include <wasm_simd128.h>

#include "bench.h"

#define ROTATE(v, by) wasm_v128_or(wasm_i32x4_shl(v, by), wasm_u32x4_shr(v, 32 - (by)))
#define ROUND(a, b, c, d)                                               \
  a = wasm_i32x4_add(a, b), d = wasm_v128_xor(d, a), d = ROTATE(d, 16); \
  c = wasm_i32x4_add(c, d), b = wasm_v128_xor(b, c), b = ROTATE(b, 12); \
  a = wasm_i32x4_add(a, b), d = wasm_v128_xor(d, a), d = ROTATE(d, 8);  \
  c = wasm_i32x4_add(c, d), b = wasm_v128_xor(b, c), b = ROTATE(b, 7)

static BENCH_NOINLINE void block(const v128_t in[4], v128_t out[4]) {
  v128_t a = in[0], b = in[1], c = in[2], d = in[3];
  for (int round = 0; round < 10; round++) {
    ROUND(a, b, c, d);
    b = wasm_i32x4_shuffle(b, b, 1, 2, 3, 0);
    c = wasm_i32x4_shuffle(c, c, 2, 3, 0, 1);
    d = wasm_i32x4_shuffle(d, d, 3, 0, 1, 2);
    ROUND(a, b, c, d);
    b = wasm_i32x4_shuffle(b, b, 3, 0, 1, 2);
    c = wasm_i32x4_shuffle(c, c, 2, 3, 0, 1);
    d = wasm_i32x4_shuffle(d, d, 1, 2, 3, 0);
  }
  out[0] = wasm_i32x4_add(a, in[0]);
  out[1] = wasm_i32x4_add(b, in[1]);
  out[2] = wasm_i32x4_add(c, in[2]);
  out[3] = wasm_i32x4_add(d, in[3]);
}

int main(int argc, char** argv) {
  long rounds = bench_size(argc, argv, 10);
  // As in chacha20.c: the first word of the first block is e4e7f110 (RFC 8439), and so is the
  // data's hash.
  v128_t state[4] = {wasm_i32x4_const(0x61707865, 0x3320646e, 0x79622d32, 0x6b206574),
                     wasm_i32x4_const(0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c),
                     wasm_i32x4_const(0x13121110, 0x17161514, 0x1b1a1918, 0x1f1e1d1c),
                     wasm_i32x4_const(1, 0x09000000, 0x4a000000, 0)};
  v128_t key[4];
  block(state, key);
  printf("%08x ", (unsigned)wasm_i32x4_extract_lane(key[0], 0));
  static v128_t data[4096];
  for (long round = 0; round < rounds; round++) {
    for (size_t i = 0; i < 4096; i += 4) {
      block(state, key);
      for (size_t k = 0; k < 4; k++) data[i + k] = wasm_v128_xor(data[i + k], key[k]);
      state[3] = wasm_i32x4_add(state[3], wasm_i32x4_const(1, 0, 0, 0));
    }
  }
  printf("%016llx\n", (unsigned long long)bench_hash(data, sizeof data));
  return 0;
}
