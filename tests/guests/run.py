#!/usr/bin/env python3
"""Builds real programs from source and runs them: what they print, how they exit and the files they
leave must be what their native builds do, or, where there is no native build, what is written down.

    tests/guests/run.py [--only REGEX] [--slower N] [-v] RUNTIME…      e.g. … build/release/zwasm run

C comes from c/, Go from go/, text from wat/; real applications come from Debian's source packages,
which are fetched into the build folder and never committed. A toolchain or a source that is not to
be had makes a line `SKIPPED: …`, never a pass."""
import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import toolchains
from toolchains import Absent

HERE = Path(__file__).resolve().parent


@dataclass
class Case:
    name: str
    guest: str  # a row of toolchains.GUESTS
    args: list = field(default_factory=list)
    options: list = field(default_factory=list)  # for the runtime, before the file
    env: dict = field(default_factory=dict)
    stdin: str = ""
    files: dict = field(default_factory=dict)  # put into the working folder: name -> where from
    exit: int | None = None  # None: as the native build
    stderr: str = ""  # a pattern
    limit: int = 60


INPUT = "one two  three\nfour\n\n" * 500 + "last line without an end"
NAME = {"GUEST_NAME": "zwasm guest", "GUEST_EMPTY": "", "GUEST_ODD": "a=b=c äöü"}

# What clang up to version 19 compiles setjmp to.
LEGACY = ["-W", "legacy-exceptions"]

CASES = [
    Case("files", "files"),
    Case("directories", "dirs"),
    Case("surroundings", "surroundings", ["0"], env=NAME, stdin=INPUT),
    Case("arguments", "surroundings", ["3", "", "two words", "--dir", "äöü", "*", "'\""]),
    Case("exit status", "surroundings", ["77"], env=NAME, stderr="going to exit"),
    Case("numbers", "numbers"),
    Case("memory", "memory"),
    Case("vectors", "vectors"),
    Case("tail calls", "tail_calls"),
    Case("setjmp", "jumps", options=LEGACY),
    Case("abort", "trap", ["abort"], exit=134, stderr=r"zwasm: trap: unreachable"),
    Case("division by zero", "trap", ["divide"], exit=134,
         stderr=r"zwasm: trap: integer divide by zero"),
    Case("endless recursion", "trap", ["stack"], exit=134, stderr=r"zwasm: trap: "),
    Case("wild pointer", "trap", ["memory"], exit=134,
         stderr=r"zwasm: trap: out of bounds memory access"),
    Case("C++", "shapes", ["a", "bc"]),
    Case("Go on files", "go_files", ["{dir}/tree", "x", "y z"], env=NAME, stdin="input"),
    Case("threads", "threads", options=["-S", "threads"]),
    Case("objects", "objects"),
    Case("lua on files", "lua", ["report.lua", ".", "extra"], LEGACY, env=NAME,
         files={"report.lua": "scripts/report.lua"}),
    Case("minigzip packs", "minigzip", ["-9", "report.lua"], files={"report.lua": "scripts/report.lua"}),
    Case("minigzip from stdin", "minigzip", ["-c"], stdin=INPUT),
    Case("bzip2 packs", "bzip2", ["-k", "-v", "main.c"], files={"main.c": "c/files.c"}, stderr="main.c: "),
    Case("bzip2 unpacks what is not packed", "bzip2", ["-d", "main.c.bz2"],
         files={"main.c.bz2": "c/files.c"}, stderr="not a bzip2 file"),
]


def run(command, folder, case, env):
    """(exit status, stdout, stderr, files left)"""
    for name, source in case.files.items():
        shutil.copyfile(HERE / source, folder / name)
        os.utime(folder / name, (1000000000, 1000000000))
    result = subprocess.run(command, cwd=folder, env=env, input=case.stdin.encode(), capture_output=True,
                            timeout=case.limit)
    left = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        left[name] = hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else "folder"
    return result.returncode, result.stdout, result.stderr.decode(errors="replace"), left


def expected(case, scratch):
    """What the case must do: from the native build, or from the file beside the source."""
    native = toolchains.native(case.guest)
    if native is None:
        return case.exit or 0, (HERE / "wat" / f"{case.guest}.out").read_bytes(), None
    folder = scratch / "native"
    folder.mkdir()
    args = [arg.replace("{dir}", str(folder)) for arg in case.args]
    status, output, _, left = run([native, *args], folder, case, {**case.env, "HOME": "/"})
    return status if case.exit is None else case.exit, output, left


def check(case, runtime, slower):
    """None when the case passed, else what is wrong."""
    program = toolchains.wasm(case.guest)
    with tempfile.TemporaryDirectory(prefix="zwasm-guest-") as scratch:
        scratch = Path(scratch)
        folder = scratch / "work"
        folder.mkdir()
        args = [arg.replace("{dir}", "/d") for arg in case.args]
        grants = ["--dir", ".::/d" if "{dir}" in "".join(case.args) else ".::."]
        for name, value in case.env.items():
            grants += ["--env", f"{name}={value}"]
        command = [*runtime, *case.options, *grants, program, *args]
        try:
            want_exit, want_output, want_left = expected(case, scratch)
            slow = replace(case, limit=case.limit * slower)
            status, output, errors, left = run(command, folder, slow, dict(os.environ))
        except subprocess.TimeoutExpired:
            return f"still running after {case.limit * slower} s"
    if status != want_exit:
        return f"exit status {status}, expected {want_exit}; stderr: {errors[-500:]}"
    if output != want_output:
        for number, (got, want) in enumerate(zip(output.split(b"\n"), want_output.split(b"\n")), 1):
            if got != want:
                return f"stdout line {number}: {got!r:.200}, expected {want!r:.200}"
        return f"stdout has {len(output)} bytes, expected {len(want_output)}"
    if not re.search(case.stderr, errors):
        return f"stderr does not match /{case.stderr}/: {errors[-500:]}"
    if want_left is not None and left != want_left:
        wrong = sorted(name for name in left.keys() | want_left.keys()
                       if left.get(name) != want_left.get(name))
        return f"files differ: {', '.join(wrong[:5])}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", metavar="REGEX")
    parser.add_argument("--slower", type=int, default=1, metavar="N",
                        help="allow N times as long: for sanitizers and emulators")
    parser.add_argument("--build-only", action="store_true", help="build the guests, run nothing")
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("runtime", nargs=argparse.REMAINDER)
    args = parser.parse_args()
    runtime = list(args.runtime)
    if runtime:
        runtime[0] = str(Path(runtime[0]).resolve()) if "/" in runtime[0] else runtime[0]
    passed = failed = 0
    cases = [case for case in CASES if not args.only or re.search(args.only, case.name)]

    def attempt(case):
        start = time.monotonic()
        try:
            if args.build_only:
                toolchains.wasm(case.guest), toolchains.native(case.guest)
                return None, 0.0
            return check(case, runtime, args.slower), time.monotonic() - start
        except Absent as absent:
            return absent, 0.0
        except RuntimeError as error:  # a compiler that failed
            return str(error), 0.0

    toolchains.prepare(case.guest for case in cases)
    with ThreadPoolExecutor(max_workers=2) as pool:
        for case, (problem, seconds) in zip(cases, pool.map(attempt, cases)):
            if isinstance(problem, Absent):
                print(f"SKIPPED: {case.name}: {problem}")
            elif problem:
                failed += 1
                print(f"FAIL {case.name}: {problem}")
            else:
                passed += 1
                if args.verbose:
                    print(f"ok   {case.name:<34} {seconds:6.1f} s")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
