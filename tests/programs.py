#!/usr/bin/env python3
"""The suites' programs for the command line: each run as `zwasm run FILE 1 2`, compared with what is
known of it: a reference, from which our contract differs in the few rows below.

    tests/programs.py CLI"""
import csv
import subprocess
import sys

import scripts

# What our contract says where it differs from the reference: (exit status, why).
OURS = {
    # proc_exit(n) is the exit status n, as the shell shows it, for every n.
    "exit126_wasi_snapshot0.wat": 126,
    "exit126_wasi_snapshot1.wat": 126,
    # A guest's bad pointer is an error number for the guest.
    "wasi_misaligned_pointer.wat": None,
}
TIMEOUT = 134  # a program that never ends is stopped by --timeout


def main():
    cli = sys.argv[1]
    passed = failed = 0
    chosen = {path.split("/")[-1] for path, _, _ in scripts.step("core", "program")}
    lines = (scripts.SUITES / "cli-wat" / "WASMTIME-RUN.tsv").read_text().splitlines()
    for row in csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t",
                              quoting=csv.QUOTE_NONE):
        name = row["path"]
        if name not in chosen:
            continue
        ends = row["rc"] != "timeout"
        command = [cli, "run", *([] if ends else ["--timeout", "1s"]), name, "1", "2"]
        try:
            result = subprocess.run(command, cwd=scripts.SUITES / "cli-wat", stdin=subprocess.DEVNULL,
                                    capture_output=True, timeout=60)
        except subprocess.TimeoutExpired:
            failed += 1
            print(f"FAIL {name}: no end within 60 s")
            continue
        want = OURS.get(name, int(row["rc"]) if ends else TIMEOUT)
        output = "" if row["stdout"] == "-" else row["stdout"].encode().decode("unicode_escape")
        problem = None
        if want is not None and result.returncode != want:
            problem = f"exit status {result.returncode}, expected {want}"
        elif result.returncode not in range(0, 256):
            problem = f"killed by signal {-result.returncode}"
        elif result.stdout.decode(errors="replace") != output:
            problem = f"stdout {result.stdout!r}, expected {output!r}"
        failed += bool(problem)
        passed += not problem
        if problem:
            print(f"FAIL {name}: {problem}\n     {result.stderr.decode(errors='replace')[-500:]}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
