// A state machine of tail calls: fifty million steps in constant stack, through functions of
// different arity and through a pointer.
#include <stdio.h>

#define TAIL __attribute__((musttail)) return

static long even(long n, long acc);
static long odd(long n, long acc);
static long (*volatile through)(long, long) = even;

__attribute__((noinline)) static long even(long n, long acc) {
  if (n == 0) return acc;
  TAIL odd(n - 1, acc + 1);
}

__attribute__((noinline)) static long odd(long n, long acc) {
  if (n == 0) return -acc;
  if (n % 3 == 0) TAIL through(n - 1, acc ^ 1);
  TAIL even(n - 1, acc * 3 % 1000003);
}

int main(int argc, char** argv) {
  (void)argv;
  printf("%ld\n", even(10000000 + argc - 1, 1));
  return 0;
}
