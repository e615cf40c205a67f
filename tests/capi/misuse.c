/* Misuse: nulls (most often the result of a call that failed), vectors without data, kinds that do
 * not exist, objects of another store, objects whose store is gone. None of it ends the program. */
#include "check.h"

static wasm_trap_t* nothing(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  (void)args, (void)results;
  return NULL;
}
/* Says no kind: results start as zeros of their types. */
static wasm_trap_t* forty_two(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  (void)args;
  results->data[0].of.i32 = 42;
  return NULL;
}
static wasm_trap_t* a_double(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  (void)args;
  results->data[0] = (wasm_val_t)WASM_F64_VAL(1.5);
  return NULL;
}

static void fails_with(wasm_trap_t* trap, const char* message) {
  CHECK(trap != NULL);
  if (trap == NULL) return;
  CHECK(message_is(trap, message));
  wasm_trap_delete(trap);
}

static const char* const kModule =
    "(module (import \"a\" \"f\" (func (result i32)))"
    "  (func (export \"id\") (param i32) (result i32) (local.get 0))"
    "  (func (export \"ref\") (param externref) (result externref) (local.get 0))"
    "  (func (export \"two\") (result i32 externref) (i32.const 1) (ref.null extern))"
    "  (func (export \"host\") (result i32) (call 0))"
    "  (memory (export \"m\") 1) (table (export \"t\") 1 funcref)"
    "  (global (export \"g\") (mut i32) (i32.const 3)))";

static void instantiation(world_t* world) {
  wasm_module_t* module = module_of(world->store, kModule);
  wasm_trap_t* trap = NULL;
  wasm_extern_t* one[] = {NULL};
  wasm_extern_vec_t nulls = WASM_ARRAY_VEC(one), no_data = {1, NULL}, none = WASM_EMPTY_VEC;
  CHECK(wasm_instance_new(world->store, module, &nulls, &trap) == NULL);
  fails_with(trap, "import 0 is null");
  CHECK(wasm_instance_new(world->store, module, &no_data, &trap) == NULL);
  fails_with(trap, "import 0 is null");
  CHECK(wasm_instance_new(world->store, module, &none, &trap) == NULL);
  fails_with(trap, "the module has 1 import, not 0");
  CHECK(wasm_instance_new(world->store, module, NULL, NULL) == NULL);
  CHECK(wasm_instance_new(world->store, NULL, &none, &trap) == NULL);
  fails_with(trap, "the module is null");
  CHECK(wasm_instance_new(NULL, module, &none, &trap) == NULL);
  fails_with(trap, "there is no store");

  world_t other = world_new();
  wasm_functype_t* type = wasm_functype_new_0_1(wasm_valtype_new_i32());
  wasm_func_t* foreign = wasm_func_new(other.store, type, forty_two);
  one[0] = wasm_func_as_extern(foreign);
  CHECK(wasm_instance_new(world->store, module, &nulls, &trap) == NULL);
  fails_with(trap, "the func belongs to another store");
  wasm_functype_delete(type);
  wasm_func_delete(foreign);
  world_delete(&other);
  wasm_module_delete(module);
}

static wasm_instance_t* instance_with(wasm_store_t* store, wasm_func_callback_t callback) {
  wasm_module_t* module = module_of(store, kModule);
  wasm_functype_t* type = wasm_functype_new_0_1(wasm_valtype_new_i32());
  wasm_func_t* func = wasm_func_new(store, type, callback);
  wasm_extern_t* one[] = {wasm_func_as_extern(func)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(one);
  wasm_instance_t* instance = wasm_instance_new(store, module, &imports, NULL);
  wasm_functype_delete(type);
  wasm_func_delete(func);
  wasm_module_delete(module);
  return instance;
}

static void calls(world_t* world) {
  wasm_instance_t* instance = instance_with(world->store, forty_two);
  wasm_func_t *id = func_of(instance, "id"), *ref = func_of(instance, "ref");
  wasm_func_t *two = func_of(instance, "two"), *host = func_of(instance, "host");
  wasm_val_t number[1] = {WASM_I32_VAL(5)}, null_ref[1] = {WASM_REF_VAL(NULL)};
  wasm_val_t out[2] = {WASM_INIT_VAL, WASM_INIT_VAL};
  wasm_val_vec_t numbers = WASM_ARRAY_VEC(number), refs = WASM_ARRAY_VEC(null_ref);
  wasm_val_vec_t room = {1, out}, none = WASM_EMPTY_VEC, no_data = {1, NULL};

  fails_with(wasm_func_call(NULL, &numbers, &room), "the function is null");
  fails_with(wasm_func_call(id, NULL, &room),
             "a function of type (func (param i32) (result i32)) is called with 0 arguments");
  fails_with(wasm_func_call(id, &no_data, &room),
             "a function of type (func (param i32) (result i32)) is called with a vector that has a"
             " size, but no data");
  fails_with(wasm_func_call(id, &numbers, &no_data),
             "a function of type (func (param i32) (result i32)) is called with a vector that has a"
             " size, but no data");
  fails_with(wasm_func_call(two, NULL, &room),
             "a function of type (func (result i32 externref)) is called with room for 1 results");
  /* Whoever gives no room does not want the results. */
  CHECK(wasm_func_call(id, &numbers, NULL) == NULL && wasm_func_call(id, &numbers, &none) == NULL);
  CHECK(wasm_func_call(ref, &refs, NULL) == NULL && wasm_func_call(ref, &refs, &none) == NULL);
  CHECK(wasm_func_call(two, NULL, NULL) == NULL);
  number[0] = (wasm_val_t)WASM_F64_VAL(5);
  fails_with(wasm_func_call(id, &numbers, &room),
             "a function of type (func (param i32) (result i32)) is called with an argument 1 of"
             " another type");
  number[0].kind = 77;
  fails_with(wasm_func_call(ref, &numbers, &room), "a value is not of type externref");
  CHECK(call_i32(host, 0, NULL) == 42);

  wasm_instance_t* wrong = instance_with(world->store, a_double);
  wasm_func_t* wrong_host = func_of(wrong, "host");
  fails_with(wasm_func_call(wrong_host, NULL, &room),
             "the host function's result is not of type i32");
  wasm_func_delete(wrong_host);
  wasm_instance_delete(wrong);
  wasm_func_delete(id), wasm_func_delete(ref), wasm_func_delete(two), wasm_func_delete(host);
  wasm_instance_delete(instance);
}

static void nulls(world_t* world) {
  wasm_functype_t* type = wasm_functype_new(NULL, NULL);
  CHECK(type != NULL && wasm_functype_params(type)->size == 0);
  CHECK(wasm_func_new(NULL, type, nothing) == NULL);
  CHECK(wasm_func_new(world->store, NULL, nothing) == NULL);
  CHECK(wasm_func_new(world->store, type, NULL) == NULL);
  wasm_functype_delete(type);
  CHECK(wasm_valtype_new(99) == NULL);
  wasm_valtype_t* kinds[] = {wasm_valtype_new_i32(), wasm_valtype_new(99)};
  wasm_valtype_vec_t params;
  wasm_valtype_vec_new(&params, 2, kinds);
  CHECK(wasm_functype_new(&params, NULL) == NULL);
  CHECK(wasm_globaltype_new(NULL, WASM_CONST) == NULL && wasm_memorytype_new(NULL) == NULL);
  CHECK(wasm_tabletype_new(wasm_valtype_new_funcref(), NULL) == NULL);
  CHECK(wasm_functype_copy(NULL) == NULL && wasm_func_type(NULL) == NULL);
  CHECK(wasm_extern_type(NULL) == NULL && wasm_extern_as_func(NULL) == NULL);

  CHECK(wasm_store_new(NULL) == NULL);
  wasm_engine_t* engine = wasm_engine_new_with_config(NULL);
  CHECK(engine != NULL);
  wasm_engine_delete(engine);
  CHECK(wasm_module_new(world->store, NULL) == NULL && !wasm_module_validate(world->store, NULL));
  CHECK(wasm_module_deserialize(world->store, NULL) == NULL);
  CHECK(wasm_global_new(world->store, NULL, NULL) == NULL);
  CHECK(wasm_memory_new(world->store, NULL) == NULL);
  CHECK(wasm_table_new(world->store, NULL, NULL) == NULL);
  CHECK(wasm_memory_data(NULL) == NULL && wasm_memory_data_size(NULL) == 0);
  CHECK(!wasm_memory_grow(NULL, 1) && !wasm_table_set(NULL, 0, NULL) && wasm_table_size(NULL) == 0);
  wasm_global_set(NULL, NULL);
  wasm_exporttype_vec_t exports;
  wasm_module_exports(NULL, &exports);
  CHECK(exports.size == 0);
  wasm_extern_vec_t externs;
  wasm_instance_exports(NULL, &externs);
  CHECK(externs.size == 0);
  wasm_message_t message;
  wasm_trap_message(NULL, &message);
  CHECK(message.size == 0);
  fails_with(wasm_trap_new(world->store, NULL), "");
  CHECK(wasm_trap_origin(NULL) == NULL && wasm_func_get_host_info(NULL) == NULL);
  wasm_func_set_host_info(NULL, NULL);

  wasm_byte_vec_delete(NULL), wasm_val_delete(NULL), wasm_func_delete(NULL);
  wasm_trap_delete(NULL), wasm_store_delete(NULL), wasm_frame_delete(NULL);
  wasm_importtype_delete(NULL), wasm_functype_delete(NULL);

  zwasm_error_t* error = NULL;
  CHECK(zwasm_module_new(NULL, "", 0, &error) == NULL);
  CHECK(strcmp(zwasm_error_message(error), "the store is null") == 0);
  zwasm_error_delete(error);
  CHECK(zwasm_module_load(world->store, NULL, &error) == NULL);
  CHECK(zwasm_error_kind(error) == ZWASM_ERROR_USAGE);
  zwasm_error_delete(error);
  CHECK(strcmp(zwasm_error_message(NULL), "") == 0 && zwasm_error_line(NULL) == 0);
  CHECK(zwasm_linker_new(NULL) == NULL && zwasm_instance_export(NULL, "f") == NULL);
  zwasm_linker_t* linker = zwasm_linker_new(world->engine);
  zwasm_linker_define(linker, "a", "f", NULL);
  CHECK(zwasm_linker_instantiate(linker, world->store, NULL, NULL, &error) == NULL);
  CHECK(strcmp(zwasm_error_message(error), "the module is null") == 0);
  zwasm_error_delete(error);
  zwasm_linker_delete(linker);
}

static void after_the_store(void) {
  world_t world = world_new();
  wasm_instance_t* instance = instance_with(world.store, forty_two);
  wasm_extern_vec_t exports, later;
  wasm_instance_exports(instance, &exports);
  wasm_func_t* id = wasm_extern_as_func(exports.data[0]);
  wasm_memory_t* memory = wasm_extern_as_memory(exports.data[4]);
  wasm_table_t* table = wasm_extern_as_table(exports.data[5]);
  wasm_global_t* global = wasm_extern_as_global(exports.data[6]);
  wasm_store_delete(world.store);
  wasm_val_t number[1] = {WASM_I32_VAL(5)}, out[1] = {WASM_INIT_VAL};
  wasm_val_vec_t args = WASM_ARRAY_VEC(number), results = WASM_ARRAY_VEC(out);
  fails_with(wasm_func_call(id, &args, &results), "the store is gone");
  CHECK(wasm_memory_data(memory) == NULL && wasm_memory_data_size(memory) == 0);
  CHECK(!wasm_memory_grow(memory, 1) && !wasm_table_grow(table, 1, NULL));
  CHECK(wasm_table_size(table) == 0 && wasm_table_get(table, 0) == NULL);
  wasm_global_set(global, &number[0]);
  wasm_global_get(global, &out[0]);
  CHECK(out[0].of.i32 == 0);
  wasm_instance_exports(instance, &later);
  CHECK(later.size == 0);
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_engine_delete(world.engine);
}

static int finalized[3], finalized_count = 0;
static void note(void* value) { finalized[finalized_count++] = *(int*)value; }

static void finalizers_in_order(void) {
  world_t world = world_new();
  int values[] = {7, 8, 9};
  for (int i = 0; i < 3; ++i) {
    wasm_instance_t* instance = instance_of(world.store, "(module)");
    wasm_instance_set_host_info_with_finalizer(instance, &values[i], note);
    wasm_instance_delete(instance);
  }
  world_delete(&world);
  CHECK(finalized_count == 3);
  for (int i = 0; i < 3; ++i) CHECK(finalized[i] == values[i]);
}

void test_misuse(void) {
  world_t world = world_new();
  instantiation(&world);
  calls(&world);
  nulls(&world);
  world_delete(&world);
  after_the_store();
  finalizers_in_order();
}
