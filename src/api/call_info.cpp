// What call hooks see. Nothing here runs unless a store has a hook.
#include "zwasm/call_info.h"

#include "api/convert.h"
#include "wasi/p1/trace.h"

namespace zwasm {

using detail::Internals;

namespace detail {

namespace {

void tell(const CallRecord& record) {
  // The hook may take itself away.
  if (const auto hook = record.store->call_hook) (*hook)(Internals::make_call_info(record));
}

}  // namespace

void Passage::begin(StoreState& store, Kind kind, void* callee, runtime::Instance* caller,
                    const runtime::Slot* slots) {
  if (callee == nullptr) return;
  auto record = std::make_unique<CallRecord>();
  record->store = &store;
  record->event = kind == Kind::host ? CallEvent::calling_host : CallEvent::calling_wasm;
  if (kind == Kind::start) {
    record->module = static_cast<runtime::LoadedModule*>(callee);
    record->func_index = *record->module->module().start;
  } else {
    record->callee = static_cast<runtime::FuncRef*>(callee);
    record->module = record->callee->function->module;
    record->func_index = record->callee->function->index;
  }
  record->caller = caller;
  record->slots = slots;
  tell(*record);
  record_ = std::move(record);
}

void Passage::tell_end(bool returned, const Error* error, const Wasi* wasi) {
  const std::unique_ptr<CallRecord> record = std::move(record_);
  record->event = record->event == CallEvent::calling_host ? CallEvent::returning_from_host
                                                           : CallEvent::returning_from_wasm;
  record->returned = returned;
  record->error = error;
  record->wasi = wasi;
  tell(*record);
}

namespace {

// A host function has no name of its own: the caller's import of it has.
const module::Import* import_of(const CallRecord& call) {
  if (call.caller == nullptr) return nullptr;
  uint32_t index = 0;
  for (const module::Import& import : call.caller->module->module().imports) {
    if (import.kind() != isa::ExternKind::func) continue;
    if (call.caller->funcs[index++] == call.callee) return &import;
  }
  return nullptr;
}

const module::FuncType* signature_of(const CallRecord& call) {
  if (call.callee != nullptr) return &call.store->types().type(call.callee->type).func;
  return nullptr;  // a start function takes and gives nothing
}

std::vector<Value> values(const CallRecord& call, std::span<const isa::ValType> types) {
  std::vector<Value> values;
  const Slot* slot = call.slots;
  for (isa::ValType type : types) {
    values.push_back(from_slots(*call.store, type, slot));
    slot += isa::slots_of(type);
  }
  return values;
}

bool is_call(CallEvent event) {
  return event == CallEvent::calling_wasm || event == CallEvent::calling_host;
}

}  // namespace
}  // namespace detail

CallEvent CallInfo::event() const noexcept { return record_.event; }

std::string_view CallInfo::module() const {
  if (record_.module != nullptr) return record_.module->module_name();
  if (const module::Import* import = detail::import_of(record_)) return import->module;
  return record_.wasi != nullptr ? record_.wasi->function.module : std::string_view();
}

std::string_view CallInfo::name() const {
  if (record_.module != nullptr) return record_.module->function_name(record_.func_index);
  if (const module::Import* import = detail::import_of(record_)) return import->name;
  return record_.wasi != nullptr ? record_.wasi->function.name : std::string_view();
}

std::optional<uint32_t> CallInfo::func_index() const noexcept {
  if (record_.module == nullptr) return std::nullopt;
  return record_.func_index;
}

FuncType CallInfo::type() const {
  const module::FuncType* signature = detail::signature_of(record_);
  return signature != nullptr ? detail::to_public(record_.store->engine, *signature) : FuncType{};
}

std::optional<Func> CallInfo::func() const {
  if (record_.callee == nullptr) return std::nullopt;
  return Internals::make_func(record_.store, record_.callee);
}

std::optional<Instance> CallInfo::caller() const {
  if (record_.caller == nullptr) return std::nullopt;
  return Internals::make_instance(
      record_.store, record_.caller,
      Internals::make_module(runtime::record_of(*record_.caller).owner));
}

std::vector<Value> CallInfo::arguments() const {
  const module::FuncType* signature = detail::signature_of(record_);
  if (!detail::is_call(record_.event) || signature == nullptr) return {};
  return detail::values(record_, signature->params);
}

std::vector<Value> CallInfo::results() const {
  const module::FuncType* signature = detail::signature_of(record_);
  if (detail::is_call(record_.event) || !record_.returned || signature == nullptr) return {};
  return detail::values(record_, signature->results);
}

const Error* CallInfo::error() const noexcept { return record_.error; }

std::optional<WasiCall> CallInfo::wasi() const {
  if (record_.wasi == nullptr || record_.event != CallEvent::returning_from_host)
    return std::nullopt;
  const detail::CallRecord::Wasi& wasi = *record_.wasi;
  wasi::p1::CallText text = wasi::p1::call_text(wasi.function, wasi.call, wasi.args, wasi.result,
                                                wasi::TraceFormat::text);
  WasiCall call;
  call.function = wasi.function.name;
  for (auto& [name, value] : text.arguments) call.arguments.push_back({name, std::move(value)});
  for (auto& [name, value] : text.results) call.results.push_back({name, std::move(value)});
  call.error = static_cast<uint16_t>(wasi.result);
  call.error_name = text.outcome;
  return call;
}

std::string WasiCall::to_string() const {
  auto list = [](const std::vector<WasiValue>& values) {
    std::string text;
    for (const WasiValue& value : values) {
      if (!text.empty()) text += ", ";
      text.append(value.name).append("=").append(value.text);
    }
    return text;
  };
  std::string text(function);
  text.append("(").append(list(arguments)).append(") = ").append(error_name);
  if (!results.empty()) text.append(" (").append(list(results)).append(")");
  return text;
}

}  // namespace zwasm
