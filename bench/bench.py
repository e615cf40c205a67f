#!/usr/bin/env python3
"""zwasm's benchmark: the same programs on zwasm and its peers, side by side.

  bench.py                          zwasm (build/release) against wasmi and wasm3, interpreter sizes
  bench.py --size jit --peers wasmtime,native --metric wall
  bench.py --only 'fib|tak' --rounds 7 --also old=/tmp/old/zwasm
  bench.py --size test --peers native           a quick check that every program runs
  bench.py startup                  hello world, whole process, against wasmtime
  bench.py cold                     nothing cached: short and middle-sized programs and the shared guests, wall and peak
  bench.py second                   the run after one that filled the cache, against wasmtime's and the budget
  bench.py steady                   the time inside: a long run less a short one
  bench.py peak                     peak memory of the suite (--size says how long it runs)
  bench.py compile                  compile throughput over the guests, one thread, against wasmtime
  bench.py code                     bytes of machine code of the guests, at two levels, against wasmtime's
  bench.py load                     loading and instantiating compiled files, against wasmtime's
  bench.py list                     the programs

Every run leaves a JSON file and a page with charts below build/bench; a run of the whole suite also renews
its section of docs/benchmarks.md and adds to bench/history.tsv.

Peers are installed by bench/peers.sh. What is not installed is named and left out. The exit status is 0
when every program ran and printed what it must, and the limits asked for (--limit) hold.
"""

import argparse
import datetime
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from harness import (build, catalog, html, inputs, loading, measure, modes, record, report, runtimes,  # noqa: E402
                     startup, throughput)

# Two of these must agree on an output before it becomes the expected one.
ACCEPTING = ("native", "wasmtime", "wasmi", "v8", "jsc")

# These measure the guests of the tests, alone or as well: --only and --skip choose among them.
OF_GUESTS = ("compile", "code", "cold")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=("run", "list", "build", "startup", "compile", "load", "peak", *modes.DEFAULTS),
                        default="run")
    parser.add_argument("--size", choices=catalog.SIZES, default="interp", help="how much work (default: interp)")
    parser.add_argument("--peers", default=None, help="comma-separated: wasmi, wasm3, wasmtime, wasmtime-cached, v8, jsc, native")
    parser.add_argument("--zwasm", help="the executable (default: build/release/zwasm)")
    parser.add_argument("--also", action="append", default=[], metavar="NAME=PATH [OPTION...]",
                        help="another zwasm to compare with, with options of its own")
    parser.add_argument("--only", metavar="REGEX", help="programs or guests whose name matches (or a group)")
    parser.add_argument("--skip", metavar="REGEX", help="leave out programs whose name matches")
    parser.add_argument("--rounds", type=int, default=None, help="interleaved rounds (default: 3; startup: 20)")
    parser.add_argument("--metric", choices=("cpu", "wall", "peak"), default="cpu", help="what is compared (default: cpu)")
    parser.add_argument("--timeout", type=int, default=120, help="seconds for one run (default: 120)")
    parser.add_argument("--json", metavar="FILE", help="where the result goes (default: below build/bench/results)")
    parser.add_argument("--html", metavar="FILE", help="where the page with charts goes (default: build/bench/report-SIZE.html)")
    parser.add_argument("--markdown", metavar="FILE", help="also write the result as a Markdown table")
    parser.add_argument("--no-record", action="store_true",
                        help="leave docs/benchmarks.md and bench/history.tsv alone, which a run of the whole suite renews")
    parser.add_argument("--limit", action="append", default=[], metavar="PEER[:METRIC]=RATIO",
                        help="fail when the geometric mean against the peer is above RATIO")
    parser.add_argument("--accept", action="store_true",
                        help="store outputs on which at least two independent runtimes agree")
    return parser.parse_args()


def accept(programs, expected, options):
    """Records the outputs of all sizes; two of the accepting runtimes must print the same."""
    found, absent = runtimes.select(ACCEPTING, None, [])
    for line in absent:
        print(line)
    failures = 0
    for program in programs:
        try:
            module = build.module(program, options.zwasm)
        except build.BuildError as error:
            print(f"{program.name}: {error}")
            failures += 1
            continue
        for size in catalog.SIZES:
            outputs = {}
            for runtime in found:
                if (runtime.missing(program) or len(outputs) == 2
                        or not runtime.reads_text and module.suffix == ".wat"):
                    continue
                _, status, output, error, trouble = measure.run_once(runtime, program, size, module, options.timeout)
                if trouble or status != program.exit_status:
                    print(f"{program.name} {size} on {runtime.name}: {trouble or status} "
                          f"{error[:200].decode('utf-8', 'replace')}")
                    continue
                outputs[runtime.name] = catalog.fingerprint(output)
            if len(set(outputs.values())) == 1:
                if len(outputs) == 1:
                    print(f"{program.name} {size}: only {list(outputs)[0]} could run it")
                expected.accept(program, size, next(iter(outputs.values())))
            else:
                print(f"{program.name} {size}: not accepted, outputs differ or are missing: {outputs}")
                failures += 1
    expected.save(catalog.load())
    return 1 if failures else 0


def check_limits(limits, data):
    broken = 0
    for limit in limits:
        name, _, ratio = limit.partition("=")
        peer, _, metric = name.partition(":")
        mean = data["means_by_metric"].get(metric or data["metric"], {}).get(peer)
        if mean is None or mean > float(ratio):
            print(f"limit broken: {name}: {mean if mean is None else round(mean, 3)}, at most {ratio}")
            broken += 1
    return broken


def main():
    options = parse_arguments()
    programs = catalog.load(options.only, options.skip)
    if not programs and options.what not in OF_GUESTS:
        raise SystemExit("bench: no program matches")
    if options.what == "list":
        for p in programs:
            needs = f" needs {', '.join(p.needs)}" if p.needs else ""
            print(f"{p.name:<15} {p.group:<10} {p.source or p.debian or p.guest}{needs}")
        return 0
    inputs.make(measure.inputs_directory())
    if options.what == "compile":
        return throughput.run(options)
    if options.what == "startup":
        return startup.run(options)
    if options.what == "load":
        return loading.run(options)
    if options.what == "build":
        failures = 0
        for program in programs:
            try:
                print(build.module(program, options.zwasm))
            except build.BuildError as error:
                failures += 1
                print(f"{program.name}: {error}", file=sys.stderr)
        return 1 if failures else 0
    expected = catalog.Expected()
    if options.accept:
        return accept(programs, expected, options)

    if options.what == "peak":
        options.metric = "peak"
    load = os.getloadavg()[0]
    if options.what in modes.DEFAULTS:
        kind, (table, chosen, rounds, metrics) = options.what, modes.run(options.what, options, programs, expected)
    else:
        kind, metrics = options.size, (options.metric,)
        table, chosen, rounds = plain(options, programs, expected)
    return finish(options, kind, table, chosen, rounds, metrics, load)


def plain(options, programs, expected):
    """The programs at one size, each a whole process."""
    default_peers = "wasmtime,native" if options.size == "jit" else "wasmi,wasm3"
    peers = options.peers if options.peers is not None else default_peers
    names = ["zwasm", *(p for p in peers.split(",") if p)]
    # What is sized for interpreters compares interpreters.
    engine = ["--engine", "interp"] if options.size == "interp" and options.what == "run" else ["-C", "cache=n"]
    chosen, absent = runtimes.select(names, options.zwasm, options.also, engine)
    for line in absent:
        print(line)
    if not chosen:
        raise SystemExit("bench: nothing to run")
    for runtime in chosen:
        print(f"{runtime.name}: {runtime.version()}")
    print(report.header_text(chosen), flush=True)
    rounds = options.rounds or 3
    zwasm = next((r.path for r in chosen if isinstance(r, runtimes.Zwasm)), None)
    table = measure.measure(
        programs, chosen, options.size, rounds, zwasm, expected, options.timeout,
        lambda program, row: print(report.row_text(program.name, row, chosen, options.metric), flush=True))
    return table, chosen, rounds


def finish(options, kind, table, chosen, rounds, metrics, load):
    """Says and keeps what was measured; the exit status."""
    for metric in metrics:
        if len(metrics) > 1:
            print(f"{report.METRICS[metric][0]}:")
        for line in report.summary_lines(table, chosen, metric):
            print(line)
    data = report.as_json(table, chosen, kind, rounds, *metrics)
    data["machine"]["load"] = (load, os.getloadavg()[0])
    stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%d-%H%M%S")
    path = options.json or build.OUT / "results" / f"{stamp}-{kind}.json"
    report.write_json(path, data)
    page = pathlib.Path(options.html or build.OUT / f"report-{kind}.html")
    page.write_text(html.page(data))
    written = [path, page]
    # Only what measures everything, with a metric for users, belongs to the documents.
    whole = not (options.only or options.skip or options.also) and options.size != "test"
    if whole and metrics[0] == modes.DEFAULTS.get(kind, (("cpu",),))[0][0] and len(chosen) > 1 and not options.no_record:
        written += record.keep(data)
    if options.markdown:
        pathlib.Path(options.markdown).write_text(report.markdown(data))
    for file in written:
        print(f"written: {os.path.relpath(file)}")
    ours = chosen[0].name
    failed = sum(1 for row in table.values() if row[ours].failure)
    broken = check_limits(options.limit, data)
    print(f"{len(table) - failed} passed, {failed} failed")
    return 1 if failed or broken else 0


if __name__ == "__main__":
    sys.exit(main())
