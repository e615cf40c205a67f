#include "text/script.h"

#include <algorithm>

#include "base/format.h"
#include "base/utf8.h"
#include "text/cursor.h"
#include "text/literals.h"
#include "text/type_names.h"

namespace zwasm::text {
namespace {

using Kind = Directive::Kind;
using Value = ScriptValue;

// Directives that are an action and what it should do.
struct ActionAssertion {
  std::string_view word;
  Kind kind;
  bool has_message;
};
constexpr ActionAssertion kActionAssertions[] = {
    {"assert_return", Kind::assert_return, false},
    {"assert_trap", Kind::assert_trap, true},
    {"assert_exhaustion", Kind::assert_exhaustion, true},
    {"assert_exception", Kind::assert_exception, false},
    {"assert_suspension", Kind::assert_suspension, true},
};

// Directives that are a module and why it should be refused.
struct ModuleAssertion {
  std::string_view word;
  Kind kind;
};
constexpr ModuleAssertion kModuleAssertions[] = {
    {"assert_invalid", Kind::assert_invalid},
    {"assert_malformed", Kind::assert_malformed},
    {"assert_unlinkable", Kind::assert_unlinkable},
    {"assert_invalid_custom", Kind::assert_invalid_custom},
    {"assert_malformed_custom", Kind::assert_malformed_custom},
};

struct RefWord {
  std::string_view word;
  Value::Kind kind;
};
constexpr RefWord kRefs[] = {
    {"ref.extern", Value::Kind::ref_extern}, {"ref.host", Value::Kind::ref_host},
    {"ref.func", Value::Kind::ref_func},     {"ref.any", Value::Kind::ref_any},
    {"ref.eq", Value::Kind::ref_eq},         {"ref.i31", Value::Kind::ref_i31},
    {"ref.struct", Value::Kind::ref_struct}, {"ref.array", Value::Kind::ref_array},
    {"ref.exn", Value::Kind::ref_exn},       {"ref.cont", Value::Kind::ref_cont},
};

struct ShapeWord {
  std::string_view word;
  Value::Shape shape;
  unsigned bits;
  bool is_float;
};
constexpr ShapeWord kShapes[] = {
    {"i8x16", Value::Shape::i8x16, 8, false},  {"i16x8", Value::Shape::i16x8, 16, false},
    {"i32x4", Value::Shape::i32x4, 32, false}, {"i64x2", Value::Shape::i64x2, 64, false},
    {"f32x4", Value::Shape::f32x4, 32, true},  {"f64x2", Value::Shape::f64x2, 64, true},
};

constexpr std::string_view kFieldWords[] = {
    "type",   "rec", "import", "func",  "table", "memory",
    "global", "tag", "export", "start", "elem",  "data",
};

class ScriptParser {
 public:
  explicit ScriptParser(std::string_view text)
      : text_(text), cursor_(text, BidiControls::allow, Cursor::Annotations::skip) {}

  LoadResult<Script> parse();

 private:
  void headers();
  bool is_inline_module();
  void directives(std::vector<Directive>& out);
  Directive directive();
  void module_directive(Directive& out);
  void module_form(ScriptModule& out, bool& definition);
  ScriptModule assertion_module();
  void thread_directive(Directive& out);
  ScriptAction action();
  Value value();
  void constant(Value& out, std::string_view word);
  void vector(Value& out);
  uint64_t integer(unsigned bits);
  uint64_t floating(unsigned bits, Value::Nan& nan);
  std::string string(std::string_view what);
  std::string optional_id();

  std::string_view text_;
  Cursor cursor_;
  Script script_;
  // A thread's commands may start threads.
  static constexpr int kMaxThreadDepth = 64;
  int thread_depth_ = 0;
  // Lines are counted forward from the last directive.
  size_t line_offset_ = 0;
  uint32_t line_ = 1;
  size_t line_start_ = 0;
  void place(Directive& out);
};

LoadResult<Script> ScriptParser::parse() {
  headers();
  if (is_inline_module()) {
    Directive whole;
    whole.column_name = "module";
    whole.line = whole.column = 1;
    ScriptModule module;
    module.source = text_;
    whole.module = std::move(module);
    while (cursor_.at(TokenKind::lparen)) {
      cursor_.take();
      cursor_.skip_group();
    }
    if (cursor_.ok() && !cursor_.at(TokenKind::eof)) cursor_.unexpected("the end of the text");
    script_.directives.push_back(std::move(whole));
  } else {
    directives(script_.directives);
    if (cursor_.ok() && !cursor_.at(TokenKind::eof)) cursor_.unexpected("a directive");
  }
  if (cursor_.ok()) return std::move(script_);
  LoadError error = cursor_.error();
  LineColumn at = line_column(text_, error.offset);
  error.line = at.line;
  error.column = at.column;
  return Err{std::move(error)};
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r";
  size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// Comment lines with a meaning stand at the beginning of a line, anywhere before the first form.
void ScriptParser::headers() {
  uint32_t number = 0;
  for (size_t at = 0; at < text_.size();) {
    size_t end = std::min(text_.find('\n', at), text_.size());
    std::string_view line = trim(text_.substr(at, end - at));
    ++number;
    at = end + 1;
    if (line.starts_with(";;!")) {
      size_t equals = line.find('=');
      if (equals == std::string_view::npos) continue;
      std::string_view value = trim(line.substr(equals + 1));
      if (value.size() >= 2 && value.front() == '"') value = value.substr(1, value.size() - 2);
      script_.headers.push_back({trim(line.substr(3, equals - 3)), value, number});
    } else if (line.starts_with(";; RUN")) {
      size_t colon = line.find(':');
      if (colon != std::string_view::npos)
        script_.run_lines.push_back(trim(line.substr(colon + 1)));
    } else if (!line.empty() && !line.starts_with(";;")) {
      break;
    }
  }
}

bool ScriptParser::is_inline_module() {
  return cursor_.at(TokenKind::lparen) && cursor_.peek(1).kind == TokenKind::keyword &&
         std::find(std::begin(kFieldWords), std::end(kFieldWords), cursor_.peek(1).text) !=
             std::end(kFieldWords);
}

void ScriptParser::place(Directive& out) {
  out.offset = cursor_.offset();
  for (; line_offset_ < out.offset; ++line_offset_) {
    if (text_[line_offset_] == '\n' ||
        (text_[line_offset_] == '\r' && text_.substr(line_offset_ + 1, 1) != "\n")) {
      ++line_;
      line_start_ = line_offset_ + 1;
    }
  }
  out.line = line_;
  out.column = static_cast<uint32_t>(out.offset - line_start_) + 1;
}

void ScriptParser::directives(std::vector<Directive>& out) {
  while (cursor_.at(TokenKind::lparen)) {
    Directive next = directive();
    if (!cursor_.ok()) return;
    out.push_back(std::move(next));
  }
}

Directive ScriptParser::directive() {
  Directive out;
  place(out);
  if (cursor_.at_form("module") || cursor_.at_form("component")) {
    module_directive(out);
    return out;
  }
  if (cursor_.at_form("invoke") || cursor_.at_form("get")) {
    out.kind = Kind::action;
    out.column_name = cursor_.at_form("invoke") ? "invoke" : "get";
    out.action = action();
    return out;
  }
  cursor_.expect_open();
  for (const ActionAssertion& assertion : kActionAssertions) {
    if (!cursor_.accept_keyword(assertion.word)) continue;
    out.kind = assertion.kind;
    out.column_name = assertion.word;
    if (assertion.kind == Kind::assert_trap && !cursor_.at_form("invoke") &&
        !cursor_.at_form("get")) {
      out.module = assertion_module();
    } else {
      out.action = action();
    }
    if (assertion.kind == Kind::assert_return) {
      while (cursor_.at(TokenKind::lparen)) out.results.push_back(value());
    }
    if (assertion.has_message) out.message = string("the expected message");
    cursor_.expect_close();
    return out;
  }
  for (const ModuleAssertion& assertion : kModuleAssertions) {
    if (!cursor_.accept_keyword(assertion.word)) continue;
    out.kind = assertion.kind;
    out.column_name = assertion.word;
    out.module = assertion_module();
    out.message = string("the expected message");
    cursor_.expect_close();
    return out;
  }
  if (cursor_.accept_keyword("register")) {
    out.kind = Kind::register_;
    out.column_name = "register";
    out.name = string("the name to import from");
    out.module_name = optional_id();
  } else if (cursor_.at_keyword("thread")) {
    thread_directive(out);
  } else if (cursor_.accept_keyword("wait")) {
    out.kind = Kind::wait;
    out.column_name = "wait";
    out.name = optional_id();
  } else {
    cursor_.unexpected("a directive");
  }
  cursor_.expect_close();
  return out;
}

void ScriptParser::thread_directive(Directive& out) {
  cursor_.take();
  out.kind = Kind::thread;
  out.column_name = "thread";
  out.name = optional_id();
  while (cursor_.accept_form("shared")) {
    cursor_.expect_form("module");
    out.shared.push_back(optional_id());
    cursor_.expect_close();
    cursor_.expect_close();
  }
  if (++thread_depth_ > kMaxThreadDepth) {
    cursor_.fail(out.offset, "threads are nested too deeply", LoadError::Kind::limit);
  }
  directives(out.commands);
  --thread_depth_;
}

void ScriptParser::module_directive(Directive& out) {
  bool component = cursor_.at_form("component");
  // `(module instance $I $M)` is no module.
  size_t start = cursor_.offset();
  cursor_.take();
  cursor_.take();
  if (cursor_.accept_keyword("instance")) {
    out.kind = Kind::instance;
    out.column_name = component ? "component_instance" : "module_instance";
    out.is_component = component;
    out.name = optional_id();
    out.module_name = optional_id();
    cursor_.expect_close();
    return;
  }
  cursor_.seek(start);
  bool definition = false;
  ScriptModule module;
  module_form(module, definition);
  out.kind = definition ? Kind::definition : Kind::module;
  switch (module.form) {
    case ScriptModule::Form::text: out.column_name = component ? "component" : "module"; break;
    case ScriptModule::Form::binary:
      out.column_name = component ? "component_binary" : "module_binary";
      break;
    case ScriptModule::Form::quote:
      out.column_name = component ? "component_quote" : "module_quote";
      break;
  }
  if (definition) out.column_name = component ? "component_definition" : "module_definition";
  out.module = std::move(module);
}

// `(module definition? $id? (binary|quote)? …)`; a text is only stepped over.
void ScriptParser::module_form(ScriptModule& out, bool& definition) {
  out.offset = cursor_.offset();
  cursor_.expect_open();
  out.is_component = cursor_.at_keyword("component");
  if (!out.is_component && !cursor_.at_keyword("module")) cursor_.unexpected("a module");
  cursor_.take();
  definition = cursor_.accept_keyword("definition");
  out.name = optional_id();
  bool binary = cursor_.at_keyword("binary");
  if (binary || cursor_.at_keyword("quote")) {
    out.form = binary ? ScriptModule::Form::binary : ScriptModule::Form::quote;
    cursor_.take();
    std::string piece;
    while (cursor_.at(TokenKind::string)) {
      unescape(cursor_.take().text, piece);
      out.bytes += piece;
    }
    cursor_.expect_close();
  } else {
    cursor_.skip_group();
  }
  if (!cursor_.ok()) return;
  size_t end = cursor_.previous_end();
  out.source = text_.substr(out.offset, end - out.offset);
}

ScriptModule ScriptParser::assertion_module() {
  ScriptModule module;
  bool definition = false;
  module_form(module, definition);
  return module;
}

ScriptAction ScriptParser::action() {
  ScriptAction out;
  cursor_.expect_open();
  if (cursor_.accept_keyword("get")) out.kind = ScriptAction::Kind::get;
  else if (!cursor_.accept_keyword("invoke")) cursor_.unexpected("invoke or get");
  out.module = optional_id();
  out.name = string("the name of an export");
  while (cursor_.at(TokenKind::lparen)) out.args.push_back(value());
  cursor_.expect_close();
  return out;
}

Value ScriptParser::value() {
  Value out;
  size_t start = cursor_.offset();
  cursor_.expect_open();
  Token word = cursor_.expect(TokenKind::keyword, "a value");
  if (word.text == "either") {
    out.kind = Value::Kind::either;
    while (cursor_.at(TokenKind::lparen) && !cursor_.at_form("either")) {
      out.options.push_back(value());
    }
    cursor_.expect_close();
  } else {
    constant(out, word.text);
  }
  if (cursor_.ok()) out.source = text_.substr(start, cursor_.previous_end() - start);
  return out;
}

void ScriptParser::constant(Value& out, std::string_view word) {
  if (word == "i32.const") {
    out.kind = Value::Kind::i32;
    out.bits = integer(32);
  } else if (word == "i64.const") {
    out.kind = Value::Kind::i64;
    out.bits = integer(64);
  } else if (word == "f32.const") {
    out.kind = Value::Kind::f32;
    out.bits = floating(32, out.nan);
  } else if (word == "f64.const") {
    out.kind = Value::Kind::f64;
    out.bits = floating(64, out.nan);
  } else if (word == "v128.const") {
    out.kind = Value::Kind::v128;
    vector(out);
  } else if (word == "ref.null") {
    out.kind = Value::Kind::ref_null;
    if (cursor_.at(TokenKind::keyword)) out.heap = heap_by_name(cursor_.peek().text);
    if (!cursor_.at_close()) cursor_.take();
  } else {
    for (const RefWord& ref : kRefs) {
      if (word != ref.word) continue;
      out.kind = ref.kind;
      if (cursor_.at(TokenKind::integer)) out.number = static_cast<uint32_t>(integer(32));
      cursor_.expect_close();
      return;
    }
    // A value of the Component Model: kept as it is.
    out.kind = Value::Kind::component;
    cursor_.skip_group();
    return;
  }
  cursor_.expect_close();
}

void ScriptParser::vector(Value& out) {
  for (const ShapeWord& shape : kShapes) {
    if (!cursor_.accept_keyword(shape.word)) continue;
    out.shape = shape.shape;
    unsigned size = shape.bits / 8, lanes = 16 / size;
    for (unsigned lane = 0; lane < lanes; ++lane) {
      Value::Nan nan = Value::Nan::none;
      uint64_t bits = shape.is_float ? floating(shape.bits, nan) : integer(shape.bits);
      if (shape.is_float) out.lane_nan[lane] = nan;
      for (unsigned i = 0; i < size; ++i) {
        out.bytes[lane * size + i] = static_cast<uint8_t>(bits >> (8 * i));
      }
    }
    return;
  }
  cursor_.unexpected("the shape of a vector");
}

uint64_t ScriptParser::integer(unsigned bits) {
  Token token = cursor_.expect(TokenKind::integer, "an integer");
  if (!cursor_.ok()) return 0;
  auto value = parse_integer(token.text, bits);
  if (!value) cursor_.fail(token.offset, fmt::format("i{} constant out of range", bits));
  return value.value_or(0);
}

uint64_t ScriptParser::floating(unsigned bits, Value::Nan& nan) {
  if (cursor_.accept_keyword("nan:canonical")) {
    nan = Value::Nan::canonical;
    return 0;
  }
  if (cursor_.accept_keyword("nan:arithmetic")) {
    nan = Value::Nan::arithmetic;
    return 0;
  }
  Token token = cursor_.peek();
  FloatBits value = bits == 32 ? parse_f32(token.text) : parse_f64(token.text);
  if (value.status == FloatStatus::malformed || token.kind == TokenKind::string ||
      token.kind == TokenKind::id) {
    cursor_.unexpected("a number");
  } else if (value.status == FloatStatus::out_of_range) {
    cursor_.fail(token.offset, fmt::format("f{} constant out of range", bits));
  }
  cursor_.take();
  return value.bits;
}

std::string ScriptParser::string(std::string_view what) {
  Token token = cursor_.expect(TokenKind::string, what);
  std::string out;
  unescape(token.text, out);
  if (!is_utf8(out)) cursor_.fail(token.offset, "malformed UTF-8 encoding");
  return out;
}

std::string ScriptParser::optional_id() {
  if (!cursor_.at(TokenKind::id)) return {};
  Token id = cursor_.take();
  if (!id.text.starts_with('"')) return std::string(id.text);
  std::string out;
  unescape(id.text.substr(1, id.text.size() - 2), out);
  return out;
}

}  // namespace

LoadResult<Script> parse_script(std::string_view text) { return ScriptParser(text).parse(); }

LoadResult<ParsedModule> parse_script_module(std::string_view script, const ScriptModule& module,
                                             isa::FeatureSet features) {
  ParseOptions options;
  options.origin = TextOrigin::script;
  if (module.form == ScriptModule::Form::text) {
    options.offset = module.offset;
    return parse_module(script.substr(0, module.offset + module.source.size()), features, options);
  }
  return parse_module(module.bytes, features, options);
}

}  // namespace zwasm::text
