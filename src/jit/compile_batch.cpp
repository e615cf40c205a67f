#include "jit/compile_batch.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>

#include "ir/build.h"
#include "ir/print.h"
#include "ir/verifier.h"
#include "opt/optimize.h"
#include "runtime/instance.h"
#include "runtime/offsets.h"

namespace zwasm::jit {

using codegen::Arch;
using codegen::CodegenSettings;
using codegen::MachineCode;
using runtime::LoadedModule;
using runtime::NativeFunction;

namespace {

#if defined(__aarch64__)
constexpr Arch kHostArch = Arch::arm64;
#else
constexpr Arch kHostArch = Arch::x64;
#endif

constexpr size_t kAlign = 16;

void pad(std::vector<uint8_t>& bytes, Arch arch) {
  // int3, udf: nothing falls through to it.
  bytes.resize((bytes.size() + kAlign - 1) & ~(kAlign - 1), arch == Arch::x64 ? 0xCC : 0);
}

void put32(std::vector<uint8_t>& bytes, uint32_t word) {
  size_t at = bytes.size();
  bytes.resize(at + sizeof word);
  std::memcpy(bytes.data() + at, &word, sizeof word);
}

// A call of a function that is not in the batch after all: through its FuncRef, which stands in
// the instance at a constant distance.
void put_thunk(std::vector<uint8_t>& bytes, Arch arch, uint32_t func_ref) {
  switch (arch) {
    case Arch::x64:
      bytes.insert(bytes.end(), {0x4D, 0x8D, 0x97});  // lea r10, [r15 + func_ref]
      put32(bytes, func_ref);
      bytes.insert(bytes.end(), {0x41, 0xFF, 0x22});  // jmp [r10]
      break;
    case Arch::arm64:
      put32(bytes, 0xD2800010 | (func_ref & 0xFFFF) << 5);  // mov  x16, low
      put32(bytes, 0xF2A00010 | (func_ref >> 16) << 5);     // movk x16, high, lsl 16
      put32(bytes, 0x8B100390);                             // add  x16, x28, x16
      put32(bytes, 0xF9400211);                             // ldr  x17, [x16]
      put32(bytes, 0xD61F0220);                             // br   x17
      break;
  }
}

void fill_in(std::vector<uint8_t>& bytes, Arch arch, uint32_t place, uint32_t target) {
  uint32_t word;
  std::memcpy(&word, bytes.data() + place, sizeof word);
  switch (arch) {
    case Arch::x64: word = target - (place + 4); break;
    case Arch::arm64: word = (word & 0xFC000000) | (((target - place) >> 2) & 0x03FFFFFF); break;
  }
  std::memcpy(bytes.data() + place, &word, sizeof word);
}

// What is put behind the last element, as a span that stays valid: there is room for it.
template <class T, class From, class F>
std::span<const T> append(std::vector<T>& all, const std::vector<From>& more, F&& convert) {
  const size_t first = all.size();
  for (const From& each : more) all.push_back(convert(each));
  return std::span<const T>(all).subspan(first);
}

// Room for all, so that the tables stay where they are.
void reserve(Layout& layout, std::span<const Compiled> compiled) {
  size_t bytes = 0, traps = 0, calls = 0, roots = 0, lines = 0;
  for (const Compiled& each : compiled) {
    bytes += each.code.bytes.size() + kAlign;
    traps += each.code.traps.size();
    calls += each.code.calls.size();
    roots += each.code.roots.size();
    lines += each.code.lines.size();
  }
  layout.bytes.reserve(bytes);
  layout.tables.traps.reserve(traps);
  layout.tables.calls.reserve(calls);
  layout.tables.roots.reserve(roots);
  layout.tables.lines.reserve(lines);
}

NativeFunction tables_of(LoadedModule& module, const Compiled& from,
                         runtime::NativeTables& tables) {
  NativeFunction to;
  runtime::Function& function = module.function(from.job.func);
  to.function = &function;
  to.body_offset = module.body(function).offset;
  to.osr_position = from.job.osr_position;
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
  return to;
}

// One function at a time, whichever thread compiles it.
void write(const LoadedModule& module, const Job& job, const std::string& ir,
           const std::string& machine) {
  std::string text = ";; function " + std::to_string(job.func);
  std::string_view name = module.function_name(job.func);
  if (!name.empty()) text += " \"" + std::string(name) + "\"";
  if (job.osr_position != Job::kNoOsr)
    text += ", entered at the loop at " + std::to_string(job.osr_position);
  text += "\n" + ir + machine + "\n";
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace

CodegenSettings codegen_settings(const runtime::EngineSettings& settings) {
  CodegenSettings to;
  to.arch = kHostArch;
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
  const auto start = std::chrono::steady_clock::now();
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
    if (show.passes) graphs += ";; after " + std::string(when) + "\n" + ir::print(function) + "\n";
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
  compiled.milliseconds =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  return compiled;
}

Layout lay_out(LoadedModule& module, std::span<Compiled> compiled,
               const CodegenSettings& settings) {
  Layout layout;
  reserve(layout, compiled);
  constexpr uint32_t kNowhere = ~0u;
  std::vector<uint32_t> entries(module.module().funcs.size(), kNowhere);
  for (Compiled& each : compiled) {
    if (!each.ok) continue;
    pad(layout.bytes, settings.arch);
    auto begin = static_cast<uint32_t>(layout.bytes.size());
    if (each.job.osr_position == Job::kNoOsr) entries[each.job.func] = begin;
    NativeFunction function = tables_of(module, each, layout.tables);
    function.begin = begin;
    layout.bytes.insert(layout.bytes.end(), each.code.bytes.begin(), each.code.bytes.end());
    function.end = static_cast<uint32_t>(layout.bytes.size());
    layout.functions.push_back(std::move(function));
    // Of a large module there is enough once.
    codegen::MachineCode rest;
    rest.relocations = std::move(each.code.relocations);
    each.code = std::move(rest);
  }
  // Behind the last function that the tables know, so that lay-out may go on while filling in.
  const runtime::InstanceOffsets offsets = runtime::instance_offsets(module.module());
  size_t at = 0;
  for (const Compiled& each : compiled) {
    if (!each.ok) continue;
    uint32_t begin = layout.functions[at++].begin;
    for (const codegen::CallRelocation& call : each.code.relocations) {
      uint32_t& target = entries[call.func];
      if (target == kNowhere) {
        pad(layout.bytes, settings.arch);
        target = static_cast<uint32_t>(layout.bytes.size());
        uint32_t own = call.func - module.module().imported_funcs;
        put_thunk(layout.bytes, settings.arch,
                  offsets.own_funcs + own * runtime::InstanceOffsets::kFuncStride);
      }
      fill_in(layout.bytes, settings.arch, begin + call.offset, target);
    }
  }
  pad(layout.bytes, settings.arch);
  return layout;
}

}  // namespace zwasm::jit
