/*
 * Latencies at the border between host and guest, in nanoseconds, by the standard C API: the same
 * program drives any library that implements wasm.h, which it loads by dlopen.
 *
 *     latency LIBRARY [ROUNDS]        prints `name value` lines
 *
 * Each figure is the best of ROUNDS (20) samples of many operations.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "wasm.h"

/* The functions that are used, by their own types. */
// clang-format off
#define FUNCTIONS(X)                                                                           \
  X(wasm_engine_new) X(wasm_engine_delete) X(wasm_store_new) X(wasm_store_delete)              \
  X(wasm_module_new) X(wasm_module_delete) X(wasm_module_serialize) X(wasm_module_deserialize) \
  X(wasm_instance_new) X(wasm_instance_delete) X(wasm_instance_exports)                        \
  X(wasm_extern_vec_delete) X(wasm_extern_as_func) X(wasm_func_new) X(wasm_func_as_extern)     \
  X(wasm_func_call) X(wasm_func_delete) X(wasm_functype_new) X(wasm_functype_delete)           \
  X(wasm_valtype_new) X(wasm_valtype_vec_new) X(wasm_byte_vec_delete)
// clang-format on
#define X(name) static __typeof__(&name) p_##name;
FUNCTIONS(X)
#undef X

static void load(const char* path) {
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    exit(1);
  }
#define X(name)                                     \
  *(void**)&p_##name = dlsym(library, #name);       \
  if (p_##name == NULL) {                           \
    fprintf(stderr, "%s has no %s\n", path, #name); \
    exit(1);                                        \
  }
  FUNCTIONS(X)
#undef X
}

/*
 * (module (import "" "f" (func $f (param i32) (result i32)))
 *   (memory (export "memory") 1)
 *   (func (export "inc") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
 *   (func (export "loop") (param i32) (result i32) (local i32)
 *     (loop $l
 *       (local.set 1 (call $f (local.get 1)))
 *       (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
 *     (local.get 1))
 *   (func (export "spin") (param i32) (result i32) (local i32)
 *     (loop $l
 *       (local.set 1 (i32.add (local.get 1) (i32.const 1)))
 *       (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
 *     (local.get 1)))
 */
static const unsigned char kModule[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x06, 0x01, 0x60, 0x01, 0x7f, 0x01,
    0x7f, 0x02, 0x06, 0x01, 0x00, 0x01, 0x66, 0x00, 0x00, 0x03, 0x04, 0x03, 0x00, 0x00, 0x00,
    0x05, 0x03, 0x01, 0x00, 0x01, 0x07, 0x1e, 0x04, 0x06, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79,
    0x02, 0x00, 0x03, 0x69, 0x6e, 0x63, 0x00, 0x01, 0x04, 0x6c, 0x6f, 0x6f, 0x70, 0x00, 0x02,
    0x04, 0x73, 0x70, 0x69, 0x6e, 0x00, 0x03, 0x0a, 0x3c, 0x03, 0x07, 0x00, 0x20, 0x00, 0x41,
    0x01, 0x6a, 0x0b, 0x18, 0x01, 0x01, 0x7f, 0x03, 0x40, 0x20, 0x01, 0x10, 0x00, 0x21, 0x01,
    0x20, 0x00, 0x41, 0x01, 0x6b, 0x22, 0x00, 0x0d, 0x00, 0x0b, 0x20, 0x01, 0x0b, 0x19, 0x01,
    0x01, 0x7f, 0x03, 0x40, 0x20, 0x01, 0x41, 0x01, 0x6a, 0x21, 0x01, 0x20, 0x00, 0x41, 0x01,
    0x6b, 0x22, 0x00, 0x0d, 0x00, 0x0b, 0x20, 0x01, 0x0b,
};

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static wasm_trap_t* increment(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  results->data[0].kind = WASM_I32;
  results->data[0].of.i32 = args->data[0].of.i32 + 1;
  return NULL;
}

/* A call that no compiler looks through: the unit of the budgets. */
struct callee {
  int (*call)(struct callee*, int);
};
static int add_one(struct callee* self, int x) { return (void)self, x + 1; }
static struct callee* volatile g_callee;

static int rounds = 20;
#define BEST(name, count, setup, body)         \
  do {                                         \
    double best = 1e300;                       \
    for (int r = 0; r < rounds; ++r) {         \
      setup;                                   \
      double start = now();                    \
      for (int i = 0; i < (count); ++i) {      \
        body;                                  \
      }                                        \
      double time = (now() - start) / (count); \
      if (time < best) best = time;            \
    }                                          \
    printf("%s %.2f\n", name, best);           \
    result = best;                             \
  } while (0)

int main(int argc, char** argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: latency LIBRARY [ROUNDS]\n");
    return 2;
  }
  load(argv[1]);
  if (argc > 2) rounds = atoi(argv[2]);
  double result;

  struct callee callee = {add_one};
  g_callee = &callee;
  volatile int sum = 0;
  BEST("virtual_call", 1000000, struct callee* c = g_callee, sum = c->call(c, sum));

  wasm_engine_t* engine = p_wasm_engine_new();
  wasm_store_t* store = p_wasm_store_new(engine);
  wasm_byte_vec_t binary = {sizeof kModule, (char*)kModule};
  wasm_module_t* module = p_wasm_module_new(store, &binary);
  wasm_valtype_t *param = p_wasm_valtype_new(WASM_I32), *ret = p_wasm_valtype_new(WASM_I32);
  wasm_valtype_vec_t params, results;
  p_wasm_valtype_vec_new(&params, 1, &param);
  p_wasm_valtype_vec_new(&results, 1, &ret);
  wasm_functype_t* type = p_wasm_functype_new(&params, &results);
  wasm_func_t* host = p_wasm_func_new(store, type, increment);
  wasm_extern_t* externs[] = {p_wasm_func_as_extern(host)};
  wasm_extern_vec_t imports = {1, externs};
  wasm_instance_t* instance = module ? p_wasm_instance_new(store, module, &imports, NULL) : NULL;
  if (instance == NULL) {
    fprintf(stderr, "the module cannot be instantiated\n");
    return 1;
  }
  wasm_extern_vec_t exports;
  p_wasm_instance_exports(instance, &exports);
  wasm_func_t *inc = p_wasm_extern_as_func(exports.data[1]),
              *loop = p_wasm_extern_as_func(exports.data[2]),
              *spin = p_wasm_extern_as_func(exports.data[3]);
  wasm_val_t in = {.kind = WASM_I32, .of = {.i32 = 1}}, out = WASM_INIT_VAL;
  wasm_val_vec_t args = {1, &in}, outs = {1, &out};

  BEST("host_to_wasm", 100000, (void)0, p_wasm_func_call(inc, &args, &outs));
  if (out.of.i32 != 2) return 1;

  /* The loop around the call is measured alone and taken off. */
  in.of.i32 = 100000;
  double empty, full;
  BEST("wasm_loop", 1, (void)0, p_wasm_func_call(spin, &args, &outs));
  empty = result;
  BEST("wasm_loop_with_call", 1, (void)0, p_wasm_func_call(loop, &args, &outs));
  full = result;
  if (out.of.i32 != 100000) return 1;
  printf("wasm_to_host %.2f\n", (full - empty) / 100000);

  BEST("exports", 10000, wasm_extern_vec_t list, {
    p_wasm_instance_exports(instance, &list);
    p_wasm_extern_vec_delete(&list);
  });

  BEST(
      "instantiate", 500,
      {
        p_wasm_store_delete(store);
        store = p_wasm_store_new(engine);
        module = p_wasm_module_new(store, &binary);
        host = p_wasm_func_new(store, type, increment);
        externs[0] = p_wasm_func_as_extern(host);
      },
      p_wasm_instance_delete(p_wasm_instance_new(store, module, &imports, NULL)));

  BEST("store", 500, (void)0, p_wasm_store_delete(p_wasm_store_new(engine)));
  BEST("module_new", 200, (void)0, p_wasm_module_delete(p_wasm_module_new(store, &binary)));
  wasm_byte_vec_t serialized;
  p_wasm_module_serialize(module, &serialized);
  BEST("module_deserialize", 200, (void)0,
       p_wasm_module_delete(p_wasm_module_deserialize(store, &serialized)));
  return 0;
}
