#include "runtime/thread_group.h"

#include <utility>

#include "base/concat.h"
#include "base/start_thread.h"

namespace zwasm::runtime {
namespace {

// Ids that wasi-threads allows: positive, below 2^29.
constexpr int32_t kMaxId = (1 << 29) - 1;

}  // namespace

ThreadGroup::~ThreadGroup() {
  Failure failure;
  failure.kind = Failure::Kind::exit;
  end(std::move(failure));
  join();
}

void ThreadGroup::join_in(Store& store) {
  std::lock_guard lock(mutex_);
  main_ = store.interrupt_handle();
  store.set_thread_group(this);
}

int32_t ThreadGroup::spawn(ThreadRecipe recipe, int32_t argument, uint64_t fuel) {
  reap();
  std::lock_guard lock(mutex_);
  if (failure_ || threads_.size() >= max_threads_) return -1;
  do {
    last_id_ = last_id_ == kMaxId ? 1 : last_id_ + 1;
  } while (threads_.contains(last_id_));
  const int32_t id = last_id_;
  Thread& entry = threads_[id];
  bool started =
      start_thread(entry.thread, [this, id, recipe = std::move(recipe), argument, fuel]() mutable {
        run(id, recipe, argument, fuel);
        ThreadRecipe finished = std::move(recipe);  // dropped before the thread counts as ended
      });
  if (!started) threads_.erase(id);
  return started ? id : -1;
}

void ThreadGroup::run(int32_t id, ThreadRecipe& recipe, int32_t argument, uint64_t fuel) {
  std::optional<Failure> failure = run_guest(id, recipe, argument, fuel);
  if (failure) end(std::move(*failure));
  std::lock_guard lock(mutex_);
  Thread& entry = threads_.at(id);
  entry.interrupt.reset();
  entry.finished = true;
}

std::optional<Failure> ThreadGroup::run_guest(int32_t id, ThreadRecipe& recipe, int32_t argument,
                                              uint64_t fuel) {
  std::unique_ptr<Store> store = Store::create(recipe.engine, recipe.quota);
  store->set_fuel(fuel);
  {
    std::lock_guard lock(mutex_);
    if (failure_) return std::nullopt;
    threads_.at(id).interrupt = store->interrupt_handle();
  }
  RunResult<std::vector<Extern>> imports = recipe.link(*store);
  if (!imports) return std::move(imports.error());
  RunResult<Instance*> instance = instantiate(*store, recipe.module, *imports);
  if (!instance) return std::move(instance.error());
  std::optional<Extern> entry = find_export(**instance, recipe.entry);
  if (!entry || entry->kind != isa::ExternKind::func || entry->func->function->param_slots != 2 ||
      entry->func->function->result_slots != 0) {
    Failure failure;
    failure.kind = Failure::Kind::link;
    failure.message = concat({"a thread cannot start: the module exports no function \"",
                              recipe.entry, "\" with the parameters i32 i32"});
    return failure;
  }
  Slot slots[2];
  slots[0].u64 = static_cast<uint32_t>(id);
  slots[1].u64 = static_cast<uint32_t>(argument);
  CallStatus status = store->call(entry->func, slots);
  if (status == CallStatus::returned) return std::nullopt;
  return store->take_failure(status);
}

void ThreadGroup::end(Failure why) {
  std::lock_guard lock(mutex_);
  if (failure_) return;
  failure_ = std::move(why);
  if (main_) main_->interrupt();
  for (auto& [id, entry] : threads_)
    if (entry.interrupt) entry.interrupt->interrupt();
}

// Joins threads that have ended.
void ThreadGroup::reap() {
  std::vector<std::thread> finished;
  {
    std::lock_guard lock(mutex_);
    for (auto at = threads_.begin(); at != threads_.end();) {
      bool take = at->second.finished;
      if (take) finished.push_back(std::move(at->second.thread));
      at = take ? threads_.erase(at) : std::next(at);
    }
  }
  for (std::thread& thread : finished)
    if (thread.joinable()) thread.join();
}

void ThreadGroup::join() {
  for (;;) {
    std::thread next;
    {
      std::lock_guard lock(mutex_);
      for (auto at = threads_.begin(); at != threads_.end(); ++at) {
        if (at->second.thread.get_id() == std::this_thread::get_id()) continue;
        if (!at->second.thread.joinable()) continue;
        next = std::move(at->second.thread);
        break;
      }
    }
    if (!next.joinable()) return;
    next.join();
    reap();
  }
}

std::optional<Failure> ThreadGroup::ended() const {
  std::lock_guard lock(mutex_);
  return failure_;
}

}  // namespace zwasm::runtime
