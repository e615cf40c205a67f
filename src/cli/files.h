// The files that the converting commands read and write.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "args.h"

namespace zwasm::cli {

// The file that an operand names: "-" is standard input.
std::string input_name(std::string_view operand);

// The command's one operand, as a file's name; ends the process on wrong usage.
std::string one_file(const ParsedArgs& args, const CommandRow& command);

// To a file, or to standard output for "-". Gives the exit status, after saying what went wrong.
[[nodiscard]] int write_file(const std::string& path, const void* data, size_t size);

// Where a command writes that is not told: "dir/name.wat" -> "dir/name.wasm", beside what it read;
// what came by standard input goes to standard output.
std::string output_beside(const std::string& input, const char* extension);

}  // namespace zwasm::cli
