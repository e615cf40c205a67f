#!/usr/bin/env python3
"""The symbols that the shared library exports, against the list in abi/symbols.txt: what was once
exported must stay for as long as the soname does; what is new must be entered.

    tools/check_abi.py [--update] BUILD_FOLDER

--update enters what is new, and takes out what is gone: change the soname when anything is."""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "abi" / "symbols.txt"
INTERNAL = re.compile(r"\bzwasm::(base|isa|module|text|validate|interp|ir|opt|codegen|jit|runtime|sys|wasi|aot|capi)::")


def exported(library):
    """Demangled names of the functions and data that a library defines."""
    text = subprocess.run(["nm", "-D", "--defined-only", "-C", library], text=True, capture_output=True,
                          check=True).stdout
    names = set()
    for line in text.splitlines():
        match = re.match(r"[0-9a-f]* +(\w) (.*)", line)
        if match and match[1] != "A":
            names.add(re.sub(r"@@?ZWASM_[\d.]+$", "", match[2]))
    return names


def main():
    library = Path([arg for arg in sys.argv[1:] if not arg.startswith("-")][0]) / "libzwasm.so"
    if not library.exists():
        print(f"SKIPPED: {library} was not built (ZWASM_SHARED)")
        return 0
    now = exported(library)
    if "--update" in sys.argv:
        LIST.parent.mkdir(exist_ok=True)
        LIST.write_text("\n".join(sorted(now)) + "\n")
    known = set(LIST.read_text().splitlines())
    problems = [f"no longer exported (a break of the ABI): {name}" for name in sorted(known - now)]
    problems += [f"exported, but not in abi/symbols.txt: {name}" for name in sorted(now - known)]
    # Only the arguments of a symbol may name what is internal.
    problems += [f"internal: {name}" for name in sorted(now) if INTERNAL.match(name.split("(")[0])]
    print(*problems, sep="\n", end="\n" if problems else "")
    print(f"{len(known & now)} passed, {len(problems)} failed")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
