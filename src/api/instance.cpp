#include "zwasm/instance.h"

#include "api/convert.h"
#include "api/linking.h"
#include "base/concat.h"
#include "base/spelling.h"

namespace zwasm {

using detail::Internals;
using detail::StoreState;

namespace detail {

runtime::Extern to_runtime(const Extern& value) {
  switch (value.kind()) {
    case ExternKind::func: return runtime::Extern::of(Internals::func(std::get<Func>(value)));
    case ExternKind::table: return runtime::Extern::of(Internals::table(std::get<Table>(value)));
    case ExternKind::memory: return runtime::Extern::of(Internals::memory(std::get<Memory>(value)));
    case ExternKind::global: return runtime::Extern::of(Internals::global(std::get<Global>(value)));
    case ExternKind::tag: return runtime::Extern::of(Internals::tag(std::get<Tag>(value)));
  }
  return {};
}

StoreState* store_of(const Extern& value) {
  return std::visit([](const auto& handle) { return Internals::store_of(handle); },
                    static_cast<const Extern::variant&>(value));
}

Extern from_runtime(StoreState* store, const runtime::Extern& value) {
  switch (value.kind) {
    case isa::ExternKind::func: break;
    case isa::ExternKind::table: return Internals::make_table(store, value.table);
    case isa::ExternKind::memory: return Internals::make_memory(store, value.memory);
    case isa::ExternKind::global: return Internals::make_global(store, value.global);
    case isa::ExternKind::tag: return Internals::make_tag(store, value.tag);
  }
  return Internals::make_func(store, value.func);
}

std::unique_ptr<Error> check_module(const StoreState* store, const Module& module) {
  if (auto error = check_usable(store)) return error;
  const auto& loaded = Internals::module(module);
  if (loaded == nullptr) return std::make_unique<Error>(Error::usage("the module was moved from"));
  if (&loaded->engine() == store->engine.get()) return nullptr;
  return std::make_unique<Error>(Error::usage("the module belongs to another engine"));
}

Result<Instance> instantiate(StoreState& store, const Module& module,
                             std::span<const runtime::Extern> imports) {
  InUse use(store);
  if (!use.ok()) return other_thread_error();
  runtime::LoadedModule& loaded = *Internals::module(module);
  auto passage = Passage::to_start(store, loaded.module().start ? &loaded : nullptr);
  auto instance = runtime::instantiate(*store.runtime, Internals::module(module), imports);
  if (!instance) {
    Error error = to_error(store, std::move(instance.error()));
    passage.failed(error);
    return error;
  }
  passage.returned();
  return Internals::make_instance(&store, *instance, module);
}

}  // namespace detail

ExternType Extern::type() const {
  switch (kind()) {
    case ExternKind::func: return std::get<Func>(*this).type();
    case ExternKind::table: return std::get<Table>(*this).type();
    case ExternKind::memory: return std::get<Memory>(*this).type();
    case ExternKind::global: return std::get<Global>(*this).type();
    case ExternKind::tag: return std::get<Tag>(*this).type();
  }
  return FuncType{};
}

Result<Instance> Instance::create(Store& store, const Module& module,
                                  std::span<const Extern> imports) {
  StoreState* state = Internals::store(store);
  if (auto error = detail::check_module(state, module)) return error;
  const auto& loaded = Internals::module(module);
  if (const size_t count = loaded->module().imports.size(); imports.size() != count)
    return Error::usage(
        concat({"the module has ", std::to_string(count), count == 1 ? " import" : " imports",
                ", not ", std::to_string(imports.size())}));
  std::vector<runtime::Extern> externs;
  for (const Extern& value : imports) {
    if (auto error = detail::check_same(state, detail::store_of(value), to_string(value.kind())))
      return error;
    externs.push_back(detail::to_runtime(value));
  }
  return detail::instantiate(*state, module, externs);
}

const Module& Instance::module() const { return module_; }

std::optional<Extern> Instance::find(std::string_view name) const {
  if (detail::live(store_.get()) == nullptr) return std::nullopt;
  auto found = runtime::find_export(*Internals::instance(*this), name);
  if (!found) return std::nullopt;
  return detail::from_runtime(store_.get(), *found);
}

std::vector<std::pair<std::string, Extern>> Instance::exports() const {
  std::vector<std::pair<std::string, Extern>> list;
  if (detail::live(store_.get()) == nullptr) return list;
  const auto& exports = Internals::module(module_)->module().exports;
  for (size_t i = 0; i < exports.size(); ++i)
    list.emplace_back(
        exports[i].name,
        detail::from_runtime(store_.get(), runtime::get_export(*Internals::instance(*this),
                                                               static_cast<uint32_t>(i))));
  return list;
}

namespace {

const char* with_article(ExternKind kind) {
  switch (kind) {
    case ExternKind::func: return "a function";
    case ExternKind::table: return "a table";
    case ExternKind::memory: return "a memory";
    case ExternKind::global: return "a global";
    case ExternKind::tag: return "a tag";
  }
  return "";
}

template <class T>
Result<T> get(const Instance& instance, std::string_view name, ExternKind kind) {
  if (auto error = detail::check_usable(Internals::store_of(instance))) return error;
  auto found = instance.find(name);
  if (found && found->kind() == kind) return std::get<T>(*std::move(found));
  std::string text = concat({"\"", name, "\" is "});
  if (found) {
    text += concat({with_article(found->kind()), ", not ", with_article(kind)});
    return Error::usage(text);
  }
  text += "not exported";
  std::vector<std::string_view> names;
  const auto& exports = Internals::module(instance.module())->module().exports;
  for (const module::Export& item : exports)
    if (item.kind == static_cast<isa::ExternKind>(kind)) names.push_back(item.name);
  if (auto near = closest(name, names)) text += concat({"; did you mean \"", *near, "\"?"});
  return Error::usage(text);
}

}  // namespace

Result<Func> Instance::func(std::string_view name) const {
  return zwasm::get<Func>(*this, name, ExternKind::func);
}
Result<Memory> Instance::memory(std::string_view name) const {
  return zwasm::get<Memory>(*this, name, ExternKind::memory);
}
Result<Table> Instance::table(std::string_view name) const {
  return zwasm::get<Table>(*this, name, ExternKind::table);
}
Result<Global> Instance::global(std::string_view name) const {
  return zwasm::get<Global>(*this, name, ExternKind::global);
}
Result<Tag> Instance::tag(std::string_view name) const {
  return zwasm::get<Tag>(*this, name, ExternKind::tag);
}

Result<std::vector<Value>> Instance::call(std::string_view name,
                                          std::span<const Value> args) const {
  auto found = func(name);
  if (!found) return std::move(found).error();
  return found->call(args);
}

}  // namespace zwasm
