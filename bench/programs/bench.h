// What every program of the benchmark shares: its one argument, the size of the work, and a small
// generator of numbers that gives the same sequence everywhere (the C library's rand() does not).
#ifndef ZWASM_BENCH_H
#define ZWASM_BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The size of the work: the first argument, or `fallback` when there is none.
static inline long bench_size(int argc, char** argv, long fallback) {
  return argc > 1 ? strtol(argv[1], NULL, 10) : fallback;
}

// xorshift64*: good enough to defeat patterns, and a handful of operations.
static inline uint64_t bench_random(uint64_t* state) {
  uint64_t x = *state;
  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  *state = x;
  return x * 0x2545F4914F6CDD1DULL;
}

// FNV-1a over bytes: turns a large result into one line that can be compared.
static inline uint64_t bench_hash(const void* data, size_t size) {
  const unsigned char* bytes = data;
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (size_t i = 0; i < size; i++) hash = (hash ^ bytes[i]) * 0x100000001b3ULL;
  return hash;
}

// Keeps the compiler from seeing through a value: for kernels that would be folded away.
#define BENCH_NOINLINE __attribute__((noinline))

#endif
