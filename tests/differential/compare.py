#!/usr/bin/env python3
"""Compares what zwasm and wasmtime observe on the same modules.

    compare.py DIFFERENTIAL [--seconds N] [--seed N] [--way NAME] [--modules DIR] [--smith]

DIFFERENTIAL is the program zwasm_differential, which generates the modules and observes them for us;
with --smith they come from `wasm-tools smith` (crate wasm-tools), with --modules from a folder. The
peer is the PyPI package wasmtime; without it the comparison is skipped, and says so. A module on
which the two differ is kept in build/differential, and its name printed."""
import argparse
import itertools
import math
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time

# Where ./x puts the peer when it is not installed.
sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "build" / "python"))

SERIES = [0, 1, 0xFFFFFFFFFFFFFFFF, 0x80000000, 0x7FFFFFFF, 0x8000000000000000, 42,
          0x3FF000003F800000, 0x7FF800007FC00000, 0xFFFF, 65536, 0xC0590000C2C80000]

# What the peer says of a trap, by a word of its message, in our words.
TRAPS = [
    ("unreachable", "unreachable"), ("out of bounds memory", "out of bounds memory access"),
    ("undefined element", "undefined element"), ("out of bounds table", "out of bounds table access"),
    ("uninitialized element", "uninitialized element"), ("integer divide by zero", "integer divide by zero"),
    ("integer overflow", "integer overflow"), ("invalid conversion", "invalid conversion to integer"),
    ("indirect call type mismatch", "indirect call type mismatch"), ("call stack exhausted", "call stack exhausted"),
    ("null reference", "null reference"), ("null structure", "null reference"), ("null array", "null reference"),
    ("null i31", "null reference"), ("null func", "null reference"), ("null exn", "null reference"),
    ("out of bounds array", "out of bounds array access"), ("cast failure", "cast failure"),
    ("unaligned atomic", "unaligned atomic"), ("atomic wait on non-shared", "expected shared memory"),
    ("expected shared memory", "expected shared memory"),
    ("allocation", "allocation failure"), ("GC heap out of memory", "allocation failure"),
    ("uncaught", "exception"), ("thrown", "exception"),
]

# Where two traps are due at once, the first is ours and the second may be the peer's.
BOTH_TRAPS = [
    # Of array.copy the peer looks at one array's bounds before it looks for the other.
    ("null reference", "out of bounds array access"),
    # An atomic access looks at its alignment first; the peer says so only of addresses within its reservation.
    ("unaligned atomic", "out of bounds memory access"),
]


def trap_words(message):
    text = message.lower()
    for word, ours in TRAPS:
        if word.lower() in text:
            return ours
    return text.splitlines()[-1] if text else text


def fnv(data):
    h = 0xCBF29CE484222325
    for b in data:
        h = ((h ^ b) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return h


def plain(name):
    """A name as a word."""
    return "".join(chr(b) if 48 <= b < 58 or 65 <= b < 91 or 97 <= b < 123 or b == 95 else f"\\{b:02x}" for b in name.encode())


def peer_lines(path):
    """What wasmtime observes; None when it refuses the module."""
    import wasmtime as w
    config = w.Config()
    for name in ("wasm_gc", "wasm_function_references", "wasm_exceptions", "wasm_tail_call", "wasm_memory64",
                 "wasm_multi_memory", "wasm_threads", "wasm_wide_arithmetic", "wasm_custom_page_sizes", "wasm_relaxed_simd",
                 "relaxed", "wasm_relaxed_simd_deterministic", "cranelift_nan_canonicalization"):
        if hasattr(type(config), name):
            setattr(config, name, True)
    engine = w.Engine(config)
    store = w.Store(engine)
    try:
        module = w.Module.from_file(engine, path)
    except w.WasmtimeError as e:
        return ["refused: " + str(e).splitlines()[0]]
    try:
        instance = w.Instance(store, module, [])
    except (w.Trap, w.WasmtimeError) as e:
        return ["instantiation: trap: " + trap_words(str(e))]
    lines, seed = [], 0
    exports = [(plain(e.name), e.type, instance.exports(store)[e.name]) for e in module.exports]
    refill = next((value for name, _, value in exports if name == "refill"), None)
    for _ in range(3):
        for name, type_, func in exports:
            if not isinstance(func, w.Func):
                continue
            if refill:
                refill(store)
            args, passable = [], True
            for p in type_.params:
                bits, kind = SERIES[seed % len(SERIES)], str(p)
                seed += 1
                if kind == "i32":
                    args.append(struct.unpack("<i", struct.pack("<I", bits & 0xFFFFFFFF))[0])
                elif kind == "i64":
                    args.append(struct.unpack("<q", struct.pack("<Q", bits))[0])
                elif kind == "f32":
                    number = struct.unpack("<f", struct.pack("<I", bits & 0xFFFFFFFF))[0]
                    args.append(w.Val.f32(number if number == number else math.nan))
                elif kind == "f64":
                    number = struct.unpack("<d", struct.pack("<Q", bits))[0]
                    args.append(w.Val.f64(number if number == number else math.nan))
                else:
                    passable = False
            if not passable:
                continue
            try:
                results = func(store, *args)
            except (w.Trap, w.WasmtimeError) as e:
                what = trap_words(str(e))
                lines.append(f"{name} -> " + (what if what == "exception" else "trap: " + what))
                continue
            results = results if isinstance(results, list) else [] if results is None and not type_.results else [results]
            lines.append(" ".join([f"{name} ->"] + [show(v, str(t)) for v, t in zip(results, type_.results)]))
    for name, type_, value in exports:
        if isinstance(value, w.Memory):
            size = value.data_len(store)
            lines.append(f"memory {name}: {size} {fnv(bytes(value.read(store, 0, min(size, 1 << 20)))):x}")
        elif isinstance(value, w.Global) and str(type_.content) in ("i32", "i64", "f32", "f64"):
            lines.append(f"global {name}: " + show(value.value(store), str(type_.content)))
    return lines


def show(value, kind):
    if kind == "i32":
        return f"i32:{value & 0xFFFFFFFF:x}"
    if kind == "i64":
        return f"i64:{value & 0xFFFFFFFFFFFFFFFF:x}"
    if kind == "f32":
        return f"f32:{struct.unpack('<I', struct.pack('<f', value))[0]:x}" if value == value else "f32:7fc00000"
    if kind == "f64":
        return f"f64:{struct.unpack('<Q', struct.pack('<d', value))[0]:x}" if value == value else "f64:7ff8000000000000"
    if kind == "v128":
        return "v128"
    return "null" if value is None else "ref"


def ours_normal(line):
    for null in ("function", "structure", "array", "i31", "exception"):
        line = line.replace(f"null {null} reference", "null reference")
    # The peer has one trap for these two.
    line = line.replace("out of bounds table access", "undefined element")
    if "allocation failure" in line:
        line = line.split("allocation failure")[0] + "allocation failure"
    return line


def same(ours, peers):
    """Equal but for what may differ: how deep a stack is, how large a heap."""
    if any("stack exhausted" in x or "allocation failure" in x or "timeout" in x for x in ours + peers):
        return True
    ours = [ours_normal(x) for x in ours]
    peers = [ours_normal(x) for x in peers]
    if ours and peers and ours[0].startswith("refused") and peers[0].startswith("refused"):
        return True
    return len(ours) == len(peers) and all(o == p or any(o.endswith(x) and p.endswith(y) for x, y in BOTH_TRAPS)
                                           for o, p in zip(ours, peers))


def generate(path, rng):
    """A module by wasm-tools. Without the proposals whose types the peer's Python API cannot show: all
    is exported; our own generator has these."""
    flags = {
        "max_imports": 0, "min_funcs": 1, "max_funcs": 12, "export_everything": True,
        "max_memories": 2, "max_memory32_bytes": 1 << 20, "max_memory64_bytes": 1 << 20, "max_table_elements": 1000,
        "max_instructions": rng.choice([100, 400, 2000]),
        "threads_enabled": False, "exceptions_enabled": False, "gc_enabled": False,
        "custom_descriptors_enabled": False, "compact_imports_enabled": False,
        "simd_enabled": False, "relaxed_simd_enabled": False,
        "tail_call_enabled": rng.random() < .5, "memory64_enabled": rng.random() < .3,
        "custom_page_sizes_enabled": rng.random() < .2, "wide_arithmetic_enabled": rng.random() < .3,
        "allow_start_export": True, "memory_max_size_required": True, "table_max_size_required": True,
    }
    seed = path + ".seed"
    with open(seed, "wb") as f:
        f.write(rng.randbytes(rng.choice([500, 2000, 8000])))
    run = subprocess.run(["wasm-tools", "smith", "--ensure-termination", "--fuel", "1000", seed, "-o", path] +
                         [f"--{name.replace('_', '-')}={str(value).lower()}" for name, value in flags.items()],
                         capture_output=True, text=True)
    os.unlink(seed)
    if run.returncode:
        raise SystemExit(run.stderr)


def ours(program, way, paths):
    """What we observe: path -> lines. A crash ends the lines of the module that made it."""
    found, run = {}, None
    while len(found) < len(paths):
        run = subprocess.run([program, "--observe", "--way", way, *paths[len(found):]], capture_output=True,
                             text=True, timeout=600)
        for line in run.stdout.splitlines():
            if line.startswith("module "):
                found[line[7:]] = current = []
            else:
                current.append(line)
        if run.returncode:
            if not found:
                raise SystemExit(run.stderr)
            current.append(f"exit status {run.returncode}: {run.stderr[-500:]}")
    return found


def batches(a, rng, folder):
    """Lists of paths of modules, in batches so that a process does not start for each."""
    if a.modules:
        yield sorted(str(path) for path in pathlib.Path(a.modules).rglob("*.wasm"))
        return
    for number in range(1 << 60):
        batch = os.path.join(folder, str(number))
        os.mkdir(batch)
        if a.smith:
            for i in range(20):
                generate(os.path.join(batch, f"{i}.wasm"), rng)
        else:
            subprocess.run([a.program, "--generate", batch, "--seed", str(a.seed), "--first", str(number * 50),
                            "--cases", "50"], check=True)
        yield [str(path) for path in sorted(pathlib.Path(batch).glob("*.wasm"))]
        shutil.rmtree(batch)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("program", help="zwasm_differential")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--way", default="interpreter", help="how we run the code")
    parser.add_argument("--modules", metavar="DIR")
    parser.add_argument("--smith", action="store_true")
    a = parser.parse_args()
    try:
        import wasmtime  # noqa: F401
    except ImportError:
        print("SKIPPED: the peer, PyPI's package wasmtime, is not installed")
        print("0 passed, 0 failed")
        return 0
    if a.smith and not shutil.which("wasm-tools"):
        print("SKIPPED: wasm-tools (crate wasm-tools) is not installed")
        print("0 passed, 0 failed")
        return 0
    rng = random.Random(a.seed)
    end, passed, failed, refused, calls = time.time() + a.seconds, 0, 0, 0, 0
    keep = "build/differential"
    with tempfile.TemporaryDirectory() as folder:
        for paths in batches(a, rng, folder):
            seen = ours(a.program, a.way, paths)
            for path in paths:
                if time.time() > end:
                    break
                peers = peer_lines(path)
                if same(seen[path], peers):
                    passed += 1
                    refused += bool(peers) and peers[0].startswith("refused")
                    calls += sum(" ->" in line for line in peers)
                    continue
                failed += 1
                os.makedirs(keep, exist_ok=True)
                kept = os.path.join(keep, f"{a.seed}-{os.path.basename(os.path.dirname(path))}-{os.path.basename(path)}")
                shutil.copy(path, kept)
                print(f"DIFFERENT: {kept}")
                mine = [ours_normal(line) for line in seen[path]]
                for o, p in itertools.zip_longest(mine, peers, fillvalue="nothing"):
                    if o != p:
                        print(f"  ours: {o}\n  peer: {p}")
                        break
            if time.time() > end or failed >= 50:
                break
    print(f"seed {a.seed}: {calls} calls compared, {refused} modules refused by both")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
