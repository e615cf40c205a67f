// How the command line reports: errors, traps, and the exit status that goes with them.
#pragma once
#include <zwasm/zwasm.h>

#include <initializer_list>
#include <string>
#include <string_view>

namespace zwasm::cli {

// Prints the error and gives the exit status of the contract. `doing` says what was being done,
// such as "cannot load prog.wasm"; it may be empty.
[[nodiscard]] int report(const Error& error, std::string_view doing = {});

// A text of these pieces; a chain of `+` is several times the code.
std::string concat(std::initializer_list<std::string_view> pieces);

// Text for terminals: control characters of a stranger's file are not printed.
std::string printable(std::string_view text);

}  // namespace zwasm::cli
