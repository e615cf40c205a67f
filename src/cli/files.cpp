#include "files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "report.h"

namespace zwasm::cli {
namespace {

constexpr const char* kStandardInput = "/dev/stdin";

}  // namespace

std::string input_name(std::string_view operand) {
  return std::string(operand == "-" ? kStandardInput : operand);
}

std::string one_file(const ParsedArgs& args, const CommandRow& command) {
  if (args.operands.size() != 1)
    usage_exit(args.operands.empty() ? std::string(command.name) + " needs a FILE"
                                     : concat({command.name, " takes one FILE; \"",
                                               args.operands[1], "\" is one too many"}),
               command.name);
  return input_name(args.operands[0]);
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

std::string output_beside(const std::string& path, const char* extension) {
  if (path == kStandardInput) return "-";
  size_t slash = path.find_last_of('/'), dot = path.find_last_of('.');
  if (dot == std::string::npos || (slash != std::string::npos && dot < slash)) dot = path.size();
  return path.substr(0, dot) + extension;
}

}  // namespace zwasm::cli
