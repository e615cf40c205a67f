#!/usr/bin/env python3
"""Data flows in one direction, and the order of includes is that direction.

Fails on every `#include` that goes against the table below. A folder may include itself, what its
row names, the standard library and the system; nothing else of ours. The public headers stand on
their own, and whatever a user could write (command line, API tests, fuzzers, benchmarks) sees
nothing but them; but the code that makes inputs for fuzzers is made of the tables."""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# folder -> the folders of src/ that it may include besides itself
LAYERS = {
    "base": "",
    "sys": "base",
    "isa": "base",
    "module": "base isa",
    "text": "base isa module",
    "validate": "base isa module",
    "runtime": "base sys isa module validate",
    "interp": "base sys isa module validate runtime",
    "ir": "base isa module validate runtime",
    "opt": "base isa ir",
    "codegen": "base sys isa ir runtime",
    "aot": "base sys isa module runtime",
    "jit": "base sys isa module validate runtime interp ir opt codegen aot",
    "wasi": "base sys",
    "api": "base sys isa module text validate runtime interp ir opt codegen aot jit wasi",
    "cli": "",
}
# Layers on which the public headers' types may be used: from the API on, and in what is outside.
SEES_PUBLIC = {"api", "cli"}
OUTSIDE = ["tests/api", "tests/fuzz", "tests/differential", "bench"]
MAKES_INPUTS = "tests/fuzz/make"

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
SOURCES = {".h", ".hpp", ".inc", ".def", ".cpp", ".c", ".S"}


def includes(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if match := INCLUDE.match(line):
            yield number, match[1], match[2]


def layer_of(name, includer):
    """Which layer an include names: one of LAYERS, "public", "" for the outer world, None if unknown."""
    first = name.split("/")[0]
    if first in LAYERS and (ROOT / "src" / name).exists():
        return first
    if (ROOT / "include" / name).exists():
        return "public"
    sibling = includer.parent / name
    if sibling.exists():
        inside = sibling.resolve().relative_to(ROOT).parts
        return "public" if inside[0] == "include" else inside[1] if inside[0] == "src" else ""
    return None


def check(path, allowed, public):
    for number, quote, name in includes(path):
        where = f"{path.relative_to(ROOT)}:{number}"
        layer = layer_of(name, path)
        if layer is None and quote == '"' and path.is_relative_to(ROOT / "src"):
            yield f"{where}: \"{name}\" is not a file of the project; write <{name}> for a library"
        elif layer == "public" and not public:
            yield f"{where}: <{name}> is a public header; this layer is below the API"
        elif layer and layer != "public" and layer not in allowed:
            yield f"{where}: \"{name}\" goes against the include order"


def main():
    errors, files = [], 0

    def scan(folder, allowed, public, but=None):
        nonlocal files
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in SOURCES and not (but and path.is_relative_to(ROOT / but)):
                files += 1
                errors.extend(check(path, allowed, public))

    for layer, below in LAYERS.items():
        scan(f"src/{layer}", {layer, *below.split()}, layer in SEES_PUBLIC)
    for folder in sorted((ROOT / "src").iterdir()):
        if folder.is_dir() and folder.name not in LAYERS:
            errors.append(f"src/{folder.name}: not in the table of layers in tools/check_includes.py")
    scan("include", set(), True)
    for folder in OUTSIDE:
        scan(folder, set(), True, but=MAKES_INPUTS)
    scan(MAKES_INPUTS, {"base", "isa", "module"}, True)

    for error in errors:
        print(error)
    print(f"{files - len({e.split(':')[0] for e in errors})} passed, {len(errors)} failed")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
