/* zwasm.h: i31 numbers, structs, arrays and exceptions, made and read by the host; shared memories.
 */
#include "check.h"

static const char* const kObjects =
    "(module"
    "  (type $point (struct (field (mut i32)) (field i8) (field (mut (ref null any)))))"
    "  (type $bytes (array (mut i8)))"
    "  (type $f (func))"
    "  (import \"host\" \"throw\" (func $throw))"
    "  (tag $tag (export \"tag\") (param i32 f64))"
    "  (func (export \"x\") (param anyref) (result i32)"
    "    (struct.get $point 0 (ref.cast (ref $point) (local.get 0))))"
    "  (func (export \"sum\") (param anyref) (result i32) (local $i i32) (local $sum i32)"
    "    (loop $next"
    "      (if (i32.lt_u (local.get $i) (array.len (ref.cast (ref $bytes) (local.get 0))))"
    "        (then"
    "          (local.set $sum (i32.add (local.get $sum)"
    "            (array.get_u $bytes (ref.cast (ref $bytes) (local.get 0)) (local.get $i))))"
    "          (local.set $i (i32.add (local.get $i) (i32.const 1)))"
    "          (br $next))))"
    "    (local.get $sum))"
    "  (func (export \"number\") (param anyref) (result i32)"
    "    (i31.get_s (ref.cast (ref i31) (local.get 0))))"
    "  (func (export \"raise\") (throw $tag (i32.const 7) (f64.const 0.5)))"
    "  (func (export \"caught\") (result i32) (local $n i32)"
    "    (block $out (result i32 f64)"
    "      (try_table (catch $tag $out) (call $throw))"
    "      (i32.const -1) (f64.const 0))"
    "    (drop)))";

typedef struct {
  wasm_store_t* store;
  wasm_ref_t* exception;
} thrower_t;

static wasm_trap_t* throw_it(void* env, const zwasm_caller_t* caller, const wasm_val_vec_t* args,
                             wasm_val_vec_t* results) {
  (void)caller, (void)args, (void)results;
  const thrower_t* thrower = env;
  return zwasm_trap_new_exception(thrower->store, thrower->exception);
}

static int32_t call_with(const wasm_instance_t* instance, const char* name, wasm_ref_t* ref) {
  wasm_func_t* func = func_of(instance, name);
  wasm_val_t in = WASM_REF_VAL(ref), out = WASM_INIT_VAL;
  wasm_val_vec_t args = {1, &in}, results = {1, &out};
  wasm_trap_t* trap = wasm_func_call(func, &args, &results);
  CHECK(trap == NULL);
  wasm_trap_delete(trap);
  wasm_func_delete(func);
  return out.of.i32;
}

static void expect(zwasm_error_t* error, const char* words) {
  CHECK(error != NULL && strstr(zwasm_error_message(error), words) != NULL);
  if (error != NULL && strstr(zwasm_error_message(error), words) == NULL)
    printf("the message is \"%s\"\n", zwasm_error_message(error));
  zwasm_error_delete(error);
}

static void structs(wasm_store_t* store, const wasm_module_t* module, wasm_instance_t* instance) {
  zwasm_error_t* error = NULL;
  wasm_ref_t* number = zwasm_i31_new(store, -5);
  int32_t back = 0;
  CHECK(zwasm_ref_kind(number) == ZWASM_REF_I31 && zwasm_i31_get(number, &back) && back == -5);
  CHECK(call_with(instance, "number", number) == -5);
  wasm_val_t fields[] = {WASM_I32_VAL(42), WASM_I32_VAL(0x1ff), WASM_REF_VAL(number)};
  wasm_val_vec_t values = WASM_ARRAY_VEC(fields);
  wasm_ref_t* point = zwasm_struct_new(store, module, 0, &values, &error);
  CHECK(point != NULL && error == NULL && zwasm_ref_kind(point) == ZWASM_REF_STRUCT);
  CHECK(call_with(instance, "x", point) == 42);
  wasm_val_t value;
  CHECK(zwasm_struct_get(point, 1, &value, &error) && value.of.i32 == 0xff); /* wrapped */
  CHECK(zwasm_struct_get(point, 2, &value, &error) && value.kind == WASM_EXTERNREF);
  CHECK(zwasm_i31_get(value.of.ref, &back) && back == -5);
  wasm_val_delete(&value);
  wasm_val_t other = WASM_I32_VAL(1234);
  CHECK(zwasm_struct_set(point, 0, &other, &error) && call_with(instance, "x", point) == 1234);
  wasm_val_t null = WASM_REF_VAL(NULL);
  CHECK(zwasm_struct_set(point, 2, &null, &error));
  CHECK(zwasm_struct_get(point, 2, &value, &error) && value.of.ref == NULL);

  CHECK(!zwasm_struct_set(point, 1, &other, &error));
  expect(error, "immutable");
  CHECK(!zwasm_struct_set(point, 0, &null, &error));
  expect(error, "not of type i32");
  CHECK(!zwasm_struct_get(point, 3, &value, &error));
  expect(error, "field 3 of 3 does not exist");
  CHECK(!zwasm_struct_set(point, 3, &other, &error));
  expect(error, "field 3 of 3 does not exist");
  CHECK(!zwasm_array_length(point, NULL, &error));
  expect(error, "not an array");
  CHECK(!zwasm_struct_get(number, 0, &value, &error));
  expect(error, "not a struct");
  values.size = 2;
  CHECK(zwasm_struct_new(store, module, 0, &values, &error) == NULL);
  expect(error, "");
  CHECK(zwasm_struct_new(store, module, 1, &values, &error) == NULL);
  expect(error, "");
  CHECK(zwasm_struct_new(store, module, 2, NULL, &error) == NULL);
  expect(error, "not a struct type");
  CHECK(zwasm_struct_new(store, module, 99, NULL, &error) == NULL);
  expect(error, "defines no type 99");
  CHECK(zwasm_struct_new(store, NULL, 0, &values, &error) == NULL);
  expect(error, "the module is null");
  CHECK(zwasm_struct_new(NULL, module, 0, &values, &error) == NULL);
  expect(error, "the store is null");
  CHECK(!zwasm_struct_get(NULL, 0, &value, &error));
  expect(error, "null");
  CHECK(!zwasm_struct_set(point, 0, NULL, &error));
  expect(error, "the value is null");
  wasm_foreign_t* foreign = wasm_foreign_new(store);
  CHECK(zwasm_ref_kind(wasm_foreign_as_ref(foreign)) == ZWASM_REF_HOST);
  CHECK(!zwasm_struct_get(wasm_foreign_as_ref(foreign), 0, &value, &error));
  expect(error, "not to an object of the guest's");
  wasm_foreign_delete(foreign);
  CHECK(zwasm_ref_kind(NULL) == ZWASM_REF_NULL && !zwasm_i31_get(point, &back));
  CHECK(zwasm_i31_new(NULL, 1) == NULL);
  wasm_ref_delete(point);
  wasm_ref_delete(number);
}

static void arrays(wasm_store_t* store, const wasm_module_t* module, wasm_instance_t* instance) {
  zwasm_error_t* error = NULL;
  wasm_val_t elements[] = {WASM_I32_VAL(1), WASM_I32_VAL(2), WASM_I32_VAL(3)};
  wasm_val_vec_t values = WASM_ARRAY_VEC(elements);
  wasm_ref_t* array = zwasm_array_new(store, module, 1, &values, &error);
  CHECK(array != NULL && zwasm_ref_kind(array) == ZWASM_REF_ARRAY);
  uint32_t length = 0;
  CHECK(zwasm_array_length(array, &length, &error) && length == 3);
  CHECK(call_with(instance, "sum", array) == 6);
  wasm_val_t ten = WASM_I32_VAL(10), value;
  CHECK(zwasm_array_set(array, 2, &ten, &error) && call_with(instance, "sum", array) == 13);
  CHECK(zwasm_array_get(array, 2, &value, &error) && value.of.i32 == 10);
  CHECK(!zwasm_array_get(array, 3, &value, &error));
  expect(error, "element 3 of 3 does not exist");
  CHECK(!zwasm_array_set(array, 3, &ten, &error));
  expect(error, "element 3 of 3 does not exist");
  zwasm_store_collect(store);
  CHECK(call_with(instance, "sum", array) == 13); /* moved, but the same */
  wasm_ref_t* copy = wasm_ref_copy(array);
  wasm_ref_delete(array);
  CHECK(call_with(instance, "sum", copy) == 13);
  wasm_ref_delete(copy);
}

static void exceptions(wasm_store_t* store, wasm_instance_t* instance, thrower_t* thrower) {
  zwasm_error_t* error = NULL;
  wasm_extern_t* tag = zwasm_instance_export(instance, "tag");
  CHECK(wasm_extern_kind(tag) == WASM_EXTERN_TAG);
  wasm_func_t* raise = func_of(instance, "raise");
  wasm_trap_t* trap = call_trapping(raise, NULL);
  CHECK(zwasm_trap_kind(trap) == ZWASM_ERROR_EXCEPTION);
  wasm_ref_t* exception = zwasm_trap_exception(trap);
  CHECK(zwasm_ref_kind(exception) == ZWASM_REF_EXCEPTION);
  wasm_extern_t* its_tag = zwasm_exception_tag(exception);
  CHECK(wasm_extern_same(tag, its_tag));
  wasm_extern_delete(its_tag);
  wasm_val_vec_t payload;
  CHECK(zwasm_exception_payload(exception, &payload) && payload.size == 2);
  CHECK(payload.data[0].of.i32 == 7 && payload.data[1].of.f64 == 0.5);
  wasm_ref_delete(exception);
  wasm_trap_delete(trap);
  wasm_func_delete(raise);

  payload.data[0].of.i32 = 21;
  thrower->exception = zwasm_exception_new(store, tag, &payload, &error);
  CHECK(thrower->exception != NULL && error == NULL);
  wasm_func_t* caught = func_of(instance, "caught");
  CHECK(call_i32(caught, 0, NULL) == 21); /* thrown by the host, caught by the guest */
  wasm_ref_delete(thrower->exception);
  /* One with a tag of the host's is not caught by it, and comes out. */
  wasm_tagtype_t* type = wasm_tagtype_new(wasm_functype_new_0_0());
  wasm_extern_t* own_tag = zwasm_tag_new(store, type);
  wasm_tagtype_delete(type);
  CHECK(wasm_extern_kind(own_tag) == WASM_EXTERN_TAG && !wasm_extern_same(own_tag, tag));
  thrower->exception = zwasm_exception_new(store, own_tag, NULL, &error);
  trap = call_trapping(caught, NULL);
  wasm_ref_t* out = zwasm_trap_exception(trap);
  CHECK(wasm_ref_same(out, thrower->exception));
  wasm_ref_delete(out);
  wasm_trap_delete(trap);
  wasm_ref_delete(thrower->exception);
  thrower->exception = NULL;
  trap = call_trapping(caught, "the reference is not to an exception");
  CHECK(zwasm_trap_kind(trap) == ZWASM_ERROR_HOST && zwasm_trap_exception(trap) == NULL);
  wasm_trap_delete(trap);

  CHECK(zwasm_exception_new(store, tag, NULL, &error) == NULL);
  expect(error, "");
  CHECK(zwasm_exception_new(store, wasm_func_as_extern(caught), NULL, &error) == NULL);
  expect(error, "not a tag");
  CHECK(zwasm_exception_tag(NULL) == NULL && !zwasm_exception_payload(NULL, &payload));
  CHECK(zwasm_trap_exception(NULL) == NULL && zwasm_tag_new(NULL, NULL) == NULL);
  wasm_val_vec_delete(&payload);
  wasm_func_delete(caught);
  wasm_extern_delete(own_tag);
  wasm_extern_delete(tag);
}

static void shared_memories(wasm_engine_t* engine) {
  zwasm_error_t* error = NULL;
  zwasm_shared_memory_t* memory = zwasm_shared_memory_new(engine, 1, 3, &error);
  CHECK(memory != NULL && error == NULL);
  wasm_store_t *a = wasm_store_new(engine), *b = wasm_store_new(engine);
  wasm_memory_t *in_a = zwasm_memory_from_shared(a, memory),
                *in_b = zwasm_memory_from_shared(b, memory);
  uint8_t byte = 77;
  CHECK(zwasm_memory_write(in_a, 5, &byte, 1));
  CHECK(zwasm_shared_memory_data(memory)[5] == 77 && wasm_memory_data(in_b)[5] == 77);
  CHECK(zwasm_shared_memory_grow(memory, 1) && !zwasm_shared_memory_grow(memory, 2));
  CHECK(zwasm_shared_memory_size(memory) == 2 && wasm_memory_size(in_b) == 2);
  CHECK(zwasm_shared_memory_data_size(memory) == 2 * 65536);
  zwasm_shared_memory_t* again = zwasm_memory_share(in_b);
  zwasm_shared_memory_t* copy = zwasm_shared_memory_copy(again);
  zwasm_shared_memory_delete(again);
  wasm_memory_delete(in_a);
  wasm_memory_delete(in_b);
  wasm_store_delete(a);
  wasm_store_delete(b);
  zwasm_shared_memory_delete(memory);
  CHECK(zwasm_shared_memory_data(copy)[5] == 77); /* it outlives the stores */
  zwasm_shared_memory_delete(copy);
  CHECK(zwasm_shared_memory_new(engine, 2, 1, &error) == NULL);
  expect(error, "below its minimum");
  CHECK(zwasm_shared_memory_new(NULL, 1, 1, &error) == NULL);
  expect(error, "the engine is null");
  CHECK(zwasm_memory_share(NULL) == NULL && zwasm_memory_from_shared(NULL, NULL) == NULL);
  CHECK(zwasm_shared_memory_copy(NULL) == NULL && zwasm_shared_memory_data(NULL) == NULL);
  CHECK(!zwasm_shared_memory_grow(NULL, 1) && zwasm_shared_memory_size(NULL) == 0);
}

void test_guest_objects(void) {
  world_t world = world_new();
  shared_memories(world.engine);
  if (zwasm_has_part("gc")) {
    thrower_t thrower = {world.store, NULL};
    zwasm_linker_t* linker = zwasm_linker_new(world.engine);
    wasm_functype_t* type = wasm_functype_new_0_0();
    zwasm_linker_define_func(linker, "host", "throw", type, throw_it, &thrower, NULL);
    wasm_functype_delete(type);
    wasm_module_t* module = module_of(world.store, kObjects);
    wasm_instance_t* instance = zwasm_linker_instantiate(linker, world.store, module, NULL, NULL);
    CHECK(instance != NULL);
    structs(world.store, module, instance);
    arrays(world.store, module, instance);
    exceptions(world.store, instance, &thrower);
    wasm_instance_delete(instance);
    wasm_module_delete(module);
    zwasm_linker_delete(linker);
  }
  world_delete(&world);
}
