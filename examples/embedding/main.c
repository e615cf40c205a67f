/* The smallest useful embedding in C, with the standard API and text from zwasm.h. */
#include <stdio.h>
#include <string.h>
#include <zwasm.h>

static const char* const kModule =
    "(module (func (export \"twice\") (param i32) (result i32)"
    "  (i32.shl (local.get 0) (i32.const 1))))";

int main(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  zwasm_error_t* error = NULL;
  wasm_module_t* module = zwasm_module_new(store, kModule, strlen(kModule), &error);
  if (module == NULL) {
    fprintf(stderr, "%s\n", zwasm_error_details(error));
    return 1;
  }
  wasm_extern_vec_t imports = WASM_EMPTY_VEC;
  wasm_instance_t* instance = wasm_instance_new(store, module, &imports, NULL);
  wasm_extern_t* twice = zwasm_instance_export(instance, "twice");
  wasm_val_t in[] = {WASM_I32_VAL(21)}, out[] = {WASM_INIT_VAL};
  wasm_val_vec_t args = WASM_ARRAY_VEC(in), results = WASM_ARRAY_VEC(out);
  if (wasm_func_call(wasm_extern_as_func(twice), &args, &results) != NULL) return 1;
  printf("%d\n", out[0].of.i32);
  wasm_extern_delete(twice);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
