// What a linker knows: definitions by name, and rules for names without one.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "api/state.h"
#include "zwasm/linker.h"

namespace zwasm::detail {

struct RawDefinition {
  FuncType type;
  RawHostFunction function;
};
// Makes the function in a store, when the store first needs it.
using FuncFactory = std::function<runtime::FuncRef*(StoreState&)>;
using Definition = std::variant<HostFunction, RawDefinition, FuncFactory, Extern>;

// What an import gets, before a store is known; neither: nothing is defined.
struct Found {
  std::shared_ptr<const Definition> definition;
  const wasi::p1::P1Function* wasi = nullptr;
  bool thread_spawn = false;
  explicit operator bool() const { return definition || wasi != nullptr || thread_spawn; }
};

class ZWASM_HIDDEN LinkerState : public std::enable_shared_from_this<LinkerState> {
 public:
  explicit LinkerState(std::shared_ptr<runtime::Engine> engine) : engine_(std::move(engine)) {}

  void define(std::string_view module, std::string_view name, Definition definition);
  void define_wasi();
  Found look_up(std::string_view module, std::string_view name) const;
  // What a store gets of it.
  std::unique_ptr<Error> bind(StoreState& store, const Found& what, std::string_view module,
                              std::string_view name, runtime::Extern& bound) const;
  bool defines_module(std::string_view module) const;
  // The imports of a module, in order. `shared` gives the memories of the instance that spawned a
  // thread, by memory index; empty otherwise.
  std::unique_ptr<Error> resolve(StoreState& store, const runtime::LoadedModule& module,
                                 std::span<const std::shared_ptr<runtime::Memory>> shared,
                                 std::vector<runtime::Extern>& imports) const;
  // The same in two steps.
  std::unique_ptr<Error> look_up_all(const runtime::LoadedModule& module,
                                     std::vector<Found>& found) const;
  std::unique_ptr<Error> bind_all(StoreState& store, const runtime::LoadedModule& module,
                                  std::span<const Found> found,
                                  std::span<const std::shared_ptr<runtime::Memory>> shared,
                                  std::vector<runtime::Extern>& imports) const;
  // What was defined again although it may not be; null: nothing.
  std::unique_ptr<Error> check_shadowing() const;

  const std::shared_ptr<runtime::Engine>& engine() const { return engine_; }
  bool wasi_threads = false;
  bool shadowing = true;
  UnknownImports unknown = UnknownImports::error;

 private:
  // Whether an import without a definition is supplied, and then by what.
  bool supplies(const runtime::LoadedModule& module, const module::Import& import) const;
  std::unique_ptr<Error> supply(StoreState& store, const runtime::LoadedModule& module,
                                const module::Import& import, runtime::Extern& made) const;
  Error missing(const runtime::LoadedModule& module, const module::Import& import) const;

  std::shared_ptr<runtime::Engine> engine_;
  bool wasi_ = false;
  std::string shadowed_;  // the names that were first to be defined twice
  // By module and name with a zero byte between.
  std::unordered_map<std::string, std::shared_ptr<const Definition>> definitions_;
};

}  // namespace zwasm::detail
