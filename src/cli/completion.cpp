// Completion scripts, written from the tables of commands, options and switches: straight to
// standard output, lists with a space after each word.
#include <algorithm>
#include <cstdio>

#include "commands.h"
#include "manual.h"
#include "report.h"
#include "switches.h"

namespace zwasm::cli {
namespace {

void put(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void put(std::initializer_list<std::string_view> pieces) {
  for (std::string_view piece : pieces) put(piece);
}

// In single quotes for a shell.
void put_quoted(std::initializer_list<std::string_view> pieces) {
  put("'");
  for (std::string_view piece : pieces)
    for (char c : piece) put(c == '\'' ? std::string_view("'\\''") : std::string_view(&c, 1));
  put("'");
}

bool listed(const CommandRow& row) { return row.step == Step::now; }

bool takes(const CommandRow& command, const OptionRow& row) {
  return row.step == Step::now && row.commands.find(command.letter) != std::string_view::npos;
}

void put_options(const CommandRow& command) {
  for (const OptionRow& row : option_rows()) {
    if (!takes(command, row)) continue;
    for (std::string_view name : {row.short_name(), row.long_name()})
      if (!name.empty()) put({name, " "});
  }
}

void put_commands() {
  for (const CommandRow& row : command_rows())
    if (listed(row)) put({row.name, " "});
}

// The words among which a value or an operand is chosen: "text|json". Names in capitals stand for
// anything. True if there are any; printed only where they are wanted.
bool choices(std::string_view about, bool print) {
  bool any = false;
  while (!about.empty()) {
    const size_t end = std::min(about.find_first_of(" |,[]"), about.size());
    const std::string_view word = about.substr(0, end);
    about.remove_prefix(std::min(end + 1, about.size()));
    if (word.empty() || word[0] < 'a' || word[0] > 'z') continue;
    any = true;
    if (print) put({word, " "});
  }
  return any;
}

// What may be typed first after a command's name, beside files.
void put_operands(const CommandRow& command) {
  if (command.id == CommandId::help) put_commands();
  else choices(command.operands, true);
}

// Where the values of an option are known.
bool known(const OptionRow& row) {
  return row.takes_value() && (row.value.starts_with("KEY") || choices(row.value, false));
}
// Several, with commas between.
bool is_list(const OptionRow& row) { return row.value.find(',') != std::string_view::npos; }

void put_values(const OptionRow& row) {
  if (!row.value.starts_with("KEY")) {
    choices(row.value, true);
    return;
  }
  put("help ");
  for_each_switch(row.spelling[1],
                  [](std::string_view key, std::string_view value, std::string_view) {
                    if (!key.ends_with('*')) put({key, value.empty() ? " " : "= "});
                  });
}

// `before` and what comes after its values, for each option whose values are known.
void put_cases_of_values(std::string_view before, std::string_view before_list,
                         std::string_view after) {
  for (const OptionRow& row : option_rows()) {
    if (row.step != Step::now || !known(row)) continue;
    put({"    ", row.spelling, ") ", is_list(row) ? before_list : before});
    put_values(row);
    put(after);
  }
}

void put_cases_of_commands(std::string_view open, std::string_view close) {
  for (const CommandRow& row : command_rows()) {
    if (!listed(row)) continue;
    put({"    ", row.name, ") options=", open});
    put_options(row);
    put({close, " operands=", open});
    put_operands(row);
    put({close, " ;;\n"});
  }
  put({"    *) options=", open});
  put_options(command_rows()[0]);
  put({close, " ;;\n  esac\n"});
}

void print_bash() {
  put("# bash completion for zwasm: source <(zwasm completion bash)\n"
      "_zwasm() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
      "  local options= operands= values=\n"
      "  # bash takes the `=` of --option=value for a word.\n"
      "  if [[ $word == = ]]; then word=\n"
      "  elif [[ $before == = ]]; then before=${COMP_WORDS[COMP_CWORD-2]}\n"
      "  fi\n"
      "  case $before in\n");
  put_cases_of_values("values='", "values='", "' ;;\n");
  put("  esac\n"
      "  if [[ $values ]]; then\n"
      "    local list=${word%\"${word##*,}\"}\n"
      "    COMPREPLY=($(compgen -P \"$list\" -W \"$values\" -- \"${word##*,}\"))\n"
      "    if [[ ${COMPREPLY[0]} == *= ]]; then compopt -o nospace 2>/dev/null; fi\n"
      "    return\n"
      "  fi\n"
      "  if ((COMP_CWORD == 1)) && [[ $word != -* ]]; then\n"
      "    COMPREPLY=($(compgen -W '");
  put_commands();
  put("' -- \"$word\") $(compgen -f -- \"$word\"))\n"
      "    return\n"
      "  fi\n"
      "  case ${COMP_WORDS[1]} in\n");
  put_cases_of_commands("'", "'");
  put("  if [[ $word == -* ]]; then\n"
      "    COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
      "  elif [[ $operands ]] && ((COMP_CWORD == 2)); then\n"
      "    COMPREPLY=($(compgen -W \"$operands\" -- \"$word\"))\n"
      "  else\n"
      "    COMPREPLY=($(compgen -f -- \"$word\"))\n"
      "  fi\n"
      "}\n"
      "complete -o filenames -F _zwasm zwasm\n");
}

void print_zsh() {
  put("#compdef zwasm\n# zsh completion for zwasm: source <(zwasm completion zsh)\n"
      "_zwasm() {\n"
      "  local before=$words[CURRENT-1]\n"
      "  local -a commands options operands\n"
      "  if [[ $PREFIX == --*=* ]]; then\n"
      "    before=${PREFIX%%=*}\n"
      "    compset -P 1 '*='\n"
      "  fi\n"
      "  case $before in\n");
  put_cases_of_values("compadd -S '' -- ", "compset -P '*,'; compadd -S '' -- ", "; return ;;\n");
  put("  esac\n  commands=(\n");
  for (const CommandRow& row : command_rows()) {
    if (!listed(row)) continue;
    put("    ");
    put_quoted({row.name, ":", row.about});
    put("\n");
  }
  put("  )\n  if ((CURRENT == 2)) && [[ $PREFIX != -* ]]; then\n"
      "    _describe command commands\n    _files\n    return\n  fi\n"
      "  case $words[2] in\n");
  put_cases_of_commands("(", ")");
  put("  if [[ $PREFIX == -* ]]; then\n    compadd -- $options\n"
      "  elif (($#operands && CURRENT == 3)); then\n    compadd -- $operands\n"
      "  else\n    _files\n  fi\n}\n"
      "# In a folder of $fpath, this file is itself the function, called for the first "
      "completion.\n"
      "if [[ $funcstack[1] == _zwasm ]]; then _zwasm \"$@\"; else compdef _zwasm zwasm; fi\n");
}

void print_fish() {
  put("# fish completion for zwasm: zwasm completion fish | source\n");
  for (const CommandRow& row : command_rows()) {
    if (!listed(row)) continue;
    put({"complete -c zwasm -n __fish_use_subcommand -a ", row.name, " -d "});
    put_quoted({row.about});
    put("\n");
  }
  for (const CommandRow& command : command_rows()) {
    if (!listed(command)) continue;
    const auto begin = [&command] {
      put({"complete -c zwasm -n '__fish_seen_subcommand_from ", command.name, "'"});
    };
    begin();
    if (command.operands.find("FILE") == std::string_view::npos) put(" -f");
    put(" -a '");
    put_operands(command);
    put("'\n");
    for (const OptionRow& row : option_rows()) {
      if (!takes(command, row)) continue;
      begin();
      if (!row.short_name().empty()) put({" -s ", row.short_name().substr(1)});
      if (!row.long_name().empty()) put({" -l ", row.long_name().substr(2)});
      if (row.takes_value()) put(" -r");
      if (known(row)) {
        put(is_list(row) ? " -f -a '(__fish_append , " : " -f -a '");
        put_values(row);
        put(is_list(row) ? ")'" : "'");
      }
      put(" -d ");
      put_quoted({row.about});
      put("\n");
    }
  }
}

}  // namespace

int completion(const CommandRow& command, Args args) {
  ParsedArgs parsed = parse_args(command, args, Order::anywhere);
  if (parsed.operands.size() != 1)
    return usage_error("completion needs a SHELL: bash, zsh or fish", command.name);
  if (parsed.operands[0] == "man") return print_manual(), kOk;
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
