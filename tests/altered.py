#!/usr/bin/env python3
"""A runner that passes a wrong expectation is broken. Takes scripts of the suites, alters one
expectation in each, and demands that the run fails at exactly that line.

    tests/altered.py [--count N] [--seed N] CLI"""
import argparse
import random
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import scripts

CONSTANT = re.compile(r"\(\s*([if](?:32|64))\.const\s+([^\s()]+)\s*\)\s*\)$")
TRAP = re.compile(r'"[^"]*"\s*\)$')


def altered(form):
    """The form with its expectation made wrong, or None where this script cannot say how."""
    if form.head == "assert_return" and "either" not in form.text:
        match = CONSTANT.search(form.text)
        if match and match.start() > form.text.find("(invoke"):
            # The constant must be the expectation, not an argument of the invocation.
            if form.text.count("(") - form.text.count("(", match.start()) < 2:
                return None
            closed = [nested.text for nested in scripts.forms(form.text[1:])]
            if len(closed) < 2:
                return None
            kind, value = match[1], match[2]
            wrong = "nan:canonical" if kind[0] == "f" and "nan" not in value else "12345.5" if kind[0] == "f" else \
                "1234567" if value != "1234567" else "7654321"
            return f"{form.text[:match.start()]}({kind}.const {wrong}))"
    if form.head == "assert_trap" and TRAP.search(form.text):
        return TRAP.sub('"the moon is full")', form.text)
    return None


def candidates():
    for path, mode, switches in scripts.step("core", "run"):
        text = (scripts.SUITES / path).read_bytes().decode("utf-8", "surrogateescape")
        found = [form for form in scripts.forms(text) if altered(form)]
        if found:
            yield path, switches, text, found


def attempt(cli, path, switches, text, form):
    wrong = text[:form.start] + altered(form) + text[form.start + len(form.text):]
    with tempfile.TemporaryDirectory(prefix="zwasm-altered-") as scratch:
        script = Path(scratch) / Path(path).name
        script.write_bytes(wrong.encode("utf-8", "surrogateescape"))
        command = [cli, "wast", *(["-W", switches] if switches else []), str(script)]
        try:
            result = subprocess.run(command, capture_output=True, timeout=120)
        except subprocess.TimeoutExpired:
            return f"{path}:{form.line}: no end within 120 s"
    lines = {int(line) for line in re.findall(re.escape(script.name) + r":(\d+)",
                                              result.stderr.decode(errors="replace"))}
    expected = range(form.line, form.line + form.text.count("\n") + 1)
    if result.returncode != 1:
        return f"{path}:{form.line}: exit status {result.returncode} with the expectation altered"
    if not lines or not lines <= set(expected):
        return f"{path}:{form.line}: altered, but the failure is reported at {sorted(lines) or 'no line'}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("cli")
    args = parser.parse_args()
    generator = random.Random(args.seed)
    pool = list(candidates())
    chosen = generator.sample(pool, min(args.count, len(pool)))
    jobs = [(args.cli, path, switches, text, generator.choice(found))
            for path, switches, text, found in chosen]
    with ThreadPoolExecutor(max_workers=2) as workers:
        problems = [problem for problem in workers.map(lambda job: attempt(*job), jobs) if problem]
    for problem in problems:
        print(f"FAIL {problem}")
    print(f"{len(jobs) - len(problems)} passed, {len(problems)} failed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
