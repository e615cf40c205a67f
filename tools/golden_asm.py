#!/usr/bin/env python3
"""Renews the golden files of the encoders' tests with GNU as.

    golden_asm.py BUILD_DIR        e.g.  tools/golden_asm.py build/dev

Has the unit tests write their instruction texts, assembles each list, and writes lines of
`bytes <tab> text` to tests/unit/golden/. Needs binutils, for arm64 binutils-aarch64-linux-gnu.
"""
import os
import re
import subprocess
import sys
import tempfile

ASSEMBLERS = {
    "x64": ["as", "--64", "-msyntax=intel", "-mnaked-reg"],
    "arm64": ["aarch64-linux-gnu-as", "-march=armv8.2-a+lse+dotprod"],
}


def main():
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    tests = os.path.join(sys.argv[1], "zwasm_tests")
    with tempfile.TemporaryDirectory() as tmp:
        subprocess.run([tests, "--test-case=*encoded as GNU as*"], env=dict(os.environ, ZWASM_GOLDEN_TEXTS=tmp),
                       check=True, stdout=subprocess.DEVNULL)
        for name, assemble in ASSEMBLERS.items():
            source = os.path.join(tmp, name + ".s")
            if not os.path.exists(source):
                continue
            texts = open(source).read().splitlines()
            # A label before each instruction tells where it starts.
            marked = os.path.join(tmp, name + ".marked.s")
            with open(marked, "w") as f:
                for i, text in enumerate(texts):
                    f.write(f"L{i}:\n{text}\n")
                f.write(f"L{len(texts)}:\n")
            objfile = os.path.join(tmp, name + ".o")
            subprocess.run(assemble + ["-o", objfile, marked], check=True)
            prefix = assemble[0][:-2]
            symbols = subprocess.run([prefix + "nm", objfile], check=True, capture_output=True, text=True).stdout
            at = {m[2]: int(m[1], 16) for m in re.finditer(r"^(\w+) \w (L\d+)$", symbols, re.M)}
            code = os.path.join(tmp, name + ".bin")
            subprocess.run([prefix + "objcopy", "-O", "binary", "-j", ".text", objfile, code], check=True)
            bytes_ = open(code, "rb").read()
            with open(os.path.join(root, "tests/unit/golden", name + ".txt"), "w") as out:
                for i, text in enumerate(texts):
                    out.write(bytes_[at[f"L{i}"]:at[f"L{i + 1}"]].hex() + "\t" + text + "\n")
            print(f"{name}: {len(texts)} instructions")


if __name__ == "__main__":
    main()
