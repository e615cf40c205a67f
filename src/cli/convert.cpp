// validate, wat2wasm, wasm2wat.
#include <zwasm/tools.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "commands.h"
#include "report.h"
#include "switches.h"

namespace zwasm::cli {
namespace {

Features features_of(const ParsedArgs& args, const CommandRow& command) {
  Settings settings;
  for (const Option& option : args.options) apply_switch_option(option, command.name, settings);
  return settings.config.features;
}

std::string one_file(const ParsedArgs& args, const CommandRow& command) {
  if (args.operands.size() != 1)
    usage_exit(args.operands.empty() ? std::string(command.name) + " needs a FILE"
                                     : std::string(command.name) + " takes one FILE; \"" +
                                           std::string(args.operands[1]) + "\" is one too many",
               command.name);
  return std::string(args.operands[0]);
}

int write_file(const std::string& path, const void* data, size_t size) {
  const bool to_stdout = path == "-";
  std::FILE* file = to_stdout ? stdout : std::fopen(path.c_str(), "wb");
  bool ok = file != nullptr && std::fwrite(data, 1, size, file) == size;
  int number = errno;
  if (file != nullptr && (to_stdout ? std::fflush(file) : std::fclose(file)) != 0)
    ok = false, number = errno;
  if (ok) return kOk;
  std::fprintf(stderr, "zwasm: error: cannot write %s: %s\n", printable(path).c_str(),
               std::strerror(number));
  return kFailed;
}

// "dir/name.wat" -> "name.wasm" in the same directory.
std::string replace_extension(const std::string& path, const char* extension) {
  size_t slash = path.find_last_of('/'), dot = path.find_last_of('.');
  if (dot == std::string::npos || (slash != std::string::npos && dot < slash)) dot = path.size();
  return path.substr(0, dot) + extension;
}

}  // namespace

int validate(const CommandRow& command, Args args) {
  ParsedArgs parsed = parse_args(command, args, Order::anywhere);
  if (parsed.operands.empty()) return usage_error("validate needs a FILE", command.name);
  Features features = features_of(parsed, command);
  int status = kOk;
  for (std::string_view operand : parsed.operands) {
    std::string file(operand);
    auto bytes = read_file(file);
    if (!bytes) {
      status = report(bytes.error());
      continue;
    }
    auto valid = zwasm::validate(*bytes, features, file);
    if (!valid) status = report(valid.error());
  }
  return status;
}

int convert_wat2wasm(const CommandRow& command, Args args) {
  ParsedArgs parsed = parse_args(command, args, Order::anywhere);
  std::string file = one_file(parsed, command);
  auto bytes = read_file(file);
  if (!bytes) return report(bytes.error());
  Wat2WasmOptions options;
  options.validate = !parsed.has(OptionId::no_validate);
  options.names = !parsed.has(OptionId::no_names);
  options.features = features_of(parsed, command);
  options.file = file;
  std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  auto binary = wat2wasm(text, options);
  if (!binary) return report(binary.error());
  std::string output(parsed.value(OptionId::output).value_or(""));
  if (output.empty()) output = replace_extension(file, ".wasm");
  return write_file(output, binary->data(), binary->size());
}

int convert_wasm2wat(const CommandRow& command, Args args) {
  ParsedArgs parsed = parse_args(command, args, Order::anywhere);
  std::string file = one_file(parsed, command);
  auto bytes = read_file(file);
  if (!bytes) return report(bytes.error());
  Wasm2WatOptions options;
  options.validate = !parsed.has(OptionId::no_validate);
  options.names = !parsed.has(OptionId::no_names);
  options.customs = !parsed.has(OptionId::no_customs);
  options.folded = parsed.has(OptionId::fold);
  options.features = features_of(parsed, command);
  options.file = file;
  auto text = wasm2wat(*bytes, options);
  if (!text) return report(text.error());
  return write_file(std::string(parsed.value(OptionId::output).value_or("-")), text->data(),
                    text->size());
}

}  // namespace zwasm::cli
