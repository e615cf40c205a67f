"""Start-up: hello world, the whole process, side by side.

What is compared is processor time and peak memory, each the best of many interleaved runs; the budget is
a quarter of wasmtime's in both. wasmtime is measured twice: compiling the program, and with its cache.
"""

import datetime

from . import build, catalog, measure, report, runtimes

HELLO = "Hello, world!\n"


def programs():
    """Hello world as a C program with printf, and as the smallest text module."""
    return [catalog.Program("hello_c", "startup", {s: "" for s in catalog.SIZES}, source="../startup/hello.c", args=()),
            catalog.Program("hello_wat", "startup", {s: "" for s in catalog.SIZES}, source="../startup/hello.wat", args=())]


class Hello:
    @staticmethod
    def get(program, size):
        return HELLO


def run(options):
    peers = options.peers if options.peers is not None else "wasmtime,wasmtime-cached,wasmi,wasm3"
    chosen, absent = runtimes.select(["zwasm", *(p for p in peers.split(",") if p)], options.zwasm, options.also)
    for line in absent:
        print(line)
    if not chosen:
        raise SystemExit("bench: nothing to run")
    rounds = options.rounds or 20
    zwasm = next((r.path for r in chosen if isinstance(r, runtimes.Zwasm)), None)
    for runtime in chosen:
        print(f"{runtime.name}: {runtime.version()}")
    table = measure.measure(programs(), chosen, "test", rounds, zwasm, Hello, options.timeout, lambda *_: None)
    failed = 0
    for name, row in table.items():
        print(f"\n{name:<12}{'cpu ms':>9}{'ratio':>8}{'wall ms':>9}{'ratio':>8}{'peak MiB':>10}{'ratio':>8}")
        base = row[chosen[0].name]
        for runtime in chosen:
            cell = row[runtime.name]
            if not cell.runs:
                failed += bool(cell.failure)
                print(f"{runtime.name:<12}{cell.missing or cell.failure}")
                continue
            text = f"{runtime.name:<12}"
            for metric, scale, width in (("cpu", 1e3, 9), ("wall", 1e3, 9), ("peak", 1 / 1024, 10)):
                ours, theirs = base.best(metric), cell.best(metric)
                text += f"{theirs * scale:>{width}.2f}"
                text += f"{ours / theirs:>8.2f}" if ours and theirs and runtime is not chosen[0] else " " * 8
            print(text)
    data = {m: report.as_json(table, chosen, "startup", rounds, m) for m in ("cpu", "peak")}
    stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%d-%H%M%S")
    report.write_json(options.json or build.OUT / "results" / f"{stamp}-startup.json", data["cpu"])
    print()
    for peer in chosen[1:]:
        for metric in ("cpu", "peak"):
            mean = data[metric]["geometric_means"][peer.name]
            if mean:
                print(f"{chosen[0].name} / {peer.name}, {metric}: {mean:.3f}")
                # A start-up limit holds for both, as the budget says.
                for limit in options.limit:
                    name, _, ratio = limit.partition("=")
                    if name == peer.name and mean > float(ratio):
                        print(f"limit broken: {name} {metric}: {mean:.3f}, at most {ratio}")
                        failed += 1
    return 1 if failed else 0
