#!/usr/bin/env python3
"""Runs the programs of examples/ and compares what they print with examples/expected/*.txt.

    tests/examples.py [--update] BUILD_FOLDER"""
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
LIMIT = 60  # seconds


def main():
    update = "--update" in sys.argv
    build = Path([arg for arg in sys.argv[1:] if not arg.startswith("-")][0])
    passed, failed = 0, 0
    for source in sorted([*EXAMPLES.glob("*.cpp"), *EXAMPLES.glob("*.c")]):
        expected = EXAMPLES / "expected" / f"{source.stem}.txt"
        result = subprocess.run([build / "examples" / source.stem], text=True, capture_output=True,
                                timeout=LIMIT)
        if update:
            expected.write_text(result.stdout)
        wanted = expected.read_text() if expected.exists() else None
        if result.returncode == 0 and result.stdout == wanted and not result.stderr:
            passed += 1
            continue
        failed += 1
        print(f"{source.name}: exit status {result.returncode}; it printed\n{result.stdout}{result.stderr}"
              f"instead of\n{wanted}")
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
