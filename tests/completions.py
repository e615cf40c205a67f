#!/usr/bin/env python3
"""The completions, in the shells they are for, and the manual page, as its formatters read it.

    tests/completions.py CLI

Each shell loads the script from the place where packages put it, and completes the same beginnings;
of what it offers, the words that are to be there are looked for."""
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# What is typed, and words that are offered for the last one; a word after `!` must not be.
CASES = (
    ("zwasm comp", "compile completion"),
    ("zwasm run --eng", "--engine"),
    ("zwasm run --engine ", "auto interp jit"),
    ("zwasm run --engine=", "auto interp jit"),
    ("zwasm run --trace-format j", "json !text"),
    ("zwasm run -W thr", "threads !simd"),
    ("zwasm run -W simd,thr", "threads !simd"),
    ("zwasm run pro", "program.wasm"),
    ("zwasm run --dir fol", "folder"),
    ("zwasm completion ", "bash zsh fish !program.wasm"),
    ("zwasm config ", "new show"),
    ("zwasm cache ", "clear !program.wasm"),
    ("zwasm help wat", "wat2wasm"),
    ("zwasm objdump --fu", "--func"),
    ("zwasm wasm2wat --f", "--fold"),
    ("zwasm pro", "program.wasm"),
)
LIMIT = 20  # seconds for one completion


def bash(folder, line, env):
    """Words of COMPREPLY, split as readline splits."""
    words = [word for word in re.split(r"[ ]|(=)", line) if word is not None]
    words = [word for at, word in enumerate(words) if word or at == len(words) - 1]
    code = (f"source '{folder}/bash-completion/completions/zwasm'; COMP_LINE=$1; shift; COMP_WORDS=(\"$@\"); "
            "COMP_CWORD=$(($# - 1)); _zwasm; printf '%s\\n' \"${COMPREPLY[@]}\"")
    output = subprocess.run(["bash", "--norc", "-c", code, "bash", line, *words], env=env, cwd=folder / "work", text=True,
                            capture_output=True, timeout=LIMIT, check=True).stdout
    return [word.split(",")[-1] for word in output.split()]


def fish(folder, line, env):
    # fish repeats what was typed before a comma.
    code = f"source '{folder}/fish/vendor_completions.d/zwasm.fish'; complete -C \"$argv[1]\""
    output = subprocess.run(["fish", "--no-config", "-c", code, line], env=env, cwd=folder / "work", text=True,
                            capture_output=True, timeout=LIMIT, check=True).stdout
    return [re.split("[=,]", row.split("\t")[0].rstrip("="))[-1] for row in output.splitlines()]


def zsh(folder, line, env):
    """What a terminal shows for TAB: zsh has no other way to ask."""
    setup = (f"fpath=({folder}/zsh/vendor-completions $fpath); autoload -Uz compinit; compinit -u -D; "
             "setopt nobeep noprompt_cr; LISTMAX=1000; PS1=; bindkey '^I' list-choices")
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder / "work")
        os.execvpe("zsh", ["zsh", "-f", "-i"], env)
    shown = b""

    def until(what, limit=LIMIT):
        nonlocal shown
        end = time.monotonic() + limit
        while time.monotonic() < end and what.encode() not in shown:
            if select.select([terminal], [], [], 0.1)[0]:
                try:
                    shown += os.read(terminal, 65536)
                except OSError:
                    break
        return what.encode() in shown

    # What the terminal echoes has the quotes inside; what the shell prints has not.
    os.write(terminal, f"{setup}; print rea''dy\n".encode())
    until("ready")
    shown = b""
    os.write(terminal, line.encode() + b"\t")
    time.sleep(0.05)
    # ^U takes back what was typed, after the list was shown.
    os.write(terminal, b"\x15print rea''dy\n")
    until("ready")
    os.write(terminal, b"exit\n")
    os.close(terminal)
    os.waitpid(process, 0)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b.|\r", " ", shown.decode(errors="replace"))
    return re.split(r"[\s=]+", text.split("print rea")[0].replace(line, "", 1))


def has_terminals():
    try:
        for end in pty.openpty():
            os.close(end)
        return True
    except OSError:
        return False


def missing(words, offered):
    wrong = []
    for word in words.split():
        if (word[1:] in offered) if word.startswith("!") else not any(o.rstrip("/=") == word for o in offered):
            wrong.append(word)
    return wrong


def lint(page):
    """Problems that the formatters of manual pages report."""
    for tool, command in (("mandoc", ["mandoc", "-T", "lint", "-W", "style"]),
                          ("groff", ["groff", "-man", "-ww", "-K", "utf8", "-T", "utf8", "-z"])):
        if shutil.which(tool) is None:
            print(f"SKIPPED: {tool} is not installed")
            continue
        result = subprocess.run([*command, page], text=True, capture_output=True, timeout=60)
        yield tool, (result.stdout + result.stderr).strip()


def main():
    cli = Path(sys.argv[1]).resolve()
    passed, problems = 0, []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for shell, place in (("bash", "bash-completion/completions/zwasm"), ("zsh", "zsh/vendor-completions/_zwasm"),
                             ("fish", "fish/vendor_completions.d/zwasm.fish"), ("man", "zwasm.1")):
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            (folder / place).write_bytes(subprocess.run([cli, "completion", shell], capture_output=True,
                                                        check=True).stdout)
        (folder / "work" / "folder").mkdir(parents=True)
        (folder / "work" / "program.wasm").touch()
        env = dict(os.environ, HOME=name, PATH=f"{cli.parent}:{os.environ['PATH']}", TERM="xterm", LC_ALL="C.UTF-8",
                   COLUMNS="200", LINES="60")
        for ask in (bash, zsh, fish):
            if shutil.which(ask.__name__) is None:
                print(f"SKIPPED: {ask.__name__} is not installed")
                continue
            if ask is zsh and not has_terminals():
                print("SKIPPED: zsh completes in terminals only, and there are no pseudo terminals (/dev/pts)")
                continue
            for line, words in CASES:
                offered = ask(folder, line, env)
                wrong = missing(words, offered)
                passed += not wrong
                if wrong:
                    problems.append(f"{ask.__name__}: \"{line}\" offers {offered}, which does not fit {wrong}")
        for tool, said in lint(folder / "zwasm.1"):
            passed += not said
            if said:
                problems.append(f"the manual page, by {tool}: {said}")
    for problem in problems:
        print(problem)
    print(f"{passed} passed, {len(problems)} failed")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
