// Ends by a trap, after some output: what was written before must be there.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((noinline)) static int divide(int a, volatile int* b) { return a / *b; }
__attribute__((noinline)) static int deeper(volatile int* x) { return *x ? deeper(x) + *x : 0; }

int main(int argc, char** argv) {
  volatile int zero = 0, one = 1;
  const char* what = argc > 1 ? argv[1] : "";
  printf("before %s\n", what);
  fflush(stdout);
  if (!strcmp(what, "abort")) abort();
  if (!strcmp(what, "divide")) return divide(7 + argc, &zero);
  if (!strcmp(what, "stack")) return deeper(&one);
  if (!strcmp(what, "memory")) return *(volatile int*)0xfffffff0u;
  return 0;
}
