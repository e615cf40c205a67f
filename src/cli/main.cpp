// The command line: finds the subcommand and hands over.
#include <zwasm/version.h>

#include <cstdio>
#include <string_view>
#include <vector>

#include "args.h"
#include "commands.h"
#include "report.h"
#include "signals.h"

namespace zwasm::cli {
namespace {

const CommandRow& row_of(CommandId id) { return command_rows()[static_cast<size_t>(id)]; }

int help(Args args) {
  if (args.empty()) return print_help(), kOk;
  std::vector<std::string_view> names;
  for (const CommandRow& row : command_rows()) {
    if (row.name == args[0]) return print_help(row), kOk;
    names.push_back(row.name);
  }
  return usage_error(concat({"there is no command \"", args[0], "\"", suggestion(args[0], names)}));
}

int print_version() {
  std::printf("zwasm %.*s\n", static_cast<int>(version().size()), version().data());
  for (const BuildPart& part : build_parts())
    if (!part.included)
      std::printf("built without %.*s (%.*s=OFF)\n", static_cast<int>(part.name.size()),
                  part.name.data(), static_cast<int>(part.option.size()), part.option.data());
  return kOk;
}

int dispatch(Args args) {
  if (args.empty()) {
    std::fprintf(stderr,
                 "Usage: zwasm [run] [OPTIONS] FILE [ARGS…]\n"
                 "       zwasm COMMAND [OPTIONS] …\nFor help: zwasm --help\n");
    return kUsage;
  }
  std::string_view first = args[0];
  if (first == "-h" || first == "--help") return print_help(), kOk;
  if (first == "-V" || first == "--version") return print_version();
  for (const CommandRow& row : command_rows()) {
    if (row.name != first) continue;
    if (row.step != Step::now) return not_yet("zwasm " + std::string(row.name), row.step);
    Args rest = args.subspan(1);
    if (row.letter == '-' && !rest.empty() && (rest[0] == "-h" || rest[0] == "--help"))
      return print_help(row), kOk;
    switch (row.id) {
      case CommandId::run: return run(row, rest);
      case CommandId::wast: return wast(row, rest);
      case CommandId::validate: return validate(row, rest);
      case CommandId::inspect: return inspect(row, rest);
      case CommandId::features: return list_features(row, rest);
      case CommandId::wat2wasm: return convert_wat2wasm(row, rest);
      case CommandId::wasm2wat: return convert_wasm2wat(row, rest);
      case CommandId::cache: return cache(row, rest);
      case CommandId::objdump: return objdump(row, rest);
      case CommandId::compile: return compile(row, rest);
      case CommandId::config: return config(row, rest);
      case CommandId::settings: return settings(row, rest);
      case CommandId::completion: return completion(row, rest);
      case CommandId::help: return help(rest);
      case CommandId::version: return print_version();
      case CommandId::explore:
      case CommandId::wit:
      case CommandId::serve: break;
    }
  }
  return run(row_of(CommandId::run), args);  // zwasm [OPTIONS] FILE …
}

}  // namespace
}  // namespace zwasm::cli

int main(int argc, char** argv) {
  zwasm::cli::catch_own_faults();
  std::vector<std::string_view> args(argv + (argc > 0), argv + argc);
  return zwasm::cli::dispatch(args);
}
