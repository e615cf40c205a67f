// The bridge from a guest's call to a function of WASI Preview 1: it finds the caller's memory and
// translates how the call ended.
#include "api/wasi_call.h"

#include <algorithm>

#include "api/convert.h"
#include "api/wasi_state.h"

namespace zwasm::detail {
namespace {

using wasi::p1::Outcome;

struct WasiEnv {
  StoreState* store;
  const wasi::p1::P1Function* function;
  runtime::FuncRef* self = nullptr;
};

// What a hook may ask for at the end of a call: the arguments, whose place the result takes, and
// the strings as they were read.
struct Observed {
  static constexpr size_t kMaxParameters = 16;
  uint64_t args[kMaxParameters];
  std::vector<std::string> strings;
  void begin(wasi::p1::P1Call& call, const wasi::p1::P1Function& function, const Slot* slots) {
    const size_t parameters = std::min(function.signature.find(':'), kMaxParameters);
    for (size_t i = 0; i < parameters; ++i) args[i] = slots[i].u64;
    call.strings_read = &strings;
  }
};

// The memory that pointers refer to: the caller's export "memory", or the only one it has.
runtime::Memory* memory_of(StoreState& store, runtime::Instance* caller) {
  if (caller == store.wasi_caller) return store.wasi_memory;
  runtime::Memory* memory = nullptr;
  if (caller != nullptr) {
    auto found = runtime::find_export(*caller, "memory");
    if (found && found->kind == isa::ExternKind::memory) memory = found->memory;
    else if (caller->module->module().memories.size() == 1)
      memory = static_cast<runtime::Memory*>(caller->memories[0]);
  }
  store.wasi_caller = caller;
  store.wasi_memory = memory;
  return memory;
}

runtime::HostOutcome enter_wasi(void* env, runtime::Store& runtime, runtime::Instance* caller,
                                Slot* slots) {
  auto* self = static_cast<WasiEnv*>(env);
  StoreState& store = *self->store;
  auto passage = Passage::to_host(store, self->self, caller, slots);
  auto fail = [&](Error error, const CallRecord::Wasi* wasi = nullptr) {
    passage.failed(error, wasi);
    return fail_call(store, std::move(error));
  };
  if (!store.wasi) {
    auto context = make_wasi_context(WasiState{});  // grants nothing
    if (!context) return fail(std::move(context).error());
    store.wasi = *std::move(context);
  }
  wasi::p1::GuestMemory view;
  if (runtime::Memory* memory = memory_of(store, caller)) {
    view.base = memory->base;
    view.size = memory->byte_length.load(std::memory_order_acquire);
    view.shared = memory->shared();
  }
  wasi::p1::P1Call call{*store.wasi, view, runtime.wake()};
  Observed observed;
  if (passage.observed()) observed.begin(call, *self->function, slots);
  uint32_t result = invoke(*self->function, call, &slots->u64);
  const CallRecord::Wasi record{*self->function, call, observed.args,
                                static_cast<wasi::Errno>(result)};
  const CallRecord::Wasi* told = call.strings_read != nullptr ? &record : nullptr;
  switch (call.outcome) {
    case Outcome::returned:
      slots->u64 = result;
      passage.returned(told);
      return {};
    case Outcome::exited: return fail(Error::exit(call.exit_code), told);
    case Outcome::interrupted: break;
  }
  isa::Trap trap = runtime.on_poll();
  runtime::HostOutcome outcome;
  outcome.kind = runtime::HostOutcome::Kind::trapped;
  outcome.trap = trap == isa::Trap::none ? isa::Trap::interrupted : trap;
  if (told != nullptr) passage.failed(Error::from_trap(static_cast<Trap>(outcome.trap)), told);
  return outcome;
}

}  // namespace

runtime::FuncRef* wasi_func(StoreState& store, const wasi::p1::P1Function& function) {
  auto [at, added] = store.host_funcs.try_emplace(&function);
  if (!added) return at->second.func;
  OwnedFuncType type{FuncType{}};
  std::vector<isa::ValType>* list = &type.params;
  for (char letter : function.signature) {
    if (letter == ':') list = &type.results;
    else list->push_back(letter == 'I' ? isa::kI64 : isa::kI32);
  }
  auto* env = new WasiEnv{&store, &function};
  env->self = store.runtime->add_host_func(type.view(), enter_wasi, env,
                                           [](void* p) { delete static_cast<WasiEnv*>(p); });
  at->second.func = env->self;
  return env->self;
}

}  // namespace zwasm::detail
