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

/// Whether the bytes are a compiled module, of any version: what Module::serialize makes.
bool is_compiled(std::span<const uint8_t> bytes) noexcept;

/// What a compiled module says of itself.
struct CompiledInfo {
  std::string version;                  ///< of the zwasm that made it
  bool sealed = false;                  ///< with the key of this user
  std::string arch;                     ///< empty: it has no machine code
  std::vector<std::string> extensions;  ///< of the processor, that the code uses
  std::vector<std::string> settings;    ///< those that change code and are on, as for -W and -O
  uint32_t opt_level = 0;
  Features features;       ///< with which it was validated
  uint32_t functions = 0;  ///< that have machine code
  uint64_t code_bytes = 0;
  std::span<const uint8_t> module;  ///< the binary it was made of, in the bytes given
};
/// Errors: malformed (none, damaged, another version's).
Result<CompiledInfo> compiled_info(std::span<const uint8_t> bytes, std::string_view file = {});

/// A place in machine code where something may happen that the module knows of.
struct CodeSite {
  enum class Kind : uint8_t { call, trap };
  uint32_t code_offset = 0;  ///< of the instruction that traps, or behind the one that calls
  Kind kind = Kind::call;
  Trap trap{};          ///< which one, for Kind::trap
  uint64_t offset = 0;  ///< of the WebAssembly instruction, in the module's binary
  std::string op;       ///< that instruction: "i32.load"
  std::string file;     ///< and its source, if the module carries DWARF; else empty
  uint32_t line = 0;
};

/// The machine code of one function.
struct FunctionCode {
  uint32_t func_index = 0;
  std::string name;               ///< from the name section or an export; may be empty
  uint64_t body_offset = 0;       ///< of its body in the module's binary
  uint32_t begin = 0;             ///< of the code among that of all functions
  std::span<const uint8_t> code;  ///< in the bytes given
  std::vector<CodeSite> sites;    ///< by code_offset
};
/// The functions of a compiled module (Module::serialize) that have machine code, in its order;
/// nothing is run. Errors: malformed.
Result<std::vector<FunctionCode>> compiled_functions(std::span<const uint8_t> bytes,
                                                     std::string_view file = {});

/// Where Config::cache keeps compiled code; empty: there is no place for it.
std::string code_cache_directory();
/// Entries of the cache, and what they take on the disk.
struct CodeCacheUsage {
  size_t entries = 0;
  uint64_t bytes = 0;
};
CodeCacheUsage code_cache_usage();
/// Removes all entries; gives what went. Modules that are compiled already stay so.
CodeCacheUsage clear_code_cache();

/// The whole of a file. Error: io.
Result<std::vector<uint8_t>> read_file(const std::string& path);

/// For "did you mean": the name nearest to a mistyped one, if one is near enough.
std::optional<std::string_view> closest_name(std::string_view name,
                                             std::span<const std::string_view> names);

/// Decodes (or parses) and validates. `file` is used in messages only.
Result<void> validate(std::span<const uint8_t> bytes, Features features = {},
                      std::string_view file = {});

}  // namespace zwasm ZWASM_PUBLIC
