// Command lines, read by the tables in options.def and commands.def.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zwasm::cli {

// Exit statuses; a program's own status and 128 + signal aside.
inline constexpr int kOk = 0, kFailed = 1, kUsage = 2, kFault = 70, kInterrupted = 130,
                     kTrapped = 134;

// When an option or subcommand comes, for those that are known but not there yet.
enum class Step : uint8_t { now, optimizer, components, proposals };

enum class CommandId : uint8_t {
#define COMMAND(id, letter, name, operands, step, about) id,
#include "commands.def"
};
struct CommandRow {
  CommandId id;
  char letter;
  std::string_view name, operands;
  Step step;
  std::string_view about;
};
std::span<const CommandRow> command_rows();

enum class OptionId : uint8_t {
#define OPTION(id, commands, spelling, value, step, about) id,
#include "options.def"
};
struct OptionRow {
  OptionId id;
  std::string_view commands, spelling, value;
  Step step;
  std::string_view about;

  bool takes_value() const { return !value.empty() && value[0] != '['; }
  bool may_take_value() const { return !value.empty(); }
  // "-o" and "--output"; empty where it has none.
  std::string_view short_name() const;
  std::string_view long_name() const;
};
std::span<const OptionRow> option_rows();

struct Option {
  OptionId id;
  std::string_view name;  // as it was typed
  std::optional<std::string_view> value;
};

// Where options may stand.
enum class Order : uint8_t {
  first,     // the first operand ends them: what follows belongs to the program
  anywhere,  // until `--`
};

struct ParsedArgs {
  std::vector<Option> options;
  std::vector<std::string_view> operands;

  bool has(OptionId id) const;
  // The value of the last one.
  std::optional<std::string_view> value(OptionId id) const;
};

// Ends the process with status 2 and a message on wrong usage.
ParsedArgs parse_args(const CommandRow& command, std::span<const std::string_view> args,
                      Order order);

// Prints "zwasm: error: …" and where help is; gives 2.
[[nodiscard]] int usage_error(const std::string& message, std::string_view command = {});
// Says when something comes; gives 2.
[[nodiscard]] int not_yet(const std::string& what, Step step);
// For code that returns values: prints and ends the process.
[[noreturn]] void usage_exit(const std::string& message, std::string_view command = {});

// ", did you mean X?" or nothing.
std::string suggestion(std::string_view wrong, std::span<const std::string_view> known);

void print_help();
void print_help(const CommandRow& command);

}  // namespace zwasm::cli
