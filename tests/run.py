#!/usr/bin/env python3
"""Runs the tests of the project: one flat table of steps, a line for each, a summary at the end.

    ./x test [--full] [--only REGEX] [--skip REGEX] [--no-build] [--list] [--jobs N] [-v]

A step is a command. It is counted by what it prints: `N passed, M failed` as its last line, a
doctest summary, or just its exit status. Steps run several at a time, but are printed in order.
Lines `SKIPPED: …` in its output and steps whose test data is absent are repeated at the end, loudly,
so that nothing is ever skipped in silence; what we should have built ourselves and is not there is a
failure.
The last line is `N passed, N failed`; the exit status is 1 when anything failed."""
import argparse
import itertools
import json
import os
import platform
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FAILURES = ROOT / "build/failures"  # what failed steps printed
SUITES = Path(os.environ.get("ZWASM_SUITES") or ROOT.parent / "shared" / "suites")
GUESTS = Path(os.environ.get("ZWASM_GUESTS") or SUITES.parent / "guests")
CLI = "build/release/zwasm"
ARM64 = "build/arm64/zwasm"


@dataclass
class Step:
    name: str
    command: str  # programs below build/ must be there: the step fails without
    needs: tuple = ()  # paths that may be absent, then the step is skipped
    limit: int = 300  # seconds
    when: str = "always"  # or "quick", "full"
    alone: bool = False  # nothing else runs meanwhile


# The same suites in every way that code can run. Thresholds of 1 take every way from the interpreter
# to machine code; opt-level=0 keeps every value in memory between instructions.
ENGINES = (
    ("interpreter", "--engine interp"),
    ("interpreter, collecting always", "--engine interp --gc-stress"),
    ("interpreter, without guard pages", "--engine interp -O memory-reservation=0"),
    ("compiled", "--engine jit -O verify"),
    ("compiled, collecting always", "--engine jit --gc-stress"),
    ("compiled, without guard pages", "--engine jit -O memory-reservation=0"),
    ("compiled, spilling everything", "--engine jit -O opt-level=0"),
    ("tiers, thresholds of 1", "--engine auto -C tier-calls=1,tier-loops=1"),
    ("tiers, thresholds of 1, collecting always", "--engine auto -C tier-calls=1,tier-loops=1 --gc-stress"),
)

# Under emulation all compiled code runs on both processors, and each other way on the one where it differs more.
ARM64_SUITES = {
    "max": ("interpreter", "compiled", "tiers, thresholds of 1, collecting always"),
    "cortex-a72": ("compiled", "compiled, collecting always", "compiled, without guard pages", "compiled, spilling everything"),
}


def build(preset, when="full"):
    return Step(f"build {preset}", f"./x build {preset}", limit=1800, when=when, alone=True)


def arm64_steps(suites, guests, bundle):
    """The arm64 build under qemu: on a processor that has all that qemu knows, and on an early one."""
    def step(name, cpu, command, needs=(), limit=3600):
        return Step(f"{name} on arm64, {cpu}", f"tests/arm64.py {cpu} {command}", needs, limit, when="full")

    result = []
    for cpu in ("max", "cortex-a72"):
        result += [step("unit tests", cpu, f"{ARM64}_tests '-tce=thousands of instances'"),
                   step("library", cpu, f"{ARM64}_api_tests '-tce=ten thousand instances*'"),
                   step("C API", cpu, f"{ARM64}_capi_tests"),
                   step("command line", cpu, f"tests/cli/run.py {ARM64}"),
                   step("regressions", cpu, f"{ARM64} wast tests/regressions")]
        result += [step(f"suites, {name}", cpu, f"tests/suites.py --slow {ARM64} {switches}", suites, 2 * 3600)
                   for name, switches in ENGINES if name in ARM64_SUITES[cpu]]
        result += [step("engine against engine", cpu, f"{ARM64}_differential --seconds 300")]
    patient = bundle.replace("run.py", "run.py --timeout 1200")
    for cpu, engine in (("max", "jit"), ("cortex-a72", "auto")):
        result += [step(f"guests built from source, {engine}", cpu,
                        f"tests/guests/run.py --slower 20 {ARM64} run --engine {engine}"),
                   step(f"guests of the bundle, {engine}", cpu,
                        f"{patient} {ARM64} run --engine {engine}", guests)]
    return result


def steps():
    suites, guests = (f"{SUITES}/STEPS.tsv",), (f"{GUESTS}/run.py",)
    mutate = f"--save build/mutated {SUITES} {GUESTS} build/guests"
    bundle = f"python3 {GUESTS}/run.py --skip '_comp|compose'"
    differential = "build/release/zwasm_differential"
    return [
        build("release", "always"),
        # What takes longest comes first, so that nothing is left running alone at the end.
        Step("guests built from source", f"tests/guests/run.py {CLI} run", limit=900),
        Step("engine against engine", f"{differential} --seconds 60 --save build/differential"),
        Step("engine against wasmtime", f"tests/differential/compare.py {differential} --seconds 30 --seed 1",
             when="quick"),
        Step("unit tests", "build/release/zwasm_tests"),
        *(Step(f"{what}, {tier}", f"env ZWASM_TEST_TIER={tier} build/release/{program}")
          for what, program in (("library by its public API", "zwasm_api_tests"),
                                ("C API and wasm.hh", "zwasm_capi_tests"))
          for tier in ("auto", "jit", "interp")),
        Step("every C function is defined", "tools/check_symbols.py build/release"),
        Step("examples", "tests/examples.py build/release"),
        Step("Python package", "tests/python.py build/release"),
        Step("programs of the benchmark", f"tests/bench.py {CLI}"),
        Step("exported symbols", "tools/check_abi.py build/release"),
        Step("include directions", "tools/check_includes.py"),
        Step("documentation", "tools/check_docs.py"),
        Step("interpreter dispatch is jumps", "tools/check_dispatch.py build/release"),
        Step("option reference", "tools/option_reference.py"),
        Step("page of results", "tools/conformance_page.py --check"),
        Step("completions and manual page", f"tests/completions.py {CLI}"),
        Step("API reference", "tools/check_reference.py"),
        Step("public headers", "tools/check_headers.py", when="quick"),
        Step("public headers, all variants", "tools/check_headers.py --full", when="full", limit=900),
        Step("every combination of parts left out", "tests/parts/run.sh build/release", limit=600),
        Step("installed, found, embedded", "tests/embedding/run.sh build/release"),
        Step("command line", f"tests/cli/run.py {CLI}"),
        Step("native debugger", f"tests/debugger.py {CLI}"),
        *(Step(f"regressions, {name}", f"{CLI} wast {switches} tests/regressions") for name, switches in ENGINES),
        *(Step(f"suites, {name}", f"tests/suites.py {CLI} {switches}", suites, limit=1200)
          for name, switches in ENGINES),
        Step("suites, altered expectations", f"tests/altered.py {CLI}", suites),
        Step("round trips", f"tests/roundtrip.py --share 4 {CLI}", suites, when="quick", limit=600),
        Step("round trips of all", f"tests/roundtrip.py {CLI}", suites, when="full", limit=1800),
        *(Step(f"guests of the bundle, {engine}", f"{bundle} {CLI} run --engine {engine}", guests, limit=900)
          for engine in ("interp", "jit", "auto")),
        Step("modules of extreme shape", f"tests/large/run.py {CLI}", limit=600),
        Step("mutated inputs", f"build/release/zwasm_mutate --cases 10000 {mutate}", suites, when="quick",
             limit=600),
        Step("size of the stripped CLI", f"tools/size.sh {CLI}"),

        Step("mutated inputs, many", f"build/release/zwasm_mutate --cases 100000 --seed 2 {mutate}", suites,
             when="full", limit=3600),
        Step("engine against engine, long", f"{differential} --seconds 900 --seed {int(time.time())} "
             "--save build/differential", when="full", limit=2400),
        Step("engine against wasmtime, long", f"tests/differential/compare.py {differential} --seconds 300",
             when="full", limit=1200),
        Step("library without its parts, built anew", "tests/parts/run.sh build/release smallest", when="full",
             limit=1800, alone=True),
        *(Step(f"both APIs at -O{level} on every tier", f"tests/levels.sh {level}", when="full", limit=1800, alone=True)
          for level in (0, 2, 3)),
        *(Step(f"both APIs at -O{level}, {name}", f"tests/levels.sh {level} {sanitizer}", when="full", limit=3600,
               alone=True)
          for sanitizer, name in (("address", "sanitized"), ("thread", "threads")) for level in (0, 2, 3)),
        build("asan"),
        Step("unit tests, sanitized", "build/asan/zwasm_tests", when="full", limit=900),
        *(Step(f"{what}, sanitized, {tier}", f"env ZWASM_TEST_TIER={tier} build/asan/{program}", when="full", limit=900)
          for what, program in (("library", "zwasm_api_tests"), ("C API", "zwasm_capi_tests"))
          for tier in ("auto", "jit", "interp")),
        *(Step(f"suites, sanitized, {name}", f"tests/suites.py --slow build/asan/zwasm {switches}", suites, when="full",
               limit=3600) for name, switches in ENGINES),
        Step("command line, sanitized", "tests/cli/run.py build/asan/zwasm", when="full", limit=900),
        Step("guests built from source, sanitized", "tests/guests/run.py --slower 10 build/asan/zwasm run",
             when="full", limit=3600),
        Step("guests of the bundle, sanitized", f"{bundle} build/asan/zwasm run", guests, when="full",
             limit=3600),
        Step("mutated inputs, sanitized", f"build/asan/zwasm_mutate --cases 100000 --limit 10000 {mutate}",
             suites, when="full", limit=4 * 3600),
        Step("engine against engine, sanitized", "build/asan/zwasm_differential --seconds 600 "
             "--save build/differential", when="full", limit=900),
        build("tsan"),
        Step("unit tests, threads", "build/tsan/zwasm_tests", when="full", limit=900),
        # Ten thousand instances need more memory for what the sanitizer knows of them than machines have.
        *(Step(f"{what}, threads, {tier}", f"env ZWASM_TEST_TIER={tier} build/tsan/{program}", when="full", limit=900)
          for what, program in (("library", "zwasm_api_tests '-tce=ten thousand*'"), ("C API", "zwasm_capi_tests"))
          for tier in ("auto", "jit", "interp")),
        Step("stores on eight threads for a minute",
             "env ZWASM_STRESS_SECONDS=60 build/tsan/zwasm_api_tests -tc=stores*", when="full", limit=900),
        Step("suites, threads", "tests/suites.py build/tsan/zwasm --only thread", suites, when="full",
             limit=3600),
        # The sanitizer does not see the atomic operations of machine code.
        Step("guest with threads, threads", "tests/guests/run.py --slower 20 --only '^threads' "
             "build/tsan/zwasm run --engine interp", when="full", limit=900),
        build("clang"),
        Step("unit tests by clang", "build/clang/zwasm_tests", when="full"),
        Step("suites by clang", "tests/suites.py build/clang/zwasm", suites, when="full", limit=600),
        build("arm64"),
        *arm64_steps(suites, guests, bundle),
    ]


@dataclass
class Outcome:
    passed: int = 0
    failed: int = 0
    skipped: tuple = ()


def count(output, status):
    """Passed and failed tests of a step, from its output and exit status."""
    skipped = tuple(re.findall(r"^SKIPPED: (.*)$", output, re.M))
    summary = re.findall(r"^(\d+) passed, (\d+) failed", output, re.M)
    doctest = re.findall(r"test cases: +\d+ \| +(\d+) passed \| +(\d+) failed", output)
    passed, failed = map(int, (summary or doctest or [(status == 0, 0)])[-1])
    return Outcome(passed, max(failed, int(status != 0)), skipped)


def execute(step):
    """Runs a step in a process group of its own; returns (outcome, output, seconds)."""
    unbuilt = [word for word in shlex.split(step.command)
               if re.match(r"build/\w+/zwasm", word) and not (ROOT / word).exists()]
    if unbuilt:
        return Outcome(failed=1), f"{', '.join(unbuilt)} should have been built, but is not there\n", 0.0
    absent = [path for path in step.needs if not (ROOT / path).exists()]
    if absent:
        return Outcome(skipped=tuple(f"{path} is absent" for path in absent)), "", 0.0
    start = time.monotonic()
    # What zwasm keeps for its user is each step's own: neither helped nor spoiled by what was before.
    private = tempfile.mkdtemp(prefix="zwasm-test-")
    env = dict(os.environ, ZWASM_SUITES=str(SUITES), ZWASM_GUESTS=str(GUESTS),
               XDG_CACHE_HOME=f"{private}/cache", XDG_STATE_HOME=f"{private}/state")
    try:
        process = subprocess.Popen(shlex.split(step.command), cwd=ROOT, env=env, text=True, errors="replace",
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, start_new_session=True)
    except OSError as error:
        return Outcome(failed=1), f"{error}\n", 0.0
    with process:
        try:
            output, _ = process.communicate(timeout=step.limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            output += f"\nstopped after {step.limit} s\n"
    shutil.rmtree(private, ignore_errors=True)
    return count(output, process.returncode), output, time.monotonic() - start


def run_all(chosen, jobs):
    """Runs steps, several at a time, and yields them in their order with what came of them."""
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        while chosen:
            together = list(itertools.takewhile(lambda step: not step.alone, chosen)) or chosen[:1]
            chosen = chosen[len(together):]
            yield from zip(together, pool.map(execute, together))


def main():
    parser = argparse.ArgumentParser(prog="./x test", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--full", action="store_true", help="everything; takes hours")
    parser.add_argument("--only", metavar="REGEX", help="steps whose name matches")
    parser.add_argument("--skip", metavar="REGEX", help="not the steps whose name matches")
    parser.add_argument("--no-build", action="store_true", help="use the builds that are there")
    parser.add_argument("--list", action="store_true", help="print the steps and their commands")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="steps that run at the same time")
    parser.add_argument("--results", metavar="FILE", help="write the numbers as JSON, for tools/conformance_page.py")
    parser.add_argument("-v", "--verbose", action="store_true", help="print every step's output")
    args = parser.parse_args()

    chosen = [step for step in steps()
              if step.when in ("always", "full" if args.full else "quick")
              and not (args.no_build and step.command.startswith("./x build"))
              and (not args.only or re.search(args.only, step.name))
              and not (args.skip and re.search(args.skip, step.name))]
    if args.list:
        for step in chosen:
            print(f"{step.name:<34} {step.command}")
        return 0

    passed, failed, skipped, recorded, start = 0, 0, [], [], time.monotonic()
    for step, (outcome, output, seconds) in run_all(chosen, args.jobs):
        if args.verbose:
            print(output, end="")
        passed += outcome.passed
        failed += outcome.failed
        skipped += [f"{step.name}: {reason}" for reason in outcome.skipped]
        recorded.append({"name": step.name, "passed": outcome.passed, "failed": outcome.failed,
                         "skipped": list(outcome.skipped), "seconds": round(seconds, 1)})
        state = "FAIL" if outcome.failed else "SKIP" if outcome.skipped else "ok  "
        note = re.findall(r"^NOTE: (.*)$", output, re.M)
        print(f"{state} {step.name:<36} {outcome.passed:>6} passed {outcome.failed:>4} failed "
              f"{len(outcome.skipped):>4} skipped {seconds:>7.1f} s  {'; '.join(note)}".rstrip(), flush=True)
        if outcome.failed and not args.verbose:
            print(f"     $ {step.command}")
            kept = FAILURES / (re.sub(r"[^a-z0-9]+", "-", step.name.lower()).strip("-") + ".log")
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(output)
            print("".join(f"     {line}\n" for line in output.splitlines()[-25:]), end="")
            print(f"     all of it: {kept.relative_to(ROOT)}", flush=True)

    if skipped:
        print(f"\n*** {len(skipped)} SKIPPED, so not tested here:")
        for reason in skipped:
            print(f"***   {reason}")
    if args.results:
        version = re.search(r"VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text().split("project(", 1)[1])[1]
        Path(args.results).write_text(json.dumps({
            "version": version, "machine": f"{platform.system()} on {platform.machine()}",
            "date": time.strftime("%Y-%m-%d"), "steps": recorded}, indent=2))
    print(f"\n{time.monotonic() - start:.0f} s")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
