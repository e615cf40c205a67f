// LZ77 compression with a hash of three bytes and decompression again, checked byte for byte:
// unaligned loads, match loops, copies that overlap.
#include "bench.h"

enum { kSize = 200000, kHashBits = 14, kMinMatch = 4, kMaxOffset = 65535 };
static uint8_t input[kSize], packed[kSize + kSize / 8 + 64], output[kSize];
static uint32_t table[1 << kHashBits];

static uint32_t read32(const uint8_t* p) {
  uint32_t v;
  memcpy(&v, p, 4);
  return v;
}

static uint8_t* put_length(uint8_t* out, size_t length) {
  for (; length >= 255; length -= 255) *out++ = 255;
  *out++ = (uint8_t)length;
  return out;
}

static BENCH_NOINLINE size_t compress(const uint8_t* in, size_t size, uint8_t* out) {
  uint8_t* start = out;
  const uint8_t *at = in, *anchor = in, *end = in + size, *limit = end - 8;
  memset(table, 0, sizeof table);
  while (at < limit) {
    uint32_t value = read32(at);
    uint32_t* slot = &table[value * 2654435761u >> (32 - kHashBits)];
    const uint8_t* match = in + *slot;
    *slot = (uint32_t)(at - in);
    if (match >= at || at - match > kMaxOffset || read32(match) != value) {
      at++;
      continue;
    }
    size_t length = kMinMatch;
    while (at + length < limit && match[length] == at[length]) length++;
    size_t literals = (size_t)(at - anchor);
    out = put_length(out, literals);
    memcpy(out, anchor, literals);
    out += literals;
    size_t offset = (size_t)(at - match);
    *out++ = (uint8_t)offset;
    *out++ = (uint8_t)(offset >> 8);
    out = put_length(out, length - kMinMatch);
    at += length;
    anchor = at;
  }
  size_t literals = (size_t)(end - anchor);
  out = put_length(out, literals);
  memcpy(out, anchor, literals);
  return (size_t)(out + literals - start);
}

static size_t take_length(const uint8_t** in) {
  size_t length = 0;
  while (**in == 255) length += 255, (*in)++;
  return length + *(*in)++;
}

static BENCH_NOINLINE size_t decompress(const uint8_t* in, size_t size, uint8_t* out) {
  const uint8_t* end = in + size;
  uint8_t* start = out;
  for (;;) {
    size_t literals = take_length(&in);
    for (size_t i = 0; i < literals; i++) out[i] = in[i];
    in += literals;
    out += literals;
    if (in >= end) return (size_t)(out - start);
    size_t offset = in[0] | (size_t)in[1] << 8;
    in += 2;
    size_t length = take_length(&in) + kMinMatch;
    const uint8_t* from = out - offset;
    for (size_t i = 0; i < length; i++) out[i] = from[i];
    out += length;
  }
}

int main(int argc, char** argv) {
  long rounds = bench_size(argc, argv, 2);
  uint64_t seed = 77;
  for (size_t i = 0; i < kSize;) {
    uint64_t bits = bench_random(&seed);
    size_t length = 4 + (bits & 31), from = i ? (bits >> 8) % i : 0;
    int copy = i > 64 && (bits >> 5 & 3) != 0;
    for (size_t k = 0; k < length && i < kSize; k++, i++) {
      input[i] = copy ? input[from + k] : (uint8_t)('a' + (bits >> (k % 32)) % 23);
    }
  }
  size_t size = 0;
  for (long round = 0; round < rounds; round++) {
    size = compress(input, kSize, packed);
    if (decompress(packed, size, output) != kSize || memcmp(input, output, kSize) != 0) return 1;
    input[(size_t)round * 37 % kSize] ^= 1;
  }
  printf("%d to %zu bytes, %016llx\n", kSize, size, (unsigned long long)bench_hash(packed, size));
  return 0;
}
