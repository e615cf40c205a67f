/* A host in C: text to module, a callback that sees the guest's memory, a trap with its backtrace.
 */
#include <stdio.h>
#include <string.h>
#include <zwasm.h>

static const char* const kModule =
    "(module $guest"
    "  (import \"host\" \"print\" (func $print (param i32 i32)))"
    "  (memory (export \"memory\") 1)"
    "  (data (i32.const 8) \"Hello, C!\")"
    "  (func (export \"run\") (call $print (i32.const 8) (i32.const 9)))"
    "  (func $fail (export \"fail\") (unreachable)))";

static wasm_trap_t* print(void* env, const zwasm_caller_t* caller, const wasm_val_vec_t* args,
                          wasm_val_vec_t* results) {
  (void)env, (void)results;
  char text[100];
  size_t size = (size_t)args->data[1].of.i32;
  wasm_memory_t* memory = zwasm_caller_memory(caller);
  int fits = memory != NULL && size < sizeof text &&
             zwasm_memory_read(memory, (uint32_t)args->data[0].of.i32, text, size);
  wasm_memory_delete(memory);
  if (!fits)
    return zwasm_trap_new_code(zwasm_caller_store(caller), ZWASM_TRAP_MEMORY_OUT_OF_BOUNDS);
  printf("%.*s\n", (int)size, text);
  return NULL;
}

static wasm_trap_t* call(const wasm_instance_t* instance, const char* name) {
  wasm_extern_t* func = zwasm_instance_export(instance, name);
  wasm_val_vec_t none = WASM_EMPTY_VEC;
  wasm_trap_t* trap = wasm_func_call(wasm_extern_as_func(func), &none, &none);
  wasm_extern_delete(func);
  return trap;
}

int main(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  zwasm_linker_t* linker = zwasm_linker_new(engine);
  wasm_functype_t* type = wasm_functype_new_2_0(wasm_valtype_new_i32(), wasm_valtype_new_i32());
  zwasm_linker_define_func(linker, "host", "print", type, print, NULL, NULL);
  wasm_functype_delete(type);

  zwasm_error_t* error = NULL;
  wasm_module_t* module = zwasm_module_new(store, kModule, strlen(kModule), &error);
  wasm_trap_t* trap = NULL;
  wasm_instance_t* instance =
      module != NULL ? zwasm_linker_instantiate(linker, store, module, &trap, &error) : NULL;
  if (instance == NULL) {
    if (error != NULL) fprintf(stderr, "%s\n", zwasm_error_details(error));
    return 1;
  }
  trap = call(instance, "run");
  if (trap != NULL) return 1;

  trap = call(instance, "fail");
  wasm_message_t message;
  wasm_trap_message(trap, &message);
  wasm_frame_t* frame = wasm_trap_origin(trap);
  printf("%s in %s\n", message.data, zwasm_frame_func_name(frame));
  wasm_frame_delete(frame);
  wasm_name_delete(&message);
  wasm_trap_delete(trap);

  wasm_instance_delete(instance);
  wasm_module_delete(module);
  zwasm_linker_delete(linker);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
