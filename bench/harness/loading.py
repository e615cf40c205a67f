"""Loading compiled files: the largest guests, compiled by zwasm and by wasmtime, are loaded and instantiated, and
nothing of them runs. Whole processes in turns, the best of the rounds counts."""

import math
import os
import pathlib
import tempfile

from . import build, catalog, measure, runtimes

LARGEST = 6


def compile_with(command):
    _, status, _, error, trouble = measure.spawn(command, timeout=600)
    if trouble or status != 0:
        raise build.BuildError(f"{' '.join(map(str, command))}: {trouble or error[:300].decode('utf-8', 'replace')}")


def starts(zwasm, wasmtime, module, scratch):
    """The commands that load it, by name. No export is called so."""
    own, theirs = scratch / "own.cwasm", scratch / "theirs.cwasm"
    compile_with([zwasm, "compile", str(module), "-o", str(own)])
    found = {"zwasm": [zwasm, "run", "-C", "cache=n", "--invoke", "no such export", str(own)]}
    if wasmtime:
        compile_with([wasmtime.path, "compile", str(module), "-o", str(theirs)])
        found["wasmtime"] = [wasmtime.path, "run", "--allow-precompiled", "--invoke", "no such export", str(theirs)]
    return found, own.stat().st_size


def measure_all(zwasm, wasmtime, modules, rounds, scratch):
    print(f"{'load and instantiate':<24} {'wasm KiB':>9} {'cwasm KiB':>10} {'ms':>7} {'wasmtime ms':>12} {'ratio':>6}")
    ratios, failed = [], 0
    for module in modules:
        try:
            commands, size = starts(zwasm, wasmtime, module, scratch)
        except build.BuildError as problem:
            print(problem)
            failed += 1
            continue
        best = {}
        for _ in range(rounds):
            for name, command in commands.items():
                run, *_ = measure.spawn(command, timeout=60)
                best[name] = min(best.get(name, math.inf), run.wall)
        theirs = best.get("wasmtime", math.nan)
        ratios.append(best["zwasm"] / theirs)
        print(f"{module.name:<24} {module.stat().st_size >> 10:>9} {size >> 10:>10} {best['zwasm'] * 1e3:>7.2f} "
              f"{theirs * 1e3:>12.2f} {ratios[-1]:>6.2f}", flush=True)
    return ratios, failed


def run(options):
    zwasm = str(pathlib.Path(options.zwasm or runtimes.default_zwasm()).resolve())
    wasmtime = runtimes.Wasmtime.find()
    if not wasmtime:
        print("wasmtime: not installed (./x bench peers); left out")
    # Components are not loaded as modules are.
    folder = catalog.guests_directory()
    modules = sorted((m for m in folder.glob("*.wasm") if not m.stem.endswith("_comp")),
                     key=lambda m: m.stat().st_size)[-LARGEST:] if folder is not None else []
    if not modules:
        print("the shared guests are not there ($ZWASM_GUESTS); nothing to load")
        return 1
    with tempfile.TemporaryDirectory(prefix="zwasm-load-") as scratch:
        # A key of our own.
        os.environ["XDG_STATE_HOME"] = str(pathlib.Path(scratch) / "state")
        ratios, failed = measure_all(zwasm, wasmtime, modules, options.rounds or 10, pathlib.Path(scratch))
    known = [r for r in ratios if math.isfinite(r)]
    if known:
        print(f"geometric mean against wasmtime {math.exp(sum(map(math.log, known)) / len(known)):.3f}")
    print(f"{len(ratios)} passed, {failed} failed")
    return 1 if failed else 0
