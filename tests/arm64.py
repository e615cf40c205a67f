#!/usr/bin/env python3
"""Runs a test of the arm64 build on another kind of machine, under qemu's user emulation.

    tests/arm64.py CPU COMMAND…        e.g.  tests/arm64.py cortex-a72 tests/cli/run.py build/arm64/zwasm

Words of the command that name a program of build/arm64 become scripts of the same name which run it
on a processor that qemu knows: `max` has all that qemu can do, `cortex-a72` is of the first
version of the architecture, without atomic instructions. So a test need not know of emulation, and
`zwasm` is called so for tests that go by the name."""
import os
import shlex
import stat
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = "build/arm64/"
EXCLUDED = "-tce="  # doctest's option
# qemu keeps some forty bytes for every page of addresses ever used, also of those only reserved. So a
# process gets 128 GiB of addresses; memories for which they do not suffice have no guard pages, and code
# that relies on these is interpreted there.
COST = "qemu takes too long to find that addresses have run out"
EMULATOR = ["qemu-aarch64", "-R", "0x2000000000"]
# qemu's own way to foreign libraries (-L) puts them before the whole file system: "/" would be another one.
LIBRARIES = "/usr/aarch64-linux-gnu/lib"
LOADER = [f"{LIBRARIES}/ld-linux-aarch64.so.1", "--library-path", LIBRARIES]


def emulated(word, cpu):
    """The script that runs a program of the build; any other word as it is."""
    if not word.startswith(BUILD):
        return word
    script = ROOT / BUILD / "emulated" / cpu / word.removeprefix(BUILD)
    script.parent.mkdir(parents=True, exist_ok=True)
    # Steps run at the same time: each writes the same text, and never into a script being read.
    fresh = script.with_suffix(f".{os.getpid()}")
    fresh.write_text(f"#!/bin/sh\nexec {shlex.join([*EMULATOR, '-cpu', cpu, *LOADER, str(ROOT / word)])} \"$@\"\n")
    fresh.chmod(fresh.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    fresh.replace(script)
    return str(script)


def main():
    if len(sys.argv) < 3 or sys.argv[1].startswith("-"):
        print(__doc__)
        return 2
    for word in sys.argv[2:]:
        if word.startswith(EXCLUDED):
            print(f"SKIPPED: {word.removeprefix(EXCLUDED)}: {COST}", flush=True)
    cpu, command = sys.argv[1], [emulated(word, sys.argv[1]) for word in sys.argv[2:]]
    return subprocess.run(command, cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
