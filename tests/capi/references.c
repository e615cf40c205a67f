/* References: host objects through guest code, identity, host info and when it is finalized. */
#include "check.h"

static wasm_trap_t* identity(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  wasm_val_copy(&results->data[0], &args->data[0]);
  return NULL;
}

static wasm_ref_t* pass(const wasm_func_t* func, wasm_ref_t* ref) {
  wasm_val_t in = WASM_REF_VAL(ref), out = WASM_INIT_VAL;
  wasm_val_vec_t args = {1, &in}, results = {1, &out};
  CHECK(wasm_func_call(func, &args, &results) == NULL);
  CHECK(out.kind == WASM_EXTERNREF);
  return out.of.ref;
}

static void host_references(void) {
  world_t world = world_new();
  wasm_module_t* module = module_of(
      world.store,
      "(module (import \"\" \"f\" (func $f (param externref) (result externref)))"
      "  (global $g (mut externref) (ref.null extern))"
      "  (func (export \"through\") (param externref) (result externref) (call $f (local.get 0)))"
      "  (func (export \"swap\") (param externref) (result externref)"
      "    (global.get $g) (global.set $g (local.get 0))))");
  wasm_functype_t* type =
      wasm_functype_new_1_1(wasm_valtype_new_externref(), wasm_valtype_new_externref());
  wasm_func_t* f = wasm_func_new(world.store, type, identity);
  wasm_functype_delete(type);
  wasm_extern_t* externs[] = {wasm_func_as_extern(f)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
  wasm_instance_t* instance = wasm_instance_new(world.store, module, &imports, NULL);
  wasm_func_t *through = func_of(instance, "through"), *swap = func_of(instance, "swap");

  wasm_foreign_t *a = wasm_foreign_new(world.store), *b = wasm_foreign_new(world.store);
  wasm_foreign_set_host_info(a, (void*)1);
  wasm_ref_t *ra = wasm_foreign_as_ref(a), *rb = wasm_foreign_as_ref(b);
  CHECK(wasm_ref_get_host_info(ra) == (void*)1 && wasm_ref_get_host_info(rb) == NULL);
  CHECK(!wasm_ref_same(ra, rb) && wasm_ref_as_foreign(ra) == a && wasm_ref_as_func(ra) == NULL);
  wasm_ref_t* back = pass(through, ra);
  CHECK(back != NULL && wasm_ref_same(back, ra));
  CHECK(wasm_ref_get_host_info(back) == (void*)1);
  wasm_ref_delete(back);
  CHECK(pass(through, NULL) == NULL);
  CHECK(pass(swap, ra) == NULL);
  zwasm_store_collect(world.store);
  back = pass(swap, rb); /* what the guest kept is what it was given */
  CHECK(wasm_ref_same(back, ra));
  wasm_ref_delete(back);
  back = pass(swap, wasm_func_as_ref(f)); /* any object can be passed */
  CHECK(wasm_ref_same(back, rb));
  wasm_ref_delete(back);
  back = pass(swap, NULL);
  CHECK(wasm_ref_as_func(back) != NULL && wasm_ref_same(back, wasm_func_as_ref(f)));
  wasm_ref_delete(back);

  wasm_foreign_delete(a);
  wasm_foreign_delete(b);
  wasm_func_delete(f);
  wasm_func_delete(through);
  wasm_func_delete(swap);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  world_delete(&world);
}

static int finalized = 0;
static void count(void* data) { finalized += (int)(intptr_t)data; }

static void host_info(void) {
  world_t world = world_new();
  finalized = 0;
  for (int i = 0; i < 100; ++i) {
    wasm_instance_t* instance = instance_of(world.store, "(module (func (export \"f\")))");
    wasm_instance_set_host_info_with_finalizer(instance, (void*)1, count);
    wasm_instance_delete(instance);
  }
  CHECK(finalized == 0); /* an instance lives as long as its store */
  wasm_instance_t* instance = instance_of(world.store, "(module (func (export \"f\")))");
  wasm_func_t* f = func_of(instance, "f");
  wasm_func_set_host_info_with_finalizer(f, (void*)1000, count);
  wasm_func_delete(f);
  f = func_of(instance, "f"); /* the info belongs to the function, not to the handle */
  CHECK(wasm_func_get_host_info(f) == (void*)1000);
  wasm_func_set_host_info(f, NULL);
  CHECK(finalized == 1000);
  wasm_func_delete(f);
  wasm_instance_delete(instance);

  wasm_foreign_t* foreign = wasm_foreign_new(world.store);
  wasm_foreign_set_host_info_with_finalizer(foreign, (void*)10000, count);
  wasm_foreign_t* second = wasm_foreign_copy(foreign);
  wasm_foreign_delete(foreign);
  CHECK(finalized == 1000 && wasm_foreign_get_host_info(second) == (void*)10000);
  wasm_foreign_delete(second);
  CHECK(finalized == 11000);
  world_delete(&world);
  CHECK(finalized == 11100);
}

/* What the guest alone keeps alive is finalized when it is collected. */
static void collected(void) {
  world_t world = world_new();
  wasm_instance_t* instance =
      instance_of(world.store,
                  "(module (global $g (mut externref) (ref.null extern))"
                  "  (func (export \"swap\") (param externref) (result externref)"
                  "    (global.set $g (local.get 0)) (ref.null extern)))");
  wasm_func_t* swap = func_of(instance, "swap");
  finalized = 0;
  wasm_foreign_t* foreign = wasm_foreign_new(world.store);
  wasm_foreign_set_host_info_with_finalizer(foreign, (void*)1, count);
  pass(swap, wasm_foreign_as_ref(foreign));
  wasm_foreign_delete(foreign);
  zwasm_store_collect(world.store);
  CHECK(finalized == 0);
  pass(swap, NULL);
  zwasm_store_collect(world.store);
  zwasm_store_collect(world.store);
  CHECK(finalized == 1);
  wasm_func_delete(swap);
  wasm_instance_delete(instance);
  world_delete(&world);
}

static void stores_apart(void) {
  world_t one = world_new(), two = world_new();
  wasm_instance_t* instance = instance_of(
      one.store, "(module (func (export \"f\") (param funcref) (result funcref) (local.get 0)))");
  wasm_func_t* f = func_of(instance, "f");
  wasm_instance_t* other = instance_of(two.store, "(module (func (export \"g\")))");
  wasm_func_t* g = func_of(other, "g");
  wasm_val_t in = {.kind = WASM_FUNCREF, .of = {.ref = wasm_func_as_ref(g)}}, out = WASM_INIT_VAL;
  wasm_val_vec_t args = {1, &in}, results = {1, &out};
  wasm_trap_t* trap = wasm_func_call(f, &args, &results);
  CHECK(trap != NULL && message_is(trap, "a reference belongs to another store"));
  wasm_trap_delete(trap);
  in.of.ref = wasm_func_as_ref(f);
  CHECK(wasm_func_call(f, &args, &results) == NULL && out.kind == WASM_FUNCREF);
  CHECK(wasm_ref_same(out.of.ref, wasm_func_as_ref(f)));
  wasm_val_delete(&out);

  wasm_module_t* module = module_of(one.store, "(module (import \"\" \"g\" (func)))");
  wasm_extern_t* externs[] = {wasm_func_as_extern(g)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
  CHECK(wasm_instance_new(one.store, module, &imports, &trap) == NULL);
  CHECK(trap != NULL && zwasm_trap_kind(trap) == ZWASM_ERROR_USAGE);
  wasm_trap_delete(trap);
  wasm_module_delete(module);
  wasm_func_delete(f);
  wasm_func_delete(g);
  wasm_instance_delete(instance);
  wasm_instance_delete(other);
  world_delete(&one);
  world_delete(&two);
}

void test_references(void) {
  host_references();
  host_info();
  collected();
  stores_apart();
}
