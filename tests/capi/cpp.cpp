// wasm.hh, the standard C++ API: what it adds to the C one is ownership, so that is what is tested.
#include "check.h"
#include "wasm.hh"

namespace {

wasm::vec<byte_t> binary_of(const char* wat) {
  wasm_byte_vec_t bytes;
  CHECK(zwasm_wat2wasm(wat, std::strlen(wat), &bytes, nullptr));
  auto result = wasm::vec<byte_t>::make(bytes.size, bytes.data);
  wasm_byte_vec_delete(&bytes);
  return result;
}

int live = 0;
struct Env {
  Env() { ++live; }
  ~Env() { --live; }
  int32_t factor = 3;
};

auto multiply(void* env, const wasm::vec<wasm::Val>& args, wasm::vec<wasm::Val>& results)
    -> wasm::own<wasm::Trap> {
  results[0] = wasm::Val::i32(args[0].i32() * static_cast<Env*>(env)->factor);
  return nullptr;
}
auto same(const wasm::vec<wasm::Val>& args, wasm::vec<wasm::Val>& results)
    -> wasm::own<wasm::Trap> {
  results[0] = args[0].copy();
  return nullptr;
}

void calls() {
  auto engine = wasm::Engine::make();
  auto owned_store = wasm::Store::make(engine.get());
  auto* store = owned_store.get();
  auto module = wasm::Module::make(
      store, binary_of("(module (import \"a\" \"f\" (func $f (param i32) (result i32)))"
                       "  (import \"a\" \"g\" (func $g (param externref) (result externref)))"
                       "  (func (export \"run\") (param i32) (result i32) (call $f (local.get 0)))"
                       "  (func (export \"pass\") (param externref) (result externref)"
                       "    (call $g (local.get 0)))"
                       "  (memory (export \"memory\") 1 2)"
                       "  (global (export \"g\") (mut f64) (f64.const 1.5))"
                       "  (table (export \"t\") 2 funcref)"
                       "  (func (export \"trap\") unreachable))"));
  CHECK(module != nullptr);
  auto imports = module->imports();
  CHECK(imports.size() == 2 && imports[1]->type()->func() != nullptr);
  CHECK(imports[1]->type()->func()->params()[0]->kind() == wasm::ValKind::EXTERNREF);
  CHECK(std::string(imports[0]->name().get(), imports[0]->name().size()) == "f");
  auto exports_types = module->exports();
  CHECK(exports_types.size() == 6 && exports_types[2]->type()->memory()->limits().max == 2);
  auto copy = exports_types.deep_copy();
  CHECK(copy[3]->type()->global()->mutability() == wasm::Mutability::VAR);

  auto i32_to_i32 = wasm::FuncType::make(
      wasm::ownvec<wasm::ValType>::make(wasm::ValType::make(wasm::ValKind::I32)),
      wasm::ownvec<wasm::ValType>::make(wasm::ValType::make(wasm::ValKind::I32)));
  auto ref_to_ref = wasm::FuncType::make(
      wasm::ownvec<wasm::ValType>::make(wasm::ValType::make(wasm::ValKind::EXTERNREF)),
      wasm::ownvec<wasm::ValType>::make(wasm::ValType::make(wasm::ValKind::EXTERNREF)));
  auto f = wasm::Func::make(store, i32_to_i32.get(), multiply, new Env,
                            [](void* env) { delete static_cast<Env*>(env); });
  auto g = wasm::Func::make(store, ref_to_ref.get(), same);
  auto list = wasm::vec<wasm::Extern*>::make(f.get(), g.get());
  wasm::own<wasm::Trap> why;
  auto instance = wasm::Instance::make(store, module.get(), list, &why);
  CHECK(instance != nullptr && why == nullptr);
  auto exports = instance->exports();
  CHECK(exports.size() == 6 && exports[0]->kind() == wasm::ExternKind::FUNC);

  auto args = wasm::vec<wasm::Val>::make(wasm::Val::i32(14));
  auto results = wasm::vec<wasm::Val>::make_uninitialized(1);
  CHECK(exports[0]->func()->call(args, results) == nullptr);
  CHECK(results[0].i32() == 42);

  auto foreign = wasm::Foreign::make(store);
  foreign->set_host_info(&live);
  auto refs = wasm::vec<wasm::Val>::make(wasm::Val::ref(foreign->copy()));
  CHECK(exports[1]->func()->call(refs, results) == nullptr);
  CHECK(results[0].ref() != nullptr && results[0].ref()->same(foreign.get()));
  CHECK(results[0].ref()->get_host_info() == &live);
  results[0].reset();

  auto* memory = exports[2]->memory();
  CHECK(memory->size() == 1 && memory->grow(1) && !memory->grow(1));
  memory->data()[5] = 9;
  CHECK(memory->data_size() == 2 * wasm::Memory::page_size && memory->type()->limits().min == 2);
  auto* global = exports[3]->global();
  global->set(wasm::Val::f64(2.5));
  CHECK(global->get().f64() == 2.5);
  auto* table = exports[4]->table();
  CHECK(table->set(1, exports[0]->func()) && table->get(1)->same(exports[0].get()));
  CHECK(table->get(0) == nullptr && table->size() == 2 && !table->set(2, nullptr));

  auto none = wasm::vec<wasm::Val>::make();
  auto trap = exports[5]->func()->call(none, none);
  CHECK(trap != nullptr && std::string(trap->message().get()) == "unreachable");
  CHECK(trap->origin()->func_index() == 4 && trap->trace().size() == 1);
  CHECK(trap->origin()->instance()->same(instance.get()));

  auto bytes = module->serialize();
  CHECK(wasm::Module::deserialize(store, bytes) != nullptr);
  auto shared = module->share();
  auto other = wasm::Store::make(engine.get());
  CHECK(wasm::Module::obtain(other.get(), shared.get()) != nullptr);
  bytes[0] = 'x';
  CHECK(!wasm::Module::validate(store, bytes) && wasm::Module::make(store, bytes) == nullptr);
}

}  // namespace

extern "C" void test_cpp(void) {
  calls();
  CHECK(live == 0);
}
