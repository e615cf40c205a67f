#include "api/loader.h"

#include "base/concat.h"
#include "module/decoder.h"
#include "module/encoder.h"
#include "module/names.h"
#include "runtime/loaded_module.h"

namespace zwasm::detail {

isa::FeatureSet to_internal(Features features) {
  isa::FeatureSet set;
  for (const FeatureInfo& info : zwasm::features())
    set.set(static_cast<isa::Feature>(info.feature), features.has(info.feature));
  return set;
}

Result<Decoded> decode(std::span<const uint8_t> bytes, isa::FeatureSet features,
                       const Origin& origin, std::pmr::memory_resource* memory) {
  return decode(SharedBytes::copy(bytes, memory), features, origin);
}

Result<Decoded> decode(SharedBytes bytes, isa::FeatureSet features, const Origin& origin) {
  LoadResult<module::Module> module = module::decode(std::move(bytes), features);
  if (!module) return to_error(module.error(), origin.file);
  return Decoded{std::make_unique<module::Module>(std::move(*module)), std::nullopt};
}

// Offsets, names and sizes are those of the binary: a module from text becomes bytes first.
Result<Decoded> decode_parsed(LoadResult<text::ParsedModule> parsed, isa::FeatureSet features,
                              const Origin& origin, std::pmr::memory_resource* memory) {
  if (!parsed) return to_error(parsed.error(), origin.file, origin.text);
  auto bytes = SharedBytes::copy(module::encode(parsed->module), memory);
  LoadResult<module::Module> module = module::decode(std::move(bytes), features);
  Decoded decoded{nullptr, std::move(parsed->source_map)};
  if (!module) {
    decoded.places->bind(parsed->module);
    return to_error(module.error(), origin.file);
  }
  decoded.module = std::make_unique<module::Module>(std::move(*module));
  decoded.places->bind(*decoded.module);
  return decoded;
}

Result<Decoded> parse(std::string_view text, isa::FeatureSet features, const Origin& origin,
                      std::pmr::memory_resource* memory) {
  return decode_parsed(text::parse_module(text, features), features, origin, memory);
}

namespace {

// Adds the name of the function that the error is in. Decodes again, since the module is gone;
// errors are rare.
void name_function(LoadError& error, const SharedBytes& bytes) {
  LoadResult<module::Module> module = module::decode(bytes, isa::FeatureSet::all());
  if (!module) return;
  for (size_t i = 0; i < module->bodies.size(); ++i) {
    const module::FuncBody& body = module->bodies[i];
    if (error.offset < body.start || error.offset >= body.offset + body.code.size()) continue;
    auto index = static_cast<uint32_t>(module->imported_funcs + i);
    module::Names names = module::read_names(*module);
    std::string_view name = module::find_name(names.funcs, index);
    for (const module::Export& item : module->exports)
      if (name.empty() && item.kind == isa::ExternKind::func && item.index == index)
        name = item.name;
    error.message += " (in function " + std::to_string(index);
    if (!name.empty()) error.message += concat({" \"", name, "\""});
    error.message += ")";
    return;
  }
}

}  // namespace

Result<Module> load(const Engine& engine, Decoded decoded, const Origin& origin,
                    std::unique_ptr<runtime::Kept> kept) {
  const auto& runtime_engine = Internals::engine(engine);
  if (auto error = check_parts(runtime_engine->settings())) return error;
  SharedBytes bytes = decoded.module->bytes;
  auto loaded =
      runtime::LoadedModule::load(runtime_engine, std::move(decoded.module), std::move(kept));
  if (loaded) return Internals::make_module(std::move(*loaded));
  LoadError& error = loaded.error();
  if (error.offset != LoadError::kNoOffset && bytes) name_function(error, bytes);
  if (decoded.places && error.offset != LoadError::kNoOffset) {
    if (auto place = decoded.places->find(error.offset)) {
      text::LineColumn at = text::line_column(origin.text, *place);
      error.line = at.line;
      error.column = at.column;
    }
  }
  return to_error(error, origin.file, origin.text);
}

}  // namespace zwasm::detail
