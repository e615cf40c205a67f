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

class LinkerState : public std::enable_shared_from_this<LinkerState> {
 public:
  explicit LinkerState(std::shared_ptr<runtime::Engine> engine) : engine_(std::move(engine)) {}

  void define(std::string_view module, std::string_view name, Definition definition);
  // What the store gets under these names; nothing without an error: not defined.
  std::unique_ptr<Error> find(StoreState& store, std::string_view module, std::string_view name,
                              std::optional<runtime::Extern>& found) const;
  // The imports of a module, in order. `shared` gives the memories of the instance that spawned a
  // thread, by memory index; empty otherwise.
  std::unique_ptr<Error> resolve(StoreState& store, runtime::LoadedModule& module,
                                 std::span<const std::shared_ptr<runtime::Memory>> shared,
                                 std::vector<runtime::Extern>& imports) const;

  const std::shared_ptr<runtime::Engine>& engine() const { return engine_; }
  bool wasi = false;
  bool wasi_threads = false;
  UnknownImports unknown = UnknownImports::error;

 private:
  std::unique_ptr<Error> supply(StoreState& store, runtime::LoadedModule& module,
                                const module::Import& import, runtime::Extern& made) const;
  Error missing(const runtime::LoadedModule& module, const module::Import& import) const;

  std::shared_ptr<runtime::Engine> engine_;
  // By module and name with a zero byte between.
  std::unordered_map<std::string, std::shared_ptr<const Definition>> definitions_;
};

}  // namespace zwasm::detail
