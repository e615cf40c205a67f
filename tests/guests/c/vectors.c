// SIMD through the compiler's portable vectors: lanes of every type, shuffles, comparisons,
// conversions, saturation by hand; the native build computes the same with its own vectors.
#include <stdint.h>
#include <stdio.h>

typedef int8_t i8x16 __attribute__((vector_size(16)));
typedef uint8_t u8x16 __attribute__((vector_size(16)));
typedef int16_t i16x8 __attribute__((vector_size(16)));
typedef uint16_t u16x8 __attribute__((vector_size(16)));
typedef int32_t i32x4 __attribute__((vector_size(16)));
typedef uint32_t u32x4 __attribute__((vector_size(16)));
typedef int64_t i64x2 __attribute__((vector_size(16)));
typedef float f32x4 __attribute__((vector_size(16)));
typedef double f64x2 __attribute__((vector_size(16)));

static uint32_t state = 99;
static uint32_t next(void) { return state = state * 1664525u + 1013904223u; }

static uint64_t hash = 14695981039346656037u;
static void mix(const void* data, int size) {
  for (int i = 0; i < size; i++) hash = (hash ^ ((const uint8_t*)data)[i]) * 1099511628211u;
}
#define MIX(...)                    \
  ({                                \
    __auto_type v_ = (__VA_ARGS__); \
    mix(&v_, sizeof v_);            \
  })

static i8x16 fresh(void) {
  union {
    uint32_t words[4];
    i8x16 vector;
  } u;
  for (int i = 0; i < 4; i++) u.words[i] = next();
  return u.vector;
}

static void integers(void) {
  for (int round = 0; round < 2000; round++) {
    i8x16 a = fresh(), b = fresh();
    MIX(a + b), MIX(a - b), MIX(a & ~b), MIX(a < b), MIX((u8x16)a > (u8x16)b), MIX(a == b);
    i16x8 c = (i16x8)a, d = (i16x8)b;
    MIX(c * d), MIX(c >> 3), MIX((u16x8)c >> 5), MIX(c << 7), MIX(c <= d), MIX(-c);
    i32x4 e = (i32x4)a, f = (i32x4)b;
    MIX(e * f), MIX(e >> (f & 31)), MIX((u32x4)e >> 9), MIX(e ^ f), MIX(e >= f);
    MIX(__builtin_shufflevector(e, f, 3, 4, 1, 6));
    MIX(__builtin_shufflevector(a, b, 0, 17, 2, 19, 4, 21, 6, 23, 8, 25, 10, 27, 12, 29, 14, 31));
    MIX(__builtin_convertvector(e, f32x4)), MIX(__builtin_convertvector((u32x4)e, f32x4));
    i64x2 g = (i64x2)a, h = (i64x2)b;
    MIX(g + h), MIX(g * h), MIX(g < h), MIX(g >> 13);
    e[round & 3] = round;
    MIX(e), MIX(e[(round + 1) & 3]);
  }
  printf("integers %016llx\n", (unsigned long long)hash);
}

static void floats(void) {
  f32x4 x = {0.1f, 0.2f, 0.3f, 0.4f};
  f64x2 y = {0.35, 0.45};
  for (int round = 0; round < 20000; round++) {
    x = 3.8f * x * (1.0f - x);
    y = 3.9 * y * (1.0 - y);
    MIX(x < 0.5f), MIX(y > 0.5), MIX(x / 3.0f), MIX(__builtin_convertvector(x * 1000.0f, i32x4));
  }
  printf("floats %a %a %a %a | %a %a | %016llx\n", (double)x[0], (double)x[1], (double)x[2],
         (double)x[3], y[0], y[1], (unsigned long long)hash);
}

// A loop that the compiler vectorizes by itself.
static int32_t plain(int32_t* restrict out, const int16_t* restrict a, const int16_t* restrict b,
                     int n) {
  int32_t sum = 0;
  for (int i = 0; i < n; i++) out[i] = a[i] * b[i];
  for (int i = 0; i < n; i++) sum += out[i] ^ i;
  return sum;
}

int main(void) {
  integers();
  floats();
  enum { kCount = 4099 };
  static int16_t a[kCount], b[kCount];
  static int32_t out[kCount];
  for (int i = 0; i < kCount; i++) a[i] = (int16_t)next(), b[i] = (int16_t)next();
  printf("dot %d\n", plain(out, a, b, kCount));
  return 0;
}
