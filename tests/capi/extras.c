/* zwasm.h: text, errors, configuration, limits, fuel, time, interruption. */
#include <pthread.h>
#include <unistd.h>

#include "check.h"

static void text(void) {
  wasm_byte_vec_t binary, again;
  zwasm_error_t* error = NULL;
  const char* wat = "(module (func (export \"f\")))";
  CHECK(zwasm_wat2wasm(wat, strlen(wat), &binary, &error) && error == NULL);
  CHECK(binary.size > 8 && memcmp(binary.data, "\0asm", 4) == 0);
  CHECK(zwasm_wasm2wat(&binary, &again, &error));
  CHECK(again.size > 8 && memcmp(again.data, "(module", 7) == 0);
  wasm_byte_vec_delete(&again);
  wasm_byte_vec_delete(&binary);
  wat = "(module\n  (func unreachabel))";
  CHECK(!zwasm_wat2wasm(wat, strlen(wat), &binary, &error));
  CHECK(error != NULL && zwasm_error_kind(error) == ZWASM_ERROR_MALFORMED);
  CHECK(zwasm_error_line(error) == 2 && zwasm_error_column(error) == 9);
  CHECK(strstr(zwasm_error_message(error), "unreachabel") != NULL);
  CHECK(strstr(zwasm_error_details(error), "(func unreachabel)") != NULL);
  zwasm_error_delete(error);
  CHECK(!zwasm_wat2wasm(wat, strlen(wat), &binary, NULL));

  world_t world = world_new();
  CHECK(zwasm_module_load(world.store, "/does/not/exist.wasm", &error) == NULL);
  CHECK(zwasm_error_kind(error) == ZWASM_ERROR_IO);
  zwasm_error_delete(error);
  world_delete(&world);
}

/* Every way of running code gives the same. */
static void tiers(void) {
  for (int tier = ZWASM_TIER_AUTOMATIC; tier <= ZWASM_TIER_COMPILED; ++tier) {
    wasm_config_t* config = wasm_config_new();
    zwasm_config_set_tier(config, (zwasm_tier_t)tier);
    zwasm_config_set_opt_level(config, (uint32_t)tier);
    zwasm_config_set_background_compilation(config, false);
    zwasm_config_set_cache(config, false);
    world_t world;
    world.engine = wasm_engine_new_with_config(config);
    world.store = wasm_store_new(world.engine);
    wasm_instance_t* instance = instance_of(world.store,
                                            "(module (func (export \"f\") (param i32) (result i32)"
                                            "  (i32.mul (local.get 0) (i32.const 3))))");
    wasm_func_t* f = func_of(instance, "f");
    const int32_t argument = 14;
    CHECK(call_i32(f, 1, &argument) == 42);
    wasm_func_delete(f);
    wasm_instance_delete(instance);
    world_delete(&world);
  }
  CHECK(zwasm_has_part("text") && !zwasm_has_part("nothing"));
}

static void configuration(void) {
  wasm_config_t* config = wasm_config_new();
  CHECK(zwasm_config_set_feature(config, "simd", false));
  CHECK(!zwasm_config_set_feature(config, "no-such-thing", true));
  CHECK(!zwasm_config_set_level(config, 4));
  wasm_engine_t* engine = wasm_engine_new_with_config(config);
  wasm_store_t* store = wasm_store_new(engine);
  const char* wat = "(module (func (result v128) (v128.const i64x2 0 0)))";
  zwasm_error_t* error = NULL;
  CHECK(zwasm_module_new(store, wat, strlen(wat), &error) == NULL);
  CHECK(error != NULL && strstr(zwasm_error_message(error), "simd") != NULL);
  zwasm_error_delete(error);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

static const char* const kLoops =
    "(module (memory (export \"memory\") 1)"
    "  (func (export \"forever\") (loop $l (br $l)))"
    "  (func $deep (export \"deep\") (call $deep))"
    "  (func (export \"grow\") (result i32) (memory.grow (i32.const 10))))";

static void limits(void) {
  wasm_config_t* config = wasm_config_new();
  zwasm_config_set_fuel(config, true);
  zwasm_config_set_max_wasm_stack(config, 128 << 10);
  wasm_engine_t* engine = wasm_engine_new_with_config(config);
  wasm_store_t* store = wasm_store_new(engine);
  zwasm_limits_t limit = zwasm_limits_none();
  limit.max_memory_bytes = 5 * 65536;
  limit.max_instances = 1;
  limit.max_backtrace = 6;
  zwasm_store_set_limits(store, &limit);
  CHECK(zwasm_store_set_fuel(store, 1000000));
  wasm_instance_t* instance = instance_of(store, kLoops);
  wasm_func_t *forever = func_of(instance, "forever"), *deep = func_of(instance, "deep"),
              *grow = func_of(instance, "grow");
  CHECK(call_i32(grow, 0, NULL) == -1);
  limit.trap_on_grow_failure = true;
  zwasm_store_set_limits(store, &limit);
  wasm_trap_t* trap = call_trapping(grow, NULL);
  CHECK(zwasm_trap_code(trap) == ZWASM_TRAP_GROW_FAILED);
  wasm_trap_delete(trap);
  trap = call_trapping(deep, "call stack exhausted");
  CHECK(zwasm_trap_code(trap) == ZWASM_TRAP_STACK_EXHAUSTED);
  wasm_frame_vec_t trace;
  wasm_trap_trace(trap, &trace);
  CHECK(trace.size == 6);
  wasm_frame_vec_delete(&trace);
  wasm_trap_delete(trap);
  zwasm_store_set_fuel(store, 10000);
  trap = call_trapping(forever, NULL);
  CHECK(zwasm_trap_code(trap) == ZWASM_TRAP_OUT_OF_FUEL && zwasm_store_fuel(store) == 0);
  wasm_trap_delete(trap);
  wasm_module_t* module = module_of(store, kLoops);
  wasm_extern_vec_t none = WASM_EMPTY_VEC;
  CHECK(wasm_instance_new(store, module, &none, &trap) == NULL);
  CHECK(zwasm_trap_kind(trap) == ZWASM_ERROR_LIMIT);
  wasm_trap_delete(trap);
  wasm_module_delete(module);
  wasm_func_delete(forever);
  wasm_func_delete(deep);
  wasm_func_delete(grow);
  wasm_instance_delete(instance);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

static void* interrupt_soon(void* handle) {
  usleep(20000);
  zwasm_interrupt(handle);
  return NULL;
}

static void interruption(void) {
  world_t world = world_new();
  CHECK(!zwasm_store_set_fuel(world.store, 5)); /* not metered */
  wasm_instance_t* instance = instance_of(world.store, kLoops);
  wasm_func_t* forever = func_of(instance, "forever");
  zwasm_interrupt_handle_t* handle = zwasm_store_interrupt_handle(world.store);
  pthread_t thread;
  pthread_create(&thread, NULL, interrupt_soon, handle);
  wasm_trap_t* trap = call_trapping(forever, NULL);
  CHECK(zwasm_trap_code(trap) == ZWASM_TRAP_INTERRUPTED);
  wasm_trap_delete(trap);
  pthread_join(thread, NULL);
  zwasm_store_clear_interrupt(world.store);
  zwasm_store_set_timeout(world.store, 20000000);
  trap = call_trapping(forever, NULL);
  CHECK(zwasm_trap_code(trap) == ZWASM_TRAP_TIMEOUT);
  wasm_trap_delete(trap);
  wasm_func_delete(forever);
  wasm_instance_delete(instance);
  world_delete(&world);
  zwasm_interrupt(handle); /* outlives its store */
  zwasm_interrupt_handle_delete(handle);
}

typedef struct observed_t {
  int events[4];
  char name[32], trap[64];
} observed_t;
static void observe(void* env, const zwasm_call_t* call) {
  observed_t* seen = (observed_t*)env;
  ++seen->events[zwasm_call_event(call)];
  CHECK(zwasm_call_wasi(call, NULL) == NULL);
  wasm_val_vec_t values;
  if (zwasm_call_event(call) == ZWASM_CALLING_WASM) {
    snprintf(seen->name, sizeof seen->name, "%s!%s#%u", zwasm_call_module_name(call),
             zwasm_call_func_name(call), zwasm_call_func_index(call));
    zwasm_call_arguments(call, &values);
    CHECK(values.size == 1 && values.data[0].kind == WASM_I32 && values.data[0].of.i32 == 9);
  } else {
    zwasm_call_results(call, &values);
    CHECK(values.size == 0);
    wasm_trap_t* trap = zwasm_call_trap(call);
    wasm_message_t message;
    wasm_trap_message(trap, &message);
    snprintf(seen->trap, sizeof seen->trap, "%s", message.data);
    wasm_name_delete(&message);
    wasm_trap_delete(trap);
  }
  wasm_val_vec_delete(&values);
}

static void observation(void) {
  world_t world = world_new();
  wasm_instance_t* instance =
      instance_of(world.store,
                  "(module $m (memory 1)"
                  " (func (export \"f\") (param i32) (i32.store (local.get 0) (i32.const 7))"
                  "  (unreachable)))");
  wasm_func_t* f = func_of(instance, "f");
  observed_t seen = {{0, 0, 0, 0}, "", ""};
  zwasm_store_set_call_hook(world.store, observe, &seen);
  wasm_val_t nine[1] = {WASM_I32_VAL(9)};
  wasm_val_vec_t args = WASM_ARRAY_VEC(nine), none = WASM_EMPTY_VEC;
  wasm_trap_t* trap = wasm_func_call(f, &args, &none);
  CHECK(trap != NULL && message_is(trap, "unreachable"));
  CHECK(seen.events[ZWASM_CALLING_WASM] == 1 && seen.events[ZWASM_RETURNING_FROM_WASM] == 1);
  CHECK(seen.events[ZWASM_CALLING_HOST] == 0);
  CHECK(strcmp(seen.name, "m!f#0") == 0 && strcmp(seen.trap, "unreachable") == 0);
  zwasm_store_set_call_hook(world.store, NULL, NULL);
  wasm_byte_vec_t dump;
  zwasm_trap_core_dump(trap, &dump);
  CHECK(wasm_module_validate(world.store, &dump));
  wasm_byte_vec_delete(&dump);
  wasm_trap_delete(trap);
  wasm_func_delete(f);
  wasm_instance_delete(instance);
  world_delete(&world);
}

/* What surrounds engines: another handle, samples of what guests do, code for other machines, the
 * heap's limit. */
static void engines(void) {
  zwasm_error_t* error = NULL;
  wasm_config_t* config = wasm_config_new();
  zwasm_config_set_cache_bytes(config, 1 << 20);
  zwasm_config_set_debug_info(config, false);
  zwasm_config_set_code_profile(config, ZWASM_CODE_PROFILE_NONE);
  zwasm_config_set_sample_us(config, 100);
  wasm_engine_t* engine = wasm_engine_new_with_config(config);
  wasm_engine_t* copy = zwasm_engine_copy(engine);
  wasm_engine_delete(engine);
  CHECK(zwasm_engine_copy(NULL) == NULL);

  zwasm_limits_t limits = zwasm_limits_none();
  CHECK(limits.max_gc_heap == UINT64_MAX && limits.max_threads == 1024);
  limits.max_gc_heap = 1 << 20;
  wasm_store_t* store = zwasm_store_new(copy, &limits);
  CHECK(zwasm_store_new(NULL, &limits) == NULL);
  wasm_instance_t* instance =
      instance_of(store,
                  "(module $busy (func $work (export \"work\") (param i32) (result i32)"
                  "  (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))"
                  "  (local.get 0)))");
  wasm_func_t* work = func_of(instance, "work");
  wasm_byte_vec_t samples = WASM_EMPTY_VEC;
  for (int tries = 0; tries < 200 && samples.size == 0; ++tries) {
    int32_t rounds[] = {3000000};
    CHECK(call_i32(work, 1, rounds) == 0);
    wasm_byte_vec_delete(&samples);
    zwasm_engine_samples(copy, &samples);
  }
  CHECK(samples.size > 11 && memcmp(samples.data, "busy!work ", 10) == 0);
  CHECK(samples.size > 0 && samples.data[samples.size - 1] == '\n');
  wasm_byte_vec_delete(&samples);
  wasm_func_delete(work);
  wasm_instance_delete(instance);

  wasm_module_t* module = module_of(store, "(module (func (export \"f\")))");
  wasm_byte_vec_t code;
  if (zwasm_has_part("jit")) {
    CHECK(zwasm_module_precompile(module, "arm64", NULL, &code, &error) && code.size > 100);
    wasm_byte_vec_delete(&code);
    CHECK(zwasm_module_precompile(module, NULL, "baseline", &code, &error) && code.size > 100);
    wasm_module_t* back = zwasm_module_deserialize(store, &code, &error);
    CHECK(back != NULL);
    wasm_module_delete(back);
    wasm_byte_vec_delete(&code);
    CHECK(!zwasm_module_precompile(module, "pdp11", NULL, &code, &error));
    CHECK(zwasm_error_kind(error) == ZWASM_ERROR_USAGE);
    zwasm_error_delete(error);
  }
  CHECK(!zwasm_module_precompile(NULL, NULL, NULL, &code, &error) && error != NULL);
  zwasm_error_delete(error);
  wasm_module_delete(module);

  if (zwasm_has_part("gc")) {
    instance = instance_of(store,
                           "(module (type $a (array i32)) (global $g (mut anyref) (ref.null any))"
                           "  (func (export \"f\") (global.set $g"
                           "    (array.new_default $a (i32.const 1000000)))))");
    wasm_func_t* f = func_of(instance, "f");
    wasm_trap_t* trap = call_trapping(f, NULL);
    CHECK(zwasm_trap_code(trap) == ZWASM_TRAP_HEAP_EXHAUSTED);
    wasm_trap_delete(trap);
    limits.max_gc_heap = UINT64_MAX;
    zwasm_store_set_limits(store, &limits); /* the heap's stays */
    wasm_trap_delete(call_trapping(f, NULL));
    wasm_func_delete(f);
    wasm_instance_delete(instance);
  }
  wasm_store_delete(store);
  wasm_engine_delete(copy);
}

void test_extras(void) {
  observation();
  CHECK(strcmp(zwasm_version(), "0.") > 0);
  text();
  configuration();
  tiers();
  limits();
  interruption();
  engines();
}
