#!/usr/bin/env python3
"""Runs the official WASI Preview 1 test programs (WebAssembly/wasi-testsuite) against a runtime.

    run_testsuite.py [--specs DIR] [-v] [--only REGEX] SUITE RUNTIME [ARG...]
    run_testsuite.py /tmp/wasi-testsuite build/release/zwasm run

SUITE is a directory searched for `*.wasm`. A program's specification is the JSON file of the same
name beside it, or below --specs; without one the program just has to exit with status 0. Both
forms of specification are understood: "root": a directory that the guest sees as "/", and the
older "dirs": directories that it sees under their own names. Each program works on a fresh copy,
so neither order nor leftovers matter. Prints `N passed, N failed`; the exit status is 1 if one
failed.
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile


def find_spec(wasm, specs_dir):
    """The specification of a program, as a dictionary; empty if it has none."""
    beside = wasm.with_suffix(".json")
    if beside.exists():
        return json.loads(beside.read_text())
    if specs_dir:
        for found in sorted(specs_dir.rglob(beside.name)):
            return json.loads(found.read_text())
    return {}


def prepare_directories(spec, wasm, scratch):
    """Copies the directories of a test; gives (host path, guest path) of each."""
    mounts = []
    names = [(spec["root"], "/")] if spec.get("root") else []
    names += [(name, name) for name in spec.get("dirs", [])]
    for name, guest in names:
        target = scratch / name
        source = wasm.parent / name
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True)
        else:
            target.mkdir(parents=True)
        mounts.append((target, guest))
    return mounts


def run(wasm, spec, runtime, timeout):
    """Runs one program. Gives the list of what went wrong."""
    with tempfile.TemporaryDirectory(prefix="wasi-testsuite-") as directory:
        command = list(runtime)
        for host, guest in prepare_directories(spec, wasm, pathlib.Path(directory)):
            command += ["--dir", f"{host}::{guest}"]
        for name, value in spec.get("env", {}).items():
            command += ["--env", f"{name}={value}"]
        command += [str(wasm)] + spec.get("args", [])
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True,
                                  timeout=timeout)
        except subprocess.TimeoutExpired:
            return [f"still running after {timeout} s"]
    problems = []
    expected = spec.get("exit_code", 0)
    if done.returncode != expected:
        problems.append(f"exit status {done.returncode}, expected {expected}")
    for stream in ("stdout", "stderr"):
        actual = getattr(done, stream).decode(errors="replace")
        if stream in spec and actual != spec[stream]:
            problems.append(f"{stream} is {actual!r}, expected {spec[stream]!r}")
    if problems:
        problems.append(done.stderr.decode(errors="replace").strip())
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--specs", type=pathlib.Path, help="where to look for missing specifications")
    parser.add_argument("--only", default="", help="run only programs whose path matches")
    parser.add_argument("--timeout", type=float, default=60, help="seconds for each program")
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("suite", type=pathlib.Path)
    parser.add_argument("runtime", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if not options.runtime:
        parser.error("no runtime given")

    programs = [p for p in sorted(options.suite.rglob("*.wasm"))
                if re.search(options.only, str(p)) and "wasip2" not in str(p)
                and "wasip3" not in str(p)]
    passed = failed = 0
    for wasm in programs:
        problems = run(wasm, find_spec(wasm, options.specs), options.runtime, options.timeout)
        name = f"{wasm.parent.parent.parent.name}/{wasm.stem}"
        if problems:
            failed += 1
            print(f"FAIL {name}")
            for line in problems:
                print("     " + line.replace("\n", "\n     "))
        else:
            passed += 1
            if options.verbose:
                print(f"ok   {name}")
    print(f"{passed} passed, {failed} failed")
    if not programs:
        print(f"no programs below {options.suite}", file=sys.stderr)
    return 1 if failed or not programs else 0


if __name__ == "__main__":
    sys.exit(main())
