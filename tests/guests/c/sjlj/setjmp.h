// <setjmp.h> for WebAssembly, which Debian's wasi-libc does not have. clang replaces the calls: see
// runtime.c.
#pragma once
typedef struct __jmp_buf {
  unsigned id;     // which call of setjmp filled it
  void* env;       // newer compilers: the frame it belongs to
  unsigned label;  // and the place in that frame
  struct {
    void* env;
    int value;
  } thrown;
} jmp_buf[1];
typedef jmp_buf sigjmp_buf;
int setjmp(jmp_buf) __attribute__((returns_twice));
_Noreturn void longjmp(jmp_buf, int);
#define _setjmp setjmp
#define _longjmp longjmp
