/* zwasm.h: linking by name, callbacks that see their caller, WASI. */
#include "check.h"

typedef struct {
  char text[64];
  int finalized;
} log_t;

static wasm_trap_t* print(void* env, const zwasm_caller_t* caller, const wasm_val_vec_t* args,
                          wasm_val_vec_t* results) {
  (void)results;
  log_t* log = env;
  wasm_memory_t* memory = zwasm_caller_memory(caller);
  if (memory == NULL) return zwasm_trap_new_code(zwasm_caller_store(caller), ZWASM_TRAP_HOST_ERROR);
  size_t used = strlen(log->text), size = (size_t)args->data[1].of.i32;
  bool fits = size < sizeof log->text - used &&
              zwasm_memory_read(memory, (uint32_t)args->data[0].of.i32, log->text + used, size);
  wasm_memory_delete(memory);
  if (fits) return NULL;
  return zwasm_trap_new_code(zwasm_caller_store(caller), ZWASM_TRAP_MEMORY_OUT_OF_BOUNDS);
}
static void finalize(void* env) { ++((log_t*)env)->finalized; }

static void by_name(void) {
  world_t world = world_new();
  log_t log = {"", 0};
  zwasm_linker_t* linker = zwasm_linker_new(world.engine);
  wasm_functype_t* type = wasm_functype_new_2_0(wasm_valtype_new_i32(), wasm_valtype_new_i32());
  zwasm_linker_define_func(linker, "host", "print", type, print, &log, finalize);
  wasm_functype_delete(type);
  wasm_instance_t* library = instance_of(world.store,
                                         "(module (func (export \"twice\") (param i32) (result i32)"
                                         "  (i32.shl (local.get 0) (i32.const 1))))");
  zwasm_linker_define_instance(linker, "lib", library);
  wasm_module_t* module =
      module_of(world.store,
                "(module (import \"host\" \"print\" (func $print (param i32 i32)))"
                "  (import \"lib\" \"twice\" (func $twice (param i32) (result i32)))"
                "  (memory (export \"memory\") 1) (data (i32.const 8) \"hello\")"
                "  (func (export \"run\") (param i32) (result i32)"
                "    (call $print (i32.const 8) (local.get 0)) (call $twice (local.get 0)))"
                "  (func (export \"bad\") (call $print (i32.const -1) (i32.const 5))))");
  wasm_trap_t* trap = NULL;
  zwasm_error_t* error = NULL;
  wasm_instance_t* instance = zwasm_linker_instantiate(linker, world.store, module, &trap, &error);
  CHECK(instance != NULL && trap == NULL && error == NULL);
  wasm_func_t *run = func_of(instance, "run"), *bad = func_of(instance, "bad");
  int32_t args[] = {5};
  CHECK(call_i32(run, 1, args) == 10);
  CHECK(call_i32(run, 1, args) == 10);
  CHECK(strcmp(log.text, "hellohello") == 0);
  trap = call_trapping(bad, "out of bounds memory access");
  wasm_trap_delete(trap);
  CHECK(zwasm_instance_export(instance, "nothing") == NULL);
  wasm_func_delete(run);
  wasm_func_delete(bad);
  wasm_instance_delete(instance);
  wasm_module_delete(module);

  module = module_of(world.store,
                     "(module (import \"host\" \"missing\" (func $f))"
                     "  (func (export \"f\") (call $f)))");
  CHECK(zwasm_linker_instantiate(linker, world.store, module, &trap, &error) == NULL);
  CHECK(trap == NULL && error != NULL && zwasm_error_kind(error) == ZWASM_ERROR_LINK);
  CHECK(strstr(zwasm_error_message(error), "missing") != NULL);
  zwasm_error_delete(error);
  zwasm_linker_set_unknown_imports(linker, ZWASM_UNKNOWN_IMPORTS_TRAP);
  instance = zwasm_linker_instantiate(linker, world.store, module, &trap, &error);
  CHECK(instance != NULL);
  wasm_func_t* f = func_of(instance, "f");
  trap = call_trapping(f, NULL);
  CHECK(zwasm_trap_code(trap) == ZWASM_TRAP_UNKNOWN_IMPORT);
  wasm_trap_delete(trap);
  wasm_func_delete(f);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_instance_delete(library);
  zwasm_linker_delete(linker);
  world_delete(&world);
  CHECK(log.finalized == 1);
}

static const char* const kAnswer =
    "(module (import \"env\" \"f\" (func $f (result i32)))"
    "  (func (export \"f\") (result i32) (call $f)))";

static wasm_trap_t* give(void* env, const zwasm_caller_t* caller, const wasm_val_vec_t* args,
                         wasm_val_vec_t* results) {
  (void)caller, (void)args;
  results->data[0] = (wasm_val_t)WASM_I32_VAL(*(int*)env);
  return NULL;
}
static int32_t answer(wasm_instance_t* instance) {
  wasm_func_t* f = func_of(instance, "f");
  int32_t result = call_i32(f, 0, NULL);
  wasm_func_delete(f);
  wasm_instance_delete(instance);
  return result;
}

/* Copies, imports looked up once, modules by name, names that are defined twice. */
static void more_of_linkers(void) {
  world_t world = world_new();
  zwasm_error_t* error = NULL;
  wasm_trap_t* trap = NULL;
  int one = 1, two = 2;
  zwasm_linker_t* linker = zwasm_linker_new(world.engine);
  wasm_functype_t* type = wasm_functype_new_0_1(wasm_valtype_new_i32());
  zwasm_linker_define_func(linker, "env", "f", type, give, &one, NULL);
  zwasm_linker_t* copy = zwasm_linker_copy(linker);
  zwasm_linker_define_func(linker, "env", "f", type, give, &two, NULL);
  wasm_module_t* module = module_of(world.store, kAnswer);
  CHECK(answer(zwasm_linker_instantiate(linker, world.store, module, &trap, &error)) == 2);
  CHECK(answer(zwasm_linker_instantiate(copy, world.store, module, &trap, &error)) == 1);

  zwasm_instance_pre_t* pre = zwasm_linker_instantiate_pre(copy, module, &error);
  CHECK(pre != NULL && error == NULL);
  zwasm_linker_define_func(copy, "env", "f", type, give, &two, NULL);
  wasm_store_t* other = wasm_store_new(world.engine);
  CHECK(answer(zwasm_instance_pre_instantiate(pre, other, &trap, &error)) == 1);
  CHECK(answer(zwasm_instance_pre_instantiate(pre, world.store, &trap, &error)) == 1);
  wasm_store_delete(other);
  CHECK(zwasm_instance_pre_instantiate(pre, NULL, &trap, &error) == NULL && error != NULL);
  zwasm_error_delete(error);
  zwasm_instance_pre_delete(pre);
  zwasm_linker_t* empty = zwasm_linker_new(world.engine);
  CHECK(zwasm_linker_instantiate_pre(empty, module, &error) == NULL);
  CHECK(zwasm_error_kind(error) == ZWASM_ERROR_LINK);
  zwasm_error_delete(error);
  CHECK(zwasm_linker_instantiate_pre(empty, NULL, &error) == NULL && error != NULL);
  zwasm_error_delete(error);

  wasm_extern_t* found = zwasm_linker_get(linker, world.store, "env", "f");
  CHECK(found != NULL && call_i32(wasm_extern_as_func(found), 0, NULL) == 2);
  wasm_extern_delete(found);
  CHECK(zwasm_linker_get(linker, world.store, "env", "g") == NULL);
  CHECK(zwasm_linker_get(NULL, world.store, "env", "f") == NULL);
  CHECK(zwasm_linker_get(linker, NULL, "env", "f") == NULL);

  wasm_module_t* program =
      module_of(world.store, "(module (func (export \"_start\") unreachable))");
  wasm_instance_t* instance =
      zwasm_linker_define_module(linker, world.store, "program", program, &trap, &error);
  CHECK(instance != NULL && trap == NULL && error == NULL);
  wasm_instance_delete(instance);
  wasm_func_t* start = zwasm_linker_get_default(linker, world.store, "program", &error);
  wasm_trap_delete(call_trapping(start, "unreachable"));
  wasm_func_delete(start);
  CHECK(zwasm_linker_get_default(linker, world.store, "nobody", &error) == NULL);
  CHECK(error != NULL && zwasm_error_kind(error) == ZWASM_ERROR_USAGE);
  zwasm_error_delete(error);
  CHECK(zwasm_linker_get_default(linker, world.store, NULL, &error) == NULL && error != NULL);
  zwasm_error_delete(error);
  wasm_module_t* traps =
      module_of(world.store, "(module (func (export \"_initialize\") unreachable))");
  CHECK(zwasm_linker_define_module(linker, world.store, "x", traps, &trap, &error) == NULL);
  CHECK(trap != NULL && error == NULL);
  wasm_trap_delete(trap);
  CHECK(zwasm_linker_define_module(linker, world.store, NULL, traps, &trap, &error) == NULL);
  zwasm_error_delete(error);

  zwasm_linker_set_allow_shadowing(linker, false);
  zwasm_linker_define_func(linker, "env", "f", type, give, &one, NULL);
  CHECK(zwasm_linker_instantiate(linker, world.store, module, &trap, &error) == NULL);
  CHECK(error != NULL && strstr(zwasm_error_message(error), "defined twice") != NULL);
  zwasm_error_delete(error);

  wasm_functype_delete(type);
  wasm_module_delete(traps);
  wasm_module_delete(program);
  wasm_module_delete(module);
  zwasm_linker_delete(empty);
  zwasm_linker_delete(copy);
  zwasm_linker_delete(linker);
  world_delete(&world);
}

static void append(void* env, const char* bytes, size_t size) { strncat(env, bytes, size); }

static const char* const kProgram =
    "(module"
    "  (import \"wasi_snapshot_preview1\" \"fd_write\""
    "    (func $write (param i32 i32 i32 i32) (result i32)))"
    "  (import \"wasi_snapshot_preview1\" \"fd_read\""
    "    (func $read (param i32 i32 i32 i32) (result i32)))"
    "  (import \"wasi_snapshot_preview1\" \"path_open\" (func $open"
    "    (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))"
    "  (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32)))"
    "  (memory (export \"memory\") 1)"
    "  (data (i32.const 64) \"file\")"
    "  (func (export \"_start\")"
    "    (i32.store (i32.const 0) (i32.const 100)) (i32.store (i32.const 4) (i32.const 50))"
    "    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))"
    "    (i32.store (i32.const 4) (i32.load (i32.const 8)))"
    "    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))"
    "    (if (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4) (i32.const 0)"
    "          (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 12))"
    "      (then (call $exit (i32.const 9))))"
    "    (i32.store (i32.const 4) (i32.const 50))"
    "    (drop (call $read (i32.load (i32.const 12)) (i32.const 0) (i32.const 1) (i32.const 8)))"
    "    (i32.store (i32.const 4) (i32.load (i32.const 8)))"
    "    (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))"
    "    (call $exit (i32.const 3))))";

static void count_lines(void* env, const char* line) {
  if (strstr(line, "fd_write") != NULL) ++*(int*)env;
}

static void wasi(void) {
  world_t world = world_new();
  zwasm_wasi_t* config = zwasm_wasi_new();
  const char* args[] = {"prog", "-x"};
  zwasm_wasi_set_args(config, 2, args);
  zwasm_wasi_set_env(config, "A", "b");
  zwasm_wasi_set_stdin(config, "from stdin", 10);
  zwasm_wasi_capture_stdout(config);
  zwasm_wasi_capture_stderr(config);
  zwasm_error_t* error = NULL;
  CHECK(zwasm_wasi_add_file(config, "/data", "file", "contents", 8, &error));
  int writes = 0;
  zwasm_wasi_trace(config, count_lines, &writes);
  CHECK(zwasm_store_set_wasi(world.store, config, &error));
  zwasm_linker_t* linker = zwasm_linker_new(world.engine);
  zwasm_linker_define_wasi(linker);
  wasm_module_t* module = module_of(world.store, kProgram);
  wasm_trap_t* trap = NULL;
  wasm_instance_t* instance = zwasm_linker_instantiate(linker, world.store, module, &trap, &error);
  CHECK(instance != NULL);
  wasm_func_t* start = func_of(instance, "_start");
  trap = call_trapping(start, NULL);
  uint32_t status = 0;
  CHECK(zwasm_trap_exit_status(trap, &status) && status == 3);
  wasm_trap_delete(trap);
  wasm_byte_vec_t out;
  zwasm_wasi_stdout(config, &out);
  CHECK(out.size == 10 && memcmp(out.data, "from stdin", 10) == 0);
  wasm_byte_vec_delete(&out);
  zwasm_wasi_stderr(config, &out);
  CHECK(out.size == 8 && memcmp(out.data, "contents", 8) == 0);
  wasm_byte_vec_delete(&out);
  CHECK(zwasm_wasi_read_file(config, "/data", "file", &out) && out.size == 8);
  wasm_byte_vec_delete(&out);
  CHECK(!zwasm_wasi_read_file(config, "/data", "other", &out));
  CHECK(writes == 2);
  char heard[32] = "", complaints[32] = "";
  zwasm_wasi_set_stdin(config, "again", 5);
  zwasm_wasi_set_stdout_sink(config, append, heard);
  zwasm_wasi_set_stderr_sink(config, append, complaints);
  zwasm_wasi_inherit_args(config);
  CHECK(zwasm_store_set_wasi(world.store, config, &error));
  wasm_trap_delete(call_trapping(start, NULL));
  CHECK(strcmp(heard, "again") == 0 && strcmp(complaints, "contents") == 0);
  zwasm_wasi_preopen(config, "/does/not/exist", "/x", false);
  CHECK(!zwasm_store_set_wasi(world.store, config, &error));
  CHECK(error != NULL && zwasm_error_kind(error) == ZWASM_ERROR_IO);
  zwasm_error_delete(error);
  wasm_func_delete(start);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  zwasm_linker_delete(linker);
  zwasm_wasi_delete(config);
  world_delete(&world);
}

void test_linking(void) {
  by_name();
  more_of_linkers();
  wasi();
}
