#!/usr/bin/env python3
"""The Python package: installs it with pip into the build folder, runs its tests and its example.

    tests/python.py BUILD_FOLDER"""
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main():
    build = Path(sys.argv[1]).resolve()
    if importlib.util.find_spec("pip") is None:
        print("SKIPPED: Python has no pip (package python3-pip)")
        return 0
    # What is here already need not be fetched.
    here = all(importlib.util.find_spec(name) for name in ("cffi", "setuptools", "wheel"))
    how = ["--no-build-isolation", "--no-deps"] if here else []
    target = build / "python"
    env = dict(os.environ, ZWASM_BUILD=str(build), PYTHONPATH=str(target), PIP_DISABLE_PIP_VERSION_CHECK="1")
    # Copied first: building in the source folder would leave files there.
    source = build / "python-source"
    subprocess.run(["rm", "-rf", target, source], check=True)
    subprocess.run(["cp", "-r", ROOT / "python", source], check=True)
    env["ZWASM_INCLUDE"] = str(ROOT / "include")
    installed = subprocess.run([sys.executable, "-m", "pip", "install", *how, "--quiet", "--target", target, source],
                               env=env, text=True, capture_output=True)
    if installed.returncode:
        print(f"{installed.stdout}{installed.stderr}\n0 passed, 1 failed")
        return 1
    tests = subprocess.run([sys.executable, "-m", "unittest", "discover", "-s", ROOT / "python" / "tests"], env=env,
                           cwd=build, text=True, capture_output=True, timeout=200)
    ran = int(next(iter(re.findall(r"^Ran (\d+) test", tests.stderr, re.M)), 0))
    failed = sum(map(int, re.findall(r"(?:failures|errors)=(\d+)", tests.stderr))) or int(tests.returncode != 0)
    if failed:
        print(tests.stderr)
    example = subprocess.run([sys.executable, ROOT / "examples" / "python_host.py"], env=env, text=True,
                             capture_output=True, timeout=60)
    if example.stdout != (ROOT / "examples" / "expected" / "python_host.txt").read_text():
        print(f"examples/python_host.py printed\n{example.stdout}{example.stderr}")
        failed += 1
    print(f"{ran + 1 - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
