// Compiled modules: made by the compiler's driver, and checked before they are believed. What is
// checked, in this order: that it is one, whole, of this version; that this user sealed it, unless
// the caller vouches for it; that its code runs on this machine and by the engine's settings.
#include <algorithm>
#include <cstring>

#include "aot/cache.h"
#include "aot/code_object.h"
#include "aot/seal_key.h"
#include "api/loader.h"
#include "base/concat.h"
#include "base/parts.h"
#include "jit/ahead.h"
#include "jit/kept.h"
#include "jit/targets.h"
#include "runtime/loaded_module.h"
#include "zwasm/module.h"
#include "zwasm/tools.h"

namespace zwasm {

using detail::Internals;

namespace {

Error refused(ErrorKind kind, std::string why, std::string_view file = {}) {
  Error error;
  error.kind = kind;
  error.file = file;
  error.message = std::move(why);
  return error;
}

SharedBytes copy_of(const Engine& engine, std::span<const uint8_t> bytes) {
  return SharedBytes::copy(bytes, &Internals::engine(engine)->memory());
}

// Only the module, known to be valid: of an engine that does not compile.
std::vector<uint8_t> without_code(const runtime::LoadedModule& module) {
  aot::Stamp stamp;
  stamp.features = module.engine().settings().features.bits();
  const auto bytes = *module.module().bytes;
  return aot::write_object({stamp, tree_sha256(bytes), bytes, {}, {}}, aot::seal_key().bytes);
}

Features to_public(uint64_t bits) {
  Features features = Features::none();
  for (const FeatureInfo& info : zwasm::features())
    features.set(info.feature, (bits >> static_cast<unsigned>(info.feature) & 1) != 0);
  return features;
}

}  // namespace

namespace detail {

Result<Module> load_compiled(const Engine& engine, SharedBytes bytes, Trust trust,
                             std::string_view file) {
  const auto& runtime_engine = Internals::engine(engine);
  const runtime::EngineSettings& settings = runtime_engine->settings();
  auto object = aot::Object::open(std::move(bytes), aot::seal_key().bytes);
  if (!object) return refused(ErrorKind::malformed, std::move(object.error().text), file);
  if (!object->sealed() && trust == Trust::sealed)
    return refused(ErrorKind::malformed,
                   "the module was not compiled by this user on this machine; if you know where it "
                   "comes from, allow it (--allow-precompiled; Module::deserialize_trusted)",
                   file);
  if (runtime_engine->tiers() != nullptr && object->stamp().arch != aot::Stamp::kNoCode) {
    std::string why = jit::mismatch(object->stamp(), jit::codegen_settings(settings));
    if (!why.empty()) return refused(ErrorKind::invalid, std::move(why), file);
  }
  Origin origin{file, {}};
  auto decoded = decode(object->module(), settings.features, origin);
  if (!decoded) return std::move(decoded).error();
  return load(engine, *std::move(decoded), origin,
              std::make_unique<jit::KeptObject>(std::move(*object), jit::KeptObject::From::file));
}

}  // namespace detail

std::vector<uint8_t> Module::serialize() const {
  if (!module_) return {};
  if (module_->engine().tiers() == nullptr) return without_code(*module_);
  const runtime::EngineSettings& settings = module_->engine().settings();
  return jit::compile_ahead(*module_, jit::codegen_settings(settings),
                            settings.compile_in_background)
      .object;
}

Result<Precompiled> Module::precompile(const PrecompileOptions& options) const {
  if (!has_part(Part::jit)) return refused(ErrorKind::limit, absent_part(Part::jit));
  if (!module_) return Error::usage("the module was moved from");
  const runtime::EngineSettings& engine = module_->engine().settings();
  codegen::CodegenSettings settings = jit::codegen_settings(engine);
  const Target& target = options.target;
  std::string cpu = target.cpu;
  if (cpu.empty()) cpu = target.arch.empty() ? "native" : "baseline";
  if (!target.arch.empty()) {
    auto arch = jit::parse_arch(target.arch);
    if (!arch)
      return refused(ErrorKind::usage, concat({"there is no target \"", target.arch,
                                               "\": code is made for x86-64 and arm64"}));
    settings.arch = *arch;
  }
  auto features = jit::parse_cpu(cpu, settings.arch);
  if (!features)
    return refused(ErrorKind::usage,
                   concat({"\"", features.error(), "\" is nothing that a processor of ",
                           jit::arch_name(settings.arch), " has"}));
  settings.cpu = *features;
  jit::AheadResult made =
      jit::compile_ahead(*module_, settings, engine.compile_in_background, options.progress);
  Precompiled result;
  result.bytes = std::move(made.object);
  result.compiled = made.compiled;
  for (auto& each : made.refused) result.refused.emplace_back(each.func, std::move(each.why));
  return result;
}

Result<Module> Module::deserialize(const Engine& engine, std::span<const uint8_t> bytes) {
  if (Internals::engine(engine) == nullptr) return Error::usage("the engine was moved from");
  return detail::load_compiled(engine, copy_of(engine, bytes), detail::Trust::sealed, {});
}

Result<Module> Module::deserialize_trusted(const Engine& engine, std::span<const uint8_t> bytes,
                                           std::string_view file) {
  if (Internals::engine(engine) == nullptr) return Error::usage("the engine was moved from");
  return detail::load_compiled(engine, copy_of(engine, bytes), detail::Trust::anyone, file);
}

bool is_compiled(std::span<const uint8_t> bytes) noexcept { return aot::is_object(bytes); }

Result<CompiledInfo> compiled_info(std::span<const uint8_t> bytes, std::string_view file) {
  // Looked at, not kept: nobody owns them.
  SharedBytes unowned(std::shared_ptr<const void>(), bytes);
  auto object = aot::Object::open(std::move(unowned), aot::seal_key().bytes);
  if (!object) return refused(ErrorKind::malformed, std::move(object.error().text), file);
  CompiledInfo info;
  const aot::Stamp& stamp = object->stamp();
  info.version = aot::object_version(bytes).value_or("");
  info.sealed = object->sealed();
  info.arch = jit::arch_of(stamp);
  for (std::string_view name : jit::extensions_of(stamp)) info.extensions.emplace_back(name);
  for (std::string_view name : jit::settings_of(stamp)) info.settings.emplace_back(name);
  info.opt_level = stamp.opt_level;
  info.features = to_public(stamp.features);
  info.functions = static_cast<uint32_t>(object->function_count());
  info.code_bytes = object->code().size();
  info.module = *object->module();
  return info;
}

// --- the cache ---

std::string code_cache_directory() { return aot::CodeCache::directory(); }

CodeCacheUsage code_cache_usage() {
  auto cache = aot::CodeCache::open();
  if (!cache) return {};
  aot::CodeCache::Usage usage = cache->usage();
  return {usage.entries, usage.bytes};
}

CodeCacheUsage clear_code_cache() {
  auto cache = aot::CodeCache::open();
  if (!cache) return {};
  aot::CodeCache::Usage gone = cache->clear();
  return {gone.entries, gone.bytes};
}

}  // namespace zwasm
