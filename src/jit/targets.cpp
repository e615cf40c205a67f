#include "jit/targets.h"

#include <span>

#include "base/concat.h"

namespace zwasm::jit {
namespace {

using codegen::Arch;
using codegen::CodegenSettings;
using codegen::CpuFeatures;

struct Extension {
  Arch arch;
  bool CpuFeatures::*field;
  uint32_t bit;
  std::string_view name;
};
constexpr Extension kExtensions[] = {
#define EXTENSION(arch, field, bit, name) {Arch::arch, &CpuFeatures::field, bit, name},
#include "jit/targets.def"
};
static_assert(sizeof(CpuFeatures) == std::size(kExtensions), "each field has a row");

// What changes code besides the machine and the level. `compile`: the switch that compiles so.
struct Setting {
  bool CodegenSettings::*field;
  uint32_t bit;
  std::string_view name;
  std::string_view with, without;  // of what was compiled
  std::string_view how_with, how_without;
};
constexpr Setting kSettings[] = {
    {&CodegenSettings::signals, 0, "signals-based-traps", "with traps as hardware faults",
     "without traps as hardware faults", "-O signals-based-traps", "-O signals-based-traps=n"},
    {&CodegenSettings::reserved_memory, 1, "memory-reservation",
     "for memories with reserved address space", "for memories without reserved address space",
     "-O signals-based-traps", "-O memory-reservation=0"},
    {&CodegenSettings::fuel, 2, "fuel", "to count fuel", "without counting fuel", "-W fuel=1",
     "no -W fuel"},
    {&CodegenSettings::nan_canonicalization, 3, "nan-canonicalization", "with canonical NaNs",
     "without canonical NaNs", "-W nan-canonicalization", "-W nan-canonicalization=n"},
    {&CodegenSettings::relaxed_simd_deterministic, 4, "relaxed-simd-deterministic",
     "with deterministic relaxed vectors", "without deterministic relaxed vectors",
     "-W relaxed-simd-deterministic", "-W relaxed-simd-deterministic=n"},
};
// arch, cpu, opt_level, the settings above, and verify and lines, which change nothing.
static_assert(sizeof(CodegenSettings) == 1 + sizeof(CpuFeatures) + 1 + std::size(kSettings) + 2);

struct Level {
  std::string_view name, list;
};
constexpr Level kLevels[] = {
    {"baseline", ""},        {"x86-64", ""},
    {"x86-64-v2", "popcnt"}, {"x86-64-v3", "popcnt,lzcnt,bmi1,bmi2,fma,avx2"},
    {"armv8-a", ""},         {"armv8.1-a", "lse"},
    {"armv8.2-a", "lse"},    {"armv8.4-a", "lse,dotprod"},
};

const Extension* find_extension(Arch arch, std::string_view name) {
  for (const Extension& e : kExtensions)
    if (e.arch == arch && e.name == name) return &e;
  return nullptr;
}

void set_all(CpuFeatures& cpu, Arch arch, std::string_view list) {
  while (!list.empty()) {
    std::string_view word = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), word.size() + 1));
    if (const Extension* e = find_extension(arch, word)) cpu.*e->field = true;
  }
}

bool level_of(Arch arch, std::string_view name) {
  if (name == "baseline") return true;
  return name.starts_with(arch == Arch::x64 ? "x86-64" : "armv8");
}

bool has_bit(uint32_t bits, uint32_t bit) { return (bits >> bit & 1) != 0; }

}  // namespace

std::optional<Arch> parse_arch(std::string_view name) {
  std::string_view first = name.substr(0, name.find('-'));
  if (name == "x86-64" || name == "x64" || name == "amd64" || first == "x86_64") return Arch::x64;
  if (first == "arm64" || first == "aarch64") return Arch::arm64;
  return std::nullopt;
}

std::string_view arch_name(Arch arch) {
  switch (arch) {
    case Arch::x64: return "x86-64";
    case Arch::arm64: return "arm64";
  }
  return "";
}

BasicResult<CpuFeatures, std::string> parse_cpu(std::string_view list, Arch arch) {
  CpuFeatures cpu;
  while (!list.empty()) {
    std::string_view word = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), word.size() + 1));
    if (word.empty()) continue;
    if (word == "native") {
      if (arch != codegen::kHostArch) return Err{std::string(word)};
      cpu = CpuFeatures::host();
      continue;
    }
    bool known = false;
    for (const Level& level : kLevels)
      if (level.name == word && level_of(arch, word)) {
        cpu = CpuFeatures{};
        set_all(cpu, arch, level.list);
        known = true;
      }
    if (known) continue;
    const bool off = word.starts_with('-');
    const Extension* e = find_extension(arch, off || word.starts_with('+') ? word.substr(1) : word);
    if (e == nullptr) return Err{std::string(word)};
    cpu.*e->field = !off;
  }
  // What one brings with it.
  if (cpu.avx2 || cpu.fma) cpu.avx = true;
  return cpu;
}

aot::Stamp stamp_of(const CodegenSettings& settings, isa::FeatureSet features) {
  aot::Stamp stamp;
  stamp.arch = static_cast<uint8_t>(settings.arch);
  stamp.opt_level = settings.opt_level;
  stamp.features = features.bits();
  for (const Setting& s : kSettings)
    if (settings.*s.field) stamp.settings = static_cast<uint16_t>(stamp.settings | 1u << s.bit);
  for (const Extension& e : kExtensions)
    if (e.arch == settings.arch && settings.cpu.*e.field) stamp.cpu |= 1u << e.bit;
  return stamp;
}

std::string_view arch_of(const aot::Stamp& stamp) {
  if (stamp.arch > static_cast<uint8_t>(Arch::arm64)) return {};
  return arch_name(static_cast<Arch>(stamp.arch));
}

std::vector<std::string_view> extensions_of(const aot::Stamp& stamp) {
  std::vector<std::string_view> names;
  for (const Extension& e : kExtensions)
    if (static_cast<uint8_t>(e.arch) == stamp.arch && has_bit(stamp.cpu, e.bit))
      names.push_back(e.name);
  return names;
}

std::vector<std::string_view> settings_of(const aot::Stamp& stamp) {
  std::vector<std::string_view> names;
  for (const Setting& s : kSettings)
    if (has_bit(stamp.settings, s.bit)) names.push_back(s.name);
  return names;
}

std::string mismatch(const aot::Stamp& stamp, const CodegenSettings& settings) {
  if (stamp.arch != static_cast<uint8_t>(settings.arch)) {
    std::string_view theirs = arch_of(stamp);
    return concat({"the module was compiled for ", theirs.empty() ? "another processor" : theirs,
                   "; this is ", arch_name(settings.arch)});
  }
  const aot::Stamp here = stamp_of(settings, {});
  std::string missing;
  for (const Extension& e : kExtensions)
    if (e.arch == settings.arch && has_bit(stamp.cpu & ~here.cpu, e.bit))
      missing += (missing.empty() ? "" : ", ") + std::string(e.name);
  if (!missing.empty())
    return concat({"the module was compiled for a processor with ", missing,
                   ", which this one lacks: compile it with --cpu baseline, or on this machine"});
  for (const Setting& s : kSettings) {
    const bool theirs = has_bit(stamp.settings, s.bit);
    if (theirs != settings.*s.field)
      return concat({"the module was compiled ", theirs ? s.with : s.without,
                     ", and this run needs it otherwise: compile it with ",
                     theirs ? s.how_without : s.how_with});
  }
  return {};
}

}  // namespace zwasm::jit
