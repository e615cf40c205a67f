#include "script_host.h"

namespace zwasm::cli {
namespace {

void define_global(Linker& linker, Store& store, const char* name, ValKind kind, Value value) {
  auto global = Global::create(store, {kind, false}, value);
  if (global) linker.define("spectest", name, Extern(*global));
}

}  // namespace

void define_script_host(Linker& linker, Store& store) {
  // What they print is of no interest to a test.
  linker.func("spectest", "print", [] {})
      .func("spectest", "print_i32", [](int32_t) {})
      .func("spectest", "print_i64", [](int64_t) {})
      .func("spectest", "print_f32", [](float) {})
      .func("spectest", "print_f64", [](double) {})
      .func("spectest", "print_i32_f32", [](int32_t, float) {})
      .func("spectest", "print_f64_f64", [](double, double) {});
  define_global(linker, store, "global_i32", ValKind::i32, int32_t{666});
  define_global(linker, store, "global_i64", ValKind::i64, int64_t{666});
  define_global(linker, store, "global_f32", ValKind::f32, 666.6f);
  define_global(linker, store, "global_f64", ValKind::f64, 666.6);
  for (bool is64 : {false, true}) {
    TableType type{ValType::funcref(), {10, 20, is64}};
    auto table = Table::create(store, type, Ref(HeapKind::func));
    if (table) linker.define("spectest", is64 ? "table64" : "table", Extern(*table));
  }
  auto memory = Memory::create(store, {{1, 2, false}});
  if (memory) linker.define("spectest", "memory", Extern(*memory));
  auto shared = Memory::create(store, {{1, 1, false}, true});
  if (shared) linker.define("spectest", "shared_memory", Extern(*shared));
  linker.func("wasmtime", "gc", [](Caller& caller) { caller.store().collect(); });
}

}  // namespace zwasm::cli
