// From bytes or text to a module that is validated and ready: the road that Module, the converters
// and scripts share.
#pragma once
#include <memory>
#include <memory_resource>
#include <span>
#include <string_view>

#include "api/convert.h"
#include "text/script.h"

namespace zwasm::detail {

// A decoded module, and for one from text the way back to its places.
struct Decoded {
  std::unique_ptr<module::Module> module;
  std::optional<text::SourceMap> places;
};

// What an error's place refers to.
struct Origin {
  std::string_view file;
  std::string_view text;
};

// Copies the bytes, into `memory`, or shares them.
Result<Decoded> decode(std::span<const uint8_t> bytes, isa::FeatureSet features,
                       const Origin& origin,
                       std::pmr::memory_resource* memory = std::pmr::new_delete_resource());
Result<Decoded> decode(SharedBytes bytes, isa::FeatureSet features, const Origin& origin);
// What is kept is in `memory`.
Result<Decoded> parse(std::string_view text, isa::FeatureSet features, const Origin& origin,
                      std::pmr::memory_resource* memory = std::pmr::new_delete_resource());
// A module of a script.
Result<Decoded> decode_parsed(LoadResult<text::ParsedModule> parsed, isa::FeatureSet features,
                              const Origin& origin, std::pmr::memory_resource* memory);

// `kept`: what is known of the module already.
Result<Module> load(const Engine& engine, Decoded decoded, const Origin& origin,
                    std::unique_ptr<runtime::Kept> kept = nullptr);

// Whose machine code may run: the user's own, by its seal, or whatever the caller vouches for.
enum class Trust : uint8_t { sealed, anyone };
Result<Module> load_compiled(const Engine& engine, SharedBytes bytes, Trust trust,
                             std::string_view file);

// The error of an engine that is asked for what this build was made without; null if all is there.
std::unique_ptr<Error> check_parts(const runtime::EngineSettings& settings);

isa::FeatureSet to_internal(Features features);

}  // namespace zwasm::detail
