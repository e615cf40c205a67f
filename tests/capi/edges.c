/* The edges of ownership: finalizers that use the store, that end it, or run after it; callbacks
 * that answer nonsense; nulls and stores that are gone, in zwasm.h. */
#include "check.h"

static wasm_trap_t* nothing(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  (void)args, (void)results;
  return NULL;
}
static wasm_trap_t* no_such_kind(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  (void)args;
  results->data[0].kind = 200;
  results->data[0].of.i64 = -1; /* nothing to give back */
  return NULL;
}
static wasm_trap_t* a_number(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  (void)args;
  results->data[0] = (wasm_val_t)WASM_I32_VAL(5);
  return NULL;
}

static void answers(void) {
  world_t world = world_new();
  const wasm_valkind_t kinds[] = {WASM_I32, WASM_EXTERNREF, WASM_FUNCREF};
  const wasm_func_callback_t callbacks[] = {nothing, no_such_kind, a_number};
  for (int k = 0; k < 3; ++k) {
    wasm_functype_t* type = wasm_functype_new_0_1(wasm_valtype_new(kinds[k]));
    for (int c = 0; c < 3; ++c) {
      wasm_func_t* func = wasm_func_new(world.store, type, callbacks[c]);
      wasm_val_t out = WASM_INIT_VAL;
      wasm_val_vec_t none = WASM_EMPTY_VEC, room = {1, &out};
      wasm_trap_t* trap = wasm_func_call(func, &none, &room);
      const bool fits = c == 0 || (c == 2 && kinds[k] == WASM_I32);
      CHECK((trap == NULL) == fits);
      CHECK(fits || zwasm_trap_kind(trap) == ZWASM_ERROR_HOST);
      if (fits) CHECK(out.kind == kinds[k] && (c == 2 ? out.of.i32 == 5 : out.of.i32 == 0));
      wasm_trap_delete(trap);
      wasm_func_delete(func);
    }
    wasm_functype_delete(type);
  }
  wasm_val_t odd = {.kind = 200, .of = {.i64 = -1}}, copy;
  wasm_val_copy(&copy, &odd);
  wasm_val_delete(&copy);
  wasm_val_copy(&copy, NULL);
  CHECK(copy.of.ref == NULL && !zwasm_v128_get(NULL, NULL));
  world_delete(&world);
}

static world_t used;
static wasm_func_t* used_func;
static wasm_table_t* used_table;
static int finalized, calls_that_failed;

static void use_store(void* data) {
  (void)data;
  ++finalized;
  wasm_val_vec_t none = WASM_EMPTY_VEC;
  wasm_trap_t* trap = wasm_func_call(used_func, &none, &none);
  calls_that_failed += trap != NULL;
  wasm_trap_delete(trap);
  wasm_foreign_delete(wasm_foreign_new(used.store));
  zwasm_store_collect(used.store);
  wasm_table_set(used_table, 0, NULL);
}

static wasm_table_t* extern_table(wasm_store_t* store) {
  const wasm_limits_t limits = {3, 5};
  wasm_tabletype_t* type = wasm_tabletype_new(wasm_valtype_new_externref(), &limits);
  wasm_table_t* table = wasm_table_new(store, type, NULL);
  wasm_tabletype_delete(type);
  return table;
}

static void finalizers_use_the_store(void) {
  used = world_new();
  wasm_functype_t* type = wasm_functype_new_0_0();
  used_func = wasm_func_new(used.store, type, nothing);
  used_table = extern_table(used.store);
  finalized = calls_that_failed = 0;
  for (uint32_t i = 0; i < 20; ++i) {
    wasm_foreign_t* foreign = wasm_foreign_new(used.store);
    wasm_foreign_set_host_info_with_finalizer(foreign, NULL, use_store);
    CHECK(wasm_table_set(used_table, i % 3, wasm_foreign_as_ref(foreign)));
    wasm_foreign_delete(foreign);
  }
  zwasm_store_collect(used.store);
  CHECK(finalized >= 17 && calls_that_failed == 0);
  wasm_func_t* last = wasm_func_new(used.store, type, nothing);
  wasm_func_set_host_info_with_finalizer(last, NULL, use_store);
  wasm_func_delete(last);
  wasm_functype_delete(type);
  /* From now on they find the store gone. */
  const int before = finalized;
  wasm_store_delete(used.store);
  CHECK(finalized == 21 && calls_that_failed == 21 - before);
  wasm_func_delete(used_func);
  wasm_table_delete(used_table);
  wasm_engine_delete(used.engine);
}

static wasm_store_t* ended;
static void end_store(void* data) {
  (void)data;
  ++finalized;
  wasm_store_t* store = ended;
  ended = NULL;
  wasm_store_delete(store);
}

static void finalizers_end_the_store(void) {
  finalized = 0;
  world_t world = world_new();
  ended = world.store;
  wasm_instance_t* instance = instance_of(world.store, "(module)");
  wasm_instance_set_host_info_with_finalizer(instance, NULL, end_store);
  wasm_instance_set_host_info(instance, NULL);
  CHECK(finalized == 1 && ended == NULL);
  wasm_instance_delete(instance);
  wasm_engine_delete(world.engine);

  /* Several are to be finalized: the first ends the store, and all others with it. */
  finalized = 0;
  world = world_new();
  wasm_table_t* table = extern_table(world.store);
  for (uint32_t i = 0; i < 3; ++i) {
    wasm_foreign_t* foreign = wasm_foreign_new(world.store);
    wasm_foreign_set_host_info_with_finalizer(foreign, NULL, end_store);
    wasm_table_set(table, i, wasm_foreign_as_ref(foreign));
    wasm_foreign_delete(foreign);
  }
  for (uint32_t i = 0; i < 3; ++i) wasm_table_set(table, i, NULL);
  ended = world.store;
  zwasm_store_collect(world.store);
  CHECK(finalized == 3 && ended == NULL);
  CHECK(wasm_table_size(table) == 0);
  wasm_table_delete(table);
  wasm_engine_delete(world.engine);
}

/* Everything is deleted in another order; each finalizer runs once. */
static void count(void* data) { finalized += (int)(intptr_t)data; }

static void orders(void) {
  for (int order = 0; order < 4; ++order) {
    finalized = 0;
    world_t world = world_new();
    wasm_functype_t* type = wasm_functype_new_0_0();
    wasm_func_t* host = wasm_func_new_with_env(
        world.store, type, (wasm_func_callback_with_env_t)NULL, (void*)1, count);
    CHECK(host == NULL && finalized == 0);
    wasm_functype_delete(type);
    wasm_instance_t* instance = instance_of(world.store, "(module (func (export \"f\")))");
    wasm_func_t* func = func_of(instance, "f");
    wasm_table_t* table = extern_table(world.store);
    wasm_foreign_t* foreign = wasm_foreign_new(world.store);
    wasm_foreign_set_host_info_with_finalizer(foreign, (void*)10, count);
    wasm_func_set_host_info_with_finalizer(func, (void*)100, count);
    wasm_table_set(table, 0, wasm_foreign_as_ref(foreign));
    wasm_table_set(table, 1, wasm_table_as_ref(table));
    wasm_table_set(table, 2, wasm_instance_as_ref(instance));
    if (order == 0) wasm_engine_delete(world.engine);
    if (order <= 1) wasm_store_delete(world.store);
    if (order == 2) zwasm_store_collect(world.store);
    wasm_foreign_delete(foreign);
    wasm_table_delete(table);
    wasm_instance_delete(instance);
    wasm_func_delete(func);
    if (order == 3) zwasm_store_collect(world.store);
    if (order > 1) wasm_store_delete(world.store);
    if (order > 0) wasm_engine_delete(world.engine);
    CHECK(finalized == 110);
  }
}

static void without_a_store(wasm_store_t* store) {
  const zwasm_limits_t limits = zwasm_limits_none();
  zwasm_store_set_limits(store, &limits);
  CHECK(!zwasm_store_set_fuel(store, 1) && zwasm_store_fuel(store) == 0);
  zwasm_store_set_timeout(store, 1);
  CHECK(zwasm_store_interrupt_handle(store) == NULL);
  zwasm_store_clear_interrupt(store);
  zwasm_store_collect(store);
  CHECK(zwasm_store_heap_bytes(store) == 0 && zwasm_store_data(store) == NULL);
  zwasm_store_set_data(store, NULL);
  zwasm_store_set_call_hook(store, NULL, NULL);
  zwasm_wasi_t* wasi = zwasm_wasi_new();
  zwasm_error_t* error = NULL;
  CHECK(!zwasm_store_set_wasi(store, wasi, &error));
  CHECK(strcmp(zwasm_error_message(error), "the store is null") == 0);
  zwasm_error_delete(error);
  zwasm_wasi_delete(wasi);
}

static void nulls(void) {
  world_t world = world_new();
  without_a_store(NULL);
  zwasm_store_set_limits(world.store, NULL);
  zwasm_interrupt(NULL);
  zwasm_interrupt_handle_delete(NULL);
  CHECK(!zwasm_config_set_feature(NULL, "gc", true) && !zwasm_config_set_level(NULL, 1));
  zwasm_config_set_fuel(NULL, true);
  zwasm_config_set_tier(NULL, ZWASM_TIER_COMPILED);

  zwasm_linker_define(NULL, "a", "b", NULL);
  zwasm_linker_define_instance(NULL, "a", NULL);
  zwasm_linker_define_wasi(NULL);
  zwasm_linker_set_unknown_imports(NULL, ZWASM_UNKNOWN_IMPORTS_TRAP);
  zwasm_linker_delete(NULL);
  zwasm_linker_t* linker = zwasm_linker_new(world.engine);
  finalized = 0;
  zwasm_linker_define_func(linker, "a", "b", NULL, NULL, (void*)1, count);
  CHECK(finalized == 1); /* nothing was defined: nothing will call it */
  zwasm_linker_set_unknown_imports(linker, 77);
  zwasm_linker_delete(linker);
  CHECK(zwasm_caller_store(NULL) == NULL && zwasm_caller_memory(NULL) == NULL);

  zwasm_wasi_t* wasi = zwasm_wasi_new();
  const char* const args[] = {"program", NULL};
  zwasm_wasi_set_args(wasi, 2, args);
  zwasm_wasi_set_args(wasi, 2, NULL);
  zwasm_wasi_set_env(wasi, NULL, NULL);
  zwasm_wasi_set_stdin(wasi, NULL, 5);
  zwasm_wasi_preopen(wasi, NULL, NULL, true);
  zwasm_wasi_trace(wasi, NULL, NULL);
  zwasm_error_t* error = NULL;
  CHECK(!zwasm_wasi_add_file(wasi, "/", NULL, "", 0, &error));
  CHECK(strcmp(zwasm_error_message(error), "the path is null") == 0);
  zwasm_error_delete(error);
  wasm_byte_vec_t bytes;
  CHECK(!zwasm_wasi_read_file(wasi, NULL, "a", &bytes));
  CHECK(!zwasm_store_set_wasi(world.store, NULL, &error));
  CHECK(strcmp(zwasm_error_message(error), "the configuration is null") == 0);
  zwasm_error_delete(error);
  CHECK(zwasm_store_set_wasi(world.store, wasi, NULL));
  zwasm_wasi_delete(wasi);
  zwasm_wasi_set_args(NULL, 0, NULL);
  zwasm_wasi_allow_clocks(NULL, true);
  zwasm_wasi_stdout(NULL, &bytes);
  CHECK(bytes.size == 0);

  wasm_instance_t* instance = instance_of(world.store, "(module (memory (export \"m\") 1))");
  wasm_extern_t* memory = zwasm_instance_export(instance, "m");
  CHECK(!zwasm_memory_read(wasm_extern_as_memory(memory), 0, NULL, 1));
  CHECK(!zwasm_memory_write(wasm_extern_as_memory(memory), 0, NULL, 1));
  wasm_extern_delete(memory);
  wasm_instance_delete(instance);
  world_delete(&world);
}

void test_edges(void) {
  answers();
  finalizers_use_the_store();
  finalizers_end_the_store();
  orders();
  nulls();
}
