#!/usr/bin/env python3
"""The benchmark as a test: its hand-written programs, which need no compiler but zwasm, are assembled and run at
their smallest size in every way that code can run, and must print what is stored; what keeps and shows results
is run on made-up ones. Takes a second.

    tests/bench.py ZWASM"""
import html.parser
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "bench"))

from harness import build, catalog, code_size, html as pages, measure, record, report, runtimes  # noqa: E402

WAYS = ("--engine interp", "--engine jit", "--engine jit -O opt-level=1",
        "--engine auto -C tier-calls=1,tier-loops=1")
UNCLOSED = {"meta", "br", "line", "path", "rect"}


class Tests:
    def __init__(self):
        self.passed, self.failed = 0, 0

    def expect(self, what, right, found=""):
        self.passed += bool(right)
        self.failed += not right
        if not right:
            print(f"FAILED {what}: {found}")


def check_catalogue(tests):
    expected = catalog.Expected()
    for program in catalog.load():
        missing = [s for s in catalog.SIZES if expected.get(program, s) is None]
        tests.expect(f"{program.name} has stored outputs", not missing, f"none for {', '.join(missing)}")
        needed = program.source and not (catalog.BENCH / "programs" / program.source).exists()
        tests.expect(f"{program.name} has a source", not needed, program.source)


def check_programs(tests, zwasm, scratch):
    expected = catalog.Expected()
    for program in catalog.load():
        if not (program.source or "").endswith(".wat"):
            continue
        text, module = scratch / f"{program.name}.wat", scratch / f"{program.name}.wasm"
        text.write_text(build.expand_wat(catalog.BENCH / "programs" / program.source))
        done = subprocess.run([zwasm, "wat2wasm", text, "-o", module], capture_output=True, text=True, timeout=60)
        tests.expect(f"{program.name} assembles", done.returncode == 0, done.stderr)
        if done.returncode:
            continue
        for way in WAYS:
            runtime = runtimes.Zwasm(zwasm, options=way.split())
            try:
                done = subprocess.run(runtime.command(program, module, program.arguments("test")), capture_output=True, timeout=60)
                trouble = measure.check(program, done.returncode, done.stdout, done.stderr, None, expected.get(program, "test"))
            except subprocess.TimeoutExpired:
                trouble = "took a minute"
            tests.expect(f"{program.name} {way}", not trouble, trouble)


class Fake(runtimes.Runtime):
    def __init__(self, name, text):
        super().__init__("")
        self.name, self.text = name, text

    def version(self):
        return self.text


def made_up():
    """A result with all that can happen to a run in it."""
    ours, peer, other = Fake("zwasm", "zwasm 1.2.3 <&>"), Fake("wasmtime", "wasmtime 48.0.8 (of a day)"), Fake("wasmi", "wasmi 2.0.0")

    def cell(*seconds):
        return measure.Cell(runs=[measure.Run(s, s, 0.0, 2048) for s in seconds])

    table = {"even": {"zwasm": cell(1.0, 1.5), "wasmtime": cell(1.0), "wasmi": cell(4.0)},
             "far": {"zwasm": cell(0.01), "wasmtime": cell(1.0), "wasmi": measure.Cell(missing="no gc")},
             "slow": {"zwasm": cell(40.0), "wasmtime": cell(1.0), "wasmi": measure.Cell(failure="wrong output: b'<b>'")}}
    data = report.as_json(table, [ours, peer, other], "steady", 2, "cpu", "peak")
    data["machine"]["load"] = (0.5, 1.5)
    return data


class Balanced(html.parser.HTMLParser):
    """Knows whether all elements of a page are closed, and what it would load."""

    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.loads = [], [], []

    def handle_starttag(self, tag, attributes):
        self.loads += [value for name, value in attributes if name in ("src", "href")]
        if tag not in UNCLOSED:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        # The end of a list item is always written, that of a heading as well.
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def check_page(tests, data):
    text, seen = pages.page(data), Balanced()
    seen.feed(text)
    tests.expect("the page closes what it opens", not seen.wrong and not seen.open, f"{seen.wrong} {seen.open}")
    tests.expect("the page needs nothing else", not seen.loads and "@import" not in text, seen.loads)
    tests.expect("the page is escaped", "<b>'" not in text and "1.2.3 &lt;&amp;&gt;" in text)
    tests.expect("the page gives reasons", "no gc" in text and "wrong output" in text)


def check_records(tests, data, scratch):
    record.DOCUMENT, record.HISTORY = scratch / "benchmarks.md", scratch / "history.tsv"
    record.DOCUMENT.write_text("# Benchmarks\n")
    record.keep(data)
    record.keep(data)
    document, history = record.DOCUMENT.read_text(), record.HISTORY.read_text().splitlines()
    tests.expect("a section is replaced by the next of its kind", document.count("## Results: steady") == 1
                 and document.count("<!-- end of results -->") == 1, document)
    tests.expect("a section has the means", "zwasm / wasmtime, processor time = **0.737** over the 3" in document, document)
    lines = [dict(zip(record.COLUMNS, line.split("\t"), strict=True)) for line in history]
    tests.expect("the history has a heading and a line for each run, metric and peer", len(lines) == 1 + 2 * 2 * 2
                 and tuple(lines[0].values()) == record.COLUMNS, history)
    wanted = {"date": data["date"], "version": "1.2.3", "commit": data["commit"], "mode": "steady", "metric": "cpu", "rounds": "2",
              "peer": "wasmtime", "peer version": "48.0.8", "programs": "3", "geometric mean": "0.737"}
    tests.expect("a line of the history", lines[1] == wanted, lines[1])


def check_elf(tests):
    try:
        code_size.elf_text(b"\0asm\1\0\0\0")
        tests.expect("what is no ELF file has no .text", False)
    except ValueError:
        tests.expect("what is no ELF file has no .text", True)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    zwasm, tests, data = str(pathlib.Path(sys.argv[1]).resolve()), Tests(), made_up()
    with tempfile.TemporaryDirectory(prefix="zwasm-bench-") as scratch:
        check_catalogue(tests)
        check_programs(tests, zwasm, pathlib.Path(scratch))
        check_page(tests, data)
        check_records(tests, data, pathlib.Path(scratch))
        check_elf(tests)
    print(f"{tests.passed} passed, {tests.failed} failed")
    return 1 if tests.failed else 0


if __name__ == "__main__":
    sys.exit(main())
