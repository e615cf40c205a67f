// 128-bit SIMD over an 8-bit image: a box blur in 16-bit lanes, a threshold with a byte mask,
// saturating blends, and a histogram-free mean; plus a dot product in f32 lanes.
#include <wasm_simd128.h>

#include "bench.h"

enum { kWidth = 512, kHeight = 256 };
static uint8_t image[kHeight][kWidth], blurred[kHeight][kWidth], mask[kHeight][kWidth];
static float left[4096], right[4096];

static BENCH_NOINLINE void blur(void) {
  for (int y = 1; y + 1 < kHeight; y++) {
    for (int x = 0; x < kWidth; x += 8) {
      v128_t up = wasm_u16x8_load8x8(&image[y - 1][x]);
      v128_t here = wasm_u16x8_load8x8(&image[y][x]);
      v128_t down = wasm_u16x8_load8x8(&image[y + 1][x]);
      v128_t sum = wasm_i16x8_add(wasm_i16x8_add(up, down), wasm_i16x8_shl(here, 1));
      v128_t mean = wasm_u16x8_shr(wasm_i16x8_add(sum, wasm_i16x8_splat(2)), 2);
      wasm_v128_store64_lane(&blurred[y][x], wasm_u8x16_narrow_i16x8(mean, mean), 0);
    }
  }
}

static BENCH_NOINLINE uint32_t threshold(uint8_t level) {
  v128_t limit = wasm_u8x16_splat(level);
  uint32_t above = 0;
  for (int y = 0; y < kHeight; y++) {
    for (int x = 0; x < kWidth; x += 16) {
      v128_t pixels = wasm_v128_load(&blurred[y][x]);
      v128_t hit = wasm_u8x16_gt(pixels, limit);
      above += (uint32_t)__builtin_popcount(wasm_i8x16_bitmask(hit));
      v128_t inverted = wasm_u8x16_sub_sat(wasm_u8x16_splat(255), pixels);
      wasm_v128_store(&mask[y][x], wasm_v128_bitselect(pixels, inverted, hit));
    }
  }
  return above;
}

static BENCH_NOINLINE void mix(void) {
  for (int y = 0; y < kHeight; y++) {
    for (int x = 0; x < kWidth; x += 16) {
      v128_t a = wasm_v128_load(&image[y][x]), b = wasm_v128_load(&mask[y][x]);
      v128_t swapped =
          wasm_i8x16_shuffle(b, a, 3, 2, 1, 0, 7, 6, 5, 4, 27, 26, 25, 24, 31, 30, 29, 28);
      wasm_v128_store(&image[y][x],
                      wasm_u8x16_add_sat(wasm_u8x16_avgr(a, swapped), wasm_u8x16_splat(1)));
    }
  }
}

static BENCH_NOINLINE float dot(void) {
  v128_t sum = wasm_f32x4_splat(0);
  for (int i = 0; i < 4096; i += 4) {
    sum = wasm_f32x4_add(sum, wasm_f32x4_mul(wasm_v128_load(&left[i]), wasm_v128_load(&right[i])));
  }
  return wasm_f32x4_extract_lane(sum, 0) + wasm_f32x4_extract_lane(sum, 1) +
         wasm_f32x4_extract_lane(sum, 2) + wasm_f32x4_extract_lane(sum, 3);
}

int main(int argc, char** argv) {
  long rounds = bench_size(argc, argv, 10);
  uint64_t seed = 23;
  for (int y = 0; y < kHeight; y++) {
    for (int x = 0; x < kWidth; x++) image[y][x] = (uint8_t)(bench_random(&seed) >> 56);
  }
  for (int i = 0; i < 4096; i++) {
    left[i] = (float)(i % 13) * 0.25f;
    right[i] = (float)(i % 7) - 2;
  }
  uint32_t above = 0;
  float products = 0;
  for (long round = 0; round < rounds; round++) {
    blur();
    above += threshold((uint8_t)(100 + round % 64));
    mix();
    for (int i = 0; i < 8; i++) products = dot();
  }
  printf("%u above, dot %.3f, %016llx\n", above, (double)products,
         (unsigned long long)bench_hash(image, sizeof image));
  return 0;
}
