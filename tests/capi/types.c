/* Types and vectors: what is owned by whom, copies, conversions between kinds of types. */
#include "check.h"

static void vectors(void) {
  wasm_byte_vec_t bytes, copy;
  wasm_byte_vec_new(&bytes, 3, "abc");
  wasm_byte_vec_copy(&copy, &bytes);
  CHECK(copy.size == 3 && copy.data != bytes.data && memcmp(copy.data, "abc", 3) == 0);
  wasm_byte_vec_delete(&bytes);
  CHECK(bytes.size == 0 && bytes.data == NULL);
  wasm_byte_vec_delete(&copy);
  wasm_byte_vec_new_empty(&bytes);
  CHECK(bytes.size == 0);
  wasm_byte_vec_delete(&bytes);
  wasm_name_t name;
  wasm_name_new_from_string(&name, "name");
  CHECK(name.size == 4);
  wasm_name_delete(&name);
  wasm_name_new_from_string_nt(&name, "name");
  CHECK(name.size == 5 && name.data[4] == 0);
  wasm_name_delete(&name);

  wasm_valtype_t* elements[2] = {wasm_valtype_new_i32(), wasm_valtype_new_f64()};
  wasm_valtype_vec_t types, types2;
  wasm_valtype_vec_new(&types, 2, elements);
  wasm_valtype_vec_copy(&types2, &types);
  CHECK(types2.data[1] != types.data[1] && wasm_valtype_kind(types2.data[1]) == WASM_F64);
  wasm_valtype_vec_delete(&types);
  wasm_valtype_vec_delete(&types2);
  wasm_valtype_vec_new_uninitialized(&types, 2);
  wasm_valtype_vec_delete(&types); /* elements that were never set are null */
}

static void conversions(void) {
  wasm_functype_t* func = wasm_functype_new_2_1(wasm_valtype_new_i32(), wasm_valtype_new_i64(),
                                                wasm_valtype_new_externref());
  wasm_externtype_t* type = wasm_functype_as_externtype(func);
  CHECK(wasm_externtype_kind(type) == WASM_EXTERN_FUNC);
  CHECK(wasm_externtype_as_functype(type) == func);
  CHECK(wasm_externtype_as_globaltype(type) == NULL);
  CHECK(wasm_externtype_as_memorytype_const(type) == NULL);
  wasm_externtype_t* copy = wasm_externtype_copy(type);
  wasm_externtype_delete(type); /* which is func */
  const wasm_functype_t* again = wasm_externtype_as_functype_const(copy);
  CHECK(wasm_functype_params(again)->size == 2 && wasm_functype_results(again)->size == 1);
  CHECK(wasm_valtype_is_ref(wasm_functype_results(again)->data[0]));
  wasm_externtype_delete(copy);

  wasm_globaltype_t* global = wasm_globaltype_new(wasm_valtype_new_f32(), WASM_VAR);
  CHECK(wasm_globaltype_mutability(global) == WASM_VAR);
  CHECK(wasm_valtype_is_num(wasm_globaltype_content(global)));
  wasm_globaltype_delete(global);

  wasm_limits_t limits = {1, wasm_limits_max_default};
  wasm_tabletype_t* table = wasm_tabletype_new(wasm_valtype_new_funcref(), &limits);
  CHECK(wasm_tabletype_limits(table)->max == wasm_limits_max_default);
  wasm_tabletype_t* table2 = wasm_tabletype_copy(table);
  wasm_tabletype_delete(table);
  CHECK(wasm_valtype_kind(wasm_tabletype_element(table2)) == WASM_FUNCREF);
  wasm_tabletype_delete(table2);

  wasm_tagtype_t* tag = wasm_tagtype_new(wasm_functype_new_1_0(wasm_valtype_new_i32()));
  CHECK(wasm_externtype_kind(wasm_tagtype_as_externtype(tag)) == WASM_EXTERN_TAG);
  wasm_tagtype_t* tag2 = wasm_tagtype_copy(tag);
  wasm_tagtype_delete(tag);
  CHECK(wasm_functype_params(wasm_tagtype_functype(tag2))->size == 1);
  wasm_tagtype_delete(tag2);
}

static const char* const kReflected =
    "(module"
    "  (import \"host\" \"f\" (func (param i32 f32) (result i64)))"
    "  (import \"host\" \"g\" (global (mut f64)))"
    "  (import \"\" \"t\" (table 1 10 externref))"
    "  (import \"host\" \"m\" (memory 2))"
    "  (import \"host\" \"e\" (tag (param i32)))"
    "  (func (export \"func\") (param funcref v128))"
    "  (global (export \"global\") i32 (i32.const 7))"
    "  (table (export \"table\") 0 funcref)"
    "  (memory (export \"memory\") 1 3))";

static int name_is(const wasm_name_t* name, const char* text) {
  return name->size == strlen(text) &&
         (name->size == 0 || memcmp(name->data, text, name->size) == 0);
}

static void reflection(void) {
  world_t world = world_new();
  wasm_module_t* module = module_of(world.store, kReflected);
  wasm_importtype_vec_t imports, imports2;
  wasm_module_imports(module, &imports);
  CHECK(imports.size == 5);
  CHECK(name_is(wasm_importtype_module(imports.data[0]), "host"));
  CHECK(name_is(wasm_importtype_module(imports.data[2]), ""));
  CHECK(name_is(wasm_importtype_name(imports.data[2]), "t"));
  const wasm_externtype_t* type = wasm_importtype_type(imports.data[0]);
  CHECK(wasm_functype_params(wasm_externtype_as_functype_const(type))->size == 2);
  type = wasm_importtype_type(imports.data[1]);
  CHECK(wasm_globaltype_mutability(wasm_externtype_as_globaltype_const(type)) == WASM_VAR);
  type = wasm_importtype_type(imports.data[2]);
  CHECK(wasm_tabletype_limits(wasm_externtype_as_tabletype_const(type))->max == 10);
  type = wasm_importtype_type(imports.data[3]);
  CHECK(wasm_memorytype_limits(wasm_externtype_as_memorytype_const(type))->min == 2);
  CHECK(wasm_memorytype_limits(wasm_externtype_as_memorytype_const(type))->max ==
        wasm_limits_max_default);
  type = wasm_importtype_type(imports.data[4]);
  CHECK(wasm_externtype_as_tagtype_const(type) != NULL);
  wasm_importtype_vec_copy(&imports2, &imports);
  wasm_importtype_vec_delete(&imports);
  CHECK(name_is(wasm_importtype_name(imports2.data[4]), "e"));
  wasm_importtype_vec_delete(&imports2);

  wasm_exporttype_vec_t exports;
  wasm_module_exports(module, &exports);
  CHECK(exports.size == 4);
  CHECK(name_is(wasm_exporttype_name(exports.data[3]), "memory"));
  CHECK(wasm_externtype_kind(wasm_exporttype_type(exports.data[2])) == WASM_EXTERN_TABLE);
  wasm_exporttype_t* one = wasm_exporttype_copy(exports.data[1]);
  wasm_exporttype_vec_delete(&exports);
  CHECK(wasm_externtype_kind(wasm_exporttype_type(one)) == WASM_EXTERN_GLOBAL);
  wasm_exporttype_delete(one);
  wasm_module_delete(module);
  world_delete(&world);
}

void test_types(void) {
  vectors();
  conversions();
  reflection();
}
