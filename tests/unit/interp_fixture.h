// Modules in text, run by the interpreter through the runtime.
#pragma once
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "interp/interpreter.h"
#include "runtime/instance.h"
#include "runtime/store.h"
#include "text/parser.h"
#include "validate/validator.h"

namespace interp_test {

using namespace zwasm;
using namespace zwasm::runtime;
using isa::Trap;

inline Slot i32(uint32_t v) { return {.u64 = v}; }
inline Slot i64(uint64_t v) { return {.u64 = v}; }
inline Slot f32(float v) {
  Slot s{.u64 = 0};
  s.f32 = v;
  return s;
}
inline Slot f64(double v) { return {.f64 = v}; }

struct Machine {
  std::shared_ptr<Engine> engine;
  std::unique_ptr<Store> store;

  explicit Machine(EngineSettings settings = {}) {
    settings.features = isa::FeatureSet::all();
    engine = Engine::create(settings, interp::kInterpreter);
    store = Store::create(engine, std::make_shared<Quota>(Limits{}));
  }

  Instance* load(std::string_view text, std::vector<Extern> imports = {}) {
    auto parsed = text::parse_module(text, isa::FeatureSet::all());
    if (!parsed) FAIL(text::render_error("test", text, parsed.error()));
    auto module = std::make_unique<module::Module>(std::move(parsed->module));
    auto types = validate::validate_module(*module, engine->types(), isa::FeatureSet::all());
    if (!types) FAIL(types.error().message);
    auto loaded = LoadedModule::make(engine, std::move(module), std::move(*types));
    auto instance = instantiate(*store, loaded, imports);
    if (!instance) FAIL(instance.error().message);
    return *instance;
  }

  FuncRef* func(Instance* instance, std::string_view name) {
    auto item = find_export(*instance, name);
    REQUIRE(item.has_value());
    return item->func;
  }

  // The results of a call that must return.
  std::vector<Slot> call(Instance* instance, std::string_view name, std::vector<Slot> args = {}) {
    FuncRef* f = func(instance, name);
    args.resize(std::max(args.size(), size_t{f->function->result_slots} + 1));
    CallStatus status = store->call(f, args.data());
    if (status != CallStatus::returned) {
      Failure failure = store->take_failure(status);
      FAIL(std::string(name) << ": " << failure.message
                             << std::string(isa::trap_message(failure.trap)));
    }
    args.resize(f->function->result_slots);
    return args;
  }
  uint64_t call1(Instance* instance, std::string_view name, std::vector<Slot> args = {}) {
    auto results = call(instance, name, std::move(args));
    return results.empty() ? 0 : results[0].u64;
  }
  // The trap of a call that must trap.
  Trap trap(Instance* instance, std::string_view name, std::vector<Slot> args = {}) {
    FuncRef* f = func(instance, name);
    args.resize(std::max(args.size(), size_t{f->function->result_slots} + 1));
    CallStatus status = store->call(f, args.data());
    CHECK(status == CallStatus::trapped);
    return store->take_failure(status).trap;
  }
};

}  // namespace interp_test
