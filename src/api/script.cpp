// The script language's data in public form.
#include "zwasm/script.h"

#include "api/loader.h"
#include "text/script.h"

namespace zwasm::script {
namespace {

#define SAME(A, B) static_assert(static_cast<int>(A) == static_cast<int>(B))
SAME(Const::Kind::ref_null, text::ScriptValue::Kind::ref_null);
SAME(Const::Kind::ref_exn, text::ScriptValue::Kind::ref_exn);
SAME(Const::Kind::component, text::ScriptValue::Kind::component);
SAME(Const::Nan::arithmetic, text::ScriptValue::Nan::arithmetic);
SAME(Const::Shape::f64x2, text::ScriptValue::Shape::f64x2);
SAME(ModuleSource::Form::quote, text::ScriptModule::Form::quote);
#undef SAME

ModuleSource convert(const text::ScriptModule& from) {
  ModuleSource to;
  to.form = static_cast<ModuleSource::Form>(from.form);
  to.name = from.name;
  to.is_component = from.is_component;
  to.offset = from.offset;
  switch (to.form) {
    case ModuleSource::Form::text: to.text = from.source; break;
    case ModuleSource::Form::binary: to.bytes.assign(from.bytes.begin(), from.bytes.end()); break;
    case ModuleSource::Form::quote: to.text = from.bytes; break;
  }
  return to;
}

Const convert(const text::ScriptValue& from) {
  Const to;
  to.kind = static_cast<Const::Kind>(from.kind);
  to.bits = from.bits;
  to.nan = static_cast<Const::Nan>(from.nan);
  to.vector.bytes = from.bytes;
  to.shape = static_cast<Const::Shape>(from.shape);
  for (size_t i = 0; i < 4; ++i) to.lane_nan[i] = static_cast<Const::Nan>(from.lane_nan[i]);
  if (from.heap) to.heap = static_cast<HeapKind>(*from.heap);
  to.number = from.number;
  for (const text::ScriptValue& option : from.options) to.options.push_back(convert(option));
  to.source = from.source;
  return to;
}

std::vector<Const> convert(const std::vector<text::ScriptValue>& from) {
  std::vector<Const> to;
  for (const text::ScriptValue& value : from) to.push_back(convert(value));
  return to;
}

Action convert(const text::ScriptAction& from) {
  if (from.kind == text::ScriptAction::Kind::get) return Get{from.module, from.name};
  return Invoke{from.module, from.name, convert(from.args)};
}

Command convert(const text::Directive& from);

AssertTrap assert_trap(const text::Directive& from, AssertTrap::Kind kind) {
  AssertTrap to;
  to.kind = kind;
  if (from.action) to.what = convert(*from.action);
  else to.what = convert(*from.module);
  to.message = from.message;
  return to;
}

AssertModule assert_module(const text::Directive& from, AssertModule::Kind kind) {
  return {kind, convert(*from.module), from.message};
}

Command convert(const text::Directive& from) {
  using Kind = text::Directive::Kind;
  Command to;
  to.line = from.line;
  to.column = from.column;
  to.name = from.column_name;
  switch (from.kind) {
    case Kind::module: to.what = ModuleCommand{convert(*from.module)}; break;
    case Kind::definition: to.what = ModuleDefinition{convert(*from.module)}; break;
    case Kind::instance:
      to.what = ModuleInstance{from.name, from.module_name, from.is_component};
      break;
    case Kind::register_: to.what = Register{from.name, from.module_name}; break;
    case Kind::action: to.what = ActionCommand{convert(*from.action)}; break;
    case Kind::assert_return:
      to.what = AssertReturn{convert(*from.action), convert(from.results)};
      break;
    case Kind::assert_trap: to.what = assert_trap(from, AssertTrap::Kind::trap); break;
    case Kind::assert_exhaustion: to.what = assert_trap(from, AssertTrap::Kind::exhaustion); break;
    case Kind::assert_exception: to.what = assert_trap(from, AssertTrap::Kind::exception); break;
    case Kind::assert_suspension: to.what = assert_trap(from, AssertTrap::Kind::suspension); break;
    case Kind::assert_invalid: to.what = assert_module(from, AssertModule::Kind::invalid); break;
    case Kind::assert_malformed:
      to.what = assert_module(from, AssertModule::Kind::malformed);
      break;
    case Kind::assert_unlinkable:
      to.what = assert_module(from, AssertModule::Kind::unlinkable);
      break;
    case Kind::assert_invalid_custom:
      to.what = assert_module(from, AssertModule::Kind::invalid_custom);
      break;
    case Kind::assert_malformed_custom:
      to.what = assert_module(from, AssertModule::Kind::malformed_custom);
      break;
    case Kind::thread: {
      Thread thread{from.name, from.shared, {}};
      for (const text::Directive& command : from.commands)
        thread.commands.push_back(convert(command));
      to.what = std::move(thread);
      break;
    }
    case Kind::wait: to.what = Wait{from.name}; break;
  }
  return to;
}

}  // namespace

Result<Script> parse(std::string_view text, std::string_view file) {
  Script script;
  script.text_ = text;
  script.file_ = file;
  auto parsed = text::parse_script(script.text_);
  if (!parsed) return detail::to_error(parsed.error(), file, text);
  for (const text::Directive& directive : parsed->directives)
    script.commands.push_back(convert(directive));
  for (const text::ScriptHeader& header : parsed->headers)
    script.headers.push_back({std::string(header.key), std::string(header.value), header.line});
  return script;
}

Result<Module> Script::compile(const Engine& engine, const ModuleSource& source) const {
  if (source.is_component)
    return Error::usage("components are not supported by this version of zwasm");
  const auto& settings = detail::Internals::engine(engine)->settings();
  const isa::FeatureSet features = settings.features;
  std::pmr::memory_resource* memory = settings.memory;
  if (source.form == ModuleSource::Form::binary) {
    detail::Origin origin{file_, {}};
    auto decoded = detail::decode(source.bytes, features, origin, memory);
    if (!decoded) return std::move(decoded).error();
    return detail::load(engine, *std::move(decoded), origin);
  }
  text::ScriptModule module;
  module.offset = source.offset;
  const bool quoted = source.form == ModuleSource::Form::quote;
  module.form = quoted ? text::ScriptModule::Form::quote : text::ScriptModule::Form::text;
  if (quoted) module.bytes = source.text;
  else module.source = std::string_view(text_).substr(source.offset, source.text.size());
  detail::Origin origin{quoted ? std::string_view() : std::string_view(file_),
                        quoted ? std::string_view(source.text) : std::string_view(text_)};
  auto decoded = detail::decode_parsed(text::parse_script_module(text_, module, features), features,
                                       origin, memory);
  if (!decoded) return std::move(decoded).error();
  return detail::load(engine, *std::move(decoded), origin);
}

}  // namespace zwasm::script
