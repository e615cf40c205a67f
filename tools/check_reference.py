#!/usr/bin/env python3
"""Builds the API reference with Doxygen; every warning is a failure."""
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main():
    if shutil.which("doxygen") is None:
        print("SKIPPED: doxygen is not installed")
        return 0
    (ROOT / "build" / "api").mkdir(parents=True, exist_ok=True)
    result = subprocess.run(["doxygen", "docs/Doxyfile"], cwd=ROOT, text=True, capture_output=True)
    warnings = [line for line in result.stderr.splitlines() if "warning:" in line or "error:" in line]
    print(*warnings, sep="\n", end="\n" if warnings else "")
    pages = len(list((ROOT / "build" / "api" / "html").glob("*.html")))
    print(f"NOTE: {pages} pages in build/api/html")
    print(f"{int(not warnings)} passed, {len(warnings)} failed")
    return bool(warnings or result.returncode or not pages)


if __name__ == "__main__":
    sys.exit(main())
