#!/usr/bin/env python3
"""The conformance suites, and that nothing in them was passed over: for every script, the directives
that were executed are compared with the list that counts them.

    tests/suites.py [--step STEP] [--only REGEX] [--slow] CLI [OPTIONS of zwasm wast…]

`zwasm wast --json` gives, per file, `executed`, `failed` and `skipped`: directive -> count."""
import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import scripts

# Forms that the list counts but that execute nothing of their own: none may be added lightly.
NOT_DIRECTIVES = {"other", "in_thread"}
# A program of five billion iterations.
HOURS_WHEN_SLOW = "cli-wat/fib.wat"


def counted(counts):
    """Counts by kind of assertion, with every form of module as one: the list tells apart binary and
    quoted modules and definitions, which runners may name as they are written."""
    result = {}
    for name, count in counts.items():
        if name not in NOT_DIRECTIVES:
            name = "module" if name.startswith("module") else name
            result[name] = result.get(name, 0) + count
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--step", default="core")
    parser.add_argument("--only", metavar="REGEX")
    parser.add_argument("--slow", action="store_true", help="for sanitizers and emulators: leaves out what would take hours")
    parser.add_argument("cli")
    args, options = parser.parse_known_args()
    steps = scripts.SUITES / "STEPS.tsv"
    rows = [row for row in scripts.step(args.step) if not args.only or re.search(args.only, row[0])]
    if args.slow:
        rows = [row for row in rows if row[0] != HOURS_WHEN_SLOW]
        print(f"SKIPPED: {HOURS_WHEN_SLOW} takes hours here; it is run without --slow")

    with tempfile.TemporaryDirectory(prefix="zwasm-suites-") as scratch:
        if args.only or args.slow:  # a list of its own, next to a link to the suites
            for entry in scripts.SUITES.iterdir():
                (Path(scratch) / entry.name).symlink_to(entry)
            steps = Path(scratch) / "ONLY.tsv"
            steps.write_text("path\tstep\tmode\tswitches\n" +
                             "".join(f"{path}\t{args.step}\t{mode}\t{switches}\n" for path, mode, switches in rows))
        result = subprocess.run([args.cli, "wast", "--manifest", str(steps), "--step", args.step,
                                 *([] if "--engine" in options else ["--engine", "interp"]), "--json", *options], capture_output=True, text=True)
    try:
        files = {file["path"]: file for file in json.loads(result.stdout)["files"]}
    except (ValueError, KeyError, TypeError) as error:
        print(f"no JSON from the runner ({error}), exit status {result.returncode}\n{result.stderr[-3000:]}")
        print("0 passed, 1 failed")
        return 1

    expected, passed, failed = scripts.manifest(), 0, 0

    def lookup(path):
        """The runner's entry, whether it names files as the list does or by their full path."""
        return files.get(path) or next((file for name, file in files.items() if name.endswith("/" + path)), None)

    for path, mode, _ in rows:
        file = lookup(path)
        if file is None:
            failed += 1
            print(f"FAIL {path}: not run")
            continue
        executed, bad, skipped = (counted(file.get(key) or {}) for key in ("executed", "failed", "skipped"))
        problems = []
        if sum(bad.values()):
            problems.append(f"{sum(bad.values())} failed")
        if sum(skipped.values()):
            problems.append(f"{sum(skipped.values())} skipped: {file.get('reasons')}")
        want = counted(expected.get(path, {}))
        if mode == "run" and executed != want:
            problems.append(f"executed {executed}, but the script has {want}")
        if mode == "static" and sum(executed.values()) != sum(want.values()):
            problems.append(f"looked at {sum(executed.values())} directives of {sum(want.values())}")
        failed += sum(bad.values()) + (not sum(bad.values()) and bool(problems))
        passed += max(sum(executed.values()), 1) - sum(bad.values()) if not problems or sum(bad.values()) else 0
        if problems:
            print(f"FAIL {path}: {'; '.join(problems)}")
    if failed or result.returncode:
        print(result.stderr[-4000:])
    if result.returncode and not failed:
        failed = 1
        print(f"the runner's exit status is {result.returncode}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
