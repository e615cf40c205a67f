// Machines that code is made for, by name, and whether code that was made for one can run here.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aot/code_object.h"
#include "codegen/compile.h"
#include "isa/features.h"

namespace zwasm::jit {

// "x86-64", "arm64", their other names, and triples that begin with one of them.
std::optional<codegen::Arch> parse_arch(std::string_view name);
std::string_view arch_name(codegen::Arch arch);

// What code for `arch` may use, by a list with commas, read from left to right: "native" (what this
// processor has), "baseline" (nothing), "x86-64-v2", "x86-64-v3", extensions, each with a '-'
// before it to take it away. Err: the word that means nothing there.
BasicResult<codegen::CpuFeatures, std::string> parse_cpu(std::string_view list, codegen::Arch arch);

// The settings in a form that can be kept, and what a person should know of it.
aot::Stamp stamp_of(const codegen::CodegenSettings& settings, isa::FeatureSet features);
std::vector<std::string_view> extensions_of(const aot::Stamp& stamp);
std::vector<std::string_view> settings_of(const aot::Stamp& stamp);
std::string_view arch_of(const aot::Stamp& stamp);  // empty: no code

// Why code of that stamp cannot run where `settings` are right; empty: it can.
std::string mismatch(const aot::Stamp& stamp, const codegen::CodegenSettings& settings);

}  // namespace zwasm::jit
