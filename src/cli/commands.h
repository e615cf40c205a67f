// The subcommands: each reads its arguments and gives the exit status.
#pragma once
#include <span>
#include <string_view>

#include "args.h"

namespace zwasm::cli {

using Args = std::span<const std::string_view>;

int run(const CommandRow& command, Args args);
int wast(const CommandRow& command, Args args);
int validate(const CommandRow& command, Args args);
int inspect(const CommandRow& command, Args args);
int list_features(const CommandRow& command, Args args);
int convert_wat2wasm(const CommandRow& command, Args args);
int convert_wasm2wat(const CommandRow& command, Args args);
int cache(const CommandRow& command, Args args);
int objdump(const CommandRow& command, Args args);
int compile(const CommandRow& command, Args args);
int config(const CommandRow& command, Args args);
int settings(const CommandRow& command, Args args);
int completion(const CommandRow& command, Args args);

}  // namespace zwasm::cli
