// setjmp and longjmp, which clang compiles for WebAssembly to exceptions.
#include <setjmp.h>
#include <stdio.h>

static jmp_buf outer, inner;
static int depth;

__attribute__((noinline)) static void dive(int n) {
  depth = n;
  if (n == 0) longjmp(outer, 42);
  if (n == 500) {
    int code = setjmp(inner);
    printf("inner %d\n", code);
    if (code < 3) longjmp(inner, code + 1);
  }
  dive(n - 1);
  depth++;
}

int main(void) {
  volatile int rounds = 0;
  int code = setjmp(outer);
  printf("outer %d at depth %d\n", code, depth);
  if (code == 42 && rounds++ < 3) dive(1000);
  if (code == 0) dive(1000);
  int sum = 0;
  for (volatile int i = 0; i < 20000; i++) {
    jmp_buf here;
    if (setjmp(here) == 0) longjmp(here, 1);
    sum += i;
  }
  printf("sum %d\n", sum);
  return 0;
}
