/* Globals, tables, memories: made by host and guest, shared by both, with their limits. */
#include "check.h"

static void globals(void) {
  world_t world = world_new();
  wasm_module_t* module = module_of(
      world.store,
      "(module (import \"\" \"c\" (global $c f32)) (import \"\" \"v\" (global $v (mut i64)))"
      "  (global (export \"own\") (mut i32) (i32.const 3))"
      "  (func (export \"set\") (param i64) (result i32)"
      "    (global.set $v (local.get 0)) (i32.trunc_f32_s (global.get $c))))");
  wasm_globaltype_t* c_type = wasm_globaltype_new(wasm_valtype_new_f32(), WASM_CONST);
  wasm_globaltype_t* v_type = wasm_globaltype_new(wasm_valtype_new_i64(), WASM_VAR);
  wasm_val_t c_value = WASM_F32_VAL(41.5f), v_value = WASM_I64_VAL(2);
  wasm_global_t* c = wasm_global_new(world.store, c_type, &c_value);
  wasm_global_t* v = wasm_global_new(world.store, v_type, &v_value);
  CHECK(wasm_global_new(world.store, c_type, &v_value) == NULL); /* a value of another type */
  wasm_globaltype_delete(c_type);
  wasm_globaltype_delete(v_type);
  wasm_extern_t* externs[] = {wasm_global_as_extern(c), wasm_global_as_extern(v)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
  wasm_instance_t* instance = wasm_instance_new(world.store, module, &imports, NULL);
  wasm_func_t* set = func_of(instance, "set");
  wasm_val_t in = WASM_I64_VAL(77), out = WASM_INIT_VAL;
  wasm_val_vec_t args = {1, &in}, results = {1, &out};
  CHECK(wasm_func_call(set, &args, &results) == NULL && out.of.i32 == 41);
  wasm_val_t value;
  wasm_global_get(v, &value);
  CHECK(value.kind == WASM_I64 && value.of.i64 == 77);
  value.of.i64 = 78;
  wasm_global_set(v, &value);
  wasm_global_get(v, &value);
  CHECK(value.of.i64 == 78);
  wasm_global_set(c, &value); /* wrong type, and constant: nothing happens */
  wasm_global_get(c, &value);
  CHECK(value.kind == WASM_F32 && value.of.f32 == 41.5f);

  wasm_extern_t* found = zwasm_instance_export(instance, "own");
  wasm_global_t* own = wasm_extern_as_global(found);
  CHECK(own != NULL && wasm_extern_as_func(found) == NULL);
  wasm_globaltype_t* type = wasm_global_type(own);
  CHECK(wasm_globaltype_mutability(type) == WASM_VAR);
  wasm_globaltype_delete(type);
  wasm_extern_t* again = zwasm_instance_export(instance, "own");
  CHECK(again != found && wasm_extern_same(again, found));
  CHECK(!wasm_extern_same(again, externs[0]));
  wasm_extern_delete(again);
  wasm_extern_delete(found);
  wasm_global_delete(c);
  wasm_global_delete(v);
  wasm_func_delete(set);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  world_delete(&world);
}

static wasm_trap_t* negate(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  results->data[0].kind = WASM_I32;
  results->data[0].of.i32 = -args->data[0].of.i32;
  return NULL;
}

static void tables(void) {
  world_t world = world_new();
  wasm_instance_t* instance = instance_of(
      world.store,
      "(module (table (export \"table\") 2 4 funcref)"
      "  (func $f (export \"f\") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))"
      "  (elem (i32.const 1) $f)"
      "  (func (export \"call\") (param i32 i32) (result i32)"
      "    (call_indirect (param i32) (result i32) (local.get 0) (local.get 1))))");
  wasm_extern_t* found = zwasm_instance_export(instance, "table");
  wasm_table_t* table = wasm_extern_as_table(found);
  wasm_func_t* call = func_of(instance, "call");
  CHECK(wasm_table_size(table) == 2);
  CHECK(wasm_table_get(table, 0) == NULL);
  wasm_ref_t* element = wasm_table_get(table, 1);
  CHECK(element != NULL && wasm_ref_as_func(element) != NULL);
  wasm_func_t* f = func_of(instance, "f");
  CHECK(wasm_ref_same(element, wasm_func_as_ref(f)));
  int32_t args[] = {5, 1};
  CHECK(call_i32(call, 2, args) == 6);

  wasm_functype_t* type = wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
  wasm_func_t* host = wasm_func_new(world.store, type, negate);
  wasm_functype_delete(type);
  CHECK(wasm_table_set(table, 0, wasm_func_as_ref(host)));
  args[1] = 0;
  CHECK(call_i32(call, 2, args) == -5);
  CHECK(!wasm_table_set(table, 2, NULL)); /* out of range */
  CHECK(wasm_table_get(table, 2) == NULL);
  CHECK(wasm_table_grow(table, 2, wasm_func_as_ref(host)));
  CHECK(wasm_table_size(table) == 4);
  args[1] = 3;
  CHECK(call_i32(call, 2, args) == -5);
  CHECK(!wasm_table_grow(table, 1, NULL)); /* beyond its maximum */
  wasm_foreign_t* foreign = wasm_foreign_new(world.store);
  CHECK(!wasm_table_set(table, 0, wasm_foreign_as_ref(foreign))); /* not a function */
  wasm_foreign_delete(foreign);

  wasm_limits_t limits = {1, 2};
  wasm_tabletype_t* own_type = wasm_tabletype_new(wasm_valtype_new_externref(), &limits);
  wasm_table_t* own = wasm_table_new(world.store, own_type, NULL);
  wasm_tabletype_delete(own_type);
  CHECK(wasm_table_set(own, 0, wasm_func_as_ref(host))); /* any reference is an externref */
  wasm_ref_t* back = wasm_table_get(own, 0);
  CHECK(back != NULL && wasm_ref_same(back, wasm_func_as_ref(host)));
  wasm_ref_delete(back);
  wasm_table_delete(own);

  wasm_ref_delete(element);
  wasm_func_delete(f);
  wasm_func_delete(host);
  wasm_func_delete(call);
  wasm_extern_delete(found);
  wasm_instance_delete(instance);
  world_delete(&world);
}

static void memories(void) {
  world_t world = world_new();
  wasm_instance_t* instance =
      instance_of(world.store,
                  "(module (memory (export \"memory\") 2 3)"
                  "  (func (export \"size\") (result i32) (memory.size))"
                  "  (func (export \"load\") (param i32) (result i32) (i32.load8_s (local.get 0)))"
                  "  (data (i32.const 0x1000) \"\\01\\02\\03\\84\"))");
  wasm_extern_t* found = zwasm_instance_export(instance, "memory");
  wasm_memory_t* memory = wasm_extern_as_memory(found);
  wasm_func_t *size = func_of(instance, "size"), *load = func_of(instance, "load");
  CHECK(wasm_memory_size(memory) == 2 && wasm_memory_data_size(memory) == 2 * MEMORY_PAGE_SIZE);
  CHECK(wasm_memory_data(memory)[0x1002] == 3);
  wasm_memory_data(memory)[0x1003] = 5;
  int32_t args[] = {0x1003};
  CHECK(call_i32(load, 1, args) == 5);
  CHECK(wasm_memory_grow(memory, 1));
  CHECK(call_i32(size, 0, NULL) == 3);
  CHECK(!wasm_memory_grow(memory, 1));
  CHECK(wasm_memory_data(memory)[0x1003] == 5);
  wasm_memorytype_t* type = wasm_memory_type(memory);
  CHECK(wasm_memorytype_limits(type)->min == 3 && wasm_memorytype_limits(type)->max == 3);
  wasm_memorytype_delete(type);
  uint32_t word = 0;
  CHECK(zwasm_memory_read(memory, 0x1000, &word, 4) && word == 0x05030201);
  CHECK(!zwasm_memory_read(memory, 3 * 65536 - 3, &word, 4));
  CHECK(zwasm_memory_write(memory, 3 * 65536 - 4, &word, 4));
  CHECK(!zwasm_memory_write(memory, UINT64_MAX, &word, 4));

  wasm_limits_t limits = {5, 5};
  wasm_memorytype_t* own_type = wasm_memorytype_new(&limits);
  wasm_memory_t* own = wasm_memory_new(world.store, own_type);
  CHECK(wasm_memory_size(own) == 5 && !wasm_memory_grow(own, 1) && wasm_memory_grow(own, 0));
  wasm_memorytype_delete(own_type);
  wasm_memory_delete(own);
  limits.min = 2, limits.max = 1;
  own_type = wasm_memorytype_new(&limits);
  CHECK(wasm_memory_new(world.store, own_type) == NULL);
  wasm_memorytype_delete(own_type);

  wasm_func_delete(size);
  wasm_func_delete(load);
  wasm_extern_delete(found);
  wasm_instance_delete(instance);
  world_delete(&world);
}

void test_objects(void) {
  globals();
  tables();
  memories();
}
