#include "jit/driver.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "jit/compile_batch.h"

namespace zwasm::jit {
namespace {

using runtime::LoadedModule;

// All functions of a module, by several threads that take the next one each.
std::vector<Compiled> compile_all(LoadedModule& module, const codegen::CodegenSettings& settings) {
  const uint32_t imported = module.module().imported_funcs;
  std::vector<Compiled> compiled(module.functions().size());
  const codegen::Batch batch{
      [](void* env, uint32_t func) {
        return func >= static_cast<const LoadedModule*>(env)->module().imported_funcs;
      },
      &module};
  std::atomic<size_t> next{0};
  auto work = [&] {
    for (size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < compiled.size();)
      compiled[i] =
          compile_function(module, {imported + static_cast<uint32_t>(i)}, settings, batch);
  };
  // Small modules are done before another thread has started.
  size_t bytes = 0;
  for (const module::FuncBody& body : module.module().bodies) bytes += body.code.size();
  constexpr size_t kWorthAThread = 8 << 10;
  size_t threads = std::min<size_t>(std::thread::hardware_concurrency(), bytes / kWorthAThread + 1);
  std::vector<std::thread> helpers;
  for (size_t i = 1; i < threads; ++i) helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers) helper.join();
  return compiled;
}

class Driver : public runtime::Tiers {
 public:
  explicit Driver(const runtime::EngineSettings& settings)
      : settings_(codegen_settings(settings)) {}

  void prepare(LoadedModule& module) override {
    std::call_once(module.prepared(), [&] { compile_module(module); });
  }

 private:
  void compile_module(LoadedModule& module) {
    std::vector<Compiled> compiled = compile_all(module, settings_);
    Layout layout = lay_out(module, compiled, settings_);
    if (layout.functions.empty()) return;
    auto code = runtime::NativeCode::publish(layout.bytes, std::move(layout.functions));
    if (code) module.publish(std::move(code));
  }

  const codegen::CodegenSettings settings_;
};

}  // namespace

std::unique_ptr<runtime::Tiers> make_tiers(const runtime::EngineSettings& settings) {
  if (settings.tiers == runtime::EngineSettings::Tiering::interpret || settings.profile_ops)
    return nullptr;
  if (!runtime::native_code_available()) return nullptr;
  return std::make_unique<Driver>(settings);
}

}  // namespace zwasm::jit
