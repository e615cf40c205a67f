// Integers and floating point: edges of arithmetic, conversions, rounding, and printing them.
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double kDoubles[] = {
    0.0,     -0.0,          1.0,      -1.5,      2.5,          3.5,           0.1,
    1e-5,    123456789.125, 1e21,     -1e22,     DBL_MAX,      DBL_MIN,       1e-300,
    1.0 / 3, 1e100,         INFINITY, -INFINITY, 2147483648.0, -2147483649.0, 9.007199254740993e15};

static uint64_t bits(double x) {
  uint64_t result;
  memcpy(&result, &x, sizeof result);
  return result;
}

static void printing(void) {
  for (size_t i = 0; i < sizeof kDoubles / sizeof *kDoubles; i++) {
    double x = kDoubles[i];
    printf("%g %e %.3f %a %.17g | %.9g\n", x, x, fabs(x) < 1e30 ? x : 0, x, x, (double)(float)x);
  }
}

static void rounding(void) {
  for (size_t i = 0; i < sizeof kDoubles / sizeof *kDoubles; i++) {
    volatile double x = kDoubles[i];
    printf("%g %g %g %g %g %g\n", floor(x), ceil(x), trunc(x), nearbyint(x), sqrt(fabs(x)),
           copysign(x, -1.0));
    printf("%016" PRIx64 " %016" PRIx64 "\n", bits(x * 3.7), bits((double)(float)(x / 7)));
  }
  volatile double nan = NAN, one = 1;
  printf("nan %d %d %d %d\n", nan == nan, nan < one, nan != nan, isnan(fmin(nan, one)));
}

static void integers(void) {
  static const int64_t values[] = {
      0, 1, -1, 2, 7, -7, 63, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, 0x123456789abcdef};
  enum { kCount = sizeof values / sizeof *values };
  uint64_t hash = 14695981039346656037u;
  for (int i = 0; i < kCount; i++) {
    for (int j = 0; j < kCount; j++) {
      volatile int64_t a = values[i], b = values[j];
      uint64_t ua = (uint64_t)a, ub = (uint64_t)b;
      uint64_t results[] = {ua + ub,
                            ua - ub,
                            ua * ub,
                            b && !(a == INT64_MIN && b == -1) ? (uint64_t)(a / b) : 0,
                            b && !(a == INT64_MIN && b == -1) ? (uint64_t)(a % b) : 0,
                            ub ? ua / ub : 0,
                            ub ? ua % ub : 0,
                            ua << (ub & 63),
                            ua >> (ub & 63),
                            (uint64_t)(a >> (ub & 63)),
                            (uint64_t)__builtin_popcountll(ua ^ ub),
                            ua ? (uint64_t)__builtin_clzll(ua) : 64,
                            ua ? (uint64_t)__builtin_ctzll(ua) : 64,
                            (uint64_t)(((unsigned __int128)ua * ub) >> 64),
                            (uint64_t)(a < b),
                            ua < ub,
                            (uint64_t)(int64_t)(int8_t)a,
                            (uint64_t)(int64_t)(int16_t)b};
      for (size_t k = 0; k < sizeof results / sizeof *results; k++) {
        hash = (hash ^ results[k]) * 1099511628211u;
      }
    }
  }
  printf("integers %016" PRIx64 "\n", hash);
}

static void conversions(void) {
  static const char* const texts[] = {"1",
                                      "-0.5",
                                      "1e308",
                                      "1e309",
                                      "4.9e-324",
                                      "0x1.8p3",
                                      "nan",
                                      "-inf",
                                      "123456789012345678901234567890",
                                      "0.1e",
                                      "1.7976931348623157e308",
                                      "2.2250738585072011e-308"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    char* end;
    double x = strtod(texts[i], &end);
    printf("%s -> %.17g rest \"%s\" float %.9g\n", texts[i], fabs(x), end,
           (double)fabsf(strtof(texts[i], NULL)));
  }
  volatile double big = 1e10, small = -3.99;
  printf("%lld %d %u %lld\n", (long long)big, (int)small, (unsigned)3.99, (long long)-9.2e18);
  volatile uint64_t huge = 0xfffffffffffff800u;
  volatile int64_t odd = 0x20000000000001;
  printf("%.17g %.17g %.9g\n", (double)huge, (double)odd, (double)(float)odd);
}

static void iteration(void) {
  double x = 0.3, sum = 0;
  for (int i = 0; i < 1000000; i++) {
    x = 3.9 * x * (1 - x);
    sum += x / (i + 1);
  }
  printf("chaos %a %a\n", x, sum);
  float y = 0.25f;
  for (int i = 0; i < 1000000; i++) y = y * y - 1.4f;
  printf("float chaos %a\n", (double)y);
}

int main(void) {
  printing();
  rounding();
  integers();
  conversions();
  iteration();
  return 0;
}
