// Completion scripts, written from the tables of commands and options.
#include <cstdio>
#include <string>

#include "commands.h"

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
    if (listed(row))
      std::printf("    %s\n", quoted(std::string(row.name) + ":" + std::string(row.about)).c_str());
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
          "complete -c zwasm -n '__fish_seen_subcommand_from " + std::string(command.name) + "'";
      if (!row.short_name().empty()) line += " -s " + std::string(row.short_name().substr(1));
      if (!row.long_name().empty()) line += " -l " + std::string(row.long_name().substr(2));
      if (row.takes_value()) line += " -r";
      std::printf("%s -d %s\n", line.c_str(), quoted(row.about).c_str());
    }
  }
  std::printf("complete -c zwasm -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\n");
}

}  // namespace

int completion(const CommandRow& command, Args args) {
  ParsedArgs parsed = parse_args(command, args, Order::anywhere);
  if (parsed.operands.size() != 1)
    return usage_error("completion needs a SHELL: bash, zsh or fish", command.name);
  if (parsed.operands[0] == "bash") print_bash();
  else if (parsed.operands[0] == "zsh") print_zsh();
  else if (parsed.operands[0] == "fish") print_fish();
  else
    return usage_error("there is no completion for \"" + std::string(parsed.operands[0]) +
                           "\", only for bash, zsh and fish",
                       command.name);
  return kOk;
}

}  // namespace zwasm::cli
