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
  if (!shadowing && look_up(module, name)) {
    if (shadowed_.empty()) shadowed_ = quoted(module, name);
    return;
  }
  definitions_.insert_or_assign(key_of(module, name),
                                std::make_shared<const Definition>(std::move(definition)));
}

void LinkerState::define_wasi() {
  wasi_ = true;
  if (shadowing || !shadowed_.empty()) return;
  for (const wasi::p1::P1Function& function : wasi::p1::preview1_functions())
    if (definitions_.contains(key_of(function.module, function.name)))
      shadowed_ = quoted(function.module, function.name);
}

std::unique_ptr<Error> LinkerState::check_shadowing() const {
  if (shadowed_.empty()) return nullptr;
  return std::make_unique<Error>(
      link_error(concat({shadowed_, " is defined twice, and shadowing is not allowed"})));
}

bool LinkerState::defines_module(std::string_view module) const {
  for (const auto& [key, definition] : definitions_)
    if (std::string_view(key).substr(0, key.find('\0')) == module) return true;
  return false;
}

Found LinkerState::look_up(std::string_view module, std::string_view name) const {
  auto at = definitions_.find(key_of(module, name));
  if (at != definitions_.end()) return {at->second};
  Found found;
  if (wasi_) found.wasi = wasi::p1::find_p1_function(module, name);
  found.thread_spawn = wasi_threads && module == "wasi" && name == "thread-spawn";
  return found;
}

std::unique_ptr<Error> LinkerState::bind(StoreState& store, const Found& what,
                                         std::string_view module, std::string_view name,
                                         runtime::Extern& bound) const {
  if (what.wasi != nullptr) {
    bound = runtime::Extern::of(wasi_func(store, *what.wasi));
    return nullptr;
  }
  if (what.thread_spawn) {
    bound = runtime::Extern::of(thread_spawn_func(store, shared_from_this()));
    return nullptr;
  }
  const auto* value = std::get_if<Extern>(what.definition.get());
  if (value == nullptr) {
    bound = runtime::Extern::of(materialize(store, what.definition));
    return nullptr;
  }
  StoreState* home = store_of(*value);
  if (home == &store) {
    bound = to_runtime(*value);
    return nullptr;
  }
  // Memories that are shared are usable in other stores; nothing else is.
  if (live(home) != nullptr && value->kind() == ExternKind::memory) {
    runtime::Memory* memory = Internals::memory(std::get<Memory>(*value));
    if (memory->shared()) {
      bound = runtime::Extern::of(store.runtime->adopt(home->runtime->share(memory)));
      return nullptr;
    }
  }
  return std::make_unique<Error>(Error::usage(concat(
      {"the definition of ", quoted(module, name),
       live(home) != nullptr ? " belongs to another store" : " belongs to a store that is gone"})));
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
  if (wasi_)
    for (const wasi::p1::P1Function& function : wasi::p1::preview1_functions())
      if (function.module == import.module) names.push_back(function.name);
  if (!has_part(Part::wasi) && import.module.starts_with("wasi"))
    return link_error(concat({text, "; ", absent_part(Part::wasi)}));
  if (auto near = closest(import.name, names)) text += concat({" (did you mean \"", *near, "\"?)"});
  return link_error(text);
}

bool LinkerState::supplies(const runtime::LoadedModule& module,
                           const module::Import& import) const {
  const bool defaults = unknown == UnknownImports::default_value;
  switch (import.kind()) {
    case isa::ExternKind::func: return unknown != UnknownImports::error;
    case isa::ExternKind::memory:
      return defaults || (wasi_threads && std::get<module::MemoryType>(import.desc).limits.shared);
    case isa::ExternKind::table:
      return defaults &&
             module.types().canon(std::get<module::TableType>(import.desc).elem).defaultable();
    case isa::ExternKind::global:
      return defaults && std::get<module::GlobalType>(import.desc).type.defaultable();
    case isa::ExternKind::tag: return defaults;
  }
  return false;
}

std::unique_ptr<Error> LinkerState::supply(StoreState& store, const runtime::LoadedModule& module,
                                           const module::Import& import,
                                           runtime::Extern& made) const {
  const module::ModuleTypes& types = module.types();
  switch (import.kind()) {
    case isa::ExternKind::func: {
      module::CanonId id = types.id(std::get<module::FuncDecl>(import.desc).type);
      made = runtime::Extern::of(stand_in(store, func_type(store.engine, id), unknown,
                                          quoted(import.module, import.name)));
      break;
    }
    case isa::ExternKind::memory: {
      auto memory = store.runtime->add_memory(std::get<module::MemoryType>(import.desc));
      if (!memory) return std::make_unique<Error>(to_error(store, std::move(memory.error())));
      made = runtime::Extern::of(*memory);
      break;
    }
    case isa::ExternKind::table: {
      auto type = std::get<module::TableType>(import.desc);
      type.elem = types.canon(type.elem);
      auto table = store.runtime->add_table(type, Slot{});
      if (!table) return std::make_unique<Error>(to_error(store, std::move(table.error())));
      made = runtime::Extern::of(*table);
      break;
    }
    case isa::ExternKind::global: {
      const auto& type = std::get<module::GlobalType>(import.desc);
      made = runtime::Extern::of(
          store.runtime->add_global(types.canon(type.type), type.mut, runtime::GlobalCell{}));
      break;
    }
    case isa::ExternKind::tag: {
      module::CanonId id = types.id(std::get<module::TagDecl>(import.desc).type);
      made = runtime::Extern::of(store.runtime->add_tag(store.types().type(id).func));
      break;
    }
  }
  return nullptr;
}

std::unique_ptr<Error> LinkerState::look_up_all(const runtime::LoadedModule& module,
                                                std::vector<Found>& found) const {
  if (auto error = check_shadowing()) return error;
  found.reserve(module.module().imports.size());
  for (const module::Import& import : module.module().imports) {
    Found& what = found.emplace_back(look_up(import.module, import.name));
    if (!what && !supplies(module, import)) return std::make_unique<Error>(missing(module, import));
  }
  return nullptr;
}

std::unique_ptr<Error> LinkerState::bind_all(
    StoreState& store, const runtime::LoadedModule& module, std::span<const Found> found,
    std::span<const std::shared_ptr<runtime::Memory>> shared,
    std::vector<runtime::Extern>& imports) const {
  imports.reserve(found.size());
  size_t memories = 0, next = 0;
  for (const module::Import& import : module.module().imports) {
    const Found& what = found[next++];
    runtime::Extern& bound = imports.emplace_back();
    if (import.kind() == isa::ExternKind::memory) {
      size_t index = memories++;
      if (index < shared.size() && shared[index] != nullptr) {
        bound = runtime::Extern::of(store.runtime->adopt(shared[index]));
        continue;
      }
    }
    auto error = what ? bind(store, what, import.module, import.name, bound)
                      : supply(store, module, import, bound);
    if (error) return error;
  }
  return nullptr;
}

std::unique_ptr<Error> LinkerState::resolve(
    StoreState& store, const runtime::LoadedModule& module,
    std::span<const std::shared_ptr<runtime::Memory>> shared,
    std::vector<runtime::Extern>& imports) const {
  std::vector<Found> found;
  if (auto error = look_up_all(module, found)) return error;
  return bind_all(store, module, found, shared, imports);
}

// The linker as it was then, so that what is defined later does not count.
struct FoundImports {
  std::shared_ptr<const LinkerState> linker;
  std::vector<Found> found;
};

}  // namespace detail

Linker::Linker(const Engine& engine)
    : state_(std::make_shared<LinkerState>(Internals::engine(engine))) {}
// What was moved from has no state: it takes no definitions, and instantiates nothing.
Linker::Linker(const Linker& other)
    : state_(other.state_ ? std::make_shared<LinkerState>(*other.state_) : nullptr) {}
Linker& Linker::operator=(const Linker& other) { return *this = Linker(other); }
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
  if (auto error = state_->check_shadowing()) return error;
  return made;
}

Linker& Linker::wasi() {
  if (state_) state_->define_wasi();
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

Linker& Linker::allow_shadowing(bool on) {
  if (state_) state_->shadowing = on;
  return *this;
}

std::optional<Extern> Linker::get(Store& store, std::string_view module,
                                  std::string_view name) const {
  StoreState* state = Internals::store(store);
  if (!state_ || detail::check_usable(state)) return std::nullopt;
  detail::Found found = state_->look_up(module, name);
  runtime::Extern bound;
  if (!found || state_->bind(*state, found, module, name, bound)) return std::nullopt;
  return detail::from_runtime(state, bound);
}

Result<Func> Linker::get_default(Store& store, std::string_view module) const {
  StoreState* state = Internals::store(store);
  if (!state_) return Error::usage("the linker was moved from");
  if (auto error = detail::check_usable(state)) return error;
  for (std::string_view name : {"", "_start"}) {
    detail::Found found = state_->look_up(module, name);
    if (!found) continue;
    runtime::Extern bound;
    if (auto error = state_->bind(*state, found, module, name, bound)) return error;
    if (bound.kind == isa::ExternKind::func) return Internals::make_func(state, bound.func);
    return Error::usage(concat({detail::quoted(module, name), " is not a function"}));
  }
  if (state_->defines_module(module)) return Func::wrap(store, [] {});
  return Error::usage(concat({"no module \"", module, "\" is defined"}));
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

Result<InstancePre> Linker::instantiate_pre(const Module& module) const {
  if (!state_) return Error::usage("the linker was moved from");
  const auto& loaded = Internals::module(module);
  if (loaded == nullptr) return Error::usage("the module was moved from");
  if (&loaded->engine() != state_->engine().get())
    return Error::usage("linker and module belong to different engines");
  auto found = std::make_shared<detail::FoundImports>();
  found->linker = std::make_shared<const LinkerState>(*state_);
  if (auto error = found->linker->look_up_all(*loaded, found->found)) return error;
  return InstancePre(module, std::move(found));
}

Result<Instance> InstancePre::instantiate(Store& store) const {
  StoreState* state = Internals::store(store);
  if (!imports_) return Error::usage("what was prepared was moved from");
  if (auto error = detail::check_module(state, module_)) return error;
  std::vector<runtime::Extern> imports;
  if (auto error = imports_->linker->bind_all(*state, *Internals::module(module_), imports_->found,
                                              {}, imports))
    return error;
  return detail::instantiate(*state, module_, imports);
}

}  // namespace zwasm
