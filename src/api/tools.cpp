#include "zwasm/tools.h"

#include "api/loader.h"
#include "base/spelling.h"
#include "module/encoder.h"
#include "module/names.h"
#include "text/printer.h"

namespace zwasm {

using detail::Internals;
using detail::Origin;

namespace {

Result<detail::Decoded> decode_any(std::span<const uint8_t> bytes, Features features,
                                   const Origin& origin) {
  if (is_binary(bytes)) return detail::decode(bytes, detail::to_internal(features), origin);
  return detail::parse(origin.text, detail::to_internal(features), origin);
}

}  // namespace

std::optional<std::string_view> closest_name(std::string_view name,
                                             std::span<const std::string_view> names) {
  return closest(name, names);
}

Result<std::vector<uint8_t>> wat2wasm(std::string_view text, const Wat2WasmOptions& options) {
  Origin origin{options.file, text};
  Features features = options.validate ? options.features : Features::all();
  auto decoded = detail::parse(text, detail::to_internal(features), origin);
  if (!decoded) return std::move(decoded).error();
  std::span<const uint8_t> kept = *decoded->module->bytes;
  std::vector<uint8_t> bytes(kept.begin(), kept.end());
  if (options.validate) {
    auto loaded = detail::load(Engine({.features = features}), *std::move(decoded), origin);
    if (!loaded) return std::move(loaded).error();
  }
  if (options.names) return bytes;
  auto plain = detail::decode(bytes, isa::FeatureSet::all(), origin);
  if (!plain) return std::move(plain).error();
  std::erase_if(plain->module->customs,
                [](const auto& section) { return section.name == module::kNameSection; });
  return module::encode(*plain->module);
}

Result<std::string> wasm2wat(std::span<const uint8_t> bytes, const Wasm2WatOptions& options) {
  Origin origin{options.file, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}};
  Features features = options.validate ? options.features : Features::all();
  auto decoded = decode_any(bytes, features, origin);
  if (!decoded) return std::move(decoded).error();
  text::PrintOptions print;
  print.names = options.names;
  print.folded = options.folded;
  print.customs = options.customs;
  std::string out;
  if (options.validate) {
    auto module = detail::load(Engine({.features = features}), *std::move(decoded), origin);
    if (!module) return std::move(module).error();
    auto done = text::print_module(Internals::module(*module)->module(), print,
                                   [&out](std::string_view piece) { out += piece; });
    if (!done) return detail::to_error(done.error(), origin.file);
    return out;
  }
  auto done =
      text::print_module(*decoded->module, print, [&out](std::string_view piece) { out += piece; });
  if (!done) return detail::to_error(done.error(), origin.file);
  return out;
}

Result<void> validate(std::span<const uint8_t> bytes, Features features, std::string_view file) {
  Origin origin{file, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}};
  auto decoded = decode_any(bytes, features, origin);
  if (!decoded) return std::move(decoded).error();
  auto module = detail::load(Engine({.features = features}), *std::move(decoded), origin);
  if (!module) return std::move(module).error();
  return {};
}

}  // namespace zwasm
