#!/usr/bin/env python3
"""Text to bytes to text to bytes: what was encoded once must come back the same.

    tests/roundtrip.py [--share N] CLI      --share N: every Nth module only

Every module of the suites' scripts, the programs of the suites, the real guests. For a module that
our encoder wrote, `wasm2wat` then `wat2wasm` must give the same bytes; for one that others wrote,
the second time round must equal the first. And where the distribution's wabt takes the original, it
must take what we made of it."""
import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import scripts

WABT = ["--enable-all"]
# Where wabt knows the feature and yet not all of it.
WABT_LIMITS = {"spec/binary_leb128_64.wast": "its text parser has offsets of 32 bits"}


def run(*command):
    """None when the command succeeded, else the end of what it said."""
    try:
        result = subprocess.run([str(part) for part in command], capture_output=True, timeout=120)
    except subprocess.TimeoutExpired:
        return "no end within 120 s"
    return None if result.returncode == 0 else result.stderr.decode(errors="replace")[-400:] or str(result.returncode)


def inputs(share):
    """(name, text or path of a binary, switches)"""
    count = 0
    for path, mode, switches in scripts.step("core"):
        file = scripts.SUITES / path
        if mode in ("run", "static"):
            text = file.read_bytes().decode("utf-8", "surrogateescape")
            for form in scripts.modules(text):
                if re.match(r"\(module\s+instance|\(module\s+definition", form.text):
                    form.text = re.sub(r"\(module\s+definition", "(module", form.text)
                    if re.match(r"\(module\s+instance", form.text):
                        continue
                count += 1
                if count % share == 0:
                    yield f"{path}:{form.line}", form.text, switches
        elif mode == "program" and "bad-syntax" not in path:
            yield path, file.read_text(), switches
    guests = sorted(scripts.GUESTS.glob("*.wasm")) + sorted((scripts.ROOT / "build" / "guests").glob("*.wasm"))
    for file in guests:
        if not re.search("_comp|compose", file.name):
            yield f"guest {file.name}", file, "legacy-exceptions"  # what setjmp becomes


def trip(cli, name, source, switches):
    """What went wrong, or None."""
    w = ["-W", switches] if switches else []
    with tempfile.TemporaryDirectory(prefix="zwasm-trip-") as scratch:
        at = {key: Path(scratch) / key for key in ("0.wat", "1.wasm", "1.wat", "2.wasm", "2.wat", "3.wasm", "w.wasm")}
        ours = not isinstance(source, Path) and not re.match(r"\(module\s+(\$\S+\s+)?binary", source)
        if isinstance(source, Path):
            shutil.copyfile(source, at["1.wasm"])
        else:
            # A file may not hold raw what reorders the displayed text; a script may.
            source = re.sub("[\u202a-\u202e\u2066-\u2069\u206c]",
                            lambda match: f"\\u{{{ord(match[0]):x}}}", source)
            at["0.wat"].write_bytes(source.encode("utf-8", "surrogateescape"))
            if problem := run(cli, "wat2wasm", *w, at["0.wat"], "-o", at["1.wasm"]):
                return f"wat2wasm: {problem}"
        for a, b in (("1", "2"), ("2", "3")):
            if problem := run(cli, "wasm2wat", *w, at[f"{a}.wasm"], "-o", at[f"{a}.wat"]):
                return f"wasm2wat, round {a}: {problem}"
            if problem := run(cli, "wat2wasm", *w, at[f"{a}.wat"], "-o", at[f"{b}.wasm"]):
                return f"wat2wasm of what wasm2wat printed, round {a}: {problem}"
            if ours:
                break
        first, second = ("1", "2") if ours else ("2", "3")
        if at[f"{first}.wasm"].read_bytes() != at[f"{second}.wasm"].read_bytes():
            return "the bytes differ after a round trip"
        if shutil.which("wat2wasm"):
            known = run("wasm-validate", *WABT, source) if isinstance(source, Path) else \
                run("wat2wasm", *WABT, at["0.wat"], "-o", at["w.wasm"])
            if at["w.wasm"].exists() and run(cli, "validate", *w, at["w.wasm"]):
                known = "wabt writes an encoding from before the feature was finished"
            if name.rpartition(":")[0] in WABT_LIMITS:
                known = "a limit"
            if known is None and ours and (problem := run("wasm-validate", *WABT, at["1.wasm"])):
                print(f"NOTE: wabt does not take our bytes: {problem.splitlines()[0]}")
            # Identifiers in quotes are newer than wabt's text parser.
            quoted = b'$"' in at["1.wat"].read_bytes()
            if known is None and not quoted and (problem := run("wat2wasm", *WABT, at["1.wat"], "-o", "/dev/null")):
                print(f"NOTE: wabt does not take our text: {problem.splitlines()[0]}")
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--share", type=int, default=1)
    parser.add_argument("--only", metavar="REGEX")
    parser.add_argument("cli")
    args = parser.parse_args()
    if not shutil.which("wat2wasm"):
        print("SKIPPED: what wabt thinks of our output: wabt is not installed")
    jobs = [job for job in inputs(args.share) if not args.only or re.search(args.only, job[0])]
    failed = 0
    with ThreadPoolExecutor(max_workers=2) as workers:
        for job, problem in zip(jobs, workers.map(lambda job: trip(args.cli, *job), jobs)):
            if problem:
                failed += 1
                print(f"FAIL {job[0]}: {problem}")
    print(f"{len(jobs) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
