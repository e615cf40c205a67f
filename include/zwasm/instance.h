/// Instances of modules and what they export.
///
///     auto add = instance.get<int32_t(int32_t, int32_t)>("add").value();   // looked up once
///     add(2, 40).value();
#pragma once
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "zwasm/detail/export.h"
#include "zwasm/error.h"
#include "zwasm/func.h"
#include "zwasm/global.h"
#include "zwasm/memory.h"
#include "zwasm/module.h"
#include "zwasm/store.h"
#include "zwasm/table.h"

namespace zwasm ZWASM_PUBLIC {

/// What can be imported or exported; the alternatives stand in the order of ExternKind.
class Extern : public std::variant<Func, Table, Memory, Global, Tag> {
 public:
  using variant::variant;
  ExternKind kind() const noexcept { return static_cast<ExternKind>(index()); }
  ExternType type() const;
};

/// A handle; copies mean the same instance, which lives as long as its store.
class Instance {
 public:
  /// Instantiates without names: one entry per import of the module, in order. Runs the start
  /// function. Errors: link, limit, usage, and those of a call.
  static Result<Instance> create(Store& store, const Module& module,
                                 std::span<const Extern> imports);

  const Module& module() const;

  /// A function with its C++ signature, looked up and checked once.
  template <class Signature>
  Result<TypedFunc<Signature>> get(std::string_view name) const {
    auto f = func(name);
    if (!f) return std::move(f).error();
    return f->template typed<Signature>();
  }

  /// The export of that name and kind. Error (usage): there is none.
  Result<Func> func(std::string_view name) const;
  Result<Memory> memory(std::string_view name = "memory") const;
  Result<Table> table(std::string_view name) const;
  Result<Global> global(std::string_view name) const;
  Result<Tag> tag(std::string_view name) const;

  /// The export of that name, whatever it is.
  std::optional<Extern> find(std::string_view name) const;
  /// All exports, in order.
  std::vector<std::pair<std::string, Extern>> exports() const;

  /// Calls an exported function with arguments checked at run time.
  Result<std::vector<Value>> call(std::string_view name, std::span<const Value> args) const;
  Result<std::vector<Value>> call(std::string_view name,
                                  std::initializer_list<Value> args = {}) const {
    return call(name, std::span<const Value>(args.begin(), args.size()));
  }

  friend bool operator==(const Instance& a, const Instance& b) noexcept {
    return a.instance_ == b.instance_ && a.store_ == b.store_;
  }

 private:
  friend struct detail::Internals;
  Instance(detail::StoreState* store, void* instance, Module module) noexcept
      : store_(store), instance_(instance), module_(std::move(module)) {}
  detail::StorePtr store_;
  void* instance_;
  Module module_;
};

}  // namespace zwasm ZWASM_PUBLIC
