// What clang calls for setjmp and longjmp with -mllvm -wasm-enable-sjlj. longjmp throws the tag
// __c_longjmp with a pointer to {environment, value}; the function that called setjmp catches it
// and asks whether the environment is one of its own. Up to version 18 of clang each function keeps
// a table of {id, label} that grows here; from 19 on the environment remembers its frame.
#include <stdlib.h>

#include "setjmp.h"

_Noreturn void __wasm_longjmp(struct __jmp_buf* env, int value) {
  env->thrown.env = env;
  env->thrown.value = value ? value : 1;
  __builtin_wasm_throw(1, &env->thrown);
}

#if __clang_major__ < 19
struct Entry {
  unsigned id, label;
};

static unsigned next_id = 1, second_result;

void setTempRet0(unsigned value) { second_result = value; }
unsigned getTempRet0(void) { return second_result; }

struct Entry* saveSetjmp(struct __jmp_buf* env, unsigned label, struct Entry* table,
                         unsigned size) {
  unsigned used = 0;
  for (; used < size && table[used].id; used++) {
    if (table[used].id == env->id && table[used].label == label) {  // again at the same place
      second_result = size;
      return table;
    }
  }
  if (used + 1 >= size) table = realloc(table, (size *= 2) * sizeof *table);
  table[used].id = env->id = next_id++;
  table[used].label = label;
  table[used + 1].id = 0;
  second_result = size;
  return table;
}

unsigned testSetjmp(unsigned id, struct Entry* table, unsigned size) {
  for (unsigned i = 0; i < size && table[i].id; i++) {
    if (table[i].id == id) return table[i].label;
  }
  return 0;
}
#else
void __wasm_setjmp(struct __jmp_buf* env, unsigned label, void* frame) {
  env->env = frame;
  env->label = label;
}

unsigned __wasm_setjmp_test(struct __jmp_buf* env, void* frame) {
  return env->env == frame ? env->label : 0;
}
#endif
