#include "jit/ahead.h"

#include <atomic>
#include <mutex>

#include "aot/code_object.h"
#include "aot/seal_key.h"
#include "base/start_thread.h"
#include "jit/link.h"
#include "jit/targets.h"

namespace zwasm::jit {

using runtime::LoadedModule;

std::vector<Compiled> compile_all(LoadedModule& module, const codegen::CodegenSettings& settings,
                                  bool parallel, const Show& show, const Progress& progress) {
  const uint32_t imported = module.module().imported_funcs;
  std::vector<Compiled> compiled(module.functions().size());
  const codegen::Batch batch = whole_module(module);
  std::atomic<size_t> next{0};
  std::mutex progress_mutex;
  size_t done = 0;
  auto work = [&] {
    for (size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < compiled.size();) {
      compiled[i] =
          compile_function(module, {imported + static_cast<uint32_t>(i)}, settings, batch, show);
      if (!progress) continue;
      std::lock_guard lock(progress_mutex);
      progress(++done, compiled.size());
    }
  };
  // Small modules are done before another thread has started.
  size_t bytes = 0;
  for (const module::FuncBody& body : module.module().bodies) bytes += body.code.size();
  constexpr size_t kWorthAThread = 8 << 10;
  run_on_threads(parallel ? bytes / kWorthAThread + 1 : 1, work);
  return compiled;
}

AheadResult compile_ahead(LoadedModule& module, const codegen::CodegenSettings& settings,
                          bool parallel, const Progress& progress) {
  std::vector<Compiled> compiled = compile_all(module, settings, parallel, {}, progress);
  const Layout layout = lay_out(module, compiled, settings);
  AheadResult result;
  for (Compiled& each : compiled) {
    if (each.ok) ++result.compiled;
    else result.refused.push_back({each.job.func, std::move(each.error)});
  }
  std::vector<Compiled>().swap(compiled);
  const auto bytes = *module.module().bytes;
  result.object = aot::write_object({stamp_of(settings, module.engine().settings().features),
                                     tree_sha256(bytes), bytes, layout.bytes, layout.functions},
                                    aot::seal_key().bytes);
  return result;
}

}  // namespace zwasm::jit
