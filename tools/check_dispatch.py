#!/usr/bin/env python3
"""The interpreter's handlers must jump to each other, never call: a call would use native stack
with every instruction that the guest executes.

Compilers turn calls in tail position into jumps when they optimize, but they do not promise it.
This looks at what they made: no object of src/interp/handlers/ may hold an indirect call (only the
next handler is reached through a pointer), nor a direct call of anything with a handler's
parameters. Only run.o, which enters the interpreter, calls a handler.

    check_dispatch.py [BUILD]          default: build/release"""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

FUNCTION = re.compile(r"^[0-9a-f]+ <(.*)>:$")
CALL = re.compile(r"\s(?:call|callq|bl|blr)\s+(.*)$")
TARGET = re.compile(r"R_\w+\s+(.*)$")
# How the last parameters of a handler are written by demanglers.
HANDLER = re.compile(r"unsigned long, unsigned long, (?:float __vector\(4\)|__Float32x4_t|.*\[4\])")


def offences(path, objdump):
    text = subprocess.run([objdump, "-drC", "--no-show-raw-insn", path], check=True, text=True,
                          capture_output=True).stdout.splitlines()
    function, handlers = "", 0
    for i, line in enumerate(text):
        if match := FUNCTION.match(line):
            function = match[1]
            handlers += bool(HANDLER.search(function))
        elif match := CALL.search(line):
            relocation = TARGET.search(text[i + 1]) if i + 1 < len(text) else None
            callee = relocation[1] if relocation else match[1]
            if callee.startswith("*") or "blr" in line:
                yield f"{path.name}: indirect call in {function}"
            elif HANDLER.search(callee):
                yield f"{path.name}: {function} calls a handler instead of jumping to it"
    if handlers == 0 and not path.name.startswith("misc_table."):
        yield f"{path.name}: no handlers found"


def main():
    build = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build/release"
    objects = sorted(build.glob("CMakeFiles/zwasm*.dir/src/interp/handlers/*.o"))
    objdump = "aarch64-linux-gnu-objdump" if "arm64" in build.name else "objdump"
    failed = 0
    for path in objects:
        if path.name.startswith("run."):
            continue
        found = sorted(set(offences(path, objdump)))
        failed += bool(found)
        for line in found:
            print(line)
    if not objects:
        print(f"no objects below {build}: build it first")
        failed = 1
    print(f"{len(objects) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
