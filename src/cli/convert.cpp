// validate, wat2wasm, wasm2wat.
#include <zwasm/tools.h>

#include <cstdio>
#include <string>

#include "commands.h"
#include "files.h"
#include "report.h"
#include "switches.h"

namespace zwasm::cli {
namespace {

Features features_of(const ParsedArgs& args, const CommandRow& command) {
  return settings_of(args, command).config.features;
}

// What is wanted is the module, not what it was compiled to.
bool refuse_compiled(std::span<const uint8_t> bytes, const std::string& file) {
  if (!is_compiled(bytes)) return false;
  std::fprintf(stderr,
               "zwasm: error: %s is a compiled module, not a WebAssembly binary or text: zwasm "
               "inspect shows what it is\n",
               printable(file).c_str());
  return true;
}

}  // namespace

int validate(const CommandRow& command, Args args) {
  ParsedArgs parsed = parse_args(command, args, Order::anywhere);
  if (parsed.operands.empty()) return usage_error("validate needs a FILE", command.name);
  Features features = features_of(parsed, command);
  int status = kOk;
  for (std::string_view operand : parsed.operands) {
    std::string file = input_name(operand);
    auto bytes = read_file(file);
    if (!bytes) {
      status = report(bytes.error());
      continue;
    }
    std::span<const uint8_t> binary = *bytes;
    if (is_compiled(binary)) {
      auto info = compiled_info(binary, file);
      if (!info) {
        status = report(info.error());
        continue;
      }
      std::printf("%s: compiled by zwasm %s for %s; its module: ", printable(file).c_str(),
                  info->version.c_str(), info->arch.empty() ? "no machine" : info->arch.c_str());
      binary = info->module;
    }
    auto valid = zwasm::validate(binary, features, file);
    if (!valid) status = report(valid.error());
    else if (is_compiled(*bytes)) std::printf("valid\n");
  }
  return status;
}

int convert_wat2wasm(const CommandRow& command, Args args) {
  ParsedArgs parsed = parse_args(command, args, Order::anywhere);
  std::string file = one_file(parsed, command);
  auto bytes = read_file(file);
  if (!bytes) return report(bytes.error());
  if (refuse_compiled(*bytes, file)) return kFailed;
  Wat2WasmOptions options;
  options.validate = !parsed.has(OptionId::no_validate);
  options.names = !parsed.has(OptionId::no_names);
  options.features = features_of(parsed, command);
  options.file = file;
  std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  auto binary = wat2wasm(text, options);
  if (!binary) return report(binary.error());
  std::string output(parsed.value(OptionId::output).value_or(""));
  if (output.empty()) output = output_beside(file, ".wasm");
  return write_file(output, binary->data(), binary->size());
}

int convert_wasm2wat(const CommandRow& command, Args args) {
  ParsedArgs parsed = parse_args(command, args, Order::anywhere);
  std::string file = one_file(parsed, command);
  auto bytes = read_file(file);
  if (!bytes) return report(bytes.error());
  if (refuse_compiled(*bytes, file)) return kFailed;
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
