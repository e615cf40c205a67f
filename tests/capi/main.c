#include "check.h"

int passed = 0, failed = 0;

/* Code runs as $ZWASM_TEST_TIER says: interp, jit, or as it comes. */
world_t world_new(void) {
  world_t world;
  wasm_config_t* config = wasm_config_new();
  const char* tier = getenv("ZWASM_TEST_TIER");
  if (tier != NULL && strcmp(tier, "interp") == 0)
    zwasm_config_set_tier(config, ZWASM_TIER_INTERPRETER);
  if (tier != NULL && strcmp(tier, "jit") == 0) zwasm_config_set_tier(config, ZWASM_TIER_COMPILED);
  world.engine = wasm_engine_new_with_config(config);
  world.store = wasm_store_new(world.engine);
  return world;
}
void world_delete(world_t* world) {
  wasm_store_delete(world->store);
  wasm_engine_delete(world->engine);
}

wasm_module_t* module_of(wasm_store_t* store, const char* wat) {
  zwasm_error_t* error = NULL;
  wasm_module_t* module = zwasm_module_new(store, wat, strlen(wat), &error);
  if (module == NULL) {
    printf("%s\n", zwasm_error_details(error));
    exit(1);
  }
  return module;
}

wasm_instance_t* instance_of(wasm_store_t* store, const char* wat) {
  wasm_module_t* module = module_of(store, wat);
  wasm_extern_vec_t imports = WASM_EMPTY_VEC;
  wasm_instance_t* instance = wasm_instance_new(store, module, &imports, NULL);
  wasm_module_delete(module);
  if (instance == NULL) {
    printf("cannot instantiate\n");
    exit(1);
  }
  return instance;
}

wasm_func_t* func_of(const wasm_instance_t* instance, const char* name) {
  wasm_extern_t* found = zwasm_instance_export(instance, name);
  if (found == NULL || wasm_extern_as_func(found) == NULL) {
    printf("no function %s\n", name);
    exit(1);
  }
  return wasm_extern_as_func(found);
}

int32_t call_i32(const wasm_func_t* func, size_t count, const int32_t args[]) {
  wasm_val_t values[4], result = WASM_INIT_VAL;
  for (size_t i = 0; i < count; ++i) {
    values[i].kind = WASM_I32;
    values[i].of.i32 = args[i];
  }
  wasm_val_vec_t in = {count, values}, out = {1, &result};
  wasm_trap_t* trap = wasm_func_call(func, &in, &out);
  CHECK(trap == NULL);
  CHECK(result.kind == WASM_I32);
  wasm_trap_delete(trap);
  return result.of.i32;
}

int message_is(const wasm_trap_t* trap, const char* message) {
  wasm_message_t text;
  wasm_trap_message(trap, &text);
  int same = text.size == strlen(message) + 1 && strcmp(text.data, message) == 0;
  if (!same) printf("the message is \"%s\"\n", text.data);
  wasm_name_delete(&text);
  return same;
}

wasm_trap_t* call_trapping(const wasm_func_t* func, const char* message) {
  wasm_val_t results[2] = {WASM_INIT_VAL, WASM_INIT_VAL};
  wasm_val_vec_t none = WASM_EMPTY_VEC, room = WASM_ARRAY_VEC(results);
  wasm_trap_t* trap = wasm_func_call(func, &none, &room);
  CHECK(trap != NULL);
  if (trap != NULL && message != NULL) CHECK(message_is(trap, message));
  return trap;
}

void test_types(void);
void test_calls(void);
void test_objects(void);
void test_references(void);
void test_traps(void);
void test_modules(void);
void test_extras(void);
void test_linking(void);
void test_guest_objects(void);
void test_vectors(void);
void test_misuse(void);
void test_edges(void);
void test_cpp(void);

int main(void) {
  test_types();
  test_calls();
  test_objects();
  test_references();
  test_traps();
  test_modules();
  test_extras();
  test_linking();
  test_guest_objects();
  test_vectors();
  test_misuse();
  test_edges();
  test_cpp();
  printf("%d passed, %d failed\n", passed, failed);
  return failed != 0;
}
