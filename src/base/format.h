// Appending formatted text to a string. fmt's own way of doing it is a template that would bring
// fmt's machinery, 45 KB and three seconds of compiling, to every file that uses it: here it stands
// behind a function.
#pragma once
#include <fmt/core.h>

#include <string>
#include <utility>

namespace zwasm {

void append_formatted(std::string& out, fmt::string_view format, fmt::format_args args);

// Appends what fmt::format would return.
template <class... Args>
void append_format(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  append_formatted(out, format, fmt::make_format_args(args...));
}

}  // namespace zwasm
