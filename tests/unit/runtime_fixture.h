// What the runtime's tests share: an interpreter that is a function of the test, so that everything
// around the interpreter is tested without it, and small modules made by hand.
#pragma once
#include <doctest/doctest.h>

#include "runtime/builtins.h"
#include "runtime/instance.h"
#include "runtime/store.h"

namespace runtime_test {

using namespace zwasm;
using namespace zwasm::runtime;
using isa::Trap;

// The "guest": called on the guest stack.
inline thread_local CallStatus (*guest)(StoreContext&, FuncRef*, Slot*) = nullptr;

inline constexpr InterpreterOps kOps = {
    .untranslated = nullptr,
    .host_call = nullptr,
    .native_call = nullptr,
    .call = [](StoreContext& context, FuncRef* callee,
               Slot* slots) { return guest(context, callee, slots); },
    .outer_activation = [](void*) -> void* { return nullptr; },
    .visit_roots = [](void*, RootVisitor&) {},
    .walk_frames = [](void*, FrameVisitor) { return true; },
    .free_code = [](const interp::Code*) {},
};

struct Fixture {
  explicit Fixture(EngineSettings settings = {}) : engine(Engine::create(settings, kOps)) {}
  std::shared_ptr<Engine> engine;
  std::shared_ptr<Quota> quota = std::make_shared<Quota>(Limits{});
  std::unique_ptr<Store> store = Store::create(engine, quota);

  // () -> () unless told otherwise
  FuncRef* host(HostEntry entry, void* env = nullptr, module::FuncType type = {}) {
    return store->add_host_func(type, entry, env);
  }

  std::shared_ptr<LoadedModule> load(std::unique_ptr<module::Module> module) {
    module::ModuleTypes types;
    for (const module::RecGroup& group : module->rec_groups)
      engine->types().add_group(*module, group, types);
    return LoadedModule::make(engine, std::move(module), std::move(types));
  }
};

// A module with one type () -> () and `count` functions of it.
inline std::unique_ptr<module::Module> functions(size_t count) {
  auto m = std::make_unique<module::Module>();
  m->types.push_back({});
  m->rec_groups.push_back({.first = 0, .count = 1, .explicit_rec = false, .offset = 0});
  for (size_t i = 0; i < count; ++i) {
    m->funcs.push_back({0});
    m->bodies.push_back({});
  }
  return m;
}

inline module::ConstExpr expr(module::Module& m, std::initializer_list<uint8_t> bytes) {
  std::vector<uint8_t> code(bytes);
  code.push_back(0x0B);
  return {m.arena.copy(code), 0};
}

}  // namespace runtime_test
