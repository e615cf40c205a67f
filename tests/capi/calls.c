/* Calls in both directions: every number type, several results, environments, wrong uses. */
#include "check.h"

static wasm_trap_t* print_twice(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  results->data[0].kind = WASM_I32;
  results->data[0].of.i32 = 2 * args->data[0].of.i32;
  return NULL;
}

static wasm_trap_t* count_calls(void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  (void)args, (void)results;
  ++*(int*)env;
  return NULL;
}

static void finalize(void* env) { *(int*)env = -1; }

static void callbacks(void) {
  world_t world = world_new();
  wasm_module_t* module =
      module_of(world.store,
                "(module (import \"\" \"twice\" (func $twice (param i32) (result i32)))"
                "  (import \"\" \"count\" (func $count))"
                "  (func (export \"run\") (param i32) (result i32)"
                "    (call $count) (call $count) (call $twice (call $twice (local.get 0)))))");
  int calls = 0;
  wasm_functype_t* twice_type =
      wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
  wasm_functype_t* count_type = wasm_functype_new_0_0();
  wasm_func_t* twice = wasm_func_new(world.store, twice_type, print_twice);
  wasm_func_t* count =
      wasm_func_new_with_env(world.store, count_type, count_calls, &calls, finalize);
  CHECK(wasm_func_param_arity(twice) == 1 && wasm_func_result_arity(twice) == 1);
  CHECK(wasm_func_param_arity(count) == 0);
  wasm_functype_delete(twice_type);
  wasm_functype_delete(count_type);
  wasm_extern_t* externs[] = {wasm_func_as_extern(twice), wasm_func_as_extern(count)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
  wasm_instance_t* instance = wasm_instance_new(world.store, module, &imports, NULL);
  wasm_func_delete(twice);
  wasm_func_delete(count);
  wasm_func_t* run = func_of(instance, "run");
  int32_t args[] = {10};
  CHECK(call_i32(run, 1, args) == 40);
  CHECK(calls == 2);
  CHECK(call_i32(run, 1, args) == 40);
  CHECK(calls == 4);
  wasm_func_delete(run);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  CHECK(calls == 4);
  world_delete(&world);
  CHECK(calls == -1); /* finalized with its store */
}

static wasm_trap_t* rotate(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  for (size_t i = 0; i < 4; ++i) wasm_val_copy(&results->data[i], &args->data[3 - i]);
  return NULL;
}

static void several_results(void) {
  world_t world = world_new();
  wasm_module_t* module =
      module_of(world.store,
                "(module (import \"\" \"rotate\""
                "    (func $f (param i32 i64 f32 f64) (result f64 f32 i64 i32)))"
                "  (func (export \"g\") (param i32 i64 f32 f64) (result f64 f32 i64 i32)"
                "    (call $f (local.get 0) (local.get 1) (local.get 2) (local.get 3))))");
  wasm_valtype_t* ps[] = {wasm_valtype_new_i32(), wasm_valtype_new_i64(), wasm_valtype_new_f32(),
                          wasm_valtype_new_f64()};
  wasm_valtype_t* rs[] = {wasm_valtype_new_f64(), wasm_valtype_new_f32(), wasm_valtype_new_i64(),
                          wasm_valtype_new_i32()};
  wasm_valtype_vec_t params, results;
  wasm_valtype_vec_new(&params, 4, ps);
  wasm_valtype_vec_new(&results, 4, rs);
  wasm_functype_t* type = wasm_functype_new(&params, &results);
  wasm_func_t* func = wasm_func_new(world.store, type, rotate);
  wasm_functype_delete(type);
  wasm_extern_t* externs[] = {wasm_func_as_extern(func)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
  wasm_instance_t* instance = wasm_instance_new(world.store, module, &imports, NULL);
  wasm_func_t* g = func_of(instance, "g");
  wasm_val_t in[] = {WASM_I32_VAL(-1), WASM_I64_VAL(INT64_MIN), WASM_F32_VAL(1.5f),
                     WASM_F64_VAL(-0.25)};
  wasm_val_t out[4];
  wasm_val_vec_t args = WASM_ARRAY_VEC(in), outs = WASM_ARRAY_VEC(out);
  CHECK(wasm_func_call(g, &args, &outs) == NULL);
  CHECK(out[0].kind == WASM_F64 && out[0].of.f64 == -0.25);
  CHECK(out[1].kind == WASM_F32 && out[1].of.f32 == 1.5f);
  CHECK(out[2].kind == WASM_I64 && out[2].of.i64 == INT64_MIN);
  CHECK(out[3].kind == WASM_I32 && out[3].of.i32 == -1);
  wasm_functype_t* found = wasm_func_type(g);
  CHECK(wasm_functype_params(found)->size == 4 && wasm_functype_results(found)->size == 4);
  wasm_functype_delete(found);
  wasm_func_delete(g);
  wasm_func_delete(func);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  world_delete(&world);
}

/* As many values as no inline buffer holds. */
static void many_values(void) {
  char wat[4096] = "(module (func (export \"f\") (param";
  for (int i = 0; i < 40; ++i) strcat(wat, " i64");
  strcat(wat, ") (result");
  for (int i = 0; i < 40; ++i) strcat(wat, " i64");
  strcat(wat, ")");
  for (int i = 39; i >= 0; --i) sprintf(wat + strlen(wat), " (local.get %d)", i);
  strcat(wat, "))");
  world_t world = world_new();
  wasm_instance_t* instance = instance_of(world.store, wat);
  wasm_func_t* f = func_of(instance, "f");
  wasm_val_t in[40], out[40];
  for (int i = 0; i < 40; ++i) {
    in[i].kind = WASM_I64;
    in[i].of.i64 = i;
  }
  wasm_val_vec_t args = WASM_ARRAY_VEC(in), results = WASM_ARRAY_VEC(out);
  CHECK(wasm_func_call(f, &args, &results) == NULL);
  int right = 1;
  for (int i = 0; i < 40; ++i) right &= out[i].of.i64 == 39 - i;
  CHECK(right);
  wasm_func_delete(f);
  wasm_instance_delete(instance);
  world_delete(&world);
}

static wasm_trap_t* wrong_kind(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  (void)args;
  results->data[0] = (wasm_val_t)WASM_REF_VAL(NULL);
  return NULL;
}

static void misuse(void) {
  world_t world = world_new();
  wasm_instance_t* instance = instance_of(world.store,
                                          "(module (func (export \"f\") (param i32) (result i32)"
                                          "  (local.get 0)) (func (export \"v\") (param v128))"
                                          "  (func (export \"two\") (result i32 i32) (i32.const 1)"
                                          "    (i32.const 2)))");
  wasm_func_t* f = func_of(instance, "f");
  wasm_val_t number = WASM_I64_VAL(1), result = WASM_INIT_VAL;
  wasm_val_vec_t one = {1, &number}, room = {1, &result}, none = WASM_EMPTY_VEC;
  wasm_trap_t* trap = wasm_func_call(f, &one, &room);
  CHECK(trap != NULL && zwasm_trap_kind(trap) == ZWASM_ERROR_USAGE);
  wasm_trap_delete(trap);
  trap = wasm_func_call(f, &none, &room);
  CHECK(trap != NULL && message_is(trap,
                                   "a function of type (func (param i32) (result i32)) is "
                                   "called with 0 arguments"));
  wasm_trap_delete(trap);
  number.kind = WASM_I32;
  CHECK(wasm_func_call(f, &one, &none) == NULL); /* results that nobody wants */
  CHECK(wasm_func_call(f, &one, NULL) == NULL);
  wasm_func_t* two = func_of(instance, "two");
  trap = wasm_func_call(two, &none, &room);
  CHECK(trap != NULL && zwasm_trap_kind(trap) == ZWASM_ERROR_USAGE);
  wasm_trap_delete(trap);
  wasm_func_delete(two);
  wasm_func_t* v = func_of(instance, "v");
  trap = wasm_func_call(v, &one, &none);
  CHECK(trap != NULL && message_is(trap, "a value is not of type v128"));
  wasm_trap_delete(trap);
  number.kind = ZWASM_V128;
  number.of.ref = NULL;
  trap = wasm_func_call(v, &one, &none);
  CHECK(trap != NULL && message_is(trap, "a vector is null"));
  wasm_trap_delete(trap);
  number = (wasm_val_t)WASM_I64_VAL(1);
  wasm_func_delete(v);

  wasm_functype_t* type = wasm_functype_new_0_1(wasm_valtype_new_i32());
  wasm_func_t* bad = wasm_func_new(world.store, type, wrong_kind);
  wasm_functype_delete(type);
  trap = call_trapping(bad, "the host function's result is not of type i32");
  CHECK(trap != NULL && zwasm_trap_kind(trap) == ZWASM_ERROR_HOST);
  wasm_trap_delete(trap);
  wasm_func_delete(bad);

  /* A handle outlives its store. */
  wasm_instance_delete(instance);
  world_delete(&world);
  number.of.i32 = 5;
  trap = wasm_func_call(f, &one, &room);
  CHECK(trap != NULL && message_is(trap, "the store is gone"));
  wasm_trap_delete(trap);
  wasm_func_delete(f);
}

void test_calls(void) {
  callbacks();
  several_results();
  many_values();
  misuse();
}
