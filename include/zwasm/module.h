/// A validated module, ready to be instantiated any number of times, in any number of stores of
/// its engine.
///
///     zwasm::Engine engine;
///     auto module = zwasm::Module::load(engine, "add.wasm").value();
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
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

/// The machine that code is made for.
struct Target {
  /// "x86-64" or "arm64", also by their other names, and as in triples; empty: this machine.
  std::string arch;
  /// What the processor has, a list with commas that is read from left to right: "native" (as this
  /// one), "baseline" (nothing beyond SSE4.1 or ARMv8.0), "x86-64-v2", "x86-64-v3", "armv8.1-a",
  /// "avx2", "-fma" … Empty: "native" if `arch` is empty, else "baseline".
  std::string cpu;
};

struct PrecompileOptions {
  Target target;
  /// Told how many functions are compiled, of how many. Called from several threads, one at a time.
  std::function<void(size_t done, size_t all)> progress;
};

struct Precompiled {
  std::vector<uint8_t> bytes;  ///< for Module::deserialize
  size_t compiled = 0;         ///< functions that have machine code
  /// Functions that will be interpreted, since the compiler refused them, and why.
  std::vector<std::pair<uint32_t, std::string>> refused;
};

/// A shared handle: copies mean the same module. Thread-safe.
class Module {
 public:
  /// Decodes and validates a binary. The bytes are copied. Errors: malformed, invalid, limit.
  static Result<Module> compile(const Engine& engine, std::span<const uint8_t> bytes);
  /// Parses the text format and validates it. `file` is used in messages only.
  static Result<Module> from_wat(const Engine& engine, std::string_view text,
                                 std::string_view file = {});
  /// Binary, text, or what `serialize` made, told apart by its content.
  static Result<Module> from_any(const Engine& engine, std::span<const uint8_t> bytes,
                                 std::string_view file = {});
  /// Reads a file: binary, text, or what `zwasm compile` made. Errors also: io.
  static Result<Module> load(const Engine& engine, const std::string& path);
  /// Decodes and validates without keeping anything.
  static Result<void> validate(const Engine& engine, std::span<const uint8_t> bytes);

  /// The module with machine code of all its functions for this machine, by the engine's settings:
  /// what `zwasm compile` writes. (With Tier::interpreter, without code.) It is sealed with a key
  /// of the user's, which is made at the first time: $XDG_STATE_HOME/zwasm/key.
  std::vector<uint8_t> serialize() const;
  /// The same for any machine. Errors: usage (there is no such target).
  Result<Precompiled> precompile(const PrecompileOptions& options) const;
  /// What `serialize` made, of the same user: it is not validated or compiled again. Bytes that
  /// were changed, come from another version, or are not sealed with the user's key, are an error
  /// (malformed), never a wrong module. Errors also: invalid (made for another processor, or by
  /// settings that change code and are not the engine's). `load` and `from_any` take such bytes
  /// too.
  static Result<Module> deserialize(const Engine& engine, std::span<const uint8_t> bytes);
  /// UNSAFE: the same, whoever sealed it. Machine code in `bytes` may do anything that this process
  /// may; call it only with bytes of which you know that `serialize` or `zwasm compile` made them.
  static Result<Module> deserialize_trusted(const Engine& engine, std::span<const uint8_t> bytes,
                                            std::string_view file = {});

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
  /// For processes that are about to end: stores what Config::cache keeps of this module, after
  /// compiling for at most `budget` what became hot and is not compiled yet. Without, that happens
  /// when the last handle goes, in the thread that has it, which may be one in the background.
  void settle(std::chrono::nanoseconds budget) const;
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
