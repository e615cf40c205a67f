#include "zwasm/wasm_module.h"

#include <cmath>

#include "base/concat.h"
#include "zwasm/module.h"

namespace zwasm {

namespace detail {

struct OwnWorld {
  explicit OwnWorld(const Engine& e, const StoreLimits& limits) : engine(e), store(e, limits) {}
  Engine engine;
  Store store;
};

namespace {

// What does not change when it becomes a T and comes back; a real number may be rounded.
template <class T>
bool fits(const Argument& from, T& to) {
  switch (from.kind) {
    case Argument::Kind::sign: {
      to = static_cast<T>(from.number);
      if constexpr (std::is_floating_point_v<T>) {
        // 2^63 as the nearest of INT64_MAX would not come back.
        return std::fabs(to) < T(9223372036854775808.0) && static_cast<int64_t>(to) == from.number;
      } else {
        return std::in_range<T>(from.number);
      }
    }
    case Argument::Kind::unsign: {
      const auto number = static_cast<uint64_t>(from.number);
      to = static_cast<T>(number);
      if constexpr (std::is_floating_point_v<T>) {
        return to < T(18446744073709551616.0) && static_cast<uint64_t>(to) == number;
      } else {
        // Unsigned numbers may use all bits of wasm's integers, which have no sign.
        return std::in_range<std::make_unsigned_t<T>>(number);
      }
    }
    case Argument::Kind::real:
      if constexpr (std::is_floating_point_v<T>) {
        to = static_cast<T>(from.real);
        return std::is_same_v<T, double> || static_cast<double>(to) == from.real ||
               std::isnan(from.real) || std::isfinite(to);
      } else {
        return false;
      }
    case Argument::Kind::value: return false;
  }
  return false;
}

template <class T>
std::optional<Value> number_of(const Argument& from) {
  T to{};
  if (!fits(from, to)) return std::nullopt;
  return Value(to);
}

std::optional<Value> value_of(const Argument& from, const ValType& type) {
  if (from.kind == Argument::Kind::value) return from.value;  // the call checks it
  switch (type.kind()) {
    case ValKind::i32: return number_of<int32_t>(from);
    case ValKind::i64: return number_of<int64_t>(from);
    case ValKind::f32: return number_of<float>(from);
    case ValKind::f64: return number_of<double>(from);
    case ValKind::v128:
    case ValKind::ref: break;
  }
  return std::nullopt;
}

std::string text_of(const Argument& argument) {
  switch (argument.kind) {
    case Argument::Kind::sign: return std::to_string(argument.number);
    case Argument::Kind::unsign: return std::to_string(static_cast<uint64_t>(argument.number));
    case Argument::Kind::real: return Value(argument.real).to_string();
    case Argument::Kind::value: return argument.value.to_string();
  }
  return {};
}

std::string quoted_name(const Func& func) {
  std::string name = func.name();
  return name.empty() ? "the function" : concat({"\"", name, "\""});
}

}  // namespace

Result<std::vector<Value>> call_with(const Func& func, std::span<const Argument> arguments) {
  const FuncType type = func.type();
  std::vector<Value> values;
  values.reserve(arguments.size());
  for (size_t i = 0; i < arguments.size(); ++i) {
    // Too many are counted by the call.
    if (i >= type.params.size()) {
      values.emplace_back();
      continue;
    }
    auto value = value_of(arguments[i], type.params[i]);
    if (!value)
      return Error::usage(
          concat({"argument ", std::to_string(i + 1), " of ", quoted_name(func), ": ",
                  text_of(arguments[i]), " does not fit ", type.params[i].to_string()}));
    values.push_back(*std::move(value));
  }
  return func.call(values);
}

std::unique_ptr<Error> wrong_results(const Func& func, std::string_view expected) {
  return std::make_unique<Error>(
      Error::usage(concat({quoted_name(func), " has type ", func.type().to_string(), ": ", expected,
                           " are not of the C++ type that is asked for, or do not fit it"})));
}

std::optional<int64_t> signed_of(const Value& value) {
  if (value.kind() == ValKind::i32) return value.i32();
  if (value.kind() == ValKind::i64) return value.i64();
  return std::nullopt;
}
std::optional<uint64_t> unsigned_of(const Value& value) {
  if (value.kind() == ValKind::i32) return static_cast<uint32_t>(value.i32());
  if (value.kind() == ValKind::i64) return static_cast<uint64_t>(value.i64());
  return std::nullopt;
}

}  // namespace detail

ImportEntry::ImportEntry(std::string_view module, std::string_view name, const Extern& value)
    : define_([module = std::string(module), name = std::string(name), value](Linker& linker) {
        linker.define(module, name, value);
      }) {}

ImportEntry::ImportEntry(std::string_view module, const WasmModule& exports)
    : define_([module = std::string(module), instance = exports.instance()](Linker& linker) {
        linker.instance(module, instance);
      }),
      world_(exports.world_) {}

Result<WasmModule> WasmModule::make(const LoadOptions& options,
                                    const std::function<Result<Module>(const Engine&)>& load) {
  std::shared_ptr<detail::OwnWorld> world;
  for (const ImportEntry& entry : options.imports) {
    if (entry.world_ == nullptr || entry.world_ == world) continue;
    if (world != nullptr)
      return Error::usage("the imported modules are in different stores: load one with the other");
    world = entry.world_;
  }
  if (world == nullptr) {
    Config config = options.config;
    config.fuel |= options.fuel.has_value();
    auto engine = Engine::create(config);
    if (!engine) return std::move(engine).error();
    world = std::make_shared<detail::OwnWorld>(*engine, options.limits);
  }
  auto module = load(world->engine);
  if (!module) return std::move(module).error();
  Store& store = world->store;
  if (options.fuel)
    if (auto set = store.set_fuel(*options.fuel); !set) return std::move(set).error();
  if (options.timeout.count() > 0) store.set_timeout(options.timeout);
  if (options.wasi)
    if (auto set = store.set_wasi(*options.wasi); !set) return std::move(set).error();
  Linker linker(world->engine);
  linker.wasi().unknown_imports(options.unknown_imports);
  for (const ImportEntry& entry : options.imports) entry.define_(linker);
  auto instance = linker.instantiate(store, *module);
  if (!instance) return std::move(instance).error();
  if (auto type = module->export_type("_initialize"); type && type->kind() == ExternKind::func)
    if (auto done = instance->call("_initialize"); !done) return std::move(done).error();
  return WasmModule(std::move(world), *std::move(instance));
}

Result<WasmModule> WasmModule::load(const std::string& path, const LoadOptions& options) {
  return make(options, [&](const Engine& engine) { return Module::load(engine, path); });
}
Result<WasmModule> WasmModule::from_bytes(std::span<const uint8_t> bytes,
                                          const LoadOptions& options, std::string_view name) {
  return make(options, [&](const Engine& engine) { return Module::from_any(engine, bytes, name); });
}
Result<WasmModule> WasmModule::from_wat(std::string_view text, const LoadOptions& options) {
  return make(options, [&](const Engine& engine) { return Module::from_wat(engine, text); });
}

Result<WasmFn> WasmModule::fn(std::string_view name) const {
  auto func = instance_.func(name);
  if (!func) return std::move(func).error();
  return WasmFn(*std::move(func));
}

Result<uint32_t> WasmModule::run() const {
  auto result = instance_.call("_start");
  if (result) return uint32_t{0};
  if (result.error().kind == ErrorKind::exit) return result.error().exit_status.value_or(0);
  return std::move(result).error();
}

Store& WasmModule::store() const noexcept { return world_->store; }

}  // namespace zwasm
