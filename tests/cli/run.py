#!/usr/bin/env python3
"""The contract of the command line, as readable files: `*.test` beside this script.

    tests/cli/run.py [--only REGEX] [--update] [-v] [CLI]       CLI: build/release/zwasm

A file is a group of tests. Its lines:

    # a comment
    file NAME            the indented lines below are its text; before the first test it is there for
                         all of the group, after a test's title for that test only
    test TITLE           begins a test; it runs in a folder of its own, which has the files, and
                         the programs of tests/cli/programs
    $ COMMAND            for bash; `zwasm` is the program under test
    stdin                the indented lines below are its standard input
    exit N               the exit status; 0 when not said; `1|2` where either will do
    stdout               the indented lines below are exactly what it writes
    stdout ~ REGEX       what it writes matches, anywhere, `^` and `$` at lines; may be repeated
    stderr, stderr ~     the same for standard error

A stream that is not mentioned must stay empty. `--update` rewrites the exact blocks and exit
statuses by what was seen; read the difference before you keep it."""
import argparse
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
INDENT = "    "
LIMIT = 30  # seconds for one test


@dataclass
class Test:
    group: str
    title: str
    line: int
    command: str = ""
    files: dict = field(default_factory=dict)
    stdin: str = ""
    exit: str = "0"
    exact: dict = field(default_factory=dict)  # stream -> text
    patterns: list = field(default_factory=list)  # (stream, regex)


def parse(path):
    """The tests of a group; a line that means nothing is an error, not ignored."""
    shared, tests, block = {}, [], None

    def put(text):
        if block[0] == "file":
            block[1][block[2]] = block[1].get(block[2], "") + text
        elif block[0] == "stdin":
            tests[-1].stdin += text
        else:
            tests[-1].exact[block[0]] += text

    for number, line in enumerate(path.read_text().splitlines(), 1):
        if block and (line.startswith(INDENT) or (not line.strip() and block[0] == "file")):
            put(line[len(INDENT):] + "\n")
            continue
        block = None
        word, _, rest = line.partition(" ")
        if not line.strip() or word.startswith("#"):
            continue
        if word == "file":
            block = ("file", tests[-1].files if tests else shared, rest)
            put("")
        elif word == "test":
            tests.append(Test(path.stem, rest, number, files=dict(shared)))
        elif not tests:
            raise SystemExit(f"{path}:{number}: expected `file` or `test`")
        elif word == "$":
            tests[-1].command = rest
        elif word == "exit":
            tests[-1].exit = rest
        elif word == "stdin":
            block = ("stdin",)
        elif word in ("stdout", "stderr") and rest.startswith("~ "):
            tests[-1].patterns.append((word, rest[2:]))
        elif word in ("stdout", "stderr") and not rest:
            block = (word,)
            tests[-1].exact[word] = ""
        else:
            raise SystemExit(f"{path}:{number}: `{line}` means nothing here")
    return tests


def run(test, cli):
    """(exit status, {stream: text})"""
    with tempfile.TemporaryDirectory(prefix="zwasm-cli-") as scratch:
        scratch = Path(scratch)
        folder = scratch / "work"
        (scratch / "bin").mkdir()
        (scratch / "bin" / "zwasm").symlink_to(cli)
        folder.mkdir()
        for program in (HERE / "programs").iterdir():
            (folder / program.name).symlink_to(program)
        for name, text in test.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            path.write_text(text)
        env = {"PATH": f"{scratch}/bin:/usr/bin:/bin", "HOME": str(scratch), "LANG": "C.UTF-8",
               "ZWASM_ROOT": str(ROOT), "FROM_OUTSIDE": "inherited"}
        try:
            result = subprocess.run(["bash", "-c", test.command], cwd=folder, env=env, timeout=LIMIT,
                                    input=test.stdin.encode(), capture_output=True)
        except subprocess.TimeoutExpired as late:
            return f"none within {LIMIT} s", {"stdout": str(late.stdout), "stderr": str(late.stderr)}
    return str(result.returncode), {"stdout": result.stdout.decode(errors="replace"),
                                    "stderr": result.stderr.decode(errors="replace")}


def problems(test, status, streams):
    if status not in test.exit.split("|"):
        yield f"exit status {status}, expected {test.exit}"
    for stream, text in test.exact.items():
        if streams[stream] != text:
            yield f"{stream} is not\n{text}"
    for stream, pattern in test.patterns:
        if not re.search(pattern, streams[stream], re.M):
            yield f"{stream} does not match /{pattern}/"
    for stream, text in streams.items():
        mentioned = stream in test.exact or any(name == stream for name, _ in test.patterns)
        if text and not mentioned:
            yield f"{stream} should be empty"


def update(path, tests, seen):
    """Writes what was seen into the file's exact blocks and exit statuses."""
    lines, current, skipping = [], None, False
    by_line = {test.line: (test, *seen[id(test)]) for test in tests}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        current = by_line.get(number, current)
        if skipping and line.startswith(INDENT):
            continue
        skipping = False
        if current and line.startswith("exit ") and "|" not in line:
            line = f"exit {current[1]}"
        lines.append(line)
        if current and line in ("stdout", "stderr"):
            lines += [INDENT + text for text in current[2][line].splitlines()]
            skipping = True
    path.write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", metavar="REGEX", help="tests whose `group: title` matches")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("cli", nargs="?", default=str(ROOT / "build" / "release" / "zwasm"))
    args = parser.parse_args()
    cli = Path(args.cli).resolve()
    if not cli.exists():
        raise SystemExit(f"{cli} is not there; build it with ./x build")

    groups = {path: parse(path) for path in sorted(HERE.glob("*.test"))}
    tests = [test for group in groups.values() for test in group
             if not args.only or re.search(args.only, f"{test.group}: {test.title}")]
    seen, failed = {}, 0
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for test, (status, streams) in zip(tests, pool.map(lambda test: run(test, cli), tests)):
            seen[id(test)] = (status, streams)
            wrong = list(problems(test, status, streams))
            failed += bool(wrong)
            if wrong:
                print(f"FAIL {test.group}.test:{test.line}: {test.title}\n     $ {test.command}")
                for problem in wrong:
                    print("     " + problem.replace("\n", "\n       "))
                for stream, text in streams.items():
                    print(f"     {stream}: {text[:1500]!r}" if len(text.splitlines()) < 2 else
                          f"     {stream}:\n" + "\n".join(f"       {x}" for x in text[:1500].splitlines()))
            elif args.verbose:
                print(f"ok   {test.group}: {test.title}")
    if args.update and not args.only:
        for path, group in groups.items():
            update(path, group, seen)
    print(f"{len(tests) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
