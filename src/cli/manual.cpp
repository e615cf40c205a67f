// The manual page, written from the tables of commands, options and switches.
#include "manual.h"

#include <zwasm/version.h>

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "args.h"
#include "switches.h"

namespace zwasm::cli {
namespace {

// When the words below last changed; what comes from the tables is of the version in the footer.
constexpr const char* kRevised = "2026-11-24";
constexpr size_t kColumns = 78;  // of the page's source

bool listed(const CommandRow& row) { return row.step == Step::now; }

// Text for roff: backslashes and hyphens mean something there.
void put(std::string_view text) {
  for (char c : text) {
    if (c == '-' || c == '\\') std::putchar('\\');
    std::putchar(c == '\\' ? 'e' : c);
  }
}

// Lines of at most kColumns, of which none begins like a request, and a full stop.
void print_filled(std::string_view text) {
  size_t column = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t width = 1 + word.size() + size_t(std::count(word.begin(), word.end(), '-'));
    if (column > 0) {
      const bool fits = column + width <= kColumns;
      std::putchar(fits ? ' ' : '\n');
      if (!fits) column = 0;
    }
    if (column == 0 && (word.starts_with('.') || word.starts_with('\''))) std::printf("\\&");
    put(word);
    column += width;
  }
  std::printf(".\n");
}

// A term, in bold, with what is to be put in its place, and what it means.
void print_term(std::string_view term, const char* between, std::string_view value,
                std::string_view about) {
  std::printf(".TP\n.B ");
  put(term);
  if (!value.empty()) {
    std::printf("%s\\fI", between);
    put(value);
    std::printf("\\fR");
  }
  std::putchar('\n');
  print_filled(about);
}

void print_options(const CommandRow& command) {
  for (const OptionRow& row : option_rows())
    if (row.step == Step::now && row.commands.find(command.letter) != std::string_view::npos)
      print_term(row.spelling, row.takes_value() ? " " : "", row.value, row.about);
}

void print_switches(char group) {
  bool first = true;
  for_each_switch(group, [&](std::string_view key, std::string_view value, std::string_view about) {
    if (first) std::printf(".SH KEYS OF \\-%c\n", group);
    first = false;
    print_term(key, value.empty() ? "" : "=", value.empty() ? "[=y|n]" : value, about);
  });
}

}  // namespace

void print_manual() {
  std::printf(
      ".TH ZWASM 1 \"%s\" \"zwasm %.*s\" \"User Commands\"\n"
      ".SH NAME\nzwasm \\- run, inspect and convert WebAssembly programs\n"
      ".SH SYNOPSIS\n.B zwasm\n[\\fBrun\\fR] [\\fIOPTIONS\\fR] \\fIFILE\\fR [\\fIARGS\\fR…]\n.br\n"
      ".B zwasm\n\\fICOMMAND\\fR [\\fIOPTIONS\\fR] …\n.SH DESCRIPTION\n",
      kRevised, static_cast<int>(version().size()), version().data());
  print_filled(
      "zwasm runs WebAssembly programs in binary or text form. A program may use its standard "
      "streams, arguments, clocks and random numbers; files, environment, sockets and threads only "
      "as far as options grant them");
  std::printf(".SH COMMANDS\n");
  for (const CommandRow& row : command_rows())
    if (listed(row)) print_term(row.name, " ", row.operands, row.about);
  for (const CommandRow& row : command_rows()) {
    if (!listed(row) || row.letter == '-') continue;
    std::printf(".SH OPTIONS OF ");
    put(row.name);
    std::putchar('\n');
    print_options(row);
  }
  for (char group : {'W', 'S', 'O', 'C', 'D'}) print_switches(group);
  std::printf(".SH EXIT STATUS\n");
  print_term("0", "", "", "Success; else the program's own status");
  print_term("1", "", "", "The program cannot be loaded, linked or validated; a script failed");
  print_term("2", "", "", "Wrong usage");
  print_term("70", "", "", "A fault of zwasm itself");
  print_term("130", "", "", "Interrupted by Ctrl-C");
  print_term("134", "", "", "Trap, timeout, out of fuel, uncaught exception");
  print_term("141", "", "", "Standard output was closed");
  std::printf(
      ".SH EXAMPLES\n.nf\nzwasm program.wasm arg1 arg2\n"
      "zwasm run \\-\\-dir . \\-\\-env A=B program.wasm\n"
      "zwasm run \\-\\-invoke add math.wat 2 40\n.fi\n");
}

}  // namespace zwasm::cli
