#include "zwasm/engine.h"

#include <algorithm>
#include <array>

#include "api/loader.h"
#include "base/parts.h"
#include "interp/interpreter.h"
#include "isa/features.h"
#include "jit/driver.h"
#include "runtime/guest_profile.h"
#include "sys/mapped.h"
#include "zwasm/version.h"

#define ZWASM_TEXT_(x) #x
#define ZWASM_TEXT(x) ZWASM_TEXT_(x)

namespace zwasm {

using detail::Internals;

std::string_view version() noexcept {
  return ZWASM_TEXT(ZWASM_VERSION_MAJOR) "." ZWASM_TEXT(ZWASM_VERSION_MINOR) "." ZWASM_TEXT(
      ZWASM_VERSION_PATCH);
}

std::span<const BuildPart> build_parts() noexcept {
  static const std::array<BuildPart, kPartCount> kParts = [] {
    std::array<BuildPart, kPartCount> parts;
    for (uint32_t i = 0; i < kPartCount; ++i) {
      const PartInfo& info = part_info(static_cast<Part>(i));
      parts[i] = {info.name, info.option, info.about, info.included};
    }
    return parts;
  }();
  return kParts;
}

bool has_part(std::string_view name) noexcept {
  for (const BuildPart& part : build_parts())
    if (part.name == name) return part.included;
  return false;
}

// --- features ---

#define FEATURE(id, name, level, in_default, since, about) \
  static_assert(static_cast<int>(Feature::id) == static_cast<int>(isa::Feature::id));
#include "isa/features.def"

std::span<const FeatureInfo> features() noexcept {
  static const std::array<FeatureInfo, isa::kFeatureCount> kFeatures = [] {
    std::array<FeatureInfo, isa::kFeatureCount> rows = {{
#define FEATURE(id, name, level, in_default, since, about) \
  {Feature::id, name, level, in_default, since, about, true},
#include "isa/features.def"
    }};
    for (FeatureInfo& row : rows)
      row.included = isa::FeatureSet::all().has(static_cast<isa::Feature>(row.feature));
    return rows;
  }();
  return kFeatures;
}

Features::Features() noexcept : bits_(isa::FeatureSet::defaults().bits()) {}
Features Features::all() noexcept { return Features(isa::FeatureSet::all().bits(), 0); }
Features Features::level(uint32_t level) noexcept {
  return Features(isa::FeatureSet::level(level).bits(), 0);
}
std::optional<Feature> Features::by_name(std::string_view name) noexcept {
  auto found = isa::feature_by_name(name);
  if (!found) return std::nullopt;
  return static_cast<Feature>(*found);
}

// --- engines ---

static_assert(static_cast<int>(CodeProfile::jitdump) ==
              static_cast<int>(runtime::EngineSettings::CodeProfile::jitdump));

Engine::Engine() : Engine(Config{}) {}

Engine::Engine(const Config& config) {
  runtime::EngineSettings settings;
  if (config.memory_resource != nullptr) settings.memory = config.memory_resource;
  settings.features = detail::to_internal(config.features);
  settings.guard_pages = config.guard_pages;
  settings.fuel = config.fuel;
  settings.nan_canonicalization = config.nan_canonicalization;
  settings.relaxed_simd_deterministic = config.relaxed_simd_deterministic;
  settings.gc_stress = config.gc_stress;
  settings.profile_ops = config.profile_ops;
  settings.max_wasm_stack = config.max_wasm_stack;
  switch (config.tier) {
    case Tier::automatic: settings.tiers = runtime::EngineSettings::Tiering::tiered; break;
    case Tier::interpreter: settings.tiers = runtime::EngineSettings::Tiering::interpret; break;
    case Tier::compiled: settings.tiers = runtime::EngineSettings::Tiering::compile; break;
  }
  settings.opt_level = static_cast<uint8_t>(std::min(config.opt_level, 2u));
  settings.verify_code = config.verify_code;
  settings.code_profile = static_cast<runtime::EngineSettings::CodeProfile>(config.code_profile);
  settings.cache = config.cache;
  settings.cache_bytes = config.cache_bytes;
  settings.debug_info = config.debug_info;
  settings.sample_us = config.sample_us;
  settings.explain = config.explain;
  settings.dump_ir = config.dump_ir;
  settings.dump_code = config.dump_code;
  settings.dump_passes = config.dump_passes;
  settings.compile_in_background = config.background_compilation;
  settings.tier_calls = std::max(config.tier_calls, 1u);
  settings.tier_loops_ms = config.tier_loops_ms;
  engine_ = runtime::Engine::create(settings, interp::kInterpreter, jit::make_tiers(settings));
}

namespace detail {

std::unique_ptr<Error> check_parts(const runtime::EngineSettings& settings) {
  auto absent = [](Part part) {
    Error error;
    error.kind = ErrorKind::limit;
    error.message = absent_part(part);
    return std::make_unique<Error>(std::move(error));
  };
  using Tiering = runtime::EngineSettings::Tiering;
  using CodeProfile = runtime::EngineSettings::CodeProfile;
  if (!has_part(Part::gc) && settings.features.has(isa::Feature::gc)) return absent(Part::gc);
  const bool compiles = settings.tiers == Tiering::compile || settings.dump_ir ||
                        settings.dump_code || settings.code_profile != CodeProfile::none;
  if (!has_part(Part::jit) && compiles) return absent(Part::jit);
  return nullptr;
}

}  // namespace detail

Result<Engine> Engine::create(const Config& config) {
  Engine engine(config);
  if (auto error = detail::check_parts(engine.engine_->settings())) return error;
  return engine;
}

std::vector<GuestSample> Engine::samples() const {
  std::vector<GuestSample> all;
  if (!engine_) return all;
  if (runtime::GuestProfile* profile = engine_->guest_profile())
    for (runtime::GuestProfile::Stack& stack : profile->stacks())
      all.push_back({std::move(stack.frames), stack.count});
  return all;
}

Config Engine::config() const noexcept {
  Config config;
  if (!engine_) return config;
  const runtime::EngineSettings& settings = engine_->settings();
  config.features = Features::none();
  for (const FeatureInfo& info : features())
    config.features.set(info.feature,
                        settings.features.has(static_cast<isa::Feature>(info.feature)));
  config.memory_resource = settings.memory;
  config.guard_pages = settings.guard_pages;
  config.fuel = settings.fuel;
  config.nan_canonicalization = settings.nan_canonicalization;
  config.relaxed_simd_deterministic = settings.relaxed_simd_deterministic;
  config.gc_stress = settings.gc_stress;
  switch (settings.tiers) {
    case runtime::EngineSettings::Tiering::interpret: config.tier = Tier::interpreter; break;
    case runtime::EngineSettings::Tiering::compile: config.tier = Tier::compiled; break;
    case runtime::EngineSettings::Tiering::tiered: config.tier = Tier::automatic; break;
  }
  config.opt_level = settings.opt_level;
  config.verify_code = settings.verify_code;
  config.code_profile = static_cast<CodeProfile>(settings.code_profile);
  config.cache = settings.cache;
  config.cache_bytes = settings.cache_bytes;
  config.debug_info = settings.debug_info;
  config.sample_us = settings.sample_us;
  config.explain = settings.explain;
  config.dump_ir = settings.dump_ir;
  config.dump_code = settings.dump_code;
  config.dump_passes = settings.dump_passes;
  config.background_compilation = settings.compile_in_background;
  config.tier_calls = settings.tier_calls;
  config.tier_loops_ms = settings.tier_loops_ms;
  config.profile_ops = settings.profile_ops;
  config.max_wasm_stack = settings.max_wasm_stack;
  return config;
}

MappedMemory mapped_memory() noexcept {
  using sys::Mapped;
  MappedMemory mapped;
  mapped.memories = sys::mapped_bytes(Mapped::memories);
  mapped.tables = sys::mapped_bytes(Mapped::tables);
  mapped.heaps = sys::mapped_bytes(Mapped::heaps);
  mapped.stacks = sys::mapped_bytes(Mapped::stacks);
  mapped.code = sys::mapped_bytes(Mapped::code);
  return mapped;
}

}  // namespace zwasm
