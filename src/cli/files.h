// The files that the converting commands read and write.
#pragma once
#include <cstddef>
#include <string>

#include "args.h"

namespace zwasm::cli {

// The command's one operand; ends the process on wrong usage.
std::string one_file(const ParsedArgs& args, const CommandRow& command);

// To a file, or to standard output for "-". Gives the exit status, after saying what went wrong.
[[nodiscard]] int write_file(const std::string& path, const void* data, size_t size);

// "dir/name.wat" -> "dir/name.wasm".
std::string replace_extension(const std::string& path, const char* extension);

}  // namespace zwasm::cli
