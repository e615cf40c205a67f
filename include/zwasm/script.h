/// The .wast script language of the WebAssembly test suites, as data. Running a script is up to
/// the caller; `zwasm wast` is one.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "zwasm/detail/export.h"
#include "zwasm/error.h"
#include "zwasm/module.h"
#include "zwasm/types.h"
#include "zwasm/value.h"

namespace zwasm ZWASM_PUBLIC {
namespace script {

/// A module as a script holds it; Script::compile makes a Module of it.
struct ModuleSource {
  enum class Form : uint8_t { text, binary, quote };
  Form form = Form::text;
  std::string name;            ///< without the "$"; empty: none
  bool is_component = false;   ///< (component …): not a core module
  std::vector<uint8_t> bytes;  ///< binary: as written
  std::string text;            ///< text: the whole form; quote: the quoted text
  size_t offset = 0;           ///< of a text module in the script
};

/// A constant in an invocation or expectation. References that a constant cannot hold are
/// described by it: `(ref.extern 5)` is a host reference with number 5.
struct Const {
  enum class Kind : uint8_t {
    i32,
    i64,
    f32,
    f64,
    v128,
    ref_null,    ///< `heap` tells which; expectation without a type: any null
    ref_extern,  ///< host reference with `number`; without: any host reference
    ref_host,    ///< the same as an anyref
    ref_func,    ///< any function, or function `number`
    ref_any,
    ref_eq,
    ref_i31,
    ref_struct,
    ref_array,
    ref_exn,
    ref_cont,
    either,     ///< one of `options`
    component,  ///< a value of the Component Model
  };
  /// How a floating-point lane or value is compared.
  enum class Nan : uint8_t { none, canonical, arithmetic };
  enum class Shape : uint8_t { i8x16, i16x8, i32x4, i64x2, f32x4, f64x2 };

  Kind kind = Kind::i32;
  uint64_t bits = 0;    ///< i32, i64, f32, f64
  Nan nan = Nan::none;  ///< f32, f64: a NaN pattern instead of `bits`
  V128 vector{};        ///< v128
  Shape shape = Shape::i8x16;
  Nan lane_nan[4]{};             ///< v128 of f32x4 or f64x2: patterns by lane
  std::optional<HeapKind> heap;  ///< ref_null; nothing: any type
  std::optional<uint32_t> number;
  std::vector<Const> options;
  std::string source;  ///< as written
};

struct Invoke {
  std::string module;  ///< without the "$"; empty: the latest
  std::string name;
  std::vector<Const> args;
};
struct Get {
  std::string module;
  std::string name;
};
using Action = std::variant<Invoke, Get>;

struct Command;

/// (module …): defines and instantiates.
struct ModuleCommand {
  ModuleSource source;
};
/// (module definition …): defines only.
struct ModuleDefinition {
  ModuleSource source;
};
/// (module instance $instance $module): instantiates a definition (without a name: the latest).
struct ModuleInstance {
  std::string instance;
  std::string module;
  bool is_component = false;
};
struct Register {
  std::string as;
  std::string module;
};
struct ActionCommand {
  Action action;
};
struct AssertReturn {
  Action action;
  std::vector<Const> results;
};
/// assert_trap, assert_exhaustion and assert_exception; also a module whose start function traps.
struct AssertTrap {
  enum class Kind : uint8_t { trap, exhaustion, exception, suspension };
  Kind kind = Kind::trap;
  std::variant<Action, ModuleSource> what;
  std::string message;  ///< empty for an exception
};
/// A module that must be refused: at which stage, and why.
struct AssertModule {
  enum class Kind : uint8_t { invalid, malformed, unlinkable, invalid_custom, malformed_custom };
  Kind kind = Kind::invalid;
  ModuleSource source;
  std::string message;
};
/// (thread $T (shared (module $M)) command…): runs the commands on a thread of its own.
struct Thread {
  std::string name;
  std::vector<std::string> shared;  ///< modules that the thread may use
  std::vector<Command> commands;
};
struct Wait {
  std::string thread;
};

struct Command {
  uint32_t line = 0;
  uint32_t column = 0;
  /// What counts it: "module", "module_binary", "assert_return" …, "in_thread" aside.
  std::string_view name;
  std::variant<ModuleCommand, ModuleDefinition, ModuleInstance, Register, ActionCommand,
               AssertReturn, AssertTrap, AssertModule, Thread, Wait>
      what;
};

/// A header line `;;! key = value`.
struct Header {
  std::string key, value;
  uint32_t line = 0;
};

class Script {
 public:
  std::vector<Command> commands;
  std::vector<Header> headers;

  auto begin() const { return commands.begin(); }
  auto end() const { return commands.end(); }

  /// Parses or decodes, and validates. Errors have their place in the script where they can.
  Result<Module> compile(const Engine& engine, const ModuleSource& source) const;

  const std::string& text() const noexcept { return text_; }
  const std::string& file() const noexcept { return file_; }

 private:
  friend Result<Script> parse(std::string_view text, std::string_view file);
  std::string text_, file_;
};

/// Parses a whole script, but not the modules in it. A plain module file in text is a script of
/// one module. Error: malformed with line and column.
Result<Script> parse(std::string_view text, std::string_view file = {});

}  // namespace script
}  // namespace zwasm ZWASM_PUBLIC
