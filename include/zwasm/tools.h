/// Converting and checking modules without running them.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "zwasm/config.h"
#include "zwasm/detail/export.h"
#include "zwasm/error.h"

namespace zwasm ZWASM_PUBLIC {

/// Whether the bytes are a binary: they start with "\0asm". Anything else is taken for text.
bool is_binary(std::span<const uint8_t> bytes) noexcept;

struct Wat2WasmOptions {
  bool validate = true;     ///< refuse modules that do not validate
  bool names = true;        ///< write a name section with the identifiers of the text
  Features features{};      ///< for validation
  std::string_view file{};  ///< for messages
};
/// Text to binary. Errors: malformed with line and column, invalid.
Result<std::vector<uint8_t>> wat2wasm(std::string_view text, const Wat2WasmOptions& options = {});

struct Wasm2WatOptions {
  bool names = true;        ///< use the names of the name section as identifiers
  bool folded = false;      ///< write instructions as expressions
  bool customs = true;      ///< write custom sections as annotations
  bool validate = true;     ///< refuse modules that do not validate
  Features features{};      ///< for validation
  std::string_view file{};  ///< for messages
};
/// Binary to text that parses back to the same module. Errors: malformed with offset, invalid.
Result<std::string> wasm2wat(std::span<const uint8_t> bytes, const Wasm2WatOptions& options = {});

/// Where Config::cache keeps compiled code; empty: there is no place for it.
std::string code_cache_directory();

/// The whole of a file. Error: io.
Result<std::vector<uint8_t>> read_file(const std::string& path);

/// For "did you mean": the name nearest to a mistyped one, if one is near enough.
std::optional<std::string_view> closest_name(std::string_view name,
                                             std::span<const std::string_view> names);

/// Decodes (or parses) and validates. `file` is used in messages only.
Result<void> validate(std::span<const uint8_t> bytes, Features features = {},
                      std::string_view file = {});

}  // namespace zwasm ZWASM_PUBLIC
