"""Compile throughput: real programs from bytes to machine code on one thread, beside wasmtime's compiler.

What is compared is processor time and peak memory of a whole process that compiles a program and does
not run it, each the best of several interleaved rounds. zwasm compiles every function before the first
instance runs (`--engine jit`), and then fails to find the export that it is told to call. The budget:
-O1 in a third of wasmtime's time, -O2 in no more than all of it, with half of its memory.
"""

import math
import pathlib
import tempfile

from . import catalog, measure, report, runtimes

LEVELS = ("1", "2")
# Of wasmtime's, at the most.
BUDGET = {"1": {"cpu": 1 / 3, "peak": 0.5}, "2": {"cpu": 1.0, "peak": 0.5}}
NO_EXPORT = "no such export: only compile"


def guests(only=None, skip=None):
    """Core modules among the guests of the tests: components are for another compiler."""
    root = catalog.guests_directory()
    if root is None:
        raise SystemExit("bench: no guests in ../shared/guests; ZWASM_GUESTS names another folder")
    found = [p for p in sorted(pathlib.Path(root).glob("*.wasm"))
             if p.read_bytes()[4:8] == b"\x01\0\0\0" and catalog.wanted(p.stem, "guests", only, skip)]
    found = [p for p in found if p.stat().st_size > 20_000]  # starting the process is not the matter
    if not found:
        raise SystemExit("bench: no guest matches")
    return found


def ours(zwasm, level, guest):
    return [zwasm, "run", "--engine", "jit", "-C", "cache=n,parallel-compilation=n", "-O", f"opt-level={level}",
            "--invoke", NO_EXPORT, guest]


def theirs(wasmtime, guest, output):
    return [wasmtime, "compile", "-W", "all-proposals=y", "-C", "parallel-compilation=n", "-o", output, guest]


def run(options):
    chosen, absent = runtimes.select(["zwasm", "wasmtime"], options.zwasm, options.also)
    for line in absent:
        print(line)
    if absent or len(chosen) < 2:
        raise SystemExit("bench: needs zwasm and wasmtime (`./x bench peers`)")
    zwasm, wasmtime = (str(r.path) for r in chosen[:2])
    for runtime in chosen:
        print(f"{runtime.name}: {runtime.version()}")
    print(f"\n{'guest':<14}{'KB':>6}{'wasmtime':>12}{'MiB':>6}" +
          "".join(f"{f'-O{level}':>8}{'ratio':>7}{'memory':>8}" for level in LEVELS))
    ratios = {(level, metric): [] for level in LEVELS for metric in BUDGET[level]}
    failed = 0
    with tempfile.TemporaryDirectory(prefix="zwasm-bench-") as scratch:
        for guest in guests(options.only, options.skip):
            cells = {key: measure.Cell() for key in ("wasmtime", *LEVELS)}
            for _ in range(options.rounds or 3):
                for key, cell in cells.items():
                    command = (theirs(wasmtime, str(guest), f"{scratch}/out.cwasm") if key == "wasmtime"
                               else ours(zwasm, key, str(guest)))
                    once, status, _, errors, trouble = measure.spawn(command, timeout=options.timeout)
                    # Ours ends with that complaint, and with no other.
                    right = status == 0 if key == "wasmtime" else NO_EXPORT.encode() in errors
                    if trouble or not right:
                        cell.failure = trouble or errors.decode(errors="replace").strip().splitlines()[-1:]
                    else:
                        cell.runs.append(once)
            failures = [f"{key}: {cell.failure}" for key, cell in cells.items() if cell.failure or not cell.runs]
            if failures:
                failed += 1
                print(f"{guest.stem:<14}{'; '.join(failures)}")
                continue
            base = cells["wasmtime"]
            text = (f"{guest.stem:<14}{guest.stat().st_size // 1000:>6}{base.best('cpu'):>11.3f}s"
                    f"{base.best('peak') // 1024:>6}")
            for level in LEVELS:
                both = {m: cells[level].best(m) / base.best(m) for m in BUDGET[level]}
                for metric, ratio in both.items():
                    ratios[level, metric].append(ratio)
                text += f"{cells[level].best('cpu'):>7.3f}s{both['cpu']:>7.2f}{both['peak']:>8.2f}"
            print(text, flush=True)
    print()
    results = {}
    for (level, metric), values in ratios.items():
        if not values:
            continue
        mean = math.exp(sum(map(math.log, values)) / len(values))
        budget = BUDGET[level][metric]
        results[f"O{level} {metric}"] = {"mean": mean, "worst": max(values)}
        print(f"zwasm -O{level} / wasmtime, {metric}: {mean:.3f} (worst {max(values):.3f}), budget {budget:.2f}")
        failed += mean > budget
    if options.json:
        report.write_json(options.json, results)
    return 1 if failed else 0
