#include "args.h"

#include <zwasm/tools.h>

#include <cstdio>
#include <cstdlib>
#include <iterator>

#include "report.h"

namespace zwasm::cli {

std::span<const CommandRow> command_rows() {
  static constexpr CommandRow kRows[] = {
#define COMMAND(id, letter, name, operands, step, about) \
  {CommandId::id, letter, name, operands, Step::step, about},
#include "commands.def"
  };
  return kRows;
}

std::span<const OptionRow> option_rows() {
  static constexpr OptionRow kRows[] = {
#define OPTION(id, commands, spelling, value, step, about) \
  {OptionId::id, commands, spelling, value, Step::step, about},
#include "options.def"
  };
  return kRows;
}

std::string_view OptionRow::short_name() const {
  return spelling.starts_with("--") ? std::string_view() : spelling.substr(0, 2);
}

std::string_view OptionRow::long_name() const {
  size_t at = spelling.find("--");
  return at == std::string_view::npos ? std::string_view() : spelling.substr(at);
}

bool ParsedArgs::has(OptionId id) const {
  for (const Option& option : options)
    if (option.id == id) return true;
  return false;
}

std::optional<std::string_view> ParsedArgs::value(OptionId id) const {
  std::optional<std::string_view> found;
  for (const Option& option : options)
    if (option.id == id && option.value) found = option.value;
  return found;
}

// --- messages ---

int usage_error(const std::string& message, std::string_view command) {
  std::string help = command.empty() ? "" : std::string(command) + " ";
  std::fprintf(stderr, "zwasm: error: %s\nFor help: zwasm %s--help\n", message.c_str(),
               help.c_str());
  return kUsage;
}

void usage_exit(const std::string& message, std::string_view command) {
  std::exit(usage_error(message, command));
}

int not_yet(const std::string& what, Step step) {
  const char* when = "";
  switch (step) {
    case Step::now: break;
    case Step::optimizer: when = "comes with the optimizer"; break;
    case Step::components: when = "comes with the Component Model"; break;
    case Step::proposals: when = "comes with later proposals"; break;
  }
  std::fprintf(stderr, "zwasm: error: %s is not in this version; it %s\n", what.c_str(), when);
  return kUsage;
}

std::string suggestion(std::string_view wrong, std::span<const std::string_view> known) {
  auto near = closest_name(wrong, known);
  return near ? concat({"; did you mean ", *near, "?"}) : "";
}

// --- parsing ---

namespace {

bool belongs(const OptionRow& row, const CommandRow& command) {
  return row.commands.find(command.letter) != std::string_view::npos;
}

const OptionRow* find_option(const CommandRow& command, std::string_view name) {
  for (const OptionRow& row : option_rows())
    if (belongs(row, command) && (row.long_name() == name || row.short_name() == name)) return &row;
  return nullptr;
}

[[noreturn]] void unknown_option(const CommandRow& command, std::string_view name) {
  std::vector<std::string_view> names;
  for (const OptionRow& row : option_rows())
    if (belongs(row, command) && !row.long_name().empty()) names.push_back(row.long_name());
  usage_exit(concat({"unknown option ", name, suggestion(name, names)}), command.name);
}

}  // namespace

ParsedArgs parse_args(const CommandRow& command, std::span<const std::string_view> args,
                      Order order) {
  ParsedArgs parsed;
  for (size_t i = 0; i < args.size(); ++i) {
    std::string_view arg = args[i];
    if (arg == "--") {
      parsed.operands.insert(parsed.operands.end(), args.begin() + static_cast<ptrdiff_t>(i) + 1,
                             args.end());
      break;
    }
    if (arg.size() < 2 || arg[0] != '-') {
      if (order == Order::first) {
        parsed.operands.insert(parsed.operands.end(), args.begin() + static_cast<ptrdiff_t>(i),
                               args.end());
        break;
      }
      parsed.operands.push_back(arg);
      continue;
    }
    // --name, --name=value, -X, -X value, -Xvalue
    Option option{OptionId::help, arg, std::nullopt};
    const bool is_long = arg.starts_with("--");
    if (is_long) {
      size_t equals = arg.find('=');
      option.name = arg.substr(0, equals);
      if (equals != std::string_view::npos) option.value = arg.substr(equals + 1);
    } else {
      option.name = arg.substr(0, 2);
      if (arg.size() > 2) option.value = arg.substr(arg[2] == '=' ? 3 : 2);
    }
    const OptionRow* row = find_option(command, option.name);
    if (row == nullptr) unknown_option(command, is_long ? option.name : arg);
    option.id = row->id;
    if (option.id == OptionId::help) {
      print_help(command);
      std::exit(kOk);
    }
    if (row->step != Step::now) std::exit(not_yet(std::string(option.name), row->step));
    if (option.value && !row->may_take_value())
      usage_exit(concat({option.name, " takes no value, but was given \"", *option.value, "\""}),
                 command.name);
    if (row->takes_value() && !option.value) {
      if (i + 1 >= args.size())
        usage_exit(concat({option.name, " needs a value: ", option.name, " ", row->value}),
                   command.name);
      option.value = args[++i];
    }
    parsed.options.push_back(option);
  }
  return parsed;
}

// --- help ---

namespace {

constexpr size_t kAboutColumn = 34;

// Columns that a UTF-8 text takes (one for each first byte).
size_t width(std::string_view text) {
  size_t count = 0;
  for (char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

void print_row(const std::string& head, std::string_view about) {
  std::string line = "  " + head;
  size_t used = width(line);
  if (used + 2 > kAboutColumn) line += "\n" + std::string(kAboutColumn, ' ');
  else line.append(kAboutColumn - used, ' ');
  std::printf("%s%.*s\n", line.c_str(), static_cast<int>(about.size()), about.data());
}

void print_options(char letter) {
  for (const OptionRow& row : option_rows()) {
    if (row.commands.find(letter) == std::string_view::npos || row.step != Step::now) continue;
    std::string head(row.short_name().empty() ? "    " : "");
    head += row.spelling;
    if (!row.value.empty()) head += (row.takes_value() ? " " : "") + std::string(row.value);
    print_row(head, row.about);
  }
}

}  // namespace

void print_help() {
  std::printf(
      "zwasm runs WebAssembly programs.\n\n"
      "Usage: zwasm [run] [OPTIONS] FILE [ARGS…]\n"
      "       zwasm COMMAND [OPTIONS] …\n\nCommands:\n");
  for (const CommandRow& row : command_rows())
    if (row.step == Step::now) {
      std::string head(row.name);
      if (!row.operands.empty()) head += " " + std::string(row.operands);
      print_row(head, row.about);
    }
  std::printf("\nOptions:\n");
  print_row("-h, --help", "Print this help; zwasm help COMMAND explains a command");
  print_row("-V, --version", "Print the version");
  std::printf(
      "\nExamples:\n"
      "  zwasm program.wasm arg1 arg2            run a program\n"
      "  zwasm run --dir . --env A=B prog.wasm   let it use this directory and a variable\n"
      "  zwasm run --invoke add math.wat 2 40    call one function\n");
}

void print_help(const CommandRow& command) {
  std::printf("%.*s.\n\nUsage: zwasm %.*s%s %.*s\n\nOptions:\n",
              static_cast<int>(command.about.size()), command.about.data(),
              static_cast<int>(command.name.size()), command.name.data(),
              command.letter == '-' ? "" : " [OPTIONS]", static_cast<int>(command.operands.size()),
              command.operands.data());
  if (command.letter != '-') print_options(command.letter);
  if (command.id == CommandId::run)
    std::printf(
        "\nOptions come before FILE; everything after it belongs to the program.\n"
        "By default a program may use stdio, its arguments, clocks and random numbers, but no\n"
        "files, environment, sockets or threads.\n"
        "Exit status: the program's own; 1 it cannot be loaded or linked; 2 wrong usage;\n"
        "134 trap, timeout or out of fuel; 130 Ctrl-C.\n");
}

}  // namespace zwasm::cli
