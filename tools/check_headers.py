#!/usr/bin/env python3
"""Compiles every public header alone, as an embedder's build would: under g++ and clang++, with
strict warnings as errors, also without exceptions and without RTTI, and in newer C++.

Without --full the further variants are tried on the header that includes all others only."""
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
VARIANTS = {
    "c++20": ["-std=c++20"],
    "c++20 without exceptions and RTTI": ["-std=c++20", "-fno-exceptions", "-fno-rtti"],
    "c++23": ["-std=c++2b"],
}
C_VARIANTS = {"c11": ["-std=c11"], "c++20": ["-x", "c++", "-std=c++20"]}
STANDARD_VARIANTS = {"c++17": ["-std=c++17"], "c++20": ["-std=c++20"]}  # wasm.hh
LATEST_CLANG = 21


def clang():
    versions = [f"clang++-{n}" for n in range(LATEST_CLANG, 15, -1)]
    return next((name for name in versions + ["clang++"] if shutil.which(name)), None)


def compile_alone(job):
    compiler, variant, flags, header = job
    name = header.relative_to(ROOT / "include")
    language = "c" if header.suffix == ".h" and is_c(header) and "-x" not in flags else "c++"
    command = [compiler, *([] if "-x" in flags else ["-x", language]), *flags, *WARNINGS,
               "-fsyntax-only", f"-I{ROOT / 'include'}", "-"]
    result = subprocess.run(command, input=f"#include <{name}>\n#include <{name}>\n", text=True,
                            capture_output=True, timeout=120)
    return f"{compiler} {variant} {name}", result.returncode, result.stderr


def is_c(header):
    """The C API's headers stand directly in include/; those of C++ in include/zwasm/."""
    return header.parent == ROOT / "include" and header.suffix == ".h"


def main():
    headers = sorted([*(ROOT / "include").rglob("*.h"), *(ROOT / "include").rglob("*.hh")])
    jobs = []
    for compiler in ("g++", clang()):
        if compiler is None:
            print("SKIPPED: no clang++ 16 or newer")
            continue
        for header in headers:
            variants = VARIANTS
            if is_c(header):
                variants = C_VARIANTS
            elif header.suffix == ".hh":
                variants = STANDARD_VARIANTS
            for variant, flags in variants.items():
                if "--full" in sys.argv or is_c(header) or variant == "c++20" or \
                        header.name in ("zwasm.h", "wasm.hh"):
                    jobs.append((compiler, variant, flags, header))
    with ThreadPoolExecutor() as pool:
        results = list(pool.map(compile_alone, jobs))
    failed = [result for result in results if result[1] != 0]
    for what, _, messages in failed:
        print(f"{what}:\n{messages}")
    print(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
