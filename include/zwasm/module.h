/// A validated module, ready to be instantiated any number of times, in any number of stores of
/// its engine.
///
///     zwasm::Engine engine;
///     auto module = zwasm::Module::load(engine, "add.wasm").value();
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zwasm/detail/export.h"
#include "zwasm/engine.h"
#include "zwasm/error.h"
#include "zwasm/types.h"

namespace zwasm ZWASM_PUBLIC {

namespace runtime {
class LoadedModule;
}

struct ImportType {
  std::string module;
  std::string name;
  ExternType type;
};

struct ExportType {
  std::string name;
  ExternType type;
};

/// A section of the binary, for inspection.
struct SectionInfo {
  std::string name;     ///< "type", "code" …; a custom section's own name
  uint8_t id = 0;       ///< 0: custom
  uint64_t offset = 0;  ///< of its contents in the binary
  uint64_t size = 0;    ///< of its contents, in bytes
  uint32_t count = 0;   ///< entries; 0 for custom and start sections
};

/// A field of the producers section: which tools made the module.
struct ProducerField {
  std::string name;                                         ///< "language", "processed-by", "sdk"
  std::vector<std::pair<std::string, std::string>> values;  ///< name and version
};

/// A shared handle: copies mean the same module. Thread-safe.
class Module {
 public:
  /// Decodes and validates a binary. The bytes are copied. Errors: malformed, invalid, limit.
  static Result<Module> compile(const Engine& engine, std::span<const uint8_t> bytes);
  /// Parses the text format and validates it. `file` is used in messages only.
  static Result<Module> from_wat(const Engine& engine, std::string_view text,
                                 std::string_view file = {});
  /// Binary or text, told apart by its content.
  static Result<Module> from_any(const Engine& engine, std::span<const uint8_t> bytes,
                                 std::string_view file = {});
  /// Reads a file, binary or text. Errors also: io.
  static Result<Module> load(const Engine& engine, const std::string& path);
  /// Decodes and validates without keeping anything.
  static Result<void> validate(const Engine& engine, std::span<const uint8_t> bytes);

  /// The module in a form that only `deserialize` of the same zwasm version reads.
  std::vector<uint8_t> serialize() const;
  /// What `serialize` made. It is checked: bytes that were changed, or come from another version,
  /// are an error (malformed), never a wrong module. Errors also: invalid (the engine's features
  /// are not those it was made with), limit.
  static Result<Module> deserialize(const Engine& engine, std::span<const uint8_t> bytes);

  Engine engine() const noexcept;

  std::vector<ImportType> imports() const;
  std::vector<ExportType> exports() const;
  /// The type of the export of that name.
  std::optional<ExternType> export_type(std::string_view name) const;

  /// The name the module gives itself in its name section; empty if it has none.
  std::string_view name() const noexcept;
  /// The name of a function from the name section or from its export; empty if it has none.
  std::string_view func_name(uint32_t func_index) const;
  /// Which tiers a function has reached so far, when, and why: a line each, in order. Nothing for
  /// imported functions, and without Config::explain. Any thread.
  std::vector<std::string> explain(uint32_t func_index) const;
  uint32_t func_count() const noexcept;  ///< functions, imported ones included
  uint32_t imported_func_count() const noexcept;
  FuncType func_type(uint32_t func_index) const;
  /// The types that the module defines, in order.
  uint32_t type_count() const noexcept;
  HeapType type(uint32_t type_index) const;

  std::vector<SectionInfo> sections() const;
  std::vector<ProducerField> producers() const;
  /// The contents of the first custom section of that name; valid as long as the module.
  std::optional<std::span<const uint8_t>> custom_section(std::string_view name) const;
  /// The features of the `target_features` section, each with its prefix '+' or '-'.
  std::vector<std::string> target_features() const;
  /// The binary; of a module from text, what the text was translated to.
  std::span<const uint8_t> bytes() const noexcept;

  friend bool operator==(const Module&, const Module&) = default;

 private:
  friend struct detail::Internals;
  explicit Module(std::shared_ptr<runtime::LoadedModule> module) : module_(std::move(module)) {}
  std::shared_ptr<runtime::LoadedModule> module_;
};

}  // namespace zwasm ZWASM_PUBLIC
