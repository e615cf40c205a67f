#!/usr/bin/env python3
"""docs/results.md and docs/badge.svg, from the results of a test run.

    ./x test --results build/results.json && tools/conformance_page.py build/results.json
    tools/conformance_page.py --check     the page and the badge that are there say the same, and
                                          what is made of wrong results is refused"""
import json
import re
import sys
import tempfile
import xml.etree.ElementTree
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


STEP = {"name": str, "passed": int, "failed": int, "skipped": list, "seconds": (int, float)}


def load(path):
    """The results, or the end with a message that says what is wrong with them."""
    try:
        results = json.loads(Path(path).read_text())
        for key in ("version", "machine", "date"):
            if not isinstance(results[key], str):
                raise ValueError(f"{key} is no text")
        if not results["steps"]:
            raise ValueError("no steps")
        for step in results["steps"]:
            for key, kind in STEP.items():
                if not isinstance(step[key], kind):
                    raise ValueError(f"step {step.get('name')}: {key} is {step[key]!r}")
    except KeyError as error:
        raise SystemExit(f"{path}: {error} is missing; ./x test --results FILE writes such a file") from None
    except (OSError, ValueError, TypeError) as error:
        raise SystemExit(f"{path}: {error}; ./x test --results FILE writes such a file") from None
    return results


def write(results, folder):
    """The page and the badge; gives the sums (passed, failed, skipped)."""
    steps = results["steps"]
    passed, failed = (sum(step[what] for step in steps) for what in ("passed", "failed"))
    skipped = [f"{step['name']}: {reason}" for step in steps for reason in step["skipped"]]
    lines = ["# Results of the last recorded test run", "",
             f"![tests](badge.svg) Version {results['version']}, {results['machine']}, {results['date']}. "
             "Written by `tools/conformance_page.py` from what `./x test --results FILE` counted; "
             "[conformance.md](conformance.md) says what each step is.", "",
             "| step | passed | failed | skipped | seconds |", "|---|---:|---:|---:|---:|"]
    for step in steps:
        lines.append(f"| {step['name']} | {step['passed']} | {step['failed']} | {len(step['skipped'])} | "
                     f"{step['seconds']:.1f} |")
    lines += [f"| **all** | **{passed}** | **{failed}** | **{len(skipped)}** | |", ""]
    if skipped:
        lines += ["Skipped:", ""] + [f"- {reason}" for reason in skipped] + [""]
    (folder / "results.md").write_text("\n".join(lines))
    text = f"{failed} failed" if failed else f"{passed} passed" + (f", {len(skipped)} skipped" if skipped else "")
    color = "#c33" if failed else "#a80" if skipped else "#2a2"
    (folder / "badge.svg").write_text(badge(text, color))
    return passed, failed, len(skipped)


def read_back(folder):
    """The sums as the page has them, after adding up its rows, and what the badge says."""
    page = (folder / "results.md").read_text()
    rows = [list(map(int, row)) for row in re.findall(r"^\| [^*|]+ \| (\d+) \| (\d+) \| (\d+) \|", page, re.M)]
    sums = re.search(r"^\| \*\*all\*\* \| \*\*(\d+)\*\* \| \*\*(\d+)\*\* \| \*\*(\d+)\*\*", page, re.M)
    stated = tuple(map(int, sums.groups()))
    if stated != tuple(map(sum, zip(*rows))):
        raise ValueError(f"results.md: the rows do not add up to {stated}")
    said = xml.etree.ElementTree.parse(folder / "badge.svg").getroot().get("aria-label")
    if str(stated[1] or stated[0]) not in said:
        raise ValueError(f"badge.svg says \"{said}\", results.md {stated}")
    return stated


def check():
    def step(name, passed, failed, skipped):
        return {"name": name, "passed": passed, "failed": failed, "skipped": skipped, "seconds": 1.5}

    passed, problems = 0, []
    some = {"version": "1.2.3", "machine": "any", "date": "2000-01-01"}
    cases = (([step("a", 3, 0, []), step("b", 4, 0, [])], (7, 0, 0)), ([step("a", 3, 2, ["c"])], (3, 2, 1)),
             ([step("a", 0, 0, ["c", "d"]), step("b", 5, 0, [])], (5, 0, 2)))
    with tempfile.TemporaryDirectory() as name:
        for steps, sums in cases:
            if write(dict(some, steps=steps), Path(name)) == read_back(Path(name)) == sums:
                passed += 1
            else:
                problems.append(f"of {steps} the page makes {read_back(Path(name))}")
        for wrong in ("", "[]", "{}", json.dumps(dict(some, steps=[])), json.dumps(dict(some, steps=[{"name": "a"}]))):
            file = Path(name, "results.json")
            file.write_text(wrong)
            try:
                load(file)
                problems.append(f"accepted: {wrong!r}")
            except SystemExit:
                passed += 1
    try:
        if (DOCS / "results.md").exists() or (DOCS / "badge.svg").exists():  # only once one was recorded
            passed += bool(read_back(DOCS))
    except (OSError, ValueError, AttributeError, xml.etree.ElementTree.ParseError) as error:
        problems.append(f"docs: {error}")
    print(*problems, sep="\n", end="\n" if problems else "")
    print(f"{passed} passed, {len(problems)} failed")
    return bool(problems)


def main():
    if sys.argv[1:] == ["--check"]:
        return check()
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        raise SystemExit(__doc__)
    passed, failed, skipped = write(load(sys.argv[1]), DOCS)
    print(f"docs/results.md: {passed} passed, {failed} failed, {skipped} skipped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
