#include "zwasm/linker.h"

#include "api/convert.h"
#include "api/host_func.h"
#include "api/linker_state.h"
#include "api/linking.h"
#include "api/wasi_call.h"
#include "api/wasi_threads.h"
#include "base/concat.h"
#include "base/parts.h"
#include "base/spelling.h"
#include "runtime/linking.h"

namespace zwasm {

using detail::Definition;
using detail::Internals;
using detail::LinkerState;
using detail::StoreState;

namespace detail {
namespace {

std::string key_of(std::string_view module, std::string_view name) {
  std::string key(module);
  key += '\0';
  key += name;
  return key;
}

std::string quoted(std::string_view module, std::string_view name) {
  return concat({"\"", module, "\" \"", name, "\""});
}

runtime::FuncRef* materialize(StoreState& store, const std::shared_ptr<const Definition>& what) {
  auto [at, added] = store.host_funcs.try_emplace(what.get());
  if (!added) return at->second.func;
  runtime::FuncRef* func = nullptr;
  if (const auto* typed = std::get_if<HostFunction>(what.get())) func = add_typed(store, *typed);
  else if (const auto* raw = std::get_if<RawDefinition>(what.get()))
    func = add_raw(store, raw->type, raw->function);
  else if (const auto* factory = std::get_if<FuncFactory>(what.get())) func = (*factory)(store);
  at->second = {what, func};
  return func;
}

Error link_error(std::string message) {
  Error error;
  error.kind = ErrorKind::link;
  error.message = std::move(message);
  return error;
}

// A function of any type that traps, or returns zeros.
runtime::FuncRef* stand_in(StoreState& store, const FuncType& type, UnknownImports what,
                           std::string name) {
  if (what == UnknownImports::default_value)
    return add_raw(store, type, [](Caller&, std::span<const Value>, std::span<Value>) {
      return Result<void>();
    });
  return add_raw(
      store, type,
      [name = std::move(name)](Caller&, std::span<const Value>, std::span<Value>) -> Result<void> {
        Error error = Error::from_trap(Trap::unknown_import);
        error.message += ": " + name;
        return error;
      });
}

}  // namespace

void LinkerState::define(std::string_view module, std::string_view name, Definition definition) {
  definitions_.insert_or_assign(key_of(module, name),
                                std::make_shared<const Definition>(std::move(definition)));
}

std::unique_ptr<Error> LinkerState::find(StoreState& store, std::string_view module,
                                         std::string_view name,
                                         std::optional<runtime::Extern>& found) const {
  auto at = definitions_.find(key_of(module, name));
  if (at != definitions_.end()) {
    const auto* value = std::get_if<Extern>(at->second.get());
    if (value == nullptr) {
      found = runtime::Extern::of(materialize(store, at->second));
      return nullptr;
    }
    StoreState* home = store_of(*value);
    if (home == &store) {
      found = to_runtime(*value);
      return nullptr;
    }
    // Memories that are shared are usable in other stores; nothing else is.
    if (live(home) != nullptr && value->kind() == ExternKind::memory) {
      runtime::Memory* memory = Internals::memory(std::get<Memory>(*value));
      if (memory->shared()) {
        found = runtime::Extern::of(store.runtime->adopt(home->runtime->share(memory)));
        return nullptr;
      }
    }
    return std::make_unique<Error>(
        Error::usage(concat({"the definition of ", quoted(module, name),
                             live(home) != nullptr ? " belongs to another store"
                                                   : " belongs to a store that is gone"})));
  }
  if (wasi)
    if (const wasi::p1::P1Function* function = wasi::p1::find_p1_function(module, name)) {
      found = runtime::Extern::of(wasi_func(store, *function));
      return nullptr;
    }
  if (wasi_threads && module == "wasi" && name == "thread-spawn")
    found = runtime::Extern::of(thread_spawn_func(store, shared_from_this()));
  return nullptr;
}

Error LinkerState::missing(const runtime::LoadedModule& module,
                           const module::Import& import) const {
  std::string text = concat({"unknown import: ", quoted(import.module, import.name),
                             " is not defined; it must be ", runtime::describe(module, import)});
  std::vector<std::string_view> names;
  for (const auto& [key, definition] : definitions_) {
    size_t zero = key.find('\0');
    if (std::string_view(key).substr(0, zero) == import.module)
      names.push_back(std::string_view(key).substr(zero + 1));
  }
  if (wasi)
    for (const wasi::p1::P1Function& function : wasi::p1::preview1_functions())
      if (function.module == import.module) names.push_back(function.name);
  if (!has_part(Part::wasi) && import.module.starts_with("wasi"))
    return link_error(concat({text, "; ", absent_part(Part::wasi)}));
  if (auto near = closest(import.name, names)) text += concat({" (did you mean \"", *near, "\"?)"});
  return link_error(text);
}

std::unique_ptr<Error> LinkerState::supply(StoreState& store, runtime::LoadedModule& module,
                                           const module::Import& import,
                                           runtime::Extern& made) const {
  auto refuse = [&] { return std::make_unique<Error>(missing(module, import)); };
  const module::ModuleTypes& types = module.types();
  const bool defaults = unknown == UnknownImports::default_value;
  switch (import.kind()) {
    case isa::ExternKind::func: {
      if (unknown == UnknownImports::error) return refuse();
      module::CanonId id = types.id(std::get<module::FuncDecl>(import.desc).type);
      made = runtime::Extern::of(stand_in(store, func_type(store.engine, id), unknown,
                                          quoted(import.module, import.name)));
      return nullptr;
    }
    case isa::ExternKind::memory: {
      const auto& type = std::get<module::MemoryType>(import.desc);
      if (!defaults && !(wasi_threads && type.limits.shared)) return refuse();
      auto memory = store.runtime->add_memory(type);
      if (!memory) return std::make_unique<Error>(to_error(store, std::move(memory.error())));
      made = runtime::Extern::of(*memory);
      return nullptr;
    }
    case isa::ExternKind::table: {
      auto type = std::get<module::TableType>(import.desc);
      type.elem = types.canon(type.elem);
      if (!defaults || !type.elem.defaultable()) return refuse();
      auto table = store.runtime->add_table(type, Slot{});
      if (!table) return std::make_unique<Error>(to_error(store, std::move(table.error())));
      made = runtime::Extern::of(*table);
      return nullptr;
    }
    case isa::ExternKind::global: {
      const auto& type = std::get<module::GlobalType>(import.desc);
      if (!defaults || !type.type.defaultable()) return refuse();
      made = runtime::Extern::of(
          store.runtime->add_global(types.canon(type.type), type.mut, runtime::GlobalCell{}));
      return nullptr;
    }
    case isa::ExternKind::tag: {
      if (!defaults) return refuse();
      module::CanonId id = types.id(std::get<module::TagDecl>(import.desc).type);
      made = runtime::Extern::of(store.runtime->add_tag(store.types().type(id).func));
      return nullptr;
    }
  }
  return refuse();
}

std::unique_ptr<Error> LinkerState::resolve(
    StoreState& store, runtime::LoadedModule& module,
    std::span<const std::shared_ptr<runtime::Memory>> shared,
    std::vector<runtime::Extern>& imports) const {
  size_t memories = 0;
  for (const module::Import& import : module.module().imports) {
    if (import.kind() == isa::ExternKind::memory) {
      size_t index = memories++;
      if (index < shared.size() && shared[index] != nullptr) {
        imports.push_back(runtime::Extern::of(store.runtime->adopt(shared[index])));
        continue;
      }
    }
    std::optional<runtime::Extern> found;
    if (auto error = find(store, import.module, import.name, found)) return error;
    runtime::Extern made;
    if (found) made = *found;
    else if (auto error = supply(store, module, import, made)) return error;
    imports.push_back(made);
  }
  return nullptr;
}

}  // namespace detail

Linker::Linker(const Engine& engine)
    : state_(std::make_shared<LinkerState>(Internals::engine(engine))) {}
// What was moved from has no state: it takes no definitions, and instantiates nothing.
Linker::Linker(Linker&&) noexcept = default;
Linker& Linker::operator=(Linker&&) noexcept = default;
Linker::~Linker() = default;

Linker& Linker::define(std::string_view module, std::string_view name,
                       detail::HostFunction function) {
  if (state_) state_->define(module, name, std::move(function));
  return *this;
}

Linker& Linker::func_raw(std::string_view module, std::string_view name, const FuncType& type,
                         RawHostFunction function) {
  if (state_) state_->define(module, name, detail::RawDefinition{type, std::move(function)});
  return *this;
}

Linker& Linker::define(std::string_view module, std::string_view name, const Extern& value) {
  if (state_) state_->define(module, name, value);
  return *this;
}

Linker& Linker::instance(std::string_view module, const Instance& instance) {
  for (const auto& [name, value] : instance.exports()) define(module, name, value);
  return *this;
}

Result<Instance> Linker::module(Store& store, std::string_view name, const Module& module) {
  auto made = instantiate(store, module);
  if (!made) return made;
  if (auto start = made->find("_initialize"); start && start->kind() == ExternKind::func)
    if (auto done = std::get<Func>(*start).call(); !done) return std::move(done).error();
  instance(name, *made);
  return made;
}

Linker& Linker::wasi() {
  if (state_) state_->wasi = true;
  return *this;
}

Linker& Linker::wasi_threads() {
  if (state_) state_->wasi_threads = true;
  return *this;
}

Linker& Linker::unknown_imports(UnknownImports what) {
  if (state_) state_->unknown = what;
  return *this;
}

std::optional<Extern> Linker::get(Store& store, std::string_view module,
                                  std::string_view name) const {
  StoreState* state = Internals::store(store);
  if (!state_ || detail::check_usable(state)) return std::nullopt;
  std::optional<runtime::Extern> found;
  if (auto error = state_->find(*state, module, name, found)) return std::nullopt;
  if (!found) return std::nullopt;
  return detail::from_runtime(state, *found);
}

Result<Instance> Linker::instantiate(Store& store, const Module& module) const {
  StoreState* state = Internals::store(store);
  if (!state_) return Error::usage("the linker was moved from");
  if (auto error = detail::check_module(state, module)) return error;
  if (state_->engine() != state->engine)
    return Error::usage("the linker belongs to another engine");
  const auto& loaded = Internals::module(module);
  std::vector<runtime::Extern> imports;
  if (auto error = state_->resolve(*state, *loaded, {}, imports)) return error;
  return detail::instantiate(*state, module, imports);
}

}  // namespace zwasm
