#!/usr/bin/env python3
"""Every function that wasm.h and zwasm.h declare is defined: links a program that takes the address
of each, found by preprocessing the headers.

    tools/check_symbols.py BUILD_FOLDER"""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def declared(header):
    """The names of the functions that a C header declares and does not define."""
    text = subprocess.run(["gcc", "-E", "-P", f"-I{ROOT / 'include'}", str(ROOT / "include" / header)],
                          text=True, capture_output=True, check=True).stdout
    text = re.sub(r"static inline.*?\{.*?\n?\}", "", text, flags=re.S)
    return sorted(set(re.findall(r"\b(z?wasm_\w+)\s*\(", text)))


def main():
    build = Path(sys.argv[1])
    library = next(iter([*build.glob("libzwasm.a"), *build.glob("libzwasm.so")]), None)
    if library is None:
        print(f"no library in {build}")
        return 1
    names = declared("zwasm.h")
    code = '#include "zwasm.h"\n#include <stdio.h>\ntypedef void (*any)(void);\nany all[] = {\n'
    code += "".join(f"  (any)&{name},\n" for name in names)
    code += "};\nint main(void) {\n  size_t n = 0;\n  for (size_t i = 0; i < sizeof all / sizeof *all; ++i)"
    code += ' n += all[i] != 0;\n  printf("%zu", n);\n}\n'
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder, "all.c"), Path(folder, "all")
        source.write_text(code)
        subprocess.run(["gcc", "-Wall", f"-I{ROOT / 'include'}", "-c", source, "-o", f"{program}.o"], check=True)
        result = subprocess.run(["g++", f"{program}.o", str(library.resolve()), "-pthread",
                                 f"-Wl,-rpath,{library.resolve().parent}", "-o", program],
                                text=True, capture_output=True)
        if result.returncode:
            missing = sorted(set(re.findall(r"undefined reference to `(\w+)'", result.stderr)))
            print(*(f"not defined: {name}" for name in missing), sep="\n")
            print(result.stderr if not missing else "", end="")
            print(f"{len(names) - len(missing)} passed, {len(missing) or 1} failed")
            return 1
        count = int(subprocess.run([program], text=True, capture_output=True, check=True).stdout)
    print(f"{count} passed, {len(names) - count} failed")
    return count != len(names)


if __name__ == "__main__":
    sys.exit(main())
