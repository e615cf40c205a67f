// fmt, as it is used here: its header is included nowhere else.
//
// * Without floating point, which is 24 KB and would serve two lines, and 128-bit integers
//   (libraries.cmake). fmt would print nothing for a floating-point number then, so who formats one
//   gets an error of the compiler's.
// * With a way of appending to a string. fmt's own is a template that would bring fmt's machinery,
//   45 KB and three seconds of compiling, to every file that uses it: here it stands behind a
//   function.
#pragma once
#include <fmt/core.h>

#include <string>
#include <utility>

// Numbers with a point: std::to_chars.
template <>
struct fmt::formatter<float> {
  formatter() = delete;
};
template <>
struct fmt::formatter<double> {
  formatter() = delete;
};
template <>
struct fmt::formatter<long double> {
  formatter() = delete;
};

namespace zwasm {

void append_formatted(std::string& out, fmt::string_view format, fmt::format_args args);

// Appends what fmt::format would return.
template <class... Args>
void append_format(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  append_formatted(out, format, fmt::make_format_args(args...));
}

}  // namespace zwasm
