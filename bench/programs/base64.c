// Base64 encoding and checked decoding of a buffer: byte loads, shifts, table look-ups, byte
// stores.
#include "bench.h"

static const char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static BENCH_NOINLINE size_t encode(const uint8_t* in, size_t size, char* out) {
  char* start = out;
  size_t i = 0;
  for (; i + 3 <= size; i += 3) {
    uint32_t bits = (uint32_t)in[i] << 16 | (uint32_t)in[i + 1] << 8 | in[i + 2];
    *out++ = kAlphabet[bits >> 18];
    *out++ = kAlphabet[bits >> 12 & 63];
    *out++ = kAlphabet[bits >> 6 & 63];
    *out++ = kAlphabet[bits & 63];
  }
  if (i < size) {
    uint32_t bits = (uint32_t)in[i] << 16 | (i + 1 < size ? (uint32_t)in[i + 1] << 8 : 0);
    *out++ = kAlphabet[bits >> 18];
    *out++ = kAlphabet[bits >> 12 & 63];
    *out++ = i + 1 < size ? kAlphabet[bits >> 6 & 63] : '=';
    *out++ = '=';
  }
  return (size_t)(out - start);
}

static int8_t reverse[256];

static BENCH_NOINLINE long decode(const char* in, size_t size, uint8_t* out) {
  uint8_t* start = out;
  uint32_t bits = 0;
  int have = 0;
  for (size_t i = 0; i < size && in[i] != '='; i++) {
    int value = reverse[(uint8_t)in[i]];
    if (value < 0) return -1;
    bits = bits << 6 | (uint32_t)value;
    have += 6;
    if (have >= 8) {
      have -= 8;
      *out++ = (uint8_t)(bits >> have);
    }
  }
  return out - start;
}

int main(int argc, char** argv) {
  long rounds = bench_size(argc, argv, 10);
  enum { kSize = 50001 };
  static uint8_t data[kSize], back[kSize + 3];
  static char text[(kSize + 2) / 3 * 4];
  memset(reverse, -1, sizeof reverse);
  for (int i = 0; i < 64; i++) reverse[(uint8_t)kAlphabet[i]] = (int8_t)i;
  uint64_t seed = 3;
  for (int i = 0; i < kSize; i++) data[i] = (uint8_t)(bench_random(&seed) >> 56);
  size_t encoded = 0;
  for (long round = 0; round < rounds; round++) {
    encoded = encode(data, kSize, text);
    if (decode(text, encoded, back) != kSize || memcmp(data, back, kSize) != 0) return 1;
    data[round % kSize] ^= (uint8_t)text[round % kSize];
  }
  printf("%zu characters, %016llx\n", encoded, (unsigned long long)bench_hash(text, encoded));
  return 0;
}
