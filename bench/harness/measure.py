"""Runs programs and keeps what each run cost.

Runtimes take turns within a round, and rounds repeat, so that a disturbance of the machine falls on all
of them alike; the best of the rounds is compared. Every single run's output is checked.
"""

import dataclasses
import pathlib
import subprocess
import tempfile

from . import build, catalog


@dataclasses.dataclass
class Run:
    wall: float  # seconds
    user: float
    system: float
    peak: int  # KiB
    metrics = ("cpu", "wall", "user", "system", "peak")

    @property
    def cpu(self):
        return self.user + self.system


@dataclasses.dataclass
class Cell:
    """One program on one runtime."""
    runs: list = dataclasses.field(default_factory=list)
    missing: str | None = None  # the runtime lacks a feature
    failure: str | None = None  # it should have run and did not

    def values(self, metric):
        return sorted(getattr(run, metric) for run in self.runs)

    def best(self, metric):
        values = self.values(metric)
        return values[0] if values else None

    def median(self, metric):
        values = self.values(metric)
        return values[len(values) // 2] if values else None

    def as_json(self):
        if self.missing:
            return {"missing": self.missing}
        if self.failure:
            return {"failure": self.failure}
        return {metric: {"min": self.best(metric), "median": self.median(metric), "all": self.values(metric)}
                for metric in (self.runs[0].metrics if self.runs else ())}


def spawn(arguments, stdin=None, directory=None, timeout=120):
    """Runs a command; gives (Run, exit status, stdout, stderr, what went wrong or None)."""
    launcher = build.launcher()
    with tempfile.TemporaryDirectory(prefix="zwasm-bench-") as scratch:
        out, err = pathlib.Path(scratch, "out"), pathlib.Path(scratch, "err")
        done = subprocess.run([str(launcher), str(timeout), str(stdin or "/dev/null"), str(out), str(err),
                               *arguments], capture_output=True, text=True, cwd=directory)
        if done.returncode != 0:
            return None, None, b"", b"", f"launcher: {done.stderr.strip()}"
        status, signal, timed_out, wall, user, system, peak = (int(x) for x in done.stdout.split())
        run = Run(wall / 1e9, user / 1e6, system / 1e6, peak)
        trouble = None
        if timed_out:
            trouble = f"timed out after {timeout} s"
        elif signal:
            trouble = f"killed by signal {signal}"
        return run, status, out.read_bytes(), err.read_bytes(), trouble


def inputs_directory():
    return build.OUT / "inputs"


def run_once(runtime, program, size, module, timeout):
    arguments = runtime.command(program, module, program.arguments(size))
    stdin = inputs_directory() / program.input(size) if program.stdin else None
    return spawn(arguments, stdin, inputs_directory(), timeout)


def check(program, status, output, error, trouble, expected):
    """Why a run does not count, or None."""
    last = error.decode("utf-8", "replace").strip().splitlines()[:1]
    hint = f": {last[0][:160]}" if last else ""
    if trouble:
        return trouble + hint
    if not 1 <= status <= 255 if program.traps else status != program.exit_status:
        return f"exit status {status}{hint}"
    if expected is None:
        return "no expected output is stored (bench.py --accept)"
    if catalog.fingerprint(output) != expected:
        return f"wrong output: {output[:80]!r}"
    return None


def measure(programs, runtimes, size, rounds, zwasm, expected, timeout, progress, rounds_of=None):
    """Fills a table {program: {runtime: Cell}}; `progress` is called with a line after each program."""
    table = {}
    for program in programs:
        row = table[program.name] = {r.name: Cell() for r in runtimes}
        try:
            module = build.module(program, zwasm)
        except build.BuildError as error:
            for cell in row.values():
                cell.failure = f"not built: {error}"
            progress(program, row)
            continue
        for runtime in runtimes:
            reason = runtime.missing(program)
            if not reason and not runtime.reads_text and module.suffix == ".wat" and runtime.name != "native":
                reason = "reads no text"
            row[runtime.name].missing = reason
        for turn in range(rounds):
            # Whoever comes first in a round meets a colder machine: take turns at that too.
            order = runtimes[turn % len(runtimes):] + runtimes[:turn % len(runtimes)]
            for runtime in order:
                cell = row[runtime.name]
                if cell.missing or cell.failure:
                    continue
                run, status, output, error, trouble = run_once(runtime, program, size, module, timeout)
                cell.failure = check(program, status, output, error, trouble, expected.get(program, size))
                if not cell.failure:
                    cell.runs.append(run)
        progress(program, row)
    return table
