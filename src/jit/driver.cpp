#include "jit/driver.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "base/start_thread.h"
#include "jit/ahead.h"
#include "jit/compile_batch.h"
#include "jit/gdb.h"
#include "jit/kept.h"
#include "jit/link.h"
#include "jit/observers.h"
#include "jit/requests.h"
#include "jit/targets.h"

namespace zwasm::jit {
namespace {

using runtime::Function;
using runtime::LoadedModule;
using runtime::StoreContext;
using Tiering = runtime::EngineSettings::Tiering;

double since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

// What happened to functions, for --explain.
class Log {
 public:
  explicit Log(bool on) : on_(on) {}
  template <class... Parts>
  void add(const Function& function, const char* format, Parts... parts) {
    if (!on_) return;
    char text[512];
    int n = std::snprintf(text, sizeof text, "%8.1f ms  ", since(start_));
    std::snprintf(text + n, sizeof text - static_cast<size_t>(n), format, parts...);
    std::lock_guard lock(mutex_);
    events_[&function].emplace_back(text);
  }
  std::vector<std::string> of(const Function& function) {
    std::lock_guard lock(mutex_);
    auto found = events_.find(&function);
    return found == events_.end() ? std::vector<std::string>{} : found->second;
  }
  void forget(const LoadedModule& module) {
    std::lock_guard lock(mutex_);
    std::erase_if(events_, [&](const auto& entry) { return entry.first->module == &module; });
  }

 private:
  const bool on_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  std::map<const Function*, std::vector<std::string>> events_;
};

// Shared with the threads, which may outlive the driver by a moment.
struct Shared {
  explicit Shared(const runtime::EngineSettings& engine)
      : settings(codegen_settings(engine)),
        show{engine.dump_ir, engine.dump_code, engine.dump_passes},
        tick_ms(engine.tier_loops_ms),
        calls_until_hot(engine.tier_calls),
        log(engine.explain),
        observer(CodeObserver::create(engine.code_profile)),
        debug_info(engine.debug_info),
        keeper(engine, stamp_of(settings, engine.features)) {}

  const codegen::CodegenSettings settings;
  const Show show;
  const uint32_t tick_ms;
  const uint32_t calls_until_hot;
  Log log;
  const std::unique_ptr<CodeObserver> observer;
  const bool debug_info;
  std::once_flag looked_for_debugger;
  bool debugger = false;
  Keeper keeper;

  std::mutex mutex;
  bool stopping = false;

  std::condition_variable work_there, work_done;
  Requests requests{tick_ms == 0};
  uint32_t in_work = 0;  // requests that are being compiled
  // Functions were compiled since they were loaded, and nobody else keeps their code.
  std::set<const LoadedModule*> with_news;
  // From a compiled file: their functions call each other directly, and are kept there.
  std::set<const LoadedModule*> whole;

  std::condition_variable tick_wanted;
  std::vector<StoreContext*> stores;
  std::atomic<bool> ticking{false};
  uint32_t pause_ms = tick_ms;  // between the last ticks
  bool pending = false;         // a loop was found since the last one, and has no entry yet

  // Puts what has been compiled in place. The code's address, or null: no memory.
  const runtime::NativeCode* publish(LoadedModule& module, std::span<Compiled> compiled);
  const runtime::NativeCode* publish(LoadedModule& module, std::span<const uint8_t> bytes,
                                     std::vector<runtime::NativeFunction> functions,
                                     runtime::NativeTables tables);
  bool publish_kept(LoadedModule& module, const KeptObject& kept);
  void compile(const Requests::Request& request);
  void work();
  void take_one(std::unique_lock<std::mutex>& lock);
  void settle(LoadedModule& module, std::chrono::nanoseconds budget);
  void tick();
};

const runtime::NativeCode* Shared::publish(LoadedModule& module, std::span<Compiled> compiled) {
  for (const Compiled& each : compiled) {
    const Function& function = module.function(each.job.func);
    if (!each.ok && settings.verify)
      std::fprintf(stderr, "zwasm: warning: function %u could not be compiled: %s\n", each.job.func,
                   each.error.c_str());
    if (!each.ok) log.add(function, "could not be compiled: %s", each.error.c_str());
    else if (each.job.osr_position == Job::kNoOsr)
      log.add(function, "compiled at -O%u in %.2f ms: %zu bytes of wasm, %zu of machine code",
              unsigned{settings.opt_level}, each.milliseconds, module.body(function).code.size(),
              each.code.bytes.size());
    else
      log.add(
          function, "compiled at -O%u in %.2f ms, to be entered at the loop at 0x%llx",
          unsigned{settings.opt_level}, each.milliseconds,
          static_cast<unsigned long long>(module.body(function).offset + each.job.osr_position));
  }
  Layout layout = lay_out(module, compiled, settings);
  return publish(module, layout.bytes, std::move(layout.functions), std::move(layout.tables));
}

const runtime::NativeCode* Shared::publish(LoadedModule& module, std::span<const uint8_t> bytes,
                                           std::vector<runtime::NativeFunction> functions,
                                           runtime::NativeTables tables) {
  if (functions.empty()) return nullptr;
  auto code = runtime::NativeCode::publish(bytes, std::move(functions), std::move(tables));
  if (!code) return nullptr;
  if (observer) observer->added(module, *code);
  // Not before there is code: most short programs never have any.
  std::call_once(looked_for_debugger, [this] { debugger = under_debugger(); });
  if (debug_info || debugger) show_to_debuggers(module, *code);
  const runtime::NativeCode* published = code.get();
  module.publish(std::move(code));
  return published;
}

void Shared::compile(const Requests::Request& request) {
  std::shared_ptr<LoadedModule> module = request.module.lock();
  if (!module) return;
  // Calls are direct as far as the code knows: they lead to jumps through the instance now, and to
  // the functions themselves when the code is kept with theirs.
  Compiled compiled = compile_function(*module, request.job, settings, whole_module(*module), show);
  const double ms = compiled.milliseconds;
  const runtime::NativeCode* code = publish(*module, {&compiled, 1});
  const void* entry = code != nullptr ? code->entry(code->functions()[0]) : nullptr;
  std::lock_guard lock(mutex);
  requests.finished(request, ms, entry);
  if (entry != nullptr && request.job.osr_position == Job::kNoOsr && !whole.contains(module.get()))
    with_news.insert(module.get());
}

bool Shared::publish_kept(LoadedModule& module, const KeptObject& kept) {
  if (!kept.object()) return false;
  auto found = kept.object()->functions(module);
  if (!found || found->functions.empty()) return false;
  const bool cached = kept.from() == KeptObject::From::cache;
  for (const runtime::NativeFunction& function : found->functions) {
    function.function->tier.store(1, std::memory_order_relaxed);
    log.add(*function.function, "%s",
            cached ? "machine code of an earlier run, from the cache"
                   : "machine code from the compiled file");
  }
  return publish(module, kept.object()->code(), std::move(found->functions),
                 std::move(found->tables)) != nullptr;
}

void Shared::work() {
  std::unique_lock lock(mutex);
  while (!stopping) {
    if (requests.empty()) {
      work_there.wait(lock);
      continue;
    }
    take_one(lock);
  }
}

// Compiles the first request, the lock released meanwhile.
void Shared::take_one(std::unique_lock<std::mutex>& lock) {
  std::optional<Requests::Request> request = requests.take();
  ++in_work;
  lock.unlock();
  compile(*request);
  // The last reference to the module, and with it to the engine, may end here.
  request.reset();
  lock.lock();
  --in_work;
  work_done.notify_all();
}

void Shared::settle(LoadedModule& module, std::chrono::nanoseconds budget) {
  const auto deadline = std::chrono::steady_clock::now() + budget;
  std::unique_lock lock(mutex);
  requests.drop_loops();
  while (!requests.empty() && std::chrono::steady_clock::now() < deadline) take_one(lock);
  work_done.wait_until(lock, deadline, [this] { return requests.empty() && in_work == 0; });
  const bool news = with_news.erase(&module) != 0;
  lock.unlock();
  if (news) keeper.store(module);
}

// Machine code takes ticks too, and most of them where it runs most of the time: an interpreted
// loop around it must not have to wait for many that come seldom.
constexpr uint32_t kLongestPause = 4;  // milliseconds

// Asks interpreted loops to report, by their poll word: every millisecond while something is new,
// ever more seldom while nothing is. A store whose last tick nobody took costs nothing; when all
// are like that the thread waits until one is taken.
void Shared::tick() {
  std::unique_lock lock(mutex);
  while (!stopping) {
    tick_wanted.wait_for(lock, std::chrono::milliseconds(pause_ms));
    bool taken = false;
    for (StoreContext* store : stores)
      taken |= (store->poll.fetch_or(runtime::kPollTier, std::memory_order_relaxed) &
                runtime::kPollTier) == 0;
    pause_ms = std::exchange(pending, false) ? tick_ms : std::min(pause_ms * 2, kLongestPause);
    if (taken) continue;
    ticking.store(false, std::memory_order_seq_cst);
    // One may have been taken just before.
    for (StoreContext* store : stores)
      if ((store->poll.load(std::memory_order_seq_cst) & runtime::kPollTier) == 0)
        ticking.store(true, std::memory_order_relaxed);
    while (!stopping && !ticking.load(std::memory_order_relaxed)) tick_wanted.wait(lock);
    pause_ms = tick_ms;
  }
}

class Driver : public runtime::Tiers {
 public:
  explicit Driver(const runtime::EngineSettings& settings)
      : tiering_(settings.tiers),
        parallel_(settings.compile_in_background),
        every_iteration_(settings.tier_loops_ms == 0),
        shared_(std::make_shared<Shared>(settings)) {}

  ~Driver() override {
    {
      std::lock_guard lock(shared_->mutex);
      shared_->stopping = true;
    }
    shared_->work_there.notify_all();
    shared_->tick_wanted.notify_all();
    for (std::thread* thread : {&worker_, &ticker_}) {
      if (!thread->joinable()) continue;
      // A thread that had the last reference ends the engine itself.
      if (thread->get_id() == std::this_thread::get_id()) thread->detach();
      else thread->join();
    }
  }

  std::unique_ptr<runtime::Kept> find(const module::Module& module) override {
    return shared_->keeper.find(module);
  }

  void prepare(LoadedModule& module) override {
    std::call_once(module.prepared(), [&] {
      const auto* kept = static_cast<const KeptObject*>(module.kept());
      if (kept != nullptr && shared_->publish_kept(module, *kept)) {
        std::lock_guard lock(shared_->mutex);
        if (kept->from() == KeptObject::From::file) shared_->whole.insert(&module);
        return;
      }
      if (tiering_ != Tiering::compile) return;
      compile_module(module);
      shared_->keeper.store(module);
    });
  }

  void hot(Function& function) override {
    if (tiering_ != Tiering::tiered) return;
    {
      std::lock_guard lock(shared_->mutex);
      if (!shared_->requests.ask_whole(function)) return;
    }
    shared_->log.add(function, "hot: called often");
    serve();
  }

  std::vector<std::string> explain(const Function& function) override {
    return shared_->log.of(function);
  }

  const void* loop_entry(Function& function, uint32_t position) override {
    if (tiering_ != Tiering::tiered) return nullptr;
    // The counter began below zero.
    const uint32_t calls =
        function.calls.load(std::memory_order_relaxed) + shared_->calls_until_hot;
    while (true) {
      Requests::Found found;
      {
        std::lock_guard lock(shared_->mutex);
        found = shared_->requests.found_in_loop(function, position, calls, shared_->pause_ms);
        shared_->pending |= found.pending;
      }
      if (!found.asked) return found.entry;
      shared_->log.add(
          function, "hot: found in its loop at 0x%llx",
          static_cast<unsigned long long>(function.module->body(function).offset + position));
      serve();
      if (parallel_) return nullptr;
    }
  }

  void forget(LoadedModule& module) override {
    shared_->log.forget(module);
    bool news;
    {
      std::lock_guard lock(shared_->mutex);
      news = shared_->with_news.erase(&module) != 0;
      shared_->whole.erase(&module);
    }
    // The next run starts with what turned out to be hot in this one.
    if (news && tiering_ == Tiering::tiered) shared_->keeper.store(module);
    std::lock_guard lock(shared_->mutex);
    shared_->requests.forget(module);
  }

  void settle(LoadedModule& module, std::chrono::nanoseconds budget) override {
    if (tiering_ == Tiering::tiered) shared_->settle(module, budget);
  }

  void add_store(StoreContext& context) override {
    if (tiering_ != Tiering::tiered) return;
    std::lock_guard lock(shared_->mutex);
    shared_->stores.push_back(&context);
    // The first loop that sees it starts the ticks.
    context.poll.fetch_or(runtime::kPollTier, std::memory_order_relaxed);
  }
  void remove_store(StoreContext& context) override {
    std::lock_guard lock(shared_->mutex);
    std::erase(shared_->stores, &context);
  }

  void ticked(StoreContext& context) override {
    if (every_iteration_) return;
    context.poll.fetch_and(~uint32_t{runtime::kPollTier}, std::memory_order_seq_cst);
    if (shared_->ticking.load(std::memory_order_seq_cst)) return;
    std::lock_guard lock(shared_->mutex);
    shared_->ticking.store(true, std::memory_order_relaxed);
    if (!ticker_.joinable()) start_thread(ticker_, [shared = shared_] { shared->tick(); });
    shared_->tick_wanted.notify_all();
  }

 private:
  void compile_module(LoadedModule& module) {
    std::vector<Compiled> compiled =
        compile_all(module, shared_->settings, parallel_, shared_->show);
    shared_->publish(module, compiled);
  }

  // Something was asked for.
  void serve() {
    std::unique_lock lock(shared_->mutex);
    if (!parallel_) {
      while (!shared_->requests.empty()) shared_->take_one(lock);
      return;
    }
    // Refused: the program goes on in the interpreter.
    if (!worker_.joinable()) start_thread(worker_, [shared = shared_] { shared->work(); });
    shared_->work_there.notify_one();
  }

  const Tiering tiering_;
  const bool parallel_;
  const bool every_iteration_;
  std::shared_ptr<Shared> shared_;
  std::thread worker_, ticker_;  // started when first needed
};

}  // namespace

std::unique_ptr<runtime::Tiers> make_tiers(const runtime::EngineSettings& settings) {
  if (settings.tiers == Tiering::interpret || settings.profile_ops) return nullptr;
  if (!runtime::native_code_available()) return nullptr;
  return std::make_unique<Driver>(settings);
}

}  // namespace zwasm::jit
