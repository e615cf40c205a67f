#!/usr/bin/env python3
"""Modules of extreme shape: they must load, run and be refused in time and memory that grow with
their size, and never crash.

    run.py ZWASM        prints `N passed, N failed`

Each case is generated (nothing large is stored), given to the command line, and judged by exit status,
output and peak memory; time is only printed. A time limit far above any honest run catches
superlinear behaviour.
"""
import os
import resource
import subprocess
import sys
import tempfile
import time

MIB = 1 << 20


def uleb(n):
    out = bytearray()
    while True:
        b = n & 0x7F
        n >>= 7
        out.append(b | (0x80 if n else 0))
        if not n:
            return bytes(out)


def sleb(n):
    out = bytearray()
    while True:
        b = n & 0x7F
        n >>= 7
        done = (n == 0 and not b & 0x40) or (n == -1 and b & 0x40)
        out.append(b | (0 if done else 0x80))
        if done:
            return bytes(out)


def vec(items):
    return uleb(len(items)) + b"".join(items)


def section(id_, body):
    return bytes([id_]) + uleb(len(body)) + body


def body(code, locals_=b"\x00"):
    inner = locals_ + code + b"\x0b"
    return uleb(len(inner)) + inner


I32 = 0x7F
TYPES = [b"\x60\x00\x01\x7f", b"\x60\x01\x7f\x01\x7f"]  # [] -> [i32], [i32] -> [i32]


def module(types, funcs, bodies, exports, extra=()):
    parts = [b"\0asm\1\0\0\0", section(1, vec(types)), section(3, vec([uleb(t) for t in funcs]))]
    parts += [s for s in extra if s[0] < 7]
    parts.append(section(7, vec([uleb(len(n)) + n.encode() + b"\0" + uleb(i) for n, i in exports])))
    parts += [s for s in extra if 7 < s[0] < 10]
    parts.append(section(10, vec(bodies)))
    parts += [s for s in extra if s[0] > 10]
    return b"".join(parts)


def many_functions(size):
    """A module of `size` bytes: functions of a few hundred bytes that call one another."""
    step = b"\x20\x00\x41\x03\x6c\x41\x11\x6a\x22\x00\x41\x07\x71\x04\x40\x20\x00\x41\x01\x6b\x21\x00\x0b"
    bodies, count, total = [], 0, 0
    while total < size:
        code = step * (8 + count % 40) + b"\x20\x00"
        if count:
            code += b"\x45\x04\x7f\x20\x00\x10" + uleb(count - 1) + b"\x05\x20\x00\x0b"
        bodies.append(body(code))
        total += len(bodies[-1]) + 2
        count += 1
    return module(TYPES, [1] * count, bodies, [("last", count - 1)])


def one_function(ops):
    """One function of `ops` operations without a branch, and one nested in blocks."""
    code = b"\x20\x00" + b"\x41\x01\x6a" * (ops // 2)
    return module(TYPES, [1], [body(code)], [("f", 0)])


def deep_blocks(depth):
    code = b"\x02\x40" * depth + b"\x0b" * depth + b"\x41\x07"
    return module(TYPES, [0], [body(code)], [("f", 0)])


def wide_br_table(targets, times):
    code = b"".join(b"\x02\x40\x20\x00\x0e" + uleb(targets) + b"\0" * targets + b"\0\x0b" for _ in range(times))
    return module(TYPES, [1], [body(code + b"\x20\x00")], [("f", 0)])


def deep_operands(count):
    code = b"\x41\x01" * count + b"\x6a" * (count - 1)
    return module(TYPES, [0], [body(code)], [("f", 0)])


def many_locals(count):
    return module(TYPES, [1], [body(b"\x20\x00\x21" + uleb(count) + b"\x20" + uleb(count), b"\x01" + uleb(count) + b"\x7f")], [("f", 0)])


def many_types(count):
    types = [b"\x60\x01\x7f\x01\x7f"] + [b"\x5f" + vec([b"\x7f\x00"] * (i % 50)) for i in range(count)]
    return module(types, [0], [body(b"\x20\x00")], [("f", 0)])


def deep_subtypes(count):
    types = [b"\x60\x01\x7f\x01\x7f", b"\x50\x00\x5f\x00"] + [b"\x50\x01" + uleb(i) + b"\x5f\x00" for i in range(1, count)]
    return module(types, [0], [body(b"\x20\x00")], [("f", 0)])


def nested_text(depth):
    return b"(module (func (export \"f\") (result i32) " + b"(block (result i32) " * depth + b"(i32.const 7)" + b")" * depth + b"))"


def open_parens(count):
    return b"(" * count


# name, bytes, arguments after the subcommand, exit statuses, expected in stdout, peak MiB at most
def cases():
    big = many_functions(69 * MIB)
    yield "69 MiB module: validate", big, ["validate"], {0}, "", 600
    yield "69 MiB module: run one function", big, ["run", "--invoke", "last", "{}", "0"], {0, 134}, "", 700
    yield "one function of 1,000,000 operations", one_function(1_000_000), ["run", "--invoke", "f", "{}", "5"], {0}, "500005", 400
    yield "one function of 4,000,000 operations: validate", one_function(4_000_000), ["validate"], {0}, "", 400
    yield "100,000 nested blocks", deep_blocks(100_000), ["run", "--invoke", "f", "{}"], {0}, "7", 300
    yield "br_table of 50,000 targets, 20 times", wide_br_table(50_000, 20), ["run", "--invoke", "f", "{}", "3"], {0}, "3", 400
    yield "100,000 operands deep", deep_operands(100_000), ["run", "--invoke", "f", "{}"], {0, 134}, "", 300
    yield "49,999 locals", many_locals(49_998), ["run", "--invoke", "f", "{}", "9"], {0}, "9", 300
    yield "60,000 locals are refused", many_locals(60_000), ["validate"], {1}, "", 200
    yield "200,000 types", many_types(200_000), ["validate"], {0}, "", 900
    yield "subtypes 100,000 deep are refused", deep_subtypes(100_000), ["validate"], {1}, "", 900
    yield "text nested 20,000 deep", nested_text(20_000), ["run", "--invoke", "f", "{}"], {0, 1}, "", 300
    yield "a million open parentheses", open_parens(1_000_000), ["validate"], {1}, "", 400


def peak_of(command):
    """Runs it: exit status, what it printed, what went wrong with it, and its peak memory in MiB."""
    # A wrapper process of its own, so that its peak is this case's.
    probe = ("import resource,subprocess,sys\n"
             "r=subprocess.run(sys.argv[1:],capture_output=True,timeout=120)\n"
             "print(r.returncode,resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss//1024)\n"
             "sys.stdout.flush();sys.stdout.buffer.write(r.stdout[:4000]);sys.stderr.buffer.write(r.stderr[:4000])")
    run = subprocess.run([sys.executable, "-c", probe] + command, capture_output=True, text=True)
    if run.returncode != 0:
        return None, "", "time limit" if "TimeoutExpired" in run.stderr else run.stderr[-300:], 0
    first, _, out = run.stdout.partition("\n")
    status, mib = map(int, first.split())
    return status, out, run.stderr[:300], mib


def compiled_in_proportion(zwasm, tmp):
    """A module of 20 MiB takes four times the memory of one of 5 MiB: what a function needs while it is
    compiled is given back. Yields name and problem."""
    for level in ("1", "2"):
        peaks = []
        for mib in (5, 20):
            path, out = os.path.join(tmp, "module.wasm"), os.path.join(tmp, "module.cwasm")
            with open(path, "wb") as f:
                f.write(many_functions(mib * MIB))
            status, _, error, peak = peak_of([zwasm, "compile", "-O", "opt-level=" + level, path, "-o", out])
            problem = "" if status == 0 else f"exit status {status}: {error}"
            peaks.append(peak)
        small, large = peaks
        if not problem and large > 4.3 * small:
            problem = f"peak memory {small} and {large} MiB"
        yield f"module of 20 MiB: compile -O{level}, {small} and {large} MiB", problem


def main():
    zwasm = os.path.abspath(sys.argv[1])
    passed = failed = 0
    with tempfile.TemporaryDirectory() as tmp:
        for i, (name, data, args, statuses, expected, peak) in enumerate(cases()):
            path = os.path.join(tmp, f"case{i}.wasm")
            with open(path, "wb") as f:
                f.write(data)
            command = [zwasm] + [path if a == "{}" else a for a in args] + ([] if "{}" in args else [path])
            before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.time()
            status, out, error, mib = peak_of(command)
            cpu = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before.ru_utime
            os.unlink(path)
            problem = ""
            if status is None:
                problem = error
            elif status not in statuses:
                problem = f"exit status {status}: {error}"
            elif expected not in out:
                problem = f"output {out[:200]!r}, expected {expected!r}"
            elif mib > peak:
                problem = f"peak memory {mib} MiB, at most {peak} expected"
            print(f"{'FAIL' if problem else 'ok  '} {name}: {time.time() - start:.1f} s, {cpu:.1f} s of processor, {mib} MiB"
                  + (f"\n     {problem}" if problem else ""))
            passed, failed = passed + (not problem), failed + bool(problem)
        for name, problem in compiled_in_proportion(zwasm, tmp):
            print(f"{'FAIL' if problem else 'ok  '} {name}" + (f"\n     {problem}" if problem else ""))
            passed, failed = passed + (not problem), failed + bool(problem)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
