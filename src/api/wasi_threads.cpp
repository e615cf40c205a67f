#include "api/wasi_threads.h"

#include <algorithm>
#include <thread>

#include "api/convert.h"
#include "api/linking.h"
#include "base/start_thread.h"

namespace zwasm::detail {

void ThreadGroup::interrupt_all() {
  for (const auto& handle : running) handle->interrupt();
}

void ThreadGroup::end() {
  std::unique_lock lock(mutex);
  ending = true;
  interrupt_all();
  changed.wait(lock, [this] { return running.empty(); });
}

void ThreadGroup::fail(Error error) {
  std::lock_guard lock(mutex);
  if (ending) return;
  ending = true;
  failure = std::make_unique<Error>(std::move(error));
  interrupt_all();
  main_interrupt->interrupt();
}

std::unique_ptr<Error> ThreadGroup::take_failure() {
  std::lock_guard lock(mutex);
  return std::move(failure);
}

namespace {

constexpr uint32_t kMaxThreadId = (1u << 29) - 1;  // the proposal's
constexpr int32_t kNotGranted = -1, kNoMore = -2;

struct SpawnEnv {
  StoreState* store;
  std::shared_ptr<const LinkerState> linker;
};

// Everything a new thread starts from.
struct Start {
  StorePtr store;
  std::shared_ptr<ThreadGroup> group;
  std::shared_ptr<const LinkerState> linker;
  std::shared_ptr<runtime::LoadedModule> module;
  std::vector<std::shared_ptr<runtime::Memory>> memories;
  uint32_t id;
  int32_t argument;
};

std::unique_ptr<Error> run(Start& start) {
  StoreState& store = *start.store.get();
  std::vector<runtime::Extern> imports;
  if (auto error = start.linker->resolve(store, *start.module, start.memories, imports))
    return error;
  auto instance = instantiate(store, Internals::make_module(start.module), imports);
  if (!instance) return std::make_unique<Error>(std::move(instance).error());
  auto entry = instance->get<void(int32_t, int32_t)>("wasi_thread_start");
  if (!entry) return std::make_unique<Error>(std::move(entry).error());
  auto done = (*entry)(static_cast<int32_t>(start.id), start.argument);
  if (!done) return std::make_unique<Error>(std::move(done).error());
  return nullptr;
}

void thread_main(Start start) {
  std::shared_ptr<ThreadGroup> group = start.group;
  auto handle = start.store.get()->runtime->interrupt_handle();
  auto error = run(start);
  if (error) group->fail(std::move(*error));
  start.store.get()->threads = nullptr;
  start.store.get()->destroy();
  start = Start{};
  std::lock_guard lock(group->mutex);
  std::erase(group->running, handle);
  group->changed.notify_all();
}

// The new thread's id, or a negative number.
int32_t spawn(SpawnEnv& env, runtime::Instance& caller, int32_t argument) {
  StoreState& parent = *env.store;
  if (!parent.threads_granted) return kNotGranted;
  if (!parent.threads) {
    parent.threads = std::make_shared<ThreadGroup>();
    parent.threads->main = &parent;
    parent.threads->main_interrupt = parent.runtime->interrupt_handle();
  }
  ThreadGroup& group = *parent.threads;

  auto* child = new StoreState;
  Start start;
  start.store = StorePtr(child);
  release(child);
  child->engine = parent.engine;
  child->limits = parent.limits;
  child->wasi = parent.wasi;
  child->threads_granted = true;
  child->threads = parent.threads;
  child->runtime = runtime::Store::create(parent.engine, parent.runtime->quota());
  if (parent.engine->settings().fuel) {
    // Spawning must not multiply fuel: each half has its half.
    uint64_t fuel = parent.runtime->fuel();
    child->runtime->set_fuel(fuel / 2);
    parent.runtime->set_fuel(fuel - fuel / 2);
  }
  start.group = parent.threads;
  start.linker = env.linker;
  start.module = runtime::record_of(caller).owner;
  const module::Module& module = start.module->module();
  for (uint32_t i = 0; i < module.imported_memories; ++i) {
    auto* memory = static_cast<runtime::Memory*>(caller.memories[i]);
    start.memories.push_back(memory->shared() ? parent.runtime->share(memory) : nullptr);
  }
  start.argument = argument;

  std::lock_guard lock(group.mutex);
  if (group.ending || group.next_id > kMaxThreadId ||
      group.running.size() >= parent.limits.max_threads) {
    child->threads = nullptr;
    child->destroy();
    return kNoMore;
  }
  start.id = group.next_id;
  auto handle = child->runtime->interrupt_handle();
  group.running.push_back(handle);
  StorePtr keep = start.store;
  std::thread thread;
  if (!start_thread(thread,
                    [start = std::move(start)]() mutable { thread_main(std::move(start)); })) {
    std::erase(group.running, handle);
    child->threads = nullptr;
    child->destroy();
    return kNoMore;
  }
  thread.detach();
  return static_cast<int32_t>(group.next_id++);
}

runtime::HostOutcome enter_spawn(void* env, runtime::Store&, runtime::Instance* caller,
                                 Slot* slots) {
  auto& self = *static_cast<SpawnEnv*>(env);
  int32_t result = caller == nullptr ? kNotGranted : spawn(self, *caller, slots->i32);
  slots->u64 = static_cast<uint32_t>(result);
  return {};
}

}  // namespace

runtime::FuncRef* thread_spawn_func(StoreState& store, std::shared_ptr<const LinkerState> linker) {
  auto [at, added] = store.host_funcs.try_emplace(linker.get());
  if (!added) return at->second.func;
  const isa::ValType type[] = {isa::kI32};
  at->second.definition = linker;
  at->second.func = store.runtime->add_host_func(
      {type, type}, enter_spawn, new SpawnEnv{&store, std::move(linker)},
      [](void* env) { delete static_cast<SpawnEnv*>(env); });
  return at->second.func;
}

}  // namespace zwasm::detail
