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

NativeFunction tables_of(LoadedModule& module, const Compiled& from) {
  NativeFunction to;
  runtime::Function& function = module.function(from.job.func);
  to.function = &function;
  to.body_offset = module.body(function).offset;
  to.osr_position = from.job.osr_position;
  to.traps.reserve(from.code.traps.size());
  for (const codegen::TrapSite& t : from.code.traps)
    to.traps.push_back({t.offset, t.position, t.trap});
  to.calls.reserve(from.code.calls.size());
  for (const codegen::CallSite& c : from.code.calls)
    to.calls.push_back({c.return_offset, c.position, c.landing_pad, c.first_root, c.root_count});
  to.roots.reserve(from.code.roots.size());
  for (const codegen::RootPlace& r : from.code.roots) to.roots.push_back({r.where, r.is_reg});
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
  build.osr_position = job.osr_position;
  ir::Function function;
  if (!ir::build(module.module(), module.types(), job.func, build, function, compiled.error))
    return compiled;
  opt::optimize(function, settings.opt_level);
  if (settings.verify)
    if (compiled.error = ir::verify(function); !compiled.error.empty()) return compiled;
  codegen::CompileError error;
  std::string machine;
  codegen::Dumps dumps;
  if (show.code) dumps.allocated = &machine;
  compiled.ok = codegen::generate(function, settings, batch, compiled.code, error, dumps);
  if (!compiled.ok) compiled.error = std::move(error.message);
  if (show.ir || show.code) write(module, job, show.ir ? ir::print(function) : "", machine);
  compiled.milliseconds =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  return compiled;
}

Layout lay_out(LoadedModule& module, std::span<Compiled> compiled,
               const CodegenSettings& settings) {
  Layout layout;
  constexpr uint32_t kNowhere = ~0u;
  std::vector<uint32_t> entries(module.module().funcs.size(), kNowhere);
  for (const Compiled& each : compiled) {
    if (!each.ok) continue;
    pad(layout.bytes, settings.arch);
    auto begin = static_cast<uint32_t>(layout.bytes.size());
    if (each.job.osr_position == Job::kNoOsr) entries[each.job.func] = begin;
    NativeFunction function = tables_of(module, each);
    function.begin = begin;
    layout.bytes.insert(layout.bytes.end(), each.code.bytes.begin(), each.code.bytes.end());
    function.end = static_cast<uint32_t>(layout.bytes.size());
    layout.functions.push_back(std::move(function));
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
