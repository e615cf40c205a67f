// Options from a file. Its language is the part of TOML that options need: tables, and keys with a
// string, a number, a truth value or an array of strings. A file means the same as its words:
//
//     [run]                              [wasm]
//     dir = ["data::/data::ro"]          fuel = 1000000
//     allow-env = true                   simd = false
//
//     --dir=data::/data::ro --allow-env -W fuel=1000000 -W simd=n
//
// so that no option needs code of its own here, and wrong values are reported by the option.
#include "config_file.h"

#include <zwasm/tools.h>

#include <cstdio>
#include <cstdlib>
#include <optional>

#include "args.h"
#include "commands.h"
#include "report.h"
#include "switches.h"

namespace zwasm::cli {
namespace {

struct Table {
  std::string_view name;
  char group;  // '-': options of run
  std::string_view about;
};
constexpr Table kTables[] = {
    {"run", '-', "options of `zwasm run`, by their long names"},
    {"wasm", 'W', "as -W"},
    {"wasi", 'S', "as -S"},
    {"optimize", 'O', "as -O"},
    {"codegen", 'C', "as -C"},
    {"debug", 'D', "as -D"},
};

class Parser {
 public:
  Parser(std::string path, std::string_view text) : path_(std::move(path)), rest_(text) {}

  std::vector<std::string> parse() {
    const Table* table = &kTables[0];
    for (skip_blank(); !rest_.empty(); skip_blank()) {
      if (take('[')) {
        std::string name = key();
        expect(']');
        table = find_table(name);
      } else {
        std::string name = key();
        expect('=');
        entry(*table, name);
      }
      skip_space();
      if (!rest_.empty() && rest_[0] != '\n' && rest_[0] != '#' && rest_[0] != '\r')
        fail("one entry stands on a line");
    }
    return std::move(words_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) {
    usage_exit(concat({printable(path_), ":", std::to_string(line_), ": ", what}), "run");
  }
  char next() {
    char c = rest_[0];
    line_ += c == '\n';
    rest_.remove_prefix(1);
    return c;
  }
  void skip_space() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\t')) next();
  }
  void skip_blank() {  // also comments and ends of lines
    for (skip_space(); !rest_.empty(); skip_space()) {
      if (rest_[0] == '#')
        while (!rest_.empty() && rest_[0] != '\n') next();
      else if (rest_[0] == '\n' || rest_[0] == '\r') next();
      else return;
    }
  }
  bool take(char c) {
    skip_space();
    if (rest_.empty() || rest_[0] != c) return false;
    next();
    return true;
  }
  void expect(char c) {
    if (!take(c)) fail(concat({"expected `", {&c, 1}, "`"}));
  }

  std::string bare(const char* what) {
    skip_space();
    size_t size = rest_.find_first_not_of(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+");
    std::string word(rest_.substr(0, size));
    if (word.empty()) fail(std::string("expected ") + what);
    rest_.remove_prefix(word.size());
    return word;
  }
  std::string key() {
    skip_space();
    if (!rest_.empty() && (rest_[0] == '"' || rest_[0] == '\'')) return string();
    return bare("a name");
  }
  std::string string() {
    const char quote = next();
    std::string text;
    while (true) {
      if (rest_.empty() || rest_[0] == '\n') fail("a string without its closing quote");
      char c = next();
      if (c == quote) return text;
      if (c == '\\' && quote == '"') {
        if (rest_.empty()) continue;
        switch (char escaped = next()) {
          case 'n': text += '\n'; break;
          case 't': text += '\t'; break;
          case '"':
          case '\\': text += escaped; break;
          default:
            fail(concat({"\\", {&escaped, 1}, " is no escape; there are \\n \\t \\\" \\\\"}));
        }
      } else {
        text += c;
      }
    }
  }

  const Table* find_table(const std::string& name) {
    std::vector<std::string_view> names;
    for (const Table& table : kTables) {
      if (table.name == name) return &table;
      names.push_back(table.name);
    }
    fail(concat({"there is no table [", name, "]", suggestion(name, names)}));
  }

  void entry(const Table& table, const std::string& name) {
    if (take('[')) {
      for (skip_blank(); !take(']'); skip_blank()) {
        value(table, name);
        skip_blank();
        if (take(',')) continue;
        skip_blank();
        expect(']');
        break;
      }
      return;
    }
    value(table, name);
  }
  void check_option(const std::string& name) {
    std::vector<std::string_view> names;
    for (const OptionRow& row : option_rows())
      if (row.commands.find('r') != std::string_view::npos && row.id != OptionId::config &&
          row.long_name().size() > 2)
        names.push_back(row.long_name().substr(2));
    for (std::string_view known : names)
      if (known == name) return;
    fail(concat({"run has no option \"", name, "\"", suggestion(name, names)}));
  }
  // One value: truth values switch an option that takes none.
  void value(const Table& table, const std::string& name) {
    skip_space();
    const bool is_string = !rest_.empty() && (rest_[0] == '"' || rest_[0] == '\'');
    std::string text = is_string ? string() : bare("a value");
    const bool truth = !is_string && (text == "true" || text == "false");
    if (table.group != '-') {
      if (truth) text = text == "true" ? "y" : "n";
      words_.push_back(std::string("-") + table.group);
      words_.push_back(concat({name, "=", text}));
      return;
    }
    check_option(name);
    if (truth) {
      if (text == "true") words_.push_back("--" + name);
    } else {
      words_.push_back(concat({"--", name, "=", text}));
    }
  }

  std::string path_;
  std::string_view rest_;
  int line_ = 1;
  std::vector<std::string> words_;
};

}  // namespace

std::vector<std::string> read_config(const std::string& path) {
  auto bytes = read_file(path);
  if (!bytes) std::exit(report(bytes.error(), "cannot read --config " + path));
  Parser parser(path, {reinterpret_cast<const char*>(bytes->data()), bytes->size()});
  return parser.parse();
}

std::string config_template() {
  std::string text =
      "# Options for `zwasm run --config FILE`. Options on the command line come after these.\n"
      "# Every key is one of an option or switch; take away the # before it.\n";
  for (const Table& table : kTables) {
    text += concat({"\n[", table.name, "]  # ", table.about, "\n"});
    if (table.group != '-') {
      for_each_switch(table.group, [&](std::string_view key, std::string_view value,
                                       std::string_view about) {
        text += concat({"# ", key, " = ",
                        (value.empty() ? std::string("true") : "\"" + std::string(value) + "\""),
                        "  # ", about, "\n"});
      });
      continue;
    }
    for (const OptionRow& row : option_rows()) {
      if (row.step != Step::now || row.commands.find('r') == std::string_view::npos ||
          row.long_name().empty() || row.id == OptionId::help || row.id == OptionId::config)
        continue;
      text +=
          concat({"# ", row.long_name().substr(2), " = ",
                  (row.takes_value() ? "\"" + std::string(row.value) + "\"" : std::string("true")),
                  "  # ", row.about, "\n"});
    }
  }
  return text;
}

int config(const CommandRow& command, Args args) {
  ParsedArgs parsed = parse_args(command, args, Order::anywhere);
  const std::string_view verb = parsed.operands.empty() ? "" : parsed.operands[0];
  if (verb == "new" && parsed.operands.size() <= 2) {
    const std::string path(parsed.operands.size() == 2 ? parsed.operands[1] : "zwasm.toml");
    std::FILE* file = std::fopen(path.c_str(), "wx");  // never over a file that is there
    if (file == nullptr) {
      std::fprintf(stderr, "zwasm: error: cannot make %s: it exists, or its folder does not\n",
                   printable(path).c_str());
      return kFailed;
    }
    const std::string text = config_template();
    const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
    if (std::fclose(file) != 0 || !written) return kFailed;
    std::printf("%s\n", path.c_str());
    return kOk;
  }
  if (verb == "show" && parsed.operands.size() == 2) {
    for (const std::string& word : read_config(std::string(parsed.operands[1])))
      std::printf("%s%s", word.c_str(), word.size() == 2 ? " " : "\n");
    return kOk;
  }
  return usage_error("config needs `new [FILE]` or `show FILE`", command.name);
}

}  // namespace zwasm::cli
