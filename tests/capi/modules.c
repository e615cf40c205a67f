/* Modules: validation, serialization, sharing between threads. */
#include <pthread.h>

#include "check.h"

static void validation(void) {
  world_t world = world_new();
  wasm_byte_vec_t binary;
  wasm_byte_vec_new(&binary, 8, "\0asm\1\0\0\0");
  CHECK(wasm_module_validate(world.store, &binary));
  wasm_module_t* module = wasm_module_new(world.store, &binary);
  CHECK(module != NULL);
  wasm_module_t* copy = wasm_module_copy(module);
  CHECK(wasm_module_same(copy, module));
  wasm_module_delete(copy);
  wasm_module_delete(module);
  CHECK(zwasm_module_check(world.store, &binary) == NULL);
  binary.data[4] = 9;
  CHECK(!wasm_module_validate(world.store, &binary));
  CHECK(wasm_module_new(world.store, &binary) == NULL);
  CHECK(wasm_module_deserialize(world.store, &binary) == NULL);
  zwasm_error_t* error = zwasm_module_check(world.store, &binary);
  CHECK(error != NULL && zwasm_error_kind(error) == ZWASM_ERROR_MALFORMED);
  CHECK(zwasm_error_offset(error) == 4);
  zwasm_error_delete(error);
  wasm_byte_vec_delete(&binary);
  world_delete(&world);
}

static void serialization(void) {
  world_t world = world_new();
  wasm_module_t* module =
      module_of(world.store, "(module (func (export \"f\") (result i32) (i32.const 42)))");
  wasm_byte_vec_t bytes;
  wasm_module_serialize(module, &bytes);
  wasm_module_delete(module);
  module = wasm_module_deserialize(world.store, &bytes);
  wasm_byte_vec_delete(&bytes);
  CHECK(module != NULL);
  wasm_extern_vec_t none = WASM_EMPTY_VEC;
  wasm_instance_t* instance = wasm_instance_new(world.store, module, &none, NULL);
  wasm_func_t* f = func_of(instance, "f");
  CHECK(call_i32(f, 0, NULL) == 42);
  wasm_func_delete(f);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  world_delete(&world);
}

enum { THREADS = 8, ROUNDS = 20 };

typedef struct {
  wasm_engine_t* engine;
  wasm_shared_module_t* module;
  int32_t id, sum;
} job_t;

static wasm_trap_t* add_up(void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  (void)results;
  ((job_t*)env)->sum += args->data[0].of.i32;
  return NULL;
}

/* Checks are counted by one thread: this one only works. */
static void* work(void* env) {
  job_t* job = env;
  wasm_store_t* store = wasm_store_new(job->engine);
  wasm_module_t* module = wasm_module_obtain(store, job->module);
  for (int i = 0; i < ROUNDS; ++i) {
    wasm_functype_t* type = wasm_functype_new_1_0(wasm_valtype_new_i32());
    wasm_func_t* func = wasm_func_new_with_env(store, type, add_up, job, NULL);
    wasm_functype_delete(type);
    wasm_globaltype_t* global_type = wasm_globaltype_new(wasm_valtype_new_i32(), WASM_CONST);
    wasm_val_t id = WASM_I32_VAL(job->id);
    wasm_global_t* global = wasm_global_new(store, global_type, &id);
    wasm_globaltype_delete(global_type);
    wasm_extern_t* externs[] = {wasm_func_as_extern(func), wasm_global_as_extern(global)};
    wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
    wasm_instance_t* instance = wasm_instance_new(store, module, &imports, NULL);
    wasm_extern_t* run = zwasm_instance_export(instance, "run");
    wasm_val_vec_t none = WASM_EMPTY_VEC;
    wasm_trap_delete(wasm_func_call(wasm_extern_as_func(run), &none, &none));
    wasm_extern_delete(run);
    wasm_func_delete(func);
    wasm_global_delete(global);
    wasm_instance_delete(instance);
  }
  wasm_module_delete(module);
  wasm_store_delete(store);
  return NULL;
}

static void threads(void) {
  world_t world = world_new();
  wasm_module_t* module = module_of(world.store,
                                    "(module (import \"\" \"add\" (func $add (param i32)))"
                                    "  (import \"\" \"id\" (global $id i32))"
                                    "  (func (export \"run\") (call $add (global.get $id))))");
  wasm_shared_module_t* shared = wasm_module_share(module);
  wasm_module_delete(module);
  wasm_store_delete(world.store);
  pthread_t ids[THREADS];
  job_t jobs[THREADS];
  for (int i = 0; i < THREADS; ++i) {
    jobs[i] = (job_t){world.engine, shared, i, 0};
    pthread_create(&ids[i], NULL, work, &jobs[i]);
  }
  for (int i = 0; i < THREADS; ++i) {
    pthread_join(ids[i], NULL);
    CHECK(jobs[i].sum == i * ROUNDS);
  }
  wasm_shared_module_delete(shared);
  wasm_engine_delete(world.engine);
}

void test_modules(void) {
  validation();
  serialization();
  threads();
}
