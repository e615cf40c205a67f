#!/usr/bin/env python3
"""Latencies at the border between host and guest, zwasm beside wasmtime.

Typed calls (typed.cpp): zwasm's C++ API beside the unchecked calls of wasmtime's C API, in one
process. Untyped ones (latency.c): the same C program drives both shared libraries by the standard C
API, in turns. Everything runs compiled code.

    bench/api/run.py [--build build/release] [--peer LIBWASMTIME.SO] [--turns 5] [--json]

The peer is the library of wasmtime's wheel on PyPI, which is fetched by pip into the cache folder
when it is not there."""
import argparse
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CACHE = Path(os.environ.get("ZWASM_PEERS") or
             Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "zwasm-bench/peers")
WASMTIME = "48.0.0"  # at least
ROWS = [  # name, what it is, unit
    ("host_to_wasm", "a call from the host into wasm and back", "ns"),
    ("wasm_to_host", "a call from wasm to a host function and back", "ns"),
    ("exports", "all four exports of an instance as handles", "ns"),
    ("instantiate", "instantiate a compiled module", "ns"),
    ("store", "make and delete a store", "ns"),
    ("module_new", "compile a small module", "ns"),
    ("module_deserialize", "load the same from its serialized form", "ns"),
]


TYPED = [  # name, what it is, the budget: in virtual calls, or of wasmtime's time
    ("wasm_to_host", "wasm calls a host function (i32, i32) -> i32", "1.5 virtual calls"),
    ("host_to_wasm", "the host calls wasm (i32, i32) -> i32", "8 virtual calls"),
    ("instantiate", "instantiate a compiled module", "half of wasmtime"),
    ("store_and_instance", "the same with a store of its own", "half of wasmtime"),
    ("export", "look an exported function up by its name", ""),
]


def find_installed():
    """wasmtime's library of an installed wheel."""
    found = subprocess.run([sys.executable, "-c", "import wasmtime; print(wasmtime.__path__[0])"], text=True,
                           capture_output=True)
    return next(iter(sorted(Path(found.stdout.strip()).rglob("_libwasmtime.so"))), None) if found.stdout else None


def find_peer():
    folder = CACHE / "wasmtime-wheel"
    found = sorted(folder.rglob("_libwasmtime.so"))
    if found:
        return found[0]
    if installed := find_installed():
        return installed
    folder.mkdir(parents=True, exist_ok=True)
    got = subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder,
                          f"wasmtime>={WASMTIME}"], text=True, capture_output=True)
    wheels = sorted(folder.glob("wasmtime-*.whl"))
    if got.returncode or not wheels:
        return None
    with zipfile.ZipFile(wheels[-1]) as wheel:
        wheel.extractall(folder)
    return next(iter(sorted(folder.rglob("_libwasmtime.so"))), None)


def measure(program, library):
    text = subprocess.run([program, library, "5"], text=True, capture_output=True, check=True, timeout=300).stdout
    return {name: float(value) for name, value in (line.split() for line in text.splitlines())}


def measure_typed(build, peer, turns):
    program = build / "typed"
    # Aligned: where its loop straddles blocks that the processor fetches, the unit takes a fifth longer.
    subprocess.run(["g++", "-std=c++20", "-O2", "-falign-functions=64", "-falign-loops=64",
                    f"-I{ROOT / 'include'}", ROOT / "bench" / "api" / "typed.cpp",
                    f"-L{build}", "-lzwasm", f"-Wl,-rpath,{build.resolve()}", "-ldl", "-o", program], check=True)
    best = {}
    for _ in range(turns):
        text = subprocess.run([program, *([peer] if peer else [])], text=True, capture_output=True, check=True,
                              timeout=300).stdout
        for library, name, value in (line.split() for line in text.splitlines()):
            best[library, name] = min(float(value), best.get((library, name), 1e300))
    return best


def print_typed(best):
    call = best["c++", "virtual_call"]
    print(f"Typed calls, the C++ API, compiled code; a virtual call takes {call:.2f} ns\n")
    print(f"{'':<48}{'zwasm':>12}{'virtual calls':>15}{'wasmtime':>12}{'ratio':>8}  budget")
    for name, about, budget in TYPED:
        ours, theirs = best["zwasm", name], best.get(("wasmtime", name))
        peer = f"{theirs:>9.1f} ns{ours / theirs:>8.2f}" if theirs else " " * 20
        print(f"{about:<48}{ours:>9.1f} ns{ours / call:>15.2f}{peer}  {budget}")
    print()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    parser.add_argument("--peer", type=Path)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    ours = args.build / "libzwasm.so"
    if not ours.exists():
        print(f"{ours} is not there: build it with ./x build")
        return 1
    peer = args.peer or find_peer()
    program = args.build / "latency"
    subprocess.run(["gcc", "-O2", f"-I{ROOT / 'include'}", ROOT / "bench" / "api" / "latency.c", "-ldl", "-o", program],
                   check=True)
    libraries = {"zwasm": ours.resolve()}
    if peer:
        libraries["wasmtime"] = peer.resolve()
    else:
        print("wasmtime's library is not there and cannot be fetched: zwasm alone")
    best = {name: {} for name in libraries}
    for _ in range(args.turns):  # in turns, so that the machine's moods meet both
        for name, library in libraries.items():
            for key, value in measure(program, library).items():
                best[name][key] = min(value, best[name].get(key, value))
    typed = measure_typed(args.build, peer, args.turns)
    if args.json:
        print(json.dumps({"typed": {" ".join(key): value for key, value in typed.items()}, "untyped": best}, indent=2))
        return 0
    print_typed(typed)
    print("Untyped calls, the standard C API")
    call = min(one["virtual_call"] for one in best.values())
    print(f"a virtual call takes {call:.2f} ns\n")
    print(f"{'':<48}{''.join(f'{name:>12}' for name in best)}{'ratio':>8}{'virtual calls':>15}")
    for key, about, unit in ROWS:
        values = [one[key] for one in best.values()]
        ratio = f"{values[0] / values[1]:8.2f}" if len(values) == 2 else " " * 8
        print(f"{about:<48}{''.join(f'{value:>9.1f} {unit}' for value in values)}{ratio}{values[0] / call:>15.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
