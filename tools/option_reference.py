#!/usr/bin/env python3
"""docs/options.md: every command, option and switch, from the tables that the command line itself is made of.

    tools/option_reference.py            fails when the page is not what the tables say
    tools/option_reference.py --update   writes it"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "options.md"
STRING = r'"((?:[^"\\]|\\.)*)"'
GROUPS = {"W": "WebAssembly: proposals and limits", "S": "WASI", "O": "memories and the compiler",
          "C": "code generation", "D": "debugging"}

# Names that people who come from wasmtime type: without effect, or refused with what to type instead.
ELSEWHERE = {"accepted": "", "instead": "refused; instead: "}


def rows(name, pattern):
    for line in (ROOT / "src" / "cli" / name).read_text().splitlines():
        match = re.match(pattern, line)
        if match:
            yield match.groups()


def cell(text):
    return text.replace("|", "\\|")


def proposals():
    pattern = r'FEATURE\((\w+),\s*' + STRING
    for line in (ROOT / "src" / "isa" / "features.def").read_text().splitlines():
        match = re.match(pattern, line)
        if match and match[1] != "mvp":
            about = re.findall(STRING, line)[-1]
            yield match[2], about


def page():
    out = ["# Commands, options, switches", "",
           "Written by `tools/option_reference.py` from the tables in `src/cli`; the tests compare both.", "",
           "| command | does |", "|---|---|"]
    commands = [row for row in rows("commands.def", r"COMMAND\(\w+,\s*'(.)',\s*" + STRING + r",\s*" + STRING +
                                    r",\s*(\w+),\s*" + STRING) if row[3] == "now"]
    for _, name, operands, _, about in commands:
        out.append(f"| `zwasm {cell((name + ' ' + operands).strip())}` | {cell(about)} |")
    options = [row for row in rows("options.def", r"OPTION\(\w+,\s*" + STRING + r",\s*" + STRING + r",\s*" + STRING +
                                   r",\s*(\w+),\s*" + STRING) if row[3] == "now"]
    for letter, name, *_ in commands:
        mine = [row for row in options if letter in row[0]] if letter != "-" else []
        if not mine:
            continue
        out += ["", f"## zwasm {name}", "", "| option | means |", "|---|---|"]
        for _, spelling, value, _, about in mine:
            space = "" if not value or value.startswith("[") else " "
            out.append(f"| `{cell(spelling + space + value)}` | {cell(about)} |")
    for group, what in GROUPS.items():
        mine = [row for row in rows("switches.def", r"SWITCH\('" + group + r"',\s*(\w+),\s*" + STRING + r",\s*" + STRING +
                                    r",\s*(\w+),\s*" + STRING) if row[3] == "now"]
        known = [(key, "[=y\\|n]" if not value else "=" + cell(value), about) for id, key, value, _, about in mine
                 if id not in ELSEWHERE]
        if group == "W":
            known += [(key, "[=y\\|n]", about) for key, about in proposals()]
        if not known:
            continue
        out += ["", f"## -{group}: {what}", "", "| key | means |", "|---|---|"]
        out += [f"| `{key}{value}` | {cell(about)} |" for key, value, about in known]
        foreign = [(ELSEWHERE[id], key, about) for id, key, _, _, about in mine if id in ELSEWHERE]
        if foreign:
            out += ["", f"| wasmtime's keys of -{group} | here |", "|---|---|"]
            out += [f"| `{key}` | {how}{cell(about)} |" for how, key, about in foreign]
    return "\n".join(out) + "\n"


def main():
    wanted = page()
    if "--update" in sys.argv:
        PAGE.write_text(wanted)
    same = PAGE.exists() and PAGE.read_text() == wanted
    if not same:
        print("docs/options.md is not what the tables say: run tools/option_reference.py --update")
    print(f"{wanted.count('| `')} passed, {int(not same)} failed")
    return not same


if __name__ == "__main__":
    sys.exit(main())
