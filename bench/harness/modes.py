"""The kinds of measurement beside a plain run: cold, second and steady. Each gives a table like measure's.

  cold     nothing cached, the whole process: the suite's short and middle-sized programs and the shared guests
  second   the run after one that filled the cache, beside wasmtime's second run and the budget
  steady   the time inside: what a long run takes beyond a short one, so that start and compilation drop out
  code     the bytes of machine code that the guests become, and the files that hold them
"""

import os
import sys

from . import build, code_size, guests, measure, report, runtimes

# A second run may take this much of the steady state, and as many seconds more.
SECOND_FACTOR, SECOND_EXTRA = 1.1, 0.005

# mode: what is compared (the first one first), its peers, its rounds
DEFAULTS = {
    "cold": (("wall", "peak", "cpu"), "wasmtime", 3),
    "second": (("wall", "peak"), "wasmtime-cached", 3),
    "steady": (("cpu", "wall"), "wasmtime", 3),
    "code": (code_size.Sizes.metrics, "wasmtime", 1),
}


def own_cache():
    """Runs with a cache keep it here, not where the user has theirs."""
    os.environ["XDG_CACHE_HOME"] = str(build.OUT / "cache")


def say(program, row, chosen, metric, label):
    print(report.row_text(f"{program.name} {label}".strip(), row, chosen, metric), flush=True)


class Session:
    """What the measurements of a mode have in common."""

    def __init__(self, options, programs, expected, chosen, metric, rounds):
        self.options, self.programs, self.expected = options, programs, expected
        self.chosen, self.metric, self.rounds = chosen, metric, rounds
        self.zwasm = next((r.path for r in chosen if isinstance(r, runtimes.Zwasm)), None)

    def measure(self, programs, size, expected, label, chosen=None, rounds=None, quiet=False):
        chosen = chosen or self.chosen
        progress = (lambda *_: None) if quiet else (lambda p, row: say(p, row, chosen, self.metric, label))
        table = measure.measure(programs, chosen, size, rounds or self.rounds, self.zwasm, expected,
                                self.options.timeout, progress)
        return {f"{name} {label}".strip(): row for name, row in table.items()}


def cold(session):
    table = session.measure(session.programs, "test", session.expected, "short")
    sized = [p for p in session.programs if len(set(p.sizes.values())) > 1]
    table |= session.measure(sized, "interp", session.expected, "middle")
    found, expected = guests.load(session.options.only, session.options.skip)
    if not found:
        print("the shared guests are not there ($ZWASM_GUESTS); left out")
        return table
    return table | session.measure(found, "test", expected, "guest")


def inner(long, short):
    """One cell for what the long run took beyond the short one; memory is the long run's."""
    if not (long.runs and short.runs):
        return measure.Cell(missing=long.missing or short.missing, failure=long.failure or short.failure)
    # Below a clock tick there is nothing that could be compared.
    least = 0.001
    values = {m: max(least, long.best(m) - short.best(m)) for m in ("wall", "user", "system")}
    if long.best("cpu") - short.best("cpu") < 10 * least:
        return measure.Cell(missing="too short to tell")
    cpu = long.best("cpu") - short.best("cpu")
    return measure.Cell(runs=[measure.Run(values["wall"], cpu, 0.0, long.best("peak"))])


def steady(session):
    sized = [p for p in session.programs if len(set(p.sizes.values())) > 1]
    short = session.measure(sized, "test", session.expected, "", quiet=True)
    long = session.measure(sized, "jit", session.expected, "")
    return {name: {r: inner(long[name][r], short[name][r]) for r in row} for name, row in long.items()}


def second(session):
    """`compiled` has all code before it starts; its time inside is the steady state of the budget."""
    size = "jit" if session.options.size == "interp" else session.options.size
    compiled = runtimes.Zwasm(session.zwasm, "compiled", ["-C", "cache=n", "--engine", "jit"])
    session.measure(session.programs, size, session.expected, "", rounds=2, quiet=True,
                    chosen=[r for r in session.chosen if r.name in ("zwasm", "wasmtime-cached")])  # fills the caches
    table = session.measure(session.programs, size, session.expected, "", chosen=[*session.chosen, compiled])
    short = session.measure(session.programs, "test", session.expected, "", chosen=[compiled], quiet=True)
    for name, row in table.items():
        state = inner(row.pop("compiled"), short[name]["compiled"])
        budget = measure.Cell(missing=state.missing, failure=state.failure)
        budget.runs = [measure.Run(SECOND_FACTOR * run.wall + SECOND_EXTRA, SECOND_FACTOR * run.cpu + SECOND_EXTRA, 0.0, 0)
                       for run in state.runs]  # of time only
        row["budget"] = budget
    session.chosen = [*session.chosen, Budget()]
    return table


class Budget(runtimes.Runtime):
    name = "budget"

    def __init__(self):
        super().__init__("")

    def version(self):
        return f"{SECOND_FACTOR} times the steady state and {SECOND_EXTRA * 1e3:.0f} ms"


def run(mode, options, programs, expected):
    """(table, runtimes, rounds, metrics) of a mode."""
    metrics, peers, rounds = DEFAULTS[mode]
    own_cache()
    names = ["zwasm", *(p for p in (peers if options.peers is None else options.peers).split(",") if p)]
    cache = ["-C", "cache"] if mode == "second" else []  # without, every run is a first run
    chosen, absent = runtimes.select(names, options.zwasm, options.also, cache)
    for line in absent:
        print(line)
    if not chosen or not isinstance(chosen[0], runtimes.Zwasm):
        sys.exit("bench: nothing to run")
    for runtime in chosen:
        print(f"{runtime.name}: {runtime.version()}")
    print(report.header_text(chosen), flush=True)
    if mode == "code":
        options.rounds = 1  # the same each time
    session = Session(options, programs, expected, chosen, metrics[0], options.rounds or rounds)
    table = {"cold": cold, "second": second, "steady": steady, "code": code_size.table}[mode](session)
    return table, session.chosen, session.rounds, metrics
