/* Traps: messages, frames, what callbacks return, how a failed instantiation tells why. */
#include "check.h"

static wasm_trap_t* fail(void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  (void)args, (void)results;
  wasm_message_t message;
  wasm_name_new_from_string_nt(&message, "the host gives up");
  wasm_trap_t* trap = wasm_trap_new((wasm_store_t*)env, &message);
  wasm_name_delete(&message);
  return trap;
}

static void frames_of_traps(void) {
  world_t world = world_new();
  wasm_module_t* module = module_of(world.store,
                                    "(module $m (import \"\" \"fail\" (func $fail (result i32)))"
                                    "  (func (export \"host\") (result i32) (call $fail))"
                                    "  (func (export \"guest\") (result i32) (call $inner))"
                                    "  (func $inner (result i32) (unreachable)))");
  wasm_functype_t* type = wasm_functype_new_0_1(wasm_valtype_new_i32());
  wasm_func_t* host = wasm_func_new_with_env(world.store, type, fail, world.store, NULL);
  wasm_functype_delete(type);
  wasm_extern_t* externs[] = {wasm_func_as_extern(host)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
  wasm_instance_t* instance = wasm_instance_new(world.store, module, &imports, NULL);

  wasm_func_t* func = func_of(instance, "host");
  wasm_trap_t* trap = call_trapping(func, "the host gives up");
  CHECK(zwasm_trap_kind(trap) == ZWASM_ERROR_HOST && zwasm_trap_code(trap) == ZWASM_TRAP_NONE);
  wasm_frame_t* origin = wasm_trap_origin(trap);
  CHECK(origin != NULL && wasm_frame_func_index(origin) == 1);
  wasm_frame_delete(origin);
  wasm_trap_delete(trap);
  wasm_func_delete(func);

  func = func_of(instance, "guest");
  trap = call_trapping(func, "unreachable");
  CHECK(zwasm_trap_kind(trap) == ZWASM_ERROR_TRAP);
  CHECK(zwasm_trap_code(trap) == ZWASM_TRAP_UNREACHABLE);
  wasm_frame_vec_t trace, copy;
  wasm_trap_trace(trap, &trace);
  CHECK(trace.size == 2);
  CHECK(wasm_frame_func_index(trace.data[0]) == 3 && wasm_frame_func_index(trace.data[1]) == 2);
  CHECK(wasm_frame_func_offset(trace.data[0]) == 1); /* after the number of its locals */
  CHECK(wasm_frame_module_offset(trace.data[0]) > wasm_frame_module_offset(trace.data[1]));
  CHECK(wasm_instance_same(wasm_frame_instance(trace.data[0]), instance));
  CHECK(strcmp(zwasm_frame_func_name(trace.data[0]), "inner") == 0);
  CHECK(strcmp(zwasm_frame_module_name(trace.data[0]), "m") == 0);
  wasm_frame_vec_copy(&copy, &trace);
  wasm_frame_vec_delete(&trace);
  CHECK(wasm_frame_func_index(copy.data[0]) == 3);
  wasm_frame_vec_delete(&copy);
  wasm_message_t details;
  zwasm_trap_details(trap, &details);
  CHECK(strstr(details.data, "unreachable\nbacktrace:\n  0: ") == details.data);
  CHECK(strstr(details.data, "m!inner") != NULL);
  wasm_name_delete(&details);
  wasm_trap_t* same = wasm_trap_copy(trap);
  CHECK(wasm_trap_same(same, trap) && wasm_ref_as_trap(wasm_trap_as_ref(trap)) == trap);
  wasm_trap_delete(same);
  wasm_trap_delete(trap);
  wasm_func_delete(func);

  trap = fail(world.store, NULL, NULL);
  CHECK(wasm_trap_origin(trap) == NULL);
  wasm_trap_delete(trap);
  wasm_func_delete(host);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  world_delete(&world);
}

typedef struct {
  wasm_store_t* store;
  wasm_func_t* inner;
  wasm_trap_t* to_return;
} nested_t;

static wasm_trap_t* call_inner(void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  (void)args, (void)results;
  nested_t* nested = env;
  if (nested->to_return != NULL) {
    wasm_trap_t* trap = nested->to_return;
    nested->to_return = NULL;
    return trap;
  }
  wasm_val_vec_t none = WASM_EMPTY_VEC;
  return wasm_func_call(nested->inner, &none, &none);
}

/* A trap that a callback got and returns keeps what it is. */
static void traps_through_callbacks(void) {
  world_t world = world_new();
  wasm_instance_t* inner = instance_of(
      world.store, "(module (func (export \"f\") (drop (i32.div_u (i32.const 1) (i32.const 0)))))");
  nested_t nested = {world.store, func_of(inner, "f"), NULL};
  wasm_functype_t* type = wasm_functype_new_0_0();
  wasm_func_t* host = wasm_func_new_with_env(world.store, type, call_inner, &nested, NULL);
  wasm_functype_delete(type);
  wasm_module_t* module = module_of(
      world.store, "(module (import \"\" \"f\" (func $f)) (func (export \"g\") (call $f)))");
  wasm_extern_t* externs[] = {wasm_func_as_extern(host)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
  wasm_instance_t* outer = wasm_instance_new(world.store, module, &imports, NULL);
  wasm_func_t* g = func_of(outer, "g");
  wasm_trap_t* trap = call_trapping(g, "integer divide by zero");
  CHECK(zwasm_trap_code(trap) == ZWASM_TRAP_INTEGER_DIVIDE_BY_ZERO);
  wasm_trap_delete(trap);
  nested.to_return = zwasm_trap_new_exit(world.store, 7);
  trap = call_trapping(g, NULL);
  uint32_t status = 0;
  CHECK(zwasm_trap_kind(trap) == ZWASM_ERROR_EXIT);
  CHECK(zwasm_trap_exit_status(trap, &status) && status == 7);
  wasm_trap_delete(trap);
  nested.to_return = zwasm_trap_new_code(world.store, ZWASM_TRAP_MEMORY_OUT_OF_BOUNDS);
  trap = call_trapping(g, "out of bounds memory access");
  CHECK(zwasm_trap_code(trap) == ZWASM_TRAP_MEMORY_OUT_OF_BOUNDS);
  CHECK(!zwasm_trap_exit_status(trap, NULL));
  wasm_trap_delete(trap);
  wasm_func_delete(g);
  wasm_func_delete(nested.inner);
  wasm_func_delete(host);
  wasm_instance_delete(inner);
  wasm_instance_delete(outer);
  wasm_module_delete(module);
  world_delete(&world);
}

static void failed_instantiation(void) {
  world_t world = world_new();
  wasm_trap_t* trap = NULL;
  wasm_extern_vec_t none = WASM_EMPTY_VEC;
  wasm_module_t* module = module_of(world.store, "(module (func $s unreachable) (start $s))");
  CHECK(wasm_instance_new(world.store, module, &none, &trap) == NULL);
  CHECK(trap != NULL && zwasm_trap_code(trap) == ZWASM_TRAP_UNREACHABLE);
  wasm_trap_delete(trap);
  CHECK(wasm_instance_new(world.store, module, &none, NULL) == NULL);
  wasm_module_delete(module);

  module = module_of(world.store, "(module (import \"a\" \"b\" (func)))");
  CHECK(wasm_instance_new(world.store, module, &none, &trap) == NULL);
  CHECK(trap != NULL && message_is(trap, "the module has 1 import, not 0"));
  wasm_trap_delete(trap);
  wasm_instance_t* other = instance_of(world.store, "(module (memory (export \"b\") 1))");
  wasm_extern_vec_t imports;
  wasm_instance_exports(other, &imports);
  CHECK(wasm_instance_new(world.store, module, &imports, &trap) == NULL);
  CHECK(trap != NULL && zwasm_trap_kind(trap) == ZWASM_ERROR_LINK);
  wasm_trap_delete(trap);
  wasm_extern_vec_delete(&imports);
  wasm_instance_delete(other);
  wasm_module_delete(module);
  world_delete(&world);
}

void test_traps(void) {
  frames_of_traps();
  traps_through_callbacks();
  failed_instantiation();
}
