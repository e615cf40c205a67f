#!/usr/bin/env python3
"""What gdb sees of compiled code: breakpoints by the names of a guest's functions, backtraces through
its frames and those of the runtime, lines.

    tests/debugger.py build/release/zwasm"""
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

MODULE = """(module $sample
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (memory (export "memory") 1)
  (func $leaf (param i32) (result i32) (i32.div_u (i32.const 100) (local.get 0)))
  (func $inner (param i32) (result i32)
    (drop (call $yield))
    (call $leaf (local.get 0)))
  (func $outer (export "outer") (param i32) (result i32)
    (i32.add (i32.const 1) (call $inner (local.get 0)))))
"""
# It carries no DWARF: lines are offsets in the module.


def gdb(zwasm, module, commands, *options):
    script = ["set confirm off", "set pagination off", "set breakpoint pending on", "set style enabled off",
              "set debuginfod enabled off", *commands]
    command = ["gdb", "-nx", "-batch", *(part for line in script for part in ("-ex", line)), "--args", zwasm, "run",
               "--engine", "jit", *options, "--invoke", "outer", module, "4"]
    return subprocess.run(command, text=True, capture_output=True, timeout=120, stdin=subprocess.DEVNULL).stdout


def frames(text):
    """The names of the innermost backtrace's functions, with their file and line."""
    found = []
    for line in text.splitlines():
        if m := re.match(r"#(\d+)\s+(?:0x[0-9a-f]+ in )?(\S+) .*?(?: at (\S+):(\d+))?$", line):
            if m[1] == "0":
                found = []
            found.append((m[2], m[3], m[4]))
    return found


CASES = []


def case(about):
    return lambda run: CASES.append((about, run)) or run


@case("a breakpoint by a function's name stops there, with lines, and the frames lead on into the runtime")
def lines(zwasm, module):
    text = gdb(zwasm, module, ["break inner", "run", "bt"], "-D", "debug-info")
    names = frames(text)
    wanted = names[:2] and [n for n, _, _ in names[:2]] == ["inner", "outer"]
    placed = all(f is not None and f.endswith("sample.wasm") and int(l) > 0 for _, f, l in names[:2])
    # Beyond its entry the runtime has no unwind tables in a release, and a debugger guesses.
    return wanted and placed and any(n == "zwasm_enter_native" for n, _, _ in names), text


@case("a compiled module has functions and lines too")
def compiled(zwasm, module):
    file = str(Path(module).with_suffix(".cwasm"))
    subprocess.run([zwasm, "compile", "-D", "debug-info", "-o", file, module], check=True, timeout=60)
    text = gdb(zwasm, file, ["break outer", "run", "bt"], "-D", "debug-info")  # inner is part of it
    name, place, line = (frames(text) or [("", None, 0)])[0]
    return name == "outer" and place is not None and place.endswith("sample.wasm") and int(line) > 0, text


@case("the frames lead on from a function without one of its own")
def frameless(zwasm, module):
    text = gdb(zwasm, module, ["break 'wasm!sample!leaf'", "run", "stepi", "bt"])
    return [n for n, _, _ in frames(text)[:3]] == [f"wasm!sample!{name}" for name in ("leaf", "inner", "outer")], text


@case("stepping goes from line to line")
def steps(zwasm, module):
    text = gdb(zwasm, module, ["break inner", "run", "next", "info line *$pc"], "-D", "debug-info")
    return re.search(r'Line \d+ of "sample.wasm"', text) is not None, text


@case("under a debugger functions have names without being asked for")
def names(zwasm, module):
    text = gdb(zwasm, module, ["break 'wasm!sample!inner'", "run", "bt"])
    return [n for n, _, _ in frames(text)[:2]] == ["wasm!sample!inner", "wasm!sample!outer"], text


@case("the program runs to its end")
def ends(zwasm, module):
    text = gdb(zwasm, module, ["break inner", "run", "continue"], "-D", "debug-info")
    return "26" in text.split() and "exited normally" in text, text


def main():
    zwasm = sys.argv[1]
    if shutil.which("gdb") is None:
        print("SKIPPED: gdb is not installed: nobody looked at what native debuggers see")
        return 0
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        module = Path(folder) / "sample.wat"
        module.write_text(MODULE)
        probe = subprocess.run(["gdb", "-nx", "-batch", "-ex", "run", "--args", "true"], text=True, capture_output=True,
                               timeout=60)
        if "exited normally" not in probe.stdout:
            print("SKIPPED: gdb may not run programs here: nobody looked at what native debuggers see")
            return 0
        for about, run in CASES:
            good, text = run(zwasm, module)
            if not good:
                failed += 1
                print(f"FAILED: {about}\n{text}")
    print(f"{len(CASES) - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
