#!/usr/bin/env python3
"""Documentation must be true: compiles the C++ of docs/*.md and README.md against the public headers,
and looks for the files that links name."""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INCLUDES = "#include <zwasm/zwasm.h>\n#include <chrono>\n#include <cstdio>\n#include <string>\n"


def main():
    passed, problems, code = 0, [], INCLUDES
    pages = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", ROOT / "examples" / "README.md"]
    for page in pages:
        text = page.read_text()
        for number, match in enumerate(re.finditer(r"^```cpp\n(.*?)^```", text, re.M | re.S)):
            line = text.count("\n", 0, match.start()) + 2
            snippet = re.sub(r"^#include.*$", "", match[1], flags=re.M).replace("int main()", "int main_()")
            space = re.sub(r"\W", "_", page.stem) + str(number)
            code += f"namespace {space} {{\n#line {line} \"{page.relative_to(ROOT)}\"\n{snippet}}}\n"
            passed += 1
        prose = re.sub(r"^```.*?^```|`[^`\n]*`", "", text, flags=re.M | re.S)
        for link in re.findall(r"\]\((?!https?:|#)([^)#\s]+)[^)]*\)", prose):
            if (page.parent / link).exists():
                passed += 1
            else:
                problems.append(f"{page.relative_to(ROOT)}: {link} is not there")
    listed = pages[-1].read_text()
    for program in sorted((ROOT / "examples").iterdir()):
        if program.suffix in (".cpp", ".c", ".py", ".wat") and f"({program.name})" not in listed:
            problems.append(f"examples/README.md: {program.name} is not listed")
    result = subprocess.run(["g++", "-std=c++20", "-fsyntax-only", "-Wall", f"-I{ROOT / 'include'}",
                             "-x", "c++", "-"], input=code, text=True, capture_output=True)
    if result.returncode:
        problems.append(result.stderr)
    for page in sorted((ROOT / "docs").glob("*.md")):  # each snippet of C is a whole program
        text = page.read_text()
        for match in re.finditer(r"^```c\n(.*?)^```", text, re.M | re.S):
            line = text.count("\n", 0, match.start()) + 2
            compiled = subprocess.run(["gcc", "-std=c11", "-fsyntax-only", "-Wall", "-Wextra", f"-I{ROOT / 'include'}",
                                       "-x", "c", "-"], input=f'#line {line} "{page.relative_to(ROOT)}"\n{match[1]}',
                                      text=True, capture_output=True)
            passed += 1
            if compiled.returncode or compiled.stderr:
                problems.append(compiled.stderr)
    for problem in problems:
        print(problem)
    print(f"{passed} passed, {len(problems)} failed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
