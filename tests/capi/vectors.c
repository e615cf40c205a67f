/* Values of type v128: in calls of both directions, globals, types. */
#include <string.h>

#include "check.h"

static const uint8_t kBytes[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

static int holds(const wasm_val_t* value, const uint8_t expected[16]) {
  uint8_t bytes[16];
  return zwasm_v128_get(value, bytes) && memcmp(bytes, expected, 16) == 0;
}

/* (i32, v128) -> (v128, i32): the vector with its first byte replaced. */
static wasm_trap_t* replace_first(void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  uint8_t bytes[16];
  ++*(int*)env;
  if (!zwasm_v128_get(&args->data[1], bytes)) return NULL;
  bytes[0] = (uint8_t)args->data[0].of.i32;
  zwasm_v128_new(&results->data[0], bytes);
  results->data[1] = args->data[0];
  return NULL;
}
static wasm_trap_t* give_nothing(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  (void)args, (void)results;
  return NULL;
}

static wasm_functype_t* replacing_type(void) {
  return wasm_functype_new_2_2(wasm_valtype_new_i32(), wasm_valtype_new(ZWASM_V128),
                               wasm_valtype_new(ZWASM_V128), wasm_valtype_new_i32());
}

static void values(void) {
  wasm_val_t value, copy, number = WASM_I32_VAL(1), null = {ZWASM_V128, {.ref = NULL}};
  uint8_t bytes[16] = {0};
  zwasm_v128_new(&value, kBytes);
  CHECK(value.kind == ZWASM_V128);
  wasm_val_copy(&copy, &value);
  wasm_val_delete(&value);
  CHECK(holds(&copy, kBytes));
  CHECK(!zwasm_v128_get(&number, bytes) && !zwasm_v128_get(&null, bytes) && bytes[0] == 0);
  zwasm_v128_new(&value, kBytes);
  CHECK(wasm_ref_same(value.of.ref, copy.of.ref)); /* as values are the same */
  wasm_val_delete(&value);
  wasm_val_delete(&copy);
}

static void calls(void) {
  world_t world = world_new();
  int called = 0;
  wasm_functype_t* type = replacing_type();
  wasm_func_t* host = wasm_func_new_with_env(world.store, type, replace_first, &called, NULL);
  wasm_module_t* module = module_of(
      world.store,
      "(module (import \"\" \"f\" (func $f (param i32 v128) (result v128 i32)))"
      "  (func (export \"f\") (param i32 v128) (result v128 i32)"
      "    (call $f (local.get 0) (i8x16.add (local.get 1) (i8x16.splat (i32.const 1))))))");
  wasm_extern_t* import = wasm_func_as_extern(host);
  wasm_extern_vec_t imports = {1, &import};
  wasm_instance_t* instance = wasm_instance_new(world.store, module, &imports, NULL);
  wasm_func_t* f = func_of(instance, "f");
  wasm_val_t in[2] = {WASM_I32_VAL(99), WASM_INIT_VAL}, out[2] = {WASM_INIT_VAL, WASM_INIT_VAL};
  zwasm_v128_new(&in[1], kBytes);
  wasm_val_vec_t args = WASM_ARRAY_VEC(in), results = WASM_ARRAY_VEC(out);
  wasm_trap_t* trap = wasm_func_call(f, &args, &results);
  CHECK(trap == NULL && called == 1);
  uint8_t expected[16];
  for (int i = 0; i < 16; ++i) expected[i] = (uint8_t)(kBytes[i] + 1);
  expected[0] = 99;
  CHECK(out[1].kind == WASM_I32 && out[1].of.i32 == 99);
  CHECK(holds(&out[0], expected));
  wasm_val_delete(&out[0]);
  trap = wasm_func_call(host, &args, &results); /* from host to host */
  CHECK(trap == NULL && called == 2);
  wasm_val_delete(&out[0]);
  wasm_val_delete(&in[1]);

  /* A callback that leaves its result null. */
  wasm_func_t* bad = wasm_func_new(world.store, type, give_nothing);
  zwasm_v128_new(&in[1], kBytes);
  trap = wasm_func_call(bad, &args, &results);
  CHECK(trap != NULL && zwasm_trap_kind(trap) == ZWASM_ERROR_HOST);
  wasm_trap_delete(trap);
  wasm_val_delete(&in[1]);

  wasm_functype_delete(type);
  wasm_func_delete(bad);
  wasm_func_delete(f);
  wasm_func_delete(host);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  world_delete(&world);
}

static void globals(void) {
  world_t world = world_new();
  wasm_globaltype_t* type = wasm_globaltype_new(wasm_valtype_new(ZWASM_V128), WASM_VAR);
  wasm_val_t value, now;
  zwasm_v128_new(&value, kBytes);
  wasm_global_t* global = wasm_global_new(world.store, type, &value);
  CHECK(global != NULL);
  wasm_val_delete(&value);
  wasm_global_get(global, &now);
  CHECK(holds(&now, kBytes));
  wasm_val_delete(&now);
  static const uint8_t kOther[16] = {16, 15};
  zwasm_v128_new(&value, kOther);
  wasm_global_set(global, &value);
  wasm_val_delete(&value);
  wasm_global_get(global, &now);
  CHECK(holds(&now, kOther));
  wasm_val_delete(&now);
  wasm_globaltype_t* same = wasm_global_type(global);
  CHECK(wasm_valtype_kind(wasm_globaltype_content(same)) == ZWASM_V128);
  wasm_globaltype_delete(same);
  wasm_globaltype_delete(type);
  wasm_global_delete(global);
  world_delete(&world);
}

static void types(void) {
  world_t world = world_new();
  wasm_instance_t* instance =
      instance_of(world.store, "(module (func (export \"f\") (param i32 v128)))");
  wasm_func_t* f = func_of(instance, "f");
  wasm_functype_t* type = wasm_func_type(f);
  CHECK(wasm_valtype_kind(wasm_functype_params(type)->data[1]) == ZWASM_V128);
  wasm_functype_delete(type);
  wasm_func_delete(f);
  wasm_instance_delete(instance);
  world_delete(&world);
}

void test_vectors(void) {
  values();
  calls();
  globals();
  types();
}
