#include "zwasm/store.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "api/convert.h"
#include "api/wasi_state.h"
#include "api/wasi_threads.h"
#include "base/concat.h"
#include "base/sort.h"
#include "interp/profile.h"
#include "runtime/gc/heap.h"

namespace zwasm {

using detail::Internals;
using detail::StoreState;

namespace detail {

void retain(StoreState* store) noexcept {
  store->references.fetch_add(1, std::memory_order_relaxed);
}

void release(StoreState* store) noexcept {
  if (store->references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete store;
}

void StoreState::destroy() {
  if (!alive()) return;
  if (runtime->entry().user.load(std::memory_order_relaxed) != nullptr) {
    // Frames of its guest would return into nothing.
    std::fputs("zwasm: a Store was destroyed while a call of its guest was running\n", stderr);
    std::abort();
  }
  if (threads) threads->end();
  // What host functions hold may be handles of this store: they find it gone.
  entry = nullptr;
  std::unique_ptr<runtime::Store> dying = std::move(runtime);
  dying.reset();
  host_funcs.clear();
  shapes.clear();
  kept_types.clear();
  wasi.reset();
  c_store.reset();
}

const runtime::gc::Shape* StoreState::shape(const HeapType& type) {
  module::CanonId id = to_internal(type).index();
  auto [at, added] = shapes.try_emplace(id, nullptr);
  if (added) {
    kept_types.push_back(TypeAccess::scope(type));
    at->second = shape_arena.make(types(), id);
  }
  return at->second;
}

std::unique_ptr<Error> check_usable(const StoreState* store) {
  if (store == nullptr || !store->alive())
    return std::make_unique<Error>(Error::usage("the store is gone"));
  const void* user = store->runtime->entry().user.load(std::memory_order_relaxed);
  if (user != nullptr && user != &sys::host_thread) return other_thread_error();
  return nullptr;
}

std::unique_ptr<Error> other_thread_error() {
  return std::make_unique<Error>(
      Error::usage("the store is in use by another thread: stores belong to one at a time"));
}

std::unique_ptr<Error> check_same(const StoreState* store, const StoreState* other,
                                  std::string_view what) {
  if (store == other) return nullptr;
  if (other == nullptr || !other->alive()) return check_usable(nullptr);
  return std::make_unique<Error>(Error::usage(concat({"the ", what, " belongs to another store"})));
}

}  // namespace detail

namespace {

void apply(const StoreLimits& from, runtime::Quota& quota) {
  quota.limits.memory_bytes = from.max_memory_bytes;
  quota.limits.table_elements = from.max_table_elements;
  quota.limits.instances = from.max_instances;
  quota.limits.memories = from.max_memories;
  quota.limits.tables = from.max_tables;
  quota.limits.gc_heap_bytes = from.max_gc_heap;
  quota.limits.threads = from.max_threads;
  quota.limits.max_backtrace = from.max_backtrace;
  quota.limits.trap_on_grow_failure = from.trap_on_grow_failure;
  quota.memory_bytes.set_limit(from.max_memory_bytes);
  quota.table_elements.set_limit(from.max_table_elements);
  quota.instances.set_limit(from.max_instances);
  quota.memories.set_limit(from.max_memories);
  quota.tables.set_limit(from.max_tables);
}

}  // namespace

Store::Store(const Engine& engine, const StoreLimits& limits) {
  auto* state = new StoreState;
  state_ = detail::StorePtr(state);
  detail::release(state);
  state->engine = Internals::engine(engine);
  state->limits = limits;
  if (state->engine == nullptr) return;  // of an engine that was moved from: gone from the start
  auto quota = std::make_shared<runtime::Quota>(runtime::Limits{});
  apply(limits, *quota);
  state->runtime = runtime::Store::create(state->engine, std::move(quota));
  state->open_door();
}

Store::Store(Store&& other) noexcept : state_(std::move(other.state_)), owner_(other.owner_) {}

Store& Store::operator=(Store&& other) noexcept {
  std::swap(state_, other.state_);
  std::swap(owner_, other.owner_);
  return *this;
}

Store::~Store() {
  if (owner_ && state_.get() != nullptr) state_.get()->destroy();
}

// A Store that was moved from, or is borrowed and outlives its owner, answers like an empty one.

Engine Store::engine() const noexcept {
  StoreState* state = state_.get();
  return Internals::make_engine(state != nullptr ? state->engine : nullptr);
}

void Store::set_limits(const StoreLimits& limits) {
  StoreState* state = detail::live(state_.get());
  if (state == nullptr) return;
  state->limits = limits;
  apply(limits, *state->runtime->quota());
}

StoreLimits Store::limits() const noexcept {
  StoreState* state = state_.get();
  return state != nullptr ? state->limits : StoreLimits{};
}

void Store::set_call_hook(std::function<void(const CallInfo&)> hook) {
  using Hook = const std::function<void(const CallInfo&)>;
  StoreState* state = detail::live(state_.get());
  if (state == nullptr) return;
  state->call_hook = hook ? std::make_shared<Hook>(std::move(hook)) : nullptr;
  // Typed calls do not look for it.
  state->open_door();
  state->runtime->use_host_targets(!state->call_hook);
}

Result<void> Store::set_fuel(uint64_t fuel) {
  StoreState* state = state_.get();
  if (auto error = detail::check_usable(state)) return error;
  if (!state->engine->settings().fuel)
    return Error::usage("the engine does not meter fuel (Config::fuel)");
  state->runtime->set_fuel(fuel);
  return {};
}

uint64_t Store::fuel() const noexcept {
  StoreState* state = detail::live(state_.get());
  return state != nullptr && state->engine->settings().fuel ? state->runtime->fuel() : 0;
}

void Store::set_timeout(std::chrono::nanoseconds timeout) {
  StoreState* state = detail::live(state_.get());
  if (state == nullptr) return;
  if (timeout.count() <= 0) state->runtime->set_timeout(std::nullopt);
  else state->runtime->set_timeout(static_cast<uint64_t>(timeout.count()));
}

InterruptHandle Store::interrupt_handle() const {
  StoreState* state = detail::live(state_.get());
  return Internals::make_interrupt(state != nullptr ? state->runtime->interrupt_handle() : nullptr);
}

void InterruptHandle::interrupt() const noexcept {
  if (handle_ != nullptr) handle_->interrupt();
}

void Store::clear_interrupt() noexcept {
  StoreState* state = detail::live(state_.get());
  if (state == nullptr) return;
  state->runtime->set_timeout(std::nullopt);
  state->runtime->clear_interrupt();
}

Result<void> Store::set_wasi(const WasiConfig& wasi) {
  if (auto error = detail::check_usable(state_.get())) return error;
  auto context = detail::make_wasi_context(Internals::wasi(wasi));
  if (!context) return std::move(context).error();
  state_.get()->wasi = *std::move(context);
  state_.get()->threads_granted = Internals::wasi(wasi).threads;
  return {};
}

void Store::collect() {
  if (!detail::check_usable(state_.get())) state_.get()->runtime->heap().collect();
}

uint64_t Store::heap_bytes() const noexcept {
  StoreState* state = detail::live(state_.get());
  return state != nullptr ? state->runtime->heap().stats().committed_bytes : 0;
}

Profile Store::profile() const {
  Profile profile;
  StoreState* state = detail::live(state_.get());
  if (state == nullptr || !state->engine->settings().profile_ops) return profile;
  for (uint32_t op = 0; op < isa::kOpCount; ++op)
    if (uint64_t count = interp::g_op_counts[op].load(std::memory_order_relaxed))
      profile.ops.push_back({std::string(isa::op_info(static_cast<isa::Op>(op)).text), count});
  sort_by(profile.ops, [](const auto& op) { return ~op.count; });
  std::vector<runtime::LoadedModule*> seen;
  for (runtime::InstanceRecord* instance : state->runtime->instances()) {
    runtime::LoadedModule* module = instance->owner.get();
    if (std::find(seen.begin(), seen.end(), module) != seen.end()) continue;
    seen.push_back(module);
    for (runtime::Function& function : module->functions()) {
      uint64_t calls = function.calls.load(std::memory_order_relaxed);
      uint64_t loops = function.loops.load(std::memory_order_relaxed);
      if (calls != 0 || loops != 0)
        profile.functions.push_back({std::string(module->module_name()), function.index,
                                     std::string(module->function_name(function.index)), calls,
                                     loops});
    }
  }
  sort_by(profile.functions, [](const auto& f) { return ~f.calls; });
  return profile;
}

void Store::set_data(void* data) noexcept {
  if (state_.get() != nullptr) state_.get()->data = data;
}
void* Store::data() const noexcept {
  return state_.get() != nullptr ? state_.get()->data : nullptr;
}

}  // namespace zwasm
