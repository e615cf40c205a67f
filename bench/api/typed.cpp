// Latencies of typed calls, instantiation and export look-up through the C++ API, beside what
// wasmtime's C API has for the same (its unchecked calls, its pre-linked instances), in one
// process and in turns, so that the machine's moods meet both.
//
//     typed [LIBWASMTIME.SO]        prints `library name nanoseconds` lines
//
// The unit of the budgets is a virtual call that the compiler cannot see through, in a loop like
// those around the other calls. Each figure is the best of many samples.
#include <dlfcn.h>
#include <zwasm/zwasm.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr const char* kText = R"((module
  (import "host" "f" (func $f (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (global (export "global") (mut i32) (i32.const 0))
  (table (export "table") 10 funcref)
  (elem (i32.const 1) $add $f)
  (data (i32.const 64) "some initial bytes")
  (func $add (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))
  (func (export "loop") (param i32) (result i32) (local i32)
    (loop $l
      (local.set 1 (call $f (local.get 1) (local.get 0)))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))))";

// Short samples, of which some fall between what else the machine does.
constexpr int kCalls = 5000;
constexpr int kRounds = 200;

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

// --- the unit ---

struct Callee {
  virtual ~Callee() = default;
  virtual int32_t call(int32_t a, int32_t b) = 0;
};
struct Adds : Callee {
  [[gnu::noipa]] int32_t call(int32_t a, int32_t b) override { return a + b; }
};
// So that the compiler cannot guess which it is.
struct Subtracts : Callee {
  [[gnu::noipa]] int32_t call(int32_t a, int32_t b) override { return a - b; }
};
Callee* hidden(Callee* callee) {
  asm volatile("" : "+r"(callee));
  return callee;
}

// --- wasmtime's C API, as far as it is used; values are 16 bytes ---

struct Raw {
  alignas(8) int32_t i32;
  uint8_t rest[12];
};
static_assert(sizeof(Raw) == 16);
struct Opaque;
using Unchecked = Opaque* (*)(void* env, Opaque* caller, Raw* args_and_results, size_t count);
struct Instance {
  uint64_t words[4];
};
struct Extern {
  uint64_t kind;
  uint64_t of[7];
};
struct TypeList {
  size_t size;
  Opaque** data;
};

#define WASMTIME_FUNCTIONS(X)                                                                     \
  X(wasm_engine_new, Opaque*, ())                                                                 \
  X(wasm_valtype_new, Opaque*, (uint8_t))                                                         \
  X(wasm_valtype_vec_new, void, (TypeList*, size_t, Opaque**))                                    \
  X(wasm_functype_new, Opaque*, (TypeList*, TypeList*))                                           \
  X(wasmtime_store_new, Opaque*, (Opaque*, void*, void (*)(void*)))                               \
  X(wasmtime_store_delete, void, (Opaque*))                                                       \
  X(wasmtime_store_context, Opaque*, (Opaque*))                                                   \
  X(wasmtime_module_new, Opaque*, (Opaque*, const uint8_t*, size_t, Opaque**))                    \
  X(wasmtime_linker_new, Opaque*, (Opaque*))                                                      \
  X(wasmtime_linker_define_func_unchecked, Opaque*,                                               \
    (Opaque*, const char*, size_t, const char*, size_t, Opaque*, Unchecked, void*,                \
     void (*)(void*)))                                                                            \
  X(wasmtime_linker_instantiate_pre, Opaque*, (Opaque*, Opaque*, Opaque**))                       \
  X(wasmtime_instance_pre_instantiate, Opaque*, (Opaque*, Opaque*, Instance*, Opaque**))          \
  X(wasmtime_instance_export_get, bool, (Opaque*, const Instance*, const char*, size_t, Extern*)) \
  X(wasmtime_func_call_unchecked, Opaque*, (Opaque*, const void*, Raw*, size_t, Opaque**))

struct Wasmtime {
#define X(name, result, params) result(*name) params = nullptr;
  WASMTIME_FUNCTIONS(X)
#undef X
  Opaque *engine, *module = nullptr, *pre = nullptr, *store, *context;
  Instance instance;
  Extern add, loop;

  Wasmtime(const char* path, const std::vector<uint8_t>& binary) {
    void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) fail(dlerror());
#define X(name, result, params)                                     \
  name = reinterpret_cast<result(*) params>(dlsym(library, #name)); \
  if (name == nullptr) fail(std::string(path) + " has no " #name);
    WASMTIME_FUNCTIONS(X)
#undef X
    engine = wasm_engine_new();
    auto check = [](Opaque* error) {
      if (error != nullptr) fail("wasmtime reports an error");
    };
    check(wasmtime_module_new(engine, binary.data(), binary.size(), &module));
    Opaque* linker = wasmtime_linker_new(engine);
    Opaque* ints[] = {wasm_valtype_new(0), wasm_valtype_new(0), wasm_valtype_new(0)};
    TypeList params, results;
    wasm_valtype_vec_new(&params, 2, ints);
    wasm_valtype_vec_new(&results, 1, ints + 2);
    check(wasmtime_linker_define_func_unchecked(
        linker, "host", 4, "f", 1, wasm_functype_new(&params, &results),
        [](void*, Opaque*, Raw* values, size_t) -> Opaque* {
          values[0].i32 = values[0].i32 + values[1].i32;
          return nullptr;
        },
        nullptr, nullptr));
    check(wasmtime_linker_instantiate_pre(linker, module, &pre));
    store = wasmtime_store_new(engine, nullptr, nullptr);
    context = wasmtime_store_context(store);
    instance = instantiate(context);
    add = get(context, instance, "add");
    loop = get(context, instance, "loop");
  }
  Instance instantiate(Opaque* in) {
    Instance made;
    Opaque* trap = nullptr;
    if (wasmtime_instance_pre_instantiate(pre, in, &made, &trap) != nullptr || trap != nullptr)
      fail("wasmtime does not instantiate");
    return made;
  }
  Extern get(Opaque* in, const Instance& from, const std::string& name) {
    Extern found;
    if (!wasmtime_instance_export_get(in, &from, name.data(), name.size(), &found))
      fail("wasmtime finds no " + name);
    return found;
  }
  int32_t call(const Extern& func, int32_t a, int32_t b, size_t count) {
    Raw values[2];
    values[0].i32 = a;
    values[1].i32 = b;
    Opaque* trap = nullptr;
    if (wasmtime_func_call_unchecked(context, func.of, values, count, &trap) != nullptr ||
        trap != nullptr)
      fail("wasmtime traps");
    return values[0].i32;
  }
};

// --- measuring ---

struct Row {
  const char* library;
  const char* name;
  int count;
  std::function<void(int count)> run;
  double best = 1e300;
};

void measure(Row& row) {
  auto start = std::chrono::steady_clock::now();
  row.run(row.count);
  std::chrono::duration<double, std::nano> time = std::chrono::steady_clock::now() - start;
  row.best = std::min(row.best, time.count() / row.count);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<uint8_t> binary = zwasm::wat2wasm(kText).value();
  zwasm::Engine engine({.tier = zwasm::Tier::compiled});
  zwasm::Module module = zwasm::Module::compile(engine, binary).value();
  zwasm::Linker linker(engine);
  linker.func("host", "f", [](int32_t a, int32_t b) { return a + b; });
  zwasm::Store store(engine);
  zwasm::Instance instance = linker.instantiate(store, module).value();
  auto add = instance.get<int32_t(int32_t, int32_t)>("add").value();
  auto loop = instance.get<int32_t(int32_t)>("loop").value();
  std::optional<Wasmtime> peer;
  if (argc > 1) peer.emplace(argv[1], binary);

  Adds adds;
  Subtracts subtracts;
  volatile int32_t sink = 0;
  std::vector<Row> rows;
  rows.push_back({"c++", "virtual_call", kCalls, [&](int count) {
                    Callee* callee = hidden(argc > 9 ? static_cast<Callee*>(&subtracts) : &adds);
                    int32_t sum = 0;
                    for (int i = count; i != 0; --i) sum = callee->call(sum, i);
                    sink = sum;
                  }});
  rows.push_back({"zwasm", "wasm_to_host", kCalls, [&](int count) { sink = *loop(count); }});
  rows.push_back({"zwasm", "host_to_wasm", kCalls, [&](int count) {
                    int32_t sum = 0;
                    for (int i = count; i != 0; --i) sum = *add(sum, i);
                    sink = sum;
                  }});
  rows.push_back({"zwasm", "instantiate", 50, [&](int count) {
                    zwasm::Store many(engine);
                    for (int i = 0; i < count; ++i)
                      if (!linker.instantiate(many, module)) fail("zwasm does not instantiate");
                  }});
  rows.push_back({"zwasm", "store_and_instance", 20, [&](int count) {
                    for (int i = 0; i < count; ++i) {
                      zwasm::Store one(engine);
                      if (!linker.instantiate(one, module)) fail("zwasm does not instantiate");
                    }
                  }});
  rows.push_back({"zwasm", "export", 1000, [&](int count) {
                    for (int i = 0; i < count; ++i)
                      if (!instance.func("add")) fail("zwasm finds no export");
                  }});
  if (peer) {
    Wasmtime& w = *peer;
    rows.push_back({"wasmtime", "wasm_to_host", kCalls,
                    [&](int count) { sink = w.call(w.loop, count, 0, 1); }});
    rows.push_back({"wasmtime", "host_to_wasm", kCalls, [&](int count) {
                      int32_t sum = 0;
                      for (int i = count; i != 0; --i) sum = w.call(w.add, sum, i, 2);
                      sink = sum;
                    }});
    rows.push_back({"wasmtime", "instantiate", 50, [&](int count) {
                      Opaque* many = w.wasmtime_store_new(w.engine, nullptr, nullptr);
                      for (int i = 0; i < count; ++i) w.instantiate(w.wasmtime_store_context(many));
                      w.wasmtime_store_delete(many);
                    }});
    rows.push_back({"wasmtime", "store_and_instance", 20, [&](int count) {
                      for (int i = 0; i < count; ++i) {
                        Opaque* one = w.wasmtime_store_new(w.engine, nullptr, nullptr);
                        w.instantiate(w.wasmtime_store_context(one));
                        w.wasmtime_store_delete(one);
                      }
                    }});
    rows.push_back({"wasmtime", "export", 1000, [&](int count) {
                      for (int i = 0; i < count; ++i) w.get(w.context, w.instance, "add");
                    }});
  }
  for (int round = 0; round < kRounds; ++round)
    for (Row& row : rows) measure(row);
  for (const Row& row : rows) std::printf("%s %s %.2f\n", row.library, row.name, row.best);
  return 0;
}
