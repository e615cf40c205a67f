#include "jit/compile_batch.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "base/concat.h"
#include "ir/build.h"
#include "ir/print.h"
#include "ir/verifier.h"
#include "jit/link.h"
#include "opt/optimize.h"
#include "runtime/instance.h"

namespace zwasm::jit {

using codegen::CodegenSettings;
using codegen::MachineCode;
using runtime::LoadedModule;
using runtime::NativeFunction;

namespace {

// What is put behind the last element, as a span that stays valid: there is room for it.
template <class T, class From, class F>
std::span<const T> append(std::vector<T>& all, const std::vector<From>& more, F&& convert) {
  const size_t first = all.size();
  for (const From& each : more) all.push_back(convert(each));
  return std::span<const T>(all).subspan(first);
}

// Room for all, so that the tables stay where they are.
void reserve(Linker& linker, runtime::NativeTables& tables, std::span<const Compiled> compiled) {
  size_t bytes = 0, traps = 0, calls = 0, roots = 0, relocations = 0, lines = 0;
  for (const Compiled& each : compiled) {
    bytes += each.code.bytes.size() + 16;
    relocations += each.code.relocations.size();
    traps += each.code.traps.size();
    calls += each.code.calls.size();
    roots += each.code.roots.size();
    lines += each.code.lines.size();
  }
  linker.reserve(bytes);
  tables.traps.reserve(traps);
  tables.calls.reserve(calls);
  tables.roots.reserve(roots);
  tables.relocations.reserve(relocations);
  tables.lines.reserve(lines);
}

NativeFunction tables_of(LoadedModule& module, const Compiled& from,
                         runtime::NativeTables& tables) {
  NativeFunction to;
  runtime::Function& function = module.function(from.job.func);
  to.function = &function;
  to.body_offset = module.body(function).offset;
  to.osr_position = from.job.osr_position;
  to.frameless = from.code.frameless;
  to.traps = append(tables.traps, from.code.traps, [](const codegen::TrapSite& t) {
    return runtime::NativeTrap{t.offset, t.position, t.trap};
  });
  to.calls = append(tables.calls, from.code.calls, [](const codegen::CallSite& c) {
    return runtime::NativeCallSite{c.return_offset, c.position, c.landing_pad, c.first_root,
                                   c.root_count};
  });
  to.roots = append(tables.roots, from.code.roots, [](const codegen::RootPlace& r) {
    return runtime::NativeRoot{r.where, r.is_reg};
  });
  to.lines = append(tables.lines, from.code.lines, [](const codegen::CodeLine& l) {
    return runtime::NativeLine{l.offset, l.position};
  });
  to.relocations =
      append(tables.relocations, from.code.relocations, [](const codegen::CallRelocation& r) {
        return runtime::NativeRelocation{r.offset, r.func};
      });
  return to;
}

// Processor time of this thread: what compiling costs, however busy the machine is.
double thread_milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

// One function at a time, whichever thread compiles it.
void write(const LoadedModule& module, const Job& job, const std::string& ir,
           const std::string& machine) {
  std::string text = ";; function " + std::to_string(job.func);
  std::string_view name = module.function_name(job.func);
  if (!name.empty()) text += concat({" \"", name, "\""});
  if (job.osr_position != Job::kNoOsr)
    text += ", entered at the loop at " + std::to_string(job.osr_position);
  text += concat({"\n", ir, machine, "\n"});
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace

CodegenSettings codegen_settings(const runtime::EngineSettings& settings) {
  CodegenSettings to;
  to.arch = codegen::kHostArch;
  to.cpu = codegen::CpuFeatures::host();
  to.opt_level = settings.opt_level;
  to.reserved_memory = settings.guard_pages;
  to.fuel = settings.fuel;
  to.nan_canonicalization = settings.nan_canonicalization;
  to.relaxed_simd_deterministic = settings.relaxed_simd_deterministic;
  to.verify = settings.verify_code;
  to.lines = settings.debug_info;
  return to;
}

Compiled compile_function(LoadedModule& module, const Job& job, const CodegenSettings& settings,
                          const codegen::Batch& batch, const Show& show) {
  const double start = thread_milliseconds();
  Compiled compiled;
  compiled.job = job;
  ir::BuildSettings build;
  build.signals = settings.signals;
  build.reserved_memory = settings.reserved_memory;
  build.fuel = settings.fuel;
  build.nan_canonicalization = settings.nan_canonicalization;
  build.relaxed_simd_deterministic = settings.relaxed_simd_deterministic;
  build.opt_level = settings.opt_level;
  build.poll_entries = module.engine().settings().sample_us != 0;
  build.osr_position = job.osr_position;
  ir::Function function;
  if (!ir::build(module.module(), module.types(), job.func, build, function, compiled.error))
    return compiled;
  std::string graphs;
  auto note = [&](const char* when) {
    if (show.passes) graphs += concat({";; after ", when, "\n", ir::print(function), "\n"});
  };
  note("build");
  opt::optimize(function, settings.opt_level, note);
  if (settings.verify)
    if (compiled.error = ir::verify(function); !compiled.error.empty()) return compiled;
  codegen::CompileError error;
  std::string machine;
  codegen::Dumps dumps;
  if (show.code) dumps.allocated = &machine;
  compiled.ok = codegen::generate(function, settings, batch, compiled.code, error, dumps);
  if (!compiled.ok) compiled.error = std::move(error.message);
  if (show.ir) graphs += ir::print(function);
  if (show.ir || show.code || show.passes) write(module, job, graphs, machine);
  compiled.milliseconds = thread_milliseconds() - start;
  return compiled;
}

Layout lay_out(LoadedModule& module, std::span<Compiled> compiled,
               const CodegenSettings& settings) {
  Layout layout;
  Linker linker(module, settings.arch);
  reserve(linker, layout.tables, compiled);
  for (Compiled& each : compiled) {
    if (!each.ok) continue;
    NativeFunction function = tables_of(module, each, layout.tables);
    const auto reached =
        each.job.osr_position == Job::kNoOsr ? Linker::Reached::entry : Linker::Reached::never;
    const auto begin = linker.add(each.job.func, reached, each.code.bytes, function.relocations);
    if (!begin) {
      each.ok = false;
      each.error = "the module's code is too large";
      continue;
    }
    function.begin = *begin;
    function.end = function.begin + static_cast<uint32_t>(each.code.bytes.size());
    layout.functions.push_back(std::move(function));
    each.code = {};  // of a large module it is enough to have it once
  }
  layout.bytes = linker.finish();
  return layout;
}

}  // namespace zwasm::jit
