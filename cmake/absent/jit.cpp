// What stands for the compiler in a library without it (ZWASM_JIT=OFF): there are no tiers, so that
// everything is interpreted. An engine that is told to compile loads no modules (api/parts.h); of a
// compiled module, only the module in it is used.
#include "jit/ahead.h"
#include "jit/driver.h"
#include "jit/targets.h"

namespace zwasm::jit {

std::unique_ptr<runtime::Tiers> make_tiers(const runtime::EngineSettings&) { return nullptr; }

codegen::CodegenSettings codegen_settings(const runtime::EngineSettings&) { return {}; }
AheadResult compile_ahead(runtime::LoadedModule&, const codegen::CodegenSettings&, bool,
                          const Progress&) {
  return {};
}

std::optional<codegen::Arch> parse_arch(std::string_view) { return std::nullopt; }
std::string_view arch_name(codegen::Arch) { return "?"; }
std::string_view arch_of(const aot::Stamp& stamp) {
  return stamp.arch == aot::Stamp::kNoCode ? "" : "?";
}
BasicResult<codegen::CpuFeatures, std::string> parse_cpu(std::string_view list, codegen::Arch) {
  return Err{std::string(list)};
}
std::vector<std::string_view> extensions_of(const aot::Stamp&) { return {}; }
std::vector<std::string_view> settings_of(const aot::Stamp&) { return {}; }
std::string mismatch(const aot::Stamp&, const codegen::CodegenSettings&) { return {}; }

}  // namespace zwasm::jit
