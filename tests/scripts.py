"""What the tests need to know of script files: their top-level forms, and the suites' lists.

A scanner, not a parser: it knows strings, comments and parentheses, so that it depends on nothing of
the text parser under test."""
import csv
import os
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUITES = Path(os.environ.get("ZWASM_SUITES") or ROOT.parent / "shared" / "suites")
GUESTS = Path(os.environ.get("ZWASM_GUESTS") or SUITES.parent / "guests")

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|;;[^\n\r]*|\(;|;\)|\(|\)', re.S)


@dataclass
class Form:
    text: str
    start: int  # offset in the script
    line: int  # from 1

    @property
    def head(self):
        return re.match(r"\(\s*([^\s()\"]*)", self.text)[1]


def forms(text):
    """The top-level parenthesized forms of a script; stops quietly where it ends in the middle."""
    depth = comment = start = line = last = 0
    for token in TOKEN.finditer(text):
        word = token[0]
        if word == "(;":
            comment += 1
        elif word == ";)":
            comment = max(comment - 1, 0)
        elif comment:
            continue
        elif word == "(":
            if depth == 0:
                start = token.start()
                line += text.count("\n", last, start)
                last = start
            depth += 1
        elif word == ")":
            depth -= 1
            if depth == 0:
                yield Form(text[start:token.end()], start, line + 1)
            depth = max(depth, 0)


def modules(text):
    """The module forms of a script, also those inside assertions about the module itself."""
    for form in forms(text):
        if form.head == "module":
            yield form
        elif form.head in ("assert_trap", "assert_unlinkable", "thread"):
            inner = form.text[1:]
            for nested in forms(inner):
                if nested.head == "module":
                    yield Form(nested.text, form.start, form.line + inner.count("\n", 0, nested.start))


def step(name, mode=None):
    """The rows (path, mode, switches) of a step of the suites."""
    with open(SUITES / "STEPS.tsv", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["step"] == name and mode in (None, row["mode"]):
                yield row["path"], row["mode"], row["switches"] or ""


def manifest():
    """path -> {directive: how many of them the script has}"""
    with open(SUITES / "MANIFEST.tsv", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        skip = {"path", "group", "features", "bytes", "sha256_16", "lex_error", "in_thread"}
        return {row["path"]: {key: int(value) for key, value in row.items()
                              if key not in skip and value and int(value)} for row in rows}
