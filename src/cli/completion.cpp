// Completion scripts and the manual page, written from the tables of commands and options.
#include <zwasm/version.h>

#include <cstdio>
#include <string>
#include <utility>

#include "commands.h"
#include "report.h"
#include "switches.h"

namespace zwasm::cli {
namespace {

bool listed(const CommandRow& row) { return row.step == Step::now; }

std::string options_of(const CommandRow& command) {
  std::string text;
  for (const OptionRow& row : option_rows()) {
    if (row.step != Step::now || row.commands.find(command.letter) == std::string_view::npos)
      continue;
    for (std::string_view name : {row.short_name(), row.long_name()})
      if (!name.empty()) text += (text.empty() ? "" : " ") + std::string(name);
  }
  return text;
}

std::string command_names() {
  std::string text;
  for (const CommandRow& row : command_rows())
    if (listed(row)) text += (text.empty() ? "" : " ") + std::string(row.name);
  return text;
}

// In single quotes for a shell.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'') out += "'\\''";
    else out += c;
  }
  return out + "'";
}

void print_bash() {
  std::printf(
      "# bash completion for zwasm: source <(zwasm completion bash)\n"
      "_zwasm() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} options=\n"
      "  if ((COMP_CWORD == 1)) && [[ $word != -* ]]; then\n"
      "    COMPREPLY=($(compgen -W '%s' -- \"$word\") $(compgen -f -- \"$word\"))\n"
      "    return\n"
      "  fi\n"
      "  case ${COMP_WORDS[1]} in\n",
      command_names().c_str());
  for (const CommandRow& row : command_rows())
    if (listed(row) && row.letter != '-' && row.id != CommandId::completion)
      std::printf("    %s) options='%s' ;;\n", std::string(row.name).c_str(),
                  options_of(row).c_str());
  std::printf(
      "    completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- \"$word\")); return ;;\n"
      "    help) COMPREPLY=($(compgen -W '%s' -- \"$word\")); return ;;\n"
      "    *) options='%s' ;;\n"
      "  esac\n"
      "  if [[ $word == -* ]]; then\n"
      "    COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
      "  else\n"
      "    COMPREPLY=($(compgen -f -- \"$word\"))\n"
      "  fi\n"
      "}\n"
      "complete -o filenames -F _zwasm zwasm\n",
      command_names().c_str(), options_of(command_rows()[0]).c_str());
}

void print_zsh() {
  std::printf(
      "#compdef zwasm\n# zsh completion for zwasm: source <(zwasm completion zsh)\n"
      "_zwasm() {\n  local -a commands options\n  commands=(\n");
  for (const CommandRow& row : command_rows())
    if (listed(row)) std::printf("    %s\n", quoted(concat({row.name, ":", row.about})).c_str());
  std::printf(
      "  )\n  if ((CURRENT == 2)); then\n    _describe command commands\n    _files\n"
      "    return\n  fi\n  case $words[2] in\n");
  for (const CommandRow& row : command_rows())
    if (listed(row) && row.letter != '-')
      std::printf("    %s) options=(%s) ;;\n", std::string(row.name).c_str(),
                  options_of(row).c_str());
  std::printf(
      "  esac\n  [[ $words[2] == completion ]] && compadd bash zsh fish\n"
      "  compadd -- $options\n  _files\n}\ncompdef _zwasm zwasm\n");
}

void print_fish() {
  std::printf("# fish completion for zwasm: zwasm completion fish | source\n");
  for (const CommandRow& row : command_rows())
    if (listed(row))
      std::printf("complete -c zwasm -n __fish_use_subcommand -a %s -d %s\n",
                  std::string(row.name).c_str(), quoted(row.about).c_str());
  for (const CommandRow& command : command_rows()) {
    if (!listed(command) || command.letter == '-') continue;
    for (const OptionRow& row : option_rows()) {
      if (row.step != Step::now || row.commands.find(command.letter) == std::string_view::npos)
        continue;
      std::string line =
          concat({"complete -c zwasm -n '__fish_seen_subcommand_from ", command.name, "'"});
      if (!row.short_name().empty()) line += " -s " + std::string(row.short_name().substr(1));
      if (!row.long_name().empty()) line += " -l " + std::string(row.long_name().substr(2));
      if (row.takes_value()) line += " -r";
      std::printf("%s -d %s\n", line.c_str(), quoted(row.about).c_str());
    }
  }
  std::printf("complete -c zwasm -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\n");
}

// Text for roff: a leading dot or quote and backslashes mean something there.
std::string roff(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\\') out += "\\e";
    else if (c == '-') out += "\\-";
    else out += c;
  }
  if (out.starts_with('.') || out.starts_with('\'')) out.insert(0, "\\&");
  return out;
}

void print_man_options(const CommandRow& command) {
  for (const OptionRow& row : option_rows()) {
    if (row.step != Step::now || row.commands.find(command.letter) == std::string_view::npos)
      continue;
    std::printf(".TP\n.B %s", roff(row.spelling).c_str());
    if (!row.value.empty())
      std::printf("%s\\fI%s\\fR", row.takes_value() ? " " : "", roff(row.value).c_str());
    std::printf("\n%s.\n", roff(row.about).c_str());
  }
}

void print_man() {
  std::printf(
      ".TH ZWASM 1 \"\" \"zwasm %.*s\" \"User Commands\"\n"
      ".SH NAME\nzwasm \\- run, inspect and convert WebAssembly programs\n"
      ".SH SYNOPSIS\n.B zwasm\n[\\fBrun\\fR] [\\fIOPTIONS\\fR] \\fIFILE\\fR [\\fIARGS\\fR…]\n.br\n"
      ".B zwasm\n\\fICOMMAND\\fR [\\fIOPTIONS\\fR] …\n"
      ".SH DESCRIPTION\nzwasm runs WebAssembly programs in binary or text form. A program may use "
      "its\n"
      "standard streams, arguments, clocks and random numbers; files, environment, sockets and "
      "threads\n"
      "only as far as options grant them.\n.SH COMMANDS\n",
      static_cast<int>(version().size()), version().data());
  for (const CommandRow& row : command_rows()) {
    if (!listed(row)) continue;
    std::printf(".TP\n.B %s", roff(row.name).c_str());
    if (!row.operands.empty()) std::printf(" \\fI%s\\fR", roff(row.operands).c_str());
    std::printf("\n%s.\n", roff(row.about).c_str());
  }
  for (const CommandRow& row : command_rows()) {
    if (!listed(row) || row.letter == '-') continue;
    std::printf(".SH OPTIONS OF %s\n", roff(row.name).c_str());
    print_man_options(row);
  }
  for (char group : {'W', 'S', 'O', 'C', 'D'}) {
    bool any = false;
    for_each_switch(
        group, [&](std::string_view key, std::string_view value, std::string_view about) {
          if (!std::exchange(any, true)) std::printf(".SH KEYS OF \\-%c\n", group);
          std::printf(".TP\n.B %s\\fR%s%s\n%s.\n", roff(key).c_str(),
                      value.empty() ? "[=y|n]" : "=", roff(value).c_str(), roff(about).c_str());
        });
  }
  std::printf(
      ".SH EXIT STATUS\n"
      ".TP\n.B 0\nSuccess; else the program's own status.\n"
      ".TP\n.B 1\nThe program cannot be loaded, linked or validated; a script failed.\n"
      ".TP\n.B 2\nWrong usage.\n"
      ".TP\n.B 70\nA fault of zwasm itself.\n"
      ".TP\n.B 130\nInterrupted by Ctrl\\-C.\n"
      ".TP\n.B 134\nTrap, timeout, out of fuel, uncaught exception.\n"
      ".SH EXAMPLES\n.nf\nzwasm program.wasm arg1 arg2\n"
      "zwasm run \\-\\-dir . \\-\\-env A=B program.wasm\n"
      "zwasm run \\-\\-invoke add math.wat 2 40\n.fi\n");
}

}  // namespace

int completion(const CommandRow& command, Args args) {
  ParsedArgs parsed = parse_args(command, args, Order::anywhere);
  if (parsed.operands.size() != 1)
    return usage_error("completion needs a SHELL: bash, zsh or fish", command.name);
  if (parsed.operands[0] == "man") return print_man(), kOk;  // from the same tables
  if (parsed.operands[0] == "bash") print_bash();
  else if (parsed.operands[0] == "zsh") print_zsh();
  else if (parsed.operands[0] == "fish") print_fish();
  else
    return usage_error(concat({"there is no completion for \"", parsed.operands[0],
                               "\", only for bash, zsh and fish"}),
                       command.name);
  return kOk;
}

}  // namespace zwasm::cli
