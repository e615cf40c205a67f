/* What the tests of the C API share: checks that are counted, and the way from text to exports. */
#ifndef ZWASM_TESTS_CAPI_CHECK_H
#define ZWASM_TESTS_CAPI_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#include "wasm.h"
#include "zwasm.h"

#ifdef __cplusplus
extern "C" {
#endif

extern int passed, failed;

#define CHECK(condition)                                              \
  do {                                                                \
    if (condition) {                                                  \
      ++passed;                                                       \
    } else {                                                          \
      ++failed;                                                       \
      printf("%s:%d: %s is false\n", __FILE__, __LINE__, #condition); \
    }                                                                 \
  } while (0)

/* An engine with a store. */
typedef struct world_t {
  wasm_engine_t* engine;
  wasm_store_t* store;
} world_t;
world_t world_new(void);
void world_delete(world_t*);

wasm_module_t* module_of(wasm_store_t*, const char* wat);
/* Without imports; ends the program when it cannot be made. */
wasm_instance_t* instance_of(wasm_store_t*, const char* wat);
wasm_func_t* func_of(const wasm_instance_t*, const char* name);

/* Calls a function of i32 parameters with one i32 result; fails the test on a trap. */
int32_t call_i32(const wasm_func_t*, size_t count, const int32_t args[]);
/* Calls with nothing and expects a trap; compares its message if `message` is not null. */
wasm_trap_t* call_trapping(const wasm_func_t*, const char* message);
int message_is(const wasm_trap_t*, const char* message);

#ifdef __cplusplus
}
#endif

#endif
