// Diffie-Hellman on Curve25519 (RFC 7748) with 51-bit limbs: 64 x 64 to 128-bit products, which
// plain wasm reaches through a call of the compiler's __multi3, and carries in 64-bit arithmetic.
#include "bench.h"

typedef uint64_t Field[5];
typedef unsigned __int128 Wide;
static const uint64_t kMask = (1ULL << 51) - 1;

static void add(Field out, const Field a, const Field b) {
  for (int i = 0; i < 5; i++) out[i] = a[i] + b[i];
}

// Adds four times the prime first, so that no limb goes below zero.
static void subtract(Field out, const Field a, const Field b) {
  static const uint64_t kFourP[5] = {0x1FFFFFFFFFFFB4, 0x1FFFFFFFFFFFFC, 0x1FFFFFFFFFFFFC,
                                     0x1FFFFFFFFFFFFC, 0x1FFFFFFFFFFFFC};
  for (int i = 0; i < 5; i++) out[i] = a[i] + kFourP[i] - b[i];
}

static void reduce(Field out, Wide wide[5]) {
  uint64_t carry = 0;
  for (int i = 0; i < 5; i++) {
    Wide sum = wide[i] + carry;
    out[i] = (uint64_t)sum & kMask;
    carry = (uint64_t)(sum >> 51);
  }
  out[0] += carry * 19;
  out[1] += out[0] >> 51;
  out[0] &= kMask;
}

static BENCH_NOINLINE void multiply(Field out, const Field a, const Field b) {
  Wide wide[5] = {0};
  for (int i = 0; i < 5; i++) {
    for (int j = 0; j < 5; j++) {
      uint64_t factor = i + j < 5 ? b[j] : b[j] * 19;
      wide[(i + j) % 5] += (Wide)a[i] * factor;
    }
  }
  reduce(out, wide);
}

static void multiply_small(Field out, const Field a, uint64_t by) {
  Wide wide[5];
  for (int i = 0; i < 5; i++) wide[i] = (Wide)a[i] * by;
  reduce(out, wide);
}

static void invert(Field out, const Field z) {
  // z^(p-2): all bits of the exponent are one but bits 2 and 4.
  Field result = {1, 0, 0, 0, 0}, power;
  memcpy(power, z, sizeof power);
  for (int bit = 0; bit < 255; bit++) {
    if (bit != 2 && bit != 4) multiply(result, result, power);
    multiply(power, power, power);
  }
  memcpy(out, result, sizeof result);
}

static void swap(Field a, Field b, uint64_t yes) {
  uint64_t mask = 0 - yes;
  for (int i = 0; i < 5; i++) {
    uint64_t t = mask & (a[i] ^ b[i]);
    a[i] ^= t;
    b[i] ^= t;
  }
}

static uint64_t load64(const uint8_t* p) {
  uint64_t v;
  memcpy(&v, p, 8);
  return v;
}

static void unpack(Field out, const uint8_t in[32]) {
  out[0] = load64(in) & kMask;
  out[1] = load64(in + 6) >> 3 & kMask;
  out[2] = load64(in + 12) >> 6 & kMask;
  out[3] = load64(in + 19) >> 1 & kMask;
  out[4] = load64(in + 24) >> 12 & kMask;
}

static void pack(uint8_t out[32], const Field in) {
  Field t;
  memcpy(t, in, sizeof t);
  for (int round = 0; round < 3; round++) {
    uint64_t carry = 0;
    for (int i = 0; i < 5; i++) {
      t[i] += carry;
      carry = t[i] >> 51;
      t[i] &= kMask;
    }
    t[0] += carry * 19;
  }
  // Subtract the prime once if the value is not below it.
  uint64_t carry = 19;
  for (int i = 0; i < 5; i++) carry = (t[i] + carry) >> 51;
  t[0] += 19 * carry;
  carry = 0;
  for (int i = 0; i < 5; i++) {
    t[i] += carry;
    carry = t[i] >> 51;
    t[i] &= kMask;
  }
  uint64_t words[4] = {t[0] | t[1] << 51, t[1] >> 13 | t[2] << 38, t[2] >> 26 | t[3] << 25,
                       t[3] >> 39 | t[4] << 12};
  memcpy(out, words, 32);
}

static void x25519(uint8_t out[32], const uint8_t scalar[32], const uint8_t point[32]) {
  uint8_t k[32];
  memcpy(k, scalar, 32);
  k[0] &= 248;
  k[31] = (uint8_t)((k[31] & 127) | 64);
  Field x1, x2 = {1, 0, 0, 0, 0}, z2 = {0}, x3, z3 = {1, 0, 0, 0, 0};
  Field a, b, aa, bb, e, c, d, da, cb, t;
  unpack(x1, point);
  memcpy(x3, x1, sizeof x3);
  uint64_t swapped = 0;
  for (int bit = 254; bit >= 0; bit--) {
    uint64_t set = k[bit / 8] >> (bit % 8) & 1;
    swap(x2, x3, swapped ^ set);
    swap(z2, z3, swapped ^ set);
    swapped = set;
    add(a, x2, z2);
    multiply(aa, a, a);
    subtract(b, x2, z2);
    multiply(bb, b, b);
    subtract(e, aa, bb);
    add(c, x3, z3);
    subtract(d, x3, z3);
    multiply(da, d, a);
    multiply(cb, c, b);
    add(t, da, cb);
    multiply(x3, t, t);
    subtract(t, da, cb);
    multiply(t, t, t);
    multiply(z3, x1, t);
    multiply(x2, aa, bb);
    multiply_small(t, e, 121665);
    add(t, aa, t);
    multiply(z2, e, t);
  }
  swap(x2, x3, swapped);
  swap(z2, z3, swapped);
  invert(z2, z2);
  multiply(x2, x2, z2);
  pack(out, x2);
}

int main(int argc, char** argv) {
  long rounds = bench_size(argc, argv, 1);
  // The iterated test of RFC 7748, section 5.2: after one round the result is 422c8e7a...
  uint8_t k[32] = {9}, u[32] = {9}, result[32];
  for (long i = 0; i < rounds; i++) {
    x25519(result, k, u);
    memcpy(u, k, 32);
    memcpy(k, result, 32);
    if (i == 0) {
      for (int j = 0; j < 32; j++) printf("%02x", k[j]);
      putchar('\n');
    }
  }
  for (int i = 0; i < 32; i++) printf("%02x", k[i]);
  putchar('\n');
  return 0;
}
