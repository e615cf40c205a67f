// The `.wast` script language of the WebAssembly test suites, as data: every directive with its
// place, values and patterns read, modules kept as they are written.
//
// A text module is a span of the script that is parsed when it is asked for, so that one which is
// meant to be malformed does not break the script around it. What is wrong with the script itself
// (unbalanced parentheses, a directive that does not exist) is an error with a line.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "isa/types.h"
#include "text/parser.h"

namespace zwasm::text {

// A module or component as a script holds it.
struct ScriptModule {
  enum class Form : uint8_t {
    text,    // `source`, to be given to parse_script_module
    binary,  // `bytes`
    quote,   // `bytes` are a text
  };
  Form form = Form::text;
  bool is_component = false;
  std::string name;         // without the `$`, empty: none
  std::string_view source;  // the whole form, or the whole script where that is the fields alone
  size_t offset = 0;        // of `source` in the script
  std::string bytes;
};

// A constant of an invocation, or a pattern that results are compared with.
struct ScriptValue {
  enum class Kind : uint8_t {
    i32,
    i64,
    f32,
    f64,
    v128,
    ref_null,    // of `heap`; as a pattern without it: any null
    ref_extern,  // the host reference `number`; as a pattern without it: any
    ref_host,    // the same as an anyref
    ref_func,    // as a pattern: any function, or function `number`
    ref_any,
    ref_eq,
    ref_i31,
    ref_struct,
    ref_array,
    ref_exn,
    ref_cont,
    either,     // one of `options`
    component,  // a value of the Component Model, see `source`
  };
  // How a floating-point value or lane is compared.
  enum class Nan : uint8_t { none, canonical, arithmetic };
  enum class Shape : uint8_t { i8x16, i16x8, i32x4, i64x2, f32x4, f64x2 };

  Kind kind = Kind::i32;
  uint64_t bits = 0;                // i32, i64, f32, f64
  Nan nan = Nan::none;              // f32, f64: instead of `bits`
  std::array<uint8_t, 16> bytes{};  // v128, little-endian
  Shape shape = Shape::i8x16;       // v128: as it was written
  std::array<Nan, 4> lane_nan{};    // v128 of f32x4 or f64x2: instead of the lane
  std::optional<isa::AbsHeap> heap;
  std::optional<uint32_t> number;
  std::vector<ScriptValue> options;
  std::string_view source;  // as written
};

struct ScriptAction {
  enum class Kind : uint8_t { invoke, get };
  Kind kind = Kind::invoke;
  std::string module;  // without the `$`; empty: the latest
  std::string name;
  std::vector<ScriptValue> args;
};

struct Directive {
  enum class Kind : uint8_t {
    module,      // define and instantiate
    definition,  // define
    instance,    // instantiate `module_name` (empty: the latest definition) as `name`
    register_,   // make the exports of `module_name` (empty: the latest) importable from `name`
    action,
    assert_return,
    assert_trap,  // of an action, or of instantiating a module
    assert_exhaustion,
    assert_exception,
    assert_suspension,
    assert_invalid,
    assert_malformed,
    assert_unlinkable,
    assert_invalid_custom,
    assert_malformed_custom,
    thread,  // run `commands` on a thread called `name`
    wait,    // for the thread `name`
  };
  Kind kind = Kind::module;
  // The column of the suites' manifest that counts it: "module_binary", "assert_return" …
  std::string_view column_name;
  size_t offset = 0;
  uint32_t line = 0, column = 0;
  std::string name;
  std::string module_name;
  bool is_component = false;  // instance
  std::optional<ScriptModule> module;
  std::optional<ScriptAction> action;
  std::vector<ScriptValue> results;  // assert_return
  std::string message;               // the expected text
  std::vector<std::string> shared;   // thread: modules that it may use
  std::vector<Directive> commands;   // thread
};

// A line `;;! key = value`.
struct ScriptHeader {
  std::string_view key, value;
  uint32_t line = 0;
};

struct Script {
  std::vector<Directive> directives;
  std::vector<ScriptHeader> headers;
  std::vector<std::string_view> run_lines;  // what follows `;; RUN:`
};

// The views inside the result point into `text`. A text that consists of module fields is a script
// with one module; so is a plain module file.
LoadResult<Script> parse_script(std::string_view text);

// Parses a core module of form text or quote. `script` is the text that parse_script was given;
// errors of a quoted module have their place in the quoted text.
LoadResult<ParsedModule> parse_script_module(std::string_view script, const ScriptModule& module,
                                             isa::FeatureSet features);

}  // namespace zwasm::text
