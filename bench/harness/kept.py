"""What is kept from run to run: compiled files, and the second run with the cache, beside wasmtime's.

For each program the whole process is timed, in interleaved rounds, the best of them counts:

  cold      zwasm, nothing cached
  second    zwasm, after a run that filled its cache
  compiled  zwasm, the file that `zwasm compile` made: the steady state, all code is there

A second run must stay below 1.1 times the steady state plus 5 ms. Then modules are only loaded and
instantiated, from compiled files."""

import math
import os
import pathlib
import shutil
import tempfile

from . import build, catalog, measure, runtimes

ALLOWED_RATIO, ALLOWED_SECONDS = 1.1, 0.005
GUESTS = pathlib.Path(os.environ.get("ZWASM_GUESTS") or catalog.ROOT.parent / "shared" / "guests")


class Kept(runtimes.Runtime):
    """A command before the module, made once for it."""
    def __init__(self, name, start, module=None):
        super().__init__(start[0])
        self.name, self.start, self.module = name, list(start), module

    def command(self, program, module, arguments):
        files = ["--dir", "."] if program.files else []
        return [*self.start, *files, str(self.module or module), *arguments]


def compile_with(command):
    run, status, _, error, trouble = measure.spawn(command, timeout=600)
    if trouble or status != 0:
        raise build.BuildError(f"{' '.join(map(str, command))}: {trouble or error[:300].decode('utf-8', 'replace')}")
    return run.wall


def ways(zwasm, wasmtime, program, module, scratch):
    """The runtimes to compare for one program."""
    own = scratch / f"{program.name}.zwasm.cwasm"
    compile_with([zwasm, "compile", str(module), "-o", str(own)])
    yield Kept("cold", [zwasm, "run", "-C", "cache=n"])
    yield Kept("second", [zwasm, "run", "-C", "cache=y"])
    yield Kept("compiled", [zwasm, "run", "-C", "cache=n"], own)
    if wasmtime and not wasmtime.missing(program):
        switches = [f"-W{wasmtime.switches[n]}" for n in program.needs if n in wasmtime.switches]
        theirs = scratch / f"{program.name}.wasmtime.cwasm"
        try:
            compile_with([wasmtime.path, "compile", *switches, str(module), "-o", str(theirs)])
        except build.BuildError as failed:
            print(failed)
            return
        yield Kept("wasmtime", [wasmtime.path, "run", "--allow-precompiled", *switches], theirs)


def one_program(zwasm, wasmtime, program, options, expected, scratch):
    """Best wall seconds by way, or None when one failed."""
    module = build.module(program, zwasm)
    cells = {}
    chosen = list(ways(zwasm, wasmtime, program, module, scratch))
    for round_number in range((options.rounds or 5) + 1):  # the first fills the cache
        for way in chosen:
            run, status, output, error, trouble = measure.run_once(way, program, options.size, module, options.timeout)
            known = expected.get(program, options.size)
            wrong = known is not None and catalog.fingerprint(output) != known
            if trouble or wrong or status != program.exit_status:
                print(f"{program.name} {way.name}: {trouble or ('wrong output' if wrong else status)} {error[:200].decode('utf-8', 'replace')}")
                return None
            if round_number:
                cells[way.name] = min(cells.get(way.name, math.inf), run.wall)
    return cells


def load_only(zwasm, wasmtime, modules, rounds, scratch):
    """Loading and instantiating compiled files; nothing of them runs, since no export has the name."""
    print(f"\n{'load and instantiate':<24} {'wasm KiB':>9} {'cwasm KiB':>10} {'ms':>7} {'wasmtime ms':>12} {'ratio':>6}")
    ratios = []
    for module in modules:
        own, theirs = scratch / "own.cwasm", scratch / "theirs.cwasm"
        try:
            compile_with([zwasm, "compile", str(module), "-o", str(own)])
            starts = {"own": [zwasm, "run", "-C", "cache=n", "--invoke", "no such export", str(own)]}
            if wasmtime:
                compile_with([wasmtime.path, "compile", str(module), "-o", str(theirs)])
                starts["theirs"] = [wasmtime.path, "run", "--allow-precompiled", "--invoke", "no such export", str(theirs)]
        except build.BuildError as failed:
            print(failed)
            continue
        best = {}
        for _ in range(rounds):
            for name, start in starts.items():
                run, *_ = measure.spawn(start, timeout=60)
                best[name] = min(best.get(name, math.inf), run.wall)
        ratio = best["own"] / best["theirs"] if "theirs" in best else math.nan
        ratios.append(ratio)
        print(f"{module.name:<24} {module.stat().st_size >> 10:>9} {own.stat().st_size >> 10:>10} {best['own'] * 1e3:>7.2f} "
              f"{best.get('theirs', math.nan) * 1e3:>12.2f} {ratio:>6.2f}", flush=True)
    return ratios


def mean(values):
    values = [v for v in values if v and math.isfinite(v)]
    return math.exp(sum(map(math.log, values)) / len(values)) if values else math.nan


def run(options):
    zwasm = str(pathlib.Path(options.zwasm or runtimes.default_zwasm()).resolve())
    wasmtime = runtimes.Wasmtime.find()
    if not wasmtime:
        print("wasmtime: not installed (./x bench peers); left out")
    expected = catalog.Expected()
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="zwasm-kept-"))
    # A cache and a key of our own.
    os.environ["XDG_CACHE_HOME"], os.environ["XDG_STATE_HOME"] = str(scratch / "cache"), str(scratch / "state")
    print(f"{'program':<16} {'cold':>8} {'second':>8} {'compiled':>8} {'allowed':>8} {'wasmtime':>8}  wall ms, size {options.size}")
    table, late, failed = {}, [], 0
    try:
        for program in catalog.load(options.only, options.skip):
            try:
                cells = one_program(zwasm, wasmtime, program, options, expected, scratch)
            except build.BuildError as problem:
                print(f"{program.name}: {problem}")
                cells = None
            if cells is None:
                failed += 1
                continue
            table[program.name] = cells
            allowed = ALLOWED_RATIO * cells["compiled"] + ALLOWED_SECONDS
            mark = ""
            if cells["second"] > allowed:
                late.append(program.name)
                mark = "  over"
            shown = [cells.get(n, math.nan) for n in ("cold", "second", "compiled")] + [allowed, cells.get("wasmtime", math.nan)]
            print(f"{program.name:<16} " + " ".join(f"{v * 1e3:>8.1f}" for v in shown) + mark, flush=True)
        rows = table.values()
        print(f"geometric means: second / compiled {mean(r['second'] / r['compiled'] for r in rows):.3f}, "
              f"second / wasmtime compiled {mean(r['second'] / r['wasmtime'] for r in rows if 'wasmtime' in r):.3f}, "
              f"cold / second {mean(r['cold'] / r['second'] for r in rows):.2f}")
        if late:
            print(f"above {ALLOWED_RATIO} of the steady state + {ALLOWED_SECONDS * 1e3:.0f} ms: {', '.join(late)}")
        modules = sorted((m for m in GUESTS.glob("*.wasm") if "comp" not in m.stem or m.stem == "compress"),
                         key=lambda m: m.stat().st_size)[-6:] if GUESTS.exists() else []
        ratios = load_only(zwasm, wasmtime, modules, options.rounds or 10, scratch)
        if ratios:
            print(f"geometric mean against wasmtime {mean(ratios):.3f}")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print(f"{len(table)} passed, {failed} failed")
    return 1 if failed else 0
