#!/usr/bin/env python3
"""Where the bytes of the command line come from: `tools/size_by_file.py build/release/zwasm.map`.

One line per object file, the largest first, from the map that the linker writes beside a release
(cmake/code_size.cmake). What is optimized as a whole has lost its files: configure with
-DZWASM_LTO=OFF to see them. With a pattern, the functions and tables of the files that match it:
`tools/size_by_file.py build/release/zwasm.map regalloc`.
"""
import collections
import re
import subprocess
import sys

# What a map calls an input section: ` .name address size file`, broken after a long name.
SECTION = re.compile(r" (\S+)?\s+0x[0-9a-f]+\s+0x([0-9a-f]+)(?: (.+))?$")
NO_SPACE = re.compile(r"\.(t?bss|comment|debug)")  # takes none in a stripped file
COLUMNS = (".text", ".rodata", ".data.rel.ro", ".eh_frame")


def sections(path):
    """(output section, input section, bytes, file) of all that was placed."""
    placed, output, broken = False, "", ""
    with open(path, errors="replace") as lines:
        for line in map(str.rstrip, lines):
            placed = placed or line.startswith("Linker script and memory map")
            if line.startswith("."):
                output = line.split()[0]
            elif found := SECTION.match(line):
                name, size, file = found.groups()
                if placed and not NO_SPACE.match(output) and int(size, 16):
                    yield output, name or broken, int(size, 16), short(file)
            broken = line.strip()


def short(file):
    if file is None:
        return "(between sections)"
    library = re.search(r"lib(stdc\+\+|gcc|gcc_eh)\.a", file)
    inside = re.search(r"\((.+)\.o\)$", file)
    return library[0] if library else inside[1] if inside else file.split(".dir/")[-1]


def names(mangled):
    """As a C++ programmer would write them."""
    text = "\n".join(name[name.find("_Z"):] if "_Z" in name else name for name in mangled)
    try:
        return subprocess.run(["c++filt"], input=text, capture_output=True, text=True, check=True).stdout.splitlines()
    except OSError:
        return mangled


def main():
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    found = list(sections(sys.argv[1]))
    if len(sys.argv) == 3:
        chosen = sorted((s for s in found if re.search(sys.argv[2], s[3])), key=lambda s: -s[2])
        for (output, _, size, file), name in zip(chosen, names([s[1] for s in chosen])):
            print(f"{size:8} {output:<14} {file}: {name}")
        return
    files = collections.defaultdict(collections.Counter)
    for output, _, size, file in found:
        files[file][output] += size
    print(f"{'all':>8}" + "".join(f"{column:>14}" for column in COLUMNS))
    for file, by in sorted(files.items(), key=lambda item: -item[1].total()):
        print(f"{by.total():8}" + "".join(f"{by[column]:14}" for column in COLUMNS) + f"  {file}")


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        sys.stderr.close()
