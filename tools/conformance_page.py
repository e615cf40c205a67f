#!/usr/bin/env python3
"""docs/results.md and docs/badge.svg, from the results of a test run.

    ./x test --results build/results.json && tools/conformance_page.py build/results.json"""
import json
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"


def badge(text, color):
    width = 62 + 7 * len(text)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="tests: {text}">
<title>tests: {text}</title>
<rect width="{width}" height="20" rx="3" fill="#555"/>
<path d="M44 0h{width - 47}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H44z" fill="{color}"/>
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">
<text x="22" y="14">tests</text>
<text x="{44 + (width - 44) / 2:g}" y="14">{text}</text>
</g>
</svg>
"""


def main():
    results = json.loads(Path(sys.argv[1]).read_text())
    steps = results["steps"]
    passed, failed = (sum(step[what] for step in steps) for what in ("passed", "failed"))
    skipped = [reason for step in steps for reason in step["skipped"]]
    lines = ["# Results of the last recorded test run", "",
             f"![tests](badge.svg) Version {results['version']}, {results['machine']}, {results['date']}. "
             "Written by `tools/conformance_page.py`; [conformance.md](conformance.md) says what each step is.", "",
             "| step | passed | failed | skipped | seconds |", "|---|---:|---:|---:|---:|"]
    for step in steps:
        lines.append(f"| {step['name']} | {step['passed']} | {step['failed']} | {len(step['skipped'])} | "
                     f"{step['seconds']:.1f} |")
    lines += [f"| **all** | **{passed}** | **{failed}** | **{len(skipped)}** | |", ""]
    if skipped:
        lines += ["Skipped:", ""] + [f"- {reason}" for reason in skipped] + [""]
    (DOCS / "results.md").write_text("\n".join(lines))
    text = f"{passed} passed" if not failed else f"{failed} failed"
    (DOCS / "badge.svg").write_text(badge(text, "#c33" if failed else "#2a2"))
    print(f"docs/results.md: {passed} passed, {failed} failed, {len(skipped)} skipped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
